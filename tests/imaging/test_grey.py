"""Pixels of any type to 8 bit, against plain float64 arithmetic."""

from collections.abc import Callable

import numpy as np
import pytest

from mjpeg_viewer.imaging.grey import to_8_bit
from mjpeg_viewer.imaging.levels import Levels

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


def reference(image: np.ndarray, levels: Levels) -> np.ndarray:
    """What each grey value should be, not rounded."""
    wide = image.astype(np.float64)
    return np.clip((wide - levels.low) / (levels.high - levels.low), 0, 1) * 255


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
    assert np.abs(got - expected).max() <= 0.5 + 1e-6


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
    image = np.array([[np.nan, np.inf, -np.inf], [0, 5, 10]], dtype)
    np.testing.assert_array_equal(to_8_bit(image, Levels(0.0, 10.0)), [[0, 255, 0], [0, 128, 255]])


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
