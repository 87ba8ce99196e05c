"""What a picture encoder makes of frames, and without one."""

import time

import numpy as np

from mjpeg_viewer.frame import Frame, ImageInfo
from mjpeg_viewer.multipart import Notice, Picture
from mjpeg_viewer.pictures import PictureMaker
from mjpeg_viewer.rendition import Rendition
from mjpeg_viewer.status import Status

LIVE = Status("live", "", time.time())
SILENT = Status("silent", "no message comes", time.time() - 12)


def make(maker: PictureMaker, sequence: int) -> Picture:
    """Have the picture of a frame made."""
    image = np.arange(64 * 48, dtype=np.uint16).reshape(48, 64)
    info = ImageInfo("image", 64, 48, "uint16")
    return maker(Frame(sequence, sequence, None, time.time(), {}, info, "", lambda: image))


def test_picture_that_was_dimmed_is_never_shown_as_live_again():
    """When messages come again that cannot be shown yet, or at all, the picture of before them stays dimmed."""
    maker = PictureMaker("beam", Rendition())
    picture = make(maker, 1)
    assert maker.fill(picture, LIVE).seen is picture
    assert isinstance(maker.fill(picture, SILENT).seen, Notice)
    waiting = maker.fill(picture, LIVE).seen
    assert isinstance(waiting, Notice)
    assert waiting.status == "waiting"
    newer = make(maker, 2)
    assert maker.fill(newer, LIVE).seen is newer
