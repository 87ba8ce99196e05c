"""What a data header says, as values: the channels of a message, how their blobs are read, which is the picture."""

from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np

from mjpeg_viewer.frame import ChannelInfo, ImageInfo


@dataclass(frozen=True)
class Channel:
    """
    How one channel's blob is to be read.

    Args:
        name: The channel's name.
        dtype: numpy type of one element, byte order included.
        shape: In numpy's order, slowest dimension first; the wire has it the other way round.
        compression: ``none``, ``lz4`` or ``bitshuffle_lz4``.
        string: The elements are the bytes of one UTF-8 string, of any length.
    """

    name: str
    dtype: np.dtype[np.generic]
    shape: tuple[int, ...]
    compression: str
    string: bool

    @cached_property
    def size_bytes(self) -> int | None:
        """Decoded size that shape and type demand; None for a string."""
        return None if self.string else prod(self.shape) * self.dtype.itemsize

    @cached_property
    def reach_bytes(self) -> int:
        """Bytes that the shape spans, empty dimensions left out: numpy refuses [0, 10**18, 10**18] too."""
        return prod(side or 1 for side in self.shape) * self.dtype.itemsize

    @cached_property
    def image_info(self) -> ImageInfo | None:
        """What picture this channel holds: grey [h, w], colour [h, w, 3|4] or [3|4, h, w]; None if it is none."""
        if self.string or not all(self.shape):
            return None
        match self.shape:
            case (height, width) | (height, width, 3 | 4) | (3 | 4, height, width):
                return ImageInfo(self.name, width, height, self.dtype.name)
        return None


@dataclass(frozen=True)
class Layout:
    """
    What a data header says.

    Args:
        channels: In the order of their blobs.
        image: Index of the channel that is the picture, or None.
        no_image: Why it is None.
    """

    channels: tuple[Channel, ...]
    image: int | None
    no_image: str

    @cached_property
    def infos(self) -> tuple[ChannelInfo, ...]:
        """The channels as people are told of them."""
        return tuple(
            ChannelInfo(
                channel.name,
                "string" if channel.string else channel.dtype.name,
                channel.shape,
                "big" if channel.dtype.byteorder == ">" else "little",
                channel.compression,
            )
            for channel in self.channels
        )

    @cached_property
    def index(self) -> dict[str, int]:
        """Index of each channel but the picture, by name; of a name that stands twice, the last."""
        return {channel.name: i for i, channel in enumerate(self.channels) if i != self.image}
