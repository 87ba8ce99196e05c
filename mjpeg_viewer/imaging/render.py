"""One camera image to a JPEG, as a rendition asks."""

import cv2
import numpy as np

from mjpeg_viewer.errors import RenderError
from mjpeg_viewer.frame import Image
from mjpeg_viewer.imaging.grey import Grey, to_8_bit
from mjpeg_viewer.imaging.levels import Levels
from mjpeg_viewer.rendition import MAX_SIDE, Rendition


def render(image: Image, rendition: Rendition, levels: Levels) -> bytes:
    """
    Turn one camera image into a JPEG.

    Levels are applied before shrinking, so that a hot pixel cannot spread.  Releases the GIL while OpenCV works: call
    it in the executor.

    Args:
        image: Pixels of shape [height, width], or [height, width, 3 or 4] in the order red, green, blue, alpha; of
            bool or any integer or float type; row 0 at the top.
        rendition: Output width in pixels and JPEG quality.
        levels: Pixel values that become black and white, in the image's own units.

    Returns:
        A complete baseline JPEG: one channel for a grey image, else 4:2:0.

    Raises:
        RenderError: The type or shape cannot be shown.  This frame is skipped, never the stream.
    """
    _check(image)
    colour = image.ndim == 3
    picture = to_8_bit(image[:, :, :3] if colour else image, levels)
    if colour:
        picture = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), np.uint8)
    picture = _shrink(picture, rendition.width)
    if max(picture.shape[:2]) > MAX_SIDE:
        height, width = picture.shape[:2]
        raise RenderError(f"{width} x {height} pixels do not fit a JPEG ({MAX_SIDE} at most); ask for a smaller width")
    done, jpeg = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, rendition.quality))
    if not done:
        raise RenderError(f"OpenCV could not encode {picture.shape} pixels")
    return jpeg.tobytes()


def _check(image: Image) -> None:
    if image.dtype.kind not in "biuf":
        raise RenderError(f"pixels of type {image.dtype} cannot be shown; expected bool, integer or float")
    if image.ndim not in (2, 3) or (image.ndim == 3 and image.shape[2] not in (3, 4)) or not image.size:
        raise RenderError(f"an array of shape {list(image.shape)} is no picture; expected [height, width] or RGB")


def _shrink(picture: Grey, width: int | None) -> Grey:
    old_height, old_width = picture.shape[:2]
    if width is None or width >= old_width:
        return picture
    height = max(1, round(old_height * width / old_width))
    return np.asarray(cv2.resize(picture, (width, height), interpolation=cv2.INTER_AREA), np.uint8)
