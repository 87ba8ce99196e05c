"""Overlays: drawn where they belong, whichever way up, and only if asked for."""

import cv2
import numpy as np
import pytest

from mjpeg_viewer.imaging import Facts, Levels, PixelSize, crop, find_size, render
from mjpeg_viewer.imaging.geometry import orient, shrink
from mjpeg_viewer.imaging.overlay import draw, find_round
from mjpeg_viewer.rendition import Overlay, Rendition, Roi
from tests.imaging.test_placement import EVERY_WAY_UP
from tests.imaging.test_spot import put_spot

ALL: tuple[Overlay, ...] = ("centroid", "crosshair", "scale", "time")
HEIGHT, WIDTH = 480, 640


def facts(height: int = HEIGHT, width: int = WIDTH, **known: object) -> Facts:
    return Facts("beam", 17, 1795368329.1239, width, height, **known)  # type: ignore[arg-type]


def show(image: np.ndarray, rendition: Rendition) -> np.ndarray:
    """The picture without overlays."""
    part = np.ascontiguousarray(crop(image, rendition.roi))
    return shrink(orient(part, rendition.mirror, rendition.rotate), rendition.width)


def drawn(image: np.ndarray, rendition: Rendition, **known: object) -> np.ndarray:
    """Which pixels of the picture overlays made lighter."""
    picture = show(np.full(image.shape[:2], 100, np.uint8), rendition)
    after = draw(picture, crop(image, rendition.roi), rendition, facts(*image.shape[:2], **known))
    assert after.shape == picture.shape
    return after > 130


