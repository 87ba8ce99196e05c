"""mjpeg-viewer serve: from the command to pictures in a reader, and to its orderly end."""

import asyncio
import re
import signal
import socket
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest

from mjpeg_viewer.simulator import Beam, Simulator
from tests.cli.kit import run, write_user_file
from tests.kit import Events, Pictures, basic, receiving
from tests.raw import PATIENCE, connect_raw

READY = r"Open    (http://127\.0\.0\.1:(\d+))/"
INSIDE = basic("ada", "right")


async def test_simulate_and_serve_show_pictures_and_values(tmp_path: Path):
    """Two commands, joined by an address, are a camera in a browser: counters rise, values follow."""
    async with AsyncExitStack() as stack:
        size = ("--size", "320x240", "--dtype", "uint16", "--counter")
        camera = await stack.enter_async_context(run("simulate", "-o", "0", "-d", "0.02", *size, home=tmp_path))
        port = (await camera.read_until(r"bsread\+pull://127.0.0.1:(\d+)"))[1]
        options = ("-P", "0", "-O", "127.0.0.1", "-S", port, "--users", write_user_file(tmp_path))
        server = await stack.enter_async_context(run("serve", *options, home=tmp_path))
        base = (await server.read_until(READY))[1]
        session = await stack.enter_async_context(aiohttp.ClientSession(headers=INSIDE))
        async with session.get(f"{base}/cameras/camera/stream.mjpg") as stream, session.get(f"{base}/events") as feed:
            pictures, events = Pictures(stream), Events(feed)
            numbers = [(await pictures.take()).number for _ in range(5)]
            assert None not in numbers
            assert numbers == sorted(set(numbers))
            event = await events.take("frame")
            assert event.data["camera"] == "camera"
            assert event.data["values"]["image_size_x"] == 320
        status, log = await server.end()
        assert status == 0
        assert "Traceback" not in log
        assert "camera: live" in log
        assert await camera.end() == (0, "")


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGINT])
async def test_signal_ends_the_server_with_streams_open(tmp_path: Path, ending: signal.Signals):
    """With five streams open, one of them stalled, the end takes less than 3 s and has status 0."""
    with Simulator(Beam(320, 240, "uint8"), start_pulse_id=1) as beam:
        options = ("-P", "0", "--source", beam.url, "--no-login")
        async with run("serve", *options, home=tmp_path) as server, AsyncExitStack() as stack:
            found = await server.read_until(READY)
            base, port = found[1], int(found[2])
            await receiving(beam)
            session = await stack.enter_async_context(aiohttp.ClientSession())
            streams = [
                await stack.enter_async_context(session.get(f"{base}/{path}"))
                for path in ("stream.mjpg", "stream.mjpg?width=160", "events", "cameras/camera/events")
            ]
            await stack.enter_async_context(connect_raw(port, "/stream.mjpg?quality=100", receive_buffer=4096))
            readers = [Pictures(streams[0]), Pictures(streams[1])]
            for _ in range(20):
                beam.send()
                for reader in readers:
                    await reader.take()
            status, log = await server.end(ending, within=3.0)
            assert status == 0
            assert "Traceback" not in log
            assert "told to end" in log
            assert log.count("ended (server stopping)") == 5
            assert [await stream.content.read() for stream in streams[:2]]


async def test_several_cameras_come_from_a_file(tmp_path: Path):
    """Each table is a camera; options outrank the file's keys, and its paths are used."""
    with Simulator(Beam(64, 48)) as one, Simulator(Beam(64, 48), mode="pub") as two:
        config = tmp_path / "config.toml"
        config.write_text(
            f'[server]\nport = 1\nusers = "{write_user_file(tmp_path)}"\nsession_key = "{tmp_path}/own/key"\n'
            f'[cameras.one]\nsource = "{one.url}"\n[cameras."two.2"]\nsource = "{two.url}"\n'
        )
        async with (
            run("serve", "--config", str(config), "-P", "0", home=tmp_path) as server,
            aiohttp.ClientSession(headers=INSIDE) as session,
        ):
            base = (await server.read_until(READY))[1]
            await receiving(one)
            await receiving(two)
            async with session.get(f"{base}/state") as response:
                cameras = (await response.json())["cameras"]
            assert {name: camera["source"] for name, camera in cameras.items()} == {
                "one": one.address,
                "two.2": two.address,
            }
        assert (tmp_path / "own/key").stat().st_mode & 0o777 == 0o600


