"""What a camera is doing now, in a word and a sentence that an operator can act on."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from mjpeg_viewer.sources import Intake

State = Literal["idle", "connecting", "silent", "undecodable", "live"]

# Before this there has been no answer because there has been no time for one.
_FIRST_TRY = 1.0

# Among good messages single bad ones are only counted; the picture lives on.
_UNDECODABLE_AFTER = 1.0


@dataclass(frozen=True, slots=True)
class Status:
    """
    A camera's state.

    Args:
        state: idle (nobody watches, so nothing is received), connecting (nobody at the other end), silent (no
            message comes), undecodable (messages come, but none can be shown) or live.
        reason: Why it is not live, and what would do; empty if it is.
        since: When this began, in seconds since the epoch; for silent, when the last message came.
    """

    state: State
    reason: str
    since: float

    @property
    def online(self) -> bool:
        """Whether fresh pictures can be expected."""
        return self.state == "live"


class Health:
    """
    Whether what comes can be shown, as one decoder or encoder saw it; nobody knows while nobody watches.

    Attributes:
        good: When a picture could be shown last, in seconds since the epoch; 0 before the first.
    """

    def __init__(self) -> None:
        self.good = 0.0
        self._bad_since: float | None = None
        self._bad = 0.0
        self._kind = ""
        self._reason = ""

    def note_good(self, now: float) -> None:
        """A picture could be shown at this time, in seconds since the epoch: so can the camera's others."""
        self.good = now
        self.clear()

    def clear(self) -> None:
        """What was bad is so no more; whether pictures can be shown is not known by that."""
        self._bad_since = None

    def note_bad(self, kind: str, reason: str, now: float) -> None:
        """
        One could not.

        Args:
            kind: What to count it by.  The reason of the first of a kind stands for all: reasons hold numbers, and
                viewers are not told of each.
            reason: The sentence for people.
            now: When, in seconds since the epoch.
        """
        self._bad = now
        if self._bad_since is None or kind != self._kind:
            self._kind, self._reason = kind, reason
        if self._bad_since is None:
            self._bad_since = now

    def find_trouble(self, good: float = 0.0) -> tuple[str, float] | None:
        """
        Return reason and beginning of a trouble that lasts.

        Args:
            good: When anybody could show a picture of the camera last.  Who tries once in ten seconds may meet two bad
                messages in a row, and those between them were good.
        """
        if self._bad_since is None:
            return None
        since = max(self._bad_since, good)
        return (self._reason, since) if self._bad - since >= _UNDECODABLE_AFTER else None


def judge(intake: Intake, healths: Collection[Health], address: str, started: float, now: float) -> Status:
    """
    Tell a camera's status from what came in.

    Args:
        intake: What its source has received.
        healths: Whether that can be shown, as everyone sees it who tries.
        address: The source's address.
        started: When the camera was started, in seconds since the epoch.
        now: The time, likewise.
    """
    last = intake.last
    since = started if last is None else last
    if intake.trouble:
        return Status("connecting", intake.trouble, since)
    if last is None or now - last > intake.silent_after:
        if not intake.connected and now - started < _FIRST_TRY:
            return Status("connecting", f"no answer from {address} yet", since)
        if not intake.connected:
            return Status("connecting", f"nobody answers at {address}; is the sender running?", since)
        return Status("silent", f"connected to {address}, but no message comes", since)
    good = max((health.good for health in healths), default=0.0)
    for health in healths:
        if (trouble := health.find_trouble(good)) is not None:
            return Status("undecodable", *trouble)
    return Status("live", "", last)
