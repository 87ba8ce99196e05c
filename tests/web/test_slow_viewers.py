"""Viewers that read slowly, stop reading, or vanish: what they get, and what they cost."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator

import pytest

from mjpeg_viewer.multipart import BOUNDARY
from mjpeg_viewer.simulator import Beam, Simulator
from mjpeg_viewer.web import pacing
from mjpeg_viewer.web import viewer as viewer_module
from mjpeg_viewer.web import viewers as viewers_module
from mjpeg_viewer.web.pacing import Pacer
from mjpeg_viewer.web.viewer import Viewer
from tests.kit import Site, read_part, receiving, run_site, until
from tests.raw import PATIENCE, Raw

pytestmark = pytest.mark.both_loops

STREAM = "/cameras/beam/stream.mjpg?quality=100"
SMALL_PICTURES = "/cameras/beam/stream.mjpg?width=64&quality=20"
DELIMITER = f"--{BOUNDARY}\r\n".encode()
SMALL = 4096


def get_viewer(site: Site) -> Viewer:
    """The only viewer."""
    (viewer,) = site.viewers
    return viewer


def get_unsent(viewer: Viewer) -> int:
    """How many bytes the program holds for this viewer, in the transport's own buffer."""
    assert viewer._transport is not None, viewer.reason
    return viewer._transport.get_write_buffer_size()


def get_untaken(viewer: Viewer) -> int:
    """How many bytes are on the way to this viewer, in the program or in the kernel."""
    assert viewer._pacer is not None, viewer.reason
    return get_unsent(viewer) + viewer._pacer.unacknowledged()


async def send_one(site: Site, beam: Simulator) -> None:
    """Send a frame and wait until its picture has been offered to the viewers."""
    camera = site.cameras["beam"]
    before = camera.encoded
    beam.send()
    await until(lambda: camera.encoded > before)


async def fill(site: Site, beam: Simulator, viewer: Viewer) -> None:
    """Send frames until the viewer's connection takes no more and a part has been displaced."""
    while not viewer.skipped:
        await send_one(site, beam)


def leave(raw: Raw, parting: str) -> None:
    """Leave as browsers do, as programs do that crash, or as those that are done with writing."""
    match parting:
        case "close":
            raw.sock.close()
        case "reset":
            raw.reset()
        case "half-close":
            raw.sock.shutdown(socket.SHUT_WR)


@pytest.fixture
async def untimed_site(beam: Simulator, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """A server that looks after its viewers only when the test does: viewer.tick(now) with a time of its own."""
    monkeypatch.setattr(viewers_module, "_TICK", 1e6)
    async with run_site({"beam": beam.url}) as site:
        await receiving(beam)
        yield site


async def test_stalled_viewer_costs_others_nothing(site: Site, beam: Simulator):
    """A viewer that never reads loses frames; one that reads loses none."""
    async with site.raw(STREAM, receive_buffer=SMALL), site.pictures(STREAM) as reader:
        await site.until_watched(viewers=2)
        stalled, reading = sorted(site.viewers, key=lambda viewer: viewer.began)
        for pulse_id in range(1, 41):
            beam.send()
            assert (await reader.take()).number == pulse_id
        assert stalled.skipped > 20
        assert stalled.sent + stalled.skipped <= 40
        assert reading.skipped == 0
        assert reading.sent == 40


async def test_stalled_viewer_holds_no_more_than_one_part(site: Site, beam: Simulator):
    """However long a viewer does not read, the program keeps less than one part for it."""
    async with site.raw(STREAM, receive_buffer=SMALL), site.pictures(STREAM) as reader:
        await site.until_watched(viewers=2)
        stalled = min(site.viewers, key=lambda viewer: viewer.began)
        largest = 0
        for _ in range(40):
            beam.send()
            largest = max(largest, len((await reader.take()).jpeg))
            assert get_unsent(stalled) < largest + 500
        assert stalled.skipped
        assert get_unsent(stalled)


async def test_viewer_that_reads_again_gets_the_newest(site: Site, beam: Simulator):
    """After what was on its way come no older frames but the newest, and no part is ever torn."""
    async with site.raw(STREAM, receive_buffer=SMALL) as raw:
        await site.until_watched()
        viewer = get_viewer(site)
        await fill(site, beam, viewer)
        on_its_way = viewer.sent
        for _ in range(30):
            await send_one(site, beam)
        newest = beam.pulse_id - 1
        await until(lambda: viewer.skipped == newest - on_its_way - 1)

        await raw.read_head()
        assert await raw.read_chunk() == DELIMITER
        numbers = [read_part(await raw.read_chunk(), DELIMITER).number for _ in range(on_its_way + 1)]
        assert numbers == [*range(1, on_its_way + 1), newest]
        assert newest - on_its_way > 30

        await until(lambda: not get_unsent(viewer))
        beam.send()
        assert read_part(await raw.read_chunk(), DELIMITER).number == newest + 1


async def test_kernel_queue_is_kept_short(site: Site):
    """Of what is not on the network yet, the kernel takes 16 KiB, not megabytes."""
    async with site.pictures(STREAM):
        transport = get_viewer(site)._transport
        assert transport is not None
        sock = transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, getattr(socket, "TCP_NOTSENT_LOWAT", 25)) == 16 * 1024


