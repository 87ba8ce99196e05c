"""Hostile messages: channels that are defined as they cannot be."""

from collections.abc import Iterator
from typing import Any

from tests.corpus.good import HUGE, PICTURE, Hostile, good, with_image
from tests.message.wire import Sent, data_header, make_parts

BAD_DEFINITIONS: dict[str, dict[str, Any]] = {
    "name missing": {"name": ...}, "name null": {"name": None}, "name a number": {"name": 5},
    "name a list": {"name": []},
    "name a surrogate": {"name": "\ud800"}, "type a number": {"type": 5}, "type unknown": {"type": "float128"},
    "type of an object": {"type": "object"}, "type long": {"type": "x" * 9000},
    "type with lines": {"type": "a\nb\r\0\x1b[2J"}, "type a structure": {"type": "u1,(2,2)f8"},
    "encoding unknown": {"encoding": "middle"}, "encoding a list": {"encoding": ["little"]},
    "encoding with lines": {"encoding": "a\u2028b\x7f"}, "shape a number": {"shape": 1},
    "shape of text": {"shape": ["1"]},
    "shape a text": {"shape": "16,20"}, "shape of floats": {"shape": [16.5, 20]}, "shape of nulls": {"shape": [None]},
    "shape of truths": {"shape": [True, True]}, "shape nested": {"shape": [[16, 20]]},
    "shape negative": {"shape": [-1]},
    "shape negative twice": {"shape": [-16, -20]}, "shape negative once": {"shape": [16, -20]},
    "shape with 33 sides": {"shape": [1] * 33}, "shape with 1000 sides": {"shape": [1] * 1000},
    "compression a number": {"compression": 1}, "compression a list": {"compression": []},
}  # fmt: skip


def bad_definitions() -> Iterator[Hostile]:
    """Each field of a channel missing, wrong, huge, negative and of another type, in the picture's and in a value's."""
    for name, says in BAD_DEFINITIONS.items():
        for compression in ("none", "bitshuffle_lz4"):
            sent = Sent("image", PICTURE, compression, says)
            yield "data-header", f"image {compression} {name}", make_parts(sent, *good()[1:])
        yield "data-header", f"value {name}", make_parts(*good()[:-1], Sent("x", 1.5, "none", says))
    for number, word in enumerate(["zip", "LZ4", "bitshuffle", "lz4 ", "x" * 9000, "a\nb", "none\0"]):
        yield (
            "compression",
            f"image compression {number}",
            make_parts(Sent("image", PICTURE, says={"compression": word})),
        )
        yield "compression", f"value compression {number}", make_parts(*good(), Sent("x", says={"compression": word}))
    for name, shape in {
        "huge": [HUGE, HUGE], "all twos": [2, 2] * 16, "30000 x 30000": [30000, 30000],
        "a line of 2^40": [2**40, 1], "2^32 x 2^32, which is 0 in 64 bit": [2**32, 2**32], "2^31": [2**31, 2],
        "empty and huge": [0, HUGE, HUGE],
    }.items():  # fmt: skip
        for compression in ("none", "lz4", "bitshuffle_lz4"):
            if len(shape) == 2:
                yield (
                    "size",
                    f"image {compression} {name}",
                    make_parts(Sent("image", PICTURE, compression, {"shape": shape}), *good()[1:]),
                )
            yield (
                "spoilt-value",
                f"value {compression} {name}",
                make_parts(*good(), Sent("x", PICTURE, compression, {"shape": shape})),
            )
    for name, says in {
        "one column more": {"shape": [21, 16]}, "one row less": {"shape": [20, 15]}, "bytes": {"type": "uint8"},
        "of 64 bit": {"type": "float64"}, "one pixel": {"shape": [1, 1]},
    }.items():  # fmt: skip
        for compression in ("none", "lz4", "bitshuffle_lz4"):
            sent = Sent("image", PICTURE, compression, says)
            yield "size", f"image {compression} is {name}", make_parts(sent, *good()[1:])
    for name, shape in {"just beyond 64 bit": [2**63, 1], "far beyond 64 bit": [10**30, 10**30]}.items():
        for empty in ([], [0]):
            says = {"shape": [*shape, *empty]}
            yield "size", f"image {name} {len(empty)}", make_parts(Sent("image", PICTURE, says=says), *good()[1:])
            yield "size", f"value {name} {len(empty)}", make_parts(*good(), Sent("x", PICTURE, says=says))
    # The same hash in the main header, another data header: what counts are the bytes.
    yield "size", "changed under the same hash", with_image(PICTURE.tobytes(), {"type": "uint16", "shape": [20, 17]})
    other = Sent("image", PICTURE[:, :10].copy(), "lz4")
    yield "shown", "changed under the same hash and right", make_parts(other, *good()[1:])
    yield "parts", "a channel less under the same hash", make_parts(*good(), data=data_header(good()[:-1]))
    yield "parts", "a channel more under the same hash", make_parts(*good(), data=data_header([*good(), *good()]))
