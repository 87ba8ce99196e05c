"""When a slow viewer may be sent its next item: the rule in a time of its own, and what the kernel tells."""

import socket
import struct
from collections import deque

import pytest

from mjpeg_viewer.web.pacing import Pace, Pacer, Path, make_pacer, parse_path, read_path

MBIT = 1e6 / 8
THIN = Path(10 * MBIT, 0.05, 1448)


class ModelLink:
    """
    A link in a time of its own, that a sender with endless items and a Pace fills.

    Args:
        path: What the link is, and what the kernel says of it.
        late: By how many seconds each acknowledgement comes late, in turns.
    """

    def __init__(self, path: Path, late: tuple[float, ...] = (0.0,)) -> None:
        self.path = path
        self.late = late
        self.pace = Pace()
        self.now = 0.0
        self.idle = 0.0
        self._free = 0.0
        self._unacknowledged: deque[tuple[float, int]] = deque()
        self._turn = 0

    def send(self, size: int) -> float:
        """Send an item as soon as the rule lets it go; return how long the bytes before it keep it waiting, in s."""
        while delay := self.pace.find_delay(self._count(), self.path, self.now):
            self.now += delay
        ahead = self._free - self.now
        self.idle += max(0.0, -ahead)
        for begin in range(0, size, self.path.segment):
            segment = min(self.path.segment, size - begin)
            self._free = max(self._free, self.now) + segment / self.path.rate
            acknowledged = self._free + self.path.round_trip + self.late[self._turn % len(self.late)]
            before = self._unacknowledged[-1][0] if self._unacknowledged else 0.0
            self._unacknowledged.append((max(before, acknowledged), segment))
            self._turn += 1
        return max(0.0, ahead)

    def _count(self) -> int:
        while self._unacknowledged and self._unacknowledged[0][0] <= self.now:
            self._unacknowledged.popleft()
        return sum(segment for _, segment in self._unacknowledged)


@pytest.mark.parametrize("round_trip", [0.0002, 0.02, 0.1])
@pytest.mark.parametrize("rate", [1 * MBIT, 10 * MBIT, 100 * MBIT])
def test_link_is_kept_busy_with_next_to_nothing_in_front(rate: float, round_trip: float) -> None:
    """The link never stands still, and the next item finds no more before it than the slack and two segments."""
    link = ModelLink(Path(rate, round_trip, 1448))
    for _ in range(200):  # until the first round trip is forgotten, which had nothing on its way yet
        link.send(60_000)
    link.idle, began = 0.0, link.now
    waits = [link.send(60_000) for _ in range(200)]
    assert link.idle < 0.01 * (link.now - began)
    assert max(waits) < 0.003 + 2 * 1448 / rate


def test_what_acknowledgements_were_late_is_held_ready() -> None:
    """Where they come unevenly the link still stands still but rarely; where they come evenly nothing is added."""
    uneven = ModelLink(THIN, late=(*[0.0] * 45, *[0.015] * 45))
    for _ in range(200):
        uneven.send(60_000)
    assert uneven.idle < 0.05 * uneven.now
    assert uneven.pace.late <= 0.03
    uneven.late = (0.0,)
    for _ in range(60):
        uneven.send(60_000)
    assert uneven.pace.late < 0.003


def test_connection_that_stands_still_is_looked_at_less_and_less_often() -> None:
    """From a look after a millisecond to ten in a second, and at once more often when bytes are taken again."""
    pace, path, now, delays = Pace(), Path(10e6, 1e-5, 1448), 0.0, []
    for _ in range(12):
        delays.append(pace.find_delay(24_000, path, now))
        now += delays[-1]
    assert delays[0] == 0.001
    assert delays[-1] == 0.1
    assert delays == sorted(delays)
    assert pace.find_delay(23_500, path, now) == 0.001
    assert pace.find_delay(0, path, now) == 0.0
    assert pace.late <= 0.03


def test_nothing_waits_where_nothing_is_known() -> None:
    """Without a measured path the connection's own word is all there is."""
    assert Pace().find_delay(10**9, None, 0.0) == 0.0


def tcp_info(segment: int, round_trip: int, rate: int) -> bytes:
    """Make a struct tcp_info, by the offsets of linux/tcp.h."""
    info = bytearray(232)
    struct.pack_into("=I", info, 16, segment)
    struct.pack_into("=I", info, 148, round_trip)
    struct.pack_into("=Q", info, 160, rate)
    return bytes(info)


def test_path_is_read_from_the_kernels_bytes() -> None:
    """Segment, round trip and rate, in bytes and seconds; longer structs of newer kernels are as good."""
    assert parse_path(tcp_info(1448, 50_000, 1_250_000)) == THIN
    assert parse_path(tcp_info(1448, 50_000, 1_250_000) + bytes(64)) == THIN


@pytest.mark.parametrize(
    "info", [b"", tcp_info(1448, 50_000, 1_250_000)[:160], tcp_info(1448, 50_000, 0), tcp_info(1448, 0xFFFFFFFF, 9)]
)
def test_path_is_unknown_before_it_was_measured_and_on_old_kernels(info: bytes) -> None:
    """None, and then nothing waits."""
    assert parse_path(info) is None


def test_kernel_tells_what_is_not_acknowledged_and_how_the_path_is() -> None:
    """On a real connection: bytes count until the other end has room for them, and the path is a plausible one."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as reader,
        listener.accept()[0] as writer,
    ):
        pacer = make_pacer(writer)
        assert pacer is not None
        assert pacer.unacknowledged() == 0
        assert not pacer.behind()
        writer.sendall(bytes(1000))
        assert len(reader.recv(1000, socket.MSG_WAITALL)) == 1000
        writer.setblocking(False)
        taken = 0
        while True:
            try:
                taken += writer.send(bytes(1 << 16))
            except BlockingIOError:
                break
        assert 0 < pacer.unacknowledged() <= taken
        path = read_path(writer)
        assert path is not None
        assert 500 < path.segment < 70_000
        assert 0 < path.round_trip < 5
        assert path.rate > 1000


def test_other_connections_are_not_paced() -> None:
    """A UNIX socket has neither acknowledgements nor a path, and some transports have no socket."""
    one, other = socket.socketpair()
    with one, other:
        assert make_pacer(one) is None
    assert make_pacer(None) is None
    with socket.socket(socket.AF_INET6) as sock:
        assert isinstance(make_pacer(sock), Pacer)
