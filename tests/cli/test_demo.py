"""mjpeg-viewer demo: one command, one link, and nothing left behind."""

import asyncio
import os
import signal
from pathlib import Path

import aiohttp
import pytest

from tests.cli.kit import Command, run
from tests.kit import Pictures, until


def children_of(pid: int) -> list[int]:
    """The processes that a process started and that live."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def lives(pid: int) -> bool:
    """Whether there is such a process; one that ended and was not waited for does not count."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


async def started_simulator(demo: Command) -> int:
    """The simulator's process id, as soon as there is one."""
    await until(lambda: bool(children_of(demo.pid)))
    (simulator,) = children_of(demo.pid)
    return simulator


async def test_printed_link_opens_the_beam(tmp_path: Path):
    """The link logs in and shows the page of camera beam, whose picture moves; SIGTERM ends server and simulator."""
    async with (
        run("demo", "-P", "0", home=tmp_path) as demo,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
    ):
        link = (await demo.read_until(r"(http://127\.0\.0\.1:\d+/login\?once=\S+)"))[1]
        await demo.read_until("Ctrl-C ends")
        simulator = await started_simulator(demo)
        async with session.get(link) as response:
            page = await response.text()
            assert response.status == 200
        assert 'data-camera="beam"' in page
        async with session.get(response.url.with_path("/cameras/beam/stream.mjpg")) as stream:
            pictures = Pictures(stream)
            one, two = await pictures.take(), await pictures.take()
            assert one.pixels.shape == (480, 640)
            assert one.jpeg != two.jpeg
        status, log = await demo.end(signal.SIGTERM)
        assert status == 0
        assert "Traceback" not in log
        assert not lives(simulator)


@pytest.mark.parametrize("moment", ["before the simulator is ready", "when it runs"])
async def test_no_simulator_is_left_behind(tmp_path: Path, moment: str):
    """Whenever SIGTERM comes, the simulator ends with the demo."""
    async with run("demo", "-P", "0", home=tmp_path) as demo:
        simulator = await started_simulator(demo)
        if moment == "when it runs":
            await demo.read_until("Ctrl-C ends")
        try:
            status, log = await demo.end(signal.SIGTERM)
            assert not lives(simulator)
        finally:
            if lives(simulator):
                os.kill(simulator, signal.SIGKILL)
        assert status == 0
        assert "Traceback" not in log


async def test_killed_demo_leaves_no_simulator_behind(tmp_path: Path):
    """Also a demo that cannot tidy up takes its simulator with it: what held the pipe to it is gone."""
    async with run("demo", "-P", "0", home=tmp_path) as demo:
        simulator = await started_simulator(demo)
        await demo.read_until("Ctrl-C ends")
        try:
            demo.process.kill()  # not waited for: asyncio does that until the last who holds its pipes is gone
            await until(lambda: not lives(simulator))
        finally:
            if lives(simulator):
                os.kill(simulator, signal.SIGKILL)


async def test_demo_ends_when_its_port_is_taken(tmp_path: Path):
    """A taken port is one line and status 1, and the simulator ends too."""
    server = await asyncio.start_server(lambda _reader, _writer: None, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        async with run("demo", "-P", str(port), home=tmp_path) as demo:
            simulator = await started_simulator(demo)
            status, errors = await demo.wait()
    assert status == 1
    assert errors.startswith(f"mjpeg-viewer: cannot listen on 127.0.0.1:{port}: ")
    assert errors.count("\n") == 1
    assert not lives(simulator)
