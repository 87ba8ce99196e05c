"""The pages in Firefox: live, honest, and back by themselves."""

from pathlib import Path

import pytest

from mjpeg_viewer.simulator import Beam, Simulator
from tests.browser.conftest import READ_PIXELS, find_number
from tests.browser.firefox import Tab, run_firefox
from tests.kit import Site, receiving, run_site, until

_LIVE = "document.querySelector('#state').dataset.state === 'live' && document.querySelector('.veil').hidden"


async def until_shown(tab: Tab, number: int) -> None:
    """Wait until the picture shows this counter."""
    shown = None
    for _ in range(1000):
        shown = find_number(await tab.evaluate(f"({READ_PIXELS})()"))
        if shown == number:
            return
    raise AssertionError(f"{number} was awaited, {shown} is shown")


@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_page_is_live_in_both_themes(site: Site, beam: Simulator, tmp_path: Path, scheme: str):
    """Each frame is painted before the next one comes, on a page as dark as the system wants it."""
    async with run_firefox(tmp_path, scheme) as firefox:
        tab = await firefox.open()
        await tab.goto(site.base)
        await site.until_watched(viewers=2)
        for number in range(1, 4):
            beam.send()
            await until_shown(tab, number)
        await tab.until(_LIVE)
        assert await tab.evaluate("document.querySelector('#pulse-id').textContent") == "3"
        background = await tab.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0]")
        assert (int(background) < 128) == (scheme == "dark")


async def test_page_comes_back_after_a_server_restart(beam: Simulator, tmp_path: Path):
    """The old picture is covered while the server is away; the new one is shown without a reload."""
    async with run_firefox(tmp_path) as firefox:
        tab = await firefox.open()
        async with run_site({"beam": beam.url}) as site:
            port = site.port
            await receiving(beam)
            await tab.goto(site.base)
            await site.until_watched(viewers=2)
            beam.send()
            await until_shown(tab, 1)
        await tab.until("document.querySelector('#state').dataset.state === 'reconnecting'")
        assert not await tab.evaluate("document.querySelector('.veil').hidden")
        async with run_site({"beam": beam.url}, port=port) as site:
            await receiving(beam)
            await site.until_watched(viewers=2)
            number = beam.pulse_id
            beam.send()
            await until_shown(tab, number)
            await tab.until(_LIVE)


async def test_wall_gives_its_streams_back_while_hidden(tmp_path: Path):
    """A wall of six streams three; none while another tab is looked at, and three again when somebody comes back."""
    with Simulator(Beam(160, 120), mode="pub") as beam:
        names = [f"cam{number}" for number in range(6)]
        async with run_site(dict.fromkeys(names, beam.url)) as site, run_firefox(tmp_path) as firefox:

            def streams() -> int:
                return sum(viewer.kind == "stream" for viewer in site.viewers)

            wall = await firefox.open()
            await wall.goto(site.base)
            await until(lambda: streams() == 3)
            for name in names:
                selector = f"[data-camera={name}] .pill"
                await _send_until(beam, wall, f"document.querySelector('{selector}').dataset.state === 'live'")
            await _send_until(beam, wall, "[...document.querySelectorAll('.stage > img')].every(i => i.naturalWidth)")
            other = await firefox.open()
            assert await wall.evaluate("document.hidden")
            await until(lambda: streams() == 0)
            await other.goto(f"{site.base}/cameras/cam5")
            await until(lambda: streams() == 1)
            await wall.look()
            await until(lambda: streams() == 4)


async def _send_until(beam: Simulator, tab: Tab, expression: str) -> None:
    for _ in range(200):
        beam.send(2, 0.02)
        if await tab.evaluate(expression):
            return
    raise AssertionError(f"never became true: {expression}")
