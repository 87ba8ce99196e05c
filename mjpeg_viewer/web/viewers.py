"""All open responses that watch: who they are, and how they are ended."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

from aiohttp import web

from mjpeg_viewer.web.logins import Identity, Logins
from mjpeg_viewer.web.viewer import Viewer

_log = logging.getLogger(__name__)

_TICK = 1.0


class Viewers:
    """
    The viewers of one server.

    Args:
        logins: Tells who may still watch.

    Attributes:
        stopping: Set when all viewers are ended for good.
    """

    def __init__(self, logins: Logins) -> None:
        self._logins = logins
        self._viewers: set[Viewer] = set()
        self.stopping = asyncio.Event()

    def __iter__(self) -> Iterator[Viewer]:
        return iter(tuple(self._viewers))

    @asynccontextmanager
    async def admit(
        self, viewer: Viewer, request: web.Request, response: web.StreamResponse, opening: bytes
    ) -> AsyncIterator[None]:
        """
        Begin a response and hand its connection to the viewer for the block.

        A page's newer response takes the place of its older one: a browser that drops a picture does not always
        close the connection.

        Args:
            viewer: Who watches.
            request: Its request.
            response: Its response, not prepared.
            opening: What stands before the first item.
        """
        for other in self:
            if viewer.page and _same_page(viewer, other):
                other.close("replaced by a newer one of the same page")
        response.force_close()
        await response.prepare(request)
        if request.transport is None:
            raise ConnectionResetError("the viewer left before the first byte")
        self._viewers.add(viewer)
        viewer.attach(request.transport, opening)
        if self.stopping.is_set():
            viewer.close("server stopping")
        try:
            yield
        except BaseException:
            viewer.abort()  # an error page has no place in the middle of a stream
            raise
        finally:
            viewer.detach()
            self._viewers.discard(viewer)
            _log_end(viewer)

    def find(self, page: str, identity: Identity) -> Viewer | None:
        """Return the picture stream of somebody's page, or None if it has none just now."""
        for viewer in self._viewers:
            if viewer.kind == "stream" and viewer.page == page and viewer.identity == identity:
                return viewer
        return None

    def close_session(self, session: str) -> None:
        """End all that a session watches."""
        for viewer in self:
            if session and viewer.identity.session == session:
                viewer.close("logged out")

    def close_all(self, reason: str) -> None:
        """End every viewer, and each that comes from now on."""
        self.stopping.set()
        for viewer in self:
            viewer.close(reason)

    async def keep(self) -> None:
        """Look after the viewers once a second, until cancelled."""
        while True:
            await asyncio.sleep(_TICK)
            now = time.monotonic()
            for viewer in self:
                if self._logins.holds(viewer.identity):
                    viewer.tick(now)
                else:
                    viewer.close("may no longer watch")


def _same_page(one: Viewer, other: Viewer) -> bool:
    return (one.kind, one.page, one.cameras, one.identity) == (other.kind, other.page, other.cameras, other.identity)


def _log_end(viewer: Viewer) -> None:
    _log.info(
        "%s: %s of %s at %s ended (%s): %d sent, %d bytes, %d skipped, %.1f s",
        ", ".join(viewer.cameras),
        viewer.kind,
        viewer.identity.user or "anybody",
        viewer.address,
        viewer.reason,
        viewer.sent,
        viewer.sent_bytes,
        viewer.skipped,
        time.time() - viewer.began,
    )
