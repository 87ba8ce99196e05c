"""What a page weighs: its own scripts and styles, as they come, before anything is opened on it."""

import asyncio
import gzip

from playwright.async_api import Browser, Page, Response

from mjpeg_viewer.simulator import Simulator
from tests.browser.conftest import expect
from tests.kit import PATIENCE, Site, receiving, run_site, until

MOST = 60_000
PAGES = {"camera": "/cameras/beam", "display": "/cameras/beam/display", "wall": "/"}


async def test_pages_are_light(beam: Simulator, browser: Browser):
    """At most 60 kB of scripts and styles each, uncompressed, none of them from elsewhere."""
    async with run_site({"beam": beam.url, "gone": "bsread+sub://127.0.0.1:1"}) as site:
        await receiving(beam)
        for name, path in PAGES.items():
            async with await browser.new_context() as context:  # with an empty cache
                page = await context.new_page()
                loaded = note_loaded(page)
                await page.goto(site.base + path, wait_until="commit")
                await site.until_watched(viewers=2)
                async with asyncio.timeout(PATIENCE):
                    while not await page.locator("[data-state=live]").count():
                        beam.send()
                        await asyncio.sleep(0.02)
                await weigh(loaded, name, MOST)
            await until(lambda: site.cameras["beam"].viewers == 0)


async def test_camera_page_stays_light_with_everything_in_use(beam: Simulator, site: Site, page: Page):
    """What comes with its first use is little, too."""
    loaded = note_loaded(page)
    await page.goto(f"{site.base}/cameras/beam?profiles=on&pins=beam_energy", wait_until="commit")
    await site.until_watched(viewers=2)
    beam.send()
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    for text in ("Picture settings", "Share this view"):
        await page.get_by_text(text).click()
    await page.locator("#fit").hover()
    await page.get_by_role("button", name="Freeze").click()
    await expect(page.locator("#state")).to_have_attribute("data-state", "frozen")
    await expect(page.locator("#background")).not_to_be_empty()
    await until(lambda: any("/trend.js" in answer.url for answer in loaded))
    await weigh(loaded, "everything", 85_000)
    assert len(loaded) >= 20


def note_loaded(page: Page) -> list[Response]:
    loaded: list[Response] = []
    page.on("response", lambda answer: loaded.append(answer) if answer.url.endswith((".js", ".css")) else None)
    return loaded


async def weigh(loaded: list[Response], name: str, most: int) -> None:
    bodies = await asyncio.gather(*(answer.body() for answer in loaded))
    raw, packed = sum(map(len, bodies)), sum(len(gzip.compress(body)) for body in bodies)
    print(f"{name}: {len(bodies)} files, {raw} bytes, {packed} compressed")  # shown by pytest -s
    assert bodies
    assert raw <= most
    assert {answer.headers["content-encoding"] for answer in loaded} == {"gzip"}
