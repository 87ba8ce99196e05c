"""Viewers that come and go: what begins with the first, ends with the last, and is replaced by the newer."""

import re
from typing import Any

import pytest

from mjpeg_viewer.imaging import render
from mjpeg_viewer.simulator import Simulator
from tests.kit import Pictures, Site, basic, until

pytestmark = pytest.mark.both_loops

STREAM = "/cameras/beam/stream.mjpg"


async def test_last_viewer_takes_the_encoder_along(site: Site, beam: Simulator):
    """When nobody watches any more nothing is encoded, and what was is still counted."""
    camera = site.cameras["beam"]
    async with site.pictures() as one:
        async with site.pictures():
            pass
        await until(lambda: camera.viewers == 1)
        beam.send()
        assert (await one.take()).number == 1
    await until(lambda: not camera.watched)
    beam.send(3)
    await until(lambda: camera.source.intake.received == 4)
    assert camera.encoded == 1
    assert list(site.viewers) == []


async def test_rendition_that_nobody_watches_is_made_no_more(
    site: Site, beam: Simulator, monkeypatch: pytest.MonkeyPatch
):
    """When a rendition's last viewer leaves, no frame is rendered for it, though others watch the camera."""
    rendered = []

    def note_and_render(*args: Any) -> bytes:
        rendered.append(args)
        return render(*args)

    monkeypatch.setattr("mjpeg_viewer.pictures.render", note_and_render)
    async with site.pictures() as stays:
        async with site.pictures(f"{STREAM}?width=160"):
            beam.send()
            await stays.take()
            await until(lambda: len(rendered) == 2)
        await until(lambda: site.cameras["beam"].viewers == 1)
        for _ in range(3):
            beam.send()
            await stays.take()
    assert len(rendered) == 5


async def test_newer_stream_of_a_page_replaces_its_older(site: Site, beam: Simulator):
    """A page's second stream ends its first at once; other pages' streams and those of no page go on."""
    async with (
        site.raw(f"{STREAM}?viewer=page") as old,
        site.pictures(f"{STREAM}?viewer=other") as other,
        site.pictures() as nobodys,
    ):
        await old.read_head()
        await site.until_watched(viewers=3)
        async with site.get(f"{STREAM}?viewer=page&width=160") as response:
            assert (await old.read_to_end()).endswith(b"0\r\n\r\n")
            await until(lambda: site.cameras["beam"].viewers == len(list(site.viewers)) == 3)
            beam.send()
            for viewer in (Pictures(response), other, nobodys):
                assert (await viewer.take()).headers["X-Pulse-Id"] == "1"


async def test_one_line_is_logged_of_who_left(closed: Site, beam: Simulator, quiet: pytest.LogCaptureFixture):
    """It names camera, kind, user, address and reason, and counts pictures, bytes, skipped ones and seconds."""
    async with closed.pictures(headers=basic("ada", "right")) as pictures:
        beam.send(2)
        await until(lambda: closed.cameras["beam"].encoded > 0)
        await pictures.take()
        (viewer,) = closed.viewers
    await until(lambda: not list(closed.viewers))
    (line,) = [record.getMessage() for record in quiet.records if " ended (" in record.getMessage()]
    assert re.fullmatch(
        r"beam: stream of ada at 127\.0\.0\.1 ended \(.+\): "
        rf"{viewer.sent} sent, {viewer.sent_bytes} bytes, {viewer.skipped} skipped, \d+\.\d s",
        line,
    )


async def test_page_ends_its_stream_and_no_other(closed: Site):
    """What a page no longer shows is ended when it says so, by its own user alone."""
    ada = {"headers": basic("ada", "right")}
    async with (
        closed.pictures(f"{STREAM}?viewer=page", **ada),
        closed.pictures(f"{STREAM}?viewer=other", **ada),
        closed.pictures(STREAM, **ada),
    ):
        for user, path in (("bob", f"{STREAM}?viewer=page"), ("ada", STREAM), ("ada", f"{STREAM}?viewer=page")):
            credentials = basic(user, {"ada": "right", "bob": "other"}[user])
            assert len(list(closed.viewers)) == 3
            async with closed.session.delete(closed.base + path, headers=credentials) as response:
                assert response.status == 204
        await until(lambda: sorted(viewer.page for viewer in closed.viewers) == ["", "other"])
