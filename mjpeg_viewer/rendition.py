"""
What a viewer asks for: size, quality and rate of the pictures, or which values how often.

A Rendition or Selection is in canonical form, and the key of its encoder: two viewers that ask for the same, in
whatever order and spelling, share one.  How it is asked for is query.py's to know.
"""

from dataclasses import dataclass
from typing import Literal

DEFAULT_QUALITY = 85
MAX_SIDE = 65500
"""The longest side of a JPEG, in pixels: libjpeg's JPEG_MAX_DIMENSION, a little below what 16 bits could say."""

WIDTHS = (
    *(80, 120, 160, 240, 320, 480, 640, 800, 960, 1280, 1600, 1920, 2560, 3200, 3840, 5120, 7680),
    *(10240, 15360, 20480, 30720, 40960, MAX_SIDE),
)
"""The widths that pictures are shrunk to, in pixels: what is asked for becomes the next of these, so that two pages
whose pictures differ by a few pixels share one encoder."""

LevelsMode = Literal["auto", "minmax", "percentile", "fixed"]
Norm = Literal["linear", "log", "sqrt"]
Colormap = Literal[
    "grey",
    "grey-inverted",
    "viridis",
    "cividis",
    "inferno",
    "plasma",
    "magma",
    "turbo",
    "hot",
    "jet",
    "rainbow",
]
Overlay = Literal["time", "crosshair", "centroid", "scale"]


@dataclass(frozen=True, slots=True)
class Roi:
    """A region of interest, in pixels of the image as sent: its top left pixel, and its size."""

    x: int
    y: int
    width: int
    height: int


ALL = "*"
"""Among the names of a selection: every channel that is not large."""


@dataclass(frozen=True, slots=True)
class Rendition:
    """
    One way to show a camera.  The fields stand in the order in which they are applied.

    Args:
        fps: At most so many pictures per second, to three digits.  None: every frame.
        background: Whether the camera's background is subtracted, if it has one.
        roi: The part of the image that is shown.  None: all of it.
        levels: How the pixel values that become black and white are found, in what is shown of the image: ``auto``
            and ``percentile`` by percentiles, the first smoothed over time; ``minmax``; ``fixed``.
        low: What becomes black: for ``fixed`` a pixel value, for ``auto`` and ``percentile`` a percentage of the
            pixels, for ``minmax`` None.
        high: What becomes white, likewise; above ``low``.
        norm: The curve between them.
        mirror: Whether left and right are exchanged.
        rotate: Degrees clockwise, after mirroring: 0, 90, 180 or 270.
        width: The picture is shrunk to at most this many pixels, its aspect kept, and never enlarged.  None: as sent.
        colormap: What grey images are coloured with; colour images are shown as sent.
        overlay: What is drawn over the picture, sorted.
        quality: JPEG quality, 1..100.
    """

    fps: float | None = None
    background: bool = False
    roi: Roi | None = None
    levels: LevelsMode = "auto"
    low: float | None = 0.5
    high: float | None = 99.5
    norm: Norm = "linear"
    mirror: bool = False
    rotate: int = 0
    width: int | None = None
    colormap: Colormap = "grey"
    overlay: tuple[Overlay, ...] = ()
    quality: int = DEFAULT_QUALITY


@dataclass(frozen=True, slots=True)
class Selection:
    """
    Which of a camera's values a viewer of events asks for.

    Args:
        channels: Their names, sorted; one may be ALL.  None for ALL alone.
        rate: At most so many events per second, to three digits.  None: every frame.
        background: Whether the camera's background is subtracted before the image is measured, if it has one.
    """

    channels: tuple[str, ...] | None = None
    rate: float | None = None
    background: bool = False
