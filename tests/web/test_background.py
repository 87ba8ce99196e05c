"""The background: captured by request, subtracted for who asks, and dropped when it fits no more."""

import asyncio
import io
import logging
import threading
from collections.abc import AsyncIterator, Iterator
from functools import partial
from typing import Any

import cv2
import numpy as np
import orjson
import pytest
from numpy.typing import NDArray

from mjpeg_viewer.frame import Frame
from mjpeg_viewer.imaging import encode_npy
from mjpeg_viewer.message import Message
from mjpeg_viewer.simulator import Simulator
from mjpeg_viewer.web import backgrounds
from tests.kit import Site, basic, run_site, until
from tests.raw import PATIENCE
from tests.web.pusher import Pusher, push
from tests.web.test_snapshot import SILENCES

BACKGROUND = "/cameras/beam/background"
NONE = {"captured": None, "frames": None, "shape": None, "dtype": None, "reason": "none was captured"}


@pytest.fixture
def camera() -> Iterator[Pusher]:
    """A camera that sends what it is told to."""
    with push() as camera:
        yield camera


@pytest.fixture
async def watching(camera: Pusher) -> AsyncIterator[Site]:
    """A server that shows it."""
    async with run_site({"beam": camera.url}) as site:
        yield site


async def ask(site: Site, method: str, path: str = BACKGROUND, **options: Any) -> tuple[int, bytes]:
    """Status and body of an answer."""
    async with site.session.request(method, site.base + path, **options) as response:
        return response.status, await response.read()


def encoded(site: Site, wanted: int) -> bool:
    """Whether so many pictures were made of what the camera sent."""
    return site.cameras["beam"].encoded >= wanted


async def capture(site: Site, camera: Pusher, *images: NDArray[Any]) -> Any:
    """Capture a background of these images; the answer."""
    before = site.cameras["beam"].viewers
    asking = asyncio.create_task(ask(site, "POST", data={"frames": str(len(images))}))
    await site.until_watched(viewers=before + 1)
    for image in images:
        wanted = site.cameras["beam"].encoded + 1
        camera.send(image)
        await until(partial(encoded, site, wanted))  # else the newest would win
    status, body = await asking
    assert status == 200, body
    return orjson.loads(body)


FULL = 65535


def scene(rows: int = 48) -> NDArray[Any]:
    """A ramp along x, from 100, of uint16."""
    return np.tile(np.arange(100, 164, dtype=np.uint16), (rows, 1))


async def test_mean_of_frames_is_captured_told_and_handed_out(watching: Site, camera: Pusher) -> None:
    """POST answers when it is done; GET, /state and the file tell the same; DELETE forgets it."""
    assert await watching.read_json(BACKGROUND) == NONE
    assert (await ask(watching, "GET", f"{BACKGROUND}.npy"))[0] == 404
    images = [scene() + number for number in (0, 1, 5)]
    told = await capture(watching, camera, *images)
    assert (told["frames"], told["shape"], told["dtype"], told["reason"]) == (3, [48, 64], "uint16", "")
    assert told["captured"] > 1.7e9
    assert await watching.read_json(BACKGROUND) == told
    assert (await watching.read_json("/state"))["cameras"]["beam"]["background"] == told
    async with watching.get(f"{BACKGROUND}.npy") as response:
        assert response.headers["Content-Disposition"] == 'inline; filename="beam_background.npy"'
        mean = np.load(io.BytesIO(await response.read()))
    np.testing.assert_array_equal(mean, np.mean(images, axis=0))
    assert not watching.cameras["beam"].watched
    status, body = await ask(watching, "DELETE")
    assert (status, orjson.loads(body)) == (200, NONE)
    assert await watching.read_json(BACKGROUND) == NONE


async def test_one_is_captured_at_a_time(watching: Site, camera: Pusher) -> None:
    """Who asks meanwhile is told to wait, whatever else is watched; afterwards anybody may again."""
    asking = asyncio.create_task(ask(watching, "POST", data={"frames": "2"}))
    await watching.until_watched()
    assert await ask(watching, "POST", data={"frames": "1"}) == (
        503, b"beam: a background is being captured already; wait until that is done\n",
    )  # fmt: skip
    for number in (1, 2):
        camera.send(scene())
        await until(partial(encoded, watching, number))
    status, body = await asking
    assert (status, orjson.loads(body)["frames"]) == (200, 2)
    assert (await capture(watching, camera, scene()))["frames"] == 1


