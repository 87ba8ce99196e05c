"""
Ways to hand one part to many connections: CPU of the system calls alone, in turns on the same connections.

*write* is what the server does, *send* what asyncio's transports do; *sendfile* sends from a memfd, made anew for each
part so that nothing that is on its way can change; *sendmsg* gathers a part from its headers and its JPEG, as writev
would.

    python -m benchmarks.writing
"""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from benchmarks.meter import machine, middle

# Between two writes, in seconds: so long the reader takes to empty every connection.
ROUNDS, BETWEEN = 60, 0.03
HEADERS = 150

# Reads whatever comes on so many connections to a port, until they end.
_READER = """
import select, socket, sys
poll, into = select.epoll(), bytearray(1 << 20)
socks = [socket.create_connection(("127.0.0.1", int(sys.argv[1]))) for _ in range(int(sys.argv[2]))]
by = {sock.fileno(): sock for sock in socks}
for descriptor in by:
    poll.register(descriptor, select.EPOLLIN)
while all([by[descriptor].recv_into(into) for descriptor, _ in poll.poll()]):
    pass
"""


def send(connections: Sequence[socket.socket], part: bytes) -> int:
    """Write the part to each connection; return how many bytes they took."""
    return sum(connection.send(part) for connection in connections)


def write(connections: Sequence[socket.socket], part: bytes) -> int:
    """Write it to each, by its descriptor."""
    return sum(os.write(connection.fileno(), part) for connection in connections)


def sendfile(connections: Sequence[socket.socket], part: bytes) -> int:
    """The same, from memory that the kernel may refer to instead of copying it."""
    file = os.memfd_create("part")
    try:
        os.write(file, part)
        return sum(os.sendfile(connection.fileno(), file, 0, len(part)) for connection in connections)
    finally:
        os.close(file)


def sendmsg(connections: Sequence[socket.socket], part: bytes) -> int:
    """The same, in two pieces."""
    pieces = part[:HEADERS], part[HEADERS:]
    return sum(connection.sendmsg(pieces) for connection in connections)


WAYS: tuple[Callable[[Sequence[socket.socket], bytes], int], ...] = (write, send, sendfile, sendmsg)


def measure(viewers: int, size: int) -> dict[str, float]:
    """Return µs of CPU per part and connection, medians."""
    part = os.urandom(size)
    costs: dict[str, list[float]] = {way.__name__: [] for way in WAYS}
    with socket.create_server(("127.0.0.1", 0), backlog=viewers) as listener:
        port = listener.getsockname()[1]
        with subprocess.Popen([sys.executable, "-c", _READER, str(port), str(viewers)]):
            connections = [listener.accept()[0] for _ in range(viewers)]
            for _ in range(ROUNDS):
                for way in WAYS:
                    began = time.process_time()
                    taken = way(connections, part)
                    costs[way.__name__].append((time.process_time() - began) / viewers * 1e6)
                    assert taken == viewers * size
                    time.sleep(BETWEEN)
            for connection in connections:
                connection.close()
    return {name: middle(values) for name, values in costs.items()}


def main() -> None:
    """Print a table."""
    print(f"µs of CPU per part, medians of {ROUNDS} in turns; {machine()}")
    for size in (60_000, 20_000):
        for viewers in (100, 500):
            costs = measure(viewers, size)
            floor = costs["write"]
            cells = "   ".join(f"{name} {cost:5.1f} ({cost / floor:.2f})" for name, cost in costs.items())
            print(f"  {viewers} connections, {size // 1000} kB:   {cells}")


if __name__ == "__main__":
    main()
