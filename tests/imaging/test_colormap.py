"""Colours: well-known ones, in their place, and marks that no colour of a map can be mistaken for."""

from typing import get_args

import cv2
import numpy as np
import pytest

from mjpeg_viewer.imaging import Levels, make_leveller, render
from mjpeg_viewer.imaging.colormap import apply_colormap, get_table
from mjpeg_viewer.imaging.marks import NAN_COLOUR, OVER_COLOUR, find_marks
from mjpeg_viewer.query import parse_rendition
from mjpeg_viewer.rendition import Colormap, Rendition
from tests.imaging.test_render import decode

COLOURED = [name for name in get_args(Colormap) if not name.startswith("grey")]

# Of matplotlib 3.10: the first, middle (128) and last entry of each map that both have, times 255.
MATPLOTLIB = {
    "viridis": ((68, 1, 84), (33, 145, 140), (253, 231, 37)),
    "cividis": ((0, 34, 78), (125, 124, 120), (254, 232, 56)),
    "inferno": ((0, 0, 4), (188, 55, 84), (252, 255, 164)),
    "plasma": ((13, 8, 135), (204, 71, 120), (240, 249, 33)),
    "magma": ((0, 0, 4), (183, 55, 121), (252, 253, 191)),
    "turbo": ((48, 18, 59), (164, 252, 60), (122, 4, 3)),
    "jet": ((0, 0, 128), (130, 255, 126), (128, 0, 0)),
}


def show(image: np.ndarray, **asked: str) -> np.ndarray:
    """What somebody sees who asks for a picture in an URL, at the best quality."""
    rendition = parse_rendition({"quality": "100", **asked})
    return decode(render(image, rendition, make_leveller(rendition).follow(image, 0.0)))


def lab(colours: object) -> np.ndarray:
    """CIE L*a*b* of colours in red, green, blue: distances in it are what an eye sees."""
    colours = np.asarray(colours, np.float32).reshape(-1, 1, 3) / 255
    return cv2.cvtColor(colours, cv2.COLOR_RGB2LAB)[:, 0]


@pytest.mark.parametrize("name", MATPLOTLIB)
def test_colours_are_those_that_everybody_knows_by_the_name(name: Colormap):
    """A picture here and a plot beside it can be compared."""
    np.testing.assert_allclose(get_table(name)[[0, 128, 255]], MATPLOTLIB[name], atol=1)


@pytest.mark.parametrize("name", ["turbo", "jet", "rainbow"])
def test_red_is_much(name: Colormap):
    """Maps of all hues go from blue to red, so that nobody takes the dark ground for the beam."""
    table = get_table(name).astype(int)
    assert table[20, 2] > table[20, 0]
    assert table[-20, 0] > table[-20, 2]


@pytest.mark.parametrize("name", get_args(Colormap))
def test_every_grey_gets_its_colour(name: Colormap):
    """Each of the 256, in OpenCV's order, whatever the shape of the picture."""
    picture = np.random.default_rng(1).integers(0, 256, (33, 17), np.uint8)
    got = apply_colormap(picture, name)
    expected = get_table(name)[picture]
    np.testing.assert_array_equal(got if got.ndim == 3 else got[..., np.newaxis].repeat(3, 2), expected[:, :, ::-1])


@pytest.mark.parametrize("name", COLOURED)
def test_picture_has_the_colours_of_its_map(name: Colormap):
    """From the bottom to the top, through the JPEG."""
    image = np.linspace(0, 1000, 256 * 4).repeat(64).reshape(-1, 64).astype(np.uint16)
    seen = show(image, levels="fixed", low="0", high="1000", colormap=name)
    # Four rows of one colour each; the two in the middle have few neighbours of another one.
    distance = np.linalg.norm(lab(seen[2::4, 32]) - lab(get_table(name)), axis=1)
    assert distance.mean() < 3


def test_grey_inverted_is_one_channel_upside_down():
    """As cheap as grey, for those who print."""
    image = np.linspace(0, 255, 64 * 64).reshape(64, 64)
    both = show(image) + show(image, colormap="grey-inverted").astype(int)
    assert both.ndim == 2
    np.testing.assert_allclose(both, 255, atol=3)


@pytest.mark.parametrize("channels", [3, 4])
def test_colour_images_are_shown_as_sent(channels: int):
    """What has colours of its own gets no others."""
    image = np.random.default_rng(2).integers(0, 255, (40, 50, channels), np.uint8)
    np.testing.assert_array_equal(show(image, colormap="viridis"), show(image))


@pytest.mark.parametrize("name", COLOURED)
def test_marks_are_unlike_every_colour_of_every_map(name: Colormap):
    """Fifteen times what an eye can just tell apart."""
    for colour in (NAN_COLOUR, OVER_COLOUR):
        assert np.linalg.norm(lab(get_table(name)) - lab(colour), axis=1).min() > 15 * 2.3


def marked(seen: np.ndarray, colour: tuple[int, int, int], within: float = 25) -> np.ndarray:
    return np.linalg.norm(lab(seen) - lab(colour), axis=1).reshape(seen.shape[:2]) < within


