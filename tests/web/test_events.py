"""Server-Sent Events: the values of each frame, for whom, how often, and in what form."""

import asyncio
import json
import logging
import threading
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import numpy as np
import pytest

from mjpeg_viewer.camera import Camera
from mjpeg_viewer.frame import Frame
from mjpeg_viewer.rendition import Selection
from mjpeg_viewer.simulator import Beam, Simulator
from mjpeg_viewer.web import events as events_module
from mjpeg_viewer.wire import Form
from tests.corpus.reading import make_event_maker
from tests.kit import Site, receiving, run_site, until

pytestmark = pytest.mark.both_loops

EVENTS = "/cameras/beam/events"


class Everything:
    """A camera that sends each kind of value that bsread has."""

    def values(self, number: int, delay: float) -> dict[str, object]:
        """The same channels each time."""
        return {
            "image": np.full((48, 64), number, np.uint8),
            "integer": number,
            "float": number + 0.5,
            "text": 'ü "quoted" <b>',
            "huge": np.array([2**64 - 1], np.uint64),
            "low": np.array([-(2**63)], np.int64),
            "nan": np.array([np.nan]),
            "infinity": np.array([-np.inf], np.float32),
            "holes": np.array([1.0, np.nan, np.inf, -2.5]),
            "big_endian": np.array([1.5, 2.5, -3.0], ">f4"),
            "int16": np.array([-5, 6, 7], np.int16),
            "edge": np.arange(4096, dtype=np.uint16),
            "over": np.arange(4097, dtype=np.uint16),
        }


@pytest.fixture
async def rich() -> AsyncIterator[tuple[Site, Simulator]]:
    """A server that shows a camera with each kind of value."""
    with Simulator(Everything(), start_pulse_id=1) as simulator:
        async with run_site({"beam": simulator.url}) as site:
            await receiving(simulator)
            yield site, simulator


# -- frames


async def test_event_and_part_of_a_frame_have_the_same_pulse_id(site: Site, beam: Simulator):
    """What a page shows beside the picture belongs to the picture."""
    async with site.pictures() as pictures, site.events() as events:
        await site.until_watched(viewers=2)
        for pulse_id in (1, 2, 3):
            beam.send()
            picture, event = await pictures.take(), await events.take("frame")
            assert picture.headers["X-Pulse-Id"] == event.id == str(event.data["pulse_id"]) == str(pulse_id)
            assert picture.headers["X-Sequence"] == str(event.data["sequence"])
            assert float(picture.headers["X-Timestamp"]) == pytest.approx(event.data["timestamp"], abs=1e-6)


async def test_values_are_what_was_sent(site: Site, beam: Simulator):
    """Every channel but the picture comes, number by number, with what the picture is."""
    same = Beam(320, 240, "uint16", counter=True, seed=1)
    async with site.events() as events:
        await site.until_watched()
        for pulse_id in (1, 2):
            beam.send()
            data = (await events.take("frame")).data
            sent = same.values(pulse_id, 0.1)
            assert data["camera"] == "beam"
            assert data["image"] == {"channel": "image", "width": 320, "height": 240, "dtype": "uint16"}
            assert list(data["values"]) == [name for name in sent if name != "image"]
            for name, value in data["values"].items():
                expected = sent[name]
                assert value == (expected.tolist() if isinstance(expected, np.ndarray) else expected), name
            assert data["stats"]["messages_received"] == pulse_id
            assert set(data["stats"]) == {
                "messages_received",
                "bytes_received",
                "rate",
                "bytes_rate",
                "displaced",
                "undecodable",
                "encoded",
                "viewers",
            }
            assert "errors" not in data


async def test_every_kind_of_value_is_strict_json(rich: tuple[Site, Simulator]):
    """What JSON has no word for is null; strings, big numbers, and arrays of any type and byte order are themselves."""
    site, simulator = rich
    async with site.events() as events:
        await site.until_watched()
        simulator.send()
        values = (await events.take("frame")).data["values"]
    assert values == {
        "integer": 1,
        "float": 1.5,
        "text": 'ü "quoted" <b>',
        "huge": 2**64 - 1,
        "low": -(2**63),
        "nan": None,
        "infinity": None,
        "holes": [1.0, None, None, -2.5],
        "big_endian": [1.5, 2.5, -3.0],
        "int16": [-5, 6, 7],
        "edge": list(range(4096)),
    }