@pytest.mark.parametrize("path", [STREAM, "/cameras/beam/events"])
@pytest.mark.parametrize("parting", ["close", "reset", "half-close"])
async def test_leaving_is_noticed_at_once_and_in_silence(untimed_site: Site, quiet, path: str, parting: str):
    """Without a frame flowing, whoever closes, crashes or sends no more is gone at once, and nobody complains."""
    site = untimed_site
    async with site.raw(path) as raw:
        await site.until_watched()
        viewer = get_viewer(site)
        if parting == "close":
            await raw.read_head()  # closing with bytes unread would be a reset
        leave(raw, parting)
        await until(lambda: not list(site.viewers))
    assert not site.cameras["beam"].watched
    assert viewer.reason == "left" if parting != "reset" else viewer.reason.startswith("connection lost")


@pytest.mark.parametrize("parting", ["close", "reset", "half-close"])
async def test_leaving_in_mid_part_is_noticed_at_once(untimed_site: Site, beam: Simulator, quiet, parting: str):
    """A viewer that leaves while a part is on its way to it takes nothing along."""
    site = untimed_site
    async with site.raw(STREAM, receive_buffer=SMALL) as raw:
        await site.until_watched()
        viewer = get_viewer(site)
        await fill(site, beam, viewer)
        leave(raw, parting)
        await until(lambda: not list(site.viewers))
    assert not site.cameras["beam"].watched
    assert viewer._transport is None


async def test_viewer_that_takes_nothing_is_let_go(untimed_site: Site, beam: Simulator, quiet):
    """Whoever takes no byte for STALL_TIMEOUT is let go, and the connection is cut, not drained."""
    site = untimed_site
    async with site.raw(STREAM, receive_buffer=SMALL) as raw:
        await site.until_watched()
        viewer = get_viewer(site)
        await fill(site, beam, viewer)
        transport = viewer._transport
        stopped = time.monotonic()
        viewer.tick(stopped)
        viewer.tick(stopped + viewer_module.STALL_TIMEOUT - 1)
        assert viewer.reason == ""
        viewer.tick(stopped + viewer_module.STALL_TIMEOUT + 1)
        assert viewer.reason == f"took no byte for {viewer_module.STALL_TIMEOUT:.0f} s"
        await until(lambda: not list(site.viewers))
        assert transport is not None
        assert transport.is_closing()
        rest = await raw.read_to_end()
        assert len(rest) < viewer.sent_bytes
        assert not rest.endswith(b"0\r\n\r\n")


async def test_slow_viewer_is_not_let_go(untimed_site: Site, beam: Simulator):
    """Whoever takes a little now and then may stay, for however long."""
    site = untimed_site
    # A smaller buffer has no room for one segment of loopback's: the kernel drops it, and waits ever longer.
    async with site.raw(STREAM, receive_buffer=16 * 1024) as raw:
        await site.until_watched()
        viewer = get_viewer(site)
        await fill(site, beam, viewer)
        now = time.monotonic()
        viewer.tick(now)
        for _ in range(5):
            before = get_unsent(viewer), viewer.sent
            while (get_unsent(viewer), viewer.sent) == before:
                await raw.receive(512)
                await asyncio.sleep(0)
            if not get_unsent(viewer):
                await fill_again(site, beam, viewer)
            now += viewer_module.STALL_TIMEOUT - 1
            viewer.tick(now)
            viewer.tick(now + 1)
            assert viewer.reason == ""
        viewer.tick(now + viewer_module.STALL_TIMEOUT + 1)
        assert viewer.reason


