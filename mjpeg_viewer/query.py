"""
An URL's query to what a viewer asks for.

The one place where such parameters are named, bounded and put into canonical form.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass
from typing import Any, get_args

from mjpeg_viewer.errors import RenditionError
from mjpeg_viewer.frame import ImageInfo
from mjpeg_viewer.rendition import ALL, MAX_SIDE, WIDTHS, Colormap, LevelsMode, Norm, Overlay, Rendition, Roi, Selection


@dataclass(frozen=True, slots=True)
class _Number:
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
        return value


_WHOLE = re.compile(r"[0-9]{1,9}")
# "++" gives no digit back: with "+" 8 kB of digits and a letter would take the loop for seconds.
_DECIMAL = re.compile(r"-?(?:[0-9]++\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")

# 0.01: a time-lapse with one picture in 100 s.  1000: faster than any camera that bsread carries.
_FREQUENCY = _Number(float, 0.01, 1000)
_PERCENTAGE = _Number(float, 0, 100)
# Some room is left below float64's largest number, for the difference of two.
_PIXEL_VALUE = _Number(float, -1e300, 1e300)

# A background of more frames would be no better: their noise has fallen to 3 %.
_FRAMES = _Number(int, 1, 1000)
_DEFAULT_FRAMES = "10"

# Older than a minute nothing is a picture of now.
_MAX_AGE_MS = _Number(int, 0, 60_000)

# Flips are kept as one mirroring and a rotation, so that the same picture has one encoder however it is asked for.
_FLIPS = {"none": (False, 0), "horizontal": (True, 0), "vertical": (True, 180), "both": (False, 180)}


def parse_rendition(query: Mapping[str, str], *, also: Set[str] = frozenset()) -> Rendition:
    """
    Read a rendition from an URL's query.

    Args:
        query: The parameters by name; a multidict, for those that stand in it twice to be found.
        also: Names that the caller reads itself, once or more often.

    Raises:
        RenditionError: Names key, value and what would do.
    """
    _check_names(query, NAMES, also)
    asked: dict[str, Any] = {}
    for key, read in _READERS.items():
        if key in query:
            asked |= read(key, query[key], asked)
    asked |= _parse_ends(asked.get("levels", "auto"), query)
    return Rendition(**asked)


def check_roi(rendition: Rendition, image: ImageInfo | None) -> None:
    """Raise RenditionError if all of the region of interest lies outside the image, if that is known."""
    roi = rendition.roi
    if roi is not None and image is not None and (roi.x >= image.width or roi.y >= image.height):
        raise RenditionError(
            f"roi='{roi.x},{roi.y},{roi.width},{roi.height}': outside the image;"
            f" expected x from 0 to {image.width - 1} and y from 0 to {image.height - 1}"
        )


def _parse_ends(mode: LevelsMode, query: Mapping[str, str]) -> dict[str, float | None]:
    """Read black and white, which mean something else in each mode."""
    if mode == "minmax":
        if extra := query.keys() & {"low", "high"}:
            raise RenditionError(
                f"{min(extra)}: levels=minmax finds it by itself; leave it out, or ask for levels=fixed"
            )
        return {"low": None, "high": None}
    kind, defaults = (_PIXEL_VALUE, {}) if mode == "fixed" else (_PERCENTAGE, {"low": "0.5", "high": "99.5"})
    texts = {**defaults, **{key: query[key] for key in ("low", "high") if key in query}}
    for key in ("low", "high"):
        if key not in texts:
            raise RenditionError(f"levels='fixed': expected {key}=, the pixel value of {_ENDS[key]}, too")
    low, high = (float(kind.parse(key, texts[key])) for key in ("low", "high"))
    if low >= high:
        raise RenditionError(f"low={texts['low']!r}: expected less than high={texts['high']!r}")
    return {"low": low, "high": high}


_ENDS = {"low": "black", "high": "white"}


def _number(number: _Number) -> "_Reader":
    return lambda key, text, asked: {key: number.parse(key, text)}


def _word(kind: Any) -> "_Reader":
    return lambda key, text, asked: {key: _choose(key, text, get_args(kind))}


def _choose(key: str, text: str, known: Iterable[str]) -> str:
    if text not in known:
        raise RenditionError(f"{key}={text!r}: expected {', '.join(known)}")
    return text


def _read_fps(key: str, text: str, asked: dict[str, Any]) -> dict[str, Any]:
    # Three digits of a rate are all that anybody can see; more would be encoders of their own for nothing.
    return {key: float(f"{_FREQUENCY.parse(key, text):.3g}")}


def _read_width(key: str, text: str, asked: dict[str, Any]) -> dict[str, Any]:
    # Below 16 pixels nothing can be seen.
    width = _Number(int, 16, MAX_SIDE).parse(key, text)
    return {key: next(listed for listed in WIDTHS if listed >= width)}


def _read_roi(key: str, text: str, asked: dict[str, Any]) -> dict[str, Any]:
    numbers = text.split(",")
    if len(numbers) != 4 or not all(_WHOLE.fullmatch(number) for number in numbers) or 0 in map(int, numbers[2:]):
        raise RenditionError(f"{key}={text!r}: expected x,y,width,height in whole pixels, such as 100,50,640,480")
    return {key: Roi(*map(int, numbers))}


def _read_flip(key: str, text: str, asked: dict[str, Any]) -> dict[str, Any]:
    mirror, rotate = _FLIPS[_choose(key, text, _FLIPS)]
    return {"mirror": mirror, "rotate": rotate}


def _read_rotate(key: str, text: str, asked: dict[str, Any]) -> dict[str, Any]:
    return {key: (asked.get(key, 0) + int(_choose(key, text, ("0", "90", "180", "270")))) % 360}


def _read_overlay(key: str, text: str, asked: dict[str, Any]) -> dict[str, Any]:
    return {key: tuple(sorted({_choose(key, word, get_args(Overlay)) for word in text.split(",") if word}))}


def _read_background(key: str, text: str, asked: dict[str, Any]) -> dict[str, Any]:
    return {key: _choose(key, text, ("keep", "subtract")) == "subtract"}


_Reader = Callable[[str, str, dict[str, Any]], dict[str, Any]]

# Read in this order: a rotation adds to what a flip began.
_READERS: Mapping[str, _Reader] = {
    "width": _read_width,
    "quality": _number(_Number(int, 1, 100)),
    "fps": _read_fps,
    "levels": _word(LevelsMode),
    "norm": _word(Norm),
    "colormap": _word(Colormap),
    "roi": _read_roi,
    "flip": _read_flip,
    "rotate": _read_rotate,
    "overlay": _read_overlay,
    "background": _read_background,
}

NAMES = frozenset({*_READERS, "low", "high"})
"""The names of a rendition's parameters."""


