"""
Fuzzes what is inside the blobs: all compressions, types and shapes, with sizes that fit and sizes that do not, down
to the JPEG and the event.

An input is eight bytes that choose, then the bytes of the blob or of the pixels:

    python -m tests.fuzz.fuzz_decode -max_total_time=900
"""

import struct
from collections.abc import Iterator
from math import prod

import numpy as np
from bsread.data.helpers import get_value_bytes

from tests.fuzz.engine import Fence, atheris, fuzz

with atheris.instrument_imports(include=["mjpeg_viewer"]):
    from mjpeg_viewer.errors import MessageError
    from mjpeg_viewer.message import Limits, Message
    from mjpeg_viewer.message.blob import decompress
    from mjpeg_viewer.rendition import Rendition
    from tests.corpus.reading import SHOWN, Reader, make_event_maker

from tests.corpus.container import stored
from tests.message.wire import TIMESTAMP, Sent, data_header, main_header, make_message

COMPRESSIONS = ("none", "lz4", "bitshuffle_lz4")
TYPES = (
    "bool",
    "int8",
    "uint8",
    "int16",
    "uint16",
    "int32",
    "uint32",
    "int64",
    "uint64",
    "float32",
    "float64",
    "string",
)
SIDES = (0, 1, 2, 3, 4, 5, 7, 8, 9, 16, 17, 31, 64, 100, 255, 65_501, 2**31, 2**62)  # 65501 is too wide for a JPEG
WIDTHS = (None, 16, 17, 65_500)
LARGEST = 4_000
"""Size of an input, in bytes."""

_LIMIT = 2**18
_LIMITS = Limits(value_bytes=_LIMIT, string_bytes=_LIMIT)

_fence = Fence(2**21)
_make_event = make_event_maker()
_good = make_message(Sent("image", np.arange(48, dtype=np.uint8).reshape(6, 8)))


def read_one(data: bytes) -> None:
    """One blob as a picture and as a value; then a good picture, and the same again a little later."""
    if len(data) < 8:
        return
    choose, body = data[:8], data[8:]
    kind = TYPES[choose[1] % len(TYPES)]
    itemsize = np.dtype("uint8" if kind == "string" else kind).itemsize
    compression = COMPRESSIONS[choose[0] % 3]
    shape = [SIDES[byte % len(SIDES)] for byte in choose[4 : 5 + choose[3] % 4]]  # one to four dimensions
    size = prod(shape) * itemsize
    fits = 0 < size <= 2**16
    match choose[2] % 4:
        case 1 if fits:
            blob = _wrap(body, compression, size, itemsize, block_multiple=1 + choose[7] % 16)
        case 2 if fits:
            blob = _compress(body, compression, size, itemsize)
        case 3 if fits and len(body) > 3:
            blob = _damage(_compress(body[3:], compression, size, itemsize), body[:3])
        case _:
            blob = body
    if len(blob) > 2**20:
        return
    view = _fence.put(blob)
    try:
        plain = decompress(view, compression, itemsize, size, _LIMIT)
    except MessageError:
        pass
    else:
        assert plain.nbytes == size
        plain.sum()  # every byte of it is there

    says = {"type": kind, "shape": shape, "encoding": "big" if choose[0] & 0x80 else "little"}
    channels = [Sent("image", 0, compression, says), Sent("value", 0, compression, says)]
    parts = [main_header(), data_header(channels)]
    views = [memoryview(parts[0]), memoryview(parts[1]), *(view, memoryview(TIMESTAMP)) * 2]
    rendition = Rendition(WIDTHS[choose[0] >> 3 & 3], quality=(1, 85, 95, 100)[choose[0] >> 5 & 3])
    reader = Reader(_make_event, _LIMITS, rendition)
    first = reader.read(Message(views, 1, 1000.0, len(blob)))
    assert reader.read(_good) == SHOWN
    assert reader.read(Message(views, 2, 1000.1, len(blob))) == first


def _wrap(body: bytes, compression: str, size: int, itemsize: int, block_multiple: int) -> bytes:
    """Give garbage all the right sizes, so that it reaches the innermost decoder."""
    if compression == "none":
        return body.ljust(size, b"\0")[:size]
    if compression == "lz4":
        return struct.pack("<I", size) + body
    block = 8 * itemsize * block_multiple
    whole, rest = divmod(size, block)
    raw = rest % (8 * itemsize)
    count = whole + (rest > raw)
    share = max(1, (len(body) - raw) // max(1, count))
    blocks = [body[i * share : (i + 1) * share] for i in range(count)]
    chain = b"".join(struct.pack(">I", len(part)) + part for part in blocks)
    return struct.pack(">qi", size, block) + chain + body[-raw:].rjust(raw, b"\0") * (raw > 0)


def _compress(body: bytes, compression: str, size: int, itemsize: int) -> bytes:
    """Compress the bytes, repeated to the size, as a sender does: what comes of them are the pixels."""
    plain = (body * (size // len(body) + 1) if body else bytes(size))[:size]
    return bytes(get_value_bytes(np.frombuffer(plain, f"u{itemsize}"), compression))


def _damage(blob: bytes, where: bytes) -> bytes:
    """Change one byte, most often in the sizes at the beginning."""
    damaged = bytearray(blob)
    position = where[0] % 24 if where[0] < 128 else where[0] << 8 | where[1]
    damaged[position % len(blob)] = where[2]
    return bytes(damaged)


def make_seeds() -> Iterator[bytes]:
    """Each way for each type and compression, and every blob of the corpus."""
    for compression in range(3):
        for kind in range(len(TYPES)):
            for way in range(4):
                for sides in (b"\x05\x06", b"\x07\x08\x03", b"\x0c\x01", b"\x0a\x08"):
                    choose = bytes((compression, kind, way, len(sides) - 1)) + sides.ljust(4, b"\1")
                    yield choose + bytes(range(64))
    blobs = {part for _, _, parts in stored() for part in parts[2::2] if 0 < len(part) <= 4096}
    for number, blob in enumerate(sorted(blobs)):
        yield bytes((number % 3, number % len(TYPES), number % 4, 1, 5, 6, 3, 1)) + blob


if __name__ == "__main__":
    fuzz("decode", read_one, make_seeds(), LARGEST)
