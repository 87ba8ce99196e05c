"""
A whole message to a Frame, each value decoded only when somebody asks.

The parser's only memory is the last data header that it understood, kept with its very bytes: a header of the same
bytes is not parsed again, and one that changed under the same hash is noticed.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mjpeg_viewer.errors import MessageError
from mjpeg_viewer.frame import Frame, Image, Value
from mjpeg_viewer.message.blob import decompress
from mjpeg_viewer.message.header import parse_data_header, parse_main_header, shown
from mjpeg_viewer.message.layout import Channel, Layout
from mjpeg_viewer.message.limits import Limits


@dataclass(frozen=True, slots=True)
class Message:
    """
    A multipart message as it came off the wire.

    Args:
        parts: The message parts, undecoded.
        sequence: The number of this message among all that the source received, from 1.
        received: When, in seconds since the epoch.
        size_bytes: The sum of the parts' sizes.
    """

    parts: Sequence[memoryview]
    sequence: int
    received: float
    size_bytes: int


class MessageParser:
    """
    Turns the messages of one source into Frames.  Not for two threads at once.

    Args:
        image_channel: The channel that is the picture; None to find it.
        limits: What is believed of the sender.
    """

    def __init__(self, image_channel: str | None = None, limits: Limits | None = None) -> None:
        self._image_channel = image_channel
        self._limits = limits or Limits()
        self._header = b""
        self._header_compression: str | None = None
        self._layout: Layout | None = None

    def parse(self, message: Message) -> Frame:
        """
        Read the headers and lay out the values; decode none of them.

        Raises:
            MessageError: The message is not a bsread message, or its parts do not fit its header.
        """
        if message.size_bytes > self._limits.message_bytes:
            raise MessageError(
                "size", f"a message of {message.size_bytes} bytes, allowed are {self._limits.message_bytes}"
            )
        parts = message.parts
        if len(parts) < 2:
            raise MessageError("parts", f"{len(parts)} message part, expected a main header and a data header")
        main = parse_main_header(parts[0], self._limits)
        layout = self._get_layout(parts[1], main.dh_compression)
        # A last timestamp that is missing altogether is known from some senders.
        expected = 2 + 2 * len(layout.channels)
        if len(parts) not in (expected, expected - 1):
            raise MessageError(
                "parts", f"{len(parts)} message parts, expected {expected} for {len(layout.channels)} channels"
            )
        values = _Values(layout, parts, self._limits)
        info = None if layout.image is None else layout.channels[layout.image].image_info
        return Frame(
            sequence=message.sequence,
            pulse_id=main.pulse_id,
            timestamp=main.timestamp,
            received=message.received,
            values=values,
            image_info=info,
            no_image=layout.no_image,
            decode_image=_DecodedImage(layout, parts, self._limits),
            channels=layout.infos,
        )

    def _get_layout(self, part: memoryview, compression: str | None) -> Layout:
        if self._layout is None or part != self._header or compression != self._header_compression:
            layout = parse_data_header(part, compression, self._image_channel, self._limits)
            self._layout, self._header, self._header_compression = layout, bytes(part), compression
        return self._layout


class _Values(Mapping[str, Value]):
    """The channels of one message but its picture, by name; each is decoded when first asked for and then kept."""

    def __init__(self, layout: Layout, parts: Sequence[memoryview], limits: Limits) -> None:
        self._layout = layout
        self._parts = parts
        self._limits = limits
        self._room = [limits.value_bytes, limits.string_bytes]
        self._decoded: dict[str, Value] = {}

    def __getitem__(self, name: str) -> Value:
        # Two threads may decode the same value at the same time; both get the same, so no lock is worth its price;
        # its room is then taken twice, which only a message near its limit could notice.
        if name not in self._decoded:
            index = self._layout.index[name]
            channel = self._layout.channels[index]
            value, size = _decode(channel, self._parts[2 + 2 * index], self._room[channel.string])
            self._room[channel.string] -= size
            self._decoded[name] = value
        return self._decoded[name]

    def __contains__(self, name: object) -> bool:
        return name in self._layout.index

    def __iter__(self) -> Iterator[str]:
        return iter(self._layout.index)

    def __len__(self) -> int:
        return len(self._layout.index)


class _DecodedImage:
    """The picture of one message, decoded once however many threads ask."""

    def __init__(self, layout: Layout, parts: Sequence[memoryview], limits: Limits) -> None:
        self._layout = layout
        self._parts = parts
        self._limits = limits
        self._lock = threading.Lock()
        self._image: Image | None = None

    def __call__(self) -> Image:
        with self._lock:
            if self._image is None:
                self._image = self._decode()
            return self._image

    def _decode(self) -> Image:
        index = self._layout.image
        if index is None:
            raise MessageError("no picture", self._layout.no_image)
        channel = self._layout.channels[index]
        pixels = channel.image_info.width * channel.image_info.height if channel.image_info else 0
        if pixels > self._limits.pixels:
            raise MessageError(
                "size", f"channel {shown(channel.name)} has {pixels} pixels, allowed are {self._limits.pixels}"
            )
        image, _ = _decode(channel, self._parts[2 + 2 * index], self._limits.value_bytes)
        if not isinstance(image, np.ndarray):
            raise MessageError("no picture", f"channel {shown(channel.name)} is empty in this message")
        if image.ndim == 3 and image.shape[2] not in (3, 4):
            return np.moveaxis(image, 0, 2)
        return image


def _decode(channel: Channel, blob: memoryview, limit: int) -> tuple[Value, int]:
    """
    Decode one value; return it and its decoded size.

    Args:
        channel: How the blob is to be read.
        blob: The bytes as received.
        limit: The largest decoded size that there is room for, in bytes.

    Raises:
        MessageError: Names the channel.
    """
    if blob.nbytes == 0:
        return None, 0
    try:
        if not channel.string and channel.reach_bytes > limit:
            raise MessageError("size", f"the header announces {channel.reach_bytes} bytes, allowed are {limit}")
        plain = decompress(blob, channel.compression, channel.dtype.itemsize, channel.size_bytes, limit)
    except MessageError as error:
        raise MessageError(error.kind, f"channel {shown(channel.name)}: {error.detail}") from None
    if channel.string:
        return plain.tobytes().decode(errors="replace"), plain.nbytes
    if channel.dtype == np.bool_:
        array: Image = plain != 0  # a byte other than 0 and 1 is no valid bool to numpy
    else:
        array = plain.view(channel.dtype)
    if channel.shape in ((), (1,)):
        scalar: Value = array[0].item()
        return scalar, plain.nbytes
    return array.reshape(channel.shape), plain.nbytes