def parse_selection(query: Mapping[str, str], *, also: Set[str] = frozenset()) -> Selection:
    """Read a selection from an URL's query; arguments and errors as for parse_rendition."""
    _check_names(query, {"channels", "rate", "background"}, also)
    names = {*query.get("channels", ALL).split(",")} - {""}
    rate = query.get("rate")
    return Selection(
        channels=None if names == {ALL} else tuple(sorted(names)),
        rate=None if rate is None else float(f"{_FREQUENCY.parse('rate', rate):.3g}"),
        **_read_background("background", query.get("background", "keep"), {}),
    )


def parse_roi(query: Mapping[str, str]) -> Roi | None:
    """Read which region of the image is asked for, from ``roi``; None for all of it."""
    return _read_roi("roi", query["roi"], {})["roi"] if "roi" in query else None


def parse_max_age(query: Mapping[str, str], *, also: Set[str] = frozenset()) -> float:
    """Read how old a snapshot may be, in seconds, from ``max_age_ms``; arguments and errors as for parse_rendition."""
    _check_names(query, {"max_age_ms"}, also)
    return _MAX_AGE_MS.parse("max_age_ms", query.get("max_age_ms", "0")) / 1000


def parse_frames(form: Mapping[str, str]) -> int:
    """Read of how many frames a background shall be, from ``frames``; arguments and errors as for parse_rendition."""
    _check_names(form, {"frames"}, frozenset())
    return int(_FRAMES.parse("frames", form.get("frames", _DEFAULT_FRAMES)))


def _check_names(query: Mapping[str, str], ours: Set[str], also: Set[str]) -> None:
    """A misspelt ``qualty=50`` that does nothing would be worse than an error; so would be one of two widths."""
    seen: set[str] = set()
    for key, _value in query.items():  # noqa: PERF102  a multidict's keys() may tell each name once
        if key not in ours | also:
            raise RenditionError(f"unknown parameter {key!r}; known here are {', '.join(sorted(ours | also))}")
        if key in seen & ours:
            raise RenditionError(f"parameter {key!r} stands there twice; give it once")
        seen.add(key)