async def test_large_arrays_come_by_name(rich: tuple[Site, Simulator]):
    """Above 4096 elements an array is sent to those alone who ask for it; what does not exist is null."""
    site, simulator = rich
    async with site.events(f"{EVENTS}?channels=over,float,none") as events:
        await site.until_watched()
        simulator.send()
        values = (await events.take("frame")).data["values"]
    assert values == {"over": list(range(4097)), "float": 1.5, "none": None}


def test_what_is_asked_for_twice_takes_room_once():
    """* and a name of what it has already: the value comes once, and leaves the others their room."""
    values = {f"a{index}": np.zeros(4096, np.uint8) for index in range(200)}
    make_event = make_event_maker(Selection(("*", *values)))
    event = make_event(Frame(1, 1, None, 0.0, values, None, "", lambda: np.zeros((1, 1)))).get(
        Form(None, chunked=False)
    )
    data = json.loads(event.split(b"\ndata: ")[1])
    assert "errors" not in data
    assert len(data["values"]) == 200


async def test_equal_selections_share_an_encoder(site: Site, beam: Simulator):
    """The order of the channels costs no second event; other channels do."""
    camera = site.cameras["beam"]
    async with AsyncExitStack() as stack:
        queries = ("?channels=beam_energy,image_size_x", "?channels=image_size_x,beam_energy&rate=100", "?channels=x")
        same = [await stack.enter_async_context(site.events(EVENTS + queries[0])) for _ in range(3)]
        same.append(
            await stack.enter_async_context(site.events(f"{EVENTS}?channels=image_size_x,beam_energy&viewer=a"))
        )
        await site.until_watched(viewers=4)
        beam.send()
        first = [(await events.take("frame")).data for events in same]
        assert all(data == first[0] for data in first)
        assert camera.encoded == 1
        await stack.enter_async_context(site.events(EVENTS + queries[1]))
        await stack.enter_async_context(site.events(EVENTS + queries[2]))
        await site.until_watched(viewers=6)
        beam.send()
        await until(lambda: camera.encoded == 4)


async def test_event_is_serialised_once_for_all_who_ask_for_the_same(
    site: Site, beam: Simulator, monkeypatch: pytest.MonkeyPatch
):
    """Twenty viewers of the same channels are sent the same bytes, which were made once."""
    made: list[str] = []

    class CountedEvent(events_module.Event):
        def __init__(self, name: str, *rest: Any) -> None:
            made.append(name)
            super().__init__(name, *rest)

    async with AsyncExitStack() as stack:
        raws = [await stack.enter_async_context(site.raw(EVENTS)) for _ in range(20)]
        for raw in raws:
            await raw.read_head()
            while b"event: status" not in await raw.read_chunk():
                pass
        await site.until_watched(viewers=20)
        monkeypatch.setattr(events_module, "Event", CountedEvent)
        beam.send()
        chunks = set()
        for raw in raws:
            while b"event: frame" not in (chunk := await raw.read_chunk()):
                pass
            chunks.add(chunk)
        assert len(chunks) == 1
        assert made.count("frame") == 1


async def test_rate_bounds_the_events(site: Site, beam: Simulator):
    """Of a camera of 50 Hz, rate=5 tells of one frame in ten; by the frames' own times."""
    times: list[float] = []
    async with site.events(f"{EVENTS}?rate=5") as events:
        await site.until_watched()
        sending = asyncio.create_task(asyncio.to_thread(beam.run, 75, 0.02))
        while not sending.done():
            taking = asyncio.ensure_future(events.take("frame"))
            await asyncio.wait({sending, taking}, return_when=asyncio.FIRST_COMPLETED)
            if taking.done():
                times.append(taking.result().data["timestamp"])
            taking.cancel()
    steady = times[2:]
    assert len(steady) >= 4
    assert steady[-1] - steady[0] >= 0.2 * (len(steady) - 1) - 0.05