@pytest.mark.parametrize("quality", ["85", "100"])
@pytest.mark.parametrize("name", COLOURED)
def test_marks_are_seen_in_the_picture(name: Colormap, quality: str):
    """A group of 4 x 4 pixels keeps its colour where JPEG halves the resolution of colours."""
    image = np.tile(np.linspace(0, 1000, 160), (120, 1)).astype(np.float32)
    image[50:54, 80:84], image[20:24, 80:84], image[90:94, 80:84] = np.nan, np.inf, 1001
    seen = show(image, levels="fixed", low="0", high="1000", colormap=name, quality=quality)
    nan, over = marked(seen, NAN_COLOUR), marked(seen, OVER_COLOUR)
    assert nan[51:53, 81:83].all()
    assert over[21:23, 81:83].all()
    assert over[91:93, 81:83].all()
    assert nan.sum() + over.sum() <= 3 * 64


@pytest.mark.parametrize("mode", ["auto", "percentile", "minmax"])
def test_what_is_above_levels_that_were_found_is_the_top_colour(mode: str):
    """Half a per cent above white is what percentiles are for, and no alarm."""
    image = np.tile(np.linspace(0, 1000, 160), (120, 1))
    image[20:28, 76:84], image[50:58, 76:84] = np.inf, np.nan
    seen = show(image, levels=mode, colormap="viridis")
    np.testing.assert_allclose(seen[22:26, 78:82], np.broadcast_to(get_table("viridis")[-1], (4, 4, 3)), atol=12)
    assert marked(seen, NAN_COLOUR)[52:56, 78:82].all()


@pytest.mark.parametrize("dtype", ["bool", "uint8", ">u2", "int32", "uint64", "float16", ">f8"])
def test_what_is_above_fixed_levels_is_marked_in_every_type(dtype: str):
    """The top itself is not: it is a value like others."""
    image = np.zeros((32, 64), dtype)
    image[:, 32:] = 1
    asked = {"levels": "fixed", "low": "-1", "colormap": "inferno"}
    assert marked(show(image, high="0.5", **asked), OVER_COLOUR)[:, 40:56].all()
    assert not marked(show(image, high="1", **asked), OVER_COLOUR).any()
    assert not marked(show(image, high="1e300", **asked), OVER_COLOUR).any()


def test_large_whole_numbers_are_compared_as_such():
    """2^53 + 1 is above 2^53, though there is no such float64."""
    image = np.array([[2**53, 2**53 + 1]])
    ((mask, colour),) = find_marks(image, 2.0**53)
    assert mask.tolist() == [[False, True]]
    assert colour == OVER_COLOUR


@pytest.mark.parametrize("width", ["320", "160", "80"])
def test_lone_pixel_that_is_no_number_is_seen_in_a_small_picture(width: str):
    """Whatever it is shrunk to, a pixel of the picture is marked that stands for one that is none."""
    image = np.full((960, 1280), 0.5)
    image[401, 801] = np.nan
    seen = show(image, colormap="magma", width=width, levels="fixed", low="0", high="1")
    y, x = 401 * seen.shape[0] // 960, 801 * seen.shape[1] // 1280
    away = np.linalg.norm(lab(seen) - lab(seen[0, 0]), axis=1).reshape(seen.shape[:2])
    assert np.unravel_index(away.argmax(), away.shape) == (y, x)
    assert away[y, x] > 10


@pytest.mark.parametrize("rotate", ["0", "90", "180", "270"])
@pytest.mark.parametrize("flip", ["none", "horizontal"])
def test_marks_turn_with_the_picture(flip: str, rotate: str):
    """They stand on their pixels, whichever way up these are shown."""
    image = np.zeros((64, 96))
    image[8:24, 16:40] = np.nan
    image[40:48, 60:80] = 1
    asked = {"levels": "fixed", "low": "0", "high": "1", "flip": flip, "rotate": rotate}
    seen = marked(show(image, colormap="viridis", **asked), NAN_COLOUR, 30)
    expected = show(np.where(np.isnan(image), 1, 0), **asked) > 127
    assert seen.shape == expected.shape
    assert (seen != expected).mean() < 0.01


def test_shrinking_mixes_no_colours():
    """The mean of black and white is the colour of the middle, not the mean of two colours."""
    image = np.zeros((320, 320), np.uint8)
    image[::2] = 255
    seen = show(image, levels="fixed", low="0", high="255", colormap="jet", width="160")
    distance = np.linalg.norm(lab(seen) - lab(get_table("jet")[128]), axis=1)
    assert np.median(distance) < 10


def test_grey_pictures_have_no_marks():
    """One channel has no room for them: what is no number is black, what is over is white."""
    image = np.zeros((32, 32))
    image[:16], image[16:] = np.nan, np.inf
    seen = decode(render(image, Rendition(quality=100, levels="fixed", low=0, high=1), Levels(0.0, 1.0)))
    assert seen.ndim == 2
    assert seen[:8].max() < 5
    assert seen[24:].min() > 250
