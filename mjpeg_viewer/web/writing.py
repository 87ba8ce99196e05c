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
from typing import Any

# The kernel's send buffer would hide seconds of old pictures.  With this it takes no more than the network is about
# to need (measured at 75 kB x 20 Hz into 300 kB/s: 11.9 s old without, 0.17-0.28 s with).  Linux names it 25.
_TCP_NOTSENT_LOWAT = getattr(socket, "TCP_NOTSENT_LOWAT", 25)
_UNSENT_BYTES = 16 * 1024

Write = Callable[[Any, bytes], int]
"""
Writes bytes into what ``begin`` returned beside it, while the transport has nothing left of what was written before.

Returns how many were taken; the rest is to be written into the transport.  It is one function for all viewers, and no
closure of each: between two of them 20 kB and more go through the processor's caches, so every object that belongs to
one viewer alone is fetched from far away.
"""


def begin(transport: asyncio.Transport, carrier: asyncio.Transport | None, first: bytes) -> tuple[Write, Any]:
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
        _write_encrypted(transport, first)
        return _write_encrypted, transport
    transport.set_write_buffer_limits(high=0)
    transport.write(first)
    if sock is None or os.name != "posix" or transport.get_extra_info("sslcontext") is not None:
        return _write_to_transport, transport
    return _write_to_descriptor, sock.fileno()


def _write_nothing(_: None, payload: bytes) -> int:
    raise RuntimeError("there is nothing to write to")


NOWHERE: tuple[Write, Any] = _write_nothing, None
"""Stands in for what ``begin`` returns, where there is no connection, not yet or not any more."""


def count_unsent(transport: asyncio.Transport, carrier: asyncio.Transport | None) -> int:
    """Return how many bytes wait in this program; the arguments are those of ``begin``."""
    return transport.get_write_buffer_size() + (0 if carrier is None else carrier.get_write_buffer_size())


def _write_to_descriptor(descriptor: int, payload: bytes) -> int:
    try:
        return os.write(descriptor, payload)
    except OSError:
        return 0  # whatever it is, the transport will meet it too, and tell


def _write_to_transport(transport: asyncio.Transport, payload: bytes) -> int:
    transport.write(payload)
    return len(payload)


def _write_encrypted(transport: asyncio.Transport, payload: bytes) -> int:
    # While the carrier is not drained asyncio's TLS takes all that is written next without a word.  So the last
    # byte is written on its own: it waits for the carrier, and with it whatever is newer.
    transport.write(memoryview(payload)[:-1])
    transport.write(payload[-1:])
    return len(payload)


def _keep_kernel_queue_short(sock: socket.socket | None) -> None:
    if sock is not None and sock.family in (socket.AF_INET, socket.AF_INET6):
        # Another system may not know it: then the picture is older there, and nothing else is amiss.
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.IPPROTO_TCP, _TCP_NOTSENT_LOWAT, _UNSENT_BYTES)
