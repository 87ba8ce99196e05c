"""Images to JPEGs: what a decoder sees is what the camera saw."""

import cv2
import numpy as np
import pytest

from mjpeg_viewer.errors import RenderError
from mjpeg_viewer.imaging import Levels, render
from mjpeg_viewer.query import parse_rendition
from mjpeg_viewer.rendition import Rendition

FULL = Levels(0.0, 255.0)


def decode(jpeg: bytes) -> np.ndarray:
    """As the file has it: [height, width] if it has one channel, else [height, width, 3] in red, green, blue."""
    pixels = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_UNCHANGED)
    return pixels if pixels.ndim == 2 else cv2.cvtColor(pixels, cv2.COLOR_BGR2RGB)


def smooth(height: int, width: int, low: float = 0, high: float = 255) -> np.ndarray:
    """A picture without edges, which JPEG keeps well."""
    y, x = np.mgrid[0 : 1 : height * 1j, 0 : 1 : width * 1j]
    return low + (high - low) * (0.5 + 0.5 * np.sin(5 * x) * np.cos(4 * y))


@pytest.mark.parametrize("quality", [75, 85, 100])
@pytest.mark.parametrize("dtype", ["uint8", ">u2", "int32", "float32", "float64"])
def test_picture_is_the_image_within_what_jpeg_loses(dtype: str, quality: int):
    """Levels, byte order and row order arrive as they should, in one channel."""
    image = smooth(120, 161, 10, 210).astype(dtype)
    levels = Levels(10.0, 210.0)
    picture = decode(render(image, Rendition(quality=quality), levels))
    expected = (image.astype(np.float64) - 10) / 200 * 255
    assert picture.shape == (120, 161)
    assert np.abs(picture - expected).mean() < 1.5
    assert np.abs(picture - expected).max() < 8


def test_mask_is_shown():
    """A bool image is black and white."""
    mask = np.zeros((64, 64), bool)
    mask[:, 32:] = True
    picture = decode(render(mask, Rendition(quality=100), Levels(0.0, 1.0)))
    assert picture[:, :30].max() < 10
    assert picture[:, 34:].min() > 245


@pytest.mark.parametrize("channels", [3, 4], ids=["RGB", "RGBA"])
def test_colours_are_red_green_blue_in_this_order(channels: int):
    """Red is red: the one thing that everybody notices."""
    image = np.zeros((48, 96, channels), np.uint8)
    image[:, :32, 0], image[:, 32:64, 1], image[:, 64:, 2] = 255, 255, 255
    picture = decode(render(image, Rendition(quality=95), FULL))
    for column, colour in ((16, (255, 0, 0)), (48, (0, 255, 0)), (80, (0, 0, 255))):
        np.testing.assert_allclose(picture[24, column], colour, atol=6)


@pytest.mark.parametrize(
    ("shape", "width", "expected"),
    [
        ((480, 640), None, (480, 640)),
        ((480, 640), 320, (240, 320)),
        ((480, 640), 333, (250, 333)),
        ((480, 640, 3), 320, (240, 320, 3)),
        ((480, 640), 640, (480, 640)),
        ((480, 640), 5000, (480, 640)),
        ((1, 900), 300, (1, 300)),
        ((900, 1), 300, (900, 1)),
        ((2, 2000), 16, (1, 16)),
    ],
    ids=str,
)
def test_picture_shrinks_to_a_width_with_its_aspect_and_never_grows(
    shape: tuple[int, ...], width: int | None, expected: tuple[int, ...]
):
    """No viewer gets more pixels than he asks for, or than there are."""
    picture = decode(render(np.zeros(shape, np.uint8), Rendition(width=width), FULL))
    assert picture.shape == expected


def test_shrinking_averages():
    """A pattern finer than the smaller picture becomes its mean, not some of its pixels."""
    image = np.zeros((200, 200), np.uint16)
    image[::2] = 1000
    picture = decode(render(image, Rendition(width=50, quality=100), Levels(0.0, 1000.0)))
    np.testing.assert_allclose(picture, 127.5, atol=2)


