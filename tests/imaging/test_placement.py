"""Where pixels are shown: held against where the picture's own functions move a marked one."""

import numpy as np
import pytest

from mjpeg_viewer.imaging import crop, find_size
from mjpeg_viewer.imaging.geometry import Placement, orient, shrink
from mjpeg_viewer.rendition import Rendition, Roi

HEIGHT, WIDTH = 60, 96
EVERY_WAY_UP = [(mirror, rotate) for mirror in (False, True) for rotate in (0, 90, 180, 270)]


@pytest.mark.parametrize("width", [None, 48, 24, 17])
@pytest.mark.parametrize("roi", [None, Roi(8, 4, 64, 48), Roi(40, 20, 1000, 1000), Roi(32, 24, 1, 12)], ids=str)
@pytest.mark.parametrize(("mirror", "rotate"), EVERY_WAY_UP)
def test_point_is_found_where_its_pixel_went(mirror: bool, rotate: int, roi: Roi | None, width: int | None):
    """A bright pixel's centre of mass in the picture is where the placement says, in every rendition."""
    rendition = Rendition(roi=roi, mirror=mirror, rotate=rotate, width=width)
    for x, y in ((40, 24), (47, 27), (32, 31)):
        image = np.zeros((HEIGHT, WIDTH), np.uint8)
        image[y, x] = 255
        shown = crop(image, roi)
        picture = shrink(orient(np.ascontiguousarray(shown), mirror, rotate), width)
        if not shown.any():
            continue
        rows, columns = np.indices(picture.shape)
        found = ((columns * picture).sum() / picture.sum(), (rows * picture).sum() / picture.sum())
        placement = Placement(*shown.shape, rendition)
        # A pixel of the picture that stands for several has its own centre, up to half its width away.
        allowed = [0.5 * (1 - scale) + 1e-9 for scale in placement.scale]
        ((there_x, there_y),) = placement.find(np.array([[x, y]], float))
        assert abs(there_x - found[0]) <= allowed[0]
        assert abs(there_y - found[1]) <= allowed[1]
        assert picture.shape == find_size(*shown.shape, rendition)[::-1]


@pytest.mark.parametrize(("mirror", "rotate"), EVERY_WAY_UP)
def test_edges_of_the_image_are_edges_of_the_picture(mirror: bool, rotate: int):
    """Half a pixel outside the outermost centres, whatever the picture shrinks by."""
    rendition = Rendition(mirror=mirror, rotate=rotate, width=31)
    width, height = find_size(HEIGHT, WIDTH, rendition)
    corners = np.array([[-0.5, -0.5], [WIDTH - 0.5, -0.5], [-0.5, HEIGHT - 0.5], [WIDTH - 0.5, HEIGHT - 0.5]])
    found = Placement(HEIGHT, WIDTH, rendition).find(corners)
    expected = {(x, y) for x in (-0.5, width - 0.5) for y in (-0.5, height - 0.5)}
    assert {tuple(point) for point in np.round(found, 9).tolist()} == expected
