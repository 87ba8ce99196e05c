"""Which channel is the picture, and what to say when none is."""

from typing import Any

import numpy as np
import pytest

from mjpeg_viewer.errors import MessageError
from mjpeg_viewer.frame import Frame, ImageInfo
from mjpeg_viewer.message import MessageParser
from tests.message.wire import Sent, make_message


def parse(*channels: Sent, **options: Any) -> Frame:
    return MessageParser().parse(make_message(*channels, **options))


def shape_only(name: str, *wire_shape: int, kind: str = "uint8") -> Sent:
    return Sent(name, 0, says={"shape": list(wire_shape), "type": kind})


@pytest.mark.parametrize(
    ("channels", "chosen"),
    [
        ([shape_only("a", 4, 3), shape_only("image", 4, 3)], "image"),
        ([shape_only("profile", 4), shape_only("only", 4, 3), shape_only("energy", 1)], "only"),
        ([shape_only("C:FPICTURE", 4, 3), shape_only("roi", 2, 2)], "C:FPICTURE"),
        ([shape_only("image", 1), shape_only("other", 4, 3)], "other"),  # named so, but none
        ([shape_only("image", 4, 1)], "image"),  # height-1 images exist
    ],
    ids=["image", "only picture", "FPICTURE", "image is a scalar", "height 1"],
)
def test_picture_is_found(channels: list[Sent], chosen: str):
    """The channel "image", else the only one that can be a picture, else the camera's FPICTURE."""
    frame = parse(*channels)
    assert frame.image_info is not None
    assert frame.image_info.channel == chosen
    assert chosen not in frame.values
    assert len(frame.values) == len(channels) - 1


@pytest.mark.parametrize(
    ("channels", "configured", "reason"),
    [
        (
            [shape_only("left", 4, 3), shape_only("right", 4, 3), shape_only("x", 4)],
            None,
            "several channels could be the picture, set image_channel: 'left', 'right'",
        ),
        (
            [shape_only("x", 4), shape_only("e", 1)],
            None,
            "no channel is a picture (two dimensions, or three with a colour axis) among 'x', 'e'",
        ),
        ([], None, "no channel is a picture (two dimensions, or three with a colour axis) among (none)"),
        ([shape_only("image", 4, 0)], None, None),
        ([shape_only("stack", 5, 6, 9)], None, None),
        ([shape_only("image", 4, 3)], "cam", "no channel 'cam'; the message has 'image'"),
        ([shape_only("x", 4)], "x", "channel 'x' has the shape [4], which is no picture"),
    ],
    ids=["ambiguous", "none", "no channels", "empty", "stack", "configured, missing", "configured, no picture"],
)
def test_without_a_picture_the_frame_says_why(channels: list[Sent], configured: str | None, reason: str | None):
    """The reason names the candidates, so that somebody can choose; the values are there all the same."""
    frame = MessageParser(configured).parse(make_message(*channels))
    assert frame.image_info is None
    assert len(frame.values) == len(channels)
    if reason is not None:
        assert frame.no_image == reason
    with pytest.raises(MessageError) as caught:
        frame.decode_image()
    assert (caught.value.kind, caught.value.detail) == ("no picture", frame.no_image)


def test_configured_channel_is_the_picture_whatever_else_there_is():
    """image_channel outranks every rule."""
    frame = MessageParser("right").parse(make_message(shape_only("image", 4, 3), shape_only("right", 2, 2)))
    assert frame.image_info is not None
    assert frame.image_info.channel == "right"
    assert "image" in frame.values


@pytest.mark.parametrize("shape", [(6, 5, 3), (6, 5, 4), (3, 6, 5), (4, 6, 5)])
def test_colour_is_read_with_its_axis_last_or_first(shape: tuple[int, ...]):
    """Senders put the colour axis at either end; a picture has it last."""
    sent = np.arange(np.prod(shape), dtype=np.uint8).reshape(shape)
    frame = parse(Sent("image", sent))
    assert frame.image_info == ImageInfo("image", 5, 6, "uint8")
    expected = sent if shape[2] < 5 else np.moveaxis(sent, 0, 2)
    np.testing.assert_array_equal(frame.decode_image(), expected)
