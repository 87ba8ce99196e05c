"""Where arrays come in and JPEGs go out: what is no picture is refused before OpenCV sees it."""

import cv2

from mjpeg_viewer.errors import RenderError
from mjpeg_viewer.frame import Image
from mjpeg_viewer.imaging.grey import Grey


def check_image(image: Image) -> None:
    """
    Raise RenderError if an array can be no picture, by its type or by its shape.

    Args:
        image: Any array; one of [height, width] or [height, width, 3 or 4] passes, without any pixel too.
    """
    if image.dtype.kind not in "biuf":
        raise RenderError(f"pixels of type {image.dtype} are no picture's; expected bool, integer or float")
    if image.ndim != 2 and not (image.ndim == 3 and image.shape[2] in (3, 4)):
        raise _refuse_shape(image)


def check_shown(image: Image) -> None:
    """Raise RenderError if an array can be no picture, or has no pixel to show."""
    check_image(image)
    if not image.size:
        raise _refuse_shape(image)


def encode_jpeg(picture: Grey, quality: int) -> bytes:
    """
    Encode a picture.

    Args:
        picture: Pixels of shape [height, width], or [height, width, 3] in OpenCV's order blue, green, red.
        quality: 1..100.

    Returns:
        A complete baseline JPEG: one channel for a grey picture, else 4:2:0.

    Raises:
        RenderError: OpenCV could not.
    """
    done, jpeg = cv2.imencode(".jpg", picture, (cv2.IMWRITE_JPEG_QUALITY, quality))
    if not done:
        raise RenderError(f"OpenCV could not encode {picture.shape} pixels")
    return jpeg.tobytes()


def _refuse_shape(image: Image) -> RenderError:
    return RenderError(f"an array of shape {list(image.shape)} is no picture; expected [height, width] or RGB")
