"""What an image measures, against plain sums over every type and against the truth of the simulated beam."""

from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from mjpeg_viewer.errors import RenderError
from mjpeg_viewer.imaging import MEASURES, analyse
from mjpeg_viewer.imaging import analysis as analysis_module
from mjpeg_viewer.imaging.profile import Profile, find_fwhm, find_moments
from mjpeg_viewer.simulator import DTYPES, Beam
from tests.imaging.test_grey import FLOATS, INTEGERS, LAYOUTS, picture


def measure(image: Any, saturation: float | None = None) -> Any:
    """Analyse, where a test knows what type each measure has."""
    return analyse(image, saturation)


SPOT = ("center_of_mass", "rms", "fwhm")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])
@pytest.mark.parametrize("dtype", ["bool", *INTEGERS, *FLOATS])
def test_every_type_is_summed_as_plain_arithmetic_has_it(dtype: str, order: str, layout: str):
    """However the pixels lie, sums, ends and spot are those of the numbers, and the image is left as it was."""
    kind = np.dtype(dtype).newbyteorder(order)
    pixels = picture("uint8", 23, 31) > 99 if dtype == "bool" else picture(dtype, 23, 31)
    image = LAYOUTS[layout](pixels.astype(kind))
    before = image.copy()
    rows = [[Fraction(value) for value in row] for row in image.tolist()]
    measured = measure(image)
    columns = [float(sum(column)) for column in zip(*rows, strict=True)]
    # Sums of both signs may be small beside what was summed.
    close = float(max(abs(value) for row in rows for value in row)) * 1e-13
    for name, expected in (("x_profile", columns), ("y_profile", [float(sum(row)) for row in rows])):
        assert measured[name].dtype == np.float64
        assert measured[name].tolist() == pytest.approx(expected, rel=1e-14, abs=close)
    assert measured["intensity"] == pytest.approx(sum(columns), rel=1e-14, abs=30 * close)
    assert (measured["min_value"], measured["max_value"]) == (image.min(), image.max())
    assert type(measured["max_value"]) is type(image.max().item())
    for side in "xy":
        profile = np.array(measured[f"{side}_profile"])
        moments = find_moments(profile)
        assert measured[f"{side}_fwhm"] == find_fwhm(profile)
        assert (measured[f"{side}_center_of_mass"], measured[f"{side}_rms"]) == (moments or (None, None))
    np.testing.assert_array_equal(image, before)


@pytest.mark.parametrize("number", [0, 17])
@pytest.mark.parametrize("dtype", DTYPES)
def test_beam_is_where_and_as_wide_as_it_truly_is(dtype: str, number: int):
    """The simulator knows its beam; noise and background move the numbers by a fraction of a per cent of its width."""
    beam = Beam(640, 480, dtype, seed=1)
    truth = beam.spot(number)
    measured = measure(beam.values(number)["image"])
    for side, centre, sigma in (("x", truth.x, truth.x_sigma), ("y", truth.y, truth.y_sigma)):
        found, rms, fwhm = (measured[f"{side}_{kind}"] for kind in SPOT)
        assert found == pytest.approx(centre, abs=sigma / 100)
        assert rms == pytest.approx(sigma, rel=0.01)
        assert fwhm == pytest.approx(2.3548 * sigma, rel=0.02)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", ["bool", *INTEGERS, *FLOATS])
def test_histogram_counts_every_pixel_once(dtype: str, layout: str):
    """From the lowest value to the highest in 255 even steps, each pixel at the nearest one, whatever the type."""
    pixels = picture("uint8", 23, 31) > 99 if dtype == "bool" else picture(dtype, 23, 31)
    image = LAYOUTS[layout](pixels)
    measured = measure(image)
    counts = measured["histogram"]
    assert counts.sum() == image.size
    values = image.astype(np.longdouble)
    low, high = values.min(), values.max()
    exact = np.floor((values - low) / (high - low) * 255 + 0.5).astype(int)
    # A pixel may stand one step beside, and so may all that lie at the same value.
    assert np.abs(np.cumsum(counts) - np.cumsum(np.bincount(exact.ravel(), minlength=256))).max() <= image.size / 50
    assert counts[0] >= 1
    assert counts[255] >= 1


@pytest.mark.parametrize("colours", [3, 4])
def test_histogram_counts_each_colour_and_no_alpha(colours: int):
    """A red pixel is one bright value and two dark ones."""
    image = np.zeros((4, 5, colours), np.uint8)
    image[0, 0, 0] = 255
    image[:, :, 3:] = 77
    counts = measure(image)["histogram"]
    assert (counts[0], counts[255], counts.sum()) == (59, 1, 60)


def test_histogram_of_a_constant_image_is_dark():
    """All that there is lies at its lowest value."""
    counts = measure(np.full((3, 4), 1000, np.uint16))["histogram"]
    assert (counts[0], counts.sum()) == (12, 12)


def test_pixel_zero_is_the_top_left_one():
    """x counts columns to the right, y rows downwards, each from the centre of the first pixel."""
    image = np.zeros((40, 60), np.uint8)
    image[7, 30] = 200
    measured = measure(image)
    assert (measured["x_center_of_mass"], measured["y_center_of_mass"]) == pytest.approx((30, 7), abs=1e-6)
    assert measured["x_profile"].tolist() == [0] * 30 + [200] + [0] * 29
    assert measured["y_profile"].tolist() == [0] * 7 + [200] + [0] * 32


def test_sums_beyond_2_to_64_are_no_smaller_for_it():
    """Nothing wraps round: sums are float64, good to 16 digits."""
    image = np.full((3, 5), 2**64 - 1, np.uint64)
    assert measure(image)["x_profile"].tolist() == [3 * 2.0**64] * 5
    assert measure(image)["intensity"] == 15 * 2.0**64
    assert measure(image)["max_value"] == 2**64 - 1
    assert measure(np.full((300, 1), -128, np.int8))["intensity"] == -38400


