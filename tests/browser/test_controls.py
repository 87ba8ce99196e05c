"""The controls of a camera's page: each stands in the address, and the picture is what the address asks for."""

import asyncio
import base64
import re

import cv2
import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from mjpeg_viewer.simulator import Simulator
from tests.browser.conftest import expect
from tests.kit import PATIENCE, Picture, Site

# What is painted, in its colours: [width, height, base64 of RGBA].
READ_COLOURS = """async () => {
    const image = document.querySelector("#picture");
    if (!image.naturalWidth) return null;
    const bitmap = await createImageBitmap(image);
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    context.drawImage(bitmap, 0, 0);
    const rgba = context.getImageData(0, 0, bitmap.width, bitmap.height).data;
    let text = "";
    for (let i = 0; i < rgba.length; i += 8192) text += String.fromCharCode(...rgba.subarray(i, i + 8192));
    return [bitmap.width, bitmap.height, btoa(text)];
}"""


def decode_colours(found: tuple[int, int, str] | None) -> np.ndarray | None:
    """Read what READ_COLOURS returned, as pixels of shape [height, width, (red, green, blue)]."""
    if found is None:
        return None
    width, height, text = found
    return np.frombuffer(base64.b64decode(text), np.uint8).reshape(height, width, 4)[:, :, :3]


