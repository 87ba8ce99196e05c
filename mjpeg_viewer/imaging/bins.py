"""Pixels of any type to means of some of them each: small enough to be looked at again and again."""

from dataclasses import dataclass
from math import ceil
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from mjpeg_viewer.frame import Image

Floats = NDArray[np.float64]

# Moments are taken of at most so many bins a side, each the mean of its pixels.
_SIDE = 256

# Numbers that are larger could not be squared, nor summed up.
_LARGE = 1e100


class Box(NamedTuple):
    """Whole pixels, right and bottom not among them."""

    left: int
    top: int
    right: int
    bottom: int


@dataclass(frozen=True, slots=True)
class Bins:
    """Means of pixels: where the first bin begins, and how wide and high each is, in pixels."""

    means: Floats
    left: int
    top: int
    width: int
    height: int

    def slices(self, box: Box) -> tuple[slice, slice]:
        """Return the bins that a box touches."""
        rows = slice((box.top - self.top) // self.height, ceil((box.bottom - self.top) / self.height))
        columns = slice((box.left - self.left) // self.width, ceil((box.right - self.left) / self.width))
        return rows, columns

    def cut(self, box: Box) -> "Bins":
        """Return the bins that a box touches, as bins of their own."""
        rows, columns = self.slices(box)
        left, top = self.left + columns.start * self.width, self.top + rows.start * self.height
        return Bins(self.means[rows, columns], left, top, self.width, self.height)


@np.errstate(over="ignore", invalid="ignore")
def to_floats(image: Image) -> Floats | NDArray[np.float32]:
    """
    Return an image's pixels as floats, of shape [height, width] and finite.

    Of colours it is the mean; NaN and infinities become the median; what is so large that it could not be squared is
    divided by the largest.
    """
    if image.ndim == 3:
        return to_floats(image[:, :, :3].mean(axis=2, dtype=np.float64))
    if image.dtype.itemsize <= 2:
        return np.ascontiguousarray(image, np.float32)  # which holds each of their values, in half the time
    pixels: Floats = np.ascontiguousarray(image, np.float64)
    if image.dtype.kind == "f" and not (finite := np.isfinite(pixels)).all():
        pixels = np.where(finite, pixels, np.median(pixels[finite]) if finite.any() else 0)
    largest = np.abs(pixels).max()
    return pixels / largest if largest > _LARGE else pixels


def put_in_bins(pixels: Floats | NDArray[np.float32], box: Box) -> Bins:
    """Return means of a box's pixels, in as few bins as keep a side to 256."""
    part = pixels[box.top : box.bottom, box.left : box.right]
    rows, columns = (ceil(side / _SIDE) for side in part.shape)
    return Bins(average(part, rows, columns), box.left, box.top, columns, rows)


def average(pixels: Floats | NDArray[np.float32], rows: int, columns: int) -> Floats:
    """Return means of so many rows and columns each; what is left over at the right and at the bottom is left out."""
    height, width = pixels.shape[0] // rows, pixels.shape[1] // columns
    even = pixels[: height * rows, : width * columns]
    if rows == columns == 1:
        return even.astype(np.float64)
    # Pixels that two means shared would make them alike, and noise would seem less than it is.
    means = cv2.resize(np.ascontiguousarray(even, pixels.dtype), (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(means, np.float64)
