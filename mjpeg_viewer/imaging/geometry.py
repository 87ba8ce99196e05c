"""Which pixels are shown, which way up, how many, and where: region of interest, mirroring, rotation, size."""

import cv2
import numpy as np
from numpy.typing import NDArray

from mjpeg_viewer.errors import RenditionError
from mjpeg_viewer.frame import Image
from mjpeg_viewer.imaging.grey import Grey
from mjpeg_viewer.imaging.marks import Marked
from mjpeg_viewer.rendition import Rendition, Roi

Points = NDArray[np.float64]
"""Of shape [count, (x, y)]."""


def crop(image: Image, roi: Roi | None) -> Image:
    """
    Cut a region of interest out.

    Args:
        image: Pixels of shape [height, width, ...].
        roi: The region, in pixels of the image; what of it lies outside is left out.  None for the whole image.

    Returns:
        A view of the image, not contiguous.

    Raises:
        RenditionError: All of the region lies outside.
    """
    if roi is None:
        return image
    part = image[roi.y : roi.y + roi.height, roi.x : roi.x + roi.width]
    if not part.size:
        height, width = image.shape[:2]
        raise RenditionError(
            f"roi={roi.x},{roi.y},{roi.width},{roi.height} lies outside the image of {width} x {height}"
        )
    return part


def orient(picture: Grey, mirror: bool, rotate: int) -> Grey:
    """
    Turn a picture, or what is marked as one of 0 and 1.

    Args:
        picture: Pixels of shape [height, width] or [height, width, 3].
        mirror: Whether left and right are exchanged, before it is rotated.
        rotate: Degrees clockwise: 0, 90, 180 or 270.
    """
    if mirror:
        picture = np.asarray(cv2.flip(picture, 1), np.uint8)
    if rotate:
        picture = np.asarray(cv2.rotate(picture, _ROTATIONS[rotate]), np.uint8)
    return picture


_ROTATIONS = {90: cv2.ROTATE_90_CLOCKWISE, 180: cv2.ROTATE_180, 270: cv2.ROTATE_90_COUNTERCLOCKWISE}


def shrink(picture: Grey, width: int | None) -> Grey:
    """
    Shrink a picture by averaging over areas; it never grows.

    Args:
        picture: Pixels of shape [height, width] or [height, width, 3].
        width: The most pixels it may be wide, its aspect kept; None for as many as it has.
    """
    size = _fit(picture.shape[1], picture.shape[0], width)
    if size == picture.shape[1::-1]:
        return picture
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def find_size(height: int, width: int, rendition: Rendition) -> tuple[int, int]:
    """Return how wide and how high the picture of so many pixels is."""
    if rendition.rotate % 180:
        width, height = height, width
    return _fit(width, height, rendition.width)


def _fit(width: int, height: int, most: int | None) -> tuple[int, int]:
    if most is None or most >= width:
        return width, height
    return most, max(1, round(height * most / width))


def shrink_marked(marked: Marked, height: int, width: int) -> Marked:
    """
    Shrink what is marked: a pixel of the result is, if any of those is that it stands for, so that none gets lost.

    Args:
        marked: Of shape [height, width] of the picture before it was shrunk.
        height: Of the picture, in pixels, after it was shrunk.
        width: Likewise.
    """
    if marked.shape == (height, width):
        return marked
    share = cv2.resize(marked.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(share > 0, np.bool_)


class Placement:
    """
    Where the pixels of an image are in its picture.  In both a whole number is a pixel's centre, (0, 0) the top left.

    Args:
        height: How many rows of the image are shown, in pixels: what is left of it by ``crop``.
        width: Likewise of the columns.
        rendition: How they are shown.

    Attributes:
        scale: How wide and how high, in pixels of the picture, a pixel of the image is, once that is turned.
    """

    def __init__(self, height: int, width: int, rendition: Rendition) -> None:
        shown = find_size(height, width, rendition)
        turned = (height, width) if rendition.rotate % 180 else (width, height)
        self.scale = shown[0] / turned[0], shown[1] / turned[1]
        self._last = np.array([width - 1, height - 1], np.float64)
        self._roi, self._mirror, self._rotate = rendition.roi, rendition.mirror, rendition.rotate

    def find(self, points: Points) -> Points:
        """Return where points, of shape [count, (x, y)] and in pixels of the image as sent, are in the picture."""
        x, y = (points - ((self._roi.x, self._roi.y) if self._roi else (0, 0))).T
        last_x, last_y = self._last
        if self._mirror:
            x = last_x - x
        if self._rotate == 90:
            x, y = last_y - y, x
        elif self._rotate == 180:
            x, y = last_x - x, last_y - y
        elif self._rotate == 270:
            x, y = y, last_x - x
        # Shrinking keeps the picture's edges where they are, and these lie half a pixel outside the outermost centres.
        return (np.stack([x, y], axis=1) + 0.5) * self.scale - 0.5
