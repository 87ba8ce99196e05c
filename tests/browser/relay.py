"""A network between browser and server that can become slow, or vanish without a word."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

# What waits in the relay itself is small, so that the server feels what the browser's link takes.
_BUFFER = 4096

# A page's picture and events carry something several times a second.
_IDLE = 1.0


class Relay:
    """
    Passes bytes on.

    Args:
        port: The server's.

    Attributes:
        base: The address to open instead of the server's.
        rate: Bytes per second that each connection carries to the browser; None for all.
    """

    def __init__(self, port: int) -> None:
        self.base = ""
        self.rate: float | None = None
        self._port = port
        self._gone = asyncio.Event()
        self._carried: dict[asyncio.StreamWriter, float] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def vanish(self) -> None:
        """
        Let what carries something stay open and carry nothing any more, as when a laptop changes its network.

        What is idle is closed: the server does so after half a minute, and the page is thought to be older.
        """
        self._gone.set()
        self._gone = asyncio.Event()
        now = time.monotonic()
        for sink, carried in tuple(self._carried.items()):
            if now - carried > _IDLE:
                sink.close()

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Carry one connection."""
        sock = socket.socket()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        sock.setblocking(False)
        try:
            await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", self._port))
        except OSError:
            sock.close()
            writer.close()
            return
        server_reader, server_writer = await asyncio.open_connection(sock=sock, limit=_BUFFER)
        for source, sink, slow in ((reader, server_writer, False), (server_reader, writer, True)):
            task = asyncio.create_task(self._carry(source, sink, slow, self._gone))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _carry(
        self, source: asyncio.StreamReader, sink: asyncio.StreamWriter, slow: bool, gone: asyncio.Event
    ) -> None:
        try:
            while data := await source.read(_BUFFER):
                if gone.is_set():
                    await asyncio.Event().wait()
                if slow:
                    self._carried[sink] = time.monotonic()
                sink.write(data)
                await sink.drain()
                if slow and self.rate:
                    await asyncio.sleep(len(data) / self.rate)
        except OSError:
            pass
        finally:
            self._carried.pop(sink, None)
            sink.close()

    async def end(self) -> None:
        """End all connections."""
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@asynccontextmanager
async def run_relay(port: int) -> AsyncIterator[Relay]:
    """Run a relay to a server's port."""
    relay = Relay(port)
    listener = await asyncio.start_server(relay.connect, "127.0.0.1", 0)
    async with listener:
        relay.base = f"http://127.0.0.1:{listener.sockets[0].getsockname()[1]}"
        yield relay
        listener.close()
        await relay.end()
