"""
What one image measures: its profiles, its spot, its brightness; names and definitions are cam_server's.

All of it in pixels of the image as given: (0, 0) is the centre of the top left one.  Units are the business of who
knows the camera.
"""

from collections.abc import Callable, Iterator, Mapping
from math import ceil

import numpy as np

from mjpeg_viewer.frame import Image, Value
from mjpeg_viewer.imaging.edges import check_image
from mjpeg_viewer.imaging.grey import to_8_bit
from mjpeg_viewer.imaging.levels import find_extremes
from mjpeg_viewer.imaging.profile import Profile, find_fwhm, find_moments


def analyse(image: Image, saturation: float | None = None, sent: Image | None = None) -> "Analysis":
    """
    Measure an image: nothing now, and each thing when it is first asked for.

    Args:
        image: Pixels of shape [height, width], or [height, width, 3 or 4] in the order red, green, blue, alpha; of
            bool or any integer or float type, in either byte order, contiguous or not.  NaN and infinities are left
            out; of colours the mean is taken, without alpha.
        saturation: Pixel value from which a pixel counts as saturated.  None: the largest of an 8 or 16 bit
            integer type, and for all others nobody knows.
        sent: The image as sent, if something was taken off it: there a pixel is saturated or not.  None for ``image``.

    Raises:
        RenderError: This is no picture.
    """
    check_image(image)
    return Analysis(image, saturation, image if sent is None else sent)


# Pixels that are counted at a time.
_PIECE = 1 << 20


class Analysis(Mapping[str, Value]):
    """
    The measures of one image by name, each computed when first asked for and then kept.  Not for two threads at once.

    ``x_profile`` and ``y_profile`` are float64 sums of shape [width] and [height]; ``intensity`` is their sum;
    ``min_value`` and ``max_value`` are pixel values; ``saturated`` counts pixels; ``histogram`` (int64 of shape [256])
    counts them by their grey level where those two are black and white; the rest is in pixels.  A measure is None
    where there is no honest number.
    """

    def __init__(self, image: Image, saturation: float | None, sent: Image) -> None:
        self._image = _lay_out(image)
        self._saturation, self._sent = saturation, sent
        self._found: dict[str, Value] = {}

    def __getitem__(self, name: str) -> Value:
        if name not in self._found:
            self._found.update(_MAKERS[name](self))
        return self._found[name]

    def __contains__(self, name: object) -> bool:
        return name in _MAKERS

    def __iter__(self) -> Iterator[str]:
        return iter(_MAKERS)

    def __len__(self) -> int:
        return len(_MAKERS)

    def _profile(self, side: str) -> Profile:
        profile = self[f"{side}_profile"]
        assert isinstance(profile, np.ndarray)
        return profile.astype(np.float64, copy=False)

    def _make_profiles(self) -> dict[str, Value]:
        with np.errstate(over="ignore", invalid="ignore"):
            x_profile, y_profile = _sum(self._image)
            if not (np.isfinite(x_profile).all() and np.isfinite(y_profile).all()):
                x_profile, y_profile = _sum(np.where(np.isfinite(self._image), self._image, 0))
        return {"x_profile": x_profile, "y_profile": y_profile}

    def _make_intensity(self) -> dict[str, Value]:
        with np.errstate(over="ignore", invalid="ignore"):
            return {"intensity": _number(self._profile("x").sum())}

    def _make_range(self) -> dict[str, Value]:
        found = _find_range(self._image)
        if not np.isfinite(found).all():
            found = _find_range(self._image[np.isfinite(self._image)])
        return dict(zip(("min_value", "max_value"), found or (None, None), strict=True))

    def _make_saturated(self) -> dict[str, Value]:
        image = _lay_out(self._sent)
        level, dtype = self._saturation, image.dtype
        if dtype.kind in "iu":
            if level is None and dtype.itemsize <= 2:
                level = np.iinfo(dtype.str).max
            level = level if level is None else ceil(level)
        if level is None:
            return {"saturated": None}
        with np.errstate(invalid="ignore"):
            over = np.greater_equal(image, level)
        if over.ndim == 3:  # any(axis=2) takes nine times as long
            over = over[:, :, 0] | over[:, :, 1] | over[:, :, 2]
        return {"saturated": int(np.count_nonzero(over))}

    def _make_histogram(self) -> dict[str, Value]:
        pixels = self._image.reshape(1, -1)
        if pixels.dtype.kind == "f":
            finite = np.isfinite(pixels)
            pixels = pixels if finite.all() else pixels[finite][None]
        if not pixels.size:
            return {"histogram": None}
        grey = to_8_bit(pixels, find_extremes(pixels)).ravel()
        # bincount makes eight bytes of each pixel for itself.
        pieces = (grey[start : start + _PIECE] for start in range(0, grey.size, _PIECE))
        return {"histogram": np.sum([np.bincount(piece, minlength=256) for piece in pieces], axis=0)}

    def _make_fwhm(self, side: str) -> dict[str, Value]:
        return {f"{side}_fwhm": find_fwhm(self._profile(side))}

    def _make_moments(self, side: str) -> dict[str, Value]:
        moments = find_moments(self._profile(side))
        centre, rms = (None, None) if moments is None else moments
        return {f"{side}_center_of_mass": centre, f"{side}_rms": rms}


_MAKERS: dict[str, Callable[[Analysis], dict[str, Value]]] = {
    "x_profile": Analysis._make_profiles,
    "y_profile": Analysis._make_profiles,
    "x_center_of_mass": lambda analysis: analysis._make_moments("x"),
    "y_center_of_mass": lambda analysis: analysis._make_moments("y"),
    "x_rms": lambda analysis: analysis._make_moments("x"),
    "y_rms": lambda analysis: analysis._make_moments("y"),
    "x_fwhm": lambda analysis: analysis._make_fwhm("x"),
    "y_fwhm": lambda analysis: analysis._make_fwhm("y"),
    "intensity": Analysis._make_intensity,
    "min_value": Analysis._make_range,
    "max_value": Analysis._make_range,
    "saturated": Analysis._make_saturated,
    "histogram": Analysis._make_histogram,
}

MEASURES = tuple(_MAKERS)
"""The names of all measures."""


def _lay_out(image: Image) -> Image:
    """Return grey or colours without alpha, contiguous, in this machine's byte order."""
    colours = image[:, :, :3] if image.ndim == 3 else image
    return np.ascontiguousarray(colours, image.dtype.newbyteorder("="))


def _sum(image: Image) -> tuple[Profile, Profile]:
    """Sum the columns and the rows: exact for integers below 2^53, whatever their type."""
    if image.ndim == 2:
        return image.sum(axis=0, dtype=np.float64), image.sum(axis=1, dtype=np.float64)
    height, width, colours = image.shape
    columns = image.reshape(height, -1).sum(axis=0, dtype=np.float64).reshape(width, colours).sum(axis=1)
    return columns / colours, image.reshape(height, -1).sum(axis=1, dtype=np.float64) / colours


@np.errstate(invalid="ignore")
def _find_range(pixels: Image) -> tuple[()] | tuple[bool | int | float, bool | int | float]:
    """Return the lowest and the highest value, NaN if there is one; nothing of nothing."""
    return (pixels.min().item(), pixels.max().item()) if pixels.size else ()


def _number(value: np.float64) -> float | None:
    return float(value) if np.isfinite(value) else None
