"""
All that a server ever does with a message, and what became of it in one word.

The word is a refusal's kind as the server counts it; what is neither refused nor right is an AssertionError, and what
is not foreseen at all comes through as it is.
"""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import orjson

from mjpeg_viewer.calibration import Calibration, with_analysis
from mjpeg_viewer.camera import Camera
from mjpeg_viewer.errors import MessageError, RenderError
from mjpeg_viewer.frame import Frame
from mjpeg_viewer.message import Limits, Message, MessageParser
from mjpeg_viewer.multipart import Framing
from mjpeg_viewer.pictures import PictureMaker
from mjpeg_viewer.rendition import Rendition, Selection
from mjpeg_viewer.sources import open_source
from mjpeg_viewer.supervisor import Supervisor
from mjpeg_viewer.web.events import EventMaker
from mjpeg_viewer.wire import Form

SHOWN = "shown"
SPOILT_VALUE = "spoilt-value"
"""The picture is shown; of the values at least one is not, and who asks for it is told why."""


def folder(kind: str) -> str:
    """Return the name of the folder for messages that are refused for this kind of trouble."""
    return kind.replace(" ", "-")


def make_event_maker(selection: Selection | None = None) -> EventMaker:
    """Return a maker of events, by default of all values, for a camera that never receives anything."""

    async def make() -> EventMaker:
        with ThreadPoolExecutor(1) as executor:
            camera = Camera("beam", open_source("bsread+pull://127.0.0.1:9"), executor, Supervisor())
            return EventMaker(camera, selection or Selection())

    return asyncio.run(make())


class Reader:
    """
    Reads the messages of one source, as its server would with one viewer of pictures and one of events.

    Args:
        make_event: As from make_event_maker, which takes too long to be done for each reader.
        limits: What is believed of the sender.
        rendition: How the pictures shall look.
    """

    def __init__(
        self, make_event: EventMaker, limits: Limits | None = None, rendition: Rendition | None = None
    ) -> None:
        self._parser = MessageParser(limits=limits)
        self._make_event = make_event
        self._make_picture = PictureMaker("corpus", rendition or Rendition())

    def read(self, message: Message) -> str:
        """Do everything; return the folder that the message belongs into."""
        try:
            frame = with_analysis(self._parser.parse(message), Calibration())
        except MessageError as error:
            return self._judge(error)
        spoilt = self._read_values(frame)
        try:
            part = self._make_picture(frame)
        except MessageError as error:
            return self._judge(error)
        except RenderError as error:
            self._judge(error)
            return "picture"
        self._measure(frame)
        assert part.jpeg.startswith(b"\xff\xd8")
        assert part.jpeg.endswith(b"\xff\xd9")
        assert len(part.get(Form(Framing.LENGTH, chunked=True))) > len(part.jpeg)
        return SPOILT_VALUE if spoilt else SHOWN

    def _read_values(self, frame: Frame) -> bool:
        spoilt = False
        for name in frame.values:  # an event leaves out what is large
            try:
                frame.values[name]
            except MessageError as error:
                self._judge(error)
                spoilt = True
        text = self._make_event(frame).get(Form(None, chunked=False))
        head, data = text.split(b"\ndata: ", 1)
        assert head == b"event: frame\nid: %d" % frame.pulse_id
        assert data.endswith(b"\n\n")
        assert b"\n" not in data[:-2]
        assert b"\r" not in data
        event = orjson.loads(data)
        assert set(event["values"]) <= set(frame.values)
        for reason in event.get("errors", {}).values():
            self._judge_text(reason)
        return spoilt or "errors" in event

    def _measure(self, frame: Frame) -> None:
        for name in frame.analysis:
            kind = ""
            try:
                frame.analysis[name]
            except MessageError as error:
                self._judge(error)
                kind = error.kind
            assert kind in ("", "axis"), "what can be shown can be measured"

    def _judge(self, error: MessageError | RenderError) -> str:
        self._judge_text(str(error))
        if isinstance(error, RenderError):
            return "picture"
        assert not any(letter.isdigit() for letter in error.kind.replace("lz4", "")), "a kind is counted by"
        return folder(error.kind)

    @staticmethod
    def _judge_text(reason: str) -> None:
        assert len(reason) < 1000, "a reason is one line for people"
        assert reason.isprintable(), "a reason goes into logs"
        orjson.dumps(reason)
