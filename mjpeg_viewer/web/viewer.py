"""
One open response that watches: a connection into which the newest items are written, past aiohttp's writer.

While it watches, the Viewer is the connection's asyncio protocol and passes all it is told on to aiohttp's.  So it
learns at once, and without a task of its own, when the connection drained (then it is sent the newest that it
missed) and when it was lost.  A viewer that is slow waits longer than that: until the network has room (see pacing).
"""

import asyncio
import time
from collections.abc import Hashable, Sequence
from typing import cast

from aiohttp import HttpVersion11, web

from mjpeg_viewer.web.connection import Connection
from mjpeg_viewer.web.logins import Identity
from mjpeg_viewer.web.pacing import Pacer, make_pacer
from mjpeg_viewer.web.writing import NOWHERE, begin, count_unsent
from mjpeg_viewer.wire import Wire, chunk, find_form

# A laptop that sleeps stops reading without closing.  30 s outlives a Wi-Fi roam and stays below nginx's default
# proxy_send_timeout (60 s).
STALL_TIMEOUT = 30.0


class _Touched:
    """What is read or written of each viewer for each frame: the slots of a base come first, so they lie together."""

    __slots__ = ("_busy", "_form", "_outlet", "_slow", "_write", "newest", "sent", "sent_bytes")


