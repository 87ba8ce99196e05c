"""
One camera image with its pulse id, its times and its values.

Frames are immutable values: they know neither where they came from nor where they go.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Image = NDArray[np.generic]
"""Pixels of shape [height, width] or [height, width, 3 or 4], row 0 at the top, of any integer or float type."""

Value = bool | int | float | str | Image | None
"""A channel's value: a scalar, a string, an array (slowest dimension first), or None for an empty blob."""


@dataclass(frozen=True, slots=True)
class ImageInfo:
    """What is known of a picture without decoding it: channel, width and height in pixels, numpy's type name."""

    channel: str
    width: int
    height: int
    dtype: str


@dataclass(frozen=True, slots=True)
class ChannelInfo:
    """How a channel was sent: name, bsread's type, shape (slowest dimension first), byte order and compression."""

    name: str
    type: str
    shape: tuple[int, ...]
    encoding: str
    compression: str


class Measure(NamedTuple):
    """What was computed from a picture: None where there is no honest number; the unit, if it has one that is known."""

    value: Value
    unit: str | None = None


@dataclass(frozen=True, slots=True)
class Frame:
    """
    One message of a camera, decoded as far as somebody asked.

    Args:
        sequence: The number of this message among all that the source received, from 1.  Gaps are messages that
            nobody waited for.
        pulse_id: The machine's own number of the pulse.
        timestamp: The frame's global time in seconds since the epoch, as the sender stamped it; None if it did not.
        received: When it came off the wire here, in seconds since the epoch.
        values: Every channel but the picture, decoded (and kept) when first asked for.  Asking may raise
            MessageError.
        image_info: What the picture will be; None if the message has none.
        no_image: Why there is no picture, when there is none.
        decode_image: Decodes the picture once, however many ask; call it in the executor.  May raise MessageError.
        channels: How each channel was sent, the picture's too.
        analysis: What can be computed from the picture, by name; computed (and kept) when first asked for.  Asking
            decodes the picture, and may raise MessageError.
    """

    sequence: int
    pulse_id: int
    timestamp: float | None
    received: float
    values: Mapping[str, Value]
    image_info: ImageInfo | None
    no_image: str
    decode_image: Callable[[], Image]
    channels: Sequence[ChannelInfo] = ()
    analysis: Mapping[str, Measure] = field(default_factory=dict)
