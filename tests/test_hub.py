"""Fan-out: everybody is offered the newest, and nobody makes anybody wait."""

from contextlib import ExitStack

import pytest

from mjpeg_viewer.hub import Hub


class Listener:
    """Keeps what it is offered."""

    def __init__(self) -> None:
        self.offered: list[int] = []

    def offer(self, item: int) -> None:
        self.offered.append(item)


def test_every_subscriber_is_offered_each_item_in_order():
    """What is published inside the block arrives, what is published after it does not."""
    hub: Hub[int] = Hub()
    one, two = Listener(), Listener()
    hub.publish(0, 0)
    with hub.subscribe(one):
        hub.publish(1, 1)
        with hub.subscribe(two):
            hub.publish(2, 2)
            assert len(hub) == 2
        hub.publish(3, 3)
    hub.publish(4, 4)
    assert len(hub) == 0
    assert (one.offered, two.offered) == ([1, 2, 3], [2])


def test_nothing_older_than_a_subscription_is_offered():
    """An item that was on its way before somebody came is not for him, though it is published after."""
    hub: Hub[int] = Hub()
    early, late = Listener(), Listener()
    with hub.subscribe(early, after=3), hub.subscribe(late, after=5):
        for sequence in range(3, 8):
            hub.publish(sequence, sequence)
    assert early.offered == [4, 5, 6, 7]
    assert late.offered == [6, 7]


def test_newest_item_is_there_for_who_accepts_it():
    """Who comes after an item and takes one that old is offered it at once; who wants newer ones is not."""
    hub: Hub[int] = Hub()
    takes, newer, usual = Listener(), Listener(), Listener()
    with hub.subscribe(Listener()):
        hub.publish(4, 4)
        hub.publish(5, 5)
        assert hub.newest == 5
        with hub.subscribe(takes, after=4), hub.subscribe(newer, after=5), hub.subscribe(usual):
            assert (takes.offered, newer.offered, usual.offered) == ([5], [], [])
            hub.publish(6, 6)
    assert (takes.offered, newer.offered, usual.offered) == ([5, 6], [6], [6])


def test_nothing_is_kept_for_nobody():
    """Without a subscriber an item is not kept, neither one that was published nor one that is."""
    hub: Hub[int] = Hub()
    with hub.subscribe(Listener()):
        hub.publish(1, 1)
    assert hub.newest is None
    hub.publish(2, 2)
    assert hub.newest is None
    late = Listener()
    with hub.subscribe(late, after=0):
        assert late.offered == []


def test_items_without_a_sequence_reach_everybody():
    """Where items have no place in time, the defaults let all of them through."""
    hub: Hub[int] = Hub()
    listener = Listener()
    with hub.subscribe(listener):
        hub.publish(1)
        hub.publish(2)
    assert listener.offered == [1, 2]


def test_subscriber_may_leave_or_come_while_it_is_offered_something():
    """Being offered an item may end one subscription and begin another."""
    hub: Hub[int] = Hub()
    newcomer = Listener()

    class Leaver(Listener):
        def offer(self, item: int) -> None:
            super().offer(item)
            stack.close()
            inner.enter_context(hub.subscribe(newcomer))

    leaver, stays = Leaver(), Listener()
    with ExitStack() as inner, hub.subscribe(stays), ExitStack() as stack:
        stack.enter_context(hub.subscribe(leaver))
        hub.publish(1, 1)
        hub.publish(2, 2)
        assert len(hub) == 2
    assert (leaver.offered, stays.offered, newcomer.offered) == ([1], [1, 2], [2])


def test_subscription_ends_with_its_block_however_that_ends():
    """An exception inside the block leaves no subscriber behind."""
    hub: Hub[int] = Hub()
    with pytest.raises(ZeroDivisionError), hub.subscribe(Listener()):
        raise ZeroDivisionError
    assert len(hub) == 0


def test_equal_subscribers_are_two():
    """Who subscribes is told by identity, not by equality."""

    class Same(Listener):
        def __eq__(self, other: object) -> bool:
            return True

        __hash__ = None  # type: ignore[assignment]

    hub: Hub[int] = Hub()
    one, two = Same(), Same()
    with hub.subscribe(one), hub.subscribe(two):
        hub.publish(1, 1)
    assert one.offered == two.offered == [1]
