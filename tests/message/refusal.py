"""Reads bad messages, and holds every refusal to the same standard."""

import numpy as np
import orjson
import pytest

from mjpeg_viewer.errors import MessageError
from mjpeg_viewer.message import Message, MessageParser
from tests.message.wire import Sent, make_message

PICTURE = np.arange(30_000, dtype=np.uint16).reshape(150, 200)
GOOD = [Sent("image", PICTURE, "bitshuffle_lz4"), Sent("energy", 5.5), Sent("note", "beam", "lz4")]


def decode_all(parser: MessageParser, message: Message) -> None:
    """Parse and decode whatever is in a message."""
    frame = parser.parse(message)
    for name in frame.values:
        frame.values[name]
    if frame.image_info:
        frame.decode_image()


def refuse(message: Message) -> MessageError:
    """Read a bad message between two good ones, which must not notice, and return what is said of it."""
    parser = MessageParser()
    decode_all(parser, make_message(*GOOD))
    with pytest.raises(MessageError) as caught:
        decode_all(parser, message)
    frame = parser.parse(make_message(*GOOD, sequence=3))
    assert dict(frame.values) == {"energy": 5.5, "note": "beam"}
    np.testing.assert_array_equal(frame.decode_image(), PICTURE)
    error = caught.value
    assert error.detail
    assert str(error) == f"{error.kind}: {error.detail}"
    assert not any(letter.isdigit() for letter in error.kind.replace("lz4", "")), "a kind is counted by"
    assert len(str(error)) < 600, "a reason is one line for people"
    assert "\n" not in str(error)
    orjson.dumps(str(error))
    return error
