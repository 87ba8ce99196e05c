"""
Where the bright spot of an image is, how large, and how it is tilted: its first and second moments.

The moments are those of ISO 11146, taken as ISO 11146-3 advises: of what stands above the background, inside a box
around the spot that is found by repetition, for far from the spot noise would outweigh it.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from mjpeg_viewer.frame import Image
from mjpeg_viewer.imaging.bins import Bins, Box, Floats, average, put_in_bins, to_floats

# The box reaches so many sigmas from the centre: a Gaussian loses a thousandth of its width, and noise has little room.
_REACH = 4.0

# A box of fewer bins than this is looked at more closely.  Of 48 bins, 8 sigmas wide, a bin's own width adds 1/432 to
# the variance.
_FEW = 48

# Wider bins, in which a spot shows that is wide and lost in each pixel's noise.
_FACTOR = 8

# A box settles within 2 to 5 rounds; around a spot that is hardly brighter than its noise it may wander for ever, by a
# few hundredths of its size.
_MOST_ROUNDS = 8

# What stands out from noise by less, in standard deviations, is not a spot: of 65536 bins of noise none will.
_SIGNIFICANT = 5.0

# What is spread over the image by more than this part of its sides is no spot: an even image has 0.29.
_WIDEST = 0.25

# A mean of float32 is not more exact than this part of itself.
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Spot:
    """
    A spot, in pixels of the image it was found in; a whole number is a pixel's centre, (0, 0) the top left.

    Args:
        x: Its centre of mass.
        y: Likewise.
        variance_x: Its second moment about the centre along the rows; the root is the rms width.
        variance_y: Likewise along the columns.
        covariance: Its mixed moment; positive if the spot is tilted from top left to bottom right.
    """

    x: float
    y: float
    variance_x: float
    variance_y: float
    covariance: float

    def outline(self, count: int = 72) -> Floats:
        """Return points on its 1-sigma ellipse, of shape [count, (x, y)]."""
        covariance = np.array([[self.variance_x, self.covariance], [self.covariance, self.variance_y]])
        variances, axes = np.linalg.eigh(covariance)
        angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
        circle = np.stack([np.cos(angle), np.sin(angle)])
        ellipse = (axes * np.sqrt(np.maximum(variances, 0))) @ circle
        return np.asarray(ellipse.T + np.array([self.x, self.y]))


def find_spot(image: Image) -> Spot | None:
    """
    Find the spot of an image.

    The background is the mean of all outside the spot's box; of the image's edges, where that is more.

    Args:
        image: Pixels of shape [height, width], or [height, width, 3 or 4], of which the mean of red, green and blue
            counts; of bool or any integer or float type.  NaN and infinities count as the usual.

    Returns:
        The spot, all of which lies in the image or is taken for its whole; None if nothing stands out.
    """
    pixels = to_floats(image)
    whole = Box(0, 0, pixels.shape[1], pixels.shape[0])
    overview = put_in_bins(pixels, whole)
    ground = _Ground(overview)
    found = _find_seed(overview, ground)
    box = whole
    for _ in range(_MOST_ROUNDS):
        if found is None:
            return None
        before, box = box, _around(found, whole)
        if _near(box, before):
            break
        bins = overview.cut(box)
        if min(bins.means.shape) < _FEW and bins.width * bins.height > 1:
            bins = put_in_bins(pixels, box)
        found = _find_moments(bins, ground.subtract(bins, box))
    if found is None:
        return None
    everywhere = sqrt(found.variance_x) > _WIDEST * whole.right and sqrt(found.variance_y) > _WIDEST * whole.bottom
    return None if everywhere else found


class _Ground:
    """What an image is like where its spot is not."""

    def __init__(self, overview: Bins) -> None:
        means = overview.means
        edge = np.concatenate([means[0], means[-1], means[1:-1, 0], means[1:-1, -1]])
        lower, upper = np.percentile(edge, (25, 75))
        reach = 3 * (upper - lower)  # Tukey's outer fences: what lies beyond is far out
        self._overview = overview
        usual = edge[(edge >= lower - reach) & (edge <= upper + reach)]
        self.mean = float(usual.mean())
        self.noise = max(float(usual.std()), _ROUNDING * abs(self.mean))
        self._count = usual.size

    def subtract(self, bins: Bins, box: Box) -> Floats:
        """Return what stands above the mean outside a box; zeros if it is so little that noise can be the reason."""
        outside = np.ones(self._overview.means.shape, np.bool_)
        outside[self._overview.slices(box)] = False
        mean, count = self.mean, int(np.count_nonzero(outside))
        if count > self._count:
            mean = float(self._overview.means[outside].mean())
        above = bins.means - mean
        # In units of the overview's bins: the noise of the sum, and that of the mean which is subtracted.
        share = bins.width * bins.height / (self._overview.width * self._overview.height)
        size = above.size * share
        noise = self.noise * sqrt(size + size * size / max(count, self._count))
        seen = above.sum() * share > _SIGNIFICANT * noise + _ROUNDING * abs(mean) * size
        return above if seen else np.zeros_like(above)


def _find_seed(overview: Bins, ground: _Ground) -> Spot | None:
    """Find roughly where a spot is: by what stands out from the noise of wide bins, or of a narrow one."""
    above = overview.means - ground.mean
    rows, columns = min(_FACTOR, above.shape[0]), min(_FACTOR, above.shape[1])
    wide = average(above, rows, columns)
    wide = np.where(wide > _SIGNIFICANT * ground.noise / sqrt(rows * columns), wide, 0)
    if wide.any():
        seen = np.zeros_like(above)
        spread = np.kron(wide, np.ones((rows, columns)))
        seen[: spread.shape[0], : spread.shape[1]] = spread
    else:
        seen = np.where(above > _SIGNIFICANT * ground.noise, above, 0)
    return _find_moments(overview, seen)


def _find_moments(bins: Bins, weight: Floats) -> Spot | None:
    total = weight.sum()
    if not (np.isfinite(total) and total > 0):
        return None
    rows, columns = weight.shape
    x = bins.left + (np.arange(columns) + 0.5) * bins.width - 0.5
    y = bins.top + (np.arange(rows) + 0.5) * bins.height - 0.5
    across, down = weight.sum(axis=0) / total, weight.sum(axis=1) / total
    centre_x, centre_y = float(across @ x), float(down @ y)
    if not (x[0] <= centre_x <= x[-1] and y[0] <= centre_y <= y[-1]):
        return None
    x, y = x - centre_x, y - centre_y
    variance_x, variance_y = max(0.0, float(across @ (x * x))), max(0.0, float(down @ (y * y)))
    return Spot(centre_x, centre_y, variance_x, variance_y, float(y @ weight @ x / total))


def _around(spot: Spot, whole: Box) -> Box:
    # At least three pixels to each side, for a spot of a single one.
    reach_x = max(3.0, _REACH * sqrt(spot.variance_x))
    reach_y = max(3.0, _REACH * sqrt(spot.variance_y))
    return Box(
        max(whole.left, round(spot.x - reach_x)),
        max(whole.top, round(spot.y - reach_y)),
        min(whole.right, round(spot.x + reach_x) + 1),
        min(whole.bottom, round(spot.y + reach_y) + 1),
    )


def _near(box: Box, other: Box) -> bool:
    """Say whether two boxes differ by less than what could matter: a pixel, and a 100th of their size."""
    allowed = 1 + (box.right - box.left) / 100, 1 + (box.bottom - box.top) / 100
    return all(abs(a - b) <= most for a, b, most in zip(box, other, allowed * 2, strict=True))
