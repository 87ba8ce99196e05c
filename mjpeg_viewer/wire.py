"""An item as viewers are sent it: bytes made once and shared by all."""

from abc import ABC, abstractmethod
from collections.abc import Hashable


def chunk(payload: bytes) -> bytes:
    """Wrap bytes as one chunk of a chunked body (RFC 9112 section 7.1)."""
    return b"%x\r\n%b\r\n" % (len(payload), payload)


class Wire(ABC):
    """
    An item on its way to viewers: one bytes object per form, made when first asked for.

    Args:
        lane: What a newer item displaces while a viewer is busy: the older one in the same lane.
    """

    __slots__ = ("_made", "lane")

    def __init__(self, lane: str) -> None:
        self.lane = lane
        self._made: dict[tuple[Hashable, bool], bytes] = {}

    @abstractmethod
    def payload(self, form: Hashable) -> bytes:
        """Make the bytes in a form; what forms there are, the item itself knows."""

    def describe(self) -> dict[str, object]:
        """Return what the page of a viewer that was sent this is told of it, as JSON has it."""
        return {}

    def get(self, form: Hashable, chunked: bool) -> bytes:
        """Return the bytes to write; with the chunk's header and end if the response is chunked."""
        key = (form, chunked)
        if key not in self._made:
            payload = self.payload(form)
            self._made[key] = chunk(payload) if chunked else payload
        return self._made[key]
