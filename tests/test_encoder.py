"""The encoder: the newest frame, once, and no more often than asked."""

import asyncio
import selectors
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from contextlib import asynccontextmanager, suppress
from itertools import pairwise
from typing import Any

import pytest

from mjpeg_viewer.encoder import Encoder, Filling, Maker
from mjpeg_viewer.errors import RenderError, ViewerError
from mjpeg_viewer.frame import Frame
from mjpeg_viewer.status import Health, Status
from tests.kit import PATIENCE


def frame(number: int, received: float = 0.0) -> Frame:
    return Frame(
        number,
        number,
        None,
        received or time.time(),
        {},
        None,
        "no picture",
        lambda: pytest.fail("nobody asked for it"),
    )


LIVE = Status("live", "", 0.0)


class Making(Maker[int]):
    """A maker of functions."""

    def __init__(
        self, make: Callable[[Frame], int], fill: Callable[[int | None], Filling[int] | None] = lambda last: None
    ) -> None:
        self._make, self._fill = make, fill

    def __call__(self, frame: Frame) -> int:
        return self._make(frame)

    def fill(self, last: int | None, status: Status) -> Filling[int] | None:
        assert status is LIVE
        return self._fill(last)


class Viewer:
    """Keeps what it is offered, and lets a test wait for it."""

    def __init__(self) -> None:
        self.items: asyncio.Queue[int] = asyncio.Queue()

    def offer(self, item: int) -> None:
        self.items.put_nowait(item)

    async def take(self) -> int:
        async with asyncio.timeout(PATIENCE):
            return await self.items.get()


def fail(error: ViewerError, sequence: int, health: Health) -> None:
    pytest.fail(f"told of {error}")


@pytest.fixture
def executor() -> Iterator[Executor]:
    with ThreadPoolExecutor(2) as threads:
        yield threads


@asynccontextmanager
async def running(
    make: Callable[[Frame], int],
    executor: Executor,
    fps: float | None = None,
    on_failure: Callable[[ViewerError, int, Health], None] = fail,
    fill: Callable[[int | None], Filling[int] | None] = lambda last: None,
) -> AsyncIterator[Encoder[int]]:
    encoder = Encoder(Making(make, fill), fps, executor, on_failure, lambda: LIVE)
    task = asyncio.create_task(encoder.run())
    try:
        yield encoder
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def test_each_frame_is_made_once_for_all_viewers(executor: Executor):
    """Three viewers, three frames: three items are made, and each viewer gets all of them."""
    made = []
    viewers = [Viewer() for _ in range(3)]
    async with running(lambda one: made.append(one.sequence) or one.sequence, executor) as encoder:
        with encoder.hub.subscribe(viewers[0]), encoder.hub.subscribe(viewers[1]), encoder.hub.subscribe(viewers[2]):
            for number in (1, 2, 3):
                encoder.frames.offer(frame(number))
                assert [await viewer.take() for viewer in viewers] == [number] * 3
    assert made == [1, 2, 3]
    assert encoder.encoded == 3


async def test_newest_frame_is_next_when_making_is_slow(executor: Executor):
    """While one is being made nine come: the ninth is made next, the others never."""
    begun, go_on = threading.Event(), threading.Event()

    def make(one: Frame) -> int:
        begun.set()
        assert go_on.wait(PATIENCE)
        return one.sequence

    viewer = Viewer()
    async with running(make, executor) as encoder:
        with encoder.hub.subscribe(viewer):
            encoder.frames.offer(frame(1))
            assert await asyncio.to_thread(begun.wait, PATIENCE)
            for number in range(2, 11):
                encoder.frames.offer(frame(number))
            go_on.set()
            assert [await viewer.take(), await viewer.take()] == [1, 10]
            encoder.frames.offer(frame(11))
            assert await viewer.take() == 11
    assert encoder.encoded == 3
    assert encoder.frames.displaced == 8


async def test_viewer_is_offered_nothing_older_than_its_coming(executor: Executor):
    """A frame that is being made when somebody comes is not for him."""
    begun, go_on = threading.Event(), threading.Event()

    def make(one: Frame) -> int:
        begun.set()
        assert go_on.wait(PATIENCE)
        return one.sequence

    early, late = Viewer(), Viewer()
    async with running(make, executor) as encoder:
        with encoder.hub.subscribe(early):
            encoder.frames.offer(frame(1))
            assert await asyncio.to_thread(begun.wait, PATIENCE)
            with encoder.hub.subscribe(late, after=1):
                go_on.set()
                assert await early.take() == 1
                encoder.frames.offer(frame(2))
                assert await early.take() == await late.take() == 2
                assert late.items.empty()


