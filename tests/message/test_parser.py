"""Good messages: what psi-bsread's own encoders wrote is what the parser reads."""

import json
from typing import Any

import numpy as np
import pytest
import zmq
from bsread.data.helpers import get_value_bytes
from bsread.sender import Sender

from mjpeg_viewer.errors import MessageError
from mjpeg_viewer.frame import Frame, ImageInfo
from mjpeg_viewer.message import MessageParser, parser
from tests.message.wire import Sent, as_message, data_header, main_header, make_message, make_parts

NUMBERS = ["int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64", "float32", "float64"]
COMPRESSIONS = ["none", "lz4", "bitshuffle_lz4"]
PICTURE = np.arange(12, dtype=np.uint16).reshape(3, 4)


def parse(*channels: Sent, **options: Any) -> Frame:
    return MessageParser().parse(make_message(*channels, **options))


def some(dtype: str, *shape: int) -> np.ndarray:
    """Values of every kind that the type has; the extremes come first."""
    random = np.random.default_rng(len(shape))
    kind = np.dtype(dtype)
    if kind.kind == "f":
        values = random.normal(0, 1e6, shape).astype(kind)
        ends = np.array([np.nan, np.inf, -np.inf, np.finfo(kind).max, 0, -0.0], kind)
    elif kind.kind == "b":
        values, ends = random.integers(0, 2, shape).astype(kind), np.array([True, False])
    else:
        values = random.integers(0, 50, shape).astype(kind)
        ends = np.array([np.iinfo(kind).max, np.iinfo(kind).min], kind)
    values.ravel()[: ends.size] = ends[: values.size]
    return values


@pytest.mark.parametrize("order", ["<", ">"], ids=["little", "big"])
@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("dtype", [*NUMBERS, "bool"])
def test_every_type_compression_and_byte_order_is_read_as_it_was_sent(dtype: str, compression: str, order: str):
    """Scalars, profiles of odd length and images come back bit for bit, in numpy's order of dimensions."""
    sent = {
        "scalar": some(dtype, 1),
        "profile": some(dtype, 1001),  # no multiple of bitshuffle's eight
        "long": some(dtype, 20_003),  # more than one of its blocks
        "image": some(dtype, 37, 53),
    }
    wire = {name: value.astype(value.dtype.newbyteorder(order)) for name, value in sent.items()}
    says = {"encoding": "little" if order == "<" else "big"}  # numpy forgets the order of single bytes
    frame = parse(*(Sent(name, value, compression, says) for name, value in wire.items()))

    assert list(frame.values) == ["scalar", "profile", "long"]
    for name in ("profile", "long"):
        got = frame.values[name]
        assert isinstance(got, np.ndarray)
        assert got.dtype.newbyteorder("=") == sent[name].dtype
        np.testing.assert_array_equal(got, sent[name])
    scalar = frame.values["scalar"]
    assert not isinstance(scalar, np.generic | np.ndarray)
    np.testing.assert_equal(scalar, sent["scalar"][0])
    assert frame.image_info == ImageInfo("image", 53, 37, dtype)
    np.testing.assert_array_equal(frame.decode_image(), sent["image"])


@pytest.mark.parametrize("compression", COMPRESSIONS)
@pytest.mark.parametrize("text", ["", "off", "Strahlhöhe µm", "x" * 30_000], ids=["empty", "ascii", "utf-8", "long"])
def test_strings_of_any_length_are_read_though_their_shape_says_one(text: str, compression: str):
    """A string's header says shape [1] whatever its length; only the blob knows."""
    sent = Sent("note", text, compression)
    if not text and compression == "none":
        assert parse(sent).values["note"] is None  # an empty blob, which is no value
    else:
        assert parse(sent).values["note"] == text


def test_string_that_is_no_utf_8_is_read_with_marks_for_what_is_not():
    """A Latin-1 sender's text stays readable; what is decoded can always be sent on."""
    assert parse(Sent("note", "x", blob=b"Strahlh\xf6he")).values["note"] == "Strahlh�he"


