"""Snapshots for programs: the source's array, value by value."""

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Iterator, Mapping

import cv2
import numpy as np
import pytest

from mjpeg_viewer.frame import Image
from mjpeg_viewer.imaging import encode_npy
from mjpeg_viewer.web import snapshots
from tests.kit import Site, run_site, until
from tests.raw import PATIENCE
from tests.web.pusher import Pusher, push

SNAPSHOT = "/cameras/beam/snapshot"
TYPES = ["bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]
PNG_TYPES = ["bool", "uint8", "uint16"]
COLOURS = {"grey": (), "RGB": (3,), "RGBA": (4,)}

Answer = tuple[int, Mapping[str, str], bytes]
"""Status, headers and body."""


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


def picture(dtype: str, *shape: int) -> Image:
    """Values from the whole range of a type, its ends included."""
    random = np.random.default_rng(5)
    kind = np.dtype(dtype)
    if kind.kind == "b":
        return random.random(shape) > 0.5
    if kind.kind == "f":
        image = random.normal(0, 1000, shape).astype(kind)
        image.flat[0], image.flat[1] = np.nan, -np.inf
        return image
    ends = np.iinfo(kind)
    image = random.integers(ends.min, ends.max, shape, kind.newbyteorder("="), endpoint=True)
    image.flat[0], image.flat[1] = ends.min, ends.max
    return image.astype(kind)


async def ask(site: Site, path: str) -> Answer:
    """Request a path."""
    async with site.get(path) as response:
        return response.status, response.headers, await response.read()


async def take(site: Site, camera: Pusher, image: Image, path: str, compression: str = "none") -> Answer:
    """Ask, send the image once the server waits for one, and read the answer."""
    asking = asyncio.create_task(ask(site, path))
    await site.until_watched()
    camera.send(image, compression)
    return await asking


def read_png(body: bytes) -> Image:
    """Pixels in the order red, green, blue, alpha."""
    pixels = np.asarray(cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_UNCHANGED))
    if pixels.ndim == 2:
        return pixels
    order = [2, 1, 0, 3][: pixels.shape[2]]
    return np.asarray(pixels[:, :, order])


@pytest.mark.parametrize("colours", COLOURS)
@pytest.mark.parametrize("dtype", [*TYPES, ">u2", ">i4", ">f8"])
async def test_npy_is_the_array_as_sent(watching: Site, camera: Pusher, dtype: str, colours: str) -> None:
    """np.load gives the very array that was sent: values, shape, type and byte order."""
    image = picture(dtype, 7, 9, *COLOURS[colours])
    status, headers, body = await take(watching, camera, image, f"{SNAPSHOT}.npy")
    assert status == 200
    loaded = np.load(io.BytesIO(body), allow_pickle=False)
    assert loaded.dtype == image.dtype
    np.testing.assert_array_equal(loaded, image)
    assert headers["Content-Type"] == "application/octet-stream"
    assert headers["Content-Disposition"] == 'inline; filename="beam_1.npy"'
    assert headers["X-Pulse-Id"] == headers["X-Sequence"] == "1"
    assert headers["X-Timestamp"] == "1700000000.000000"


@pytest.mark.parametrize("colours", COLOURS)
@pytest.mark.parametrize("dtype", [*PNG_TYPES, ">u2"])
async def test_png_holds_the_values_as_sent(watching: Site, camera: Pusher, dtype: str, colours: str) -> None:
    """8 bits for bool and uint8, 16 for uint16, in either byte order: each sample is the value that was sent."""
    image = picture(dtype, 7, 9, *COLOURS[colours])
    status, headers, body = await take(watching, camera, image, f"{SNAPSHOT}.png")
    assert status == 200
    read = read_png(body)
    assert read.dtype == (np.uint16 if image.dtype.itemsize == 2 else np.uint8)
    np.testing.assert_array_equal(read, image)
    assert headers["Content-Type"] == "image/png"
    assert headers["Content-Disposition"] == 'inline; filename="beam_1.png"'


@pytest.mark.parametrize("dtype", [dtype for dtype in TYPES if dtype not in PNG_TYPES])
async def test_what_a_png_cannot_hold_is_refused(watching: Site, camera: Pusher, dtype: str) -> None:
    """A signed, wide or real value has no place in a PNG: 406, at once, with what would do; and no trouble is noted."""
    status, _, body = await take(watching, camera, picture(dtype, 7, 9), f"{SNAPSHOT}.png")
    assert status == 406
    expected = f"beam: a PNG cannot hold {dtype} exactly, only bool, uint8 and uint16; ask for .npy, or for .jpg\n"
    assert body.decode() == expected
    assert not watching.cameras["beam"].troubles.counts


@pytest.mark.parametrize("form", ["png", "npy"])
async def test_large_compressed_image_is_exact_too(watching: Site, camera: Pusher, form: str) -> None:
    """What a camera really sends: 1.3 megapixels of 16 bits, bitshuffled; by the short address too."""
    image = picture("uint16", 1024, 1280)
    status, headers, body = await take(watching, camera, image, f"/snapshot.{form}", "bitshuffle_lz4")
    assert status == 200
    assert headers["Content-Length"] == str(len(body))
    np.testing.assert_array_equal(read_png(body) if form == "png" else np.load(io.BytesIO(body)), image)


