"""An operator's day as it goes on a phone: by what stands on the page, never by what lies behind it."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from playwright.async_api import Browser, BrowserContext, Locator, Page, Route

from mjpeg_viewer.simulator import Beam, Simulator
from mjpeg_viewer.web.keyring import make_keys
from mjpeg_viewer.web.outside import Outside
from mjpeg_viewer.web.tokens import Tokens, make_token, write_tokens
from tests.browser.conftest import close, expect
from tests.browser.test_embedding import Wiki, run_wiki
from tests.kit import PATIENCE, Site, receiving, run_site

PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
}
NAME = "bunch-compressor"


@asynccontextmanager
async def sending(beam: Simulator) -> AsyncIterator[None]:
    """Have the camera send ten images each second."""
    running = asyncio.create_task(asyncio.to_thread(beam.run, 10**6, 0.1))
    try:
        yield
    finally:
        beam.stop()
        await running


@asynccontextmanager
async def opened(browser: Browser, **options: Any) -> AsyncIterator[tuple[BrowserContext, Page]]:
    """Somebody's browser, with one page."""
    context = await browser.new_context(**options)
    try:
        yield context, await context.new_page()
    finally:
        await close(context)


async def log_in(page: Page, address: str, user: str) -> None:
    await page.goto(address, wait_until="commit")
    await page.get_by_label("User name").fill(user)
    await page.get_by_label("Password").fill("secret")
    await page.get_by_role("button", name="Log in").click()


def picture_of(page: Page) -> Locator:
    return page.get_by_role("group", name=re.compile("^Picture: "))


async def middle_of(locator: Locator) -> tuple[float, float]:
    box = await locator.bounding_box()
    assert box is not None
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


async def spread_fingers(page: Page, x: float, y: float) -> None:
    """Two fingers, one above the other, go three times as far apart."""
    touch = await page.context.new_cdp_session(page)
    for kind, apart in [("touchStart", 20), *[("touchMove", 20 + 4 * step) for step in range(1, 11)], ("touchEnd", 0)]:
        points = [{"x": x, "y": y + side * apart, "id": i} for i, side in enumerate((-1, 1))] if apart else []
        await touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    await touch.detach()


async def test_operators_day(browser: Browser, tmp_path: Path):
    """Log in, find, zoom, fix levels, pin, freeze, download, send, hang on the wall, embed: all from the phone."""
    keys = make_keys()
    token, secret = make_token("wiki", NAME, 3600, keys)
    write_tokens(tmp_path / "tokens", [token], None)
    with Simulator(Beam(320, 240, "uint16", seed=1), start_pulse_id=1) as beam:
        cameras = {"gun": "bsread+sub://127.0.0.1:1", NAME: beam.url}
        users = {"anna": "secret", "ben": "secret"}
        tokens = Tokens(tmp_path / "tokens", keys)
        async with (
            run_wiki() as wiki,
            run_site(
                cameras, users=users, keys=keys, tokens=tokens, outside=Outside(embed_origins=(wiki.origin,))
            ) as site,
        ):
            await receiving(beam)
            async with sending(beam), opened(browser, **PHONE) as (phone, page):
                await phone.grant_permissions(["clipboard-read", "clipboard-write"])
                await log_in(page, site.base, "anna")
                await page.get_by_role("link", name=NAME).tap()
                await set_up(page)
                await freeze_and_download(page, tmp_path)
                await send_to_colleague(browser, page)
                await hang_on_wall(browser, page)
                await embed(browser, page, secret, wiki)


async def set_up(page: Page) -> None:
    """Zoom with two fingers, fix the levels, pin two values."""
    await expect(page.get_by_role("heading", name=NAME)).to_be_visible()
    await expect(page.get_by_role("status").get_by_text("live")).to_be_visible()
    await expect(page.get_by_role("row", name="beam_energy")).to_be_visible()
    await spread_fingers(page, *await middle_of(picture_of(page)))
    await expect(page).to_have_url(re.compile(r"roi=\d+,\d+,107,80$"))
    await expect(page.get_by_role("button", name="Whole image")).to_be_visible()
    await page.get_by_role("heading", name="Picture settings").tap()
    await page.get_by_label("Levels").select_option("fixed")
    await page.get_by_label("Black").fill("100")
    await page.get_by_label("White").fill("1800")
    await page.get_by_label("White").press("Enter")
    await expect(page).to_have_url(re.compile("levels=fixed&low=100&high=1800"))
    await expect(picture_of(page)).to_be_in_viewport(ratio=1)
    await page.get_by_role("heading", name="Picture settings").tap()
    for channel in ("repetition_rate", "beam_energy"):
        await page.get_by_role("button", name=f"Pin {channel}").tap()
    await expect(page).to_have_url(re.compile("pins=repetition_rate,beam_energy$"))
    await expect(page.get_by_role("row").nth(1)).to_contain_text("beam_energy")
    await expect(picture_of(page)).to_be_in_viewport(ratio=1)


