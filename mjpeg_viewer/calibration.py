"""
The analysis of a frame, in its camera's units, computed when somebody asks and once for all who do.

An axis is calibrated here, or the stream has a channel that says where each pixel lies (``x_axis``, ``y_axis``, as
cam_server sends them); else results are in pixels.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from mjpeg_viewer.errors import MessageError, RenderError
from mjpeg_viewer.frame import Frame, Image, Measure
from mjpeg_viewer.imaging import MEASURES, PIXELS, Analysis, PixelSize, analyse

# How far a pixel may lie off its place on an axis for that to be even, in pixels: float32 near 10^6 is that coarse.
_UNEVEN = 0.1

_WIDTHS = {f"{side}_{kind}": side for side in "xy" for kind in ("rms", "fwhm")}
_AXES = {f"{side}_{kind}": (side, index) for side in "xy" for index, kind in enumerate(("first", "step"))}
_PLACES = {f"{side}_center_of_mass": side for side in "xy"}


@dataclass(frozen=True, slots=True)
class Calibration:
    """
    What the pixels of one camera mean.

    Args:
        x: The distance of one column from the next, in the unit; negative if the axis points to the left.  None:
            the stream's ``x_axis`` says it, or nobody.
        y: Likewise of the rows; negative if the axis points up.
        origin: The column and the row where the coordinates are 0.
        unit: Of x and y, and of the stream's axes.  None: nobody knows.
        saturation: Pixel value from which a pixel is saturated; None for the largest of its type.
    """

    x: float | None = None
    y: float | None = None
    origin: tuple[float, float] = (0.0, 0.0)
    unit: str | None = None
    saturation: float | None = None

    @property
    def pixel_size(self) -> PixelSize:
        """How large a pixel is, as far as it is configured."""
        if self.unit is None or self.x is None or self.y is None:
            return PIXELS
        return PixelSize(self.unit, abs(self.x), abs(self.y))


class _Axis(NamedTuple):
    """The coordinate of the first pixel, the distance to the next, and their unit."""

    first: float
    step: float
    unit: str | None


class _Failure(NamedTuple):
    """A MessageError to be; one that was raised and is kept would keep its whole frame until the collector comes."""

    kind: str
    detail: str


def with_analysis(
    frame: Frame, calibration: Calibration, subtract: Callable[[Image], Image | None] | None = None
) -> Frame:
    """
    Return the frame with its analysis, of which nothing is computed yet.

    Args:
        frame: The frame.
        calibration: What its pixels mean.
        subtract: Takes the camera's background off an image before it is measured; returns None while there is none,
            and the image is measured as it is.
    """
    return replace(frame, analysis=_FrameAnalysis(frame, calibration, subtract))


class _FrameAnalysis(Mapping[str, Measure]):
    """The measures of one frame's picture; asking raises MessageError where there is no picture, or no axis."""

    def __init__(
        self, frame: Frame, calibration: Calibration, subtract: Callable[[Image], Image | None] | None
    ) -> None:
        self._frame = frame
        self._calibration = calibration
        self._subtract = subtract
        self._lock = threading.Lock()
        self._analysis: Analysis | _Failure | None = None
        self._axes: dict[str, _Axis | _Failure] = {}

    def __getitem__(self, name: str) -> Measure:
        if name not in self:
            raise KeyError(name)
        with self._lock:
            if found := _AXES.get(name):
                axis = self._get_axis(found[0])
                return Measure(axis[found[1]], axis.unit)
            value = self._analyse()[name]
            if side := _WIDTHS.get(name):
                axis = self._get_axis(side)
                return Measure(value * abs(axis.step) if isinstance(value, float) else None, axis.unit)
            if side := _PLACES.get(name):
                axis = self._get_axis(side)
                return Measure(axis.first + value * axis.step if isinstance(value, float) else None, axis.unit)
            return Measure(value)

    def __contains__(self, name: object) -> bool:
        return name in MEASURES or name in _AXES

    def __iter__(self) -> Iterator[str]:
        return iter((*MEASURES, *_AXES))

    def __len__(self) -> int:
        return len(MEASURES) + len(_AXES)

    def _analyse(self) -> Analysis:
        # A picture that cannot be decoded is tried once, not once for each name.
        if self._analysis is None:
            try:
                image = self._frame.decode_image()
                freed = None if self._subtract is None else self._subtract(image)
                self._analysis = analyse(image if freed is None else freed, self._calibration.saturation, image)
            except MessageError as error:
                self._analysis = _Failure(error.kind, error.detail)
            except RenderError as error:
                self._analysis = _Failure("picture", str(error))
        if isinstance(self._analysis, _Failure):
            raise MessageError(*self._analysis)
        return self._analysis

    def _get_axis(self, side: str) -> _Axis:
        if side not in self._axes:
            try:
                self._axes[side] = self._find_axis(side)
            except MessageError as error:
                self._axes[side] = _Failure(error.kind, error.detail)
        if isinstance(axis := self._axes[side], _Failure):
            raise MessageError(*axis)
        return axis

    def _find_axis(self, side: str) -> _Axis:
        calibration = self._calibration
        across = side == "x"
        step = calibration.x if across else calibration.y
        if step is not None:
            return _Axis(-step * calibration.origin[0 if across else 1], step, calibration.unit)
        channel = f"{side}_axis"
        if channel not in self._frame.values:
            return _Axis(0.0, 1.0, PIXELS.unit)
        info = self._frame.image_info
        if info is None:
            raise MessageError("no picture", self._frame.no_image)
        pixels = info.width if across else info.height
        first, step = _read_axis(channel, self._frame.values[channel], pixels)
        return _Axis(first, step, calibration.unit)


def _read_axis(channel: str, value: object, pixels: int) -> tuple[float, float]:
    """Return first coordinate and step of an axis.  Raises MessageError where the coordinates are none."""
    axis = np.atleast_1d(np.asarray(value))
    if axis.dtype.kind not in "iuf" or axis.ndim != 1:
        raise MessageError("axis", f"channel {channel!r} is no list of numbers in this message")
    if axis.size != pixels:
        raise MessageError("axis", f"channel {channel!r} has {axis.size} values for {pixels} pixels")
    line = axis.astype(np.float64)
    with np.errstate(over="ignore", invalid="ignore"):
        first, step = float(line[0]), float((line[-1] - line[0]) / max(1, pixels - 1))
        if pixels == 1:
            step = 1.0  # one pixel has no width, in whatever unit
        uneven = np.abs(line - (first + step * np.arange(pixels))).max()
        if not (step and uneven <= _UNEVEN * abs(step)):
            raise MessageError("axis", f"channel {channel!r} is not evenly spaced, so its unit is not one of widths")
    return first, step