async def test_frame_that_grew_old_while_it_waited_its_turn_is_not_shown(executor: Executor):
    """A camera that falls silent while its encoder waits leaves a frame that is not live: the next one is shown."""
    viewer = Viewer()
    async with running(lambda one: one.sequence, executor, fps=20) as encoder:
        with encoder.hub.subscribe(viewer):
            encoder.frames.offer(frame(1))
            assert await viewer.take() == 1
            encoder.frames.offer(frame(2, received=time.time() - 60))
            async with asyncio.timeout(PATIENCE):
                while not encoder.frames.displaced:
                    await asyncio.sleep(0)
            encoder.frames.offer(frame(3))
            assert await viewer.take() == 3


async def test_frame_that_cannot_be_shown_costs_itself_alone(executor: Executor):
    """Each failure is told, with the encoder's health, and the next frame is made."""
    told: list[tuple[str, Health]] = []

    def make(one: Frame) -> int:
        if one.sequence == 2:
            raise RenderError("no picture")
        return one.sequence

    viewer = Viewer()
    failed = asyncio.Event()

    def note(error: ViewerError, sequence: int, health: Health) -> None:
        told.append((str(error), sequence, health))
        failed.set()

    async with running(make, executor, on_failure=note) as encoder:
        with encoder.hub.subscribe(viewer):
            encoder.frames.offer(frame(1))
            assert await viewer.take() == 1
            encoder.frames.offer(frame(2))
            async with asyncio.timeout(PATIENCE):
                await failed.wait()
            encoder.frames.offer(frame(3))
            assert await viewer.take() == 3
    assert told == [("no picture", 2, encoder.health)]
    assert encoder.encoded == 2


