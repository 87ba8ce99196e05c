"""Pixels of any type to 8 bit."""

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from mjpeg_viewer.frame import Image
from mjpeg_viewer.imaging.levels import Levels

Grey = NDArray[np.uint8]


def to_8_bit(image: Image, levels: Levels) -> Grey:
    """
    Map [low, high] linearly onto 0..255, rounded; what is outside becomes black or white, NaN black.

    Args:
        image: Pixels of shape [height, width] or [height, width, 3], of bool or any integer or float type, in
            either byte order, contiguous or not.

    Returns:
        A new, contiguous array of the same shape.
    """
    dtype = image.dtype.newbyteorder("=")
    native = np.ascontiguousarray(image, dtype)
    if dtype.itemsize <= 2 and dtype.kind in "iub":
        # Every value there can be goes through one table: exact, and as fast as OpenCV's own scaling.
        unsigned: NDArray[np.unsignedinteger] = native.view(np.uint8 if dtype.itemsize == 1 else np.uint16)
        return np.asarray(cv2.LUT(unsigned, _table(dtype.str, levels)), np.uint8)
    return _scale(native, levels)


@lru_cache(maxsize=32)
def _table(dtype: str, levels: Levels) -> Grey:
    size = 2 ** (8 * np.dtype(dtype).itemsize)
    unsigned = np.arange(size, dtype=np.uint8 if size == 256 else np.uint16)
    values = (unsigned != 0) if dtype == "|b1" else unsigned.view(dtype)
    return _scale(values, levels)


def _scale(image: Image, levels: Levels) -> Grey:
    # In float64 the difference of two large numbers is still good; only the result may be coarse.
    # What no float64 can hold becomes infinite or NaN, and so white or black, as for the sender's own.
    with np.errstate(over="ignore", invalid="ignore"):
        scaled = np.subtract(image, levels.low, dtype=np.float64)
        scaled *= 255 / (levels.high - levels.low)
        np.fmax(scaled, 0, out=scaled)  # fmax and fmin prefer the number to NaN
        np.fmin(scaled, 255, out=scaled)
    scaled += 0.5
    return scaled.astype(np.uint8)
