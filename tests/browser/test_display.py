"""The display page: what is read across the room, and that it comes back by itself."""

import pytest
from playwright.async_api import Browser, Page

from mjpeg_viewer.simulator import Simulator
from tests.browser.conftest import close, expect
from tests.browser.test_picture import until_shown
from tests.kit import Site, receiving, run_site

SCREENS = ((360, 740), (768, 1024), (1920, 1080), (3840, 2160))
ADDRESS = "/cameras/beam/display?channels=beam_energy,image_size_x,x_fwhm,absent"


async def test_display_shows_what_its_address_asks_for(site: Site, beam: Simulator, page: Page):
    """Picture, name, state and the values named in the address, in their order; no control."""
    await page.goto(site.base + ADDRESS, wait_until="commit")
    await site.until_watched(viewers=2)
    beam.send()
    await until_shown(page, 1)
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    assert await page.locator("dt").all_inner_texts() == ["beam_energy", "image_size_x", "x_fwhm", "absent"]
    await expect(page.locator("[data-channel=image_size_x]")).to_have_text("320 ")
    assert float(await page.inner_text("[data-channel=x_fwhm] .number")) > 1
    await expect(page.locator("[data-channel=absent] .number")).to_have_text("–")
    assert await page.locator(":is(a, button, input, select, summary):visible").count() == 0


async def test_picture_of_a_display_is_the_one_asked_for(site: Site, beam: Simulator, page: Page):
    """The picture takes every parameter that a stream takes."""
    await page.goto(f"{site.base}/cameras/beam/display?rotate=90&width=120", wait_until="commit")
    await site.until_watched(viewers=2)
    beam.send()
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    await expect(page.locator("#stage .veil")).to_be_hidden()
    size = await page.evaluate("[picture.naturalWidth, picture.naturalHeight]")
    assert size == [120, 160]


@pytest.mark.parametrize("query", ["width=no", "channels=a,b,c,d,e", "channels=*", "colour=red"])
async def test_wrong_parameter_is_named(site: Site, query: str):
    """What a display cannot show is a 400 that names it, for people as a page."""
    async with site.get(f"/cameras/beam/display?{query}", headers={"Accept": "text/html"}) as response:
        assert response.status == 400
        assert query.split("=")[0] in await response.text()


async def test_display_comes_back_after_a_server_restart(beam: Simulator, page: Page):
    """While the server is away no value stands there; when it is back, picture and values are, untouched."""
    async with run_site({"beam": beam.url}) as site:
        port = site.port
        await receiving(beam)
        await page.goto(site.base + ADDRESS, wait_until="commit")
        await site.until_watched(viewers=2)
        beam.send()
        await until_shown(page, 1)
        await expect(page.locator("[data-channel=image_size_x] .number")).to_have_text("320")
    await expect(page.locator("#state")).to_have_attribute("data-state", "reconnecting")
    await expect(page.locator("[data-channel=image_size_x] .number")).to_have_text("–")
    async with run_site({"beam": beam.url}, port=port) as site:
        await receiving(beam)
        await site.until_watched(viewers=2)
        beam.send()
        await until_shown(page, beam.pulse_id - 1)
        await expect(page.locator("[data-channel=image_size_x] .number")).to_have_text("320")


@pytest.mark.parametrize("screen", SCREENS, ids=lambda screen: f"{screen[0]}x{screen[1]}")
async def test_display_is_read_across_the_room(site: Site, beam: Simulator, browser: Browser, screen: tuple[int, int]):
    """On every screen nothing is cut off, and a value has a fourteenth of the shorter side at least."""
    context = await browser.new_context(viewport={"width": screen[0], "height": screen[1]})
    page = await context.new_page()
    await page.goto(site.base + ADDRESS, wait_until="commit")
    await site.until_watched(viewers=2)
    beam.send()
    await expect(page.locator("[data-channel=image_size_x] .number")).to_have_text("320")
    scroll = await page.evaluate("[document.documentElement.scrollWidth, document.documentElement.scrollHeight]")
    assert scroll == list(screen)
    for box in [await line.bounding_box() for line in await page.locator("dd").all()]:
        assert box is not None
        assert box["height"] >= min(screen) / 14
        assert box["y"] + box["height"] <= screen[1]
    picture = await page.locator("#stage").bounding_box()
    assert picture is not None
    assert picture["width"] * picture["height"] >= 0.35 * screen[0] * screen[1]
    await close(context)
