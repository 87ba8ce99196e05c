"""Bad messages: each costs itself alone, with a reason, and the next good one is read."""

import struct
from typing import Any

import pytest

from tests.message.refusal import GOOD, refuse
from tests.message.wire import Sent, as_message, data_header, main_header, make_message, make_parts


@pytest.mark.parametrize("part", [0, 1, 2, 4, 6])
def test_part_that_is_cut_off_is_refused(part: int):
    """Headers and blobs that end too early: at every length near their ends, and at some between."""
    parts = make_parts(*GOOD)
    size = len(parts[part])
    for length in sorted({*range(min(size, 14)), size // 3, size // 2, *range(size - 5, size)}):
        if length or part < 2:  # an empty blob is no value, and no fault
            refuse(as_message([*parts[:part], parts[part][:length], *parts[part + 1 :]]))


@pytest.mark.parametrize("count", [0, 1, 2, 5, 6, 9, 10])
def test_wrong_number_of_parts_is_refused(count: int):
    """The header says how many there must be; only the last timestamp may be missing."""
    parts = (make_parts(*GOOD) + [b""] * 2)[:count]
    assert refuse(as_message(parts)).kind == "parts"


HUGE = 10**18

BAD_CHANNELS: dict[str, Any] = {
    "name missing": {"name": ...},
    "name a number": {"name": 5},
    "type a number": {"type": 5},
    "type unknown": {"type": "float128"},
    "encoding unknown": {"encoding": "middle"},
    "encoding a list": {"encoding": ["little"]},
    "compression unknown": {"compression": "zip"},
    "compression a number": {"compression": 1},
    "shape a number": {"shape": 1},
    "shape of text": {"shape": ["1"]},
    "shape of floats": {"shape": [1.5]},
    "shape of nulls": {"shape": [None]},
    "shape negative": {"shape": [-1]},
    "shape negative twice": {"shape": [-1, -1]},
    "shape huge": {"shape": [HUGE, HUGE]},
    "shape beyond 64 bit": {"shape": [10**30]},
    "shape huge in small parts": {"shape": [2] * 32},
    "shape with more dimensions than numpy has": {"shape": [1] * 100},
    "shape of another size": {"shape": [2]},
    "shape empty, but a blob": {"shape": [0]},
    "shape empty and huge": {"shape": [0, HUGE, HUGE]},
    "type of another size": {"type": "int16"},
}


@pytest.mark.parametrize("compression", ["none", "lz4", "bitshuffle_lz4"])
@pytest.mark.parametrize("says", BAD_CHANNELS.values(), ids=BAD_CHANNELS)
def test_definition_that_cannot_be_is_refused(says: dict[str, Any], compression: str):
    """Wrong kinds of JSON, unknown words, and shapes that lie; no memory is taken for what is announced."""
    refuse(make_message(Sent("x", 1.5, compression, says)))


def test_array_without_elements_may_not_reach_further_than_memory():
    """[0, 10**18, 10**18] has no bytes, and yet numpy cannot make it."""
    empty = struct.pack("<I", 0) + b"\0"
    for side in (HUGE, 10**30):
        assert refuse(make_message(Sent("x", 1.0, "lz4", {"shape": [0, side, side]}, empty))).kind == "size"


DEEP = 100_000

BAD_HEADERS: dict[str, bytes] = {
    "empty": b"",
    "no JSON": b"hello",
    "no object": b"[]",
    "null": b"null",
    "cut": b'{"htype": "bsr_',
    "trailing": b'{"htype": "bsr_m-1.1", "pulse_id": 1} x',
    "no UTF-8": b'{"htype": "bsr_m-1.1\xff", "pulse_id": 1, "channels": []}',
    "UTF-16": '{"htype": "bsr_m-1.1", "pulse_id": 1}'.encode("utf-16"),
    "zero bytes": bytes(100),
    "deep arrays": b"[" * DEEP,
    "deep objects": b'{"a":' * DEEP,
    "deep under an unknown key": b'{"x":' + b"[" * DEEP,
    "NaN": b'{"htype": "bsr_m-1.1", "pulse_id": NaN, "channels": NaN}',
    "NaN under an unknown key": b'{"htype": "bsr_m-1.1", "pulse_id": 1, "x": NaN}',
    "no htype": b'{"pulse_id": 1, "channels": []}',
    "htype of another": b'{"htype": "array-1.0", "pulse_id": 1, "channels": []}',
    "lone surrogate": b'{"htype": "\\ud800", "pulse_id": 1, "channels": []}',
}


@pytest.mark.parametrize("header", BAD_HEADERS.values(), ids=BAD_HEADERS)
@pytest.mark.parametrize("which", ["main header", "data header"])
def test_header_that_is_none_is_refused(header: bytes, which: str):
    """Neither header is believed to be JSON, to be shallow or to be text."""
    message = make_message(main=header) if which == "main header" else make_message(data=header)
    assert refuse(message).kind in (which, "size")


@pytest.mark.parametrize(
    "says",
    [
        {"pulse_id": ...},
        {"pulse_id": None},
        {"pulse_id": "7"},
        {"pulse_id": 7.5},
        {"pulse_id": 10**30},
        {"pulse_id": 2**63},
        {"pulse_id": -(2**63) - 1},
        {"global_timestamp": 1.7e9},
        {"global_timestamp": {"sec": "1"}},
        {"global_timestamp": {"sec": -1}},
        {"global_timestamp": {"sec": 10**30}},
        {"global_timestamp": {"sec": 1, "ns": 10**9}},
        {"global_timestamp": {"sec": 1, "ns": -1}},
    ],
    ids=str,
)
def test_main_header_with_wrong_values_is_refused(says: dict[str, Any]):
    """Numbers that JSON can write but no clock or machine can show."""
    assert refuse(make_message(main=main_header(**says))).kind == "main header"


def test_header_over_its_limit_is_refused_though_it_is_a_good_one():
    """5 MB of spaces are JSON, and more than anybody sends."""
    assert "allowed are" in refuse(make_message(main=main_header() + b" " * 5_000_000)).detail
    assert "allowed are" in refuse(make_message(data=data_header([]) + b" " * 5_000_000)).detail


def test_number_of_thousands_of_digits_is_no_trouble():
    """Python takes quadratic time for these, and refuses them by an error of its own."""
    header = b'{"htype": "bsr_m-1.1", "pulse_id": 1%s}' % (b"0" * 1_000_000)
    assert refuse(make_message(main=header)).kind == "main header"


@pytest.mark.parametrize(
    ("compression", "data"),
    [
        ("zip", b"{}"),
        ("lz4", b"abc"),
        ("lz4", struct.pack("<I", 10) + b"garbage"),
        ("lz4", struct.pack("<I", 2**31) + b"garbage"),
        ("bitshuffle_lz4", b"\0" * 11),
        ("bitshuffle_lz4", struct.pack(">qi", 1 << 40, 8192) + b"garbage"),
        ("bitshuffle_lz4", struct.pack(">qi", -1, 8192)),
        ("bitshuffle_lz4", struct.pack(">qi", 100, 8192) + struct.pack(">I", 50) + b"x" * 54),
    ],
)
def test_compressed_header_that_is_damaged_is_refused(compression: str, data: bytes):
    """The data header's compression is no more trusted than a channel's."""
    refuse(make_message(main=main_header(dh_compression=compression), data=data))
