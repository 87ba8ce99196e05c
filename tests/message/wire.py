"""bsread messages as they come off the wire, made with psi-bsread's own encoders."""

import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from bsread.data.helpers import get_channel_specs, get_value_bytes

from mjpeg_viewer.message import Message

TIMESTAMP = struct.pack("<qq", 1_700_000_000, 5)


@dataclass
class Sent:
    """
    One channel of a message.

    Args:
        name: Its name.
        value: What psi-bsread encodes; None for an empty blob.
        compression: One of bsread's.
        says: Keys of the definition in place of what is true; a value of ``...`` leaves the key out.
        blob: The bytes in place of the encoded value.
    """

    name: str
    value: Any = 1.0
    compression: str = "none"
    says: dict[str, Any] = field(default_factory=dict)
    blob: bytes | None = None

    @property
    def definition(self) -> dict[str, Any]:
        kind, shape = get_channel_specs(self.value)
        big = isinstance(self.value, np.ndarray) and self.value.dtype.byteorder == ">"
        true = {"name": self.name, "type": kind, "shape": shape, "encoding": "big" if big else "little"}
        return {
            key: value
            for key, value in {**true, "compression": self.compression, **self.says}.items()
            if value is not ...
        }

    @property
    def encoded(self) -> bytes:
        if self.blob is not None:
            return self.blob
        return b"" if self.value is None else get_value_bytes(self.value, self.compression)


def main_header(**says: Any) -> bytes:
    """The first part; keys with the value ``...`` are left out."""
    true = {"htype": "bsr_m-1.1", "pulse_id": 7, "hash": "0", "global_timestamp": {"sec": 1_700_000_000, "ns": 5}}
    return json.dumps({key: value for key, value in {**true, **says}.items() if value is not ...}).encode()


def data_header(channels: Sequence[Sent], **says: Any) -> bytes:
    """The second part, not compressed."""
    header = {"htype": "bsr_d-1.1", "channels": [sent.definition for sent in channels], **says}
    return json.dumps(header).encode()


def as_message(parts: Sequence[bytes], sequence: int = 1) -> Message:
    """The parts as the receiving thread hands them on."""
    return Message([memoryview(part) for part in parts], sequence, 1000.0 + sequence, sum(map(len, parts)))


def make_parts(*channels: Sent, main: bytes | None = None, data: bytes | None = None) -> list[bytes]:
    """All parts of a message with these channels."""
    parts = [main_header() if main is None else main, data_header(channels) if data is None else data]
    for sent in channels:
        parts += [sent.encoded, TIMESTAMP]
    return parts


def make_message(*channels: Sent, sequence: int = 1, main: bytes | None = None, data: bytes | None = None) -> Message:
    """A message with these channels."""
    return as_message(make_parts(*channels, main=main, data=data), sequence)
