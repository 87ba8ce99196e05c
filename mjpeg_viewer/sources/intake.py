"""What a source has received so far, and where it hands that on: both used by its thread."""

import time
from collections.abc import Callable

from mjpeg_viewer.message import Message

Sink = Callable[[Message], bool]
"""Takes a message without waiting, and tells whether anybody wanted it."""

# A pause longer than this says nothing about a camera's usual pace.
_LONGEST_INTERVAL = 10.0


class Intake:
    """
    Counts what comes in: plain numbers, written by the source's thread and read by anyone.

    Attributes:
        received: Messages since the start.
        received_bytes: Their bytes.
        last: When the last one came, in seconds since the epoch; None before the first.
        interval: The usual time between two, in seconds, smoothed; 0 before the second.
        connected: Whether somebody is at the other end; None if that cannot be known.
        trouble: Why the other end's last attempt to connect failed, or an empty text.
    """

    def __init__(self) -> None:
        self.received = 0
        self.received_bytes = 0
        self.last: float | None = None
        self.interval = 0.0
        self.connected: bool | None = None
        self.trouble = ""

    def count(self, size_bytes: int) -> float:
        """Count one message and return the time of its coming."""
        now = time.time()
        if self.last is not None:
            gap = min(max(now - self.last, 0.0), _LONGEST_INTERVAL)
            self.interval += (gap - self.interval) * (0.1 if self.interval else 1.0)
        self.received += 1
        self.received_bytes += size_bytes
        self.last = now
        self.connected = True
        self.trouble = ""
        return now