class Viewer(_Touched, asyncio.Protocol):
    """
    A viewer's connection, from the response's headers to its end.

    At most one item is on its way.  While it is, the newest of each lane waits, and what that displaces is skipped.

    Args:
        kind: ``stream`` or ``events``.
        cameras: The names of what is watched.
        identity: Who watches.
        request: The request that is answered.
        form: In which form items are written.

    Attributes:
        page: The id of the page that the response belongs to; empty if there is none.
        address: Where the viewer is.
        sent: Items written so far.
        sent_bytes: Their bytes.
        skipped: Items that were displaced by newer ones before they could be written.
        after: The sequence of the last message that the camera had received when this viewer of it came.
        newest: The last item written; None before the first.
    """

    # A dict for each viewer would be one more thing to fetch from memory, for each frame.
    __slots__ = (
        *("address", "after", "began", "cameras", "identity", "kind", "page", "skipped"),
        *("_carrier", "_end", "_http", "_look", "_loop", "_moved", "_pacer", "_taken"),
        *("_transport", "_waited", "_waiting"),
    )

    def __init__(
        self, kind: str, cameras: Sequence[str], identity: Identity, request: web.Request, form: Hashable = None
    ) -> None:
        self.kind = kind
        self.cameras = tuple(cameras)
        self.identity = identity
        self.page = request.query.get("viewer", "")
        self.address = request.remote or ""
        self.began = time.time()
        self.sent = 0
        self.sent_bytes = 0
        self.skipped = 0
        self.after = 0
        self.newest: Wire | None = None
        # aiohttp sends an endless response in chunks, but to HTTP/1.0, where closing ends it.
        self._form = find_form(form, request.version >= HttpVersion11)
        self._waiting: dict[str, Wire] = {}
        self._busy = True  # nothing can be written before attach(), nor after the end
        self._loop = asyncio.get_running_loop()
        self._end: asyncio.Future[str] = self._loop.create_future()
        self._transport: asyncio.Transport | None = None
        # What TLS is laid over; its buffer is one more in which old pictures could wait.
        self._carrier = request.protocol.carrier if isinstance(request.protocol, Connection) else None
        self._http: asyncio.Protocol | None = None
        self._write, self._outlet = NOWHERE
        self._pacer: Pacer | None = None
        self._slow = False  # only who is slow is paced: to look costs system calls
        self._waited = False
        self._look: asyncio.TimerHandle | None = None
        self._taken: int | None = None
        self._moved = 0.0

    # -- the connection's beginning and end

    def attach(self, transport: asyncio.Transport, opening: bytes) -> None:
        """Take over a connection whose response headers have been written, and write what stands before all items."""
        self._transport = transport
        self._http = cast(asyncio.Protocol, transport.get_protocol())
        transport.set_protocol(self)
        first = chunk(opening) if self._form.chunked else opening
        self._write, self._outlet = begin(transport, self._carrier, first)
        self._pacer = make_pacer(transport.get_extra_info("socket"))
        self.sent_bytes += len(first)
        if not count_unsent(transport, self._carrier):
            self._go_on()

    def detach(self) -> None:
        """
        Give the connection back to aiohttp, to end the response in order.

        If an item is still on its way the connection is cut: after half a part there is nothing true to say.
        """
        self.close("left")
        transport = self._transport
        self._write_no_more()
        if transport is None or self._http is None:
            return
        transport.set_protocol(self._http)
        if count_unsent(transport, self._carrier) or transport.is_closing():
            transport.abort()

    def abort(self) -> None:
        """Cut the connection."""
        if self._transport is not None:
            self._transport.abort()

    def close(self, reason: str) -> None:
        """End this viewer, for a reason that stands in the log; the first reason counts."""
        if not self._end.done():
            self._busy = True
            self._end.set_result(reason)

    async def wait(self) -> None:
        """Wait for the end."""
        await self._end

    @property
    def reason(self) -> str:
        """Why it ended; empty while it has not."""
        return self._end.result() if self._end.done() else ""

    # -- items

    def offer(self, item: Wire) -> None:
        """Write the item now if the connection is free; else let it wait, in the place of an older one."""
        if not (self._busy or (self._slow and self._must_wait())):
            self._send(item)
        elif not self._end.done():
            self.skipped += item.lane in self._waiting
            self._waiting[item.lane] = item

    def tick(self, now: float, stall_timeout: float = STALL_TIMEOUT) -> None:
        """Look whether the connection still takes bytes.  Called about once a second, with a monotonic time."""
        if self._transport is None:
            return
        # A connection that fits all in can still be slow: where routers' queues are long, they take it.
        self._slow = self._waited or (self._pacer is not None and self._pacer.behind())
        self._waited = self._busy
        untaken = 0
        if self._busy:
            untaken = count_unsent(self._transport, self._carrier) + (
                self._pacer.unacknowledged() if self._pacer else 0
            )
        # What took all may wait all the same: for the time at which the network is looked at next.
        if not untaken or self.sent_bytes - untaken != self._taken:
            self._taken, self._moved = self.sent_bytes - untaken, now
        elif now - self._moved > stall_timeout:
            self.close(f"took no byte for {stall_timeout:g} s")

    def _send(self, item: Wire) -> None:
        payload = item.get(self._form)
        size = len(payload)
        write = self._write  # called as an attribute it would be looked for as a method first
        taken = write(self._outlet, payload)
        if taken != size and self._transport is not None:
            self._transport.write(memoryview(payload)[taken:])
        self.sent += 1
        self.sent_bytes += size
        self.newest = item

    # -- asyncio.Protocol: told by the transport, and passed on to aiohttp

    def pause_writing(self) -> None:
        """The connection did not take everything: nothing more until it has."""
        self._busy = self._waited = self._slow = True
        if self._http is not None:
            self._http.pause_writing()

    def resume_writing(self) -> None:
        """The connection took everything: what waited longest goes first."""
        if self._http is not None:
            self._http.resume_writing()
        self._go_on()

    def _go_on(self) -> None:
        self._busy = self._end.done()
        while self._waiting and not (self._busy or (self._slow and self._must_wait())):
            self._send(self._waiting.pop(next(iter(self._waiting))))

    def _must_wait(self) -> bool:
        """Tell whether a slow connection has no room for a next item; when it may have, it goes on by itself."""
        delay = 0.0 if self._pacer is None else self._pacer.delay()
        if delay:
            self._busy = self._waited = True
            self._look = self._loop.call_later(delay, self._go_on)
        return delay > 0

    def _write_no_more(self) -> None:
        # The descriptor may soon be another's.
        self._transport, self._pacer, self._busy = None, None, True
        self._write, self._outlet = NOWHERE
        if self._look is not None:
            self._look.cancel()

    def data_received(self, data: bytes) -> None:
        """A viewer has nothing to say while it watches; aiohttp bounds what it takes."""
        if self._http is not None:
            self._http.data_received(data)

    def eof_received(self) -> bool | None:
        """The other end will send no more; browsers and players that do so have left."""
        self.close("left")
        return self._http.eof_received() if self._http is not None else None

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone, in order or not."""
        self._write_no_more()
        self._waiting.clear()
        self.close("left" if exc is None else f"connection lost ({type(exc).__name__})")
        if self._http is not None:
            self._http.connection_lost(exc)
