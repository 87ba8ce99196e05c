"""The owner of what runs in the background: no death goes unnoticed."""

import asyncio
import gc
import threading
import weakref

import pytest

from mjpeg_viewer.supervisor import Supervisor
from tests.kit import PATIENCE


async def wait(supervisor: Supervisor) -> None:
    async with asyncio.timeout(PATIENCE):
        await supervisor.wait_for_death()


async def test_exception_in_a_task_is_handed_to_whoever_waits():
    """The very exception comes out, with its traceback."""
    supervisor = Supervisor()

    async def work() -> None:
        raise ZeroDivisionError("in the task")

    supervisor.start(work(), "a task")
    with pytest.raises(ZeroDivisionError, match="in the task"):
        await wait(supervisor)


async def test_death_before_anybody_waits_is_not_lost():
    """Whoever comes late is told at once, and everybody else too."""
    supervisor = Supervisor()

    async def work() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await supervisor.start(work(), "a task")
    for _ in range(2):
        with pytest.raises(ZeroDivisionError):
            await wait(supervisor)


async def test_death_of_a_thread_is_told_from_that_thread():
    """Threads have no owner that awaits them, so they report."""
    asyncio.get_running_loop().set_debug(True)  # the loop then refuses what only its own thread may do
    supervisor = Supervisor()
    waiting = asyncio.ensure_future(wait(supervisor))
    await asyncio.sleep(0)
    thread = threading.Thread(target=supervisor.report_death, args=(OSError("in the thread"),))
    thread.start()
    with pytest.raises(OSError, match="in the thread"):
        await waiting
    thread.join()


async def test_first_death_is_the_one_that_is_told():
    """What follows from it is not the cause, and no fault of the loop either."""
    faults: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: faults.append(context))
    supervisor = Supervisor()
    supervisor.report_death(OSError("first"))
    supervisor.report_death(ZeroDivisionError("second"))
    with pytest.raises(OSError, match="first"):
        await wait(supervisor)
    await asyncio.sleep(0)
    assert faults == []


async def test_end_and_cancellation_are_no_death():
    """A task that is done or was ended by its owner is nothing to mourn."""
    supervisor = Supervisor()

    async def nothing() -> None:
        pass

    async def for_ever() -> None:
        await asyncio.Event().wait()

    await supervisor.start(nothing(), "short")
    task = supervisor.start(for_ever(), "long")
    assert task.get_name() == "long"
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    waiting = asyncio.ensure_future(supervisor.wait_for_death())
    await asyncio.sleep(0)
    assert not waiting.done()
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    supervisor.report_death(OSError("after somebody gave up waiting"))
    with pytest.raises(OSError, match="gave up"):
        await wait(supervisor)


async def test_running_tasks_are_held():
    """The loop holds tasks weakly; one that only the supervisor knows is not collected."""
    supervisor = Supervisor()

    async def for_ever() -> None:
        await asyncio.get_running_loop().create_future()

    held = weakref.ref(supervisor.start(for_ever(), "held"))
    await asyncio.sleep(0)
    gc.collect()
    task = held()
    assert task is not None
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
