"""Pixels of any type to 8 bit, against plain float64 arithmetic."""

from collections.abc import Callable

import numpy as np
import pytest

from mjpeg_viewer.imaging.grey import to_8_bit
from mjpeg_viewer.imaging.levels import Levels
from mjpeg_viewer.rendition import Norm

INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]
FLOATS = ["float16", "float32", "float64"]

LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "contiguous": lambda image: image,
    "every second column": lambda image: np.repeat(image, 2, axis=1)[:, ::2],
    "upside down": lambda image: image[::-1].copy()[::-1],
    "transposed": lambda image: image.swapaxes(0, 1).copy().swapaxes(0, 1),
    "read-only": lambda image: np.frombuffer(image.tobytes(), image.dtype).reshape(image.shape),
    "unaligned": lambda image: np.frombuffer(b"x" + image.tobytes(), image.dtype, offset=1).reshape(image.shape),
}


CURVES: dict[Norm, Callable[[np.ndarray], np.ndarray]] = {
    "linear": lambda t: t,
    "sqrt": np.sqrt,
    "log": lambda t: np.log(1000 * t + 1) / np.log(1001),
}


def reference(image: np.ndarray, levels: Levels, norm: Norm = "linear") -> np.ndarray:
    """What each grey value should be, not rounded."""
    wide = image.astype(np.longdouble)
    t = np.clip((wide - levels.low) / (np.longdouble(levels.high) - levels.low), 0, 1)
    return 255 * CURVES[norm](np.where(np.isnan(t), 0, t).astype(np.float64))


def picture(dtype: str, *shape: int) -> np.ndarray:
    """The whole range of a type, its ends included."""
    random = np.random.default_rng(3)
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return random.normal(0, 1000, shape).astype(kind)
    ends = np.iinfo(kind)
    image = random.integers(ends.min, ends.max, shape, kind, endpoint=True)
    image.flat[0], image.flat[1] = ends.min, ends.max
    return image


