"""
TLS on a connection that was just accepted, so that what is written into it is not hidden in one more buffer.

With what it is encrypted is in tls; how many may be at it, in entrance.
"""

import asyncio
import socket
import ssl
from typing import cast

from mjpeg_viewer.web.connection import HEAD_TIMEOUT, Connection

# A browser answers the end of TLS at once; a sleeping one never.
_GOODBYE_TIMEOUT = 3.0


class _Antechamber(asyncio.Protocol):
    """Keeps what comes before there is TLS to take it, and with the end of the handshake."""

    def __init__(self) -> None:
        self.early: list[bytes] = []
        self.lost = False

    def data_received(self, data: bytes) -> None:
        self.early.append(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.lost = True


async def encrypt(sock: socket.socket, connection: Connection, context: ssl.SSLContext) -> None:
    """
    Make a connection of a socket, encrypted.

    TLS is laid over a transport that is at hand, so that the buffer below it can be kept short too: it would hide
    64 KiB of old pictures.
    """
    loop = asyncio.get_running_loop()
    antechamber = _Antechamber()
    carrier, _ = await loop.connect_accepted_socket(lambda: antechamber, sock)
    carrier.pause_reading()
    carrier.set_write_buffer_limits(high=0)
    encrypting = loop.create_task(
        loop.start_tls(
            carrier,
            antechamber,
            context,
            server_side=True,
            ssl_handshake_timeout=HEAD_TIMEOUT,
            ssl_shutdown_timeout=_GOODBYE_TIMEOUT,
        )
    )
    if early := b"".join(antechamber.early):
        # The loop may have read the first bytes already.  In two steps this comes after start_tls has made its
        # protocol the carrier's, and before the loop can read more.
        antechamber.early.clear()
        loop.call_soon(loop.call_soon, _pass_on, carrier, early)
    transport = await encrypting
    if transport is None or antechamber.lost:
        raise ConnectionResetError("left after the handshake")
    connection.carrier = carrier
    connection.connection_made(transport)
    transport.set_protocol(connection)
    for data in antechamber.early:
        connection.data_received(data)


def _pass_on(carrier: asyncio.Transport, data: bytes) -> None:
    """Give bytes that were read from a transport to the protocol that it has now, which takes them by a buffer."""
    protocol = cast(asyncio.BufferedProtocol, carrier.get_protocol())
    while data and not carrier.is_closing():
        buffer = memoryview(protocol.get_buffer(len(data)))
        taken = min(len(buffer), len(data))
        buffer[:taken] = data[:taken]
        protocol.buffer_updated(taken)
        data = data[taken:]
