"""
The two headers of a message: JSON to typed definitions, and which channel is the picture.

Nothing of a header is kept unless the whole of it was understood, so a bad one leaves no trace in the next message.
"""

from typing import Annotated

import msgspec
import numpy as np

from mjpeg_viewer.errors import MessageError
from mjpeg_viewer.message.blob import COMPRESSIONS, decompress
from mjpeg_viewer.message.layout import Channel, Layout
from mjpeg_viewer.message.limits import Limits

_NUMPY_TYPES = {
    **{name: name for name in ("int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64")},
    **{name: name for name in ("float32", "float64", "bool")},
    "string": "uint8",
}

# A picture's sides are told to viewers before it is decoded, and no writer of JSON takes a larger number.
_MAX_SIDE = 2**63 - 1

# numpy has at most 64 dimensions, so a longer shape could be read by the header's rules and by nothing after them.
_MAX_DIMENSIONS = 32

_Natural = Annotated[int, msgspec.Meta(ge=0)]
_Signed64 = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
_Seconds = Annotated[int, msgspec.Meta(ge=0, le=2**40)]  # beyond, a float no longer tells milliseconds apart
_Nanoseconds = Annotated[int, msgspec.Meta(ge=0, lt=10**9)]


class _Time(msgspec.Struct):
    sec: _Seconds | None = None
    epoch: _Seconds | None = None  # the older senders' word for sec
    ns: _Nanoseconds = 0


class MainHeader(msgspec.Struct):
    """The first part of a message."""

    pulse_id: _Signed64
    htype: str = ""
    global_timestamp: _Time | None = None
    dh_compression: str | None = None

    @property
    def timestamp(self) -> float | None:
        """Seconds since the epoch; None if the sender gave none, or zero."""
        time = self.global_timestamp
        if time is None:
            return None
        seconds = time.sec if time.sec is not None else time.epoch
        return seconds + time.ns / 1e9 if seconds else None


class _RawChannel(msgspec.Struct):
    name: str
    type: str | None = None
    shape: Annotated[list[_Natural], msgspec.Meta(max_length=_MAX_DIMENSIONS)] | None = None
    encoding: str | None = None
    compression: str | None = None


class _DataHeader(msgspec.Struct):
    channels: list[_RawChannel]
    htype: str = ""


_decode_main = msgspec.json.Decoder(MainHeader).decode
_decode_data = msgspec.json.Decoder(_DataHeader).decode


def parse_main_header(part: memoryview, limits: Limits) -> MainHeader:
    """Read a message's first part.  Raises MessageError."""
    if part.nbytes > limits.header_bytes:
        raise MessageError("main header", f"{part.nbytes} bytes, allowed are {limits.header_bytes}")
    try:
        header = _decode_main(part)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MessageError("main header", str(error)) from None
    if not header.htype.startswith("bsr_m-1."):
        raise MessageError("main header", f"htype is {shown(header.htype)}, expected 'bsr_m-1.1'")
    return header


def parse_data_header(part: memoryview, compression: str | None, image_channel: str | None, limits: Limits) -> Layout:
    """
    Read a message's second part.

    Args:
        part: The bytes as received.
        compression: What the main header says of them.
        image_channel: The channel that is the picture by configuration, or None to find it.
        limits: What is believed of the sender.

    Raises:
        MessageError: It cannot be read, or says what cannot be.
    """
    plain = decompress(part, _known_compression(compression, "data header"), 1, None, limits.header_bytes)
    try:
        header = _decode_data(plain.data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise MessageError("data header", str(error)) from None
    if not header.htype.startswith("bsr_d-1."):
        raise MessageError("data header", f"htype is {shown(header.htype)}, expected 'bsr_d-1.1'")
    if len(header.channels) > limits.channels:
        raise MessageError("data header", f"{len(header.channels)} channels, allowed are {limits.channels}")
    channels = tuple(_channel(raw) for raw in header.channels)
    image, no_image = _find_image(channels, image_channel)
    return Layout(channels, image, no_image)


def _channel(raw: _RawChannel) -> Channel:
    kind = (raw.type or "float64").lower()
    if kind not in _NUMPY_TYPES:
        raise MessageError("data header", f"channel {shown(raw.name)} has the unknown type {shown(kind)}")
    order = (raw.encoding or "little").lower()
    if order not in ("little", "big"):
        raise MessageError("data header", f"channel {shown(raw.name)} has the unknown encoding {shown(order)}")
    if raw.shape and max(raw.shape) > _MAX_SIDE:
        raise MessageError("size", f"channel {shown(raw.name)} has a side of more than {_MAX_SIDE} elements")
    return Channel(
        name=raw.name,
        dtype=np.dtype(_NUMPY_TYPES[kind]).newbyteorder("<" if order == "little" else ">"),
        shape=tuple(reversed(raw.shape if raw.shape is not None else [1])),
        compression=_known_compression(raw.compression, f"channel {shown(raw.name)}"),
        string=kind == "string",
    )


def _known_compression(name: str | None, owner: str) -> str:
    if name is None or name == "":
        return "none"
    if name not in COMPRESSIONS:
        raise MessageError("compression", f"{owner} has {shown(name)}; known are {', '.join(sorted(COMPRESSIONS))}")
    return name


def _find_image(channels: tuple[Channel, ...], configured: str | None) -> tuple[int | None, str]:
    """Return the index of the picture, or None and why."""
    names = [channel.name for channel in channels]
    if configured is not None:
        if configured not in names:
            return None, f"no channel {configured!r}; the message has {_listed(names)}"
        index = names.index(configured)
        if channels[index].image_info is None:
            return None, f"channel {configured!r} has the shape {list(channels[index].shape)}, which is no picture"
        return index, ""
    pictures = [i for i, channel in enumerate(channels) if channel.image_info is not None]
    named_image = [i for i in pictures if names[i] == "image"]
    camera_pictures = [i for i in pictures if names[i].endswith(":FPICTURE")]
    for choice in (named_image, pictures, camera_pictures):
        if len(choice) == 1:
            return choice[0], ""
    if not pictures:
        return (
            None,
            f"no channel is a picture (two dimensions, or three with a colour axis) among {_listed(names)}",
        )
    return (
        None,
        f"several channels could be the picture, set image_channel: {_listed([names[i] for i in pictures])}",
    )


def _listed(names: list[str]) -> str:
    first = ", ".join(shown(name) for name in names[:10])
    return f"{first} and {len(names) - 10} more" if len(names) > 10 else first or "(none)"


def shown(text: str) -> str:
    """Quote what a sender wrote, control characters escaped and at a length fit for one line."""
    return repr(text if len(text) <= 60 else text[:57] + "...")
