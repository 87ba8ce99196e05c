"""
What a viewer asks for: size, quality and rate of the pictures, or which values how often.

The one place where such parameters are named, bounded and put into canonical form.  A Rendition or Selection is the
key of its encoder: two viewers that ask for the same, in whatever order and spelling, share one.
"""

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
        fps: At most so many pictures per second.  None: every frame.
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
        rate: At most so many events per second.  None: every frame.
    """

    channels: tuple[str, ...] | None = None
    rate: float | None = None


@dataclass(frozen=True, slots=True)
class _Parameter:
    kind: type[int] | type[float]
    low: float
    high: float

    def parse(self, key: str, text: str) -> int | float:
        try:
            value = self.kind(text)
        except ValueError:
            value = None
        # "nan" parses as a float and compares false with everything, so this also refuses it.
        if value is None or not self.low <= value <= self.high:
            noun = "a whole number" if self.kind is int else "a number"
            raise RenditionError(f"{key}={text!r}: expected {noun} from {self.low:g} to {self.high:g}")
        return value


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
        query: The parameters by name.
        also: Names that the caller reads itself.

    Raises:
        RenditionError: Names key, value and what would do.
    """
    _refuse_unknown(query, {*_PARAMETERS, *also})
    asked = {key: parameter.parse(key, query[key]) for key, parameter in _PARAMETERS.items() if key in query}
    return Rendition(**asked)  # type: ignore[arg-type]  # _PARAMETERS holds each field's own type


def parse_selection(query: Mapping[str, str], *, also: Set[str] = frozenset()) -> Selection:
    """Read a selection from an URL's query; arguments and errors as for parse_rendition."""
    _refuse_unknown(query, {"channels", "rate", *also})
    channels = query.get("channels")
    rate = query.get("rate")
    return Selection(
        channels=None if channels is None else tuple(sorted({*channels.split(",")} - {""})),
        rate=None if rate is None else _FREQUENCY.parse("rate", rate),
    )


def _refuse_unknown(query: Mapping[str, str], known: Set[str]) -> None:
    """A misspelt ``qualty=50`` that does nothing would be worse than an error."""
    for key in query:
        if key not in known:
            raise RenditionError(f"unknown parameter {key!r}; known here are {', '.join(sorted(known))}")
