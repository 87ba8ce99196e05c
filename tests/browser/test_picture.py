"""What a person sees in a browser: the picture, and when."""

import asyncio
import statistics
import time

import cv2
import numpy as np
from playwright.async_api import Browser, Page

from mjpeg_viewer.simulator import Simulator
from tests.browser.conftest import close, read_number
from tests.kit import PATIENCE, Site


async def until_shown(page: Page, number: int, selector: str = "#picture") -> None:
    """Wait until the picture shows this counter."""
    async with asyncio.timeout(PATIENCE):
        while await read_number(page, selector) != number:
            await asyncio.sleep(0)


async def test_slow_camera_is_shown_at_once(site: Site, beam: Simulator, page: Page):
    """At one frame per second the picture shows frame N within 150 ms of its sending, not when N + 1 comes."""
    await page.goto(f"{site.base}/healthz")
    await page.evaluate("document.body.innerHTML = '<img src=\"/cameras/beam/stream.mjpg\">'")
    await site.until_watched()
    delays = []
    for number in range(1, 6):
        sent = time.monotonic()
        beam.send()
        await until_shown(page, number)
        delays.append(time.monotonic() - sent)
        await asyncio.sleep(1 - delays[-1])
    print("ms from sending to pixels:", [round(delay * 1000) for delay in delays])  # shown by pytest -s
    assert max(delays) < 0.9, delays
    assert statistics.median(delays) < 0.15, delays


async def test_page_opens_with_picture_and_values_running(site: Site, beam: Simulator, page: Page):
    """Without a click the page shows picture, size, pulse id, values and counters of the same frame."""
    await page.goto(site.base, wait_until="commit")
    await site.until_watched(viewers=2)
    beam.send()
    await until_shown(page, 1)
    await page.wait_for_selector("#state[data-state=live]")
    assert await page.inner_text("#image-size") == "320 × 240"
    assert await page.inner_text("#pulse-id") == "1"
    assert await page.inner_text("#messages-received") == "1"
    assert await page.inner_text("tr[data-channel=image_size_x] .value") == "320"
    assert float(await page.inner_text("tr[data-channel=beam_energy] .value")) >= 5


async def test_picture_runs_without_javascript(site: Site, beam: Simulator, browser: Browser):
    """With scripts switched off the page's picture is as live as with them."""
    context = await browser.new_context(java_script_enabled=False)
    page = await context.new_page()
    await page.goto(site.base, wait_until="commit")
    await site.until_watched()
    beam.send()
    async with asyncio.timeout(PATIENCE):
        while await brightest(page) < 200:  # nothing else on the dark stage is as bright as the beam
            await asyncio.sleep(0)
    await close(context)


async def brightest(page: Page) -> int:
    """Return the grey level of the brightest pixel where the picture stands."""
    png = await page.locator("#stage").screenshot()
    return int(cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_GRAYSCALE).max())
