"""HTTP at the level of bytes, for what no well-behaved client does or shows."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

PATIENCE = 30.0
"""Seconds: no test needs them; a fault ends with them."""


class Raw:
    """A connection that reads only when told to, and sees every byte."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self._seen = b""

    async def send(self, data: bytes) -> None:
        """Send bytes as they stand; that the server closed before it had them all is for the reader to find out."""
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(PATIENCE):
                await asyncio.get_running_loop().sock_sendall(self.sock, data)

    async def receive(self, size: int = 1 << 16) -> bytes:
        """Take what has come, at most so many bytes, past all that was read ahead; empty at the end."""
        async with asyncio.timeout(PATIENCE):
            return await asyncio.get_running_loop().sock_recv(self.sock, size)

    async def read_until(self, mark: bytes) -> bytes:
        """Read up to and with the mark."""
        while mark not in self._seen:
            await self._read_on()
        before, _, self._seen = self._seen.partition(mark)
        return before + mark

    async def read_exactly(self, size: int) -> bytes:
        """Read so many bytes."""
        while len(self._seen) < size:
            await self._read_on()
        taken, self._seen = self._seen[:size], self._seen[size:]
        return taken

    async def read_to_end(self) -> bytes:
        """Read until the server closes."""
        while True:
            try:
                await self._read_on()
            except (EOFError, ConnectionResetError):  # reset: the server closed with more to read
                rest, self._seen = self._seen, b""
                return rest

    async def read_head(self) -> tuple[int, dict[str, str]]:
        """Read a response's status and headers."""
        status, *lines = (await self.read_until(b"\r\n\r\n")).decode().removesuffix("\r\n\r\n").split("\r\n")
        return int(status.split()[1]), dict(line.split(": ", 1) for line in lines)

    async def read_chunk(self) -> bytes:
        """Read one chunk of a chunked body: what the server wrote at once.  Empty for the last."""
        size = int(await self.read_until(b"\r\n"), 16)
        chunk = await self.read_exactly(size + 2)
        assert chunk.endswith(b"\r\n")
        return chunk[:-2]

    def reset(self) -> None:
        """Close as a program does that crashes: the server gets RST, not FIN."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    async def _read_on(self) -> None:
        received = await self.receive()
        if not received:
            raise EOFError(f"the server closed; unread is {self._seen[:200]!r}")
        self._seen += received


@asynccontextmanager
async def open_raw(port: int, receive_buffer: int | None = None, address: str = "127.0.0.1") -> AsyncIterator[Raw]:
    """Connect from an address of this machine's and say nothing yet; other arguments as for ``connect_raw``."""
    with socket.socket() as sock:
        sock.bind((address, 0))
        if receive_buffer is not None:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        sock.setblocking(False)
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
        yield Raw(sock)


@asynccontextmanager
async def connect_raw(
    port: int, path: str, *headers: str, method: str = "GET", version: str = "1.1", receive_buffer: int | None = None
) -> AsyncIterator[Raw]:
    """
    Connect and ask, and read nothing yet.

    Args:
        port: The server's.
        path: What to ask for, sent as it stands.
        headers: Header lines.
        method: The method.
        version: HTTP's.
        receive_buffer: How many bytes the kernel may hold for this reader; None for its own choice.
    """
    async with open_raw(port, receive_buffer) as raw:
        lines = [f"{method} {path} HTTP/{version}", f"Host: 127.0.0.1:{port}", *headers, "", ""]
        await raw.send("\r\n".join(lines).encode(errors="surrogateescape"))
        yield raw