async def freeze_and_download(page: Page, folder: Path) -> None:
    """What is saved is what is held still."""
    await page.get_by_role("button", name="Freeze").tap()
    line = page.get_by_role("status").filter(has_text=re.compile("^Frozen · "))
    pulse = re.findall(r"pulse (\d+)", await line.inner_text())[0]
    await page.get_by_role("group", name="Picture", exact=True).get_by_text("Save", exact=True).tap()
    async with page.expect_download() as waiting:
        await page.get_by_role("link", name="Picture, as shown (.jpg)").tap()
    saved = await waiting.value
    assert saved.suggested_filename == f"{NAME}_{pulse}.jpg"
    await saved.save_as(folder / "saved.jpg")
    pixels = cv2.imread(str(folder / "saved.jpg"))
    assert pixels is not None
    assert pixels.shape == (80, 107, 3)
    await page.get_by_role("button", name="Resume").tap()


async def copied(page: Page, label: str) -> str:
    """What the button beside that text lays into the clipboard."""
    button = page.get_by_role("button", name=f"Copy: {label}", exact=True)
    await button.tap()
    await expect(button).to_have_text("Copied")
    text = await page.evaluate("navigator.clipboard.readText()")
    assert text == await page.get_by_label(label, exact=True).input_value()
    return str(text)


async def send_to_colleague(browser: Browser, page: Page) -> None:
    """The address that was copied shows the same region, levels and pins to somebody else, after his login."""
    await page.get_by_role("heading", name="Share this view").tap()
    address = await copied(page, "This page")
    assert address == page.url
    async with opened(browser) as (_, other):
        await log_in(other, address, "ben")
        await expect(other).to_have_url(address)
        await expect(other.get_by_role("row").nth(1)).to_contain_text("beam_energy")
        await other.get_by_role("heading", name="Picture settings").click()
        for label in ("Levels", "Black", "White", "Region"):
            field = page.get_by_label(label, exact=True)
            await expect(other.get_by_label(label, exact=True)).to_have_value(await field.input_value())
        await until_moving(other.get_by_alt_text(f"Picture of camera {NAME}"), (107, 80))


async def hang_on_wall(browser: Browser, page: Page) -> None:
    """The wall screen has the same picture, and the pinned values in their order."""
    address = await copied(page, "Wall display")
    async with opened(browser) as (_, wall):
        await log_in(wall, address, "ben")
        await expect(wall.get_by_role("term")).to_have_text(["repetition_rate", "beam_energy"])
        await expect(wall.get_by_role("definition").nth(1)).to_have_text(re.compile(r"^5\.\d+"))
        await until_moving(wall.get_by_alt_text(f"Picture of camera {NAME}"), (107, 80))


async def embed(browser: Browser, page: Page, secret: str, wiki: Wiki) -> None:
    """The line of HTML, pasted into a page of another site, shows live pixels to who has never logged in."""
    await page.get_by_label("Token to fill in below").fill(secret)
    html = await copied(page, "HTML")
    async with opened(browser) as (_, reader):
        await reader.goto(f"{wiki.origin}/page")
        await reader.evaluate("html => document.body.innerHTML = html", html)
        await until_moving(reader.get_by_alt_text(NAME), (107, 80))


async def until_moving(image: Locator, size: tuple[int, int]) -> None:
    """Wait until a picture of that size is painted, and another one after it."""
    seen: list[bytes] = []
    async with asyncio.timeout(PATIENCE):
        while await image.evaluate("image => [image.naturalWidth, image.naturalHeight]") != list(size):
            await asyncio.sleep(0)
        while len(seen) < 2:
            painted = await image.screenshot()
            if painted not in seen:
                seen.append(painted)
    pixels = cv2.imdecode(np.frombuffer(seen[-1], np.uint8), cv2.IMREAD_GRAYSCALE)
    assert np.ptp(pixels) > 50  # a beam, no empty box


async def test_drag_before_the_script_that_follows_it(site: Site, beam: Simulator, page: Page):
    """A box drawn while pointer.js was still on its way is zoomed to when it has come; who left is not there."""
    held, asked = asyncio.Event(), asyncio.Event()

    async def hold(route: Route) -> None:
        asked.set()
        await held.wait()
        await route.continue_()

    await page.route("**/pointer.js", hold)
    await open_camera(site, beam, page)
    x, y = await middle_of(picture_of(page))
    await page.mouse.move(x, y)
    await asked.wait()
    await page.mouse.down()
    await page.mouse.move(x + 60, y + 40, steps=3)
    await page.mouse.up()
    await page.mouse.move(1, 1)
    assert "roi=" not in page.url
    held.set()
    await expect(page).to_have_url(re.compile(r"roi=\d+,\d+,\d+,\d+$"))
    await expect(page.locator("#at")).to_have_text("")


