"""Hostile messages: pictures that are none, and strange ones that have to be shown."""

import json
from collections.abc import Iterator
from typing import Any

import numpy as np
from bsread.data.helpers import get_value_bytes

from tests.corpus.good import HUGE, PICTURE, Hostile, good, lz4_of_zeros, with_image
from tests.message.wire import Sent, main_header, make_parts


def bad_images() -> Iterator[Hostile]:
    """Pictures that are none, and such as no JPEG can hold; and those that only look so."""
    for name, shape in {
        "0 x 0": [0, 0], "0 x 5": [0, 5], "5 x 0": [5, 0], "1-D": [320], "no dimension": [], "4-D": [4, 4, 4, 5],
        "stack": [5, 8, 8], "two colours": [2, 10, 16], "4-D with colour": [3, 1, 10, 16], "32-D": [1] * 32,
    }.items():  # fmt: skip
        size = int(np.prod(shape))
        yield "no-picture", name, with_image(bytes(size), {"type": "uint8", "shape": shape})
    yield "no-picture", "text", with_image(b"picture", {"type": "string", "shape": [1, 7]})
    yield "no-picture", "two", make_parts(Sent("left", PICTURE), Sent("right", PICTURE))
    yield "no-picture", "channels none", make_parts()
    yield "no-picture", "blob empty", with_image(b"", {"type": "uint16", "shape": [20, 16]})
    yield "no-picture", "blob empty and huge", with_image(b"", {"type": "uint16", "shape": [1000, 1000]})
    yield "size", "blob empty and over all limits", with_image(b"", {"type": "uint8", "shape": [HUGE, HUGE]})
    for name, shape in {"65501 wide": [65_501, 1], "65501 high": [1, 65_501], "100000 wide": [100_000, 2]}.items():
        blob = get_value_bytes(np.zeros(shape[::-1], np.uint8), "lz4")
        yield "picture", name, with_image(blob, {"type": "uint8", "shape": shape}, "lz4")
    for kind in ("float32", "float64"):
        for name, value in {"NaN": np.nan, "infinite": np.inf, "minus infinite": -np.inf}.items():
            yield "shown", f"{kind} all {name}", make_parts(Sent("image", np.full((16, 20), value, kind)))
        ends = np.array([np.finfo(kind).max, np.finfo(kind).min, np.nan, np.inf, -np.inf, 5e-324, -0.0, 1], kind)
        yield "shown", f"{kind} extremes", make_parts(Sent("image", np.tile(ends, (16, 5))))
        signalling = {"float32": "0100807f", "float64": "010000000000f07f"}[kind]
        blob = bytes.fromhex(signalling) * 320
        yield "shown", f"{kind} signalling NaN", with_image(blob, {"type": kind, "shape": [20, 16]})
        swapped = Sent("image", np.tile(ends, (16, 5)), says={"encoding": "big"})
        yield "shown", f"{kind} in the wrong order", make_parts(swapped)
    for kind in ("int8", "uint16", "int16", "int32", "uint32", "int64", "uint64"):
        span = np.array([np.iinfo(kind).min, np.iinfo(kind).max], kind)
        yield "shown", f"{kind} extremes", make_parts(Sent("image", np.tile(span, (16, 10))))
    flags = {"type": "bool", "shape": [16, 16]}
    yield "shown", "bool of other bytes", with_image(bytes(range(256)), flags)
    for shape in ([1, 1], [1, 400], [400, 1], [65_500, 1], [3, 3], [3, 4, 4], [4, 4, 3], [3, 1, 1], [4, 4, 4]):
        name = " x ".join(map(str, shape))
        blob = get_value_bytes(np.zeros(shape[::-1], np.uint8), "lz4")
        yield "shown", f"image {name}", with_image(blob, {"type": "uint8", "shape": shape}, "lz4")
    side = {"type": "uint8", "shape": [10_000, 10_000]}
    yield "shown", "as many pixels as allowed", with_image(lz4_of_zeros(10**8), side, "lz4")
    side = {"type": "uint8", "shape": [10_001, 10_000]}
    yield "size", "one column too many", with_image(lz4_of_zeros(10_001 * 10_000), side, "lz4")


