"""
MJPEG framing: JPEGs as the parts of a multipart/x-mixed-replace body (RFC 2046 section 5.1, and Netscape's
"server push" of 1995, which never became a standard).

When a picture is painted depends on what follows it.  Chromium and WebKit paint a part only when the headers of the
next one have come, so at one frame per second the picture would be one second old.  Two framings end that:

- *advance*, for browsers: the headers of the next part follow each JPEG at once.  What is not known yet cannot stand
  in them, so they carry nothing but the type.
- *length*, for everything else: each part has its Content-Length and what is known of the frame, and the boundary
  follows at once.

In both the body starts with an opening, and every part ends where any other may begin, so that all viewers of one
framing can be sent the very same bytes.
"""

import secrets
from abc import abstractmethod
from collections.abc import Hashable
from enum import Enum

from mjpeg_viewer.wire import Wire

# Random, so that no picture can hold it; without leading dashes and unquoted, as some parsers get either wrong.
BOUNDARY = secrets.token_hex(12)

CONTENT_TYPE = f"multipart/x-mixed-replace; boundary={BOUNDARY}"

_DELIMITER = f"--{BOUNDARY}\r\n".encode()
_ADVANCE_HEADERS = _DELIMITER + b"Content-Type: image/jpeg\r\n\r\n"


class Framing(Enum):
    """How parts are set apart; see above."""

    ADVANCE = "advance"
    LENGTH = "length"

    # An Enum's own is a function in Python, and bytes are looked up by this for each viewer of each picture.
    __hash__ = object.__hash__


def opening(framing: Framing) -> bytes:
    """Return what stands before the first part."""
    return _ADVANCE_HEADERS if framing is Framing.ADVANCE else _DELIMITER


def describe_frame(sequence: int, pulse_id: int, timestamp: float | None) -> dict[str, str]:
    """Return what is known of a frame, as header fields."""
    fields = {"X-Pulse-Id": str(pulse_id), "X-Sequence": str(sequence)}
    if timestamp is not None:
        fields["X-Timestamp"] = f"{timestamp:.6f}"
    return fields


class Part(Wire):
    """
    One JPEG, shared by all its viewers.

    Args:
        jpeg: A complete JPEG.
    """

    __slots__ = ("jpeg",)

    def __init__(self, jpeg: bytes) -> None:
        super().__init__("picture")
        self.jpeg = jpeg

    @abstractmethod
    def headers(self) -> dict[str, str]:
        """Return what is known of it, as header fields."""

    def pieces(self, kind: Hashable) -> tuple[bytes, ...]:
        """Frame the JPEG."""
        if kind is Framing.ADVANCE:
            return self.jpeg, b"\r\n", _ADVANCE_HEADERS
        head = f"Content-Type: image/jpeg\r\nContent-Length: {len(self.jpeg)}\r\n"
        for name, value in self.headers().items():
            head += f"{name}: {value}\r\n"
        return head.encode(), b"\r\n", self.jpeg, b"\r\n", _DELIMITER


class Picture(Part):
    """
    A frame's picture.

    Args:
        jpeg: A complete JPEG.
        sequence: The frame's number among all that the source received.
        pulse_id: The frame's pulse id.
        timestamp: The frame's global time in seconds since the epoch, or None.
        subtracted: Whether the background was subtracted; None if nobody asked for that.
        levels: The pixel values that are black and white in it, if that is known.
    """

    __slots__ = ("levels", "pulse_id", "sequence", "subtracted", "timestamp")

    def __init__(
        self,
        jpeg: bytes,
        sequence: int,
        pulse_id: int,
        timestamp: float | None,
        subtracted: bool | None = None,
        levels: tuple[float, float] | None = None,
    ) -> None:
        super().__init__(jpeg)
        self.sequence = sequence
        self.pulse_id = pulse_id
        self.timestamp = timestamp
        self.subtracted = subtracted
        self.levels = levels

    def describe(self) -> dict[str, object]:
        """Return what a page cannot know of the picture that it shows."""
        return {
            "pulse_id": self.pulse_id,
            "bytes": len(self.jpeg),
            "levels": self.levels,
            "subtracted": self.subtracted,
        }

    def headers(self) -> dict[str, str]:
        """Return what is known of the frame and its picture."""
        fields = describe_frame(self.sequence, self.pulse_id, self.timestamp)
        if self.levels is not None:
            fields["X-Levels"] = "{:g},{:g}".format(*self.levels)
        if self.subtracted is not None:
            fields["X-Background"] = "subtracted" if self.subtracted else "none"
        return fields


class Notice(Part):
    """
    What is shown where no live picture is, and says so.

    Args:
        jpeg: A complete JPEG.
        status: What the camera is doing, in a word; ``waiting`` if it is live and its next picture has not come yet.
        reason: Why, in a sentence; empty if it waits.
    """

    __slots__ = ("reason", "status")

    def __init__(self, jpeg: bytes, status: str, reason: str = "") -> None:
        super().__init__(jpeg)
        self.status = status
        self.reason = reason

    def headers(self) -> dict[str, str]:
        """Return the status, by which programs tell a notice from a picture."""
        return {"X-Status": self.status}
