"""All open responses that watch: who they are, and how they are ended."""

import asyncio
import contextlib
import logging
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from aiohttp import web

from mjpeg_viewer.web.logins import Identity, Logins
from mjpeg_viewer.web.places import DEFAULT_LIMITS, PlaceLimits, Places
from mjpeg_viewer.web.traffic import Traffic
from mjpeg_viewer.web.viewer import STALL_TIMEOUT, Viewer

_log = logging.getLogger(__name__)

_TICK = 1.0

# By so many seconds the kernel is slower than stall_timeout to give up: who is there, and takes nothing, is told apart
# from who is gone.
_GRACE = 5.0


class Viewers:
    """
    The viewers of one server.

    Args:
        logins: Tells who may still watch.
        limits: How many may watch.
        stall_timeout: Whoever takes no byte for so many seconds is let go.

    Attributes:
        traffic: What they were sent, all since the start.
        stopping: Set when all viewers are ended for good.
    """

    def __init__(
        self, logins: Logins, limits: PlaceLimits = DEFAULT_LIMITS, stall_timeout: float = STALL_TIMEOUT
    ) -> None:
        self._logins = logins
        self._places = Places(limits)
        self._stall_timeout = stall_timeout
        self._viewers: set[Viewer] = set()
        self._by_page: dict[tuple[str, Identity], list[Viewer]] = {}
        self.traffic = Traffic()
        self.stopping = asyncio.Event()

    def __iter__(self) -> Iterator[Viewer]:
        return iter(tuple(self._viewers))

    @asynccontextmanager
    async def admit(self, viewer: Viewer) -> AsyncIterator[None]:
        """
        Give the viewer a place for the block, in which it is sent what it watches.

        A page's newer response takes the place of its older one: a browser that drops a picture does not always
        close the connection.

        Raises:
            UnavailableError: As many watch as may.
        """
        for other in self._of_page(viewer.page, viewer.identity):
            if (viewer.kind, viewer.cameras) == (other.kind, other.cameras):
                other.close("replaced by a newer one of the same page")
                self._let_go(other)
        await self._places.take(viewer.identity.account, viewer.address)
        self._viewers.add(viewer)
        if viewer.page:
            self._by_page.setdefault((viewer.page, viewer.identity), []).append(viewer)
        try:
            yield
        finally:
            self._let_go(viewer)

    async def send(self, viewer: Viewer, request: web.Request, response: web.StreamResponse, opening: bytes) -> None:
        """
        Begin a response, hand its connection to an admitted viewer, and wait for the end of both.

        Args:
            viewer: Who watches.
            request: Its request.
            response: Its response, not prepared.
            opening: What stands before the first item.
        """
        response.force_close()
        await response.prepare(request)
        if request.transport is None:
            raise ConnectionResetError("the viewer left before the first byte")
        viewer.attach(request.transport, opening)
        if self.stopping.is_set():
            viewer.close("server stopping")
        try:
            await viewer.wait()
        except BaseException:
            viewer.abort()  # an error page has no place in the middle of a stream
            raise
        finally:
            viewer.detach()
            _log_end(viewer)

    def bound_silence(self, request: web.Request) -> None:
        """
        Let the kernel end a connection whose other end is silent for so long about what it was sent (tcp(7)).

        Whoever asks for a file and takes none of it would keep it in memory for ever.  And events are so small that
        the kernel takes minutes of them for a machine that is gone, and it would try again for a quarter of an hour.
        """
        sock = None if request.transport is None else request.transport.get_extra_info("socket")
        if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
            timeout = self._stall_timeout + _GRACE
            # Another system may not know it: then such a viewer keeps its place for longer there.
            with contextlib.suppress(OSError, AttributeError):
                sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(timeout * 1000))

    def find(self, page: str, identity: Identity) -> Viewer | None:
        """Return the picture stream of somebody's page, or None if it has none just now."""
        return next((viewer for viewer in self._of_page(page, identity) if viewer.kind == "stream"), None)

    def close_session(self, session: str) -> None:
        """End all that a session watches."""
        for viewer in self:
            if session and viewer.identity.session == session:
                viewer.close("logged out")

    def close_sessions(self, account: str) -> None:
        """End all that any session of an account watches."""
        for viewer in self:
            if viewer.identity.session and viewer.identity.account == account:
                viewer.close("logged out everywhere")

    def close_all(self, reason: str) -> None:
        """End every viewer, and each that comes from now on."""
        self.stopping.set()
        for viewer in self:
            viewer.close(reason)

    async def keep(self) -> None:
        """Look after the viewers once a second, until cancelled."""
        while True:
            await asyncio.sleep(_TICK)
            self._look(time.monotonic())

    def _look(self, now: float) -> None:
        for viewer in self:
            if self._logins.holds(viewer.identity):
                viewer.tick(now, self._stall_timeout)
            else:
                viewer.close("may no longer watch")

    def _of_page(self, page: str, identity: Identity) -> tuple[Viewer, ...]:
        return tuple(self._by_page.get((page, identity), ()))

    def _let_go(self, viewer: Viewer) -> None:
        """Give its place back, and know it no more; whoever was replaced is let go before its own end."""
        if viewer not in self._viewers:
            return
        self._viewers.discard(viewer)
        self.traffic.keep(viewer)
        self._places.free(viewer.identity.account, viewer.address)
        if viewer.page:
            key = (viewer.page, viewer.identity)
            self._by_page[key].remove(viewer)
            if not self._by_page[key]:
                del self._by_page[key]


def _log_end(viewer: Viewer) -> None:
    _log.info(
        "%s: %s of %s at %s ended (%s): %d sent, %d bytes, %d skipped, %.1f s",
        ", ".join(viewer.cameras),
        viewer.kind,
        viewer.identity.account or "anybody",
        viewer.address,
        viewer.reason,
        viewer.sent,
        viewer.sent_bytes,
        viewer.skipped,
        time.time() - viewer.began,
    )
