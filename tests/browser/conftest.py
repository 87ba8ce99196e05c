"""
Real, headless browsers: one Chromium and one Firefox for all tests, and for each test a profile of its own.

A browser lives on one asyncio loop, so all tests here and their asynchronous fixtures run on the session's.
"""

import asyncio
import base64
import os
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np
import playwright.async_api
import pytest
import pytest_asyncio
from playwright.async_api import Browser, BrowserContext, Locator, Page, async_playwright

from mjpeg_viewer.simulator import Simulator, read_counter
from tests.browser.firefox import Firefox, Tab, run_firefox
from tests.kit import PATIENCE, Site, receiving, run_site

# Reads what is painted, not what was sent: the picture as a bitmap, its red channel as base64.
READ_PIXELS = """async (selector = "#picture") => {
    const image = document.querySelector(selector) ?? document.querySelector("img");
    if (!image || !image.naturalWidth) return null;
    const bitmap = await createImageBitmap(image);
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    context.drawImage(bitmap, 0, 0);
    const rgba = context.getImageData(0, 0, bitmap.width, bitmap.height).data;
    let red = "";
    for (let i = 0; i < rgba.length; i += 4) red += String.fromCharCode(rgba[i]);
    return [bitmap.width, bitmap.height, btoa(red)];
}"""


HERE = Path(__file__).parent


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests of this folder on the loop on which the browsers are."""
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.asyncio(loop_scope="session"), append=False)


@asynccontextmanager
async def run_chromium() -> AsyncIterator[Browser]:
    """Run Debian's Chromium; playwright's own cannot be had everywhere."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        assert os.environ.get("CI") != "true", "there is no Chromium; tests/prepare.sh installs it"
        pytest.skip("there is no Chromium; type: apt-get install -y chromium")
    async with async_playwright() as playwright:
        running = await playwright.chromium.launch(
            executable_path=chromium, args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        )
        yield running
        with suppress(TimeoutError):
            async with asyncio.timeout(PATIENCE):
                await running.close()


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """A running Chromium."""
    async with run_chromium() as running:
        yield running


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def firefox(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Firefox]:
    """A running Firefox, in the light theme."""
    async with run_firefox(tmp_path_factory.mktemp("firefox")) as running:
        yield running


async def close(context: BrowserContext) -> None:
    """
    Close what a test has opened, or leave it to the browser's end.

    Now and then Chromium does not answer this when a page was about to be loaded from a server that is gone.
    """
    with suppress(TimeoutError):
        async with asyncio.timeout(PATIENCE):
            await context.close()


@pytest_asyncio.fixture(loop_scope="session")
async def site(beam: Simulator) -> AsyncIterator[Site]:
    """A server that shows the beam to everybody, and receives it already."""
    async with run_site({"beam": beam.url}) as running:
        await receiving(beam)
        yield running


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page of which nothing may go wrong unseen: errors of its scripts, and all that the browser refused."""
    context = await browser.new_context()
    opened = await context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    yield opened
    await close(context)
    assert faults == []


@pytest_asyncio.fixture(loop_scope="session")
async def tab(firefox: Firefox) -> AsyncIterator[Tab]:
    """A tab of Firefox, with nothing of any other test in it."""
    async with firefox.person() as person:
        yield await person.open()


async def read_number(page: Page, selector: str = "#picture") -> int | None:
    """Read the counter in the picture as it is painted now; None if there is none."""
    return find_number(await page.evaluate(READ_PIXELS, selector))


def find_number(pixels: tuple[int, int, str] | None) -> int | None:
    """Read the counter in what READ_PIXELS returned."""
    if pixels is None:
        return None
    width, height, red = pixels
    return read_counter(np.frombuffer(base64.b64decode(red), np.uint8).reshape(height, width).copy())


class Expected:
    """
    Playwright's assertions, looked at again every 20 ms.

    Playwright itself does so after 0.1, 0.25 and 0.5 s, and then every second: half of what the tests awaited.
    """

    def __init__(self, actual: Page | Locator) -> None:
        self._assertions = playwright.async_api.expect(actual)

    def __getattr__(self, name: str) -> Callable[..., Awaitable[None]]:
        check = getattr(self._assertions, name)

        async def look(*expected: Any, timeout: float = 5000, **options: Any) -> None:
            loop = asyncio.get_running_loop()
            end = loop.time() + timeout / 1000
            while True:
                try:
                    return await check(*expected, timeout=1, **options)  # of which the first look takes no part
                except AssertionError:
                    if loop.time() > end:
                        raise
                await asyncio.sleep(0.02)

        return look


def expect(actual: Page | Locator) -> Expected:
    """Stand in for playwright's ``expect``; a timeout is in ms, as there."""
    return Expected(actual)
