"""
The running maker of one rendition of one camera.

It takes the newest frame whenever it is free, makes of it what its viewers see, once, and publishes that to all of
them.  When nothing was published for a while it has the maker say so: a picture that stands still must not look alive.
Pictures and events are made by the same machine; what differs is the maker.
"""

import asyncio
import time
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import suppress
from typing import Generic, NamedTuple, TypeVar

from mjpeg_viewer.errors import ViewerError
from mjpeg_viewer.frame import Frame
from mjpeg_viewer.hub import Hub
from mjpeg_viewer.mailbox import Mailbox
from mjpeg_viewer.status import Health, Status

T = TypeVar("T")

# A frame that waited longer than this for its encoder's turn is dropped, and the next one awaited.
_STALE = 1.0

# So often something is published at least.  A camera is known to be silent after 1.75 s at most, and the second filling
# says so: within two seconds of the last frame.
_FILL_PERIOD = 0.95


class Filling(NamedTuple, Generic[T]):
    """What is published when no frame is: to those who were offered the last item, and to those who came after it."""

    seen: T
    unseen: T


class Maker(ABC, Generic[T]):
    """
    Makes the items of one encoder, in the executor.

    Attributes:
        kept: How many of them the encoder keeps.
        shows: Whether an item proves that the frame's image can be decoded.
    """

    kept = 0
    shows = False

    @abstractmethod
    def __call__(self, frame: Frame) -> T:
        """Make an item of a frame.  A ViewerError costs that frame."""

    def fill(self, last: T | None, status: Status) -> Filling[T] | None:
        """
        Make what stands in for an item that does not come; None for nothing.

        May be called while another thread makes an item.

        Args:
            last: The last item that was made; None before the first.
            status: What the camera is doing.
        """
        return None


class Encoder(Generic[T]):
    """
    Makes items for as long as it runs.

    Args:
        maker: Makes one item of one frame.
        fps: At most so many per second; None for every frame that there is time for.
        executor: Where items are made.
        on_failure: Told of each frame that could not be made into an item, by its sequence; notes that in the health.
        get_status: Tells what the camera is doing.

    Attributes:
        hub: Publishes the items.
        frames: Where to offer it frames.
        encoded: How many items it made.
        recent: The last ones, oldest first, as many as the maker wants kept.
        health: Whether it can make any.
    """

    def __init__(
        self,
        maker: Maker[T],
        fps: float | None,
        executor: Executor,
        on_failure: Callable[[ViewerError, int, Health], None],
        get_status: Callable[[], Status],
    ) -> None:
        self.hub: Hub[T] = Hub()
        self.frames: Mailbox[Frame] = Mailbox()
        self.encoded = 0
        self.recent: deque[T] = deque(maxlen=maker.kept)
        self.health = Health()
        self._maker = maker
        self._period = 1 / fps if fps else 0.0
        self._executor = executor
        self._on_failure = on_failure
        self._get_status = get_status
        self._published = asyncio.get_running_loop().time()
        self._noticed = asyncio.Event()

    async def run(self) -> None:
        """Encode until cancelled."""
        async with asyncio.TaskGroup() as both:
            both.create_task(self._encode())
            both.create_task(self._fill())

    async def _encode(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            frame = await self.frames.take()
            due = loop.time() + self._period
            try:
                item = await loop.run_in_executor(self._executor, self._maker, frame)
            except ViewerError as error:
                self._on_failure(error, frame.sequence, self.health)
            else:
                self.encoded += 1
                self.recent.append(item)
                if self._maker.shows:
                    self.health.note_good(time.time())
                self._published = loop.time()
                self.hub.publish(item, frame.sequence)
            if self._period:
                self._noticed.clear()
                with suppress(TimeoutError):
                    # What ends a notice that nothing can be shown is due at once.
                    async with asyncio.timeout_at(due):
                        await self._noticed.wait()
                # The camera may have fallen silent meanwhile, and then what waits here is not live any more.
                self.frames.discard(lambda waiting: time.time() - waiting.received > _STALE)

    async def _fill(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            rest = self._published + _FILL_PERIOD - loop.time()
            if rest > 0:
                await asyncio.sleep(rest)
                continue
            last = self.hub.newest
            filling = await loop.run_in_executor(self._executor, self._maker.fill, last, self._get_status())
            if self.hub.newest is not last:
                continue  # a frame came after all
            self._published = loop.time()
            if filling is not None:
                self.hub.fill(filling.seen, filling.unseen)
                if filling.seen is not last:
                    self._noticed.set()
