"""
What is drawn over a picture on request, for screens and players that have no page around it.

Everything is drawn on the picture as it is shown, so text is never turned or shrunk; places are found in the image and
followed to where they are shown.  White on black is visible in every colormap, and leaves a grey picture grey.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from math import ceil, floor, inf, log10

import cv2
import numpy as np

from mjpeg_viewer.frame import Image
from mjpeg_viewer.imaging.geometry import Placement
from mjpeg_viewer.imaging.grey import Grey
from mjpeg_viewer.imaging.spot import find_spot
from mjpeg_viewer.imaging.text import Block, choose_size, lay_out
from mjpeg_viewer.rendition import Rendition

_ROWS = 36
"""Smaller than on cards, for there is something to see behind."""

# In a picture that is narrower than this, lines would hide more than they show.
_LEAST_SIDE = 16

_ANY_WIDTH = 10**6

# OpenCV takes places in 1/16 of a pixel.
_SHIFT = 4


@dataclass(frozen=True, slots=True)
class PixelSize:
    """How large a pixel of the image is: its width x and height y, both above 0, in a unit."""

    unit: str
    x: float
    y: float


PIXELS = PixelSize("px", 1.0, 1.0)


@dataclass(frozen=True, slots=True)
class Facts:
    """
    What overlays say of a frame.

    Args:
        camera: The camera's name.
        pulse_id: The frame's.
        timestamp: The frame's own global time, in seconds since the epoch; None if it has none.
        width: Of the image as sent, in pixels.
        height: Likewise.
        pixel_size: How large its pixels are.
    """

    camera: str
    pulse_id: int
    timestamp: float | None
    width: int
    height: int
    pixel_size: PixelSize = PIXELS


def draw(picture: Grey, image: Image, rendition: Rendition, facts: Facts) -> Grey:
    """
    Draw the overlays that a rendition asks for.

    Args:
        picture: What is shown, of shape [height, width] or [height, width, 3], turned and shrunk already.
        image: The image that it shows, cut to the region of interest.
        rendition: How it shows that.
        facts: What to say.

    Returns:
        A new picture of the same shape; the same one if nothing is to be drawn, or if it is too small for that.
    """
    if not rendition.overlay or min(picture.shape[:2]) < _LEAST_SIDE:
        return picture
    picture = picture.copy()
    placement = Placement(image.shape[0], image.shape[1], rendition)
    if "crosshair" in rendition.overlay:
        _draw_crosshair(picture, placement, facts)
    if "centroid" in rendition.overlay:
        _draw_centroid(picture, placement, image, rendition)
    if "scale" in rendition.overlay:
        _draw_scale(picture, placement, rendition, facts.pixel_size)
    if "time" in rendition.overlay:
        _write_time(picture, facts)
    return picture


def _draw_crosshair(picture: Grey, placement: Placement, facts: Facts) -> None:
    ((x, y),) = placement.find(np.array([[(facts.width - 1) / 2, (facts.height - 1) / 2]]))
    _draw_cross(picture, x, y, inf)


def _draw_centroid(picture: Grey, placement: Placement, image: Image, rendition: Rendition) -> None:
    spot = find_spot(image)
    if spot is None:
        return
    corner = (rendition.roi.x, rendition.roi.y) if rendition.roi else (0, 0)
    ellipse = np.rint(placement.find(spot.outline() + corner) * 2**_SHIFT).astype(np.int32)
    stroke = _choose_stroke(picture)
    for shade, thickness in ((0, 3 * stroke), (255, stroke)):
        cv2.polylines(picture, [ellipse], True, (shade,) * 3, thickness, cv2.LINE_AA, _SHIFT)
    ((x, y),) = placement.find(np.array([[spot.x, spot.y]]) + corner)
    _draw_cross(picture, x, y, max(4, min(picture.shape[:2]) // 60))


def _draw_cross(picture: Grey, x: float, y: float, arm: float) -> None:
    """Draw an upright cross, sharp to the pixel: where its middle lies between two, its lines are as wide as both."""
    stroke = _choose_stroke(picture)
    for shade, edge in ((0, stroke), (255, 0)):
        half = stroke / 2 + edge
        _fill(picture, x, y, half, arm + half, shade)
        _fill(picture, x, y, arm + half, half, shade)


def _fill(picture: Grey, x: float, y: float, reach_x: float, reach_y: float, shade: int) -> None:
    """Fill the pixels whose centres are no further away than that."""
    height, width = picture.shape[:2]
    left, right = ceil(max(0, x - reach_x)), floor(min(width - 1, x + reach_x)) + 1
    top, bottom = ceil(max(0, y - reach_y)), floor(min(height - 1, y + reach_y)) + 1
    if left < right and top < bottom:
        picture[top:bottom, left:right] = shade


def _choose_stroke(picture: Grey) -> int:
    """Return how wide lines are, in pixels: thin, and to be seen on a large screen."""
    side: int = min(picture.shape[:2])
    return max(1, round(side / 700))


def _draw_scale(picture: Grey, placement: Placement, rendition: Rendition, pixel_size: PixelSize) -> None:
    height, width = picture.shape[:2]
    unit_per_pixel = (pixel_size.y if rendition.rotate % 180 else pixel_size.x) / placement.scale[0]
    size = choose_size(height, width, _ROWS)
    margin = size // 2
    length = find_round(width / 4 * unit_per_pixel)
    bar = round(length / unit_per_pixel)
    label = lay_out([f"{length:g} {pixel_size.unit}"], width - 4 * margin, height // 3, size)
    if bar < 1 or len(label.rows) != 1:
        return
    thick = max(2, size // 6)
    inner_width, inner_height = max(bar, label.width), label.height + thick + margin // 2
    left, top = width - 2 * margin - inner_width, height - 2 * margin - inner_height
    _darken(picture, left - margin, top - margin // 2, width - margin, height - margin)
    label.write(picture, left + (inner_width - label.width) // 2, top)
    left += (inner_width - bar) // 2
    bottom = top + inner_height
    picture[bottom - thick : bottom, left : left + bar] = 255


def find_round(most: float) -> float:
    """Return the largest of 1, 2 and 5 times a power of ten that is not above a positive number."""
    power = 10.0 ** floor(log10(most))
    return max(step for step in (1.0, 2.0, 5.0) if step == 1 or step * power <= most) * power


def _write_time(picture: Grey, facts: Facts) -> None:
    height, width = picture.shape[:2]
    size = choose_size(height, width, _ROWS)
    margin = size // 2
    words = [facts.camera, _say_time(facts.timestamp), f"pulse {facts.pulse_id}"]
    block = _lay_out_words(words, width - 4 * margin, height // 2 - 2 * margin, size)
    if not block.rows:
        return
    right, bottom = 3 * margin + block.width, margin + block.height + margin // 2
    _darken(picture, margin, margin, right, bottom)
    block.write(picture, 2 * margin, margin + margin // 4)


def _lay_out_words(words: list[str], width: int, height: int, size: int) -> Block:
    """In one row if they fit, else in a row each: a time that is torn apart is hard to read while it runs."""
    row = lay_out([" \u00b7 ".join(words)], _ANY_WIDTH, height, size)
    return row if row.width <= width else lay_out(words, width, height, size)


def _say_time(timestamp: float | None) -> str:
    """Say a time as ISO 8601 does, to the millisecond, in UTC: no two clocks of a machine differ in that."""
    if timestamp is None:
        return "without time"
    try:
        time = datetime.fromtimestamp(timestamp, UTC)
    except (ValueError, OverflowError, OSError):  # what a sender's clock may say has no limits
        return f"time {timestamp:g} s"
    return time.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _darken(picture: Grey, left: int, top: int, right: int, bottom: int) -> None:
    area = picture[max(0, top) : bottom, max(0, left) : right]
    area //= 3
