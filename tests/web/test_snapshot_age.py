"""How old a snapshot may be, and whether it changed: max_age_ms and ETag."""

import asyncio
import io
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest

from mjpeg_viewer.simulator import Simulator
from mjpeg_viewer.web import snapshots
from tests.kit import Site

FORMS = ["jpg", "png", "npy"]


def path(form: str, max_age_ms: int = 60_000) -> str:
    return f"/cameras/beam/snapshot.{form}?max_age_ms={max_age_ms}"


async def ask(site: Site, where: str, **options: Any) -> tuple[int, Mapping[str, str], bytes]:
    """Status, headers and body of an answer."""
    async with site.get(where, **options) as response:
        return response.status, response.headers, await response.read()


@asynccontextmanager
async def watched(site: Site, beam: Simulator, query: str = "") -> AsyncIterator[None]:
    """Somebody watches, and was sent frame 1; no further one comes."""
    async with site.pictures(f"/cameras/beam/stream.mjpg{query}") as pictures:
        beam.send()
        assert (await pictures.take()).number == 1
        yield


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("query", ["", "?width=160"], ids=["same rendition", "other rendition"])
async def test_newest_frame_will_do_for_who_says_so(site: Site, beam: Simulator, form: str, query: str) -> None:
    """While somebody watches, a frame that is young enough is there at once, in each format, and is not sent twice."""
    async with watched(site, beam, query):
        before = [viewer.sent for viewer in site.viewers]
        status, headers, body = await ask(site, path(form))
        assert (status, headers["X-Sequence"]) == (200, "1")
        assert [viewer.sent for viewer in site.viewers] == before
    if form == "npy":
        assert np.load(io.BytesIO(body)).shape == (240, 320)


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("max_age_ms", [0, 5_000])
async def test_older_frame_is_never_sent(
    site: Site, beam: Simulator, form: str, max_age_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was received longer ago than asked is not sent, though there is nothing else: 503, or the next frame."""
    async with watched(site, beam):
        newest = site.cameras["beam"]._encoders.frames.newest
        assert newest is not None
        now = newest.received + 5.001
        monkeypatch.setattr(time, "time", lambda: now)
        with monkeypatch.context() as patience:
            patience.setattr(snapshots, "PATIENCE", 0.05)
            status, headers, _ = await ask(site, path(form, max_age_ms))
            assert status == 503
            assert int(headers["Retry-After"]) > 0
        asking = asyncio.create_task(ask(site, path(form, max_age_ms)))
        await site.until_watched(viewers=2)
        beam.send()
        assert (await asking)[1]["X-Sequence"] == "2"


@pytest.mark.parametrize("max_age_ms", [0, 60_000])
async def test_clock_that_is_set_back_makes_no_frame_young(
    site: Site, beam: Simulator, max_age_ms: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frame of the future is of unknown age: it is not sent."""
    async with watched(site, beam):
        now = time.time() - 3600
        monkeypatch.setattr(time, "time", lambda: now)
        monkeypatch.setattr(snapshots, "PATIENCE", 0.05)
        assert (await ask(site, path("jpg", max_age_ms)))[0] == 503


@pytest.mark.parametrize("form", FORMS)
async def test_unwatched_camera_has_no_frame_in_store(
    site: Site, beam: Simulator, form: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the last viewer has left nothing is kept, so there is nothing to send."""
    async with watched(site, beam):
        pass
    camera = site.cameras["beam"]
    async with asyncio.timeout(5):
        while camera.watched or len(camera._encoders.frames):
            await asyncio.sleep(0)
    assert camera._encoders.frames.newest is None
    monkeypatch.setattr(snapshots, "PATIENCE", 0.05)
    assert (await ask(site, path(form)))[0] == 503


@pytest.mark.parametrize("value", ["-1", "60001", "1.5", "nan", ""])
async def test_bad_age_is_named(site: Site, value: str) -> None:
    """400 with the range."""
    for form in FORMS:
        status, _, body = await ask(site, f"/cameras/beam/snapshot.{form}?max_age_ms={value}")
        assert status == 400
        assert body.decode() == f"max_age_ms={value!r}: expected a whole number from 0 to 60000\n"
    status, _, body = await ask(site, "/cameras/beam/snapshot.jpg?max_age_ms=1&max_age_ms=2")
    assert (status, body) == (400, b"parameter 'max_age_ms' stands there twice; give it once\n")


@pytest.mark.parametrize("form", FORMS)
async def test_picture_that_is_known_is_not_sent_again(site: Site, beam: Simulator, form: str) -> None:
    """The tag of the newest frame gives 304 without a body, until there is a newer one; another tag gives 200."""
    async with watched(site, beam):
        _, first, body = await ask(site, path(form))
        tag = first["ETag"]
        assert not tag.startswith("W/")
        assert (await ask(site, path(form)))[1]["ETag"] == tag
        for known in (tag, f'"other", W/{tag}', "*"):
            status, headers, rest = await ask(site, path(form), headers={"If-None-Match": known})
            assert (status, rest) == (304, b"")
            assert headers["ETag"] == tag
            assert headers["X-Sequence"] == "1"
        assert (await ask(site, path(form), headers={"If-None-Match": '"other"'}))[2] == body
        asking = asyncio.create_task(ask(site, path(form, 0), headers={"If-None-Match": tag}))
        await site.until_watched(viewers=2)
        beam.send()
        status, headers, _ = await asking
        assert status == 200
        assert headers["ETag"] != tag


async def test_tags_tell_renditions_and_formats_apart(site: Site, beam: Simulator) -> None:
    """One frame has another tag in each form that differs."""
    async with watched(site, beam):
        asked = [*map(path, FORMS), path("jpg") + "&width=160", path("jpg") + "&quality=20"]
        assert len({(await ask(site, where))[1]["ETag"] for where in asked}) == len(asked)