async def test_who_takes_a_little_outlives_who_takes_nothing(untimed_site: Site, beam: Simulator):
    """At the same looks, over three times STALL_TIMEOUT: the one stays, the other goes after it, and no sooner."""
    site = untimed_site
    step = viewer_module.STALL_TIMEOUT / 3
    async with site.raw(STREAM, receive_buffer=16 * 1024) as raw:
        await site.until_watched()
        slow = get_viewer(site)
        async with site.raw(STREAM, receive_buffer=SMALL):
            await site.until_watched(viewers=2)
            (stalled,) = (viewer for viewer in site.viewers if viewer is not slow)
            await fill(site, beam, slow)
            await fill(site, beam, stalled)
            now = time.monotonic()
            for look in range(10):
                for viewer in (slow, stalled):
                    viewer.tick(now + look * step)
                assert slow.reason == ""
                assert stalled.reason == "" or look > 3
                before = get_untaken(slow)
                while get_untaken(slow) == before:
                    await raw.receive(512)
                    await asyncio.sleep(0)
                if not get_unsent(slow):
                    await fill_again(site, beam, slow)
            assert stalled.reason.startswith("took no byte")


async def test_first_look_lets_nobody_go(untimed_site: Site, beam: Simulator, monkeypatch: pytest.MonkeyPatch):
    """Whoever has taken no byte of his pictures when he is looked at first has not taken none for long."""
    site = untimed_site
    async with site.raw(STREAM, receive_buffer=SMALL):
        await site.until_watched()
        viewer = get_viewer(site)
        await fill(site, beam, viewer)
        monkeypatch.setattr(Pacer, "unacknowledged", lambda pacer: viewer.sent_bytes - get_unsent(viewer))
        now = time.monotonic()
        viewer.tick(now)
        assert viewer.reason == ""
        viewer.tick(now + viewer_module.STALL_TIMEOUT + 1)
        assert viewer.reason.startswith("took no byte")


async def test_nothing_is_written_after_the_end(untimed_site: Site, beam: Simulator):
    """Who is let go is sent nothing any more: not at once, not once he drained, and not when he is gone."""
    site = untimed_site
    async with site.pictures(f"{SMALL_PICTURES}&viewer=ready"), site.raw(STREAM, receive_buffer=SMALL):
        await site.until_watched(viewers=2)
        ready, busy = sorted(site.viewers, key=lambda viewer: viewer.page, reverse=True)
        assert not hasattr(ready, "__dict__")
        await fill(site, beam, busy)
        await until(lambda: not ready._busy)
        for viewer in (ready, busy):
            sent, item = viewer.sent, viewer.newest
            assert item is not None
            viewer.close("logged out")
            viewer.offer(item)
            if viewer is busy:
                viewer.resume_writing()
            assert viewer.sent == sent
        await until(lambda: not list(site.viewers))
        busy.offer(item)
        assert busy.sent == sent
        with pytest.raises(RuntimeError):
            busy._write(busy._outlet, b"into whose connection?")


async def test_server_looks_after_its_viewers_by_itself(beam: Simulator, monkeypatch: pytest.MonkeyPatch):
    """Nobody needs to ask: a viewer that takes nothing is let go in the background, one without frames is not."""
    monkeypatch.setattr(viewers_module, "_TICK", 0.01)
    with Simulator(Beam(64, 48)) as silent:
        async with run_site({"beam": beam.url, "silent": silent.url}, stall_timeout=0.1) as site:
            await receiving(beam)
            async with site.raw("/cameras/silent/stream.mjpg"), site.raw(STREAM, receive_buffer=SMALL):
                await site.until_watched()
                await site.until_watched("silent")
                stalled = next(viewer for viewer in site.viewers if viewer.cameras == ("beam",))
                await fill(site, beam, stalled)
                await until(lambda: stalled not in site.viewers)
                assert stalled.reason.startswith("took no byte")
                assert [viewer.cameras for viewer in site.viewers] == [("silent",)]


async def test_fast_viewer_costs_no_look(untimed_site: Site, beam: Simulator, monkeypatch: pytest.MonkeyPatch):
    """Of who takes each part at once the network is not asked, but once a second."""
    looks = []

    def look_and_note(pacer: Pacer) -> float:
        looks.append(pacer)
        return look(pacer)

    look = Pacer.delay
    monkeypatch.setattr(Pacer, "delay", look_and_note)
    async with untimed_site.pictures() as reader:
        viewer = get_viewer(untimed_site)
        for _ in range(10):
            beam.send()
            await reader.take()
        assert viewer.sent == 10
        assert not looks


async def test_slow_viewer_becomes_fast_again(untimed_site: Site, beam: Simulator):
    """Who was slow is looked at until a whole second went by in which nothing had to wait."""
    site = untimed_site
    async with site.raw(STREAM, receive_buffer=SMALL) as raw:
        await site.until_watched()
        viewer = get_viewer(site)
        assert not viewer._slow
        await fill(site, beam, viewer)
        assert viewer._slow
        await raw.read_head()
        await raw.read_chunk()
        while read_part(await raw.read_chunk(), DELIMITER).number != beam.pulse_id - 1:
            pass
        assert viewer._pacer is not None
        await until(lambda: not viewer._pacer.behind())
        viewer.tick(1.0)
        assert viewer._slow
        viewer.tick(2.0)
        assert not viewer._slow


