"""Hostile messages: parts that are cut, lost or too many, and headers that are none."""

import json
import struct
from collections.abc import Iterator
from typing import Any

from bsread.data.helpers import get_value_bytes

from tests.corpus.good import Hostile, good
from tests.message.wire import Sent, data_header, main_header, make_parts

DEEP = 100_000


def bad_parts() -> Iterator[Hostile]:
    """Cut off at every boundary, too few parts and too many, in the wrong order."""
    parts = make_parts(*good())
    for count in range(len(parts) - 1):
        yield "parts", f"only {count}", parts[:count]
    yield "shown", "without the last timestamp", parts[:-1]
    for more in (1, 2, 100):
        yield "parts", f"{more} too many", [*parts, *[b"x"] * more]
    yield "parts", "many", [*parts[:2], *[b""] * 3000]
    yield "main-header", "headers exchanged", [parts[1], parts[0], *parts[2:]]
    yield "data-header", "main header twice", [parts[0], parts[0], *parts[2:]]
    yield "main-header", "first part lost", parts[1:]
    # A frame of another protocol, and of PUB with a topic before the header.
    yield "main-header", "topic before it", [b"topic", *parts]
    yield "parts", "one of nothing", [b""]
    yield "parts", "none", []
    becomes = ["main-header", "data-header", "bitshuffle", "shown", "spoilt-value", "shown"]
    becomes += ["spoilt-value", "shown"] * 2
    for number, (part, kind) in enumerate(zip(parts, becomes, strict=True)):
        for length in sorted({0, 1, 3, 4, 11, 12, 15, 16, len(part) // 2, len(part) - 1}):
            if length < len(part) and (length or number < 2):
                yield kind, f"part {number} cut at {length}", [*parts[:number], part[:length], *parts[number + 1 :]]
        yield (
            {"shown": "shown", "main-header": kind, "data-header": kind}.get(kind, kind),
            f"part {number} with more behind it",
            [*parts[:number], part + b"\1\2\3\4\5", *parts[number + 1 :]],
        )


def bad_headers() -> Iterator[Hostile]:
    """Headers that are no JSON, no object, no text, too deep, too large; fields missing and of another type."""
    texts: dict[str, bytes] = {
        "empty": b"", "no JSON": b"hello", "an array": b"[]", "null": b"null", "a number": b"7", "text": b'"x"',
        "trailing": b'{"htype": "bsr_m-1.1", "pulse_id": 1} x',
        "no UTF-8": b'{"htype": "bsr_m-1.1\xff", "pulse_id": 1}',
        "UTF-16": '{"htype": "bsr_m-1.1", "pulse_id": 1}'.encode("utf-16"), "zeros": bytes(64),
        "overlong UTF-8": b'{"htype": "bsr_m-1.1", "pulse_id": 1, "\xc0\xaf": 1}',
        "lone surrogate": b'{"htype": "\\ud800", "pulse_id": 1, "channels": []}',
        "surrogate as bytes": b'{"htype": "bsr_m-1.1", "pulse_id": 1, "hash": "\xed\xa0\x80"}',
        "byte order mark": b"\xef\xbb\xbf" + main_header(), "NaN": b'{"htype": "bsr_m-1.1", "pulse_id": NaN}',
        "infinity": b'{"htype": "bsr_m-1.1", "pulse_id": 1e999}', "comment": b"{/**/}", "pickle": b"\x80\x04N.",
        "deep arrays": b"[" * 10_000, "deep objects": b'{"a":' * 3_000,
        "deep under another key": b'{"x":' + b"[" * 10_000,
    }  # fmt: skip
    for name, text in texts.items():
        # Only what is read has to be text.
        kind = "shown" if name in ("overlong UTF-8", "surrogate as bytes") else "main-header"
        yield kind, f"main {name}", make_parts(*good(), main=text)
        yield "data-header", f"data {name}", make_parts(*good(), data=text)
    numbers: list[Any] = [..., None, True, "7", 7.5, [7], {}, 2**63, -(2**63) - 1, 10**30, int("9" * 4000)]
    for number, value in enumerate(numbers):
        yield "main-header", f"main pulse_id {number}", make_parts(*good(), main=_long(pulse_id=value))
    for number, value in enumerate(
        [..., None, 1, "", "bsr_d-1.1", "array-1.0", "bsr_m-2.0", ["bsr_m-1.1"], "x" * 9000]
    ):
        yield "main-header", f"main htype {number}", make_parts(*good(), main=main_header(htype=value))
    times: list[Any] = [1.7e9, "now", [], [1, 2], {"sec": -1}, {"sec": "1"}, {"sec": 10**30}, {"sec": 2**41}]
    times += [{"sec": 1, "ns": -1}, {"sec": 1, "ns": 10**9}, {"sec": 1, "ns": None}, {"epoch": 1.5}]
    for number, value in enumerate(times):
        yield (
            "main-header",
            f"main global_timestamp {number}",
            make_parts(*good(), main=main_header(global_timestamp=value)),
        )
    for number, value in enumerate([1, [], {}, True]):
        yield (
            "main-header",
            f"main dh_compression {number}",
            make_parts(*good(), main=main_header(dh_compression=value)),
        )
    for number, value in enumerate(["zip", "LZ4", "x" * 9000, "a\nb"]):
        yield (
            "compression",
            f"main dh_compression {number}",
            make_parts(*good(), main=main_header(dh_compression=value)),
        )
    for number, value in enumerate([None, 1, "image", {}, {"image": {}}, [None], [[]], ["image"], [1], [{}]]):
        yield (
            "data-header",
            f"data channels {number}",
            make_parts(*good(), data=json.dumps({"htype": "bsr_d-1.1", "channels": value}).encode()),
        )
    yield "data-header", "data channels missing", make_parts(*good(), data=b'{"htype": "bsr_d-1.1"}')
    for number, value in enumerate([None, 1, "", "bsr_m-1.1", "bsr_d-2.0", [], "x" * 9000]):
        yield "data-header", f"data htype {number}", make_parts(*good(), data=data_header(good(), htype=value))
    yield from _compressed_headers()


def _long(**says: Any) -> bytes:
    """A main header; the digits of an integer may be more than Python writes unasked."""
    number = says.get("pulse_id")
    if isinstance(number, int) and number > 10**100:
        return main_header(pulse_id=0).replace(b'"pulse_id": 0', b'"pulse_id": ' + b"9" * 4000)
    return main_header(**says)


def _compressed_headers() -> Iterator[Hostile]:
    def message(compression: str, data: bytes) -> list[bytes]:
        return make_parts(*good(), main=main_header(dh_compression=compression), data=data)

    header = data_header(good())
    for compression in ("lz4", "bitshuffle_lz4"):
        kind = compression.split("_")[0]
        packed = get_value_bytes(header.decode(), compression)
        yield "shown", f"data header {compression}", message(compression, packed)
        for length in (0, 3, 4, 11, 12, 15, len(packed) // 2, len(packed) - 1):
            yield kind, f"data header {compression} cut at {length}", message(compression, packed[:length])
        yield kind, f"data header {compression} with more behind it", message(compression, packed + bytes(5))
        yield (
            kind,
            f"data header said to be {compression}",
            message(
                compression, b"\0\0\0\0" + header if kind == "lz4" else struct.pack(">qi", len(header), 7) + header
            ),
        )
        twice = get_value_bytes(packed.decode("latin-1"), compression)
        yield "data-header", f"data header {compression} twice", message(compression, twice)
    for name, size in (("0", 0), ("1", 1), ("one more", len(header) + 1)):
        block = get_value_bytes(header.decode(), "lz4")[4:]
        yield "lz4", f"data header lz4 of size {name}", message("lz4", struct.pack("<I", size) + block)
    for size in (2**31, 2**32 - 1):
        yield "size", f"data header lz4 of size {size}", message("lz4", struct.pack("<I", size) + b"\x40xxxx")
    for size, block in ((1 << 40, 8192), (2**63 - 1, 8)):
        yield (
            "size",
            f"data header bitshuffle of size {size}",
            message("bitshuffle_lz4", struct.pack(">qi", size, block)),
        )
    yield "bitshuffle", "data header bitshuffle of size -1", message("bitshuffle_lz4", struct.pack(">qi", -1, 8192))
    for name, text in {
        "100 000 arrays deep": b"[" * DEEP,
        "100 000 objects deep": b'{"":' * DEEP,
        "100 000 deep under another key": b'{"x":' + b"[" * DEEP + b"]" * DEEP + b"}",
        "100 000 channels": b'{"htype": "bsr_d-1.1", "channels": [%s]}' % b",".join([b'{"name":"a"}'] * 100_000),
        "a million channels that are none": b'{"htype": "bsr_d-1.1", "channels": [%s]}'
        % b",".join([b"{}"] * 1_000_000),
        "100 000 sides": b'{"htype": "bsr_d-1.1", "channels": [{"name":"a","shape":[%s]}]}'
        % b",".join([b"1"] * 100_000),
        "a million digits": b'{"htype": "bsr_d-1.1", "channels": [{"name":"a","shape":[%s]}]}' % (b"9" * 1_000_000),
    }.items():
        yield "data-header", f"data {name}", message("lz4", get_value_bytes(text.decode(), "lz4"))
    spaces = header + b" " * (4 * 2**20)
    yield "size", "data header of 4 MB and a bit", message("lz4", get_value_bytes(spaces.decode(), "lz4"))
    yield "size", "data header of 5 MB as it is", make_parts(*good(), data=header + b" " * 5_000_000)
    yield "main-header", "main header of 5 MB", make_parts(*good(), main=main_header() + b" " * 5_000_000)
    names = data_header([Sent(f"channel {number}", 1) for number in range(10_001)])
    yield "data-header", "data one channel too many", message("lz4", get_value_bytes(names.decode(), "lz4"))