async def test_file_of_the_mean_is_made_once(watching: Site, camera: Pusher, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it is fetched; of another background it is another one."""
    made: list[NDArray[Any]] = []

    def encode(image: NDArray[Any]) -> bytes:
        made.append(image)
        return encode_npy(image)

    monkeypatch.setattr("mjpeg_viewer.imaging.background.encode_npy", encode)
    files = []
    for level in (0, 7):
        await capture(watching, camera, scene() + level)
        files += [(await ask(watching, "GET", f"{BACKGROUND}.npy"))[1] for _ in range(3)]
    assert len(made) == 2
    assert (files[0], files[3]) == (files[2], files[5])
    assert files[0] != files[3]


async def test_frame_from_before_the_request_is_not_in_it(
    site: Site, beam: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A shutter that was closed just before the request is closed in all frames: also one in the decoder is too old."""
    source = site.cameras["beam"].source
    decode, gate = source.decode, threading.Event()

    def decode_late(message: Message) -> Frame:
        assert gate.wait(PATIENCE)
        return decode(message)

    monkeypatch.setattr(source, "decode", decode_late)
    async with site.pictures() as pictures:
        beam.send()
        await until(lambda: source.intake.received == 1)
        asking = asyncio.create_task(ask(site, "POST", data={"frames": "1"}))
        await site.until_watched(viewers=2)
        gate.set()
        await pictures.take()
        beam.send()
        assert (await asking)[0] == 200
        _, body = await ask(site, "GET", f"{BACKGROUND}.npy")
    np.testing.assert_array_equal(np.load(io.BytesIO(body)), beam._beam.values(2, 0.1)["image"])


async def test_background_is_subtracted_for_who_asks_and_for_nobody_else(watching: Site, camera: Pusher) -> None:
    """One viewer sees the picture without it, the other as it is; each part says which."""
    await capture(watching, camera, scene())
    image = scene()
    image[10:20, 10:20] += 1000
    stream = "/cameras/beam/stream.mjpg?quality=100"
    async with watching.pictures(f"{stream}&background=subtract") as without, watching.pictures(stream) as plain:
        camera.send(image)
        clean, usual = await without.take(), await plain.take()
        assert clean.headers["X-Background"] == "subtracted"
        assert "X-Background" not in usual.headers
        assert clean.pixels[:, 30:].max() <= 1  # the ramp is gone
        assert clean.pixels[12:18, 12:18].min() >= 250
        assert np.ptp(usual.pixels[30, 30:]) > 2
        await ask(watching, "DELETE")
        camera.send(image)
        assert (await without.take()).headers["X-Background"] == "none"


async def test_measures_are_of_the_image_without_it_for_who_asks(watching: Site, camera: Pusher) -> None:
    """
    Numbers go with the picture: of what is left, or of the image as sent; as sent too where there is none.

    But what is saturated is so as sent, whatever is taken off it.
    """
    await capture(watching, camera, scene())
    image = scene()
    image[10:20, 10:20] += 1000
    image[30, 30] = FULL
    names = "/cameras/beam/events?channels=min_value,max_value,intensity,saturated"
    async with watching.events(f"{names}&background=subtract") as without, watching.events(names) as plain:
        for left, usual in (([0, FULL - 130, 100_000.0 + FULL - 130], [100, FULL]), ([100, FULL], [100, FULL])):
            await watching.until_watched(viewers=2)
            camera.send(image)
            clean = (await without.take("frame")).data["values"]
            whole = (await plain.take("frame")).data["values"]
            assert [clean[name] for name in ("min_value", "max_value", "intensity")][: len(left)] == left
            assert [whole[name] for name in ("min_value", "max_value")] == usual
            assert clean["saturated"] == whole["saturated"] == 1
            await ask(watching, "DELETE")


async def test_snapshot_can_have_it_subtracted(watching: Site, camera: Pusher) -> None:
    """The picture does as the stream does; the exact copies stay as sent."""
    await capture(watching, camera, scene())
    asking = asyncio.create_task(watching.session.get(f"{watching.base}/snapshot.jpg?background=subtract"))
    await watching.until_watched()
    camera.send(scene())
    async with await asking as response:
        assert response.headers["X-Background"] == "subtracted"
        pixels = np.asarray(cv2.imdecode(np.frombuffer(await response.read(), np.uint8), cv2.IMREAD_UNCHANGED))
    assert pixels.max() <= 1


OTHERS = {
    "shape": (scene(rows=32), "the image is now 64 x 32 uint16"),
    "type": (scene().astype(np.int32), "the image is now 64 x 48 int32"),
    "colour": (np.stack([scene()] * 3, axis=2), "the image is now 64 x 48 x 3 uint16"),
}


@pytest.mark.parametrize("change", OTHERS)
async def test_other_shape_or_type_switches_it_off_and_says_so(
    watching: Site, camera: Pusher, caplog: pytest.LogCaptureFixture, change: str
) -> None:
    """The picture goes on as it is, and the log, GET and /state say why; what comes back later changes nothing."""
    await capture(watching, camera, scene())
    image, words = OTHERS[change]
    async with watching.pictures("/cameras/beam/stream.mjpg?background=subtract") as pictures:
        camera.send(scene())
        assert (await pictures.take()).headers["X-Background"] == "subtracted"
        with caplog.at_level(logging.WARNING):
            camera.send(image)
            assert (await pictures.take()).headers["X-Background"] == "none"
        camera.send(scene())
        assert (await pictures.take()).headers["X-Background"] == "none"
    reason = f"dropped: {words}, was 64 x 48 uint16"
    assert [record.getMessage() for record in caplog.records] == [f"beam: background {reason}"]
    assert await watching.read_json(BACKGROUND) == {**NONE, "reason": reason}
    assert (await watching.read_json("/state"))["cameras"]["beam"]["background"]["reason"] == reason
    status, body = await ask(watching, "GET", f"{BACKGROUND}.npy")
    assert (status, body) == (404, f"beam has no background: {reason}.\n".encode())


async def test_change_is_noticed_while_anybody_watches(watching: Site, camera: Pusher) -> None:
    """Also when nobody has it subtracted: what is told of it is true."""
    await capture(watching, camera, scene())
    async with watching.pictures() as pictures:
        camera.send(scene(rows=32))
        await pictures.take()
    assert (await watching.read_json(BACKGROUND))["captured"] is None


async def test_silence_is_said(site: Site, beam: Simulator, monkeypatch: pytest.MonkeyPatch) -> None:
    """503 with the camera's reason when no frame comes; what was captured before stays."""
    asking = asyncio.create_task(ask(site, "POST", data={"frames": "1"}))
    await site.until_watched()
    beam.send()
    assert (await asking)[0] == 200
    monkeypatch.setattr(backgrounds, "PATIENCE", 0.05)
    status, body = await ask(site, "POST")
    assert status == 503
    assert any(reason in body for reason in SILENCES)
    assert (await site.read_json(BACKGROUND))["frames"] == 1
    assert not site.cameras["beam"].watched


async def test_capture_that_would_outlast_proxies_is_given_up(
    site: Site, beam: Simulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    """503 with how far it came, and what would do."""
    monkeypatch.setattr(backgrounds, "_CAPTURE_TIMEOUT", 1.0)
    asking = asyncio.create_task(ask(site, "POST"))
    await site.until_watched()
    beam.send()
    assert await asking == (503, b"beam: 1 of 10 frames came within 1 s; ask for fewer\n")


@pytest.mark.parametrize(
    ("form", "status", "text"),
    [
        ({"data": {"frames": "0"}}, 400, "frames='0': expected a whole number from 1 to 1000"),
        ({"data": {"frames": "1001"}}, 400, "frames='1001': expected a whole number from 1 to 1000"),
        ({"data": {"frames": "all"}}, 400, "frames='all': expected a whole number from 1 to 1000"),
        ({"data": {"frame": "5"}}, 400, "unknown parameter 'frame'; known here are frames"),
        ({"params": {"frame": "5"}}, 400, "unknown parameter 'frame'; known here are frames"),
        ({"params": {"frames": "5"}, "data": {"frames": "5"}}, 400, "parameter 'frames' stands there twice"),
        ({"json": {"frames": 5}}, 415, "application/json is not read here; expected the field frames as "),
    ],
)
async def test_bad_form_is_named(site: Site, form: dict[str, Any], status: int, text: str) -> None:
    """What was not understood is refused: nothing is captured that was not asked for."""
    found, body = await ask(site, "POST", **form)
    assert (found, text in body.decode()) == (status, True), body
    assert not site.cameras["beam"].watched


async def test_bad_wish_of_a_viewer_is_named(site: Site) -> None:
    """There is one way to say it."""
    status, body = await ask(site, "GET", "/cameras/beam/stream.mjpg?background=1")
    assert (status, body) == (400, b"background='1': expected keep, subtract\n")


async def test_other_sites_can_neither_capture_nor_forget(closed: Site, beam: Simulator) -> None:
    """What another site's page makes a browser send is 403, and nobody without a login gets there at all."""
    foreign = {**basic("ada", "right"), "Origin": "https://evil.example"}
    for method in ("POST", "DELETE"):
        assert (await ask(closed, method))[0] == 401
        assert (await ask(closed, method, headers=foreign))[0] == 403
    assert not closed.cameras["beam"].watched