@pytest.mark.parametrize("shape", [(1, 1_000_001), (1_000_001, 1)])
async def test_image_too_long_for_a_png_is_refused(watching: Site, camera: Pusher, shape: tuple[int, int]) -> None:
    """libpng's limit is said in words, not in a fault."""
    status, _, body = await take(watching, camera, np.zeros(shape, np.uint8), f"{SNAPSHOT}.png")
    assert status == 406
    assert b"pixels do not fit a PNG (1000000 at most); ask for .npy" in body


@pytest.mark.parametrize("form", ["png", "npy"])
async def test_exact_snapshot_takes_no_rendition(watching: Site, form: str) -> None:
    """What would change the values is refused by name."""
    for query, named in (("width=160", b"'width'"), ("background=subtract", b"'background'"), ("fps=1", b"'fps'")):
        status, _, body = await ask(watching, f"{SNAPSHOT}.{form}?{query}")
        assert status == 400
        assert b"unknown parameter " + named in body
    assert not watching.cameras["beam"].watched


@pytest.mark.parametrize("form", ["gif", "jpeg", "", "npy.exe"])
async def test_other_formats_are_not_there(watching: Site, form: str) -> None:
    """404 at once."""
    assert (await ask(watching, f"{SNAPSHOT}.{form}"))[0] == 404


@pytest.mark.parametrize("form", ["png", "npy"])
async def test_askers_at_the_same_time_share_one_file(watching: Site, camera: Pusher, form: str) -> None:
    """Ten ask, one is made."""
    beam = watching.cameras["beam"]
    asking = [asyncio.create_task(ask(watching, f"{SNAPSHOT}.{form}")) for _ in range(10)]
    await watching.until_watched(viewers=10)
    camera.send(picture("uint16", 7, 9))
    answers = await asyncio.gather(*asking)
    assert {body for _, _, body in answers} == {answers[0][2]}
    assert beam.encoded == 1
    assert not beam.watched


async def test_one_asker_costs_one_file(watching: Site, camera: Pusher, monkeypatch: pytest.MonkeyPatch) -> None:
    """However fast the camera is: what comes while the answer is made is not encoded for nobody."""
    encoded: list[Image] = []
    go_on = threading.Event()

    def encode(image: Image) -> bytes:
        encoded.append(image)
        assert go_on.wait(PATIENCE)
        return encode_npy(image)

    monkeypatch.setitem(snapshots._EXACT, "npy", encode)
    asking = asyncio.create_task(ask(watching, f"{SNAPSHOT}.npy"))
    await watching.until_watched()
    camera.send(picture("uint16", 7, 9))
    await until(lambda: len(encoded) == 1)
    camera.send(picture("uint16", 7, 9))
    (encoder,) = watching.cameras["beam"]._encoders
    await until(lambda: bool(encoder.frames._items))
    go_on.set()
    assert (await asking)[0] == 200
    await until(lambda: not watching.cameras["beam"].watched)
    assert len(encoded) == 1


@pytest.mark.parametrize("form", ["jpg", "png", "npy"])
async def test_equal_images_of_two_frames_have_two_tags(watching: Site, camera: Pusher, form: str) -> None:
    """A camera that sees the same again has sent another frame: its pulse id is news."""
    image = picture("uint16", 7, 9)
    answers = [await take(watching, camera, image, f"{SNAPSHOT}.{form}") for _ in range(2)]
    assert answers[0][2] == answers[1][2]
    assert answers[0][1]["ETag"] != answers[1][1]["ETag"]


@pytest.mark.parametrize("form", ["jpg", "png", "npy"])
async def test_head_says_what_get_would(watching: Site, camera: Pusher, form: str) -> None:
    """HEAD has the headers of the frame and of its file, and no body."""
    asking = asyncio.create_task(watching.session.head(f"{watching.base}{SNAPSHOT}.{form}"))
    await watching.until_watched()
    camera.send(picture("uint16", 7, 9))
    async with await asking as response:
        assert response.status == 200
        assert response.headers["X-Pulse-Id"] == "1"
        assert int(response.headers["Content-Length"]) > 100
        assert response.headers["ETag"].startswith('"')
        assert await response.read() == b""


async def test_region_of_an_image_is_cut_value_by_value(watching: Site, camera: Pusher):
    """``roi`` cuts a copy of the array, in every exact form; outside of the image it is a 400 that says so."""
    image = picture("uint16", 30, 40)
    for form, read in (("npy", lambda body: np.load(io.BytesIO(body))), ("png", read_png)):
        asking = asyncio.create_task(ask(watching, f"{SNAPSHOT}.{form}?roi=7,5,10,3"))
        await watching.until_watched()
        camera.send(image)
        status, _, body = await asking
        assert status == 200
        assert np.array_equal(read(body), image[5:8, 7:17])
    async with watching.events():
        camera.send(image)
        await until(lambda: watching.cameras["beam"].image_info is not None)
        status, _, body = await ask(watching, f"{SNAPSHOT}.npy?roi=40,0,1,1")
    assert status == 400
    assert b"outside the image" in body
