"""Against slowness and number: whoever keeps connections from others is let go, and nobody who watches notices."""

import asyncio
import contextlib
import errno
import socket
import time
from contextlib import AsyncExitStack

import pytest

from mjpeg_viewer.simulator import Simulator
from mjpeg_viewer.web.entrance import ConnectionLimits
from mjpeg_viewer.web.forwarded import Proxies
from mjpeg_viewer.web.outside import Outside
from tests.kit import Site, receiving, run_site, until
from tests.raw import PATIENCE, Raw, connect_raw

pytestmark = pytest.mark.both_loops

HEAD = "mjpeg_viewer.web.connection.HEAD_TIMEOUT"


async def connect(stack: AsyncExitStack, port: int) -> Raw:
    """Connect and say nothing."""
    sock = stack.enter_context(socket.socket())
    sock.setblocking(False)
    await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
    return Raw(sock)


async def drip(raw: Raw, text: bytes) -> None:
    """Send byte by byte, for ever, until the server has had enough."""
    loop = asyncio.get_running_loop()
    with contextlib.suppress(ConnectionError):
        for byte in text:
            await loop.sock_sendall(raw.sock, bytes([byte]))
            await asyncio.sleep(0.05)
        while await raw.receive():
            pass


async def test_300_drips_leave_viewers_untouched(site: Site, beam: Simulator, monkeypatch: pytest.MonkeyPatch):
    """While 300 connections send their requests byte by byte, a viewer gets each frame; and then they are let go."""
    monkeypatch.setattr(HEAD, 1.0)
    async with AsyncExitStack() as stack, site.pictures() as pictures:
        raws = [await connect(stack, site.port) for _ in range(300)]
        await until(lambda: len(site.app_server.connections) > 300)
        dripping = [asyncio.create_task(drip(raw, b"GET /state HTTP/1.1\r\nA: " + b"a" * 4000)) for raw in raws]
        beginning = time.monotonic()
        number = 0
        while not all(task.done() for task in dripping):
            assert time.monotonic() - beginning < PATIENCE
            number += 1
            beam.send()
            assert (await pictures.take()).number == number
        assert number >= 10
        await asyncio.gather(*dripping)
        await until(lambda: len(site.app_server.connections) == 1)
        assert site.entrance.refused.counts == {"slow request": 300}


async def test_silent_connection_is_let_go_without_a_word(site: Site, monkeypatch: pytest.MonkeyPatch, quiet):
    """Browsers open connections in advance; one that is not used ends, and nobody is blamed."""
    monkeypatch.setattr(HEAD, 0.1)
    async with AsyncExitStack() as stack:
        raw = await connect(stack, site.port)
        assert await raw.receive() == b""
    assert not site.entrance.refused.counts


