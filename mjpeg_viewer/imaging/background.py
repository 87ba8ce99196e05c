"""What a camera sees without its beam: the mean of some images, and other images without it."""

from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from mjpeg_viewer.frame import Image
from mjpeg_viewer.imaging.exact import encode_npy


class Background:
    """
    The mean of some images of one shape and type.  Any number of threads may use it.

    Args:
        mean: Their mean, pixel by pixel.
        dtype: Their type.
        frames: How many they were.
        captured: When the last of them was received, in seconds since the epoch.
    """

    def __init__(self, mean: NDArray[np.float64], dtype: np.dtype[np.generic], frames: int, captured: float) -> None:
        self.mean = mean
        self.dtype = dtype.newbyteorder("=")
        self.frames = frames
        self.captured = captured
        self._offset, self._low, self._high = _prepare(mean, self.dtype)

    @cached_property
    def npy(self) -> bytes:
        """The mean as a file in numpy's format: made when first asked for, and kept."""
        return encode_npy(self.mean)

    def fits(self, shape: tuple[int, ...], dtype: np.dtype[np.generic]) -> bool:
        """Tell whether images of this shape and type, in whatever byte order, can be freed of it."""
        return shape == self.mean.shape and dtype.newbyteorder("=") == self.dtype

    def subtract(self, image: Image) -> Image:
        """
        Take the background off an image that fits.

        Args:
            image: Pixels of the background's shape and type.

        Returns:
            A new array of the same type, in native byte order.  For integers the mean is rounded, and what would
            leave the type's range becomes its end: 0 for unsigned ones.  For bool, what is True and was mostly False.
        """
        if self.dtype.kind == "f":
            with np.errstate(over="ignore", invalid="ignore"):
                return np.subtract(image, self._offset)
        if self.dtype.kind == "b":
            return np.greater(image, self._offset)
        # Kept where the difference fits, it can be taken in the image's own type.  Two steps: np.clip takes five times
        # as long.
        kept = np.maximum(image, self._low)
        np.minimum(kept, self._high, out=kept)
        return np.subtract(kept, self._offset, out=kept)


class Averaging:
    """
    Takes images until there are enough for a background.  Not for two threads at once.

    Args:
        frames: How many are enough.

    Attributes:
        taken: How many there are.
    """

    def __init__(self, frames: int) -> None:
        self.taken = 0
        self._frames = frames
        self._sum = np.zeros(0)
        self._dtype: np.dtype[np.generic] = np.dtype(np.float64)
        self._done: Background | None = None

    def add(self, image: Image, received: float) -> Background | None:
        """
        Take one image more; one of another shape or type than those before it begins anew.

        Args:
            image: Pixels of bool or any integer or float type.
            received: When it was received, in seconds since the epoch.

        Returns:
            The background, once there are enough; the same from then on.
        """
        if self._done is None:
            if image.shape != self._sum.shape or image.dtype != self._dtype or not self.taken:
                self.taken, self._sum, self._dtype = 0, np.zeros(image.shape), image.dtype
            with np.errstate(over="ignore", invalid="ignore"):
                np.add(self._sum, image, out=self._sum)  # exact, but for integers of 64 bits
            self.taken += 1
            if self.taken == self._frames:
                self._done = Background(self._sum / self.taken, self._dtype, self.taken, received)
        return self._done


def _prepare(mean: NDArray[np.float64], dtype: np.dtype[np.generic]) -> tuple[Image, Image, Image]:
    """Return the mean in the images' own type, and between which values that can be taken off."""
    if dtype.kind == "f":
        with np.errstate(over="ignore", invalid="ignore"):
            return mean.astype(dtype), mean, mean
    if dtype.kind == "b":
        return mean >= 0.5, mean, mean
    limits = np.iinfo(dtype.name)
    # As a float64 the largest 64-bit integer is one too large.
    offset = np.rint(np.minimum(mean, np.nextafter(float(limits.max), 0))).astype(dtype)
    return offset, limits.min + np.maximum(offset, 0), limits.max + np.minimum(offset, 0)
