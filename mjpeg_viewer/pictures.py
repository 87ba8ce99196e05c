"""Frames to what viewers are sent: what a picture encoder does with each frame, and without one."""

import time
from collections.abc import Callable
from dataclasses import dataclass

from mjpeg_viewer.encoder import Filling, Maker
from mjpeg_viewer.errors import InexactError, RenderError, RenditionError
from mjpeg_viewer.frame import Frame, Image
from mjpeg_viewer.imaging import (
    PIXELS,
    Facts,
    PixelSize,
    card,
    check_shown,
    crop,
    dim,
    find_size,
    make_leveller,
    render,
)
from mjpeg_viewer.multipart import Notice, Part, Picture, describe_frame
from mjpeg_viewer.rendition import Rendition
from mjpeg_viewer.status import Status

# The size of a card before anything is known of the camera's pictures.
_WIDTH, _HEIGHT = 640, 480


class PictureMaker(Maker[Part]):
    """
    Makes the parts of one rendition of one camera.  Not for two threads at once.

    Args:
        camera: The camera's name, for notices and overlays.
        rendition: How the pictures shall look.
        subtract: Takes the camera's background off an image; returns None while there is none.
        pixel_size: How large its pixels are, for overlays.
    """

    # What a page can step back through: a second or two, some megabytes for as long as it is watched.
    kept = 30
    shows = True

    def __init__(
        self,
        camera: str,
        rendition: Rendition,
        subtract: Callable[[Image], Image | None] = lambda image: None,
        pixel_size: PixelSize = PIXELS,
    ) -> None:
        self._camera = camera
        self._rendition = rendition
        self._subtract = subtract
        self._pixel_size = pixel_size
        self._leveller = make_leveller(rendition)
        self._trouble = ""
        self._dimmed: Part | None = None
        self._size = find_size(_HEIGHT, _WIDTH, rendition)

    def __call__(self, frame: Frame) -> Picture:
        """
        Make one part.

        Raises:
            MessageError: The image cannot be decoded.
            RenderError: It can, but not be shown.
            RenditionError: It can be shown, but not like this.
        """
        try:
            whole, subtracted = self._subtract_background(frame.decode_image())
            check_shown(whole)
            image = crop(whole, self._rendition.roi)
            height, width = whole.shape[:2]
            facts = Facts(self._camera, frame.pulse_id, frame.timestamp, width, height, self._pixel_size)
            levels = self._leveller.follow(image, frame.received)
            jpeg = render(image, self._rendition, levels, facts)
        except (RenderError, RenditionError) as error:
            self._trouble = str(error)
            raise
        self._trouble = ""
        self._size = find_size(image.shape[0], image.shape[1], self._rendition)
        ends = float(levels.low), float(levels.high)
        return Picture(jpeg, frame.sequence, frame.pulse_id, frame.timestamp, subtracted, ends)

    def _subtract_background(self, image: Image) -> tuple[Image, bool | None]:
        if not self._rendition.background:
            return image, None
        # Without a background the picture lives on as it is, and each part says so.
        without = self._subtract(image)
        return (image, False) if without is None else (without, True)

    def fill(self, last: Part | None, status: Status) -> Filling[Part]:
        """
        Make what stands where no new picture is.

        While the camera is live, that is the last picture once more: it is the newest there is.  Else it is the last
        one dimmed, with the reason across it; and dimmed it stays when messages come again, until one can be shown.
        Who came after it is shown a card without any picture.
        """
        word: str = status.state
        reason = status.reason
        if status.online:
            word, reason = ("undecodable", self._trouble) if self._trouble else ("waiting", "")
        lines = [self._camera, *_explain(status, reason)]
        unseen = Notice(card(*self._size, lines), word, reason)
        if last is None:
            return Filling(unseen, unseen)
        if word == "waiting" and last is not self._dimmed:
            return Filling(last, unseen)
        self._dimmed = last
        return Filling(Notice(dim(last.jpeg, lines), word, reason), unseen)


def _explain(status: Status, reason: str) -> list[str]:
    """Say in a few lines why there is no new picture."""
    if status.online:
        return ["cannot be shown", reason] if reason else ["waiting for a picture"]
    subject = "nothing to show" if status.state == "undecodable" else "no data"
    return [f"{subject} for {_say_duration(time.time() - status.since)}", reason]


def _say_duration(seconds: float) -> str:
    for unit, length in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(0.0, seconds):.0f} s"


@dataclass(frozen=True, slots=True)
class Still:
    """
    One frame's image as a file that holds its very values.

    Args:
        body: The file, or why there cannot be one of this image.
        sequence: The frame's number among all that the source received.
        pulse_id: The frame's pulse id.
        timestamp: The frame's global time in seconds since the epoch, or None.
    """

    body: bytes | InexactError | RenditionError
    sequence: int
    pulse_id: int
    timestamp: float | None

    def headers(self) -> dict[str, str]:
        """Return what is known of the frame, as header fields."""
        return describe_frame(self.sequence, self.pulse_id, self.timestamp)


class StillMaker(Maker[Still]):
    """
    Makes files of one format of one camera.

    Args:
        encode: Makes one of an image; an InexactError or RenditionError is an answer, too.
    """

    shows = True

    def __init__(self, encode: Callable[[Image], bytes]) -> None:
        self._encode = encode

    def __call__(self, frame: Frame) -> Still:
        """
        Make one file.

        Raises:
            MessageError: The image cannot be decoded.
        """
        image = frame.decode_image()
        try:
            body: bytes | InexactError | RenditionError = self._encode(image)
        except (InexactError, RenditionError) as error:
            body = error
        return Still(body, frame.sequence, frame.pulse_id, frame.timestamp)
