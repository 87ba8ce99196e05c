"""The running encoders of one camera: one for each thing that is being watched, shared by all who watch it."""

import asyncio
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, TypeVar

from mjpeg_viewer.encoder import Encoder, Maker
from mjpeg_viewer.errors import UnavailableError, ViewerError
from mjpeg_viewer.frame import Frame
from mjpeg_viewer.hub import Hub, Subscriber
from mjpeg_viewer.status import Health, Status
from mjpeg_viewer.supervisor import Supervisor

T = TypeVar("T")


class Encoders:
    """
    Starts an encoder with its first subscriber and ends it with its last.

    Args:
        camera: The camera's name.
        most: How many there may be whose keys are of one type: each costs an encode per frame, and anybody who may
            watch may ask for another.  By type, so that no number of pictures shuts out the events that say how the
            camera is.
        executor: Where they encode.
        supervisor: Owner of their tasks.
        on_failure: Told of each frame that one of them could not make an item of.
        get_status: Tells what the camera is doing.

    Attributes:
        frames: Publishes the frames that they encode.
        encoded: How many items were made, by those that have ended too.
    """

    def __init__(
        self,
        camera: str,
        most: int,
        executor: Executor,
        supervisor: Supervisor,
        on_failure: Callable[[ViewerError, int, Health], None],
        get_status: Callable[[], Status],
    ) -> None:
        self.frames: Hub[Frame] = Hub()
        self._camera = camera
        self._most = most
        self._executor, self._supervisor = executor, supervisor
        self._on_failure, self._get_status = on_failure, get_status
        self._running: dict[Hashable, tuple[Encoder[Any], asyncio.Task[None]]] = {}
        self._encoded_before = 0

    def __len__(self) -> int:
        return len(self._running)

    def __iter__(self) -> Iterator[Encoder[Any]]:
        return (encoder for encoder, _ in self._running.values())

    @property
    def encoded(self) -> int:
        """How many items were made, however many subscribers each had."""
        return self._encoded_before + sum(encoder.encoded for encoder in self)

    @property
    def subscribers(self) -> int:
        """How many there are, of all."""
        return sum(len(encoder.hub) for encoder in self)

    @property
    def tasks(self) -> list[asyncio.Task[None]]:
        """What runs."""
        return [task for _, task in self._running.values()]

    def recent(self, key: Hashable) -> list[Any]:
        """Return the last items of the encoder with this key, oldest first; none if there is none."""
        found = self._running.get(key)
        return [] if found is None else [*found[0].recent]

    @contextmanager
    def share(
        self, key: Hashable, make: Callable[[], Maker[Any]], subscriber: Subscriber[T], fps: float | None, after: int
    ) -> Iterator[None]:
        """
        Offer a subscriber what an encoder makes of frames above ``after``, inside the block.

        Args:
            key: What distinguishes this encoder from the others; equal keys share one.
            make: Makes its maker, when it is the first with this key.
            subscriber: Whom to offer the items.
            fps: At most so many items per second; None for all.
            after: A frame's sequence.

        Raises:
            UnavailableError: There are as many encoders of this kind as there may be.
        """
        if key not in self._running:
            if sum(type(other) is type(key) for other in self._running) >= self._most:
                raise UnavailableError(f"{self._camera} is shown in {self._most} ways already; ask for one of those")
            encoder = Encoder(make(), fps, self._executor, self._on_failure, self._get_status)
            self._running[key] = encoder, self._supervisor.start(self._run(encoder, after), f"{self._camera}: {key}")
        encoder, task = self._running[key]
        try:
            with encoder.hub.subscribe(subscriber, after):
                yield
        finally:
            if not len(encoder.hub):
                del self._running[key]
                self._encoded_before += encoder.encoded
                task.cancel()

    async def _run(self, encoder: Encoder[T], after: int) -> None:
        with self.frames.subscribe(encoder.frames, after):
            await encoder.run()
