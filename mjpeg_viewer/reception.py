"""When a camera's source is received: always, or only while somebody watches."""

import asyncio
import time
from collections.abc import Callable

from mjpeg_viewer.message import Message
from mjpeg_viewer.sources import Source

# How long a camera that is received on demand stays connected after its last viewer, in seconds.
_LINGER = 5.0


class Reception:
    """
    Starts and stops one source.

    Args:
        source: The source.
        sink: Told of each message, in the source's own thread; see Source.
        on_death: Told what the source's thread died of.
        on_demand: Whether the source is received only while it is wanted.

    Attributes:
        on_demand: Whether the source is received only while it is wanted.
        since: When the source was started last, in seconds since the epoch; before that, when this was made.
    """

    def __init__(
        self,
        source: Source,
        sink: Callable[[Message], bool],
        on_death: Callable[[BaseException], None],
        on_demand: bool,
    ) -> None:
        self.on_demand = on_demand
        self.since = time.time()
        self._source, self._sink, self._on_death = source, sink, on_death
        self._receiving = False
        self._wanted, self._unwanted = asyncio.Event(), asyncio.Event()

    @property
    def resting(self) -> bool:
        """Whether nothing is received because nobody wants it."""
        return self.on_demand and not self._receiving

    def want(self, wanted: bool) -> None:
        """Say whether anybody watches."""
        if wanted:
            self._wanted.set()
            self._unwanted.clear()
        else:
            self._wanted.clear()
            self._unwanted.set()

    def begin(self) -> None:
        """Begin to receive."""
        self._receiving, self.since = True, time.time()
        self._source.start(self._sink, self._on_death)

    async def follow(self, changed: Callable[[], None]) -> None:
        """Receive while it is wanted, until cancelled; ``changed`` is called after each beginning and end."""
        while True:
            await self._wanted.wait()
            self.begin()
            changed()
            while self._wanted.is_set():
                await self._unwanted.wait()
                await asyncio.sleep(_LINGER)  # a page that is loaded anew finds its camera connected
            await asyncio.to_thread(self._source.stop)
            self._receiving = False
            changed()
