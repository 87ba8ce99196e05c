"""
A named source and all that is known of it now.

The camera owns its source, its status and its encoders.  While nobody watches, messages are counted by the source's
thread and go no further; with the first viewer they are parsed into frames, and the frames are offered to the
encoders, of which there is one for each thing that is being watched.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Hashable, Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from typing import Any, TypeVar

from mjpeg_viewer.background import BackgroundKeeper
from mjpeg_viewer.calibration import Calibration, with_analysis
from mjpeg_viewer.encoder import Maker
from mjpeg_viewer.encoders import Encoders
from mjpeg_viewer.errors import MessageError, RenderError, RenditionError, ViewerError
from mjpeg_viewer.frame import ImageInfo
from mjpeg_viewer.hub import Hub, Subscriber
from mjpeg_viewer.mailbox import Mailbox
from mjpeg_viewer.message import Message
from mjpeg_viewer.rates import Rates
from mjpeg_viewer.reception import Reception
from mjpeg_viewer.sources import Source
from mjpeg_viewer.stats import Stats
from mjpeg_viewer.status import Health, Status, judge
from mjpeg_viewer.supervisor import Supervisor
from mjpeg_viewer.troubles import Troubles

_log = logging.getLogger(__name__)

T = TypeVar("T")

# How often the status is judged anew: a silence is noticed this much later than it begins.
_JUDGE_PERIOD = 0.25

MOST_ENCODERS = 16
"""In how many ways a camera is shown at the same time, unless it is configured."""


class Camera:
    """
    One camera, from start to stop.

    Args:
        name: Its name in URLs and logs.
        source: Where its frames come from; owned by the camera from now on.
        executor: Where messages are parsed and pictures are made.
        supervisor: Owner of its tasks.
        on_demand: Whether it is received only while somebody watches.
        calibration: What its pixels mean; None for what the stream says.
        most_encoders: In how many ways it may be shown at the same time.

    Attributes:
        calibration: What its pixels mean.
        status: What it is doing.
        status_hub: Publishes each change of that.
        troubles: The messages that could not be decoded or shown.
        background: What its images may be freed of.
        stats: The counters, taken anew with each frame; any thread may read them.
    """

    def __init__(
        self,
        name: str,
        source: Source,
        executor: Executor,
        supervisor: Supervisor,
        on_demand: bool = False,
        calibration: Calibration | None = None,
        most_encoders: int = MOST_ENCODERS,
    ) -> None:
        self.name = name
        self.source = source
        self.status_hub: Hub[Status] = Hub()
        self.troubles = Troubles(name)
        self.background = BackgroundKeeper(name)
        self.stats = Stats()
        self._rates = Rates()
        self.calibration = calibration or Calibration()
        self._executor, self._supervisor = executor, supervisor
        self._reception = Reception(source, self._sink, supervisor.report_death, on_demand)
        self.status = Status("connecting", f"waiting for {source.address}", self._reception.since)
        self._health = Health()
        self._messages: Mailbox[Message] = Mailbox()
        self._encoders = Encoders(name, most_encoders, executor, supervisor, self._note_failure, lambda: self.status)
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def watched(self) -> bool:
        """Whether anything is being encoded."""
        return len(self._encoders) > 0

    @property
    def image_info(self) -> ImageInfo | None:
        """What the newest frame's picture is; None while nobody watches, as nothing is looked at then."""
        newest = self._encoders.frames.newest
        return None if newest is None else newest.image_info

    @property
    def viewers(self) -> int:
        """How many subscribers watch."""
        return self._encoders.subscribers

    @property
    def encoded(self) -> int:
        """How many pictures and events were made, however many viewers each had."""
        return self._encoders.encoded

    def count(self) -> Stats:
        """Take the counters as they stand; from the loop's own thread."""
        intake = self.source.intake
        self.stats = Stats(
            messages_received=intake.received,
            bytes_received=intake.received_bytes,
            rate=round(self._rates.messages, 2),
            bytes_rate=round(self._rates.bytes),
            displaced=self._messages.displaced,
            undecodable=self.troubles.counts.total(),
            encoded=self.encoded,
            viewers=self.viewers,
        )
        return self.stats

    def start(self) -> None:
        """Begin to receive."""
        self._tasks.append(self._supervisor.start(self._pump(), f"{self.name}: decode"))
        self._tasks.append(self._supervisor.start(self._keep_status(), f"{self.name}: status"))
        if self._reception.on_demand:
            self._tasks.append(self._supervisor.start(self._reception.follow(self._judge), f"{self.name}: on demand"))
        else:
            self._reception.begin()

    async def stop(self) -> None:
        """End everything that the camera owns."""
        tasks = [*self._tasks, *self._encoders.tasks]
        for task in tasks:
            task.cancel()
        # What one of them died of, its supervisor has told already.
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.to_thread(self.source.stop)

    def recent(self, key: Hashable) -> list[Any]:
        """Return the last items of an encoder that runs, oldest first."""
        return self._encoders.recent(key)

    @contextmanager
    def watch(
        self,
        key: Hashable,
        make: Callable[[], Maker[Any]],
        subscriber: Subscriber[T],
        fps: float | None = None,
        max_age: float = 0,
    ) -> Iterator[None]:
        """
        Offer a subscriber what an encoder makes, inside the block.

        Subscribers with equal keys share one encoder, which lives only while there are any.  Whatever is offered was
        received after the block began: nobody is shown what was before his coming, but who asks for it.

        Args:
            key: What distinguishes this encoder from the camera's others.
            make: Makes its maker, when it is the first with this key.
            subscriber: Whom to offer the items.
            fps: At most so many items per second; None for all.
            max_age: The newest frame will do too, if others watch and it was received less than so many seconds ago.

        Raises:
            UnavailableError: There are as many encoders as one camera may have.
        """
        newest, after = self._encoders.frames.newest, self.source.intake.received
        if newest is not None and 0 <= time.time() - newest.received < max_age:
            after = newest.sequence - 1
        try:
            with self._encoders.share(key, make, subscriber, fps, after):
                self._reception.want(True)
                yield
        finally:
            if not self.watched:
                self._reception.want(False)
                self._messages.discard()
                self._health = Health()  # nobody looks any more, so nothing is known

    def _sink(self, message: Message) -> bool:
        # Called in the source's thread; a dict's length is atomic to read.
        if not self.watched:
            return False
        self._messages.offer_from_thread(message)
        return True

    async def _pump(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            message = await self._messages.take()
            try:
                frame = await loop.run_in_executor(self._executor, self.source.decode, message)
            except MessageError as error:
                self._note_failure(error, message.sequence, self._health)
                continue
            if frame.image_info is None:
                self._note_failure(MessageError("no picture", frame.no_image), frame.sequence, self._health)
            else:
                self._health.clear()
                self.background.check(frame.image_info)
            self.count()
            self._encoders.frames.publish(with_analysis(frame, self.calibration), frame.sequence)
            if not self.status.online:
                self._judge()

    def _note_failure(self, error: ViewerError, sequence: int, health: Health) -> None:
        if isinstance(error, MessageError):
            self.troubles.note(error.kind, str(error), sequence)
            health.note_bad(error.kind, str(error), time.time())
        elif isinstance(error, RenderError):
            # This one rendition cannot be made; what others see is as good as ever.
            self.troubles.note("picture", str(error), sequence)
        elif not isinstance(error, RenditionError):  # what a viewer asked for in vain, his picture tells him
            raise error

    async def _keep_status(self) -> None:
        while True:
            self._judge()
            now = time.monotonic()
            self._rates.sample(now, self.source.intake.received, self.source.intake.received_bytes)
            self.troubles.say(now)
            await asyncio.sleep(_JUDGE_PERIOD)

    def _judge(self) -> None:
        healths = [self._health, *(encoder.health for encoder in self._encoders)]
        if self._reception.resting:
            found = Status("idle", "received only while somebody watches", self._reception.since)
        else:
            found = judge(self.source.intake, healths, self.source.address, self._reception.since, time.time())
        if (found.state, found.reason) != (self.status.state, self.status.reason):
            self.status = found
            _log.info("%s: %s%s", self.name, found.state, f": {found.reason}" if found.reason else "")
            self.status_hub.publish(found)
