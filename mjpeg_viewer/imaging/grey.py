"""Pixels of any type to 8 bit."""

from functools import lru_cache
from math import ceil, log10
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from mjpeg_viewer.frame import Image
from mjpeg_viewer.imaging.levels import Levels
from mjpeg_viewer.rendition import Norm

Grey = NDArray[np.uint8]

# astropy.visualization.LogStretch, and SAOImage DS9's contrast: log(a t + 1) / log(a + 1) has a value at zero, too.
_LOG_CONTRAST = 1000


def to_8_bit(image: Image, levels: Levels, norm: Norm = "linear") -> Grey:
    """
    Map [low, high] onto 0..255 by a curve, rounded; what is outside becomes black or white, NaN black.

    The result is within one grey level of exact arithmetic, and with up to 16 bits mostly the nearest.  Integers beyond
    2^53 are taken for the float64 next to them.

    Args:
        image: Pixels of shape [height, width] or [height, width, 3], of bool or any integer or float type, in
            either byte order, contiguous or not.
        levels: Pixel values that become black and white.
        norm: The curve between them, of t = (pixel - low) / (high - low), clipped to 0..1: t itself, its square
            root, or log10(1000 t + 1) / log10(1001).

    Returns:
        A new, contiguous array of the same shape.
    """
    dtype = image.dtype.newbyteorder("=")
    native = np.ascontiguousarray(image, dtype)
    if norm == "linear" and _float32_will_do(dtype, levels):
        return _map_in_float32(native, levels)
    if dtype.itemsize <= 2 and dtype.kind in "iub":
        # Every value there can be goes through one table: exact, whatever the curve.
        unsigned: NDArray[np.unsignedinteger] = native.view(np.uint8 if dtype.itemsize == 1 else np.uint16)
        return np.asarray(cv2.LUT(unsigned, _table(dtype.str, levels, norm)), np.uint8)
    # 16 bits are enough for the steepest part of each curve: half a step of t is 0.7 grey levels at most.
    steps = _place(native, levels, 65535)
    steps += 0.5
    return to_8_bit(steps.astype(np.uint16), Levels(0, 65535), norm)


@lru_cache(maxsize=32)
def _table(dtype: str, levels: Levels, norm: Norm) -> Grey:
    size = 2 ** (8 * np.dtype(dtype).itemsize)
    unsigned = np.arange(size, dtype=np.uint8 if size == 256 else np.uint16)
    t = _place((unsigned != 0) if dtype == "|b1" else unsigned.view(dtype), levels, 1)
    if norm == "sqrt":
        t = np.sqrt(t)
    elif norm == "log":
        t = np.log10(_LOG_CONTRAST * t + 1) / log10(_LOG_CONTRAST + 1)
    return (t * 255 + 0.5).astype(np.uint8)


def _place(image: Image, levels: Levels, top: float) -> NDArray[np.float64]:
    """Map [low, high] onto 0..top, in float64: the difference of two large numbers is still good."""
    # What no float64 can hold becomes infinite or NaN, and so white or black, as for the sender's own.
    with np.errstate(over="ignore", invalid="ignore"):
        place = np.subtract(image, levels.low, dtype=np.float64)
        place *= top / (levels.high - levels.low)
        np.clip(place, 0, top, out=place)
    place[np.isnan(place)] = 0
    return place


def _float32_will_do(dtype: np.dtype[np.generic], levels: Levels) -> bool:
    """Tell whether _map_in_float32, which computes in float32, stands within a grey level: in most images."""
    span, largest = levels.high - levels.low, max(abs(levels.low), abs(levels.high))
    if dtype in (np.float32, np.float64):
        return 1e-30 < span < 1e30 and largest < 256 * span
    if dtype in (np.uint16, np.int16, np.int32):
        # _map_in_float32 takes pixels below black for the next whole number: from 512 on that is half a grey level.
        return span >= 512 and largest < 256 * span and levels.low < np.iinfo(dtype.name).max
    return False


def _map_in_float32(image: NDArray[Any], levels: Levels) -> Grey:
    # convertScaleAbs folds what is negative upwards, and makes black of what lies beyond 2^31 and of NaN.
    shape = image.shape
    image = image.reshape(shape[0], -1)  # colours as columns: one pixel of three is a bare number to OpenCV
    if image.dtype.kind == "f":
        image = np.clip(image, levels.low, levels.high)
    elif levels.low > np.iinfo(image.dtype.name).min:
        # An array of one: a bare number would be compared with the first of four rows or three colours alone.
        image = cv2.max(image, np.array([float(ceil(levels.low))]))
    factor = 255 / (levels.high - levels.low)
    return np.asarray(cv2.convertScaleAbs(image, None, factor, -levels.low * factor), np.uint8).reshape(shape)
