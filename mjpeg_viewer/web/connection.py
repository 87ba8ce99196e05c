"""
One connection, for as long as it is not a viewer's: aiohttp's, with limits on how slow it may be.

aiohttp has one timer, that of an idle connection.  Whoever sends a request byte by byte, or takes an answer byte by
byte, keeps a connection from others; here both have an end.
"""

import asyncio
from collections.abc import Callable

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

# RFC 9110 knows no bound.  A browser sends a request in one packet or two; a new connection is made to send one.
HEAD_TIMEOUT = 10.0

# An answer that is no stream must go on at 1 kB/s at least: less is nobody's network, and keeps it in memory.
_SEND_PERIOD = 30.0
_SEND_BYTES = 30_000


class Connection(web.RequestHandler):
    """
    A connection of the server.

    Args:
        server: aiohttp's server, of a runner that was set up.
        address: Where the other end is, for the log.
        refuse: Told of each refusal: its kind, and what happened.
        left: Called when it is lost.
        keepalive_timeout: Seconds for which it may be idle between two requests.

    Attributes:
        refuse: As given.
        carrier: The transport below TLS; None where it is not encrypted.
    """

    def __init__(
        self,
        server: web.Server,
        address: str,
        refuse: Callable[[str, str], None],
        left: Callable[[], None],
        keepalive_timeout: float,
    ) -> None:
        super().__init__(
            server,
            loop=asyncio.get_running_loop(),
            keepalive_timeout=keepalive_timeout,
            access_log=None,  # type: ignore[arg-type]  # the runner passes it on in the same way
            # Nobody sends us forms that are worth compressing.  aiohttp unpacks on the loop, also what no handler ever
            # reads: 1 MB from anybody would stop all viewers for a second.
            auto_decompress=False,
        )
        self.carrier: asyncio.Transport | None = None
        self._address = address
        self.refuse = refuse
        self._left = left
        self._answering = 0
        self._heard = False
        self._head_timer: asyncio.TimerHandle | None = None
        self._send_timer: asyncio.TimerHandle | None = None

    # -- the head of a request

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """A new connection has so long for its first request."""
        super().connection_made(transport)
        self._head_timer = self._loop.call_later(HEAD_TIMEOUT, self._end_slow_head)

    def data_received(self, data: bytes) -> None:
        """The first byte of a further request begins its time."""
        if not self._answering:
            self._heard = True
            if self._head_timer is None:
                self._head_timer = self._loop.call_later(HEAD_TIMEOUT, self._end_slow_head)
        super().data_received(data)

    def begin(self) -> None:
        """A request's head is here, and it is being answered."""
        self._answering += 1
        self._heard = False
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def end(self) -> None:
        """It was answered."""
        self._answering -= 1

    def _end_slow_head(self) -> None:
        if self._heard:  # browsers open connections in advance; to say nothing is no offence
            self.refuse("slow request", f"{self._address} sent no whole request within {HEAD_TIMEOUT:g} s")
        self.force_close()

    # -- an answer that is not taken

    def pause_writing(self) -> None:
        """The other end does not take everything at once.  A viewer's connection is watched by the viewer."""
        super().pause_writing()
        if self.transport is not None and self.transport.get_protocol() is self:
            self._watch_sending(self._unsent())

    def resume_writing(self) -> None:
        """The other end took enough."""
        super().resume_writing()
        self._stop_watching()

    def _watch_sending(self, unsent: int) -> None:
        self._send_timer = self._loop.call_later(_SEND_PERIOD, self._look_at_sending, unsent)

    def _look_at_sending(self, before: int) -> None:
        unsent = self._unsent()
        if before - unsent >= _SEND_BYTES:
            self._watch_sending(unsent)
        elif self.transport is not None:
            self.refuse("slow reader", f"{self._address} took {before - unsent} bytes in {_SEND_PERIOD:g} s")
            self.transport.abort()

    def _stop_watching(self) -> None:
        if self._send_timer is not None:
            self._send_timer.cancel()
            self._send_timer = None

    def _unsent(self) -> int:
        below = 0 if self.carrier is None else self.carrier.get_write_buffer_size()
        return below + (0 if self.transport is None else self.transport.get_write_buffer_size())

    # -- what is no HTTP, and the end

    def handle_error(
        self, request: web.BaseRequest, status: int = 500, exc: BaseException | None = None, message: str | None = None
    ) -> web.StreamResponse:
        """Answer what is no HTTP with a line, and count it; aiohttp gives each scan of the port a traceback."""
        if not isinstance(exc, HttpProcessingError):
            return super().handle_error(request, status, exc, message)
        self.refuse("malformed request", f"{self._address} sent what is no HTTP ({type(exc).__name__})")
        if request.writer.output_size > 0:
            raise ConnectionError("an answer was begun already")
        answer = web.Response(status=400, text="This is no HTTP request.\n", headers={"Server": "mjpeg-viewer"})
        answer.force_close()
        return answer

    def connection_lost(self, exc: BaseException | None) -> None:
        """It is gone."""
        if self._head_timer is not None:
            self._head_timer.cancel()
        self._stop_watching()
        super().connection_lost(exc)
        self._left()


@web.middleware
async def time_head(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Tell the connection when a request's head is there, and when it was answered."""
    connection = request.protocol
    if not isinstance(connection, Connection):
        return await handler(request)
    connection.begin()
    try:
        return await handler(request)
    finally:
        connection.end()