@pytest.mark.parametrize("width", [None, 240])
@pytest.mark.parametrize("roi", [None, Roi(200, 100, 300, 300)], ids=str)
@pytest.mark.parametrize(("mirror", "rotate"), EVERY_WAY_UP)
def test_crosshair_is_at_the_centre_of_the_image(mirror: bool, rotate: int, roi: Roi | None, width: int | None):
    """As sent: where the picture shows the four pixels around it."""
    rendition = Rendition(roi=roi, mirror=mirror, rotate=rotate, width=width, overlay=("crosshair",))
    marked = np.zeros((HEIGHT, WIDTH), np.uint8)
    marked[HEIGHT // 2 - 1 : HEIGHT // 2 + 1, WIDTH // 2 - 1 : WIDTH // 2 + 1] = 255
    rows, columns = np.nonzero(show(marked, rendition))
    picture = show(np.full((HEIGHT, WIDTH), 100, np.uint8), rendition)
    after = draw(picture, crop(marked, roi), rendition, facts()).astype(int)
    assert abs(np.argmax(after.sum(axis=0)) - columns.mean()) <= 1
    assert abs(np.argmax(after.sum(axis=1)) - rows.mean()) <= 1
    assert np.abs(after - 100).max(axis=0).min() > 50, "the line goes from edge to edge"


def test_crosshair_outside_the_region_is_not_drawn():
    """One of its lines may still cross it."""
    image = np.zeros((HEIGHT, WIDTH), np.uint8)
    assert not drawn(image, Rendition(roi=Roi(0, 0, 100, 100), overlay=("crosshair",))).any()
    assert drawn(image, Rendition(roi=Roi(300, 0, 100, 100), overlay=("crosshair",))).any()


@pytest.mark.parametrize("width", [None, 240])
@pytest.mark.parametrize("roi", [None, Roi(200, 60, 400, 380)], ids=str)
@pytest.mark.parametrize(("mirror", "rotate"), EVERY_WAY_UP)
def test_centroid_and_ellipse_lie_on_the_spot(mirror: bool, rotate: int, roi: Roi | None, width: int | None):
    """The white pixels are symmetric about the spot, and the outermost where it has fallen to exp(-1/2)."""
    rendition = Rendition(roi=roi, mirror=mirror, rotate=rotate, width=width, overlay=("centroid",))
    image = put_spot(HEIGHT, WIDTH, noise=0, ground=0)
    rows, columns = np.nonzero(drawn(image.astype(np.uint16), rendition))
    picture = show((image / 12).astype(np.uint8), rendition).astype(float)
    y, x = np.indices(picture.shape)
    assert columns.mean() == pytest.approx((x * picture).sum() / picture.sum(), abs=1)
    assert rows.mean() == pytest.approx((y * picture).sum() / picture.sum(), abs=1)
    inside = picture > picture.max() * np.exp(-0.5)
    for drawn_at, spot_at in ((rows, np.nonzero(inside)[0]), (columns, np.nonzero(inside)[1])):
        assert abs(drawn_at.min() - spot_at.min()) <= 2
        assert abs(drawn_at.max() - spot_at.max()) <= 2


def test_no_spot_no_centroid():
    """A cross anywhere in an empty picture would be a lie."""
    assert not drawn(np.full((HEIGHT, WIDTH), 60000, np.uint16), Rendition(overlay=("centroid",))).any()


@pytest.mark.parametrize(("rotate", "width"), [(0, None), (90, None), (0, 320), (270, 240)])
@pytest.mark.parametrize("size", [None, PixelSize("mm", 0.0035, 0.007), PixelSize("µm", 12.5, 3)], ids=str)
def test_scale_bar_is_as_long_as_it_says(rotate: int, width: int | None, size: PixelSize | None):
    """The longest row of white is a round length, at most a quarter of the picture, by the axis that lies across."""
    rendition = Rendition(rotate=rotate, width=width, overlay=("scale",))
    white = drawn(np.zeros((HEIGHT, WIDTH)), rendition, **({"pixel_size": size} if size else {}))
    shown, _ = find_size(HEIGHT, WIDTH, rendition)
    bar = white.sum(axis=1).max()
    assert shown / 10 - 1 <= bar <= shown / 4 + 1
    pixels = bar * (HEIGHT if rotate % 180 else WIDTH) / shown
    length = pixels * ((size.y if rotate % 180 else size.x) if size else 1)
    assert length == pytest.approx(find_round(length * 1.02), rel=0.02)


@pytest.mark.parametrize(
    ("most", "expected"),
    [(1, 1), (1.99, 1), (2, 2), (4.99, 2), (5, 5), (9.9, 5), (10, 10), (0.0021, 0.002), (1e9, 1e9), (3e-12, 2e-12)],
)
def test_round_numbers_are_1_2_and_5(most: float, expected: float):
    """As on maps."""
    assert find_round(most) == pytest.approx(expected)


@pytest.mark.parametrize(("mirror", "rotate"), EVERY_WAY_UP)
def test_text_is_never_turned(mirror: bool, rotate: int):
    """It looks the same whichever way up the image is shown."""
    image = np.zeros((300, 300), np.uint8)
    upright = drawn(image, Rendition(overlay=("time", "scale")))
    turned = drawn(image, Rendition(overlay=("time", "scale"), mirror=mirror, rotate=rotate))
    assert upright.any()
    assert (upright == turned).all()


def test_time_tells_each_frame_apart():
    """A frame a millisecond or a pulse later has another text; one without time, or with an impossible one, has one."""
    image = np.zeros((HEIGHT, WIDTH), np.uint8)
    texts = [
        draw(image, image, Rendition(overlay=("time",)), Facts("beam", pulse_id, timestamp, WIDTH, HEIGHT)).tobytes()
        for pulse_id, timestamp in ((1, 5.001), (1, 5.002), (2, 5.002), (2, None), (2, 1e300), (2, np.nan), (2, -1e18))
    ]
    assert len(set(texts)) == len(texts)


@pytest.mark.parametrize(("height", "width"), [(120, 160), (480, 640), (900, 200)])
def test_time_is_told_to_the_last_digit(height: int, width: int):
    """In a thumbnail, too: in three rows, if it does not fit into one."""
    image = np.zeros((height, width), np.uint8)
    first, second = (
        draw(image, image, Rendition(overlay=("time",)), Facts("beam", pulse_id, 1795368329.1, width, height))
        for pulse_id in (12345678901, 12345678902)
    )
    assert (first != second).any()
    assert first.max() > 200


def test_scale_without_room_for_its_label_is_left_out():
    """A bar of unknown length would be none."""
    image = np.zeros((120, 80), np.uint8)
    assert not drawn(image, Rendition(overlay=("scale",)), pixel_size=PixelSize("long unit of ours", 1, 1)).any()
    assert drawn(image, Rendition(overlay=("scale",)), pixel_size=PixelSize("mm", 1, 1)).any()


@pytest.mark.parametrize("shade", [0, 128, 255])
def test_overlays_are_legible_on_any_ground(shade: int):
    """On black, grey and white there is white beside dark."""
    for word in ALL:
        image = put_spot(HEIGHT, WIDTH)
        picture = np.full((HEIGHT, WIDTH), shade, np.uint8)
        after = draw(picture, image, Rendition(overlay=(word,)), facts()).astype(int)
        bright = after > 220
        if shade == 255:
            bright &= cv2.erode(bright.astype(np.uint8), np.ones((5, 5))) == 0
        near = cv2.dilate((after < 100).astype(np.uint8), np.ones((5, 5)))
        assert np.count_nonzero(bright & (near > 0)) > 20, word


@pytest.mark.parametrize("colour", [False, True], ids=["grey", "colour"])
@pytest.mark.parametrize(
    ("height", "width"),
    [(1, 1), (1, 4000), (4000, 1), (15, 15), (16, 16), (20, 3000), (3000, 20), (120, 160), (40, 65500), (2160, 2560)],
)
def test_any_picture_can_be_drawn_on(height: int, width: int, colour: bool):
    """Of any size there is, of one channel or three; without room nothing is drawn."""
    picture = np.full((height, width, 3) if colour else (height, width), 50, np.uint8)
    image = np.zeros((height, width), np.uint16)
    image[height // 3, width // 3] = 1000
    after = draw(picture, image, Rendition(overlay=ALL), facts(height, width))
    assert after.shape == picture.shape
    assert (picture == 50).all(), "the picture that was given is left as it was"
    assert (after != 50).any() == (min(height, width) >= 16)
    if colour:
        assert (after == after[:, :, :1]).all()


def test_nothing_is_done_that_nobody_asked_for():
    """Without overlays the very same picture comes back, and the same JPEG with facts and without."""
    picture = np.zeros((HEIGHT, WIDTH), np.uint8)
    assert draw(picture, picture, Rendition(), facts()) is picture
    image = put_spot().astype(np.uint16)
    levels = Levels(0.0, 3000.0)
    assert render(image, Rendition(), levels, facts()) == render(image, Rendition(), levels)


def test_overlays_reach_the_jpeg():
    """A grey picture stays one of one channel."""
    image = put_spot().astype(np.uint16)
    jpeg = render(image, Rendition(overlay=ALL, quality=95), Levels(0.0, 60000.0), facts())
    picture = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_UNCHANGED)
    assert picture.shape == (HEIGHT, WIDTH)
    assert picture.max() > 200