async def test_made_up_login_is_printed_and_works(tmp_path: Path):
    """Without a users file the link logs in once, the password for as long as the server runs."""
    async with (
        run("serve", "-P", "0", "-S", "1", home=tmp_path) as server,
        aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session,
    ):
        link = await server.read_until(r"(http://127\.0\.0\.1:\d+)(/login\?once=\S+)")
        curl = await server.read_until(r"curl -u (viewer):(\S+) ")
        base = link[1]
        async with session.get(base + "/state") as response:
            assert response.status == 401
        async with session.get(base + link[2]) as response:
            assert response.status == 200
            assert response.url.path == "/"
        async with session.get(base + "/state") as response:
            assert response.status == 200
        session.cookie_jar.clear()
        async with session.get(base + link[2]) as response:
            assert response.url.path == "/login"
        async with session.get(base + "/state", headers=basic(curl[1], curl[2])) as response:
            assert response.status == 200
        status, log = await server.end()
        assert status == 0
        for secret in (link[2], curl[2]):
            assert secret not in log


async def test_service_manager_is_told(tmp_path: Path):
    """READY=1 comes when the port answers, not before; STOPPING=1 when it ends."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.setblocking(False)
        loop = asyncio.get_running_loop()
        env = {"NOTIFY_SOCKET": str(tmp_path / "notify"), "STATE_DIRECTORY": str(tmp_path / "state")}
        users = write_user_file(tmp_path)
        async with run("serve", "-P", "0", "-S", "1", "--users", users, home=tmp_path, env=env) as server:
            async with asyncio.timeout(PATIENCE):
                assert await loop.sock_recv(manager, 100) == b"READY=1"
            base = (await server.read_until(READY))[1]
            async with aiohttp.ClientSession() as session, session.get(f"{base}/healthz") as response:
                assert response.status == 200
            assert (await server.end())[0] == 0
            async with asyncio.timeout(PATIENCE):
                assert await loop.sock_recv(manager, 100) == b"STOPPING=1"
        assert (tmp_path / "state/session.key").is_file()


async def test_what_is_no_http_is_counted(tmp_path: Path):
    """A scan of the port is an event, not a traceback; and a hundred of them are two lines."""
    async with run("serve", "-P", "0", "-S", "1", "--no-login", home=tmp_path) as server:
        port = int((await server.read_until(READY))[2])
        for path, header in (("/\udcff", "A: b"), ("/state", "Host: "), ("/", "no header")):
            for _ in range(30):
                async with connect_raw(port, path, header) as raw:
                    status, headers = await raw.read_head()
                    assert (status, headers["Server"]) == (400, "mjpeg-viewer")
        async with connect_raw(port, "/", *(f"X-{number}: a" for number in range(200))) as raw:
            assert (await raw.read_head())[0] == 400
        status, log = await server.end()
    assert status == 0
    assert "Traceback" not in log
    lines = re.findall(r"server: (\d+) requests .* refused .* 127\.0\.0\.1 sent what is no HTTP \(\w+\)\n", log)
    assert (len(lines), sum(map(int, lines))) == (2, 91)


@pytest.mark.parametrize(
    ("where", "what"),
    [
        ("mjpeg_viewer.sources.bsread.BsreadSource._take", "a thread"),
        ("mjpeg_viewer.web.viewers.Viewers.keep", "a task"),
        ("mjpeg_viewer.web.entrance.Entrance._find_limit", "the entrance"),
    ],
)
async def test_death_in_the_background_ends_the_server(tmp_path: Path, where: str, what: str):
    """A thread or task that dies unforeseen ends the process with status 1, for the service manager to see."""
    module, _, name = where.rpartition(".")
    module, _, kind = module.rpartition(".")
    asynchronous = "async " if name == "keep" else ""
    code = (
        f"import sys\nfrom {module} import {kind}\n"
        f"{asynchronous}def die(*args):\n    raise RuntimeError('{what} died')\n"
        f"{kind}.{name} = die\n"
        "from mjpeg_viewer.cli import main\nsys.exit(main())\n"
    )
    async with run("serve", "-P", "0", "-S", "1", "--no-login", home=tmp_path, code=code) as server:
        if what == "the entrance":  # which dies of the first who comes
            with socket.create_connection(("127.0.0.1", int((await server.read_until(READY))[2])), timeout=PATIENCE):
                status, log = await server.wait()
        else:
            status, log = await server.wait()
    assert status == 1
    assert "ended by what nobody foresaw" in log
    assert f"RuntimeError: {what} died" in log


BREAK_THE_LISTENER = """
import os, signal, socket, sys
def shut(*_):
    for fd in os.listdir("/proc/self/fd"):
        try:
            sock = socket.socket(fileno=os.dup(int(fd)))
        except OSError:
            continue
        if sock.family == socket.AF_INET and sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN):
            sock.shutdown(socket.SHUT_RDWR)