def strange_ones() -> Iterator[Hostile]:
    """What nobody expects and nothing forbids."""
    for number, name in enumerate(
        [
            "",
            "a\nevent: x",
            "\0",
            "<script>alert(1)</script>",
            "'\"\\",
            "ä🙂",
            "x" * 9000,
            "__class__",
            "\u2028",
            "image:FPICTURE",
        ]
    ):
        yield "shown", f"name {number}", make_parts(*good(), Sent(name, 1.5))
        yield "spoilt-value", f"name {number} of a damaged value", make_parts(*good(), Sent(name, 1.5, blob=b"xx"))
        yield "size", f"name {number} of a damaged picture", make_parts(Sent(name, PICTURE, blob=b"xx"))
        yield "size", f"name {number} of too large a picture", make_parts(Sent(name, 0, says={"shape": [HUGE, HUGE]}))
    yield "shown", "the same name thrice", make_parts(*good(), *[Sent("x", n) for n in range(3)])
    yield "shown", "image twice, one of them a number", make_parts(*good(), Sent("image", 1.0))
    values: dict[str, Any] = {
        "NaN": np.nan, "infinity": np.inf, "all NaN": np.full(30, np.nan), "largest": 2**63 - 1, "empty": np.empty(0),
        "uint64": np.array([2**64 - 1] * 3, np.uint64), "4-D": np.zeros((2, 3, 4, 5)), "32-D": np.zeros((1,) * 32),
    }  # fmt: skip
    for name, value in values.items():
        yield "shown", f"value {name}", make_parts(*good(), Sent("x", value, "lz4" if name == "empty" else "none"))
    for number, text in enumerate(
        [b"\xff\xfe", b"\xed\xa0\x80", b"\0" * 40, b"\r\n\r\ndata: x\n\n", b"\xf4\x90\x80\x80", b"</script>"]
    ):
        yield "shown", f"text {number}", make_parts(*good(), Sent("x", "x", blob=text))
    for number, pulse in enumerate([0, -1, 2**63 - 1, -(2**63)]):
        yield "shown", f"pulse_id {number}", make_parts(*good(), main=main_header(pulse_id=pulse))
    for number, time in enumerate(
        [..., None, {}, {"sec": 0, "ns": 0}, {"sec": 2**40, "ns": 999_999_999}, {"epoch": 5}]
    ):
        yield "shown", f"global_timestamp {number}", make_parts(*good(), main=main_header(global_timestamp=time))
    for number, digest in enumerate([..., None, 5, "x" * 9000, [], {"a": [1]}]):
        yield "shown", f"hash {number}", make_parts(*good(), main=main_header(hash=digest))
    extra = json.dumps({"deep": [[[[[[1]]]]]], "pulse_id2": 10**30, "": None})[1:-1].encode()
    yield "shown", "other keys", make_parts(*good(), main=main_header()[:-1] + b", " + extra + b"}")
    doubled = main_header()[:-1] + b', "pulse_id": 8, "htype": "bsr_m-1.9"}'
    yield "shown", "keys twice", make_parts(*good(), main=doubled)
    for number, says in enumerate(
        [{"modulo": -1, "offset": 10**30}, {"modulo": "x"}, {"encoding": ""}, {"type": "FLOAT64"}]
    ):
        yield "shown", f"definition {number}", make_parts(*good(), Sent("x", 1.5, says=says))
    parts = make_parts(*good())
    parts[3::2] = [b"", b"\xff" * 16, b"x" * 500, bytes(3)]
    yield "shown", "timestamps that are none", parts
    yield "shown", "ten thousand channels", make_parts(*good(), *[Sent(f"c{n}", n) for n in range(9_996)])
