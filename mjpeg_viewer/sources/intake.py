"""What a source has received so far, and where it hands that on: both used by its thread."""

import time
from collections.abc import Callable

from mjpeg_viewer.message import Message

Sink = Callable[[Message], bool]
"""Takes a message without waiting, and tells whether anybody wanted it."""

# A pause longer than this says nothing about a camera's usual pace.
_LONGEST_INTERVAL = 10.0

# A camera is silent when nothing came for this long, or for three of its usual intervals if that is longer.
_SILENT_AFTER = 1.5
_SILENT_INTERVALS = 3


class Intake:
    """
    Counts what comes in: plain numbers, written by the source's thread and read by anyone.

    Attributes:
        received: Messages since the start.
        received_bytes: Their bytes.
        last: When the last one came, in seconds since the epoch; None before the first.
        interval: The usual time between two, in seconds, smoothed; 0 until it is known.  A silence is no part of it.
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
        self._silent_before = False

    @property
    def silent_after(self) -> float:
        """How long nothing comes before that is a silence, in seconds."""
        return max(_SILENT_AFTER, _SILENT_INTERVALS * self.interval)

    def count(self, size_bytes: int) -> float:
        """Count one message and return the time of its coming."""
        now = time.time()
        if self.last is not None:
            self._learn(max(now - self.last, 0.0))
        self.received += 1
        self.received_bytes += size_bytes
        self.last = now
        self.connected = True
        self.trouble = ""
        return now

    def _learn(self, gap: float) -> None:
        # One silence says nothing of the pace; another one right after it is the new pace.
        silence = gap > (self.silent_after if self.interval else _LONGEST_INTERVAL)
        if not silence or self._silent_before:
            self.interval += (min(gap, _LONGEST_INTERVAL) - self.interval) * (0.1 if self.interval else 1.0)
        self._silent_before = silence
