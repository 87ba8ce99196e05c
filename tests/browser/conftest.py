"""A real, headless Chromium."""

import base64
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import numpy as np
import pytest
from playwright.async_api import Browser, Page, async_playwright

from mjpeg_viewer.simulator import read_counter

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
        await running.close()


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    """A running Chromium."""
    async with run_chromium() as running:
        yield running


@pytest.fixture
async def page(browser: Browser) -> AsyncIterator[Page]:
    """A page of which nothing may go wrong unseen: errors of its scripts, and all that the browser refused."""
    context = await browser.new_context()
    opened = await context.new_page()
    faults: list[str] = []
    opened.on("pageerror", lambda error: faults.append(str(error)))
    opened.on("console", lambda line: faults.append(line.text) if "Content Security Policy" in line.text else None)
    yield opened
    await context.close()
    assert faults == []


async def read_number(page: Page, selector: str = "#picture") -> int | None:
    """Read the counter in the picture as it is painted now; None if there is none."""
    return find_number(await page.evaluate(READ_PIXELS, selector))


def find_number(pixels: tuple[int, int, str] | None) -> int | None:
    """Read the counter in what READ_PIXELS returned."""
    if pixels is None:
        return None
    width, height, red = pixels
    return read_counter(np.frombuffer(base64.b64decode(red), np.uint8).reshape(height, width).copy())
