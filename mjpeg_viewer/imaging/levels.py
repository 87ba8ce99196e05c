"""Which pixel values become black and white: found so that any image is visible, and held so that none flickers."""

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, sqrt
from typing import Protocol

import numpy as np

from mjpeg_viewer.frame import Image
from mjpeg_viewer.rendition import Rendition

# Percentiles of so many pixels stand within 2 % of the range of the exact ones (for normal noise that is three
# standard deviations; a picture with a shape is sampled better), for 1/100 of the time.
_SAMPLE_PIXELS = 20_000

# Camera noise moves percentiles from frame to frame.  Half a second averages it away and still follows a beam.
_TIME_CONSTANT = 0.5

# Ranges that differ by more than this have nothing in common.  Smoothing would take over five seconds from one to the
# other, and after a frame of garbage (1e300) minutes; a 16-bit camera with its shutter closed stays below it.
_INCOMPARABLE = 1e4

# Levels that move by less than this part of their range stay as they are: the eye cannot see it, and a still camera
# keeps a still picture (and its lookup table).
_DEAD_BAND = 0.01


@dataclass(frozen=True, slots=True)
class Levels:
    """Pixel values that become black and white, in the image's own units; low is below high."""

    low: float
    high: float


class Leveller(Protocol):
    """Finds the levels for one image after another of a camera.  Not for two threads at once."""

    def follow(self, image: Image, time: float) -> Levels:
        """
        Return the levels for the next image.

        Args:
            image: Pixels of shape [height, width], or [height, width, 3 or 4], whose alpha does not count; NaN and
                infinities are left out.  Only what is shown of it.
            time: When it was received, in seconds.
        """


def make_leveller(rendition: Rendition) -> Leveller:
    """Make what finds the levels as a rendition asks."""
    low, high = rendition.low, rendition.high
    if low is None or high is None:  # minmax
        return EachLevels(find_extremes)
    if rendition.levels == "fixed":
        levels = Levels(low, high)
        return EachLevels(lambda image: levels)
    if rendition.levels == "percentile":
        return EachLevels(lambda image: find_percentiles(image, low, high))
    return AutoLevels(low, high)


def find_percentiles(image: Image, low: float, high: float) -> Levels:
    """
    Choose levels for one image by its percentiles, from a sample of its pixels.

    Args:
        image: As for Leveller.
        low: The percentage of the pixels that shall become black.
        high: The percentage that shall not become white.

    Returns:
        Levels that show it: its extremes where both percentiles are the same value.
    """
    share = max(1.0, image.shape[0] * image.shape[1] / _SAMPLE_PIXELS)
    # Odd steps: what repeats every 2, 4 or 8 pixels (a Bayer mosaic, a sensor's taps) is met at each of its places.
    rows = _odd(sqrt(share))
    columns = _odd(share / rows)
    sample = np.sort(_finite(image[::rows, ::columns]))
    if sample.size:
        black, white = (_interpolate(sample, percentage) for percentage in (low, high))
        if black < white:
            return Levels(black, white)
    return find_extremes(image)  # a few bright pixels on an even ground: they are what matters


def _odd(step: float) -> int:
    """Return the next odd number that is not above, from 1."""
    return max(1, (int(step) - 1) // 2 * 2 + 1)


def _interpolate(ordered: Image, percentage: float) -> float:
    """Return a percentile between its two neighbours, as numpy.percentile does, but without an overflow."""
    place = percentage / 100 * (ordered.size - 1)
    below = int(place)
    least, most = float(ordered[below]), float(ordered[min(below + 1, ordered.size - 1)])
    weight = place - below
    return least if least == most else least * (1 - weight) + most * weight


def find_extremes(image: Image) -> Levels:
    """
    Take the least and the greatest finite pixel of an image.

    Args:
        image: As for Leveller.

    Returns:
        Levels that show it.  A constant image becomes black, one without any finite pixel too.
    """
    pixels = image[:, :, :3] if image.ndim == 3 else image
    if not pixels.size:
        return Levels(0.0, 1.0)
    low, high = pixels.min(), pixels.max()
    if not np.isfinite((low, high)).all():
        finite = _finite(pixels)
        if not finite.size:
            return Levels(0.0, 1.0)
        low, high = finite.min(), finite.max()
    black, white = float(low), float(high)
    return Levels(black, white if black < white else black + max(1.0, abs(black) * 1e-6))


def _finite(image: Image) -> Image:
    """Return an image's finite pixels without their alpha, in one row."""
    pixels = (image[:, :, :3] if image.ndim == 3 else image).ravel()
    return pixels[np.isfinite(pixels)] if pixels.dtype.kind == "f" else pixels


class EachLevels:
    """
    Levels of each image by itself, whatever came before.

    Args:
        find: Finds the levels of one image.
    """

    def __init__(self, find: Callable[[Image], Levels]) -> None:
        self._find = find

    def follow(self, image: Image, time: float) -> Levels:
        """Return the image's own levels."""
        return self._find(image)


class AutoLevels:
    """
    Levels that follow a camera smoothly.

    Args:
        low: The percentage of the pixels that shall become black.
        high: The percentage that shall not become white.
    """

    def __init__(self, low: float, high: float) -> None:
        self._percentages = low, high
        self._applied: Levels | None = None
        self._smooth = Levels(0.0, 1.0)
        self._time = 0.0
        self._dtype: np.dtype[np.generic] | None = None

    def follow(self, image: Image, time: float) -> Levels:
        """
        Return the levels for the next image.

        The first image, one of another type, and one whose values have nothing in common with those before it are
        shown with their own levels at once; else the levels move over half a second.
        """
        found = find_percentiles(image, *self._percentages)
        before = self._smooth
        if (
            self._applied is None
            or image.dtype != self._dtype
            or found.low > before.high
            or found.high < before.low
            or not 1 / _INCOMPARABLE < (found.high - found.low) / (before.high - before.low) < _INCOMPARABLE
        ):
            self._applied = self._smooth = found
        else:
            share = 1 - exp(-max(0.0, time - self._time) / _TIME_CONSTANT)
            low = before.low + share * (found.low - before.low)
            high = before.high + share * (found.high - before.high)
            # Rounding can make one number of two neighbours, and nothing can be divided by their difference.
            self._smooth = Levels(low, high) if low < high else found
            allowed = _DEAD_BAND * (self._applied.high - self._applied.low)
            moved = max(abs(self._smooth.low - self._applied.low), abs(self._smooth.high - self._applied.high))
            if moved > allowed:
                self._applied = self._smooth
        self._time, self._dtype = time, image.dtype
        return self._applied