signal.signal(signal.SIGUSR1, shut)
from mjpeg_viewer.cli import main
sys.exit(main())
"""


async def test_listener_that_breaks_ends_the_server(tmp_path: Path):
    """With a stream open and nothing wrong but that nobody can come in any more, the process ends with status 1."""
    with Simulator(Beam(64, 48), start_pulse_id=1) as beam:
        options = ("-P", "0", "--source", beam.url, "--no-login")
        async with (
            run("serve", *options, home=tmp_path, code=BREAK_THE_LISTENER) as server,
            aiohttp.ClientSession() as session,
        ):
            base = (await server.read_until(READY))[1]
            await receiving(beam)
            async with session.get(f"{base}/stream.mjpg") as response:
                assert response.status == 200
                server.process.send_signal(signal.SIGUSR1)
                status, log = await server.wait()
    assert status == 1
    assert "ended by what nobody foresaw" in log
    assert "Invalid argument" in log


async def test_limits_on_viewers_come_from_the_file(tmp_path: Path):
    """Places, ways to show a camera and the patience with stalled viewers are those of [viewers]."""
    with Simulator(Beam(64, 48), start_pulse_id=1) as beam:
        config = tmp_path / "config.toml"
        config.write_text(
            f'[server]\nport = 0\nusers = "{write_user_file(tmp_path)}"\n[cameras.camera]\nsource = "{beam.url}"\n'
            "[viewers]\ntotal = 9\nper_user = 4\nper_address = 5\nrenditions = 2\nstall_timeout = 1\n"
        )
        async with run("serve", "--config", str(config), home=tmp_path) as server, AsyncExitStack() as stack:
            found = await server.read_until(READY)
            base, port = found[1], int(found[2])
            await receiving(beam)
            session = await stack.enter_async_context(aiohttp.ClientSession(headers=INSIDE))
            head = f"Authorization: {INSIDE['Authorization']}"
            await stack.enter_async_context(connect_raw(port, "/stream.mjpg", head, receive_buffer=4096))
            await stack.enter_async_context(session.get(f"{base}/stream.mjpg?quality=1"))
            async with session.get(f"{base}/stream.mjpg?quality=2") as refused:
                assert await refused.text() == "camera is shown in 2 ways already; ask for one of those\n"
            for _ in range(2):
                await stack.enter_async_context(session.get(f"{base}/stream.mjpg"))
            async with session.get(f"{base}/stream.mjpg") as refused:
                assert "(viewers.per_user)" in await refused.text()
            async with asyncio.timeout(PATIENCE):
                watching = 4
                while watching == 4:  # until the one that never reads is let go
                    beam.send()
                    async with session.get(f"{base}/state") as state:
                        watching = len((await state.json())["cameras"]["camera"]["viewers"])
            status, log = await server.end()
            assert status == 0
            assert "took no byte for 1 s" in log
