"""The snapshot: one fresh picture, or an honest no."""

import asyncio

import cv2
import numpy as np
import pytest

from mjpeg_viewer.simulator import Beam, Simulator, read_counter
from mjpeg_viewer.web import snapshots
from tests.kit import Site, receiving, run_site, until

pytestmark = pytest.mark.both_loops

SNAPSHOT = "/cameras/beam/snapshot.jpg"

SILENCES = (b"no picture came within", b"but no message comes")
"""How a silence is put: the second way when it has lasted two seconds, as it may on a busy machine."""


async def take_snapshot(site: Site, beam: Simulator, path: str = SNAPSHOT):
    """Ask, send one frame once the server waits for it, and read the answer."""
    asking = asyncio.create_task(read(site, path))
    await site.until_watched()
    beam.send()
    return await asking


async def read(site: Site, path: str, **options):
    """Status, headers and body of an answer."""
    async with site.get(path, **options) as response:
        return response.status, response.headers, await response.read()


def decode(jpeg: bytes) -> np.ndarray:
    """The picture's pixels."""
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_UNCHANGED)


@pytest.mark.parametrize("path", [SNAPSHOT, "/snapshot.jpg", "/?action=snapshot"])
async def test_snapshot_is_newer_than_the_request(site: Site, beam: Simulator, path: str):
    """The frame that came just before the request is not shown; the next one is."""
    beam.send(3)
    await until(lambda: site.cameras["beam"].source.intake.received == 3)
    status, headers, body = await take_snapshot(site, beam, path)
    assert status == 200
    assert read_counter(decode(body)) == 4
    assert headers["Content-Type"] == "image/jpeg"
    assert headers["Content-Length"] == str(len(body))
    assert headers["Cache-Control"] == "no-store"
    assert headers["X-Pulse-Id"] == headers["X-Sequence"] == "4"
    assert float(headers["X-Timestamp"]) > 1.7e9
    assert not site.cameras["beam"].watched


async def test_snapshot_is_new_although_others_watch(site: Site, beam: Simulator):
    """A running encoder's last picture is old; the snapshot waits for its next."""
    async with site.pictures() as pictures:
        beam.send()
        assert (await pictures.take()).number == 1
        asking = asyncio.create_task(read(site, SNAPSHOT))
        await site.until_watched(viewers=2)
        beam.send()
        assert read_counter(decode((await asking)[2])) == 2


async def test_snapshot_takes_a_rendition(site: Site, beam: Simulator):
    """Width and quality mean what they mean for the stream; a bad one is named."""
    _, _, body = await take_snapshot(site, beam, f"{SNAPSHOT}?width=160")
    assert decode(body).shape == (120, 160)
    status, _, body = await read(site, f"{SNAPSHOT}?width=huge")
    assert status == 400
    assert body == b"width='huge': expected a whole number from 16 to 65500\n"


@pytest.mark.parametrize("accept", ["*/*", "text/html"])
async def test_silence_is_said_not_shown(site: Site, beam: Simulator, monkeypatch: pytest.MonkeyPatch, accept: str):
    """When no frame comes the answer is 503 with a reason and when to try again, never the last picture."""
    monkeypatch.setattr(snapshots, "PATIENCE", 0.05)
    await take_snapshot(site, beam)
    status, headers, body = await read(site, SNAPSHOT, headers={"Accept": accept})
    assert status == 503
    assert int(headers["Retry-After"]) > 0
    assert headers["Content-Type"].startswith("text/html" if accept == "text/html" else "text/plain")
    assert any(reason in body for reason in SILENCES)
    assert not site.cameras["beam"].watched


async def test_absence_is_said(monkeypatch: pytest.MonkeyPatch):
    """With nobody at the other end the answer names address and status."""
    monkeypatch.setattr(snapshots, "PATIENCE", 0.05)
    with Simulator(Beam(64, 48)) as gone:
        url = gone.url
    async with run_site({"beam": url}) as site:
        await until(lambda: "nobody answers" in site.cameras["beam"].status.reason)
        status, _, body = await read(site, SNAPSHOT)
    assert status == 503
    assert body.decode() == (
        f"beam is connecting: nobody answers at {url.replace('bsread+pull', 'tcp')}; is the sender running?\n"
    )


async def test_waiting_asker_who_leaves_is_forgotten(site: Site, beam: Simulator, caplog: pytest.LogCaptureFixture):
    """Who gives up waiting for a snapshot costs one frame, and nobody anything else."""
    async with site.raw(SNAPSHOT) as raw:
        await site.until_watched()
        raw.reset()
    asking = asyncio.create_task(read(site, SNAPSHOT))
    await site.until_watched(viewers=2)
    beam.send()
    assert (await asking)[0] == 200
    await until(lambda: not site.cameras["beam"].watched)
    assert not [record for record in caplog.records if record.exc_info]


async def test_unknown_camera_has_no_snapshot(site: Site, beam: Simulator):
    """404 at once, whether or not anything is sent."""
    async with run_site({"a": beam.url}) as other:
        await receiving(beam)
        assert (await read(other, SNAPSHOT))[0] == 404
