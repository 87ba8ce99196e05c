"""An item as viewers are sent it: bytes made once and shared by all."""

from abc import ABC, abstractmethod
from collections.abc import Hashable
from functools import lru_cache
from typing import NamedTuple


def chunk(*pieces: bytes) -> bytes:
    """Join pieces into one chunk of a chunked body (RFC 9112 section 7.1)."""
    return b"".join((b"%x\r\n" % sum(map(len, pieces)), *pieces, b"\r\n"))


class Form(NamedTuple):
    """
    In which form a viewer is sent items.

    Args:
        kind: Which of the forms that the items themselves know.
        chunked: Whether each is a chunk of its own.
    """

    kind: Hashable
    chunked: bool


@lru_cache(maxsize=64)
def find_form(kind: Hashable, chunked: bool) -> Form:
    """Return the form, one object for all who ask for it: it is looked up for each viewer of each item."""
    return Form(kind, chunked)


class Wire(ABC):
    """
    An item on its way to viewers: one bytes object per form, made when first asked for.

    Args:
        lane: What a newer item displaces while a viewer is busy: the older one in the same lane.
    """

    __slots__ = ("_made", "lane")

    def __init__(self, lane: str) -> None:
        self.lane = lane
        self._made: dict[Form, bytes] = {}

    @abstractmethod
    def pieces(self, kind: Hashable) -> tuple[bytes, ...]:
        """Return what the item is made of in a form, in order; what forms there are, the item itself knows."""

    def describe(self) -> dict[str, object]:
        """Return what the page of a viewer that was sent this is told of it, as JSON has it."""
        return {}

    def get(self, form: Form) -> bytes:
        """Return the bytes to write."""
        made = self._made.get(form)
        if made is None:
            pieces = self.pieces(form.kind)
            made = self._made[form] = chunk(*pieces) if form.chunked else b"".join(pieces)
        return made
