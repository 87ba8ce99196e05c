"""Levels: any image becomes visible, and no still picture flickers."""

from dataclasses import astuple
from functools import lru_cache
from math import log

import cv2
import numpy as np
import pytest

from mjpeg_viewer.imaging import Levels, make_leveller, render
from mjpeg_viewer.imaging.grey import to_8_bit
from mjpeg_viewer.imaging.levels import find_percentiles
from mjpeg_viewer.query import parse_rendition
from mjpeg_viewer.rendition import Rendition

RANDOM = np.random.default_rng(5)


@lru_cache(maxsize=4)
def shape_of_beam(height: int, width: int) -> np.ndarray:
    y, x = np.ogrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    return np.exp(-(x**2) / 0.1) * np.exp(-(y**2) / 0.1)


def beam(low: float, high: float, dtype: str, height: int = 240, width: int = 320) -> np.ndarray:
    """A spot over an even ground, with noise of 2 % of its range."""
    spot = shape_of_beam(height, width) + RANDOM.normal(0, 0.02, (height, width))
    values = low + (high - low) * np.clip(spot, 0, 1)
    return values.round().astype(dtype) if np.dtype(dtype).kind in "iu" else values.astype(dtype)


@pytest.mark.parametrize(
    ("low", "high", "dtype"),
    [
        (0, 44, "uint16"),  # recorded: a 16-bit camera that uses a sliver of its range
        (40_000, 40_100, "uint16"),
        (0, 65535, "uint16"),
        (10, 200, "uint8"),
        (-30_000, -29_900, "int16"),
        (0, 10**12, "int64"),
        (-1e-9, 1e-9, "float64"),
        (1e6, 1e6 + 50, "float32"),
    ],
)
def test_any_range_becomes_visible(low: float, high: float, dtype: str):
    """The picture that a viewer gets spans black to white, wherever in its type the image keeps itself."""
    image = beam(low, high, dtype)
    jpeg = render(image, Rendition(), make_leveller(Rendition()).follow(image, 0.0))
    seen = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_UNCHANGED)
    dark, bright = np.percentile(seen, (2, 98))
    assert dark < 30
    assert bright > 200
    assert seen.std() > 30


def test_hot_and_dead_pixels_do_not_decide():
    """A pixel in ten thousand at either end of the type leaves the picture as it is."""
    image = beam(1000, 2000, "uint16")
    clean = find_percentiles(image, 0.5, 99.5)
    image[10, ::40], image[20, ::40] = 65535, 0
    spoilt = find_percentiles(image, 0.5, 99.5)
    assert abs(spoilt.low - clean.low) < 30
    assert abs(spoilt.high - clean.high) < 100


def test_few_bright_pixels_on_an_even_ground_are_seen():
    """Where percentiles see one value alone, the rare ones are the picture."""
    image = np.zeros((200, 200), np.float32)
    image[::5, 100] = 0.001
    levels = find_percentiles(image, 0.5, 99.5)
    np.testing.assert_array_equal(to_8_bit(image, levels), np.where(image, 255, 0))


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((8, 9), np.uint16),
        np.full((8, 9), 65535, np.uint16),
        np.full((8, 9), -1e300),
        np.full((8, 9), 0.9350724237877682),  # of which a mean with itself may be another number
        np.full((8, 9), 2**63, np.uint64),
        np.full((8, 9), np.nan),
        np.full((8, 9), np.inf),
        np.full((8, 9), True),
    ],
    ids=["zero", "full", "large", "rounded", "uint64", "nan", "infinite", "bool"],
)
@pytest.mark.parametrize("mode", ["auto", "percentile", "minmax"])
def test_image_without_contrast_is_black(image: np.ndarray, mode: str):
    """Nothing to see is shown as nothing, without an error and without levels that no arithmetic can use."""
    levels = Levels(*follow(image, levels=mode))
    assert levels.low < levels.high
    if not np.isposinf(image).any():
        assert to_8_bit(image, levels).max() == 0


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (2, 2), (1000, 1300), (3000, 40), (8, 8, 3)])
def test_levels_of_a_sample_are_those_of_the_image(shape: tuple[int, ...]):
    """Only some pixels are looked at, and that is enough at any size and shape."""
    image = RANDOM.normal(100, 10, shape)
    levels = find_percentiles(image, 0.5, 99.5)
    assert image.min() <= levels.low < levels.high
    if image.size > 1000:
        exact = np.percentile(image, (0.5, 99.5))
        assert [levels.low, levels.high] == pytest.approx(exact, abs=3.0)


def test_sample_of_a_mosaic_has_all_its_pixels():
    """A colour sensor's pattern repeats every other pixel, a sensor's taps every fourth or eighth: none is missed."""
    for period in (2, 4, 8):
        image = np.full((1024, 1280), 1000, np.uint16)
        image[::period, 1::period] = 3000
        assert find_percentiles(image, 0.5, 99.5).high == 3000


