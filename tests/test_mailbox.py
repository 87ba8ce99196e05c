"""A slot where the newest wins, between threads and the loop."""

import asyncio
import sys
import threading
from collections.abc import Iterator

import pytest

from mjpeg_viewer.mailbox import Mailbox
from tests.kit import PATIENCE


async def test_reader_gets_the_newest_and_the_others_are_counted():
    """Two of three items are displaced before anybody looked."""
    mailbox: Mailbox[int] = Mailbox()
    for item in (1, 2, 3):
        mailbox.offer(item)
    assert await mailbox.take() == 3
    assert mailbox.displaced == 2


async def test_taken_item_is_gone():
    """The second reader waits for the next item, and is not given the last once more."""
    mailbox: Mailbox[int] = Mailbox()
    mailbox.offer(1)
    assert await mailbox.take() == 1
    waiting = asyncio.ensure_future(mailbox.take())
    await asyncio.sleep(0)
    assert not waiting.done()
    mailbox.offer(2)
    assert await waiting == 2
    assert mailbox.displaced == 0


async def test_none_is_an_item_too():
    """Empty is another state than holding None."""
    mailbox: Mailbox[None] = Mailbox()
    mailbox.offer(None)
    async with asyncio.timeout(PATIENCE):
        assert await mailbox.take() is None


async def test_forgotten_item_is_not_given_to_the_next_reader():
    """After discard() a reader waits for what comes then; what was forgotten counts as displaced."""
    mailbox: Mailbox[int] = Mailbox()
    mailbox.offer(1)
    mailbox.discard()
    mailbox.discard()
    waiting = asyncio.ensure_future(mailbox.take())
    await asyncio.sleep(0)
    assert not waiting.done()
    mailbox.offer_from_thread(2)
    assert await waiting == 2
    assert mailbox.displaced == 1


async def test_cancelled_reader_loses_nothing():
    """An item that comes while a reader is cancelled waits for the next one."""
    mailbox: Mailbox[int] = Mailbox()
    waiting = asyncio.ensure_future(mailbox.take())
    await asyncio.sleep(0)
    mailbox.offer(1)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(PATIENCE):
        assert await mailbox.take() == 1


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns a thousand times as often as usual."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("restless")
@pytest.mark.parametrize("writers", [1, 4])
async def test_nothing_is_lost_between_threads(writers: int):
    """Of 10 000 items each is taken or counted as displaced, the newest comes last, and none comes twice or late."""
    mailbox: Mailbox[tuple[int, int]] = Mailbox()
    each = 10_000 // writers

    def write(writer: int) -> None:
        for number in range(each):
            mailbox.offer_from_thread((writer, number))

    threads = [threading.Thread(target=write, args=(writer,)) for writer in range(writers)]
    for thread in threads:
        thread.start()
    taken: list[tuple[int, int]] = []
    async with asyncio.timeout(PATIENCE):
        while len(taken) + mailbox.displaced < writers * each:
            taken.append(await mailbox.take())
    for thread in threads:
        await asyncio.to_thread(thread.join)
    assert len(taken) + mailbox.displaced == writers * each
    for writer in range(writers):
        numbers = [number for who, number in taken if who == writer]
        assert numbers == sorted(set(numbers))
    assert taken[-1][1] == each - 1


async def test_writer_in_a_thread_never_waits_for_the_loop():
    """10 000 items are laid down while the loop does nothing at all, and wake it once."""
    mailbox: Mailbox[int] = Mailbox()
    woken: list[object] = []
    loop = asyncio.get_running_loop()
    original = loop.call_soon_threadsafe
    loop.call_soon_threadsafe = lambda *args, **kwargs: (woken.append(args), original(*args, **kwargs))[1]  # type: ignore
    writer = threading.Thread(target=lambda: [mailbox.offer_from_thread(number) for number in range(10_000)])
    writer.start()
    writer.join(PATIENCE)  # on the loop's own thread: it is blocked
    assert not writer.is_alive()
    assert len(woken) == 1
    assert await mailbox.take() == 9999
    assert mailbox.displaced == 9999
