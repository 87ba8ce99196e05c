"""Bad values, and strange ones that are none: damaged compression, sizes that lie, names that nobody expects."""

import json
import struct
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import orjson
import pytest
from bsread.data.helpers import get_value_bytes

from mjpeg_viewer.camera import Camera
from mjpeg_viewer.errors import MessageError
from mjpeg_viewer.message import Limits, MessageParser
from mjpeg_viewer.rendition import Selection
from mjpeg_viewer.sources import open_source
from mjpeg_viewer.supervisor import Supervisor
from mjpeg_viewer.web.events import EventMaker
from mjpeg_viewer.wire import Form
from tests.message.refusal import decode_all, refuse
from tests.message.wire import Sent, make_message

ROOT = Path(__file__).parents[2]

BAD_LZ4: dict[str, bytes] = {
    "nothing but the size": struct.pack("<I", 16),
    "garbage": struct.pack("<I", 16) + b"\xff" * 40,
    "more than it says": struct.pack("<I", 16) + b"\xf0\x11" + b"x" * 32,
    "less than it says": struct.pack("<I", 16) + b"\x40xxxx",
    "size of another": struct.pack("<I", 17) + b"\xf0\x02" + b"x" * 17,
    "size of 4 GB": struct.pack("<I", 2**32 - 1) + b"\x40xxxx",
    "back before the beginning": struct.pack("<I", 16) + b"\x1fa\xff\xff\x00",
}


@pytest.mark.parametrize("blob", BAD_LZ4.values(), ids=BAD_LZ4)
def test_damaged_lz4_is_refused(blob: bytes):
    """Sizes that lie and blocks that are none."""
    assert refuse(make_message(Sent("x", np.zeros(16, np.uint8), "lz4", blob=blob))).kind in ("lz4", "size")


@pytest.mark.parametrize("size", [0, 1, 999, 2**20, 2**32 - 1])
def test_lz4_string_whose_size_lies_is_refused(size: int):
    """Where only the blob knows its size, the block must have just that."""
    blob = struct.pack("<I", size) + get_value_bytes("x" * 1000, "lz4")[4:]
    assert refuse(make_message(Sent("note", "x", "lz4", blob=blob))).kind in ("lz4", "size")


@pytest.mark.parametrize("change", [b"x", b"\0" * 4, b"\0" * 4096])
def test_bitshuffle_blob_with_something_behind_its_end_is_refused(change: bytes):
    """Blocks that do not end where the blob does are not the blocks of this array."""
    good = Sent("x", np.arange(10_000, dtype=np.uint16), "bitshuffle_lz4")
    good.blob = good.encoded + change
    assert "the blocks end at byte" in refuse(make_message(good)).detail


