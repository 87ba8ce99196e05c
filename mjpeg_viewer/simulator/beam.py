"""
What the simulated camera sees: a Gaussian beam that wanders, breathes and jitters over a noisy background.

Here are the channels, their types and their values; how they get onto the wire is sender.py's.  A value depends on
the seed and on the image's number alone, so a run can be repeated, and a dropped image changes none that follow.
"""

import math
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from mjpeg_viewer.errors import ViewerError
from mjpeg_viewer.simulator.counter import check_counter_fits, paint_counter

Value = npt.NDArray[Any] | int | float

# bsread's numeric types (psi-bsread, bsread/data/serialization.py), each with the brightest value of a plausible
# camera: counts of a 12-bit sensor wherever they fit.
DTYPES = {
    "int8": 110.0,
    "uint8": 200.0,
    "int16": 3000.0,
    "uint16": 3000.0,
    "int32": 3000.0,
    "uint32": 3000.0,
    "int64": 3000.0,
    "uint64": 3000.0,
    "float32": 3000.0,
    "float64": 3000.0,
}

MAX_SIDE = 16384  # pixels; larger than any area sensor, yet a slip of the finger does not fill the memory

# Shares of the amplitude.  Their sum at full intensity stays below 1 and background - noise at 0, so no value is
# ever clipped.
BACKGROUND = 0.03
PEAK = 0.85
NOISE = 0.01  # one standard deviation, cut off at three
MAX_INTENSITY = 1.08

# The noise is drawn once, into a pool this much longer than the image, and each image takes another piece of it:
# drawing 1.3 million normal numbers takes 25 ms, a view takes none.
NOISE_SHIFTS = 1 << 16


class BeamError(ViewerError):
    """A picture was asked for that cannot be made."""


class Spot(NamedTuple):
    """Where the beam is in an image and how wide, in pixels: centre and standard deviation along each axis."""

    x: float
    y: float
    x_sigma: float
    y_sigma: float


