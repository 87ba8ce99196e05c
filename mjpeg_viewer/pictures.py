"""Frames to the parts that viewers are sent: what a picture encoder does with each frame."""

from mjpeg_viewer.frame import Frame
from mjpeg_viewer.imaging import AutoLevels, render
from mjpeg_viewer.multipart import Part
from mjpeg_viewer.rendition import Rendition


class PictureMaker:
    """
    Makes the parts of one rendition of one camera.  Not for two threads at once.

    Args:
        rendition: How the pictures shall look.
    """

    def __init__(self, rendition: Rendition) -> None:
        self._rendition = rendition
        self._levels = AutoLevels()

    def __call__(self, frame: Frame) -> Part:
        """
        Make one part.

        Raises:
            MessageError: The image cannot be decoded.
            RenderError: It can, but not be shown.
        """
        image = frame.decode_image()
        jpeg = render(image, self._rendition, self._levels.follow(image, frame.received))
        return Part(jpeg, frame.sequence, frame.pulse_id, frame.timestamp)