def assert_same(got: np.ndarray, expected: np.ndarray) -> None:
    assert got.dtype == np.uint8
    assert got.shape == expected.shape
    assert got.flags.c_contiguous
    # The nearest grey level, but for what float32 computes with 24 bits.
    assert np.abs(got - expected).max() <= 0.5 + 0.01


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])
@pytest.mark.parametrize("dtype", INTEGERS + FLOATS)
def test_every_type_is_mapped_as_plain_arithmetic_has_it(dtype: str, order: str, layout: str):
    """However the pixels lie in memory, each grey value is the nearest one, and the image is left as it was."""
    kind = np.dtype(dtype).newbyteorder(order)
    image = LAYOUTS[layout](picture(dtype, 37, 53).astype(kind))
    before = image.copy()
    low, high = np.percentile(image.astype(np.float64), (10, 90))
    levels = Levels(float(low), float(high))
    grey = to_8_bit(image, levels)
    assert_same(grey, reference(image, levels))
    assert (grey.min(), grey.max()) == (0, 255)
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])
@pytest.mark.parametrize("norm", CURVES)
@pytest.mark.parametrize("dtype", ["bool", *INTEGERS, *FLOATS])
def test_every_curve_is_within_a_grey_level_of_its_definition(dtype: str, norm: Norm, order: str):
    """Whatever part of its range the type uses, and wherever the levels lie in it, below zero too."""
    random = np.random.default_rng(9)
    kind = np.dtype(dtype).newbyteorder(order)
    for digits in range(0, 18, 2):
        if kind.kind == "f":
            size = 10.0 ** min(digits - 6, 4 if kind.itemsize == 2 else 12)
            image = random.normal(random.choice([0, size, -100 * size]), size, (40, 50)).clip(-6e4, 6e4).astype(kind)
            image.flat[:3] = np.nan, np.inf, -np.inf
        elif kind.kind == "b":
            image = random.random((40, 50)) < 0.5
        else:
            image = (picture(dtype, 40, 50) // min(10**digits, np.iinfo(kind).max)).astype(kind)
        low, high = random.choice(image.ravel()[3:], 2).astype(np.float64) + random.uniform(-0.5, 0.5, 2)
        levels = Levels(float(min(low, high)), float(max(low, high)))
        assert np.abs(to_8_bit(image, levels, norm) - reference(image, levels, norm)).max() <= 1


@pytest.mark.parametrize("dtype", ["int16", "uint16", "int32", "float32", "float64"])
def test_every_range_is_within_a_grey_level(dtype: str):
    """From a few counts to thousands, and with a black level that no pixel has."""
    image = np.arange(4000).astype(dtype)[np.newaxis]
    for span in (1, 5, 30, 100, 255, 300, 511, 512, 600, 2000):
        levels = Levels(1000.1, 1000.1 + span)
        assert np.abs(to_8_bit(image, levels) - reference(image, levels)).max() <= 1


@pytest.mark.parametrize("norm", CURVES)
@pytest.mark.parametrize("dtype", ["uint16", "float32", "float64"])
def test_ends_of_every_curve_are_black_and_white(dtype: str, norm: Norm):
    """Zero and what is negative have a value, as white has, and the curve never falls on the way."""
    image = np.arange(-100, 1100).clip(0 if dtype == "uint16" else None).astype(dtype)[np.newaxis]
    grey = to_8_bit(image, Levels(0.0, 1000.0), norm)[0]
    assert not grey[:101].any()
    assert (grey[1100:] == 255).all()
    assert (np.diff(grey.astype(int)) >= 0).all()


@pytest.mark.parametrize(
    "shape", [(1, 1), (4, 1), (1, 4), (4, 4), (1, 1, 3), (5, 1, 3), (2, 2, 3), (4, 1, 3), (3, 4, 4)]
)
@pytest.mark.parametrize("dtype", ["int16", "uint16", "int32", "float32", "float64"])
def test_no_shape_is_taken_for_something_else(dtype: str, shape: tuple[int, ...]):
    """Of four rows, or of three colours, OpenCV would compare each with a number of its own."""
    image = np.full(shape, 100).astype(dtype)
    np.testing.assert_array_equal(to_8_bit(image, Levels(500.0, 2000.0)), np.zeros(shape))
    np.testing.assert_array_equal(to_8_bit(image, Levels(-1900.0, 100.0)), np.full(shape, 255))


@pytest.mark.parametrize(("low", "high"), [(-1e300, 1e300), (1e6, 1e7), (-1e7, -1e6), (-1e10, 4e10), (-40000, 70000)])
@pytest.mark.parametrize("dtype", [*INTEGERS, "float32", "float64"])
def test_levels_outside_the_type_are_honoured(dtype: str, low: float, high: float):
    """Somebody who compares two cameras asks for the levels of the other one."""
    image, levels = picture(dtype, 20, 30), Levels(low, high)
    assert np.abs(to_8_bit(image, levels) - reference(image, levels)).max() <= 1


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
def test_colour_keeps_its_channels(dtype: str):
    """Each colour is mapped by the same levels, in its place."""
    image = picture(dtype, 31, 17, 3)
    levels = Levels(float(image.min()), float(image.max()))
    assert_same(to_8_bit(image, levels), reference(image, levels))


def test_true_is_white():
    """A mask is shown black and white, whatever bytes numpy keeps it in."""
    mask = np.random.default_rng(4).random((9, 11)) < 0.5
    np.testing.assert_array_equal(to_8_bit(mask, Levels(0.0, 1.0)), np.where(mask, 255, 0))


@pytest.mark.parametrize("dtype", FLOATS)
def test_nan_is_black_and_infinity_is_white(dtype: str):
    """No value of a float is without a grey, and none disturbs its neighbours."""
    image = np.array([[np.nan, np.inf, -np.inf], [0, 5, 10]] * 20, dtype)
    expected = np.array([[0, 255, 0], [0, 128, 255]] * 20)
    np.testing.assert_array_equal(to_8_bit(image, Levels(0.0, 10.0)), expected)
    for norm in ("sqrt", "log"):
        np.testing.assert_array_equal(to_8_bit(image, Levels(0.0, 10.0), norm) == 255, expected == 255)
        np.testing.assert_array_equal(to_8_bit(image, Levels(0.0, 10.0), norm) == 0, expected == 0)


@pytest.mark.parametrize(
    ("dtype", "base", "step"),
    [("int64", 2**53, 1000), ("int64", -(2**62), 2**20), ("uint64", 2**63, 2**20), ("float64", 1e300, 1e290)],
)
def test_numbers_beyond_2_to_53_keep_their_differences(dtype: str, base: float, step: float):
    """Large offsets, as of profiles and time stamps, do not swallow what stands on them."""
    image = (np.arange(256).reshape(16, 16).astype(dtype) * np.dtype(dtype).type(step)) + np.dtype(dtype).type(base)
    levels = Levels(float(image[0, 0]), float(image[-1, -1]))
    assert np.abs(to_8_bit(image, levels) - np.arange(256.0).reshape(16, 16)).max() <= 1


@pytest.mark.parametrize("levels", [Levels(-1e308, 1e308), Levels(0.0, 5e-324), Levels(-np.inf, np.inf)], ids=str)
def test_levels_at_the_ends_of_what_a_float_can_hold_raise_nothing(levels: Levels):
    """What comes out is some picture; what must not come is a warning per frame, or an end."""
    image = np.array([[0, 5e-324, -1e308], [1e308, np.nan, np.inf]])
    assert to_8_bit(image, levels).shape == image.shape


def test_levels_between_two_pixel_values_are_honoured():
    """Levels are numbers of their own, no pixel values: halves count."""
    image = np.array([[0, 1, 2]], np.uint16)
    np.testing.assert_array_equal(to_8_bit(image, Levels(0.5, 1.5)), [[0, 128, 255]])


def test_tables_of_types_of_one_size_are_kept_apart():
    """-1 and 65535 have the same bytes and other greys, whichever was shown first."""
    levels = Levels(0.0, 65535.0)
    ones = np.full((2, 2), 0xFFFF, np.uint16)
    assert to_8_bit(ones, levels).max() == 255
    assert to_8_bit(ones.view(np.int16), levels).max() == 0
    assert to_8_bit(ones, levels).max() == 255