async def test_second_request_has_its_own_time(site: Site, monkeypatch: pytest.MonkeyPatch):
    """A connection may rest between requests; what it then begins to ask, it has to ask in time."""
    monkeypatch.setattr(HEAD, 0.2)
    async with site.raw("/healthz") as raw:
        loop = asyncio.get_running_loop()
        assert (await raw.read_head())[0] == 200
        assert await raw.read_exactly(3) == b"ok\n"
        await asyncio.sleep(0.5)  # longer than the time for a request: this is the claim
        await loop.sock_sendall(raw.sock, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
        assert (await raw.read_head())[0] == 200
        assert await raw.read_exactly(3) == b"ok\n"
        await loop.sock_sendall(raw.sock, b"GET /healthz HTTP/1.1\r\nHo")
        assert await raw.read_to_end() == b""
    assert site.entrance.refused.counts == {"slow request": 1}


async def test_long_answer_is_no_slow_request(site: Site, beam: Simulator, monkeypatch: pytest.MonkeyPatch):
    """Whoever watches for longer than a request may take is not cut off by its timer."""
    monkeypatch.setattr(HEAD, 0.1)
    async with site.pictures() as pictures:
        beginning, number = time.monotonic(), 0
        while time.monotonic() - beginning < 0.5:
            number += 1
            beam.send()
            assert (await pictures.take()).number == number


async def test_answer_that_is_not_taken_ends(site: Site, beam: Simulator, monkeypatch: pytest.MonkeyPatch):
    """Who asks for a large file and reads nothing keeps it in memory for a while only."""
    monkeypatch.setattr("mjpeg_viewer.web.connection._SEND_PERIOD", 0.2)
    big = b"0" * 5_000_000

    async def answer_much(*_args: object) -> bytes:
        return big

    monkeypatch.setattr("mjpeg_viewer.web.backgrounds.asyncio.to_thread", answer_much)
    capture = asyncio.create_task(site.session.post(f"{site.base}/cameras/beam/background", data={"frames": "1"}))
    await site.until_watched()
    beam.send()
    (await capture).release()
    async with site.raw("/cameras/beam/background.npy", receive_buffer=4096):
        await until(lambda: site.entrance.refused.counts == {"slow reader": 1})
    async with site.get("/cameras/beam/background.npy") as response:
        assert len(await response.read()) == len(big)


# -- how many


async def is_refused(raw: Raw) -> bool:
    try:
        return not await raw.receive()
    except ConnectionResetError:
        return True


async def test_one_address_has_so_many_connections(beam: Simulator):
    """One more than the limit is closed at once, and a place that becomes free is there for the next."""
    async with run_site({"beam": beam.url}, connections=ConnectionLimits(100, 3)) as site, AsyncExitStack() as stack:
        first = [await connect(stack, site.port) for _ in range(3)]
        await until(lambda: len(site.app_server.connections) == 3)
        for _ in range(5):
            assert await is_refused(await connect(stack, site.port))
        assert site.entrance.refused.counts == {"too many": 5}
        first[0].sock.close()
        await until(lambda: len(site.app_server.connections) == 2)
        async with site.get("/healthz") as response:
            assert response.status == 200


async def test_trusted_proxy_has_as_many_as_there_are(beam: Simulator):
    """All askers behind a proxy have its address: it is limited by the total alone."""
    outside = Outside(Proxies(["127.0.0.1"]))
    limits = ConnectionLimits(5, 1)
    async with run_site({"beam": beam.url}, outside=outside, connections=limits) as site, AsyncExitStack() as stack:
        for _ in range(5):
            await connect(stack, site.port)
        await until(lambda: len(site.app_server.connections) == 5)
        assert await is_refused(await connect(stack, site.port))


async def test_no_descriptor_left_is_no_end(site: Site, beam: Simulator, monkeypatch: pytest.MonkeyPatch):
    """When the system has no room for a connection the server says so, waits, and goes on."""
    loop = asyncio.get_running_loop()
    accept, failed = loop.sock_accept, []

    async def fail_once(listener: socket.socket):
        if not failed:
            failed.append(True)
            raise OSError(errno.EMFILE, "Too many open files")
        return await accept(listener)

    monkeypatch.setattr("mjpeg_viewer.web.entrance._REST", 0.01)
    monkeypatch.setattr(loop, "sock_accept", fail_once)
    for _ in range(3):  # the first is what the loop waits for already
        async with connect_raw(site.port, "/healthz") as raw:
            assert (await raw.read_head())[0] == 200
    assert site.entrance.refused.counts == {"no room": 1}


def fail_with(number: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Have the system refuse to accept, from the second connection on; how often it was asked."""
    loop, asked = asyncio.get_running_loop(), [0]

    async def fail(_listener: socket.socket) -> None:
        asked[0] += 1
        raise OSError(number, errno.errorcode[number])

    monkeypatch.setattr(loop, "sock_accept", fail)
    return asked


async def ask_once(site: Site) -> None:
    """The next connection is what the server waits for already."""
    async with connect_raw(site.port, "/healthz") as raw:
        assert (await raw.read_head())[0] == 200


@pytest.mark.parametrize("number", [errno.EBADF, errno.EINVAL, errno.ENOTSOCK, errno.EOPNOTSUPP, errno.EIO])
async def test_broken_listener_is_a_death(site: Site, monkeypatch: pytest.MonkeyPatch, number: int):
    """When the socket is none, or the system says what nobody knows, nobody is left to believe that all is well."""
    asked = fail_with(number, monkeypatch)
    await ask_once(site)
    with pytest.raises(OSError, match=errno.errorcode[number]):
        async with asyncio.timeout(PATIENCE):
            await site.supervisor.wait_for_death()
    assert asked == [1]


@pytest.mark.parametrize("number", [errno.ECONNABORTED, errno.EPERM, errno.ENETDOWN])
async def test_connection_that_is_lost_early_is_no_death(site: Site, monkeypatch: pytest.MonkeyPatch, number: int):
    """What befalls single connections, however many, leaves the rest of the server its turn."""
    asked = fail_with(number, monkeypatch)
    async with site.events() as events:  # over the connection that is open
        await until(lambda: asked[0] > 100)
        assert (await events.take("status")).data["camera"] == "beam"
    assert set(site.entrance.refused.counts) == {"lost"}


async def test_body_too_large_or_too_slow_is_refused(closed: Site, monkeypatch: pytest.MonkeyPatch):
    """A form has 64 KiB and 10 s."""
    monkeypatch.setattr("mjpeg_viewer.web.forms._FORM_TIMEOUT", 0.1)
    form = "Content-Type: application/x-www-form-urlencoded"
    loop = asyncio.get_running_loop()
    async with closed.raw("/login", form, "Content-Length: 100", method="POST") as raw:
        await loop.sock_sendall(raw.sock, b"username=")
        assert (await raw.read_head())[0] == 408
    async with closed.session.post(f"{closed.base}/login", data={"username": "a" * 65536}) as response:
        assert response.status == 413


async def test_pipelined_requests_are_answered(site: Site):
    """Requests that come at once are answered one by one, and none of them is taken for a slow one."""
    async with site.raw("/healthz") as raw:
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(raw.sock, b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n" * 20)
        for _ in range(21):
            assert (await raw.read_head())[0] == 200
            assert await raw.read_exactly(3) == b"ok\n"


async def test_counts_come_back_to_nothing(beam: Simulator):
    """However a connection ends, its place is given back."""
    async with run_site({"beam": beam.url}, connections=ConnectionLimits(100, 2)) as site:
        await receiving(beam)
        for _ in range(10):
            async with site.raw("/cameras/beam/stream.mjpg") as raw:
                await raw.read_head()
                raw.reset()
            async with site.raw("nonsense") as raw:
                assert (await raw.read_head())[0] == 400
            await until(lambda: not site.app_server.connections)
        assert "too many" not in site.entrance.refused.counts
