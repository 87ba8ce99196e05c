"""Hostile messages: values that are not what they say, or far more."""

import struct
from collections.abc import Iterator

import numpy as np
from bsread.data.helpers import get_value_bytes

from tests.corpus.good import PICTURE, Hostile, bitshuffle_of_zeros, good, lz4_of_zeros, with_image
from tests.message.wire import Sent, make_parts


def bad_blobs() -> Iterator[Hostile]:
    """LZ4 and bitshuffle garbage, block lengths that overrun, sizes that lie; as a picture and as a value."""
    square = {"type": "uint8", "shape": [16, 16]}
    lz4 = {
        "nothing but the size": b"", "garbage": b"\xff" * 40, "zeros": bytes(40),
        "more than it says": b"\xf0\xf2" + bytes(257),
        "less than it says": b"\x40xxxx", "back before the beginning": b"\x1fa\xff\xff" + b"\xec\x50zzzzz",
        "back by nothing": b"\x1fa\0\0" + b"\xec\x50zzzzz", "endless length": b"\xf0" + b"\xff" * 1000,
        "match at the end": b"\x1fa\1\0\xec",
    }  # fmt: skip
    for name, block in lz4.items():
        blob = struct.pack("<I", 256) + block
        yield "lz4", name, with_image(blob, square, "lz4")
        yield "spoilt-value", f"lz4 {name}", make_parts(*good(), Sent("x", 0, "lz4", square, blob))
        yield "spoilt-value", f"lz4 text {name}", make_parts(*good(), Sent("x", "x", "lz4", blob=blob))
    for size in (0, 1, 255, 257, 2**31 - 1, 2**31, 2**32 - 1):
        blob = struct.pack("<I", size) + get_value_bytes(np.zeros(256, np.uint8), "lz4")[4:]
        yield "size", f"lz4 says {size}", with_image(blob, square, "lz4")
        yield "spoilt-value", f"lz4 text says {size}", make_parts(*good(), Sent("x", "x", "lz4", blob=blob))
    for length in range(1, 4):
        yield "lz4", f"of {length} bytes", with_image(bytes(length), square, "lz4")
    fine = get_value_bytes(PICTURE, "bitshuffle_lz4")
    shape = {"type": "uint16", "shape": [20, 16]}

    def bitshuffled(name: str, blob: bytes, kind: str = "bitshuffle") -> Iterator[Hostile]:
        yield kind, name, with_image(blob, shape, "bitshuffle_lz4")
        yield "spoilt-value", f"bitshuffle {name}", make_parts(*good(), Sent("x", 0, "bitshuffle_lz4", shape, blob))

    for block in (0, -1, -(2**31), 1, 8, 15, 17, 24, 2**31 - 1):
        yield from bitshuffled(f"block of {block}", fine[:8] + struct.pack(">i", block) + fine[12:])
    for length in (0, 1, 15, 2**31 - 1, 2**31, 2**32 - 1, len(fine) - 15, len(fine) - 17):
        yield from bitshuffled(f"block length {length}", fine[:12] + struct.pack(">I", length) + fine[16:])
    for size in (-1, -(2**63), 641, 1):
        yield from bitshuffled(f"size {size}", struct.pack(">q", size) + fine[8:])
    for size in (0, 16, 638, 642, 2**31, 2**62):
        yield from bitshuffled(f"size {size}", struct.pack(">q", size) + fine[8:], "size")
    for name, inner in (("garbage", b"\xff" * 200), ("zeros", bytes(200)), ("endless", b"\xf0" + b"\xff" * 199)):
        chain = struct.pack(">qiI", 640, 640, 200) + inner
        yield from bitshuffled(f"one block of {name}", chain)
    yield from bitshuffled("blocks without content", struct.pack(">qi", 640, 16) + bytes(4) * 40)
    # Each block shorter than its LZ4 says, and one that is longer when decoded than a block may be.
    long = lz4_of_zeros(1000)[4:]
    yield from bitshuffled("a block too long when decoded", struct.pack(">qiI", 640, 640, len(long)) + long)
    short = lz4_of_zeros(100)[4:]
    yield from bitshuffled("a block too short when decoded", struct.pack(">qiI", 640, 640, len(short)) + short)
    for kind in ("none", "lz4"):
        yield "size", f"bitshuffle said to be {kind}", with_image(fine, shape, kind)
    many = {"type": "uint8", "shape": [4000, 6000]}
    tiny = bitshuffle_of_zeros(24_000_000, 8, 1)
    yield "bitshuffle", "three million blocks of eight bytes", with_image(tiny, many, "bitshuffle_lz4")
    for name, compressed in (
        ("lz4", lz4_of_zeros(900_000_000)),
        ("bitshuffle_lz4", bitshuffle_of_zeros(900_000_000, 2**23, 1)),
    ):
        yield "size", f"30000 x 30000 in {name}", with_image(compressed, {"type": "uint8", "shape": [30_000] * 2}, name)
    yield "spoilt-value", "text of 900 MB", make_parts(*good(), Sent("x", "x", "lz4", blob=lz4_of_zeros(900_000_000)))
    texts = [Sent(f"text {number}", "x", "lz4", blob=lz4_of_zeros(2**20)) for number in range(500)]
    yield "spoilt-value", "500 texts of 1 MB", make_parts(*good(), *texts)
    rows = [
        Sent(f"row {number}", 0, "lz4", {"type": "bool", "shape": [4096]}, lz4_of_zeros(4096)) for number in range(9000)
    ]
    yield "spoilt-value", "9000 rows of 4096", make_parts(*good(), *rows)
    cubes = [
        Sent(f"cube {number}", 0, "lz4", {"type": "uint8", "shape": [400] * 3}, lz4_of_zeros(400**3))
        for number in range(20)
    ]
    yield "spoilt-value", "20 cubes of 64 MB", make_parts(*good(), *cubes)
    empty = struct.pack("<I", 0) + b"\0"
    yield (
        "shown",
        "20 million empty rows",
        make_parts(*good(), Sent("x", 0, "lz4", {"type": "uint8", "shape": [0, 2 * 10**7]}, empty)),
    )