@pytest.mark.parametrize("dtype", FLOATS)
def test_what_is_no_number_is_left_out(dtype: str):
    """Broken pixels change nothing but their own part of a sum."""
    image = np.zeros((20, 30), dtype)
    image[5:9, 10:16] = 8
    whole = dict(measure(image))
    image[0, 1], image[19, 2], image[4, 3] = np.nan, np.inf, -np.inf
    broken = dict(measure(image))
    whole["histogram"][0] -= 3  # these are not counted any more
    for name in MEASURES:
        np.testing.assert_array_equal(broken[name], whole[name], name)


@pytest.mark.parametrize(
    "image",
    [np.full((4, 6), np.nan), np.full((4, 6), -np.inf, np.float32), np.zeros((0, 6), np.uint8), np.zeros((4, 0))],
    ids=["nan", "infinite", "no rows", "no columns"],
)
def test_image_without_any_number_has_no_measures(image: np.ndarray):
    """Its profiles are empty of light, and the rest is nothing: no zero is made up."""
    measured = dict(measure(image))
    assert measured.pop("x_profile").tolist() == [0] * image.shape[1]
    assert measured.pop("y_profile").tolist() == [0] * image.shape[0]
    assert measured.pop("intensity") == 0
    assert not measured.pop("saturated")
    assert set(measured.values()) == {None}


def test_sum_that_no_number_can_hold_is_none():
    """Neither infinity nor a warning."""
    measured = measure(np.full((4, 6), 1.7e308))
    assert measured["intensity"] is None
    assert measured["x_center_of_mass"] is None
    assert measured["max_value"] == 1.7e308


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("colours", [3, 4])
def test_of_colours_the_mean_is_measured(dtype: str, colours: int):
    """Each colour counts the same, and how opaque a pixel is does not count."""
    image = picture(dtype, 11, 17, colours)
    mean = image[:, :, :3].astype(np.float64).mean(axis=2)
    measured = measure(image)
    np.testing.assert_allclose(measured["x_profile"], mean.sum(axis=0), rtol=1e-12, atol=1e-9)
    np.testing.assert_allclose(measured["y_profile"], mean.sum(axis=1), rtol=1e-12, atol=1e-9)
    assert measured["min_value"] == image[:, :, :3].min()
    assert measured["max_value"] == image[:, :, :3].max()


@pytest.mark.parametrize("dtype", ["uint8", "int8", "uint16", "int16"])
def test_saturated_are_pixels_at_the_end_of_their_type(dtype: str):
    """8 and 16 bit cameras use all of their bits, unless somebody says otherwise."""
    image = np.zeros((5, 6), dtype)
    image[1, 2:4] = np.iinfo(dtype).max
    image[2, 2], image[3, 3] = np.iinfo(dtype).max - 1, np.iinfo(dtype).max - 2
    assert measure(image)["saturated"] == 2
    assert measure(image, saturation=float(np.iinfo(dtype).max) - 1.5)["saturated"] == 3
    assert measure(image, saturation=1e6)["saturated"] == 0


def test_saturation_of_other_types_is_told_or_unknown():
    """Nobody knows how far a float or a 32-bit number goes; 0 would be a guess."""
    for dtype in ("bool", "int32", "uint64", "float64"):
        assert measure(np.ones((2, 2), dtype))["saturated"] is None
    image = np.array([[4095.0, 4094.9, np.nan], [np.inf, -np.inf, 5000]])
    assert measure(image, saturation=4095)["saturated"] == 3
    assert measure(np.array([[4095, 4094, 70]], np.uint16), saturation=4095)["saturated"] == 1
    assert measure(np.array([[2**63, 2**63 - 1]], np.uint64), saturation=2.0**63)["saturated"] == 1


def test_colour_pixel_is_saturated_in_any_colour():
    """One blown colour spoils a pixel, which is still one pixel; alpha is no colour."""
    image = np.zeros((2, 3, 4), np.uint8)
    image[0, 0, 0] = image[0, 1, 1] = image[0, 1, 2] = image[0, 2, 1] = image[1, 0, 2] = 255
    image[:, :, 3] = 255
    assert measure(image)["saturated"] == 4


def test_nothing_is_computed_that_was_not_asked_for(monkeypatch: pytest.MonkeyPatch):
    """Each measure is made once, and only what it rests on with it."""
    asked: list[int] = []

    def find(profile: Profile) -> object:
        asked.append(len(profile))
        return find_moments(profile)

    monkeypatch.setattr(analysis_module, "find_moments", find)
    measured = measure(Beam(64, 48, seed=1).values(0)["image"])
    for name in ("x_profile", "intensity", "max_value", "saturated", "x_fwhm", "y_fwhm"):
        assert measured[name] is not None or name == "saturated"
    assert asked == []
    assert measured["x_rms"] == measured["x_rms"]
    assert measured["x_center_of_mass"] is not None
    assert asked == [64]
    assert list(measured) == list(MEASURES)
    assert "x_rms" in measured
    assert "x_ray" not in measured


@pytest.mark.parametrize(
    ("image", "reason"),
    [
        (np.zeros((2, 2), np.complex64), "pixels of type complex64"),
        (np.zeros(5), r"shape \[5\]"),
        (np.zeros((2, 2, 2)), r"shape \[2, 2, 2\]"),
    ],
    ids=["complex", "line", "two colours"],
)
def test_what_is_no_picture_is_refused(image: np.ndarray, reason: str):
    """The error names what was found."""
    with pytest.raises(RenderError, match=reason):
        measure(image)
