"""Rates from counters: how much came per second, over the last few seconds."""

from collections import deque

# Long enough to be steady at 1 Hz, short enough to follow what a person sees.
_WINDOW = 5.0


class Rates:
    """
    The pace of two counters.

    Attributes:
        messages: Messages per second.
        bytes: Bytes per second.
    """

    def __init__(self) -> None:
        self.messages = 0.0
        self.bytes = 0.0
        self._samples: deque[tuple[float, int, int]] = deque()

    def sample(self, time: float, messages: int, size_bytes: int) -> None:
        """Take in the counters as they stand at a time, in seconds; the rates are of the last five seconds."""
        self._samples.append((time, messages, size_bytes))
        while time - self._samples[0][0] > _WINDOW:
            self._samples.popleft()
        begin, messages_before, bytes_before = self._samples[0]
        if time > begin:
            self.messages = (messages - messages_before) / (time - begin)
            self.bytes = (size_bytes - bytes_before) / (time - begin)
