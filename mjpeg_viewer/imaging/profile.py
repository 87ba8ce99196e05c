"""
Where the spot of a profile lies, and how wide it is, in pixels: 0 is the centre of the first.

The definitions are cam_server's (cam_server/pipeline/data_processing/functions.py: gauss_fit, get_fwhm), so that
numbers from here can be laid beside those from there; docs/analysis.md says where they part.  What has no honest
number is None.
"""

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Profile = NDArray[np.float64]

# Noise further away than this many sigmas would outweigh the spot; cam_server's number.
_REACH = 5.0

# A fit is done when a step changes the sum of squares by no more than this part of it.  Below, noise moves centre and
# sigma a thousand times as far as the steps that are left.
_TOLERANCE = 1e-6

# A sum of squares below this, of a profile from 0 to 1, is rounding.
_PERFECT = 1e-20

# A spot is found in 4 to 20 steps.  What is not found after these is noise, and should not cost more than a spot.
_MOST_STEPS = 50

# Of sigma, in pixels: a single bright pixel is fitted ever better by an ever narrower curve.
_NARROWEST = 1e-3


class Gaussian(NamedTuple):
    """offset + height exp(-(x - centre)² / 2 sigma²): x, centre and sigma in pixels."""

    offset: float
    height: float
    centre: float
    sigma: float


class Moments(NamedTuple):
    """Centre of mass and root mean square width, in pixels."""

    centre: float
    rms: float | None


def find_fwhm(profile: Profile) -> float | None:
    """
    Return the full width at half of the way from the profile's lowest value to its highest, interpolated.

    None for a constant profile, and where the profile does not fall to that half on both sides of its peak.
    """
    scaled = _normalise(profile)
    if scaled is None:
        return None
    peak = int(scaled.argmax())
    low = np.flatnonzero(scaled <= 0.5)
    after = int(np.searchsorted(low, peak))
    if after in (0, low.size):
        return None
    left, right = low[after - 1], low[after]
    begin = left + (0.5 - scaled[left]) / (scaled[left + 1] - scaled[left])
    end = right - (0.5 - scaled[right]) / (scaled[right - 1] - scaled[right])
    return float(end - begin)


def find_moments(profile: Profile) -> Moments | None:
    """
    Return centre of mass and rms of what stands above the fitted offset, within 5 sigmas of the fitted centre.

    None if there is no spot (see fit_gaussian).
    """
    scaled = _normalise(profile)
    spot = None if scaled is None else fit_gaussian(scaled)
    if scaled is None or spot is None:
        return None
    position = np.arange(scaled.size, dtype=np.float64)
    inside = np.abs(position - spot.centre) <= _REACH * spot.sigma
    position, weight = position[inside], scaled[inside] - spot.offset
    total = weight.sum()
    # Where noise has no sign, its mean may lie anywhere.
    if not total or not 0 <= (centre := (position * weight).sum() / total) < scaled.size:
        return None
    variance = ((position - centre) ** 2 * weight).sum() / total
    return Moments(float(centre), float(np.sqrt(variance)) if variance >= 0 else None)


def _normalise(profile: Profile) -> Profile | None:
    """Bring a profile onto 0..1, so that every number in between is of a size that can be squared."""
    if not profile.size:
        return None
    low, high = profile.min(), profile.max()
    with np.errstate(over="ignore", invalid="ignore"):
        span = high - low
        if not (np.isfinite(span) and span > 0):
            return None
        return np.asarray((profile - low) / span)


@np.errstate(over="ignore", invalid="ignore")
def fit_gaussian(scaled: Profile) -> Gaussian | None:
    """
    Fit a Gaussian on a constant offset to a profile from 0 to 1, by least squares.

    Levenberg's and Marquardt's method (J. SIAM 11, 431, 1963), from where cam_server starts it.  None if there is no
    spot: what fits best has its centre outside, is wider than the profile is long, or is not found.
    """
    position = np.arange(scaled.size, dtype=np.float64)
    sigma = max(float(np.trapezoid(scaled)) / np.sqrt(2 * np.pi), _NARROWEST)
    found = np.array([0.0, 1.0, float(scaled.argmax()), sigma])
    curve, slopes = _curve(found, position)
    error = curve - scaled
    damping = 1e-3
    for _ in range(_MOST_STEPS):
        normal = slopes @ slopes.T
        normal.flat[::5] *= 1 + damping
        try:
            step = np.linalg.solve(normal, -slopes @ error)
        except np.linalg.LinAlgError:  # a parameter that changes nothing
            return None
        trial = found + step
        trial[3] = max(abs(trial[3]), _NARROWEST)
        curve, trial_slopes = _curve(trial, position)
        trial_error = curve - scaled
        before, after = error @ error, trial_error @ trial_error
        done = abs(after - before) <= _TOLERANCE * before or before <= _PERFECT
        if after <= before:
            found, error, slopes = trial, trial_error, trial_slopes
            damping /= 10
        else:
            damping *= 10
        if done:
            spot = Gaussian(*found.tolist())
            return spot if 0 <= spot.centre <= scaled.size - 1 and spot.sigma <= scaled.size else None
    return None


def _curve(parameters: Profile, position: Profile) -> tuple[Profile, Profile]:
    """Return a Gaussian, and its slopes by each of its parameters, of shape [4, length]."""
    offset, height, centre, sigma = parameters
    distance = (position - centre) / sigma
    bell = np.exp(-0.5 * distance * distance)
    by_centre = (height / sigma) * distance * bell
    return offset + height * bell, np.stack([np.ones_like(bell), bell, by_centre, by_centre * distance])
