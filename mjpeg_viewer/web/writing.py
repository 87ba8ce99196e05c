"""
How bytes get into a viewer's connection: as directly as it allows.

asyncio's transports do more for a write than a viewer needs, who writes nothing while anything is left of what went
before.  So the part is given to the kernel here, and only what the kernel does not take to the transport, which tells
when the connection has drained (measured: docs/performance.md, Fan-out).
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Callable

# The kernel's send buffer would hide seconds of old pictures.  With this it takes no more than the network is about
# to need (measured at 75 kB x 20 Hz into 300 kB/s: 11.9 s old without, 0.17-0.28 s with).  Linux names it 25.
_TCP_NOTSENT_LOWAT = getattr(socket, "TCP_NOTSENT_LOWAT", 25)
_UNSENT_BYTES = 16 * 1024

Write = Callable[[bytes], None]
"""Writes all of some bytes into a connection whose transport has nothing left of what was written before."""


def begin(transport: asyncio.Transport, carrier: asyncio.Transport | None, first: bytes) -> Write:
    """
    Have a connection tell whenever it does not take all, write the first bytes, and return how to write what follows.

    Args:
        transport: The connection's.  Once it has lost the connection nothing may be written any more: the descriptor
            is another connection's then.
        carrier: What TLS is laid over; None where it is not encrypted.
        first: What is written first, after whatever is left in the transport.
    """
    sock = transport.get_extra_info("socket")
    _keep_kernel_queue_short(sock)
    if carrier is not None:
        # asyncio takes an empty buffer for one that is full to a limit of zero (sslproto, 3.11 to 3.14).
        transport.set_write_buffer_limits(high=1)
        write = _encrypted(transport)
        write(first)
        return write
    transport.set_write_buffer_limits(high=0)
    transport.write(first)
    if sock is None or os.name != "posix" or transport.get_extra_info("sslcontext") is not None:
        return transport.write
    return _direct(transport, sock.fileno())


def write_nothing(payload: bytes) -> None:
    """Stand in for what ``begin`` returns, where there is no connection, not yet or not any more."""
    raise RuntimeError("there is nothing to write to")


def count_unsent(transport: asyncio.Transport, carrier: asyncio.Transport | None) -> int:
    """Return how many bytes wait in this program; the arguments are those of ``begin``."""
    return transport.get_write_buffer_size() + (0 if carrier is None else carrier.get_write_buffer_size())


def _direct(transport: asyncio.Transport, descriptor: int) -> Write:
    def write(payload: bytes) -> None:
        try:
            taken = os.write(descriptor, payload)
        except OSError:
            taken = 0  # whatever it is, the transport will meet it too, and tell
        if taken != len(payload):
            transport.write(memoryview(payload)[taken:])

    return write


def _encrypted(transport: asyncio.Transport) -> Write:
    def write(payload: bytes) -> None:
        # While the carrier is not drained asyncio's TLS takes all that is written next without a word.  So the last
        # byte is written on its own: it waits for the carrier, and with it whatever is newer.
        transport.write(memoryview(payload)[:-1])
        transport.write(payload[-1:])

    return write


def _keep_kernel_queue_short(sock: socket.socket | None) -> None:
    if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
        # Another system may not know it: then the picture is older there, and nothing else is amiss.
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, _TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
