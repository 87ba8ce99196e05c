"""
The running maker of one rendition of one camera.

It takes the newest frame whenever it is free, makes of it what its viewers see, once, and publishes that to all of
them.  Pictures and events are made by the same machine: what differs is the maker's function.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Executor
from typing import Generic, TypeVar

from mjpeg_viewer.errors import ViewerError
from mjpeg_viewer.frame import Frame
from mjpeg_viewer.hub import Hub
from mjpeg_viewer.mailbox import Mailbox
from mjpeg_viewer.status import Health

T = TypeVar("T")

# A frame that waited longer than this for its encoder's turn is dropped, and the next one awaited.
_STALE = 1.0

Maker = Callable[[Frame], T]
"""Makes an item of a frame, in the executor.  A ViewerError costs that frame."""


class Encoder(Generic[T]):
    """
    Makes items for as long as it runs.

    Args:
        make: Makes one item of one frame.
        fps: At most so many per second; None for every frame that there is time for.
        executor: Where make runs.
        on_failure: Told of each frame that could not be made into an item, by its sequence; notes that in the health.

    Attributes:
        hub: Publishes the items.
        frames: Where to offer it frames.
        encoded: How many items it made.
        health: Whether it can make any.
    """

    def __init__(
        self,
        make: Maker[T],
        fps: float | None,
        executor: Executor,
        on_failure: Callable[[ViewerError, int, Health], None],
    ) -> None:
        self.hub: Hub[T] = Hub()
        self.frames: Mailbox[Frame] = Mailbox()
        self.encoded = 0
        self.health = Health()
        self._make = make
        self._period = 1 / fps if fps else 0.0
        self._executor = executor
        self._on_failure = on_failure

    async def run(self) -> None:
        """Encode until cancelled."""
        loop = asyncio.get_running_loop()
        while True:
            frame = await self.frames.take()
            due = loop.time() + self._period
            try:
                item = await loop.run_in_executor(self._executor, self._make, frame)
            except ViewerError as error:
                self._on_failure(error, frame.sequence, self.health)
                continue
            self.encoded += 1
            self.health.note_good()
            self.hub.publish(item, frame.sequence)
            if self._period:
                await asyncio.sleep(due - loop.time())
                # The camera may have fallen silent meanwhile, and then what waits here is not live any more.
                self.frames.discard(lambda waiting: time.time() - waiting.received > _STALE)
