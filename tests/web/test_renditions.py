"""What a viewer may ask of a stream: size, quality and rate; and what equal wishes share."""

import asyncio
from contextlib import AsyncExitStack

import pytest

from mjpeg_viewer.rendition import MAX_SIDE
from mjpeg_viewer.simulator import Simulator
from tests.kit import Site

STREAM = "/cameras/beam/stream.mjpg"


async def test_width_shrinks_and_never_enlarges(site: Site, beam: Simulator):
    """The picture gets the width that was asked for and keeps its aspect; wider than sent it does not become."""
    async with site.pictures(f"{STREAM}?width=160") as narrow, site.pictures(f"{STREAM}?width=4000") as wide:
        beam.send()
        assert (await narrow.take()).pixels.shape == (120, 160)
        assert (await wide.take()).pixels.shape == (240, 320)


async def test_quality_decides_the_size(site: Site, beam: Simulator):
    """The lower the quality, the fewer bytes the same frame has."""
    qualities = [5, 50, 95]
    async with AsyncExitStack() as stack:
        viewers = [await stack.enter_async_context(site.pictures(f"{STREAM}?quality={q}")) for q in qualities]
        beam.send()
        sizes = [len((await viewer.take()).jpeg) for viewer in viewers]
    assert sizes == sorted(sizes)
    assert sizes[0] < sizes[-1] / 3


async def test_fps_bounds_the_rate(site: Site, beam: Simulator):
    """Of a camera of 50 Hz, fps=5 shows one frame in ten, and a later one each time; by the frames' own times."""
    pictures = []
    async with site.pictures(f"{STREAM}?fps=5") as viewer:
        sending = asyncio.create_task(asyncio.to_thread(beam.run, 75, 0.02))
        while not sending.done():
            taking = asyncio.ensure_future(viewer.take())
            await asyncio.wait({sending, taking}, return_when=asyncio.FIRST_COMPLETED)
            if taking.done():
                pictures.append(taking.result())
            taking.cancel()
    times = [float(picture.headers["X-Timestamp"]) for picture in pictures]
    # After a pause the first few may come closer together; the pace is that of the others.
    steady = times[2:]
    assert len(steady) >= 4
    assert steady[-1] - steady[0] >= 0.2 * (len(steady) - 1) - 0.05


async def test_equal_renditions_share_an_encoder_and_others_do_not(site: Site, beam: Simulator):
    """What is asked for counts, not how: order and spelling of the parameters cost no second encode."""
    camera = site.cameras["beam"]
    async with (
        site.pictures(f"{STREAM}?width=160&quality=50") as one,
        site.pictures(f"{STREAM}?quality=050&parts=length&width=160") as same,
    ):
        beam.send()
        assert (await one.take()).jpeg == (await same.take()).jpeg
        assert camera.encoded == 1
        async with site.pictures(f"{STREAM}?width=160&quality=51") as other:
            beam.send()
            assert (await other.take()).jpeg != (await one.take()).jpeg
            assert camera.encoded == 3


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("width=15", f"width='15': expected a whole number from 16 to {MAX_SIDE}"),
        ("width=1e3", f"width='1e3': expected a whole number from 16 to {MAX_SIDE}"),
        ("quality=0", "quality='0': expected a whole number from 1 to 100"),
        ("quality=101", "quality='101': expected a whole number from 1 to 100"),
        ("quality=", "quality='': expected a whole number from 1 to 100"),
        ("fps=0", "fps='0': expected a number from 0.01 to 1000"),
        ("fps=nan", "fps='nan': expected a number from 0.01 to 1000"),
        ("fps=-5", "fps='-5': expected a number from 0.01 to 1000"),
        ("parts=both", "parts='both': expected advance or length"),
        ("qualty=50", "unknown parameter 'qualty'; known here are"),
    ],
)
async def test_bad_value_is_named(site: Site, query, message):
    """A bad request says which parameter, what was found, and what would do."""
    async with site.get(f"{STREAM}?{query}") as response:
        assert response.status == 400
        assert response.content_type == "text/plain"
        text = await response.text()
    assert message in text
    assert text.count("\n") == 1
    assert not site.cameras["beam"].watched


async def test_ways_to_show_a_camera_are_bounded(site: Site, beam: Simulator):
    """Beyond sixteen another is a 503 that says when to try again; those there are, are shared, and events go on."""
    async with AsyncExitStack() as stack:
        paths = [f"/cameras/beam/stream.mjpg?quality={50 + number}" for number in range(16)]
        for path in paths:
            await stack.enter_async_context(site.pictures(path))
        async with site.get("/cameras/beam/stream.mjpg?quality=90") as refused:
            assert refused.status == 503
            assert refused.headers["Retry-After"] == "5"
            assert await refused.text() == "beam is shown in 16 ways already; ask for one of those\n"
        events = await stack.enter_async_context(site.events())
        assert (await events.take("status")).data["camera"] == "beam"
        shared = await stack.enter_async_context(site.pictures(paths[3]))
        beam.send()
        assert (await shared.take()).number == 1
