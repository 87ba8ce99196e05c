"""Spots are found where they were put, and nowhere else."""

from functools import lru_cache

import numpy as np
import pytest

from mjpeg_viewer.imaging.spot import find_spot


def put_spot(
    height: int = 480,
    width: int = 640,
    centre: tuple[float, float] = (390.3, 210.8),
    sigmas: tuple[float, float] = (40.0, 20.0),
    tilt: float = 0.5,
    peak: float = 3000,
    ground: float = 200,
    noise: float = 10,
    seed: int = 5,
) -> np.ndarray:
    """A Gaussian, its longer axis tilted clockwise by so many radians, on an even ground with noise."""
    # Ten sigmas away a Gaussian is nothing that a float64 could add to the ground.
    reach = 10 * max(sigmas)
    left, top = (max(0, int(middle - reach)) for middle in centre)
    right, bottom = (int(middle + reach) + 1 for middle in centre)
    y, x = np.ogrid[float(top) : min(bottom, height), float(left) : min(right, width)]
    x, y = x - centre[0], y - centre[1]
    along, across = np.cos(tilt) * x + np.sin(tilt) * y, np.cos(tilt) * y - np.sin(tilt) * x
    image = ground + noise * random_numbers(seed, height, width) if noise else np.full((height, width), float(ground))
    image[top:bottom, left:right] += peak * np.exp(-0.5 * ((along / sigmas[0]) ** 2 + (across / sigmas[1]) ** 2))
    return image


@lru_cache(maxsize=4)
def random_numbers(seed: int, height: int, width: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((height, width))


@pytest.mark.parametrize("tilt", [0, 0.5, np.pi / 2, 2.5])
@pytest.mark.parametrize(
    ("height", "width", "sigmas"),
    [(480, 640, (40, 20)), (480, 640, (3, 1.5)), (1024, 1280, (90, 30)), (2160, 2560, (4, 2)), (90, 120, (9, 5))],
    ids=str,
)
def test_centre_is_found_within_a_tenth_of_a_pixel(height: int, width: int, sigmas: tuple[float, float], tilt: float):
    """The brief of a centroid: wherever it is, however small; and widths and tilt to a few per cent."""
    centre = 0.55 * width + 0.3, 0.48 * height + 0.2
    image = put_spot(height, width, centre, sigmas, tilt).astype(np.uint16)
    spot = find_spot(image)
    assert spot is not None
    assert abs(spot.x - centre[0]) < 0.1
    assert abs(spot.y - centre[1]) < 0.1
    turn = np.array([[np.cos(tilt), -np.sin(tilt)], [np.sin(tilt), np.cos(tilt)]])
    expected = turn @ np.diag(np.square(sigmas)) @ turn.T
    found = [[spot.variance_x, spot.covariance], [spot.covariance, spot.variance_y]]
    np.testing.assert_allclose(found, expected, atol=0.06 * sigmas[0] ** 2)


def test_outline_is_one_sigma_from_the_centre():
    """At every point of it, the Gaussian has fallen to exp(-1/2) of its peak."""
    image = put_spot(noise=0)
    spot = find_spot(image)
    assert spot is not None
    for x, y in spot.outline():
        assert image[round(y), round(x)] - 200 == pytest.approx(3000 * np.exp(-0.5), rel=0.06)


@pytest.mark.parametrize("dtype", ["uint8", "int8", ">u2", "<i4", "uint64", "float32", ">f8", "bool"])
def test_every_type_is_measured(dtype: str):
    """In either byte order, and not contiguous."""
    peak = {"uint8": 200, "int8": 100, "bool": 0.8}.get(dtype, 3000)
    image = put_spot(peak=peak, ground=0, noise=0)
    image = image > 0.4 if dtype == "bool" else image.astype(dtype)
    spot = find_spot(np.asfortranarray(image)[::1, ::-1])
    assert spot is not None
    assert (spot.x, spot.y) == pytest.approx((639 - 390.3, 210.8), abs=0.1)


def test_colours_are_measured_together():
    """The mean of red, green and blue, without alpha."""
    alone = put_spot(noise=0)
    none = np.full_like(alone, 200)
    spot = find_spot(np.stack([none, alone, none, none[::-1] * 9], axis=2))
    assert spot is not None
    assert (spot.x, spot.y) == pytest.approx((390.3, 210.8), abs=0.1)


def test_broken_pixels_move_nothing():
    """NaN and infinities are left out; dead and hot pixels far from the spot are, too."""
    image = put_spot()
    image[10, 10:600] = np.nan
    image[:, 3] = np.inf
    image[5, 5] = -np.inf
    image[400:402, 50:52] = 3000
    spot = find_spot(image)
    assert spot is not None
    assert (spot.x, spot.y) == pytest.approx((390.3, 210.8), abs=0.2)


def test_a_spot_that_is_lost_in_each_pixels_noise_is_found():
    """Twice the noise at its peak, and a hundred thousand pixels large."""
    spot = find_spot(put_spot(1024, 1280, (700, 500), (100, 60), 0.4, peak=60, noise=30))
    assert spot is not None
    assert (spot.x, spot.y) == pytest.approx((700, 500), abs=10)


def test_a_spot_that_is_lost_in_the_noise_of_means_is_found():
    """Half the noise at its peak: it shows only where hundreds of pixels are taken together."""
    widths = []
    for seed in range(12):
        spot = find_spot(put_spot(1024, 1280, (700, 500), (100, 60), 0, peak=15, noise=30, seed=seed))
        assert spot is not None
        assert (spot.x, spot.y) == pytest.approx((700, 500), abs=40)
        widths.append((spot.variance_x**0.5, spot.variance_y**0.5))
    assert np.std(widths, axis=0) == pytest.approx(0, abs=18)


@pytest.mark.parametrize("shape", [(1, 1), (1, 500), (500, 1), (3, 3), (480, 640), (1024, 1280)], ids=str)
@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float64", "float32"])
def test_where_nothing_stands_out_there_is_no_spot(shape: tuple[int, int], dtype: str):
    """A constant image, whatever its value and its rounding, and one of noise that has no shape."""
    for value in (0, 1, 200):
        assert find_spot(np.full(shape, value, dtype)) is None
    if min(shape) > 100:
        noise = np.random.default_rng(7).normal(100, 10, shape).astype(dtype)
        assert find_spot(np.random.default_rng(7).poisson(0.5, shape).astype(dtype)) is None
        assert find_spot(noise) is None
        noise[shape[0] // 3, shape[1] // 3] += 200 if dtype != "uint8" else 100
        assert find_spot(noise) is None, "one warm pixel is no spot"


def test_what_is_all_over_the_image_is_no_spot():
    """A picture that is lit everywhere but at its edges has no centre that anybody means."""
    image = np.zeros((480, 640), np.uint16)
    image[3:-3, 3:-3] = 1000
    assert find_spot(image) is None


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e308, -1e308, 0.1, 60000.3])
def test_values_that_cannot_be_squared_are_survived(value: float):
    """Nothing is found, and nothing warns."""
    image = np.full((50, 60), value)
    assert find_spot(image) is None
    image[20:30, 20:30] = 0
    find_spot(image)


def test_a_single_bright_pixel_is_a_spot():
    """Of no width but its own."""
    image = np.zeros((50, 60), np.uint16)
    image[20, 31] = 9
    spot = find_spot(image)
    assert spot is not None
    assert (spot.x, spot.y, spot.variance_x, spot.variance_y, spot.covariance) == (31, 20, 0, 0, 0)
