"""Trouble that may come a hundred times a second: counted by kind, and said in one line every ten seconds."""

import logging
from collections import Counter, deque

_log = logging.getLogger(__name__)

_SAY_PERIOD = 10.0

# So many messages may have come since one that is still tried: two seconds of the fastest camera.
_NOTED = 256


class Troubles:
    """
    What went wrong with one camera's messages, or with whatever else the log is to tell of.

    Args:
        subject: The camera's name, for the log.
        fate: What befell each of them, for the log.

    Attributes:
        counts: How many there were since the start, by kind.
    """

    def __init__(self, subject: str, fate: str = "could not be shown") -> None:
        self.counts: Counter[str] = Counter()
        self._subject = subject
        self._fate = fate
        self._unsaid: Counter[str] = Counter()
        self._latest = ""
        self._noted: deque[int] = deque(maxlen=_NOTED)
        self._said = float("-inf")

    def note(self, kind: str, text: str, sequence: int | None = None) -> None:
        """
        Count one; the text tells of this one alone.

        A message has a sequence, by which it is counted once however many tried to show it.
        """
        if sequence is not None:
            if sequence in self._noted:
                return
            self._noted.append(sequence)
        self.counts[kind] += 1
        self._unsaid[kind] += 1
        self._latest = text

    def say(self, now: float) -> None:
        """Log what came since the last line, if that is ten seconds ago; ``now`` is a monotonic time."""
        if not self._unsaid or now - self._said < _SAY_PERIOD:
            return
        kinds = ", ".join(f"{kind} {count}" for kind, count in self._unsaid.most_common())
        _log.warning(
            "%s: %d %s (%s), the latest: %s",
            self._subject,
            self._unsaid.total(),
            self._fate,
            kinds,
            self._latest,
        )
        self._unsaid.clear()
        self._said = now
