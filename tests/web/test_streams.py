"""The MJPEG stream: what viewers get, when, and at what price."""

import re
import threading
from contextlib import AsyncExitStack
from typing import Any

import pytest

from mjpeg_viewer.imaging import render
from mjpeg_viewer.simulator import Beam, Simulator
from tests.kit import Site, read_part, receiving, run_site, until
from tests.raw import PATIENCE

pytestmark = pytest.mark.both_loops

STREAM = "/cameras/beam/stream.mjpg"


async def test_picture_shows_the_frame_that_its_headers_name(site: Site, beam: Simulator):
    """Picture, pulse id and sequence belong to one and the same frame."""
    async with site.pictures() as pictures:
        for pulse_id in (1, 2, 3):
            beam.send()
            picture = await pictures.take()
            assert picture.number == pulse_id
            assert picture.headers["X-Pulse-Id"] == str(pulse_id)
            assert picture.headers["X-Sequence"] == str(pulse_id)
            assert picture.headers["Content-Length"] == str(len(picture.jpeg))


async def test_viewer_gets_no_frame_older_than_its_coming(site: Site, beam: Simulator):
    """Whoever connects between two frames gets the second, while another viewer has had both."""
    async with site.pictures() as early:
        beam.send()
        assert (await early.take()).number == 1
        async with site.pictures() as late:
            beam.send()
            assert (await late.take()).number == 2
            assert (await early.take()).number == 2


async def test_picture_in_the_making_is_not_for_who_comes_meanwhile(
    site: Site, beam: Simulator, monkeypatch: pytest.MonkeyPatch
):
    """A frame that came before a viewer, and is still being encoded, is shown to those alone who were there."""
    begun, go_on = threading.Event(), threading.Event()

    def render_when_told(*args: Any) -> bytes:
        begun.set()
        assert go_on.wait(PATIENCE)
        return render(*args)

    monkeypatch.setattr("mjpeg_viewer.pictures.render", render_when_told)
    async with site.pictures() as early:
        beam.send()
        await until(begun.is_set)
        async with site.pictures() as late:
            go_on.set()
            assert (await early.take()).number == 1
            beam.send()
            assert (await late.take()).number == 2


async def test_each_frame_is_encoded_once_however_many_watch(site: Site, beam: Simulator):
    """With 50 viewers there are as many encodes as frames, and each viewer gets every frame."""
    camera = site.cameras["beam"]
    async with AsyncExitStack() as stack:
        viewers = [await stack.enter_async_context(site.pictures()) for _ in range(50)]
        for pulse_id in range(1, 11):
            beam.send()
            for viewer in viewers:
                assert (await viewer.take()).number == pulse_id
        assert camera.encoded == 10


async def test_nobody_watching_costs_no_decoding(site: Site, beam: Simulator):
    """Without a viewer messages are received and counted, and neither parsed nor encoded."""
    camera = site.cameras["beam"]
    beam.send(5)
    await until(lambda: camera.source.intake.received == 5)
    assert not camera.watched
    assert camera.encoded == 0
    assert camera.count().displaced == 0


# -- framing


def get_boundary(headers: dict[str, str]) -> str:
    """The boundary, in the one syntax that every browser and player reads."""
    found = re.fullmatch(r"multipart/x-mixed-replace; boundary=([A-Za-z0-9]{20,70})", headers["Content-Type"])
    assert found, headers["Content-Type"]
    return found[1]


@pytest.mark.parametrize(
    ("query", "headers"),
    [
        ("", ["Accept: image/avif,image/webp,image/png,image/svg+xml,image/*;q=0.8,*/*;q=0.5"]),
        ("?parts=advance", []),
        ("?parts=advance", ["Accept: */*"]),
    ],
)
async def test_browsers_get_the_next_headers_with_each_picture(site: Site, beam: Simulator, query, headers):
    """After each JPEG the headers of the next part stand in the same write; between two JPEGs is nothing else."""
    async with site.raw(STREAM + query, *headers) as viewer:
        status, fields = await viewer.read_head()
        between = f"--{get_boundary(fields)}\r\nContent-Type: image/jpeg\r\n\r\n".encode()
        assert status == 200
        assert fields["Transfer-Encoding"] == "chunked"
        assert fields["X-Accel-Buffering"] == "no"
        assert await viewer.read_chunk() == between
        await site.until_watched()
        for _ in range(3):
            beam.send()
            chunk = await viewer.read_chunk()
            assert chunk.startswith(b"\xff\xd8\xff")
            assert chunk.endswith(b"\xff\xd9\r\n" + between)
            assert chunk.count(between) == 1


