"""
One viewer that notes how old each part is: when its first byte came, and when it was whole.

    python -m benchmarks.reader

reads one line, "HOST PORT PATH SECONDS", watches for so long, and prints a JSON list of [time, first, whole, bytes]:
when each part was whole (monotonic), its two ages, all in s, and its bytes with its headers.
"""

import json
import re
import socket
import sys
import time

_PATIENCE = 10.0

# The frame's own time: ours, and ustreamer's (?extra_headers=1) in seconds of the monotonic clock.
_TIME = re.compile(rb"\r\n(X-Timestamp|X-UStreamer-Grab-Begin-Time): ([0-9.]+)", re.IGNORECASE)
_LENGTH = re.compile(rb"\r\nContent-Length: ([0-9]+)\r\n", re.IGNORECASE)


def read_age(head: bytes) -> tuple[float, float]:
    """Return how old a part is by its header fields, and at which time of the monotonic clock."""
    now = time.monotonic()
    times = {name.lower(): float(value) for name, value in _TIME.findall(head)}
    if grabbed := times.get(b"x-ustreamer-grab-begin-time"):
        return now - grabbed, now
    return time.time() - times[b"x-timestamp"], now


class Reader:
    """
    The parts of one stream in length framing, to HTTP/1.0 as that is never chunked.

    Args:
        address: Host and port.
        path: What to ask for.
    """

    def __init__(self, address: tuple[str, int], path: str) -> None:
        self._sock = socket.create_connection(address, timeout=_PATIENCE)
        self._sock.sendall(f"GET {path} HTTP/1.0\r\nHost: {address[0]}\r\n\r\n".encode())
        self._seen = bytearray()
        self._read_until(b"\r\n\r\n")

    def read_part(self) -> tuple[float, float, int]:
        """Return how old the next part was when its headers were there and when it was whole, s, and its bytes."""
        head = self._read_until(b"\r\n\r\n")
        length = _LENGTH.search(head)
        while length is None:  # what stands before the first part
            head = self._read_until(b"\r\n\r\n")
            length = _LENGTH.search(head)
        age, then = read_age(head)
        size = int(length[1])
        while len(self._seen) < size:
            self._receive()
        whole = age + time.monotonic() - then
        jpeg = self._seen[:size]
        if not (jpeg.startswith(b"\xff\xd8") and jpeg.endswith(b"\xff\xd9")):
            raise ValueError(f"a part of {size} bytes is no whole JPEG")
        del self._seen[:size]
        return age, whole, len(head) + size

    def _read_until(self, mark: bytes) -> bytes:
        while (end := self._seen.find(mark)) < 0:
            self._receive()
        head = bytes(self._seen[: end + len(mark)])
        del self._seen[: end + len(mark)]
        return head

    def _receive(self) -> None:
        received = self._sock.recv(1 << 16)
        if not received:
            raise EOFError("the server closed")
        self._seen += received


def main() -> None:
    """Watch when told to."""
    print("ready", flush=True)
    host, port, path, seconds = sys.stdin.readline().split()
    reader = Reader((host, int(port)), path)
    end = time.monotonic() + float(seconds)
    parts = []
    while time.monotonic() < end:
        first, whole, size = reader.read_part()
        parts.append((time.monotonic(), first, whole, size))
    print(json.dumps(parts), flush=True)


if __name__ == "__main__":
    main()