@pytest.fixture
def thin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loopback is said to be a thin link: it carries a gigabyte a second, and nothing would ever wait."""
    monkeypatch.setattr(pacing, "read_path", lambda sock: pacing.Path(1e5, 1e-3, 256))


async def wait_for_network(site: Site, beam: Simulator, viewer: Viewer) -> None:
    """Send small pictures until none goes any more, for the network takes nothing, though the kernel would."""
    viewer._slow = True
    in_vain = 0
    while in_vain < 20:
        sent = viewer.sent
        await send_one(site, beam)
        in_vain = in_vain + 1 if viewer.sent == sent else 0
    assert not get_unsent(viewer)


async def test_picture_waits_until_the_network_has_taken_the_last(untimed_site: Site, beam: Simulator, thin):
    """A slow viewer's next picture waits for what stands before it; the newest goes then, without a further frame."""
    site = untimed_site
    async with site.raw(SMALL_PICTURES, receive_buffer=SMALL) as raw:
        await site.until_watched()
        viewer = get_viewer(site)
        await wait_for_network(site, beam, viewer)
        sent, newest = viewer.sent, beam.pulse_id - 1
        await raw.read_head()
        await raw.read_chunk()
        numbers = [int(read_part(await raw.read_chunk(), DELIMITER).headers["X-Pulse-Id"]) for _ in range(sent + 1)]
        assert numbers == sorted(set(numbers))
        assert numbers[-1] == newest
        assert numbers[-2] < newest - 15


async def test_viewer_that_takes_nothing_while_a_picture_waits_is_let_go(
    untimed_site: Site, beam: Simulator, quiet, thin
):
    """Waiting for the network does not hide that a viewer takes no byte."""
    site = untimed_site
    async with site.raw(SMALL_PICTURES, receive_buffer=SMALL):
        await site.until_watched()
        viewer = get_viewer(site)
        await wait_for_network(site, beam, viewer)
        now = time.monotonic()
        viewer.tick(now)
        viewer.tick(now + viewer_module.STALL_TIMEOUT - 1)
        assert viewer.reason == ""
        viewer.tick(now + viewer_module.STALL_TIMEOUT + 1)
        assert viewer.reason.startswith("took no byte")
        await until(lambda: not list(site.viewers))


async def test_viewer_that_took_everything_is_not_let_go(
    untimed_site: Site, beam: Simulator, monkeypatch: pytest.MonkeyPatch
):
    """Who waits for the next look at the network, and has taken all that was sent, is no viewer that takes nothing."""
    site = untimed_site
    async with site.pictures() as reader:
        viewer = get_viewer(site)
        beam.send()
        await reader.take()
        await until(lambda: viewer._pacer is not None and not viewer._pacer.unacknowledged())
        viewer._slow = True
        monkeypatch.setattr(Pacer, "delay", lambda pacer: PATIENCE)
        await send_one(site, beam)
        assert viewer._busy
        now = time.monotonic()
        viewer.tick(now)
        viewer.tick(now + viewer_module.STALL_TIMEOUT + 1)
        assert viewer.reason == ""


@pytest.mark.parametrize("parting", ["close", "reset", "half-close"])
async def test_leaving_while_a_picture_waits_is_noticed_at_once(
    untimed_site: Site, beam: Simulator, quiet, thin, parting: str
):
    """A viewer that leaves while its next picture waits for the network is not looked at any more."""
    site = untimed_site
    async with site.raw(SMALL_PICTURES, receive_buffer=SMALL) as raw:
        await site.until_watched()
        viewer = get_viewer(site)
        await wait_for_network(site, beam, viewer)
        look = viewer._look
        leave(raw, parting)
        await until(lambda: not list(site.viewers))
    assert look is not None
    assert viewer._look is not None
    assert viewer._look.cancelled()
    assert viewer._pacer is None


async def test_slow_viewer_of_events_misses_none_while_it_keeps_up(untimed_site: Site, beam: Simulator, thin):
    """Events are small: being looked at costs who reads them nothing."""
    async with untimed_site.events() as events:
        await untimed_site.until_watched()
        viewer = get_viewer(untimed_site)
        viewer._slow = True
        for number in range(1, 31):
            beam.send()
            assert (await events.take("frame")).data["pulse_id"] == number
        assert viewer.skipped == 0


async def fill_again(site: Site, beam: Simulator, viewer: Viewer) -> None:
    """Send frames until the viewer's connection takes no more."""
    while not get_unsent(viewer):
        await send_one(site, beam)
