"""Pixels that have no colour of a colormap's own: those that are no number, and those above the top."""

from math import floor

import numpy as np
from numpy.typing import NDArray

from mjpeg_viewer.frame import Image

Marked = NDArray[np.bool_]
"""Which pixels are marked, of shape [height, width]."""

Colour = tuple[int, int, int]
"""Red, green, blue, 0..255."""

# Of all colours these two are furthest from every colour of every map: 39 and 43 in CIE L*a*b*, where 2.3 can just be
# seen.  Their lightness differs from what is usually around them, a dark ground and a bright spot, so that a JPEG
# that halves the resolution of colour keeps them.
NAN_COLOUR: Colour = (60, 90, 0)
OVER_COLOUR: Colour = (240, 180, 255)


def find_marks(image: Image, high: float | None) -> list[tuple[Marked, Colour]]:
    """
    Find the pixels of a grey image that no colour of a map stands for.

    Args:
        image: Pixels of shape [height, width], of bool or any integer or float type.
        high: The value above which a pixel is over the range; None if there is no such value.

    Returns:
        Which pixels get which colour; nothing if there are none.
    """
    marks: list[tuple[Marked, Colour]] = []
    if image.dtype.kind == "f":
        marks.append((np.isnan(image), NAN_COLOUR))
    if high is not None:
        # A whole number is compared in the image's own type: a sixth of the time, and right beyond 2^53.
        with np.errstate(over="ignore"):  # what a float32 cannot hold is infinite, and nothing is above that
            marks.append((np.greater(image, floor(high) if image.dtype.kind in "iu" else high), OVER_COLOUR))
    return [(marked, colour) for marked, colour in marks if marked.any()]
