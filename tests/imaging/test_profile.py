"""Where a spot lies and how wide it is, against its own truth and against the definitions taken word by word."""

from math import exp, log, sqrt

import numpy as np
import pytest

from mjpeg_viewer.imaging.profile import Gaussian, find_fwhm, find_moments, fit_gaussian

FWHM_OF_SIGMA = 2 * sqrt(2 * log(2))


def gaussian(length: int, centre: float, sigma: float, height: float = 1.0, offset: float = 0.0) -> np.ndarray:
    """One value at a time."""
    return np.array([offset + height * exp(-((x - centre) ** 2) / (2 * sigma**2)) for x in range(length)])


def fit(profile: np.ndarray) -> Gaussian | None:
    """Fit a profile, whatever its values."""
    low, span = profile.min(), profile.max() - profile.min()
    scaled = fit_gaussian((profile - low) / span)
    return scaled and Gaussian(low + span * scaled.offset, span * scaled.height, scaled.centre, scaled.sigma)


def noisy(seed: int) -> np.ndarray:
    """A beam as a camera sees it: on an offset, with noise."""
    random = np.random.default_rng(seed)
    length = int(random.integers(200, 1500))
    centre, sigma = length * random.uniform(0.3, 0.7), length * random.uniform(0.03, 0.1)
    return gaussian(length, centre, sigma, 5000, 20000) + random.normal(0, 40, length)


@pytest.mark.parametrize(
    ("length", "centre", "sigma"), [(640, 320.5, 51.2), (640, 100.0, 8.0), (2560, 2100.25, 60.0), (100, 50.0, 2.5)]
)
@pytest.mark.parametrize(("height", "offset"), [(1.0, 0.0), (3e5, 1e7), (1e-290, 0.0), (1e290, -1e289), (2.0**62, 0)])
def test_clean_spot_has_its_own_numbers(length: int, centre: float, sigma: float, height: float, offset: float):
    """Centre, sigma and width of a drawn Gaussian come back, however bright it is and on whatever it stands."""
    profile = gaussian(length, centre, sigma, height, offset)
    found = fit(profile)
    assert found is not None
    assert (found.centre, found.sigma) == pytest.approx((centre, sigma), abs=1e-4)
    assert (found.height, found.offset) == pytest.approx((height, offset), rel=1e-6, abs=height * 1e-6)
    moments = find_moments(profile)
    assert moments is not None
    # Beyond five sigmas lie 1.5e-5 of the variance.
    assert moments == pytest.approx((centre, sigma), rel=1e-4)
    # Straight lines between the pixels differ by the curve's bend between two of them.
    assert find_fwhm(profile) == pytest.approx(FWHM_OF_SIGMA * sigma, abs=0.5 / sigma)


@pytest.mark.parametrize("seed", range(10))
def test_fit_is_the_least_sum_of_squares(seed: int):
    """No parameter can be moved either way without a worse found."""
    profile = noisy(seed)
    found = fit(profile)
    assert found is not None

    def misfit(offset: float, height: float, centre: float, sigma: float) -> float:
        return float(((gaussian(len(profile), centre, sigma, height, offset) - profile) ** 2).sum())

    least = misfit(*found)
    for index, nudge in enumerate((1.0, 5.0, found.sigma / 200, found.sigma / 200)):
        for sign in (-1, 1):
            moved = list(found)
            moved[index] += sign * nudge
            assert misfit(*moved) > least


@pytest.mark.parametrize("seed", range(10))
def test_moments_are_those_above_the_fitted_offset_within_five_sigmas(seed: int):
    """Centre of mass and rms as cam_server has them, summed one pixel at a time."""
    profile = noisy(seed)
    found = fit(profile)
    assert found is not None
    near = [x for x in range(len(profile)) if abs(x - found.centre) <= 5 * found.sigma]
    mass = sum(profile[x] - found.offset for x in near)
    centre = sum(x * (profile[x] - found.offset) for x in near) / mass
    variance = sum((x - centre) ** 2 * (profile[x] - found.offset) for x in near) / mass
    assert find_moments(profile) == pytest.approx((centre, sqrt(variance)), rel=1e-6)