async def test_fault_of_the_program_ends_the_encoder(executor: Executor):
    """What is not foreseen is not swallowed: it comes out of run()."""
    encoder = Encoder(Making(lambda one: 1 // 0), None, executor, fail, lambda: LIVE)
    encoder.frames.offer(frame(1))
    with pytest.raises(ExceptionGroup) as caught:
        async with asyncio.timeout(PATIENCE):
            await encoder.run()
    assert caught.group_contains(ZeroDivisionError)


# The pace is tested in a time of its own: the loop's clock is moved by waiting and by nothing else, so that a slow
# machine changes no number.


class _LeapingSelector(selectors.SelectSelector):
    now = 0.0

    def select(self, timeout: float | None = None) -> list[Any]:
        if timeout is None:
            pytest.fail("everybody waits, and nobody for a time")
        self.now += max(0.0, timeout)
        return super().select(0)


class _LeapingLoop(asyncio.SelectorEventLoop):
    def __init__(self) -> None:
        self.clock = _LeapingSelector()
        super().__init__(self.clock)

    def time(self) -> float:
        return self.clock.now


class _AtOnce(Executor):
    """Runs the work where it is submitted: threads know nothing of the leaping time."""

    def submit(self, work: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(work(*args, **kwargs))
        return done


def made_at(
    fps: float | None,
    arrivals: list[float],
    making: float = 0.0,
    fill: Callable[[int | None], Filling[int] | None] = lambda last: None,
) -> list[tuple[int, float]]:
    """Which frames are made of those that arrive at these times, and when."""
    with asyncio.Runner(loop_factory=_LeapingLoop) as runner:
        loop = runner.get_loop()
        assert isinstance(loop, _LeapingLoop)
        made = []

        def make(one: Frame) -> int:
            made.append((one.sequence, loop.time()))
            loop.clock.now += making
            return one.sequence

        async def watch() -> None:
            async with running(make, _AtOnce(), fps, fill=fill) as encoder:
                with encoder.hub.subscribe(Viewer()):
                    for number, arrival in enumerate(arrivals):
                        await asyncio.sleep(max(0.0, arrival - loop.time()))
                        encoder.frames.offer(frame(number))
                    await asyncio.sleep(5)

        runner.run(watch())
        return made


def test_without_a_rate_every_frame_is_made_as_it_comes():
    """No rate asked is no waiting."""
    assert made_at(None, [0.0, 0.5, 0.51, 2.0]) == [(0, 0.0), (1, 0.5), (2, 0.51), (3, 2.0)]


@pytest.mark.parametrize(("fps", "expected"), [(5, 50), (10, 100), (30, 300), (100, 1000), (1000, 1000), (0.5, 5)])
def test_rate_is_kept_to_however_fast_the_camera_is(fps: float, expected: int):
    """A camera of 100 Hz for ten seconds gives fps times ten pictures, or all of its own."""
    made = made_at(fps, [number / 100 for number in range(1000)])
    assert len(made) == pytest.approx(expected, abs=2)
    if fps < 100:
        assert min(later - time for (_, time), (_, later) in pairwise(made[1:])) > 0.7 / fps


def test_picture_that_is_made_is_the_newest_of_its_time():
    """Waiting for the next due time never makes a picture old: the frame taken is the last that came."""
    made = made_at(5, [number / 100 for number in range(1000)])
    assert all(time - number / 100 < 0.0101 for number, time in made)


def test_time_that_making_takes_does_not_slow_the_rate():
    """Due times do not drift: 50 ms of work at 10 per second are still 10 per second."""
    made = made_at(10, [number / 100 for number in range(1000)], making=0.05)
    assert len(made) == pytest.approx(100, abs=2)


def test_camera_that_paused_has_no_claim_to_catch_up():
    """After ten seconds of silence at 2 per second there are not twenty at once."""
    arrivals = [10 + number / 100 for number in range(100)]
    assert len(made_at(2, arrivals)) <= 4


def test_frame_that_ends_a_notice_is_made_at_once():
    """With one picture in 100 s, a camera that is back after a silence is not called silent for 100 s more."""
    notice = Filling(-1, -1)
    (first, second, *_) = made_at(0.01, [0.0, 20.0, 20.1, 30.0], fill=lambda last: notice)
    assert (first, second) == ((0, 0.0), (1, 20.0))


def test_repetition_of_the_last_item_leaves_the_rate_as_it_is():
    """It says that all is well: the next one is due when it was."""
    made = made_at(0.1, [number / 10 for number in range(310)], fill=lambda last: Filling(last or 0, -1))
    assert [round(time) for _, time in made] == [0, 10, 20, 30]


@pytest.mark.parametrize("shows", [True, False])
async def test_only_what_shows_a_picture_proves_that_it_can_be_shown(executor: Executor, shows: bool):
    """An event is made of any message; its encoder knows nothing of the image."""
    viewer = Viewer()
    maker = Making(lambda one: one.sequence)
    maker.shows = shows
    encoder = Encoder(maker, None, executor, fail, lambda: LIVE)
    task = asyncio.create_task(encoder.run())
    with encoder.hub.subscribe(viewer):
        encoder.frames.offer(frame(1))
        assert await viewer.take() == 1
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task
    assert (encoder.health.good > 0) is shows


async def test_when_nothing_comes_the_maker_fills_in(executor: Executor):
    """Who saw the last item is told of it, who came after it is not; a frame ends that."""
    early, late = Viewer(), Viewer()

    def fill(last: int | None) -> Filling[int]:
        return Filling(-(last or 0), -1)

    async with running(lambda one: one.sequence, executor, fill=fill) as encoder:
        with encoder.hub.subscribe(early, after=4):
            assert await early.take() == -1  # nobody has seen anything yet
            encoder.frames.offer(frame(5))
            assert await early.take() == 5
            with encoder.hub.subscribe(late, after=5):
                assert [await early.take(), await late.take()] == [-5, -1]
                assert [await early.take(), await late.take()] == [-5, -1]
                encoder.frames.offer(frame(6))
                assert [await early.take(), await late.take()] == [6, 6]
    assert encoder.encoded == 2


async def test_frame_that_comes_while_filling_in_is_the_last_word(executor: Executor):
    """What says that nothing comes is not published after what came."""
    filling, go_on = threading.Event(), threading.Event()

    def fill(last: int | None) -> Filling[int]:
        filling.set()
        assert go_on.wait(PATIENCE)
        return Filling(-(last or 0), -(last or 0))

    viewer = Viewer()
    async with running(lambda one: one.sequence, executor, fill=fill) as encoder:
        with encoder.hub.subscribe(viewer):
            assert await asyncio.to_thread(filling.wait, PATIENCE)
            encoder.frames.offer(frame(1))
            assert await viewer.take() == 1
            go_on.set()
            assert await viewer.take() == -1


async def test_frames_that_fail_are_paced_too(executor: Executor):
    """With fps=2 a camera whose frames cannot be shown is tried twice a second, not as often as it sends."""
    tried: list[float] = []

    def refuse(one: Frame) -> int:
        tried.append(time.monotonic())
        raise RenderError("no")

    async with running(refuse, executor, fps=2, on_failure=lambda *_: None) as encoder:
        async with asyncio.timeout(PATIENCE):
            while len(tried) < 3:
                encoder.frames.offer(frame(len(tried)))
                await asyncio.sleep(0.001)
    assert tried[2] - tried[0] >= 0.9
