"""Which pixels are shown, which way up, and how many: region of interest, mirroring, rotation, size."""

import cv2
import numpy as np

from mjpeg_viewer.errors import RenderError
from mjpeg_viewer.frame import Image
from mjpeg_viewer.imaging.grey import Grey
from mjpeg_viewer.imaging.marks import Mask
from mjpeg_viewer.rendition import Rendition, Roi


def crop(image: Image, roi: Roi | None) -> Image:
    """
    Cut a region of interest out.

    Args:
        image: Pixels of shape [height, width, ...].
        roi: The region, in pixels of the image; what of it lies outside is left out.  None for the whole image.

    Returns:
        A view of the image, not contiguous.

    Raises:
        RenderError: All of the region lies outside.
    """
    if roi is None:
        return image
    part = image[roi.y : roi.y + roi.height, roi.x : roi.x + roi.width]
    if not part.size:
        height, width = image.shape[:2]
        raise RenderError(f"roi={roi.x},{roi.y},{roi.width},{roi.height} lies outside the image of {width} x {height}")
    return part


def orient(picture: Grey, mirror: bool, rotate: int) -> Grey:
    """
    Turn a picture, or a mask as one of 0 and 1.

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


def shrink_mask(mask: Mask, height: int, width: int) -> Mask:
    """
    Shrink a mask: a pixel of the result is marked if any of those is that it stands for, so that none gets lost.

    Args:
        mask: Of shape [height, width] of the picture before it was shrunk.
        height: Of the picture, in pixels, after it was shrunk.
        width: Likewise.
    """
    if mask.shape == (height, width):
        return mask
    share = cv2.resize(mask.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(share > 0, np.bool_)
