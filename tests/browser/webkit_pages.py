"""The page in WebKitGTK, which closes no stream by itself.  Not among the usual tests: make test-webkit."""

from pathlib import Path

from mjpeg_viewer.simulator import Beam, Simulator
from tests.browser.conftest import READ_PIXELS, find_number
from tests.browser.webkit import WebKit, run_webkit
from tests.kit import Site, receiving, run_site, until


async def until_shown(webkit: WebKit, number: int) -> None:
    """Wait until the picture shows this counter."""
    shown = None
    for _ in range(1000):
        shown = find_number(await webkit.evaluate(f"({READ_PIXELS})()"))
        if shown == number:
            return
    raise AssertionError(f"{number} was awaited, {shown} is shown")


def streams(site: Site) -> int:
    return sum(viewer.kind == "stream" for viewer in site.viewers)


async def test_page_is_live(site: Site, beam: Simulator, tmp_path: Path):
    """Each frame is painted before the next one comes."""
    async with run_webkit(tmp_path) as webkit:
        await webkit.goto(f"{site.base}/")
        await site.until_watched(viewers=2)
        for number in range(1, 4):
            beam.send()
            await until_shown(webkit, number)


async def test_page_comes_back_after_a_server_restart(beam: Simulator, tmp_path: Path):
    """The new server's picture is shown without a reload."""
    async with run_webkit(tmp_path) as webkit:
        async with run_site({"beam": beam.url}) as site:
            port = site.port
            await receiving(beam)
            await webkit.goto(f"{site.base}/")
            await site.until_watched(viewers=2)
            beam.send()
            await until_shown(webkit, 1)
        await webkit.until("document.querySelector('#state').dataset.state === 'reconnecting'")
        async with run_site({"beam": beam.url}, port=port) as site:
            await receiving(beam)
            await site.until_watched(viewers=2)
            number = beam.pulse_id
            beam.send()
            await until_shown(webkit, number)


async def test_page_that_is_left_gives_its_connections_back(site: Site, beam: Simulator, tmp_path: Path):
    """Who goes to another page leaves no stream behind; who comes back has one."""
    async with run_webkit(tmp_path) as webkit:
        await webkit.goto(f"{site.base}/")
        await site.until_watched(viewers=2)
        beam.send()
        await until_shown(webkit, 1)
        await webkit.goto(f"{site.base}/state")
        await until(lambda: streams(site) == 0)
        await webkit.goto(f"{site.base}/")
        await until(lambda: streams(site) == 1)


async def test_wall_gives_back_what_is_not_on_screen(tmp_path: Path):
    """Streams of tiles that are scrolled away end, though the page stays; they come back with the tiles."""
    with Simulator(Beam(160, 120), mode="pub") as beam:
        names = [f"cam{number}" for number in range(6)]
        async with run_site(dict.fromkeys(names, beam.url)) as site, run_webkit(tmp_path) as webkit:
            await webkit.goto(f"{site.base}/")
            await until(lambda: streams(site) > 0)
            await webkit.evaluate("(document.querySelector('.wall').style.marginTop = '5000px', 1)")
            await until(lambda: streams(site) == 0)
            await webkit.evaluate("(document.querySelector('.wall').style.marginTop = '', 1)")
            await until(lambda: streams(site) > 0)