def test_damaged_bitshuffle_neither_kills_the_process_nor_lies():
    """2000 mutations of good blobs in a process of their own: each is refused, or is an array of the right shape."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-m", "tests.message.mutate", "2000"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, f"exit status {done.returncode}: {done.stderr[-2000:]}"
    counts = json.loads(done.stdout)
    assert counts["refused"] + counts["decoded"] == 2000
    assert counts["refused"] > 1000
    assert counts["decoded"] > 50, "a check that refuses everything would pass too"


@pytest.mark.parametrize("count", [0, 10_000])
def test_any_allowed_number_of_channels_is_read(count: int):
    """No channel at all is a message too, and so are ten thousand."""
    channels = [Sent(f"c{number}", number) for number in range(count)]
    frame = MessageParser().parse(make_message(*channels))
    assert list(frame.values.values()) == list(range(count))
    assert frame.image_info is None
    assert len(frame.no_image) < 600


def test_more_channels_than_allowed_are_refused():
    """A hundred thousand channels are refused before anything is made of them."""
    data = b'{"htype": "bsr_d-1.1", "channels": [%s]}' % b",".join([b'{"name": "a"}'] * 100_000)
    assert "100000 channels, allowed are 10000" in refuse(make_message(data=data)).detail


def test_limits_bound_what_is_decoded():
    """Values, strings and headers over their limit are refused, those at it are not."""
    limits = Limits(value_bytes=800, string_bytes=10, header_bytes=1000)
    parser = MessageParser(limits=limits)
    for compression in ("none", "lz4", "bitshuffle_lz4"):
        decode_all(parser, make_message(Sent("x", np.zeros(100), compression), Sent("s", "x" * 10, compression)))
        for large in (Sent("x", np.zeros(101), compression), Sent("s", "x" * 11, compression)):
            with pytest.raises(MessageError, match="allowed are"):
                decode_all(parser, make_message(large))
    with pytest.raises(MessageError, match="allowed are 1000"):
        parser.parse(make_message(*(Sent(f"channel {number}", 1.0) for number in range(20))))


@pytest.mark.parametrize(
    "name",
    ["", "a\nevent: x", "\0", "<script>", "'\"\\", "ä🙂", "x" * 100_000, "__class__", "image\u2028", "event"],
    ids=["empty", "newline", "zero", "tag", "quotes", "unicode", "long", "dunder", "separator", "word"],
)
def test_any_name_that_is_text_is_a_channel_whose_value_can_be_sent_on(name: str):
    """Names are the sender's: they come out as they went in, and an error shows them on one line."""
    frame = MessageParser().parse(make_message(Sent(name, 1.5)))
    assert orjson.loads(orjson.dumps(dict(frame.values))) == {name: 1.5}
    refuse(make_message(Sent(name, 1.5, blob=b"xx")))
    refuse(make_message(Sent(name, 1.5, says={"type": f"{name}?"})))
    refuse(make_message(Sent(name, 1.5, says={"compression": f"{name}?"})))


def test_name_that_is_no_text_is_refused():
    """A lone surrogate cannot be sent on by anybody, as UTF-8 has no bytes for it."""
    assert refuse(make_message(Sent("\ud800", 1.5))).kind == "data header"
    assert refuse(make_message(Sent("a", 1.5, says={"type": "\udfff"}))).kind == "data header"


async def test_everything_that_a_parser_lets_through_can_be_sent_as_an_event():
    """The values of the strangest message that is no error make strict JSON; what cannot be decoded is null."""
    channels = [
        Sent("nan", float("nan")),
        Sent("inf", np.array([np.inf, -np.inf, 1.0])),
        Sent("big", np.array([2**63 + 1], np.uint64)),
        Sent("swapped", np.arange(3, dtype=">i2")),
        Sent("flags", np.array([True, False])),
        Sent("text", "x", blob=b"\xed\xa0\x80\xff"),
        Sent("none", None),
        Sent("empty", np.empty(0), "lz4"),
        Sent("empty rows", np.empty((0, 3)), "lz4"),
        Sent("broken", 1.0, "lz4", blob=b"\xff" * 9),
        Sent("cube", np.zeros((2, 3, 5), np.float32)),
        Sent("deep", np.zeros((1,) * 32, np.int8)),
        Sent("a\nb", 1),
    ]
    with ThreadPoolExecutor(1) as executor:
        camera = Camera("beam", open_source("bsread+pull://127.0.0.1:9"), executor, Supervisor())
        frame = MessageParser().parse(make_message(*channels))
        wire = EventMaker(camera, Selection())(frame).get(Form(None, chunked=False))
    head, data = wire.decode().removesuffix("\n\n").split("\ndata: ")
    assert head == "event: frame\nid: 7"
    event = json.loads(data, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))
    assert list(event["errors"]) == ["broken"]
    deep = event["values"].pop("deep")
    assert str(deep) == "[" * 32 + "0" + "]" * 32
    assert event["values"] == {
        "nan": None, "inf": [None, None, 1.0], "big": 2**63 + 1, "swapped": [0, 1, 2], "flags": [True, False],
        "text": "\ufffd" * 4, "none": None, "empty": [], "empty rows": [], "broken": None,
        "cube": np.zeros((2, 3, 5)).tolist(), "a\nb": 1,
    }  # fmt: skip