@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_empty_blob_is_no_value(compression: str):
    """A channel without a value this time is None; the others are not shifted by it."""
    frame = parse(Sent("a", None, compression), Sent("image", PICTURE, compression, blob=b""), Sent("b", 2.5))
    assert dict(frame.values) == {"a": None, "b": 2.5}
    assert frame.image_info is not None
    with pytest.raises(MessageError, match=r"no picture: channel 'image' is empty in this message"):
        frame.decode_image()


def test_lz4_size_in_the_channels_byte_order_is_read_too():
    """psi-bsread writes it little-endian and reads it in the channel's order, so senders of both kinds exist."""
    wire = Sent("x", np.arange(1000, dtype=">u2"), "lz4")
    wire.blob = wire.encoded[3::-1] + wire.encoded[4:]
    np.testing.assert_array_equal(parse(wire).values["x"], np.arange(1000))


def test_true_is_any_byte_but_zero():
    """Other bytes are no valid bool to numpy, whose arithmetic with them goes wrong."""
    flags = parse(Sent("x", np.array([True] * 4), blob=b"\0\1\2\xff")).values["x"]
    assert isinstance(flags, np.ndarray)
    assert flags.tobytes() == b"\0\1\1\1"
    assert parse(Sent("x", True, blob=b"\x02")).values["x"] is True


def test_empty_array_stays_an_empty_array():
    """A profile without elements is neither an error nor None."""
    empty = Sent("fit", np.empty(0), "lz4")
    assert np.asarray(parse(empty).values["fit"]).shape == (0,)


@pytest.mark.parametrize(
    ("says", "timestamp"),
    [
        ({"global_timestamp": {"sec": 1_700_000_000, "ns": 250_000_000}}, 1_700_000_000.25),
        ({"global_timestamp": {"epoch": 1_700_000_000, "ns": 250_000_000}}, 1_700_000_000.25),
        ({"global_timestamp": {"sec": 1_700_000_000}}, 1_700_000_000.0),
        ({"global_timestamp": {"sec": 0, "ns": 0}}, None),
        ({"global_timestamp": {}}, None),
        ({"global_timestamp": None}, None),
        ({"global_timestamp": ...}, None),
    ],
    ids=["sec", "epoch", "no ns", "zero", "empty", "null", "missing"],
)
def test_frame_has_the_time_that_the_sender_stamped_or_none(says: dict[str, Any], timestamp: float | None):
    """Both words for seconds are read; zero and missing are no time."""
    assert parse(main=main_header(**says)).timestamp == timestamp


def test_frame_carries_what_its_message_does():
    """Pulse id, sequence, time of coming and size are the message's own."""
    message = make_message(Sent("image", PICTURE), sequence=42, main=main_header(pulse_id=2**63 - 1))
    frame = MessageParser().parse(message)
    assert (frame.pulse_id, frame.sequence, frame.received) == (2**63 - 1, 42, 1042.0)


@pytest.mark.parametrize("last", [b"", None], ids=["empty", "missing"])
def test_last_timestamp_may_be_missing(last: bytes | None):
    """Some senders end a message with an empty timestamp, some with none at all."""
    parts = make_parts(Sent("a", 1.0), Sent("b", 2.0))[:-1]
    frame = MessageParser().parse(as_message(parts if last is None else [*parts, last]))
    assert dict(frame.values) == {"a": 1.0, "b": 2.0}


def test_what_a_definition_leaves_out_has_bsreads_defaults():
    """Without type, shape, encoding and compression a channel is one float64, little-endian, as it is."""
    bare: dict[str, Any] = {"type": ..., "shape": ..., "encoding": ..., "compression": ...}
    assert parse(Sent("a", 1.5, says=bare)).values["a"] == 1.5
    null = dict.fromkeys(bare)
    assert parse(Sent("a", 1.5, says=null)).values["a"] == 1.5


