"""The mean of some images, and other images without it, against plain arithmetic."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from mjpeg_viewer.imaging import Averaging, Background

INTEGERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"]
FLOATS = ["float16", "float32", "float64"]
ORDERS = ["<", ">"]


def average(*images: NDArray[Any]) -> Background:
    averaging = Averaging(len(images))
    for number, image in enumerate(images):
        done = averaging.add(image, float(number))
        assert (done is None) == (number < len(images) - 1)
    assert done is not None
    return done


def picture(dtype: str, seed: int) -> NDArray[Any]:
    """The whole range of a type, its ends included."""
    random = np.random.default_rng(seed)
    kind = np.dtype(dtype)
    if kind.kind == "f":
        return random.normal(0, 1000, (6, 5, 3)).astype(kind)
    ends = np.iinfo(kind)
    image = random.integers(ends.min, ends.max, (6, 5, 3), kind.newbyteorder("="), endpoint=True)
    image.flat[:2], image.flat[2:4] = ends.min, ends.max
    return image.astype(kind)


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("dtype", INTEGERS)
def test_mean_is_that_of_exact_arithmetic(dtype: str, order: str) -> None:
    """Pixel by pixel the mean of 7 images is the float64 nearest to the true one; for 64 bits next to it."""
    images = [picture(order + np.dtype(dtype).str[1:], seed) for seed in range(7)]
    found = average(*images)
    assert (found.frames, found.captured, found.dtype) == (7, 6.0, np.dtype(dtype))
    for index in np.ndindex(images[0].shape):
        true = Fraction(sum(int(image[index]) for image in images), 7)
        largest: Fraction | int = 2**62 if "64" in dtype else abs(true)
        assert abs(Fraction(float(found.mean[index])) - true) <= largest * Fraction(2) ** -50


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("dtype", INTEGERS)
def test_integers_are_subtracted_with_saturation(dtype: str, order: str) -> None:
    """
    The difference to the rounded mean is exact, and ends where the type does: it never wraps.

    Of 64 bits the mean is as exact as a float64 is, which at their end has a step of 2**11.
    """
    stored = order + np.dtype(dtype).str[1:]
    ends = np.iinfo(dtype)
    found = average(*(picture(stored, seed) for seed in range(2)))
    image = picture(stored, 9)
    image.flat[:4] = ends.min, ends.max, ends.min, ends.max  # against both ends of the background
    result = found.subtract(image)
    assert result.dtype == np.dtype(dtype)
    for index in np.ndindex(image.shape):
        mean = round(float(found.mean[index]))
        expected = min(max(int(image[index]) - mean, ends.min), ends.max)
        assert abs(int(result[index]) - expected) <= (2**11 if "64" in dtype else 0), index


def test_plain_example() -> None:
    """What everybody can check: unsigned values end at 0, and the mean is rounded."""
    found = average(np.array([[10, 20, 5]], np.uint16), np.array([[11, 21, 4]], np.uint16))
    assert found.mean.tolist() == [[10.5, 20.5, 4.5]]
    assert found.subtract(np.array([[9, 25, 65535]], np.uint16)).tolist() == [[0, 5, 65531]]


@pytest.mark.parametrize("dtype", FLOATS)
def test_reals_keep_what_is_below_zero(dtype: str) -> None:
    """A real number has no end to saturate at; what is no number stays none."""
    first, second = picture(dtype, 1), picture(dtype, 2)
    image = picture(dtype, 3)
    image.flat[0], first.flat[1] = np.nan, np.inf
    result = average(first, second).subtract(image)
    mean = ((first.astype(np.float64) + second) / 2).astype(dtype)
    assert result.dtype == image.dtype
    np.testing.assert_array_equal(result, image - mean)
    assert np.isnan(result.flat[0])
    assert np.less(result, 0).any()


def test_bool_keeps_what_is_true_and_was_mostly_false() -> None:
    """There is no True - True."""
    found = average(np.array([[True, True, False, False]]), np.array([[True, False, False, True]]))
    assert found.subtract(np.array([[True, True, True, False]])).tolist() == [[False, False, True, False]]


def test_image_is_left_as_it_was() -> None:
    """Others see the same array: it is not written to."""
    image = np.full((4, 4), 7, np.uint8)
    image.setflags(write=False)
    found = average(image)
    assert not found.subtract(image).any()
    assert image.all()


@pytest.mark.parametrize(("shape", "dtype"), [((3, 2), "uint8"), ((2, 3), "int8"), ((2, 3, 3), "uint8")])
def test_image_of_another_kind_begins_anew(shape: tuple[int, ...], dtype: str) -> None:
    """No mean is made of two shapes or types."""
    other: NDArray[Any] = np.zeros(shape, dtype)
    averaging = Averaging(2)
    averaging.add(np.full((2, 3), 9, np.uint8), 0.0)
    assert averaging.add(other, 1.0) is None
    assert averaging.taken == 1
    found = averaging.add(other, 2.0)
    assert found is not None
    assert (found.mean.shape, found.dtype, found.frames) == (other.shape, other.dtype, 2)


def test_what_comes_after_the_last_changes_nothing() -> None:
    """An encoder that is not stopped at once goes on to hand the same background out."""
    averaging = Averaging(1)
    found = averaging.add(np.zeros((2, 2), np.uint8), 1.0)
    assert averaging.add(np.ones((2, 2), np.uint8), 2.0) is found
    assert averaging.taken == 1


def test_fits_images_of_its_shape_and_type_alone() -> None:
    """In either byte order, but in no other shape or type."""
    found = average(np.zeros((2, 3), ">u2"))
    assert found.fits((2, 3), np.dtype("<u2"))
    assert found.fits((2, 3), np.dtype(">u2"))
    assert not found.fits((3, 2), np.dtype("<u2"))
    assert not found.fits((2, 3, 3), np.dtype("<u2"))
    assert not found.fits((2, 3), np.dtype("<i2"))