def test_hot_pixel_does_not_spread_when_the_picture_shrinks():
    """Levels come first: a pixel of 65535 among 100s weighs no more than a white one."""
    image = np.full((200, 200), 100, np.uint16)
    image[100, 100] = 65535
    picture = decode(render(image, Rendition(width=50, quality=100), Levels(0.0, 200.0)))
    assert picture[25, 25] < 150


@pytest.mark.parametrize("shape", [(1, 1), (1, 4096), (4096, 1), (1, 7, 3), (2, 65500), (65500, 2)])
def test_narrow_images_are_shown(shape: tuple[int, ...]):
    """A line camera's picture is one pixel high."""
    assert decode(render(np.zeros(shape, np.uint16), Rendition(), FULL)).shape == shape


def test_quality_decides_the_size():
    """Better costs more bytes."""
    image = np.random.default_rng(6).integers(0, 255, (200, 200), np.uint8)
    sizes = [len(render(image, Rendition(quality=quality), FULL)) for quality in (1, 20, 50, 85, 100)]
    assert sizes == sorted(set(sizes))


def test_jpeg_is_baseline_and_subsampled():
    """Every decoder reads baseline (SOF0); progressive files (SOF2) would be painted in stages."""
    for image in (np.zeros((64, 64), np.uint8), np.zeros((64, 64, 3), np.uint8)):
        jpeg = render(image, Rendition(), FULL)
        assert jpeg.startswith(b"\xff\xd8")
        assert jpeg.endswith(b"\xff\xd9")
        frame_header = jpeg.index(b"\xff\xc0")
        components = jpeg[frame_header + 9]
        assert components == image.ndim * 2 - 3
        assert jpeg[frame_header + 11] == (0x22 if components == 3 else 0x11)  # 4:2:0: two of Y each way for one


@pytest.mark.parametrize(("height", "width"), [(2, 65501), (65501, 2)])
def test_side_that_no_jpeg_can_have_is_refused_in_words(height: int, width: int):
    """65500 pixels are the most; the error says what would do."""
    image = np.zeros((height, width), np.uint8)
    with pytest.raises(RenderError, match=f"^{width} x {height} pixels do not fit a JPEG .65500 at most.; ask for"):
        render(image, Rendition(), FULL)


def test_side_that_no_jpeg_can_have_is_shown_at_a_smaller_width():
    """What the error advises works."""
    assert decode(render(np.zeros((2, 70_000), np.uint8), Rendition(width=1000), FULL)).shape == (1, 1000)


@pytest.mark.parametrize(("asked", "width"), [("7680", 7680), ("7681", 10240), ("65500", 65500)])
def test_image_wider_than_any_screen_shrinks_too(asked: str, width: int):
    """Whatever width is asked for, the picture is not wider than the next one of the list."""
    picture = decode(render(np.zeros((2, 70_000), np.uint8), parse_rendition({"width": asked}), FULL))
    assert picture.shape[1] == width


@pytest.mark.parametrize(
    "image",
    [
        np.zeros((4, 5), np.complex64),
        np.zeros((4, 5), "M8[s]"),
        np.zeros((4, 5), "S3"),
        np.zeros((4, 5), object),
        np.zeros(20),
        np.zeros(()),
        np.zeros((0, 5)),
        np.zeros((5, 0)),
        np.zeros((0, 0, 3)),
        np.zeros((4, 5, 2)),
        np.zeros((4, 5, 1)),
        np.zeros((4, 5, 3, 1)),
    ],
    ids=lambda image: f"{image.dtype}{list(image.shape)}",
)
def test_what_is_no_picture_is_refused_in_words(image: np.ndarray):
    """An error that names what was found; OpenCV would end the process over some of these."""
    with pytest.raises(RenderError) as caught:
        render(image, Rendition(), FULL)
    assert "expected" in str(caught.value)
    assert str(image.dtype) in str(caught.value) or str(list(image.shape)) in str(caught.value)
