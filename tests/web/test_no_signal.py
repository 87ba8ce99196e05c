"""A picture that stands still says so itself, for all who have no page around it."""

import asyncio

import numpy as np
import pytest

from mjpeg_viewer.simulator import Simulator
from tests.kit import PATIENCE, Picture, Pictures, Site, run_site
from tests.web.pusher import push

STREAM = "/cameras/beam/stream.mjpg"


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands where no new picture is comes after a fifth of a second, not after one."""
    monkeypatch.setattr("mjpeg_viewer.encoder._FILL_PERIOD", 0.2)


async def take_notice(viewer: Pictures) -> Picture:
    while "X-Status" not in (part := await viewer.take_any()).headers:
        pass
    return part


async def test_last_picture_is_repeated_and_then_dimmed_with_the_reason(site: Site, beam: Simulator):
    """The newest frame there is, once more within a second; when the camera is silent no one can take it for live."""
    async with site.pictures(STREAM) as viewer:
        beam.send()
        picture = await viewer.take()
        again = await viewer.take_any()
        assert (again.headers, again.jpeg) == (picture.headers, picture.jpeg)
        notice = await take_notice(viewer)
        assert notice.headers["X-Status"] == "silent"
        assert "X-Sequence" not in notice.headers
        assert notice.pixels.shape == picture.pixels.shape
        assert np.median(notice.pixels) <= np.median(picture.pixels) / 2
        async with asyncio.timeout(PATIENCE):
            while (await take_notice(viewer)).jpeg == notice.jpeg:
                pass  # until the seconds go on
        beam.send()
        assert (await viewer.take()).number == 2


async def test_who_comes_after_the_last_frame_is_shown_no_picture(site: Site, beam: Simulator):
    """A newcomer to a silent camera gets a card, though another viewer's encoder still has the last picture."""
    async with site.pictures(STREAM) as early:
        beam.send()
        seen = await early.take()
        async with site.pictures(STREAM) as late:
            card = await late.take_any()
            assert card.headers["X-Status"] in ("waiting", "silent")
            assert card.pixels.shape == seen.pixels.shape
            assert (await take_notice(early)).jpeg != (await take_notice(late)).jpeg
            assert site.cameras["beam"].encoded == 1
            beam.send()
            assert (await late.take()).jpeg == (await early.take()).jpeg


async def test_picture_that_cannot_be_made_is_said_in_its_place(site: Site, beam: Simulator):
    """A region outside the image is this viewer's trouble, said to him and to nobody else."""
    async with (
        site.pictures(f"{STREAM}?roi=9000,9000,10,10") as outside,
        site.pictures(STREAM) as whole,
    ):
        beam.send()
        assert (await whole.take()).number == 1
        assert (await outside.take_any()).headers["X-Status"] == "undecodable"
        assert site.cameras["beam"].status.state == "live"
        assert not site.cameras["beam"].troubles.counts


@pytest.mark.parametrize("parts", ["advance", "length"])
async def test_card_is_shown_before_the_first_frame(site: Site, parts: str):
    """Before anything came, whoever asks is told what is awaited."""
    async with site.raw(f"{STREAM}?parts={parts}") as viewer:
        assert (await viewer.read_head())[0] == 200
        await viewer.read_chunk()
        assert b"\xff\xd8\xff" in await viewer.read_chunk()


async def test_region_outside_a_known_image_is_refused_by_name(site: Site, beam: Simulator):
    """While somebody watches the size is known, and a region outside it is a mistake in the address."""
    async with site.pictures(STREAM) as viewer:
        beam.send()
        await viewer.take()
        for path in (STREAM, "/cameras/beam/snapshot.jpg"):
            async with site.get(f"{path}?roi=320,0,10,10") as refused:
                assert refused.status == 400
                assert await refused.text() == (
                    "roi='320,0,10,10': outside the image; expected x from 0 to 319 and y from 0 to 239\n"
                )


@pytest.mark.parametrize("form", ["jpg", "png", "npy"])
async def test_region_of_a_snapshot_is_refused_by_name_once_the_size_is_known(site: Site, beam: Simulator, form: str):
    """Nobody watched, so it is the snapshot's own frame that tells; no other try would be better."""
    asking = asyncio.create_task(site.session.get(f"{site.base}/cameras/beam/snapshot.{form}?roi=320,0,10,10"))
    await site.until_watched()
    beam.send()
    async with await asking as refused:
        assert refused.status == 400
        assert "Retry-After" not in refused.headers
        text = await refused.text()
    assert "roi=" in text
    assert "320,0,10,10" in text
    assert "outside the image" in text


async def test_snapshot_that_cannot_be_made_says_why():
    """Not that no picture came, when one came that cannot be shown as asked."""
    with push() as camera:
        async with run_site({"beam": camera.url}) as site:
            asking = asyncio.create_task(site.session.get(f"{site.base}/cameras/beam/snapshot.jpg"))
            await site.until_watched()
            camera.send(np.zeros((2, 70_000), np.uint8))
            async with await asking as refused:
                assert refused.status == 503
                assert await refused.text() == (
                    "beam cannot be shown like this: 70000 x 2 pixels do not fit a JPEG (65500 at most);"
                    " ask for a smaller width\n"
                )


async def test_region_that_the_image_has_no_more_is_dimmed_with_the_reason():
    """A camera whose image becomes smaller leaves no old region on the screen, and shows it again when it is back."""
    with push() as camera:
        async with (
            run_site({"beam": camera.url}) as site,
            site.pictures(f"{STREAM}?roi=40,20,30,24&quality=100") as viewer,
        ):
            camera.send(np.full((48, 80), 7, np.uint8))
            before = await viewer.take()
            assert before.pixels.shape == (24, 30)
            camera.send(np.full((48, 40), 9, np.uint8))
            notice = await take_notice(viewer)
            assert notice.headers["X-Status"] == "undecodable"
            assert "X-Sequence" not in notice.headers
            assert site.cameras["beam"].status.state == "live"
            async with site.pictures(STREAM), site.get(f"{STREAM}?roi=40,20,30,24") as refused:
                assert refused.status == 400
            camera.send(np.full((48, 80), 7, np.uint8))
            assert (await viewer.take()).pixels.shape == (24, 30)
