"""Events that tell of no frame: what cameras do, how the page's picture fares, and that the line is alive."""

from collections.abc import AsyncIterator

import pytest

from mjpeg_viewer.simulator import Beam, Simulator
from mjpeg_viewer.web import events as events_module
from mjpeg_viewer.web import viewers as viewers_module
from tests.kit import Event, Events, Site, receiving, run_site

pytestmark = pytest.mark.both_loops

EVENTS = "/cameras/beam/events"


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """A camera is silent after a quarter of a second, not two, and absent at once."""
    monkeypatch.setattr("mjpeg_viewer.sources.intake._SILENT_AFTER", 0.25)
    monkeypatch.setattr("mjpeg_viewer.status._FIRST_TRY", 0.0)
    monkeypatch.setattr("mjpeg_viewer.camera._JUDGE_PERIOD", 0.02)
    monkeypatch.setattr("mjpeg_viewer.sources.bsread._LOOK_MS", 20)


async def test_status_is_told_first_and_at_each_change(hasty: None):
    """At once what the camera does; then each change with its reason: silent, gone, and back on the same port."""
    with Simulator(Beam(64, 48)) as beam:
        async with run_site({"beam": beam.url}) as site, site.events() as events:
            first = await events.take()
            assert first.name == "status"
            assert first.data["camera"] == "beam"
            assert (first.data["status"], first.data["online"]) == ("connecting", False)
            assert first.data["reason"]
            assert first.data["since"] > 1.7e9
            await receiving(beam)
            beam.send()
            live = await take_status(events, "live")
            assert (live.data["online"], live.data["reason"]) == (True, "")
            silent = await take_status(events, "silent")
            assert silent.data["reason"] == f"connected to {beam.address}, but no message comes"
            beam.close()
            gone = await take_status(events, "connecting")
            assert gone.data["reason"] == f"nobody answers at {beam.address}; is the sender running?"
            assert gone.data["online"] is False
            with Simulator(Beam(64, 48), port=beam.port) as again:
                await receiving(again)
                again.send()
                await take_status(events, "live")


async def take_status(events: Events, state: str) -> Event:
    """Wait until the camera is in this state."""
    while (event := await events.take("status")).data["status"] != state:
        pass
    return event


async def test_all_cameras_come_over_one_connection():
    """/events tells of each camera's status and frames, and says whose they are."""
    with Simulator(Beam(64, 48), start_pulse_id=10) as one, Simulator(Beam(64, 48), start_pulse_id=20) as two:
        async with run_site({"one": one.url, "two": two.url}) as site, site.events("/events?rate=100") as events:
            first = [await events.take(), await events.take()]
            assert [(event.name, event.data["camera"]) for event in first] == [("status", "one"), ("status", "two")]
            await receiving(one)
            await receiving(two)
            for simulator, name, pulse_id in ((one, "one", "10"), (two, "two", "20"), (one, "one", "11")):
                simulator.send()
                event = await events.take("frame")
                assert (event.data["camera"], event.id) == (name, pulse_id)
            (viewer,) = site.viewers
            assert viewer.cameras == ("one", "two")


# -- the watchdog's food


@pytest.fixture
async def quick_site(beam: Simulator, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Site]:
    """A server whose second is short."""
    monkeypatch.setattr(viewers_module, "_TICK", 0.02)
    async with run_site({"beam": beam.url}) as site:
        await receiving(beam)
        yield site


async def test_page_is_told_whether_its_picture_streams(quick_site: Site, beam: Simulator):
    """No stream, a stream with its counters, and none again; another page's stream counts for nothing."""
    site = quick_site
    async with (
        site.events(f"{EVENTS}?viewer=page") as events,
        site.pictures("/cameras/beam/stream.mjpg?viewer=other"),
    ):
        nothing = {"viewer": "page", "streaming": False, "sent": 0, "skipped": 0}
        assert (await events.take("viewer")).data == nothing
        async with site.pictures("/cameras/beam/stream.mjpg?viewer=page") as pictures:
            beam.send()
            await pictures.take()
            while not (data := (await events.take("viewer")).data)["sent"]:
                pass
            assert data.pop("sent_bytes") > data["picture"].pop("bytes") > 1000
            low, high = data["picture"].pop("levels")
            assert low < high
            shown = {"pulse_id": 1, "subtracted": None}
            assert data == {"viewer": "page", "streaming": True, "sent": 1, "skipped": 0, "picture": shown}
        while (data := (await events.take("viewer")).data)["streaming"]:
            pass
        assert data == nothing


async def test_wall_is_told_of_each_of_its_pictures(quick_site: Site):
    """Named one by one, the pictures of a page are told of one by one over its one connection."""
    async with (
        quick_site.events("/events?viewer=a&viewer=b&rate=2") as events,
        quick_site.pictures("/cameras/beam/stream.mjpg?viewer=b"),
    ):
        streaming: dict[str, bool] = {}
        while streaming != {"a": False, "b": True}:
            data = (await events.take("viewer")).data
            streaming[data["viewer"]] = data["streaming"]


async def test_silence_is_broken_by_a_comment(beam: Simulator, monkeypatch: pytest.MonkeyPatch):
    """Where nothing happens a comment comes, which no proxy's patience outlasts and no EventSource hears."""
    assert events_module._HEARTBEAT + 2 * viewers_module._TICK <= 15  # one to see what was sent, one to miss it
    monkeypatch.setattr(viewers_module, "_TICK", 0.02)
    monkeypatch.setattr(events_module, "_HEARTBEAT", 0.05)
    async with run_site({"beam": beam.url}) as site, site.raw(EVENTS) as raw:
        await raw.read_head()
        await raw.read_until(b"event: status\n")
        for _ in range(2):
            while not (chunk := await raw.read_until(b"\n\n")).endswith(b"\r\n: \n\n"):
                pass
            assert b"data" not in chunk