async def test_viewer_of_events_gets_nothing_older_than_his_coming(site: Site, beam: Simulator):
    """Whoever connects between two frames hears of the second alone."""
    async with site.events() as early:
        await site.until_watched()
        beam.send()
        assert (await early.take("frame")).id == "1"
        async with site.events() as late:
            await site.until_watched(viewers=2)
            beam.send()
            assert (await late.take("frame")).id == "2"


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("rate=0", "rate='0': expected a number from 0.01 to 1000"),
        ("rate=fast", "rate='fast': expected a number from 0.01 to 1000"),
        ("channel=a", "unknown parameter 'channel'; known here are background, channels, rate, token, viewer"),
        ("width=160", "unknown parameter 'width'; known here are background, channels, rate, token, viewer"),
    ],
)
async def test_bad_value_is_named(site: Site, query: str, message: str):
    """400 says which parameter, what was found, and what would do."""
    for path in (EVENTS, "/events"):
        async with site.get(f"{path}?{query}") as response:
            assert response.status == 400
            assert await response.text() == f"{message}\n"


async def test_wire_is_as_browsers_and_proxies_want_it(site: Site):
    """Type, buffering and reconnection time stand before all else; HEAD has the same and ends."""
    async with site.raw(EVENTS, "Accept: text/event-stream") as raw:
        status, headers = await raw.read_head()
        assert status == 200
        assert headers["Content-Type"] == "text/event-stream"
        assert headers["X-Accel-Buffering"] == "no"
        assert headers["Cache-Control"] == "no-store"
        assert await raw.read_chunk() == b"retry: 1000\n\n"
    async with site.raw(EVENTS, "Connection: close", method="HEAD") as raw:
        status, headers = await raw.read_head()
        assert (status, headers["Content-Type"]) == (200, "text/event-stream")
        assert await raw.read_to_end() == b""
    async with site.get("/cameras/none/events") as response:
        assert response.status == 404


# -- slow readers


async def test_slow_reader_of_events_gets_the_newest(rich: tuple[Site, Simulator], caplog: pytest.LogCaptureFixture):
    """Events that were displaced are not sent late: after what was on its way comes the newest, and none is torn."""
    site, simulator = rich
    async with site.raw(f"{EVENTS}?channels=over,edge", receive_buffer=4096) as raw:
        await site.until_watched()
        (viewer,) = site.viewers
        async with watched(site) as other:
            while viewer.skipped < 20:
                simulator.send()
                await other.take("frame")
            newest = simulator.pulse_id - 1
            on_its_way = newest - viewer.skipped
            await raw.read_head()
            ids: list[int] = []
            while not ids or ids[-1] < newest:
                chunk = await raw.read_chunk()
                if chunk.startswith(b"event: frame\n"):
                    _, number, data, *rest = chunk.split(b"\n")
                    assert rest == [b"", b""]
                    assert json.loads(data.removeprefix(b"data: "))["pulse_id"] == int(number.removeprefix(b"id: "))
                    ids.append(int(number.removeprefix(b"id: ")))
            assert ids == [*range(1, on_its_way), newest]
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@asynccontextmanager
async def watched(site: Site):
    """A reader that keeps up, counted by the server."""
    before = site.cameras["beam"].viewers
    async with site.events() as events:
        await site.until_watched(viewers=before + 1)
        yield events


async def test_counters_are_taken_on_the_loop(site: Site, beam: Simulator, monkeypatch: pytest.MonkeyPatch):
    """Events are made in another thread, while viewers come and go: it must not walk through the encoders."""
    threads = set()
    encoded = Camera.encoded.fget
    monkeypatch.setattr(
        Camera, "encoded", property(lambda camera: threads.add(threading.current_thread()) or encoded(camera))
    )
    async with site.events() as events:
        await site.until_watched()
        beam.send()
        assert (await events.take("frame")).data["stats"]["messages_received"] == 1
    assert threads == {threading.main_thread()}
