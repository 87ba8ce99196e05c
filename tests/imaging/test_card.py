"""What stands where no live picture is: never to be taken for one."""

from functools import lru_cache

import cv2
import numpy as np
import pytest

from mjpeg_viewer.errors import RenderError
from mjpeg_viewer.imaging import Levels, card, dim, render
from mjpeg_viewer.rendition import Rendition

LINES = ["beam", "no data for 12 s", "nobody answers at tcp://gasu-cam1:9999; next try in 2 s"]
SIZES = [(1, 1), (1, 300), (300, 1), (7, 9), (16, 16), (64, 48), (160, 120), (640, 480), (2560, 2160), (24, 900)]
ODD = [*SIZES, (4000, 20), (65500, 2), (2, 65500)]


def decode(jpeg: bytes) -> np.ndarray:
    assert jpeg[:2] == b"\xff\xd8"
    assert b"\xff\xc0" in jpeg, "not a baseline JPEG"
    return cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_UNCHANGED)


@lru_cache
def bright(height: int, width: int, colour: bool) -> bytes:
    """A picture that is light everywhere and has stripes, red ones if coloured."""
    image = np.full((height, width, 3) if colour else (height, width), 255, np.uint8)
    image[:, ::2] = (255, 0, 0) if colour else 128
    return render(image, Rendition(quality=95), Levels(0.0, 255.0))


@pytest.mark.parametrize(("width", "height"), ODD)
def test_card_has_its_size_and_one_channel(width: int, height: int):
    """Whatever that is; and it is dark, but for what is written."""
    picture = decode(card(width, height, LINES))
    assert picture.shape == (height, width)
    assert np.median(picture) < 40
    if min(width, height) >= 48:
        assert (picture > 150).any()


@pytest.mark.parametrize("colour", [False, True], ids=["grey", "colour"])
@pytest.mark.parametrize(("width", "height"), ODD)
def test_dimmed_picture_keeps_size_and_channels_and_nothing_bright(width: int, height: int, colour: bool):
    """The brightest of the old picture is a third of white, and grey."""
    before = bright(height, width, colour)
    picture = decode(dim(before, LINES))
    assert picture.shape == decode(before).shape
    if colour:
        blue, green, red = cv2.split(picture)
        assert cv2.subtract(cv2.max(cv2.max(blue, green), red), cv2.min(cv2.min(blue, green), red)).max() <= 8
        picture = picture[:, :, 1]
    band = picture.max(axis=1) > 110
    outside = picture[~band]
    assert not outside.size or outside.max() <= 110
    assert np.median(picture) <= 95


@pytest.mark.parametrize(("width", "height"), [(160, 120), (320, 240), (640, 480), (1280, 1024), (24, 900)])
def test_words_stand_on_their_own_ground(width: int, height: int):
    """Across the middle, from edge to edge; above and below the old picture can be made out."""
    picture = decode(dim(bright(height, width, False), LINES[:2]))
    middle = picture[height // 2 - 3 : height // 2 + 3]
    assert np.median(middle) < 40
    if width > 100:
        assert (picture > 150).any()
        assert 30 < picture[: height // 8].mean() < 110
        assert 30 < picture[-height // 8 :].mean() < 110


@pytest.mark.parametrize(("width", "height"), [(1, 1), (300, 1), (1, 300), (8, 8), (30, 20), (5000, 7)])
def test_where_no_words_fit_nothing_of_the_picture_is_left(width: int, height: int):
    """Dimmed and unexplained it could be a live picture of something dark."""
    picture = decode(dim(bright(height, width, False), LINES))
    assert picture.max() < 40


@pytest.mark.parametrize("text", ["x" * 300, "word " * 60, "\ud800" * 9, "\x00", "", "Größe °µσ \U0001f600"], ids=ascii)
def test_any_reason_can_be_told(text: str):
    """Of 300 characters, in one word or many, of any alphabet, or of none."""
    for width, height in SIZES:
        assert decode(card(width, height, ["beam", text])).shape == (height, width)
        assert decode(dim(bright(height, width, True), [text])).shape == (height, width, 3)
    assert decode(card(100, 50, [])).shape == (50, 100)


def test_cards_that_say_something_else_look_different():
    """The seconds are seen to pass."""
    assert card(640, 480, ["beam", "no data for 12 s"]) != card(640, 480, ["beam", "no data for 13 s"])


def test_card_larger_than_any_jpeg_is_cut():
    """An image that could not be shown may have been the reason."""
    assert decode(card(70_000, 3, LINES)).shape == (3, 65500)


@pytest.mark.parametrize("jpeg", [b"", b"\xff\xd8", b"nothing of the kind" * 9])
def test_what_is_no_jpeg_is_refused_in_words(jpeg: bytes):
    """With its length, which is all there is to say of it."""
    with pytest.raises(RenderError, match=f"{len(jpeg)} bytes"):
        dim(jpeg, LINES)