@pytest.mark.parametrize("dtype", ["uint16", "int32", "float32", ">f8"])
@pytest.mark.parametrize(("height", "width"), [(480, 640), (1024, 1280), (2160, 2560)])
def test_levels_of_a_sample_are_within_two_per_cent_of_the_range(height: int, width: int, dtype: str):
    """Of a beam, and of noise alone, which is the worst that there is."""
    for values, ordered, (*exact, at_5, at_20, at_50, at_80) in sampled(
        height, width, whole=np.dtype(dtype).kind in "iu"
    ):
        image = values.astype(dtype)
        found = find_percentiles(image, 0.5, 99.5)
        assert [found.low, found.high] == pytest.approx(exact, abs=0.02 * np.ptp(exact))
        for percentage, right in ((5, at_5), (20, at_20), (50, at_50), (80, at_80)):
            below = np.searchsorted(ordered, [find_percentiles(image, percentage, 99.9).low, right])
            share, expected = below / ordered.size * 100
            assert share == pytest.approx(expected, abs=2)


@lru_cache(maxsize=2)
def sampled(height: int, width: int, whole: bool) -> list[tuple[np.ndarray, np.ndarray, list[float]]]:
    """Two images that all types can hold, whole numbers or float32; their values in order, and exact percentiles."""
    kind = "uint16" if whole else "float32"
    images = (
        beam(0, 3000, kind, height, width),
        np.random.default_rng(7).normal(1000, 100, (height, width)).astype(kind),
    )
    ordered = [np.sort(image, axis=None, kind="stable" if whole else None) for image in images]  # by radix, if whole
    wanted = np.array([0.5, 99.5, 5, 20, 50, 80])
    exact = [np.interp(wanted / 100 * (values.size - 1), np.arange(values.size), values).tolist() for values in ordered]
    return list(zip(images, ordered, exact, strict=True))


def follow(image: np.ndarray, **asked: str) -> tuple[float, float]:
    """The levels that somebody gets who asks for them in an URL."""
    levels = make_leveller(parse_rendition(asked)).follow(image, 0.0)
    return astuple(levels)


@pytest.mark.parametrize("dtype", ["bool", "uint8", ">u2", "int64", "float32", ">f8"])
def test_minmax_is_exact(dtype: str):
    """One pixel among a million is found, NaN and infinities are passed over."""
    image = np.zeros((1000, 1000), dtype)
    image[::2] = 1
    if image.dtype.kind != "b":
        image[501, 333], image[77, 2] = 100, 2
    if image.dtype.kind == "i":
        image[3, 3] = -50
    if image.dtype.kind == "f":
        image[5, 5], image[6, 6], image[7, 7], image[3, 3] = np.nan, np.inf, -np.inf, -50
    expected = {"b": (0, 1), "u": (0, 100)}.get(image.dtype.kind, (-50, 100))
    assert follow(image, levels="minmax") == expected


def test_minmax_survives_a_signalling_nan():
    """A bit pattern that traps, as a damaged message may hold, is one more NaN."""
    image = np.zeros((4, 4), np.float32)
    image.view(np.uint32)[1, 1] = 0x7F800001
    image[2, 2] = 5
    assert follow(image, levels="minmax") == (0.0, 5.0)


def test_percentile_is_each_images_own():
    """What came before leaves no trace, and the percentages are those asked for."""
    leveller = make_leveller(parse_rendition({"levels": "percentile", "low": "10", "high": "90"}))
    ramp = np.arange(10_000.0).reshape(100, 100)
    assert astuple(leveller.follow(ramp, 0.0)) == pytest.approx((999.9, 8999.1))
    assert astuple(leveller.follow(1.5 * ramp, 0.001)) == pytest.approx((1499.85, 13498.65))


def test_auto_takes_the_percentages_asked_for():
    """Smoothed or not, the first image has its own levels."""
    ramp = np.arange(10_000.0).reshape(100, 100)
    assert follow(ramp, low="10", high="90") == pytest.approx((999.9, 8999.1))


def test_fixed_levels_are_those_asked_for_whatever_the_image():
    """Two pictures can be compared, by whoever wants to."""
    leveller = make_leveller(parse_rendition({"levels": "fixed", "low": "-5", "high": "1e6"}))
    for image in (np.zeros((3, 4), np.uint8), np.full((3, 4), np.nan), np.zeros((3, 4, 4))):
        assert leveller.follow(image, 0.0) == Levels(-5.0, 1e6)


@pytest.mark.parametrize("mode", ["auto", "percentile", "minmax"])
def test_alpha_has_no_say(mode: str):
    """An opaque picture is not a bright one."""
    image = np.full((50, 50, 4), 65535, np.uint16)
    image[:, :, :3] = RANDOM.integers(0, 100, (50, 50, 3))
    assert follow(image, levels=mode)[1] < 100


def test_nan_and_infinities_do_not_move_levels():
    """They are left out of the counting."""
    image = beam(0, 100, "float64")
    expected = find_percentiles(image, 0.5, 99.5)
    image[::7, ::5], image[1::7, ::5] = np.nan, np.inf
    got = find_percentiles(image, 0.5, 99.5)
    assert (got.low, got.high) == pytest.approx((expected.low, expected.high), abs=5)


