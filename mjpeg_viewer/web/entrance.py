"""
Where connections come in: counted, encrypted if there is a certificate, and handed to aiohttp.

A connection counts from the moment at which it is accepted, so that neither unfinished requests nor unfinished TLS
handshakes can take every descriptor that the process may have.
"""

import asyncio
import errno
import socket
import ssl
import time
from collections import Counter
from dataclasses import dataclass
from functools import partial

from aiohttp import web

from mjpeg_viewer.supervisor import Supervisor
from mjpeg_viewer.web.connection import Connection
from mjpeg_viewer.web.encrypting import encrypt
from mjpeg_viewer.web.forwarded import Proxies
from mjpeg_viewer.web.keys import REFUSED
from mjpeg_viewer.web.places import find_network

_BACKLOG = 1024

# Longer than nginx keeps its connections to a server (60 s), so that it never writes into one that was just closed.
_KEEPALIVE_TIMEOUT = 75.0

# accept(2): what is of that one connection; the machine has no room for one more, but soon may.  After anything else
# the socket is no listener any more, and the task dies of it: a server that lives and accepts nobody helps nobody.
_OF_ONE = {errno.ECONNABORTED, errno.EPERM, errno.EPROTO, errno.ENOPROTOOPT, errno.ETIMEDOUT}
_OF_ONE |= {errno.ENETDOWN, errno.ENETUNREACH, errno.EHOSTDOWN, errno.EHOSTUNREACH, errno.ENONET}
_FULL = {errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM}
_REST = 1.0

_SAY_AGAIN = 10.5


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """
    How many connections there may be.

    Args:
        total: In all.
        per_address: From each IPv4 address and each IPv6 network of 64 bits; trusted proxies are not counted.
    """

    total: int = 4000
    per_address: int = 1000


class Entrance(web.BaseSite):
    """
    Accepts the connections of one listening socket.

    Args:
        runner: aiohttp's runner, set up.
        listener: The socket; closed with this.
        supervisor: Owner of the accepting task.
        limits: How many connections there may be.
        proxies: Who may open any number of them, up to the total.
        tls: With what they are encrypted; None for plain HTTP.

    Attributes:
        tls: May be replaced at any time; connections that are open keep the one that they came with.
        refused: What was refused, by kind.
    """

    def __init__(
        self,
        runner: web.AppRunner,
        listener: socket.socket,
        supervisor: Supervisor,
        limits: ConnectionLimits | None = None,
        proxies: Proxies | None = None,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        super().__init__(runner)
        assert runner.server is not None  # or the line above had raised
        self.tls = tls
        self.refused = runner.app[REFUSED]
        self._server_of_all = runner.server
        self._listener = listener
        self._supervisor = supervisor
        self._limits = limits or ConnectionLimits()
        self._proxies = proxies or Proxies()
        self._open: Counter[str] = Counter()
        self._opening: set[asyncio.Task[None]] = set()
        self._accepting: asyncio.Task[None] | None = None
        self._saying: asyncio.TimerHandle | None = None

    @property
    def name(self) -> str:
        """Its address, as an URL."""
        host, port = self._listener.getsockname()[:2]
        return f"{'http' if self.tls is None else 'https'}://{f'[{host}]' if ':' in host else host}:{port}"

    async def start(self) -> None:
        """Begin to accept."""
        await super().start()
        self._listener.setblocking(False)
        self._listener.listen(_BACKLOG)
        self._accepting = self._supervisor.start(self._accept(), "entrance")

    async def stop(self) -> None:
        """Accept no more; what is open stays so."""
        tasks = [*self._opening, *([] if self._accepting is None else [self._accepting])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._saying is not None:
            self._saying.cancel()
            self.refused.say(float("inf"))
        self._listener.close()
        await super().stop()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(0)  # a flood of connections, good or not, is one of many things to do
            try:
                sock, address = await loop.sock_accept(self._listener)
            except OSError as error:
                if error.errno in _FULL:
                    self._refuse("no room", f"the system has no room for one more connection ({error.strerror})")
                    await asyncio.sleep(_REST)
                elif error.errno in _OF_ONE:
                    self._refuse("lost", f"a connection was lost before it was accepted ({error.strerror})")
                else:
                    raise
                continue
            network = "" if self._proxies.trust(address[0]) else find_network(address[0])
            if reason := self._find_limit(network):
                self._refuse("too many", f"{address[0]}: {reason}")
                sock.close()
            else:
                self._open[network] += 1
                task = loop.create_task(self._welcome(sock, address[0], network))
                self._opening.add(task)
                task.add_done_callback(self._opening.discard)

    def _find_limit(self, network: str) -> str:
        if network and self._open[network] >= self._limits.per_address:
            return f"{self._limits.per_address} connections of {network} are open (server.connections_per_address)"
        if self._open.total() >= self._limits.total:
            return f"{self._limits.total} connections are open (server.connections)"
        return ""

    async def _welcome(self, sock: socket.socket, address: str, network: str) -> None:
        left = partial(self._leave, network)
        loop = asyncio.get_running_loop()
        connection = Connection(self._server_of_all, address, self._refuse, left, _KEEPALIVE_TIMEOUT)
        try:
            if self.tls is None:
                await loop.connect_accepted_socket(lambda: connection, sock)
            else:
                await encrypt(sock, connection, self.tls)
        except OSError as error:
            left()
            self._refuse("TLS handshake", f"{address}: {_describe(error)}")
        except BaseException:
            left()
            sock.close()
            raise

    def _leave(self, network: str) -> None:
        self._open[network] -= 1
        if not self._open[network]:
            del self._open[network]

    def _refuse(self, kind: str, text: str) -> None:
        self.refused.note(kind, text)
        self._say()

    def _say(self) -> None:
        if self._saying is not None:
            self._saying.cancel()
        self.refused.say(time.monotonic())
        # What comes within the same ten seconds is said after them.
        loop = asyncio.get_running_loop()
        self._saying = loop.call_later(_SAY_AGAIN, lambda: self.refused.say(time.monotonic()))


def _describe(error: OSError) -> str:
    reason = error.reason if isinstance(error, ssl.SSLError) else None
    return (reason or str(error) or type(error).__name__).lower().replace("_", " ")
