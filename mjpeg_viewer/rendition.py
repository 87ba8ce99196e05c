"""
What a viewer asks for: size, quality and rate of the pictures, or which values how often.

The one place where such parameters are named, bounded and put into canonical form.  A Rendition or Selection is the
key of its encoder: two viewers that ask for the same, in whatever order and spelling, share one.
"""

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass

from mjpeg_viewer.errors import RenditionError

DEFAULT_QUALITY = 85
MAX_SIDE = 65500
"""The longest side of a JPEG, in pixels: libjpeg's JPEG_MAX_DIMENSION, a little below what 16 bits could say."""


@dataclass(frozen=True, slots=True)
class Rendition:
    """
    One way to show a camera.

    Args:
        width: The picture is shrunk to at most this many pixels, its aspect kept, and never enlarged.  None: as sent.
        quality: JPEG quality, 1..100.
        fps: At most so many pictures per second, to three digits.  None: every frame.
    """

    width: int | None = None
    quality: int = DEFAULT_QUALITY
    fps: float | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """
    Which of a camera's values a viewer of events asks for.

    Args:
        channels: Their names, sorted; None for all that are not large.
        rate: At most so many events per second, to three digits.  None: every frame.
    """

    channels: tuple[str, ...] | None = None
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class _Parameter:
    kind: type[int] | type[float]
    low: float
    high: float

    def parse(self, key: str, text: str) -> int | float:
        # int() and float() also take spaces, underscores and every script's digits.
        written = _WHOLE if self.kind is int else _DECIMAL
        value = self.kind(text) if written.fullmatch(text) else None
        if value is None or not self.low <= value <= self.high:
            noun = "a whole number" if self.kind is int else "a number"
            raise RenditionError(f"{key}={text!r}: expected {noun} from {self.low:g} to {self.high:g}")
        # Three digits of a rate are all that anybody can see; more would be encoders of their own for nothing.
        return value if self.kind is int else float(f"{value:.3g}")


_WHOLE = re.compile(r"[0-9]{1,9}")
_DECIMAL = re.compile(r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")

# 0.01: a time-lapse with one picture in 100 s.  1000: faster than any camera that bsread carries.
_FREQUENCY = _Parameter(float, 0.01, 1000)

_PARAMETERS = {
    # Below 16 pixels nothing can be seen.
    "width": _Parameter(int, 16, MAX_SIDE),
    "quality": _Parameter(int, 1, 100),
    "fps": _FREQUENCY,
}


def parse_rendition(query: Mapping[str, str], *, also: Set[str] = frozenset()) -> Rendition:
    """
    Read a rendition from an URL's query.

    Args:
        query: The parameters by name; a multidict, for those that stand in it twice to be found.
        also: Names that the caller reads itself, once or more often.

    Raises:
        RenditionError: Names key, value and what would do.
    """
    _check_names(query, _PARAMETERS.keys(), also)
    asked = {key: parameter.parse(key, query[key]) for key, parameter in _PARAMETERS.items() if key in query}
    return Rendition(**asked)  # type: ignore[arg-type]  # _PARAMETERS holds each field's own type


def parse_selection(query: Mapping[str, str], *, also: Set[str] = frozenset()) -> Selection:
    """Read a selection from an URL's query; arguments and errors as for parse_rendition."""
    _check_names(query, {"channels", "rate"}, also)
    channels = query.get("channels")
    rate = query.get("rate")
    return Selection(
        channels=None if channels is None else tuple(sorted({*channels.split(",")} - {""})),
        rate=None if rate is None else _FREQUENCY.parse("rate", rate),
    )


def _check_names(query: Mapping[str, str], ours: Set[str], also: Set[str]) -> None:
    """A misspelt ``qualty=50`` that does nothing would be worse than an error; so would be one of two widths."""
    seen: set[str] = set()
    for key, _value in query.items():  # noqa: PERF102  a multidict's keys() may tell each name once
        if key not in ours | also:
            raise RenditionError(f"unknown parameter {key!r}; known here are {', '.join(sorted(ours | also))}")
        if key in seen & ours:
            raise RenditionError(f"parameter {key!r} stands there twice; give it once")
        seen.add(key)