@pytest.mark.parametrize(
    ("query", "headers"), [("", []), ("", ["Accept: */*"]), ("?parts=length", ["Accept: image/webp,image/*"])]
)
async def test_programs_get_length_and_boundary_with_each_picture(site: Site, beam: Simulator, query, headers):
    """Each part has its length and what is known of its frame, and the boundary stands in the same write."""
    async with site.raw(STREAM + query, *headers) as viewer:
        _, fields = await viewer.read_head()
        delimiter = f"--{get_boundary(fields)}\r\n".encode()
        assert await viewer.read_chunk() == delimiter
        await site.until_watched()
        for pulse_id in (1, 2, 3):
            beam.send()
            chunk = await viewer.read_chunk()
            picture = read_part(chunk, delimiter)
            timestamp = picture.headers["X-Timestamp"]
            assert re.fullmatch(r"\d{10}\.\d{6}", timestamp)
            levels = picture.headers["X-Levels"]
            assert re.fullmatch(r"[\d.]+,[\d.]+", levels)
            assert chunk == (
                f"Content-Type: image/jpeg\r\nContent-Length: {len(picture.jpeg)}\r\nX-Pulse-Id: {pulse_id}\r\n"
                f"X-Sequence: {pulse_id}\r\nX-Timestamp: {timestamp}\r\n"
                f"X-Levels: {levels}\r\n\r\n"
            ).encode() + picture.jpeg + b"\r\n" + delimiter  # fmt: skip
            assert picture.number == pulse_id


async def test_end_of_a_stream_is_the_end_of_its_body(site: Site):
    """What ends at the server ends with the last chunk and a closed connection."""
    async with site.raw(STREAM) as viewer:
        await viewer.read_head()
        await viewer.read_chunk()
        await site.until_watched()
        site.viewers.close_all("test")
        assert await viewer.read_to_end() == b"0\r\n\r\n"


async def test_old_players_get_no_chunks(site: Site, beam: Simulator):
    """To HTTP/1.0 the parts are sent as they are, until the connection closes."""
    async with site.raw(STREAM, version="1.0") as viewer:
        _, fields = await viewer.read_head()
        assert "Transfer-Encoding" not in fields
        delimiter = f"--{get_boundary(fields)}\r\n".encode()
        assert await viewer.read_until(delimiter) == delimiter
        await site.until_watched()
        beam.send()
        assert read_part(await viewer.read_until(delimiter), delimiter).number == 1
        site.viewers.close_all("test")
        assert await viewer.read_to_end() == b""


@pytest.mark.parametrize("path", [STREAM, "/stream.mjpg", "/?action=stream"])
async def test_head_tells_of_the_stream_and_ends(site: Site, path):
    """HEAD has the stream's headers, no body, and is no viewer."""
    async with site.raw(path, "Connection: close", method="HEAD") as viewer:
        status, fields = await viewer.read_head()
        assert (status, await viewer.read_to_end()) == (200, b"")
        get_boundary(fields)
    assert not site.cameras["beam"].watched


# -- addresses


async def test_unknown_camera_is_not_found(site: Site):
    """There is no stream of a camera that does not exist; the answer names it."""
    async with site.get("/cameras/bean/stream.mjpg") as response:
        assert response.status == 404
        assert await response.text() == "There is no camera 'bean' here.\n"


@pytest.mark.parametrize(
    "path", ["/stream.mjpg", "/?action=stream", "/stream.mjpg?width=160", "/?action=stream&width=160"]
)
async def test_short_addresses_show_the_first_camera(beam: Simulator, path):
    """Short addresses, mjpg-streamer's among them, mean the first camera, and take a rendition."""
    with Simulator(Beam(160, 120, "uint8")) as other:
        async with run_site({"beam": beam.url, "a-other": other.url}) as site:
            await receiving(beam)
            async with site.pictures(path) as pictures:
                beam.send()
                picture = await pictures.take()
                assert picture.headers["X-Pulse-Id"] == "1"
                assert picture.pixels.shape[1] == (160 if "width" in path else 320)