@pytest.mark.parametrize("compression", ["lz4", "bitshuffle_lz4"])
def test_compressed_data_header_is_read(compression: str):
    """The main header names the compression of the data header."""
    sent = Sent("image", PICTURE)
    data = get_value_bytes(data_header([sent]).decode(), compression)
    frame = parse(sent, main=main_header(dh_compression=compression), data=data)
    np.testing.assert_array_equal(frame.decode_image(), PICTURE)


def test_header_that_changed_under_the_same_hash_is_read_anew():
    """The bytes decide, not the hash that the sender gives them."""
    reader = MessageParser()
    assert dict(reader.parse(make_message(Sent("a", 1.0))).values) == {"a": 1.0}
    assert dict(reader.parse(make_message(Sent("b", 2))).values) == {"b": 2}


def test_header_of_the_same_bytes_is_parsed_once(monkeypatch: pytest.MonkeyPatch):
    """It comes with every message and is parsed only when it changes."""
    parsed = []
    original = parser.parse_data_header
    monkeypatch.setattr(parser, "parse_data_header", lambda *args: parsed.append(args) or original(*args))
    reader = MessageParser()
    for value in (1.0, 2.0, 3.0):
        assert reader.parse(make_message(Sent("a", value))).values["a"] == value
    assert len(parsed) == 1
    reader.parse(make_message(Sent("a", 1)))
    assert len(parsed) == 2


def test_values_and_picture_are_decoded_when_asked_for_and_once(monkeypatch: pytest.MonkeyPatch):
    """Parsing decodes nothing: a viewer of events costs no image decode, and one of pictures no array decode."""
    decoded = []
    original = parser.decompress
    monkeypatch.setattr(parser, "decompress", lambda *args: decoded.append(args) or original(*args))
    frame = parse(Sent("image", PICTURE, "bitshuffle_lz4"), Sent("a", 1.0), Sent("b", 2.0))
    assert set(frame.values) == {"a", "b"}
    assert "a" in frame.values
    assert decoded == []
    assert frame.values["a"] == frame.values["a"] == 1.0
    assert len(decoded) == 1
    assert frame.decode_image() is frame.decode_image()
    assert len(decoded) == 2


@pytest.mark.parametrize("header_compression", COMPRESSIONS)
@pytest.mark.parametrize("compression", COMPRESSIONS)
def test_messages_of_psi_bsreads_own_sender_are_read(compression: str, header_compression: str):
    """A real Sender, caught off a real socket: all that it sends arrives."""
    values = {"image": PICTURE, "profile": [1.5, 2.5, 3.5], "energy": 5.25, "count": 3, "on": True, "note": "beam"}
    context = zmq.Context()
    with context.socket(zmq.PULL) as socket:
        socket.rcvtimeo = 10_000
        port = socket.bind_to_random_port("tcp://127.0.0.1")
        sender = Sender(
            address="tcp://127.0.0.1", port=port, conn_type="connect",
            data_compression=compression, data_header_compression=header_compression,
        )  # fmt: skip
        sender.open()
        try:
            sender.send(pulse_id=11, timestamp=(1_700_000_000, 5), data=values)
            sender.send(pulse_id=12, timestamp=(1_700_000_000, 5), data={**values, "energy": 5.5, "profile": None})
            first, second = ([bytes(part) for part in socket.recv_multipart()] for _ in range(2))
        finally:
            sender.close()
    context.term()
    reader = MessageParser()
    frame = reader.parse(as_message(first))
    assert json.loads(first[0])["pulse_id"] == frame.pulse_id == 11
    assert frame.timestamp == 1_700_000_000.000000005
    got = {name: value.tolist() if isinstance(value, np.ndarray) else value for name, value in frame.values.items()}
    assert got == {name: value for name, value in values.items() if name != "image"}
    np.testing.assert_array_equal(frame.decode_image(), PICTURE)
    frame = reader.parse(as_message(second, 2))
    assert (frame.values["energy"], frame.values["profile"]) == (5.5, None)
