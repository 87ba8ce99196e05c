"""Real readers of the stream: curl, ffmpeg and OpenCV, each as its users call it."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator

import cv2
import pytest

from mjpeg_viewer.simulator import Simulator, read_counter
from tests.kit import Site
from tests.raw import PATIENCE

pytestmark = pytest.mark.both_loops

STREAM = "/cameras/beam/stream.mjpg"


@contextlib.asynccontextmanager
async def sending(beam: Simulator) -> AsyncIterator[None]:
    """The camera sends 50 images per second."""
    running = asyncio.create_task(asyncio.to_thread(beam.run, -1, 0.02))
    try:
        yield
    finally:
        beam.stop()
        await running


@contextlib.asynccontextmanager
async def program(*command: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """A program, ended at the latest when the block ends."""
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdin=asyncio.subprocess.DEVNULL, stdout=pipe, stderr=pipe)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()


async def test_curl_gets_parts_and_events(closed: Site, beam: Simulator):
    """curl -N with name and password gets each picture and each event when it is sent."""
    inside = ("-sN", "-u", "ada:right")
    async with (
        program("curl", *inside, closed.base + STREAM) as pictures,
        program("curl", *inside, f"{closed.base}/cameras/beam/events") as events,
    ):
        assert pictures.stdout
        assert events.stdout
        await closed.until_watched(viewers=2)
        for pulse_id in (1, 2, 3):
            beam.send()
            async with asyncio.timeout(PATIENCE):
                head = await pictures.stdout.readuntil(b"\r\n\r\n")
                assert f"X-Pulse-Id: {pulse_id}\r\n".encode() in head
                found = re.search(rb"Content-Length: (\d+)", head)
                assert found
                assert (await pictures.stdout.readexactly(int(found[1])))[:3] == b"\xff\xd8\xff"
                await events.stdout.readuntil(f"\nid: {pulse_id}\n".encode())


async def test_curl_is_told_how_to_log_in(closed: Site):
    """Without a password curl -f fails with 401 and its status 22."""
    async with program("curl", "-sSf", closed.base + STREAM) as curl, asyncio.timeout(PATIENCE):
        _, errors = await curl.communicate()
    assert curl.returncode == 22
    assert b"401" in errors


@pytest.mark.parametrize("query", ["", "?width=160&quality=50"])
async def test_ffmpeg_decodes_the_stream(site: Site, beam: Simulator, query: str):
    """ffmpeg takes the address as it stands and decodes pictures without an error."""
    url = site.base + STREAM + query
    command = ("ffmpeg", "-v", "error", "-i", url, "-frames:v", "5", "-f", "framecrc", "-")
    async with sending(beam), program(*command) as ffmpeg, asyncio.timeout(PATIENCE):
        out, errors = await ffmpeg.communicate()
    assert (ffmpeg.returncode, errors) == (0, b"")
    frames = [line for line in out.decode().splitlines() if not line.startswith("#")]
    assert len(frames) == 5
    size = 160 * 120 if query else 320 * 240
    assert all(f" {size}," in frame for frame in frames), out.decode()


async def test_opencv_reads_picture_after_picture(site: Site, beam: Simulator):
    """cv2.VideoCapture opens the address; the counters in its pictures rise."""

    def read() -> list[int | None]:
        capture = cv2.VideoCapture(site.base + STREAM, cv2.CAP_FFMPEG)
        try:
            return [read_counter(capture.read()[1]) for _ in range(8)]
        finally:
            capture.release()

    async with sending(beam), asyncio.timeout(PATIENCE):
        numbers = await asyncio.to_thread(read)
    assert None not in numbers
    assert numbers == sorted(set(numbers))
