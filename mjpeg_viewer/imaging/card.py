"""What is shown when there is no live picture: words, and at most a picture that nobody can mistake for live."""

from collections.abc import Sequence

import cv2
import numpy as np

from mjpeg_viewer.errors import RenderError
from mjpeg_viewer.imaging.edges import encode_jpeg
from mjpeg_viewer.imaging.grey import Grey
from mjpeg_viewer.imaging.text import choose_size, lay_out
from mjpeg_viewer.rendition import DEFAULT_QUALITY, MAX_SIDE

_GROUND = 24
"""The grey of cards and banners: dark, as control rooms are, and yet no switched-off screen."""

_DIMMED = 1 / 3

_ROWS = 28
"""So large that it is read from afar, and yet a status of two sentences takes a quarter of the picture."""


def card(width: int, height: int, lines: Sequence[str]) -> bytes:
    """
    Make a picture of words alone, for a viewer who shall see no old picture.

    Args:
        width: In pixels; so wide and high as the pictures that it stands for, so that the page does not jump.
        height: Likewise.  More than a JPEG can have is cut.
        lines: What to say; the first stands out.  Where there is no room to write, the card is empty.

    Returns:
        A baseline JPEG of one channel.
    """
    picture = np.full((min(height, MAX_SIDE), min(width, MAX_SIDE)), _GROUND, np.uint8)
    _write_banner(picture, lines)
    return encode_jpeg(picture, DEFAULT_QUALITY)


def dim(jpeg: bytes, lines: Sequence[str]) -> bytes:
    """
    Make of the last picture one that is plainly not live: a third as bright, without colours, words across its middle.

    Where there is no room to write, nothing of the picture is left, for nobody could know that it is old.

    Args:
        jpeg: The picture as it was last sent.
        lines: What to say; the first stands out.

    Returns:
        A baseline JPEG of the same width, height and number of channels.

    Raises:
        RenderError: It is no JPEG.
    """
    # OpenCV raises an error of its own over no bytes at all.
    decoded = cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_UNCHANGED) if jpeg else None
    if decoded is None:
        raise RenderError(f"the last picture ({len(jpeg)} bytes) is no JPEG that OpenCV can decode")
    colour = decoded.ndim == 3
    picture: Grey = np.asarray(cv2.cvtColor(decoded, cv2.COLOR_BGR2GRAY) if colour else decoded, np.uint8)
    picture = np.asarray(cv2.convertScaleAbs(picture, alpha=_DIMMED), np.uint8)
    if not _write_banner(picture, lines):
        picture[:] = _GROUND
    shown = np.asarray(cv2.cvtColor(picture, cv2.COLOR_GRAY2BGR), np.uint8) if colour else picture
    return encode_jpeg(shown, DEFAULT_QUALITY)


def _write_banner(picture: Grey, lines: Sequence[str]) -> bool:
    """Write lines on a dark band across the middle, and say whether there was room."""
    height, width = picture.shape
    size = choose_size(height, width, _ROWS)
    margin = width // 12
    block = lay_out(lines, width - 2 * margin, height - 2, size, title=True)
    if not block.rows:
        return False
    top = (height - block.height) // 2
    picture[max(0, top - size) : top + block.height + size] = _GROUND
    block.write(picture, (width - block.width) // 2, top, centred=True)
    return True
