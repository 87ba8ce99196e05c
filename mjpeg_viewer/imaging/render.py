"""One camera image to a JPEG, as a rendition asks."""

import cv2
import numpy as np

from mjpeg_viewer.errors import RenderError
from mjpeg_viewer.frame import Image
from mjpeg_viewer.imaging.colormap import apply_colormap
from mjpeg_viewer.imaging.edges import check_shown, encode_jpeg
from mjpeg_viewer.imaging.geometry import orient, shrink, shrink_marked
from mjpeg_viewer.imaging.grey import Grey, to_8_bit
from mjpeg_viewer.imaging.levels import Levels
from mjpeg_viewer.imaging.marks import find_marks
from mjpeg_viewer.imaging.overlay import Facts, draw
from mjpeg_viewer.rendition import MAX_SIDE, Rendition


def render(image: Image, rendition: Rendition, levels: Levels, facts: Facts | None = None) -> bytes:
    """
    Turn one camera image into a JPEG.

    Levels are applied before shrinking, so that a hot pixel cannot spread, and colours after it, so that none is the
    mean of two others.  Releases the GIL while OpenCV works: call it in the executor.

    Args:
        image: Pixels of shape [height, width], or [height, width, 3 or 4] in the order red, green, blue, alpha; of
            bool or any integer or float type; row 0 at the top.  What lies outside the region of interest is cut off
            already.
        rendition: How the picture shall look.
        levels: Pixel values that become black and white, in the image's own units.
        facts: What overlays say of the frame.  None: nothing is drawn.

    Returns:
        A complete baseline JPEG: one channel for a grey image in a grey colormap, else 4:2:0.

    Raises:
        RenderError: The type or shape cannot be shown.  This frame is skipped, never the stream.
    """
    check_shown(image)
    colour = image.ndim == 3
    picture = to_8_bit(image[:, :, :3] if colour else image, levels, rendition.norm)
    picture = shrink(orient(picture, rendition.mirror, rendition.rotate), rendition.width)
    if colour:
        picture = np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2BGR), np.uint8)
    else:
        picture = _colour(picture, image, rendition, levels)
    if max(picture.shape[:2]) > MAX_SIDE:
        height, width = picture.shape[:2]
        raise RenderError(f"{width} x {height} pixels do not fit a JPEG ({MAX_SIDE} at most); ask for a smaller width")
    if facts is not None:
        picture = draw(picture, image, rendition, facts)
    return encode_jpeg(picture, rendition.quality)


def _colour(picture: Grey, image: Image, rendition: Rendition, levels: Levels) -> Grey:
    """Colour a picture as big as it will be shown, and mark what in the image has no colour of the map's."""
    picture = apply_colormap(picture, rendition.colormap)
    if picture.ndim == 3:
        height, width = picture.shape[:2]
        for marked, colour in find_marks(image, levels.high if rendition.levels == "fixed" else None):
            turned = orient(marked.view(np.uint8), rendition.mirror, rendition.rotate)
            picture[shrink_marked(turned.view(np.bool_), height, width)] = colour[::-1]
    return picture
