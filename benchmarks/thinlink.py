"""
A thin link between two network namespaces: a router in user space, with a rate, a delay and a queue.

Not tc's netem: not every kernel has it, and a queue on the sender's own machine is not what stands on the way to a
viewer: the kernel keeps its own queues short (TCP small queues), those of routers it cannot.

    python -m benchmarks.thinlink PID RATE DELAY JITTER QUEUE CONGESTION

makes the TUN devices "near", in its own namespace, and "far", in that of the process PID.  Forwards at RATE (bit/s, of
IP packets) towards "far" through a queue of QUEUE (bytes), and both ways with DELAY (s) each and up to JITTER (s) more,
in order; TCP at "near" uses the congestion control CONGESTION.  Says "up", and ends with its input.
"""

import errno
import fcntl
import math
import os
import random
import select
import struct
import subprocess
import sys
import time
from collections import deque

NEAR, FAR = "10.98.0.1", "10.98.0.2"

# linux/if_tun.h
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 0x0001, 0x1000
_PACKET = 65536


def open_device(name: str) -> int:
    """Make a TUN device in this namespace; it vanishes with the descriptor."""
    device = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    fcntl.ioctl(device, _TUNSETIFF, struct.pack("16sH22x", name.encode(), _IFF_TUN | _IFF_NO_PI))
    return device


def configure(name: str, address: str, inside: tuple[str, ...] = ()) -> None:
    """Give a device its address and set it up."""
    ip(f"addr add {address} dev {name}", inside)
    ip(f"link set {name} up", inside)


def ip(command: str, inside: tuple[str, ...] = ()) -> None:
    """Run ip(8), in another namespace if the command for that is given."""
    subprocess.run([*inside, "ip", *command.split()], check=True)


class Direction:
    """
    One way through the router.

    Args:
        source: Where packets come from.
        target: Where they go.
        delay: How long each takes, s.
        jitter: By how much longer it may take, s.
        rate: In bit/s; infinite for as fast as they come.
        queue: How many bytes wait for their turn before further packets are dropped.
    """

    def __init__(
        self, source: int, target: int, delay: float, jitter: float, rate: float = math.inf, queue: float = math.inf
    ) -> None:
        self.source = source
        self._target = target
        self._delay = delay
        self._jitter = jitter
        self._rate = rate / 8
        self._longest = queue / self._rate if rate < math.inf else math.inf
        self._free = 0.0
        self._last = 0.0
        self._waiting: deque[tuple[float, bytes]] = deque()

    def take(self) -> None:
        """Take all that has come."""
        while True:
            try:
                packet = os.read(self.source, _PACKET)
            except BlockingIOError:
                return
            except OSError as error:
                if error.errno == errno.EBADFD:  # the other namespace went, and its device with it
                    sys.exit()
                raise
            now = time.monotonic()
            begin = max(now, self._free)
            if begin - now <= self._longest:
                self._free = begin + len(packet) / self._rate
                self._last = max(self._last, self._free + self._delay + self._jitter * random.random())
                self._waiting.append((self._last, packet))

    def send(self) -> float:
        """Send all whose time has come; return when the next one's comes."""
        while self._waiting:
            due, packet = self._waiting[0]
            if due > time.monotonic():
                return due
            self._waiting.popleft()
            os.write(self._target, packet)
        return math.inf


def forward(directions: list[Direction]) -> None:
    """Forward until the input ends."""
    sources = {direction.source: direction for direction in directions}
    while True:
        due = min(direction.send() for direction in directions)
        timeout = None if due == math.inf else max(0.0, due - time.monotonic())
        ready, _, _ = select.select([*sources, sys.stdin], [], [], timeout)
        for descriptor in ready:
            if not isinstance(descriptor, int):  # the input
                return
            sources[descriptor].take()


def main() -> None:
    """Join two namespaces."""
    pid, congestion = sys.argv[1], sys.argv[6]
    rate, delay, jitter, queue = map(float, sys.argv[2:6])
    near, far = open_device("near"), open_device("far")
    ip(f"link set far netns {pid}")
    configure("near", f"{NEAR}/32")
    ip(f"route add {FAR} dev near congctl {congestion}")
    configure("far", f"{FAR}/24", ("nsenter", f"--net=/proc/{pid}/ns/net"))
    print("up", flush=True)
    forward([Direction(near, far, delay, jitter, rate, queue), Direction(far, near, delay, jitter)])


if __name__ == "__main__":
    main()