@pytest.mark.parametrize("dtype", ["uint16", "float32"])
def test_noise_does_not_move_levels(dtype: str):
    """In ten seconds of a still, noisy camera at 20 Hz the levels change a few times, by a few per cent at most."""
    auto = make_leveller(Rendition())
    applied = [auto.follow(beam(0, 44, dtype), number * 0.05) for number in range(200)]
    assert len(set(applied[20:])) <= 3
    span = applied[0].high - applied[0].low
    assert np.ptp([levels.low for levels in applied]) < 0.06 * span
    assert np.ptp([levels.high for levels in applied]) < 0.06 * span


@pytest.mark.parametrize("rate", [1, 10, 100])
def test_step_is_followed_within_two_seconds_at_any_rate(rate: int):
    """A camera twice as bright is shown right soon, yet not at once: the time counts, not the number of frames."""
    auto = make_leveller(Rendition())
    before = auto.follow(beam(0, 1000, "uint16"), 0.0)
    first = auto.follow(beam(0, 2000, "uint16"), 1 / rate)
    if rate > 1:
        assert first.high < before.high + 500
    for number in range(2, 2 * rate + 1):
        last = auto.follow(beam(0, 2000, "uint16"), number / rate)
    target = find_percentiles(beam(0, 2000, "uint16"), 0.5, 99.5)
    assert last.high == pytest.approx(target.high, rel=0.05)


def test_levels_move_without_jumps():
    """On its way to another brightness the picture changes little from frame to frame: it fades, and does not flash."""
    auto = make_leveller(Rendition())
    auto.follow(beam(0, 1000, "float64"), 0.0)
    highs = [auto.follow(beam(0, 2000, "float64"), number / 50).high for number in range(1, 100)]
    assert all(0 <= step < 60 for step in np.diff(highs))


@pytest.mark.parametrize(("low", "high"), [(5000, 6000), (0, 10)], ids=["brighter", "darker"])
def test_values_that_have_nothing_in_common_are_shown_at_once(low: float, high: float):
    """Another gain or another scene is no noise: no second of black or white picture."""
    auto = make_leveller(Rendition())
    auto.follow(beam(1000, 2000, "uint16"), 0.0)
    image = beam(low, high, "uint16")
    assert auto.follow(image, 0.01) == find_percentiles(image, 0.5, 99.5)


def test_another_type_is_shown_at_once():
    """A camera that switches from 16 to 8 bit is shown right from the first frame."""
    auto = make_leveller(Rendition())
    auto.follow(beam(0, 4000, "uint16"), 0.0)
    image = beam(0, 200, "uint8")
    assert auto.follow(image, 0.01) == find_percentiles(image, 0.5, 99.5)


def test_an_image_of_nothing_does_not_spoil_the_levels_for_good():
    """After frames of NaN alone, good ones are shown right within two seconds."""
    auto = make_leveller(Rendition())
    good = beam(0.1, 0.9, "float64")
    auto.follow(good, 0.0)
    auto.follow(np.full((8, 9), np.nan), 0.1)
    for number in range(20):
        levels = auto.follow(good, 0.2 + number / 10)
    assert levels.high == pytest.approx(find_percentiles(good, 0.5, 99.5).high, rel=0.02)


@pytest.mark.parametrize("time", [-1e9, 0.0, 1e18])
def test_a_clock_that_jumps_does_no_harm(time: float):
    """Clocks are set while a camera runs, both ways."""
    auto = make_leveller(Rendition())
    auto.follow(beam(0, 1000, "uint16"), 0.0)
    levels = auto.follow(beam(0, 1500, "uint16"), time)
    assert 800 < levels.high < 1600


@pytest.mark.parametrize("size", [1e9, 1e300, 1.7e308])
def test_frame_of_garbage_spoils_no_other(size: float):
    """A frame with values beyond all sense, its range perhaps no number, is shown as it may be, and forgotten."""
    auto = make_leveller(Rendition())
    good = beam(0, 1, "float64")
    before = auto.follow(good, 0.0)
    garbage = RANDOM.choice([-size, 0.3 * size, size], (100, 100))
    to_8_bit(garbage, auto.follow(garbage, 0.1))
    assert auto.follow(good, 0.2) == before


def test_image_that_is_even_but_for_rounding_has_levels():
    """Neighbouring float64 numbers, as a computed background has them, never make a range of nothing."""
    auto = make_leveller(Rendition())
    ulp = 2.0**-52
    auto.follow(np.array([[1 + ulp, 1 + 2 * ulp]] * 9), 0.0)
    # After the half-life each level falls right between two numbers, and both are rounded to the even one: 1 + 2 ulp.
    levels = auto.follow(np.array([[1 + 2 * ulp, 1 + 3 * ulp]] * 9), 0.5 * log(2))
    assert levels.low < levels.high
