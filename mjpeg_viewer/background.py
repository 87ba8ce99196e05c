"""A camera's background: captured once, held until the image changes its shape or type, subtracted for who asks."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from mjpeg_viewer.encoder import Maker
from mjpeg_viewer.errors import UnavailableError
from mjpeg_viewer.frame import Frame, Image, ImageInfo
from mjpeg_viewer.imaging import Averaging, Background

_log = logging.getLogger(__name__)

_NEVER = "none was captured"


class BackgroundKeeper:
    """
    Holds the background of one camera.  Any thread may use it.

    Args:
        camera: The camera's name, for the log.

    Attributes:
        held: The background, or None.
        reason: Why there is none.
    """

    def __init__(self, camera: str) -> None:
        self.held: Background | None = None
        self.reason = _NEVER
        self._camera = camera
        self._capturing = False
        self._lock = threading.Lock()

    @contextmanager
    def begin_capture(self) -> Iterator[None]:
        """
        Let nobody else capture one inside the block; on the loop's own thread.

        Raises:
            UnavailableError: Somebody does already.
        """
        if self._capturing:
            raise UnavailableError(f"{self._camera}: a background is being captured already; wait until that is done")
        self._capturing = True
        try:
            yield
        finally:
            self._capturing = False

    def hold(self, background: Background) -> None:
        """Take a background in place of the one before."""
        with self._lock:
            self.held = background
        shown = _describe(background.mean.shape, background.dtype.name)
        _log.info("%s: background captured from %d frames of %s", self._camera, background.frames, shown)

    def forget(self) -> None:
        """Have none any more, by somebody's wish."""
        with self._lock:
            self.reason, self.held = _NEVER, None  # in this order, so that none is held without a reason

    def check(self, info: ImageInfo) -> None:
        """Drop the background if images are not any more as they were when it was captured."""
        held = self.held
        if held is not None and ((info.height, info.width), info.dtype) != (held.mean.shape[:2], held.dtype.name):
            self._drop(held, _describe((info.height, info.width), info.dtype))

    def subtract(self, image: Image) -> Image | None:
        """
        Return an image without the background, or None if there is none that fits; releases the GIL for the most part.

        Args:
            image: Pixels of shape [height, width, ...], of bool or any integer or float type.
        """
        held = self.held
        if held is None:
            return None
        if not held.fits(image.shape, image.dtype):
            self._drop(held, _describe(image.shape, image.dtype.newbyteorder("=").name))
            return None
        return held.subtract(image)

    def _drop(self, held: Background, found: str) -> None:
        with self._lock:
            if self.held is not held:
                return
            was = _describe(held.mean.shape, held.dtype.name)
            self.reason, self.held = f"dropped: the image is now {found}, was {was}", None
        _log.warning("%s: background %s", self._camera, self.reason)


class Capture(Maker[Background | None]):
    """
    Makes a background of a camera's frames: what its encoder does with each.  Not for two threads at once.

    Args:
        frames: Of how many.
    """

    shows = True

    def __init__(self, frames: int) -> None:
        self._averaging = Averaging(frames)

    @property
    def taken(self) -> int:
        """How many were taken so far."""
        return self._averaging.taken

    def __call__(self, frame: Frame) -> Background | None:
        """
        Take one frame more and return the background, if that was enough.

        Raises:
            MessageError: The image cannot be decoded.
        """
        return self._averaging.add(frame.decode_image(), frame.received)


def _describe(shape: tuple[int, ...], dtype: str) -> str:
    height, width, *colours = shape
    return " x ".join(map(str, (width, height, *colours))) + f" {np.dtype(dtype).name}"
