"""Which pixel values become black and white: found so that any image is visible, and held so that none flickers."""

from dataclasses import dataclass
from math import exp, sqrt

import numpy as np
from numpy.typing import NDArray

from mjpeg_viewer.frame import Image

# Half a per cent at either end is left to dead and hot pixels.
LOW_PERCENTILE, HIGH_PERCENTILE = 0.5, 99.5

# Percentiles of every 64th pixel of a 1280 x 1024 image stand within 0.5 % of the exact ones, for 1/100 of the time.
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


def find_levels(image: Image) -> Levels:
    """
    Choose levels for one image by its percentiles.

    Args:
        image: Pixels of shape [height, width, ...], of any integer or float type, NaN and infinities allowed.

    Returns:
        Levels that show it.  A constant image becomes black, one without any finite pixel too.
    """
    step = max(1, int(sqrt(image.shape[0] * image.shape[1] / _SAMPLE_PIXELS)))
    with np.errstate(invalid="ignore"):  # a float32 that is a signalling NaN becomes a quiet one
        sample: NDArray[np.float64] = image[::step, ::step].astype(np.float64).ravel()
    sample = sample[np.isfinite(sample)]
    if not sample.size:
        return Levels(0.0, 1.0)
    with np.errstate(over="ignore", invalid="ignore"):  # between -1e308 and 1e308 there is no number to interpolate
        low, high = np.percentile(sample, (LOW_PERCENTILE, HIGH_PERCENTILE))
    if low == high:  # a few bright pixels on an even ground: they are what matters
        low, high = sample.min(), sample.max()
    if low == high:
        high = low + max(1.0, abs(low) * 1e-6)
    return Levels(float(low), float(high))


class AutoLevels:
    """Levels that follow a camera smoothly.  Not for two threads at once."""

    def __init__(self) -> None:
        self._applied: Levels | None = None
        self._smooth = Levels(0.0, 1.0)
        self._time = 0.0
        self._dtype: np.dtype[np.generic] | None = None

    def follow(self, image: Image, time: float) -> Levels:
        """
        Return the levels for the next image.

        The first image, one of another type, and one whose values have nothing in common with those before it are
        shown with their own levels at once; else the levels move over half a second.

        Args:
            image: Pixels of shape [height, width, ...].
            time: When it was received, in seconds.
        """
        found = find_levels(image)
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