@pytest.mark.parametrize("seed", range(10))
def test_fwhm_is_the_way_between_the_halves(seed: int):
    """From the peak outwards to the first pixels at or below half, and back along a straight line."""
    profile = noisy(seed)
    half = profile.min() + (profile.max() - profile.min()) / 2
    left = right = peak = int(profile.argmax())
    while profile[left] > half:
        left -= 1
    while profile[right] > half:
        right += 1
    begin = left + (half - profile[left]) / (profile[left + 1] - profile[left])
    end = right - (half - profile[right]) / (profile[right - 1] - profile[right])
    assert left < peak < right
    assert find_fwhm(profile) == pytest.approx(end - begin, rel=1e-9)


def test_spot_that_moved_measures_the_same():
    """The same spot elsewhere has the same width, and a centre that moved as much; where pixel 0 is does not matter."""
    profile = gaussian(1000, 300, 20, 50, 300) + np.random.default_rng(1).normal(0, 3, 1000)
    here, there = find_moments(profile), find_moments(np.roll(profile, 400))
    assert here is not None
    assert there is not None
    assert there.centre - here.centre == pytest.approx(400, abs=1e-4)
    assert there.rms == pytest.approx(here.rms, rel=1e-4)


def test_single_bright_pixel_is_a_spot_without_width():
    """A hot pixel on black is where it is."""
    profile = np.zeros(50)
    profile[20] = 9.0
    moments = find_moments(profile)
    assert moments == pytest.approx((20, 0), abs=1e-6)
    assert find_fwhm(profile) == pytest.approx(1.0)


def test_hot_pixel_among_noise_is_nowhere_else():
    """It has no sigma that pixels beside it could tell, so it is no spot, or one at its own place without width."""
    found = 0
    for seed in range(40):
        profile = np.random.default_rng(seed).normal(100, 1, 200)
        profile[77] = 5000
        moments = find_moments(profile)
        assert moments in (None, pytest.approx((77, 0), abs=0.05))
        found += moments is not None
    assert found > 20


NO_SPOT = {
    "empty": np.zeros(0),
    "one pixel": np.ones(1),
    "dark": np.zeros(100),
    "constant": np.full(100, 7.5),
    "ramp": np.arange(100.0),
    "endless": np.full(100, np.inf),
    "endless among numbers": np.append(np.ones(99), np.inf),
    "wider than a number": np.append(np.full(99, -1.7e308), 1.7e308),
    "not a number": np.full(100, np.nan),
}


@pytest.mark.parametrize("profile", NO_SPOT.values(), ids=NO_SPOT)
def test_where_is_no_spot_are_no_numbers(profile: np.ndarray):
    """Neither a zero nor a warning: nothing."""
    assert (find_moments(profile), find_fwhm(profile)) == (None, None)


@pytest.mark.parametrize("length", [2, 3, 4, 5])
def test_profiles_of_a_few_pixels_raise_nothing(length: int):
    """Four numbers cannot be fitted to two; what comes is None, or lies inside."""
    for number in range(3**length):
        moments = find_moments(np.array([float(number // 3**place % 3) for place in range(length)]))
        assert moments is None or 0 <= moments.centre < length


def test_spot_that_the_edge_cuts_off_has_no_fwhm():
    """The half on the other side is not in the picture, and no line is drawn out to it."""
    for centre in (3, 96):
        assert find_fwhm(gaussian(100, centre, 10)) is None
    assert find_fwhm(gaussian(100, 12, 10)) == pytest.approx(FWHM_OF_SIGMA * 10, rel=1e-2)


def test_noise_ends():
    """Where there is only noise, the search for a spot ends; what it finds lies inside."""
    random = np.random.default_rng(5)
    for _ in range(50):
        found = fit(random.normal(100, 10, 300))
        assert found is None or (0 <= found.centre <= 299 and 0 < found.sigma <= 300)