class Beam:
    """
    The values of all channels, image by image.

    Args:
        width: Of the picture, in pixels, 1 to MAX_SIDE.
        height: Of the picture, in pixels, 1 to MAX_SIDE.
        dtype: Of the picture, one of DTYPES.
        amplitude: The brightest value, roughly, in the image's own units; by default that of DTYPES.  44 in a
            uint16 image is what a camera sends that uses a sliver of its range.
        counter: Whether to paint each image's number into its top left corner (see counter.py).
        seed: Makes two beams alike; None makes each its own.

    Raises:
        BeamError: A size, type or amplitude that cannot be.
        CounterError: The picture is too small for the counter.
    """

    def __init__(
        self,
        width: int = 640,
        height: int = 480,
        dtype: str = "float64",
        *,
        amplitude: float | None = None,
        counter: bool = False,
        seed: int | None = None,
    ) -> None:
        if not (1 <= width <= MAX_SIDE and 1 <= height <= MAX_SIDE):
            raise BeamError(f"size {width}x{height} cannot be simulated; expected 1 to {MAX_SIDE} pixels each way")
        if dtype not in DTYPES:
            raise BeamError(f"dtype {dtype!r} cannot be simulated; expected one of {', '.join(DTYPES)}")
        if counter:
            check_counter_fits(width, height)
        self.width = width
        self.height = height
        self.dtype = np.dtype(dtype)
        self.amplitude = _checked_amplitude(DTYPES[dtype] if amplitude is None else amplitude, self.dtype)
        self.counter = counter

        # Integers are made in float32, which holds 24 bits exactly: half the memory traffic of float64.
        working = np.dtype(np.float64) if self.dtype == np.float64 else np.dtype(np.float32)
        self._seed = int(np.random.SeedSequence(seed).generate_state(1)[0])
        self._x = np.arange(width, dtype=working)
        self._y = np.arange(height, dtype=working)
        self._picture = np.empty((height, width), dtype=working)
        self._noise = self._make_noise(working)

    def values(self, number: int, delay: float = 0.1) -> dict[str, Value]:
        """
        The value of each channel of image `number`, in the order they are sent.

        Not for two threads at once: they would share a buffer.  The returned arrays are the caller's own.

        Args:
            number: Which image, from 0; at more than 24 bits the painted counter wraps.
            delay: Between two images, in s: how far the beam moves from one to the next, and the repetition rate.

        Returns:
            image of shape [height, width] and its dtype; image_size_x and image_size_y (pixels); image_profile_x
            of shape [width] and image_profile_y of shape [height], the float64 sums down the columns and along the
            rows; beam_energy, 5 and up to 10 % more; repetition_rate in Hz, 0 where the delay is 0.
        """
        random = np.random.default_rng((self._seed, number))
        image = self._expose(number * delay, random)
        if self.counter:
            paint_counter(image, number)
        return {
            "image": image,
            "image_size_x": self.width,
            "image_size_y": self.height,
            "image_profile_x": image.sum(axis=0, dtype=np.float64),
            "image_profile_y": image.sum(axis=1, dtype=np.float64),
            "beam_energy": float(5.0 * (1.0 + 0.1 * random.random())),  # noise is not a secret  # nosec B311
            "repetition_rate": 1.0 / delay if delay > 0 else 0.0,
        }

    def spot(self, number: int, delay: float = 0.1) -> Spot:
        """Return the truth about image `number`: where the beam is before noise and counter come upon it."""
        return self._place(number * delay, np.random.default_rng((self._seed, number)).standard_normal(5))

    def _place(self, seconds: float, jitter: npt.NDArray[np.float64]) -> Spot:
        """Slow motion, that an eye can follow, and jitter from shot to shot."""
        return Spot(
            x=self.width * (0.5 + 0.15 * _wave(seconds, 7.0) + 0.004 * float(jitter[0])),
            y=self.height * (0.5 + 0.15 * _wave(seconds, 5.0) + 0.004 * float(jitter[2])),
            x_sigma=self.width * (0.080 + 0.010 * _wave(seconds, 4.1) + 0.001 * float(jitter[1])),
            y_sigma=self.height * (0.095 + 0.012 * _wave(seconds, 3.3) + 0.001 * float(jitter[3])),
        )

    def _expose(self, seconds: float, random: np.random.Generator) -> npt.NDArray[Any]:
        jitter = random.standard_normal(5)
        spot = self._place(seconds, jitter)
        across = _profile(self._x, spot.x, spot.x_sigma)
        down = _profile(self._y, spot.y, spot.y_sigma)
        intensity = min(0.97 + 0.05 * _wave(seconds, 2.3) + 0.02 * float(jitter[4]), MAX_INTENSITY)
        down *= self.amplitude * PEAK * intensity

        pixels = self.width * self.height
        start = int(random.integers(NOISE_SHIFTS))
        noise = self._noise[start : start + pixels].reshape(self.height, self.width)
        np.multiply(down[:, np.newaxis], across[np.newaxis, :], out=self._picture)
        image = np.empty((self.height, self.width), dtype=self.dtype)
        np.add(self._picture, noise, out=image, casting="unsafe")
        return image

    def _make_noise(self, working: np.dtype[Any]) -> npt.NDArray[Any]:
        """The pool: background and noise, and for integers the half that makes the cast's cut a rounding."""
        random = np.random.default_rng(self._seed)
        noise = random.standard_normal(self.width * self.height + NOISE_SHIFTS, dtype=np.float32)
        np.clip(noise, -3.0, 3.0, out=noise)
        noise *= self.amplitude * NOISE
        noise += self.amplitude * BACKGROUND + (0.5 if self.dtype.kind in "iu" else 0.0)
        return noise.astype(working, copy=False)


def _profile(axis: npt.NDArray[Any], centre: float, sigma: float) -> npt.NDArray[Any]:
    """A Gaussian of height 1 along one axis; the picture is the outer product of two, for it has no tilt."""
    return np.exp(-0.5 * ((axis - centre) / max(sigma, 1e-3)) ** 2)


def _wave(seconds: float, period: float) -> float:
    return math.sin(2.0 * math.pi * seconds / period)


def _checked_amplitude(amplitude: float, dtype: np.dtype[Any]) -> float:
    brightest = float(np.iinfo(dtype).max if dtype.kind in "iu" else np.finfo(np.float32).max / 2)
    if not 0.0 < amplitude <= brightest:
        raise BeamError(f"amplitude {amplitude:g} does not fit {dtype}; expected above 0 and up to {brightest:g}")
    return amplitude