def is_like(painted: np.ndarray | None, picture: Picture) -> bool:
    """Tell whether this very picture is painted, but for what two decoders of JPEGs may differ in."""
    colours = cv2.cvtColor(cv2.imdecode(np.frombuffer(picture.jpeg, np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    if painted is None or painted.shape != colours.shape:
        return False
    return bool(np.abs(painted.astype(int) - colours).mean() < 1)


async def until_like(page: Page, picture: Picture) -> None:
    """Wait until the page paints this very picture."""
    async with asyncio.timeout(PATIENCE):
        while not is_like(decode_colours(await page.evaluate(READ_COLOURS)), picture):
            await asyncio.sleep(0)


@pytest_asyncio.fixture(loop_scope="session")
async def shown(site: Site, beam: Simulator, page: Page) -> Page:
    """The page of a camera that has sent its first frame, with its settings open."""
    await page.goto(f"{site.base}/cameras/beam", wait_until="commit")
    await site.until_watched(viewers=2)
    beam.send()
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    await page.get_by_text("Picture settings").click()
    return page


async def paints_what_is_asked_for(site: Site, beam: Simulator, page: Page, query: str) -> None:
    async with site.pictures(f"/cameras/beam/stream.mjpg?{query}") as direct:
        beam.send()
        await until_like(page, await direct.take())


async def test_fixed_levels_begin_where_the_found_ones_are(site: Site, beam: Simulator, shown: Page):
    """Who fixes the levels sees no jump, and reads them at the ends of the bar of colours."""
    page = shown
    await expect(page.locator("#scale-high")).not_to_be_empty()  # told once a second
    await page.get_by_label("Levels").select_option("fixed")
    low, high = [await page.get_by_label(label).input_value() for label in ("Black", "White")]
    assert 0 <= float(low) < float(high) < 4000
    await expect(page).to_have_url(re.compile(rf"\?levels=fixed&low={low}&high={high}$"))
    await page.get_by_label("White").fill("1000")
    async with page.expect_response(lambda answer: "high=1000" in answer.url):
        await page.get_by_label("White").press("Enter")
    beam.send()
    await expect(page.locator("#scale-high")).to_have_text("1000")


async def test_levels_that_cannot_be_are_not_asked_for(site: Site, shown: Page):
    """Black above white, and what is no number, stay in the form with a word on it; the picture stays as it is."""
    page = shown
    await expect(page.locator("#scale-high")).not_to_be_empty()
    await page.get_by_label("Levels").select_option("fixed")
    await page.get_by_label("Black").fill("12")
    await page.get_by_label("White").fill("11")
    await page.get_by_label("White").press("Enter")
    assert "above" in await page.get_by_label("White").evaluate("field => field.validationMessage")
    await page.get_by_label("White").fill("a lot")
    await page.get_by_label("White").press("Enter")
    assert "number" in await page.get_by_label("White").evaluate("field => field.validationMessage")
    assert re.search(r"low=12&high=[0-9.]{6,}$", page.url)


async def test_region_outside_the_image_is_refused_in_words(site: Site, beam: Simulator, shown: Page):
    """What only the server knows to be wrong, it says, and the page shows it; the next right view takes it away."""
    page = shown
    await page.get_by_label("Region").fill("4000,0,10,10")
    await page.get_by_label("Region").press("Enter")
    await expect(page.locator("#fault")).to_contain_text("outside the image")
    async with page.expect_response(lambda answer: answer.ok and "stream.mjpg" in answer.url):
        await page.get_by_role("button", name="Whole image").click()
    await expect(page.locator("#fault")).to_be_hidden()
    await paints_what_is_asked_for(site, beam, page, "")


async def test_background_is_captured_and_subtracted(site: Site, beam: Simulator, shown: Page):
    """Captured from the page, told of with its time, and off the picture of whoever ticks the box."""
    page = shown
    await expect(page.locator("#background")).to_contain_text("No background")
    await page.get_by_role("button", name="Capture now").click()
    sending = asyncio.create_task(asyncio.to_thread(beam.run, 40, 0.02))
    await expect(page.locator("#background")).to_contain_text("Mean of 10 frames")
    await sending
    async with page.expect_response(lambda answer: "background=subtract" in answer.url):
        await page.get_by_label("subtract").check()
    await paints_what_is_asked_for(site, beam, page, "background=subtract")


@pytest.mark.parametrize("scripts", [True, False], ids=["scripts", "no scripts"])
async def test_wrong_address_is_told_on_the_page(site: Site, browser: Browser, scripts: bool):
    """An address that asks for what there is not is a 400 that says so above the form, with a picture below."""
    page = await browser.new_page(java_script_enabled=scripts)
    answer = await page.goto(f"{site.base}/cameras/beam?colormap=pink", wait_until="commit")
    assert answer is not None
    assert answer.status == 400
    await expect(page.locator("#fault")).to_contain_text("colormap='pink': expected grey")
    await site.until_watched()
    await page.close()


async def test_controls_work_without_javascript(site: Site, beam: Simulator, browser: Browser):
    """The form is a plain one: what it asks for is in the picture and in the form of the page that comes."""
    page = await browser.new_page(java_script_enabled=False)
    await page.goto(f"{site.base}/cameras/beam", wait_until="commit")
    await page.get_by_text("Picture settings").click()
    await page.get_by_label("Colours").select_option("viridis")
    await page.get_by_label("time", exact=True).check()
    await page.get_by_label("crosshair").check()
    async with page.expect_response(lambda answer: "&colormap=viridis&overlay=time,crosshair" in answer.url):
        await page.get_by_role("button", name="Show").click(no_wait_after=True)
    assert await page.get_by_label("Colours").input_value() == "viridis"
    assert await page.get_by_label("crosshair").is_checked()
    assert not await page.get_by_label("centroid").is_checked()
    await page.close()


async def test_handles_over_the_histogram_fix_the_levels(site: Site, beam: Simulator, shown: Page):
    """By pointer and by key, black and white become what the handles say, in the address and in the picture."""
    page = shown
    black, white = (page.get_by_role("slider", name=f"Histogram: {end} end") for end in ("lower", "upper"))
    await expect(page.locator("#scale-high")).not_to_be_empty()
    await until_drawn(beam, page)
    await white.scroll_into_view_if_needed()
    box = await white.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    handle = 2 * float(await page.evaluate("parseFloat(getComputedStyle(document.documentElement).fontSize)"))
    at = handle / 2 + (box["width"] - handle) * int(await white.input_value()) / 1000
    await page.mouse.move(box["x"] + at, box["y"] + 20)
    await page.mouse.down()
    await page.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 20, steps=4)
    async with page.expect_response(lambda answer: "levels=fixed" in answer.url):
        await page.mouse.up()
    low, high = [float(await page.get_by_label(label).input_value()) for label in ("Black", "White")]
    assert 0 <= low < high < 2500
    told = await white.get_attribute("aria-valuetext")
    assert float(told or "nan") == high
    await expect(page).to_have_url(re.compile(rf"levels=fixed&low={low:g}&high={high:g}$"))
    await black.focus()
    async with page.expect_response(lambda answer: f"high={high:g}" in answer.url):
        await black.press("ArrowRight")
    moved = await page.get_by_label("Black").input_value()
    assert low < float(moved) < high
    query = f"levels=fixed&low={moved}&high={high:g}"
    await expect(page).to_have_url(f"{site.base}/cameras/beam?{query}")
    await paints_what_is_asked_for(site, beam, page, query)


async def until_drawn(beam: Simulator, page: Page) -> None:
    """Send frames until there is a histogram: the page asks for it when the settings are opened."""
    async with asyncio.timeout(PATIENCE):
        while not await page.locator("#histogram path").get_attribute("d"):
            beam.send()
            await asyncio.sleep(0.02)


async def test_histogram_is_computed_while_it_is_seen(site: Site, shown: Page):
    """With the settings closed again nobody asks for it."""
    async with shown.expect_request(lambda request: "/events" in request.url and "histogram" not in request.url):
        await shown.get_by_text("Picture settings").click()
