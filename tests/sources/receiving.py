"""A source that receives, and senders for it."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from mjpeg_viewer.message import Limits, Message
from mjpeg_viewer.simulator import Beam, Simulator
from mjpeg_viewer.sources import Source, open_source
from mjpeg_viewer.status import Status, judge
from tests.kit import PATIENCE

SCHEME = {"push": "bsread+pull", "pub": "bsread+sub"}
OTHER = {"push": "pub", "pub": "push"}
MODES = ["push", "pub"]


class Sink:
    """Keeps what a source hands on, and waits for what is to happen in its thread."""

    def __init__(self, wanted: bool = True) -> None:
        self.wanted = wanted
        self.offered = 0
        self.messages: list[Message] = []
        self.deaths: list[BaseException] = []

    def take(self, message: Message) -> bool:
        self.offered += 1
        if self.wanted:
            self.messages.append(message)
        return self.wanted

    def until(self, claim: Callable[[], object]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not claim():
            assert not self.deaths, self.deaths
            assert time.monotonic() < deadline, "what was waited for did not happen"
            time.sleep(0.002)


@contextmanager
def receiving(url: str, *, keep: bool = True, limits: Limits | None = None) -> Iterator[tuple[Source, Sink]]:
    """A source that receives from an URL, and its sink; with keep=False that wants no message."""
    source, sink = open_source(url, limits=limits), Sink(keep)
    source.start(sink.take, sink.deaths.append)
    try:
        yield source, sink
    finally:
        source.stop()
    assert sink.deaths == []


def beam(mode: str = "push", port: int = 0, pixels: int = 32) -> Simulator:
    return Simulator(Beam(pixels, pixels, "uint16", seed=1), mode=mode, port=port, start_pulse_id=1)


def url_of(sender: Simulator, mode: str | None = None, host: str = "127.0.0.1") -> str:
    return f"{SCHEME[mode or sender.mode]}://{host}:{sender.port}"


def status_of(source: Source) -> Status:
    return judge(source.intake, [], source.address, 0.0, time.time())
