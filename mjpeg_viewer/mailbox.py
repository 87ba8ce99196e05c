"""
A slot for one item, where the newest wins.

What a fast writer hands to a slower reader: putting never waits, and an item that the reader did not take in time is
displaced and counted.  So the reader is never behind by more than what it is doing now.
"""

import asyncio
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Mailbox(Generic[T]):
    """
    One slot between any number of writers, in any thread, and one reader on the event loop it was made in.

    Attributes:
        displaced: How many items were put and never taken.
    """

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._lock = threading.Lock()
        self._items: list[T] = []  # none or one; a list, so that None can be an item too
        self._arrived = asyncio.Event()
        self.displaced = 0

    def offer(self, item: T) -> None:
        """Lay an item into the slot, from the loop's own thread."""
        self._put(item)
        self._arrived.set()

    def offer_from_thread(self, item: T) -> None:
        """Lay an item into the slot, from any thread.  Wakes the loop only if the slot was empty."""
        if self._put(item):
            self._loop.call_soon_threadsafe(self._arrived.set)

    def discard(self, unwanted: Callable[[T], bool] = lambda item: True) -> None:
        """Forget the item that waits, if there is one and it is unwanted; counted as displaced."""
        with self._lock:
            if self._items and unwanted(self._items[0]):
                self.displaced += 1
                self._items.clear()

    async def take(self) -> T:
        """Wait for an item and take it.  Cancelling this is safe; nothing is lost."""
        while True:
            with self._lock:
                if self._items:
                    return self._items.pop()
                self._arrived.clear()
            await self._arrived.wait()

    def _put(self, item: T) -> bool:
        with self._lock:
            empty = not self._items
            self.displaced += len(self._items)
            self._items[:] = [item]
        return empty
