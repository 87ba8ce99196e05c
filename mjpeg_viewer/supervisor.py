"""
The owner of what runs in the background.

A task or thread that dies unforeseen must not be mourned in silence while the program looks alive: the supervisor
hands its exception to whoever waits for it, and that one ends the process.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any


class Supervisor:
    """Starts tasks on the loop it was made in, and tells of the first one that dies."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._tasks: set[asyncio.Task[None]] = set()
        self._death: asyncio.Future[None] = self._loop.create_future()

    def start(self, work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
        """Start a task.  Whoever starts it cancels it; an exception in it is a death."""
        task = self._loop.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._ended)
        return task

    def report_death(self, error: BaseException) -> None:
        """Tell of a thread that died; from any thread."""
        self._loop.call_soon_threadsafe(self._die, error)

    async def wait_for_death(self) -> None:
        """Wait until something dies and raise its exception.  Cancelling this is safe."""
        await asyncio.shield(self._death)

    def _ended(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            self._die(error)

    def _die(self, error: BaseException) -> None:
        if not self._death.done():
            self._death.set_exception(error)
