"""
The least that Python can do: one asyncio loop that writes the newest JPEG to whoever took the last one.

It has no login, limit, counter, log or clock for a viewer, as the floor has none, and so tells what of the product's
cost is the language's.

    python -m benchmarks.bare LOOP FPS FILE...

LOOP is asyncio or uvloop.
"""

import asyncio
import importlib
import os
import socket
import sys
import time
from pathlib import Path
from typing import cast

from benchmarks.timer import open_timer
from mjpeg_viewer.multipart import CONTENT_TYPE, Framing, Picture, opening
from mjpeg_viewer.wire import chunk, find_form

_OPENING = (
    f"HTTP/1.1 200 OK\r\nContent-Type: {CONTENT_TYPE}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
).encode() + chunk(opening(Framing.LENGTH))

ready: dict[int, asyncio.Transport] = {}
"""Who took all that was written, by descriptor."""


class Bare(asyncio.Protocol):
    """A connection that is answered with the stream, whatever it asks."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Have it tell when it does not take all."""
        self.transport = cast(asyncio.Transport, transport)
        sock = transport.get_extra_info("socket")
        sock.setsockopt(socket.IPPROTO_TCP, 25, 16 * 1024)  # TCP_NOTSENT_LOWAT, as the others have it
        self.descriptor = sock.fileno()
        self.transport.set_write_buffer_limits(high=0)

    def data_received(self, data: bytes) -> None:
        """Answer."""
        ready[self.descriptor] = self.transport
        self.transport.write(_OPENING)

    def pause_writing(self) -> None:
        """Leave it alone."""
        ready.pop(self.descriptor, None)

    def resume_writing(self) -> None:
        """Write to it again."""
        ready[self.descriptor] = self.transport

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget it."""
        ready.pop(self.descriptor, None)


async def run(fps: float, jpegs: list[bytes]) -> None:
    """Serve for ever."""
    loop, number, form = asyncio.get_running_loop(), 0, find_form(Framing.LENGTH, chunked=True)
    server = await loop.create_server(Bare, "127.0.0.1", 0, backlog=4096)
    timer = open_timer(1 / fps)

    def publish() -> None:
        nonlocal number
        number += int.from_bytes(os.read(timer, 8), sys.byteorder)
        part = Picture(jpegs[number % len(jpegs)], number, number, time.time()).get(form)
        for descriptor, transport in tuple(ready.items()):
            try:
                taken = os.write(descriptor, part)
            except OSError:
                taken = 0
            if taken != len(part):
                transport.write(memoryview(part)[taken:])

    loop.add_reader(timer, publish)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def main() -> None:
    """Print the port, and serve."""
    loop, fps, *files = sys.argv[1:]
    with asyncio.Runner(loop_factory=importlib.import_module(loop).new_event_loop) as runner:
        runner.run(run(float(fps), [Path(name).read_bytes() for name in files]))


if __name__ == "__main__":
    main()
