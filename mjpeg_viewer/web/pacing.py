"""
When a slow viewer may be sent its next item.

What stands in front of the newest picture is what was handed to the network before.  How much of that the network
needs to be kept busy, the kernel knows: what arrives in one round trip.  All beyond waits in some router's queue and
makes the next picture older.  So the next item waits until little more than that is unacknowledged, and the then
newest is sent.

There is no event for "acknowledged": a Pacer tells when it is worth to look again.  This module knows sockets, not
viewers; it never waits itself.
"""

import fcntl
import socket
import struct
import sys
import termios
import time
from typing import NamedTuple, Protocol

# Of struct tcp_info (linux/tcp.h; fields are only ever added at its end): tcpi_snd_mss, tcpi_min_rtt (µs) and
# tcpi_delivery_rate (bytes/s), of which the last has been there since Linux 4.9.
_TCP_INFO = struct.Struct("=16xI128xI8xQ")
_UNKNOWN_RTT = 0xFFFFFFFF

# In seconds: by how much our own waking may be late, the loop's clock having steps of 1 ms.
_SLACK = 0.002

# An acknowledgement may tell of two segments (RFC 9293 section 3.8.6.3).
_SEGMENTS = 2

# In seconds.  Where acknowledgements come unevenly, as over Wi-Fi, the link would stand still while they are awaited;
# so what they were late is held ready too, and forgotten by a tenth with each item.
_LATEST, _KEPT = 0.03, 0.9

# In seconds; 0.1 is what a viewer that took nothing for long may lose when it takes something again.
_SHORTEST, _LONGEST = 0.001, 0.1


class Socket(Protocol):
    """What is needed of a socket, asyncio's and uvloop's views of one included."""

    @property
    def family(self) -> int:
        """The address family."""

    def fileno(self) -> int:
        """The descriptor."""

    def getsockopt(self, level: int, option: int, size: int, /) -> bytes:
        """Read an option."""


class Path(NamedTuple):
    """
    The way to a viewer, as the kernel measured it.

    Attributes:
        rate: What arrives, in bytes/s.
        round_trip: The shortest that was seen lately, in s: without any queue.
        segment: The largest, in bytes.
    """

    rate: float
    round_trip: float
    segment: int


class Pace:
    """
    The rule, without a socket and without a clock.

    Attributes:
        late: By how much acknowledgements came later than the rate lets expect, s.
    """

    def __init__(self) -> None:
        self.late = 0.0
        self._due = 0.0
        self._unacknowledged = 0
        self._delay = 0.0

    def room(self, path: Path) -> float:
        """Return how many bytes may be on the way when the next item follows them."""
        return path.rate * (path.round_trip + _SLACK + self.late) + _SEGMENTS * path.segment

    def excess(self, unacknowledged: int, path: Path | None) -> float:
        """Return for how long the link is busy with what there is no room for, in s; negative while there is room."""
        return 0.0 if path is None else (unacknowledged - self.room(path)) / path.rate

    def find_delay(self, unacknowledged: int, path: Path | None, now: float) -> float:
        """
        Return how long the next item should wait before the next look, in s; 0 for not at all.

        Args:
            unacknowledged: Bytes on the way, in whatever queue.
            path: Where they are; None if nothing is known of it, and then nothing waits.
            now: A monotonic time.
        """
        excess = self.excess(unacknowledged, path)
        waited, delay = self._delay, 0.0
        if excess > 0:
            if not waited:
                self._due = now + excess
            # A connection that stands still is looked at less and less often.
            fruitless = 2 * waited if unacknowledged == self._unacknowledged else 0.0
            delay = min(max(excess, fruitless, _SHORTEST), _LONGEST)
        elif waited and path is not None:
            self.late = min(max(now + excess - self._due, _KEPT * self.late), _LATEST)
        self._unacknowledged, self._delay = unacknowledged, delay
        return delay


class Pacer:
    """
    Tells how long a connection's next item should wait.

    Args:
        sock: A TCP socket on Linux; see ``make_pacer``.
    """

    def __init__(self, sock: Socket) -> None:
        self._sock = sock
        self._pace = Pace()

    def unacknowledged(self) -> int:
        """Return how many bytes the kernel was given that the other end has not confirmed (SIOCOUTQ)."""
        if self._sock.fileno() < 0:  # under TLS it is closed one step before anybody is told
            return 0
        (count,) = struct.unpack("=i", fcntl.ioctl(self._sock.fileno(), termios.TIOCOUTQ, bytes(4)))
        return int(count)

    def behind(self) -> bool:
        """Tell whether more is on the way than the network needs."""
        count = self.unacknowledged()
        return count > 0 and self._pace.excess(count, read_path(self._sock)) > 0

    def delay(self) -> float:
        """Return 0 if the next item may be sent now, else after how many seconds it is worth to ask again."""
        if self._sock.fileno() < 0:
            return 0.0
        return self._pace.find_delay(self.unacknowledged(), read_path(self._sock), time.monotonic())


def make_pacer(sock: Socket | None) -> Pacer | None:
    """Return a pacer, or None where the kernel does not tell what it needs to know."""
    if sys.platform != "linux" or sock is None or sock.family not in (socket.AF_INET, socket.AF_INET6):
        return None
    return Pacer(sock)


def read_path(sock: Socket) -> Path | None:
    """Return what the kernel measured, or None if it has not yet, or is too old to tell."""
    return parse_path(sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO.size))


def parse_path(info: bytes) -> Path | None:
    """Read a ``struct tcp_info``; None if it is too short, or has nothing measured in it."""
    if len(info) < _TCP_INFO.size:
        return None
    segment, round_trip, rate = _TCP_INFO.unpack_from(info)
    if not rate or round_trip == _UNKNOWN_RTT:
        return None
    return Path(rate, round_trip / 1e6, segment)