async def open_camera(site: Site, beam: Simulator, page: Page, query: str = "") -> None:
    """The page of a camera that has sent its first frame."""
    await page.goto(f"{site.base}/cameras/beam{query}", wait_until="commit")
    await site.until_watched(viewers=2)
    beam.send()
    await expect(page.get_by_role("row", name="beam_energy")).to_be_visible()


async def test_tool_says_what_it_is_for_and_is_put_away(site: Site, beam: Simulator, page: Page):
    """Zoom tells what to do; a click enlarges what is there, once; Escape puts a tool away too."""
    await open_camera(site, beam, page)
    zoom, hint = page.get_by_role("button", name="Zoom"), page.get_by_text("Draw a box around")
    await zoom.click()
    await expect(hint).to_be_visible()
    await page.mouse.click(*await middle_of(picture_of(page)))
    await expect(page).to_have_url(re.compile(r"roi=80,(59|60),160,120$"))
    await expect(hint).to_be_hidden()
    await expect(zoom).to_have_attribute("aria-pressed", "false")
    await page.get_by_role("button", name="Mark").click()
    await expect(page.get_by_text("Tap where a mark is to be")).to_be_visible()
    await picture_of(page).focus()
    await page.keyboard.press("Escape")
    await expect(page.get_by_text("Tap where a mark is to be")).to_be_hidden()


async def test_menu_closes_when_one_looks_elsewhere(site: Site, beam: Simulator, page: Page):
    """A click beside it, a choice in it, its own word and Escape each close it; it covers the tools no longer."""
    await open_camera(site, beam, page)
    word, choice = page.get_by_text("Save", exact=True), page.get_by_role("link", name="Picture, as shown (.jpg)")
    for leave in ("beside", "word", "Escape", "choice"):
        await word.click()
        await expect(choice).to_be_visible()
        if leave == "beside":
            await page.get_by_text("Connection", exact=True).click()
        elif leave == "word":
            await word.click()
        elif leave == "Escape":
            await page.keyboard.press("Escape")
        else:
            async with page.expect_download():
                await choice.click()
                beam.send()
        await expect(choice).to_be_hidden()


async def test_only_the_picture_of_what_is_frozen_can_be_saved(site: Site, beam: Simulator, page: Page):
    """While the picture is held still no file of another image is offered, and the menu says why."""
    await open_camera(site, beam, page)
    await page.get_by_role("button", name="Freeze").click()
    await expect(page.get_by_role("button", name="Resume")).to_be_visible()
    await page.get_by_text("Save", exact=True).click()
    await expect(page.get_by_role("link", name="Pixel values")).to_have_count(0)
    await expect(page.get_by_text("Pixel values are not kept")).to_be_visible()
    await page.get_by_role("button", name="Resume").click()
    await page.get_by_text("Save", exact=True).click()
    await expect(page.get_by_role("link", name="Pixel values")).to_have_count(2)
    await expect(page.get_by_text("Pixel values are not kept")).to_be_hidden()


async def test_measured_is_what_is_shown(site: Site, beam: Simulator, page: Page):
    """Without its background the picture's histogram is that of the picture without it."""
    await open_camera(site, beam, page)
    await page.get_by_role("heading", name="Picture settings").click()
    async with page.expect_request(re.compile("/events.*[*],.*histogram.*&background=subtract&")):
        await page.get_by_label("subtract").check()


@pytest.mark.parametrize("width", [320, 360])
async def test_top_of_a_phone_has_room_for_a_name(browser: Browser, width: int):
    """On the narrowest screens nothing on top lies on its neighbour, and a camera's name is not cut."""
    with Simulator(Beam(64, 48, "uint8", seed=1)) as beam:
        async with run_site({NAME: beam.url, "gun": "bsread+sub://127.0.0.1:1"}, users={"anna": "secret"}) as site:
            options = {**PHONE, "viewport": {"width": width, "height": 640}}
            async with opened(browser, **options) as (_, page):
                await log_in(page, site.base, "anna")
                for heading in ("Cameras", NAME):
                    name = page.get_by_role("heading", name=heading, level=1)
                    await expect(name).to_be_visible()
                    cut = await name.evaluate("h => h.scrollWidth > h.clientWidth || h.scrollHeight > h.clientHeight")
                    assert not cut
                    home = page.get_by_role("link", name="mjpeg-viewer: start page")
                    out = page.get_by_role("button", name="Log out")
                    boxes = [await part.bounding_box() for part in (home, name, out)]
                    edges = [edge for box in boxes if box for edge in (box["x"], box["x"] + box["width"])]
                    assert edges == sorted(edges)
                    assert edges[-1] <= width
                    if heading != NAME:
                        await page.get_by_role("link", name=NAME).tap()
