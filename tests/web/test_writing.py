"""Bytes that are written past the transport: in order, whole, and into no connection but the viewer's own."""

import asyncio
import os
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import cast

import pytest

from mjpeg_viewer.web import writing
from mjpeg_viewer.web.writing import begin
from tests.certificates import make_certificate
from tests.kit import until
from tests.raw import Raw, open_raw

pytestmark = pytest.mark.both_loops

# More than the kernel takes for a reader that reads nothing.
LARGE = bytes(range(251)) * 40_000


class Told(asyncio.Protocol):
    """Keeps what its transport tells."""

    def __init__(self, made: "list[Told]") -> None:
        self.made = made
        self.paused = False
        self.lost = False
        self.file_when_lost = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)
        self.descriptor = transport.get_extra_info("socket").fileno()
        self.file = os.fstat(self.descriptor).st_ino
        self.made.append(self)

    def pause_writing(self) -> None:
        self.paused = True

    def resume_writing(self) -> None:
        self.paused = False

    def connection_lost(self, exc: Exception | None) -> None:
        self.file_when_lost = os.fstat(self.descriptor).st_ino
        self.lost = True


def open_way(told: Told, first: bytes) -> Callable[[bytes], None]:
    """Begin, and return how to write as a viewer does: what is not taken goes into the transport."""
    write, outlet = begin(told.transport, None, first)

    def write_all(payload: bytes) -> None:
        taken = write(outlet, payload)
        if taken != len(payload):
            told.transport.write(memoryview(payload)[taken:])

    return write_all


@asynccontextmanager
async def connection() -> AsyncIterator[tuple[Told, Raw]]:
    """A connection: as the server is told of it, and the other end."""
    made: list[Told] = []

    server = await asyncio.get_running_loop().create_server(lambda: Told(made), "127.0.0.1", 0)
    async with server, open_raw(server.sockets[0].getsockname()[1]) as raw:
        await until(lambda: bool(made))
        yield made[0], raw
        made[0].transport.abort()
        await until(lambda: made[0].lost)


async def test_what_the_kernel_does_not_take_goes_on_in_order():
    """A part that is larger than all buffers arrives whole, the transport tells so, and the next one follows it."""
    async with connection() as (told, raw):
        write = open_way(told, b"first")
        write(LARGE)
        assert told.paused
        assert await raw.read_exactly(5 + len(LARGE)) == b"first" + LARGE
        await until(lambda: not told.paused)
        write(b"next")
        assert await raw.read_exactly(4) == b"next"


async def test_drained_connection_is_written_to_by_its_descriptor(monkeypatch: pytest.MonkeyPatch):
    """What the kernel takes whole never meets the transport; the rest of what it does not, and nothing else, does."""
    written: list[tuple[int, int]] = []
    write_really = os.write

    def note(descriptor: int, payload: bytes) -> int:
        written.append((descriptor, write_really(descriptor, payload)))
        return written[-1][1]

    async with connection() as (told, raw):
        write = open_way(told, b"first")
        monkeypatch.setattr(writing.os, "write", note)
        write(b"part")
        write(LARGE)
        assert [descriptor for descriptor, _ in written] == [told.descriptor] * 2
        assert written[0][1] == 4
        assert 0 < told.transport.get_write_buffer_size() <= len(LARGE) - written[1][1]
        assert await raw.read_exactly(9) == b"firstpart"


async def test_first_bytes_follow_what_is_left_in_the_transport():
    """Headers that the kernel did not take yet stand before all else, also when it has room again."""
    async with connection() as (told, raw):
        told.transport.write(LARGE)
        taken = b""
        while len(taken) < len(LARGE) // 4:  # before the loop can look whether there is room
            taken += raw.sock.recv(len(LARGE))
        begin(told.transport, None, b"first")
        assert told.paused
        assert taken + await raw.read_exactly(len(LARGE) - len(taken) + 5) == LARGE + b"first"


@pytest.mark.parametrize("end", ["abort", "close", "reset", "write"])
async def test_descriptor_is_the_connections_until_it_is_told_of_the_loss(end: str):
    """However a connection ends, a descriptor that may be written to has not become another's."""
    async with connection() as (told, raw):
        write = open_way(told, b"first")
        match end:
            case "abort":
                told.transport.abort()
            case "close":
                told.transport.close()
            case "reset":
                raw.reset()
            case "write":
                told.transport.pause_reading()
                raw.reset()
                while not told.transport.is_closing():
                    write(b"into nothing")
        assert not told.lost
        await until(lambda: told.lost)
        assert told.file_when_lost == told.file


async def test_nothing_goes_past_tls(tmp_path: Path):
    """Whoever forgets to say what TLS is laid over gets no plain bytes into the middle of it."""
    chain, key = make_certificate(tmp_path, "localhost")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(chain, key)

    class Writing(Told):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            super().connection_made(transport)
            open_way(self, b"first ")(b"second")
            self.transport.close()

    trusting = ssl.create_default_context(cafile=chain)
    async with await asyncio.get_running_loop().create_server(
        lambda: Writing([]), "127.0.0.1", 0, ssl=context
    ) as server:
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port, ssl=trusting, server_hostname="localhost")
        assert await reader.read() == b"first second"
        writer.close()
