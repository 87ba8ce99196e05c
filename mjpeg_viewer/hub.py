"""
Fan-out of the newest item to any number of subscribers.

A Hub never waits: publishing costs the same whether a subscriber is fast, slow or dead.  A subscriber that has not
taken its item when the next one comes loses the older one, and counts it.  The newest item is kept while there are
subscribers, for those who come later and accept one that was there before them.  This module knows nothing of images
or HTTP; what is sent is decided above it.
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
        # By identity.  Whoever was offered an item is offered all that follow it; others wait for one above a sequence.
        self._subscribers: dict[int, Subscriber[T]] = {}
        self._coming: dict[int, tuple[Subscriber[T], int]] = {}
        self._newest: tuple[T, int] | None = None

    def __len__(self) -> int:
        return len(self._subscribers) + len(self._coming)

    @property
    def newest(self) -> T | None:
        """The item that was published last, while there are subscribers."""
        return None if self._newest is None else self._newest[0]

    def publish(self, item: T, sequence: int = 0) -> None:
        """
        Offer an item to every subscriber that came before it.

        A subscriber that leaves while this runs may still be offered it.

        Args:
            item: What is offered.
            sequence: Its place in time, rising; 0 where items have none.
        """
        if self._subscribers or self._coming:
            self._newest = item, sequence
        for key, (subscriber, after) in tuple(self._coming.items()):
            if sequence > after:
                del self._coming[key]
                self._subscribers[key] = subscriber
        for subscriber in tuple(self._subscribers.values()):
            subscriber.offer(item)

    def fill(self, seen: T, unseen: T) -> None:
        """Offer what stands in for an item: one thing to who was offered the newest, another to who came after it."""
        for subscriber in tuple(self._subscribers.values()):
            subscriber.offer(seen)
        for subscriber, _ in tuple(self._coming.values()):
            subscriber.offer(unseen)

    @contextmanager
    def subscribe(self, subscriber: Subscriber[T], after: int | None = None) -> Iterator[None]:
        """
        Offer the subscriber items, inside the block.

        Args:
            subscriber: Whom to offer them.
            after: Every item whose sequence is above this, the newest that is there already among them; None for all
                that are published from now on.
        """
        key = id(subscriber)
        try:
            if after is not None and self._newest is not None and self._newest[1] > after:
                self._subscribers[key] = subscriber
                subscriber.offer(self._newest[0])
            else:
                self._coming[key] = subscriber, -1 if after is None else after
            yield
        finally:
            self._subscribers.pop(key, None)
            self._coming.pop(key, None)
            if not len(self):
                self._newest = None
