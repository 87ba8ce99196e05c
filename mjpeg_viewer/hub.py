"""
Fan-out of the newest item to any number of subscribers.

A Hub never waits: publishing costs the same whether a subscriber is fast, slow or dead.  A subscriber that has not
taken its item when the next one comes loses the older one, and counts it.  This module knows nothing of images or
HTTP; what is sent is decided above it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")
T_contra = TypeVar("T_contra", contravariant=True)


class Subscriber(Protocol[T_contra]):
    """Whoever takes items: a Mailbox, or a viewer's connection."""

    def offer(self, item: T_contra) -> None:
        """Take the item or drop it, at once.  Must neither wait nor raise."""


class Hub(Generic[T]):
    """The subscribers of one kind of item."""

    def __init__(self) -> None:
        self._subscribers: dict[int, tuple[Subscriber[T], int]] = {}

    def __len__(self) -> int:
        return len(self._subscribers)

    def publish(self, item: T, sequence: int = 0) -> None:
        """
        Offer an item to every subscriber that came before it.

        A subscriber that leaves while this runs may still be offered it.

        Args:
            item: What is offered.
            sequence: Its place in time, rising; 0 where items have none.
        """
        for subscriber, after in tuple(self._subscribers.values()):
            if sequence > after:
                subscriber.offer(item)

    @contextmanager
    def subscribe(self, subscriber: Subscriber[T], after: int = -1) -> Iterator[None]:
        """Offer the subscriber every item published inside the block whose sequence is above ``after``."""
        self._subscribers[id(subscriber)] = subscriber, after
        try:
            yield
        finally:
            del self._subscribers[id(subscriber)]
