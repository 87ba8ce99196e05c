"""The pages in Firefox: live, honest, and back by themselves."""

from pathlib import Path

from mjpeg_viewer.simulator import Beam, Simulator
from tests.browser.conftest import READ_PIXELS, find_number
from tests.browser.firefox import Firefox, Tab, run_firefox
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


async def test_page_is_live_in_the_light(site: Site, beam: Simulator, tab: Tab):
    """Each frame is painted before the next one comes, on a page as light as the system wants it."""
    await _watch(site, beam, tab)
    assert await tab.evaluate(_BACKGROUND) > 128


async def test_page_is_live_in_the_dark(site: Site, beam: Simulator, tmp_path: Path):
    """The same in the dark, which Firefox takes from its preferences at its start."""
    async with run_firefox(tmp_path, "dark") as firefox, firefox.person() as person:
        tab = await person.open()
        await _watch(site, beam, tab)
        assert await tab.evaluate(_BACKGROUND) < 128


_BACKGROUND = "Number(getComputedStyle(document.body).backgroundColor.match(/\\d+/)[0])"


async def _watch(site: Site, beam: Simulator, tab: Tab) -> None:
    await tab.goto(site.base)
    await site.until_watched(viewers=2)
    for number in range(1, 4):
        beam.send()
        await until_shown(tab, number)
    await tab.until(_LIVE)
    await tab.until("document.querySelector('#pulse-id').textContent === '3'")


async def test_page_comes_back_after_a_server_restart(beam: Simulator, tab: Tab):
    """The old picture is covered while the server is away; the new one is shown without a reload."""
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


async def test_wall_gives_its_streams_back_while_hidden(firefox: Firefox):
    """A wall of six streams three; none while another tab is looked at, and three again when somebody comes back."""
    with Simulator(Beam(160, 120), mode="pub") as beam:
        names = [f"cam{number}" for number in range(6)]
        async with run_site(dict.fromkeys(names, beam.url)) as site, firefox.person() as person:

            def streams() -> int:
                return sum(viewer.kind == "stream" for viewer in site.viewers)

            wall = await person.open()
            await wall.goto(site.base)
            await until(lambda: streams() == 3)
            for name in names:
                selector = f"[data-camera={name}] .pill"
                await _send_until(beam, wall, f"document.querySelector('{selector}').dataset.state === 'live'")
            await _send_until(beam, wall, "[...document.querySelectorAll('.stage > img')].every(i => i.naturalWidth)")
            other = await person.open()
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
