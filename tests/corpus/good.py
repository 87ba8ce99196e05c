"""What the hostile messages have in common: the good one that they damage, and zeros that weigh nothing."""

import struct
from typing import Any

import numpy as np

from tests.message.wire import Sent, make_parts

Hostile = tuple[str, str, list[bytes]]
"""What becomes of a message (the folder that it lies in), its name and its parts."""

PICTURE = np.arange(320, dtype=np.uint16).reshape(16, 20)
HUGE = 10**18


def good() -> list[Sent]:
    """A picture, a number, a text and a profile."""
    return [
        Sent("image", PICTURE, "bitshuffle_lz4"),
        Sent("energy", 5.5),
        Sent("note", "beam", "lz4"),
        Sent("profile", np.arange(30.0), "lz4"),
    ]


def lz4_of_zeros(size: int) -> bytes:
    """An LZ4 blob that grows 255-fold (lz4_Block_format.md): one zero, then a match that repeats it, then five more."""
    length = size - 6 - 19
    extra = b"\xff" * (length // 255) + bytes([length % 255])
    return struct.pack("<I", size) + b"\x1f\0\1\0" + extra + b"\x50" + bytes(5)


def bitshuffle_of_zeros(size: int, block: int, itemsize: int) -> bytes:
    """Whole blocks of zeros, each of this many bytes."""
    inner = lz4_of_zeros(block)[4:] if block > 64 else bytes([block << 4] if block < 15 else [240, block - 15])
    inner += bytes(block) if block <= 64 else b""
    return struct.pack(">qi", size, block) + (struct.pack(">I", len(inner)) + inner) * (size // block)


def with_image(blob: bytes | None, says: dict[str, Any], compression: str = "none") -> list[bytes]:
    """A good message whose picture is another."""
    return make_parts(Sent("image", 0, compression, says, blob), *good()[1:])
