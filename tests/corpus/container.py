"""
How a message lies in a file: the number of its parts, then each part behind its length, all big-endian.

Nothing but struct is needed to read it, so a file can be looked at and sent from anywhere.
"""

import struct
from collections.abc import Iterator, Sequence
from pathlib import Path

_NUMBER = struct.Struct(">I")

HERE = Path(__file__).parent


def pack(parts: Sequence[bytes]) -> bytes:
    """Lay the parts into one block of bytes."""
    return _NUMBER.pack(len(parts)) + b"".join(_NUMBER.pack(len(part)) + part for part in parts)


def unpack(packed: bytes) -> list[bytes]:
    """
    Take them out again.  Never fails: of damaged bytes, what is left of the last part is a part, and what is behind
    the last is ignored, for a fuzzer's damage shall reach the message and not end here.
    """
    parts: list[bytes] = []
    position = _NUMBER.size
    count = _NUMBER.unpack_from(packed)[0] if len(packed) >= position else 0
    while len(parts) < count and position + _NUMBER.size <= len(packed):
        begin = position + _NUMBER.size
        position = begin + _NUMBER.unpack_from(packed, position)[0]
        parts.append(packed[begin:position])
    return parts


def stored() -> Iterator[tuple[str, str, list[bytes]]]:
    """Yield what becomes of each message of the corpus, its name and its parts."""
    for path in sorted(HERE.glob("*/*.msg")):
        yield path.parent.name, path.stem, unpack(path.read_bytes())
