"""What a camera is doing now, in a word and a sentence that an operator can act on."""

from collections.abc import Iterable
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
    """Whether what comes can be shown, as one decoder or encoder saw it; nobody knows while nobody watches."""

    def __init__(self) -> None:
        self._bad_since: float | None = None
        self._bad = 0.0
        self._kind = ""
        self._reason = ""

    def note_good(self) -> None:
        """One could be shown."""
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

    @property
    def trouble(self) -> tuple[str, float] | None:
        """Reason and beginning of a trouble that lasts."""
        if self._bad_since is None or self._bad - self._bad_since < _UNDECODABLE_AFTER:
            return None
        return self._reason, self._bad_since


def judge(intake: Intake, healths: Iterable[Health], address: str, started: float, now: float) -> Status:
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
    for health in healths:
        if health.trouble is not None:
            return Status("undecodable", *health.trouble)
    return Status("live", "", last)
