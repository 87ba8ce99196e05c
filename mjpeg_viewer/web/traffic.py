"""What viewers were sent since the start, those that have left included: sums that never fall."""

from collections.abc import Iterable
from dataclasses import dataclass

from mjpeg_viewer.web.viewer import Viewer

KINDS = ("stream", "events")
"""What a viewer watches: pictures, or metadata."""


@dataclass(slots=True)
class Sent:
    """
    What viewers were sent together.

    Args:
        items: Pictures or events.
        size_bytes: Their bytes, as they were written.
        skipped: Items that were displaced by newer ones before they could be written.
    """

    items: int = 0
    size_bytes: int = 0
    skipped: int = 0

    def add(self, viewer: Viewer) -> None:
        """Add what one viewer was sent."""
        self.items += viewer.sent
        self.size_bytes += viewer.sent_bytes
        self.skipped += viewer.skipped


class Traffic:
    """
    Adds up by camera and kind of viewer.

    Who watches several cameras at once, by one stream of events, is left out: of what he was sent, nobody knows how
    much each camera's was.
    """

    def __init__(self) -> None:
        self._past: dict[tuple[str, str], Sent] = {}

    def keep(self, viewer: Viewer) -> None:
        """Remember what a viewer was sent; he is closed."""
        _add(self._past, viewer)

    def count(self, present: Iterable[Viewer]) -> dict[tuple[str, str], Sent]:
        """Return all that was sent by camera and kind, to those who have left and to those who watch now."""
        found = {key: Sent(sent.items, sent.size_bytes, sent.skipped) for key, sent in self._past.items()}
        for viewer in present:
            _add(found, viewer)
        return found


def _add(sums: dict[tuple[str, str], Sent], viewer: Viewer) -> None:
    if len(viewer.cameras) == 1:
        sums.setdefault((viewer.cameras[0], viewer.kind), Sent()).add(viewer)
