"""WCAG 2.2 AA, as far as axe-core (https://github.com/dequelabs/axe-core) can tell: every page, dark and light."""

import asyncio
from importlib.resources import files

import pytest
from playwright.async_api import Browser, Page

from mjpeg_viewer.simulator import Simulator
from tests.browser.conftest import close, expect
from tests.kit import PATIENCE, receiving, run_site

AXE = (files("axe_playwright_python") / "axe.min.js").read_text()

_RUN = """axe.run(document, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"], resultTypes: ["violations"],
})"""

SIZES = {"phone": (360, 740), "tablet": (768, 1024), "desktop": (1920, 1080)}
PAGES = {
    "wall": "/",
    "camera": "/cameras/beam?profiles=on&pins=beam_energy&marks=30,50,60,90",
    "offline": "/cameras/gone",
    "display": "/cameras/beam/display?channels=beam_energy,x_fwhm",
    "error": "/cameras/nowhere",
}


async def find_violations(page: Page) -> list[str]:
    """What axe-core finds on the page as it is at its top, where nothing is scrolled half under what stays in sight."""
    await page.evaluate(f"() => {{ scrollTo({{ top: 0, behavior: 'instant' }}); {AXE} }}")
    found = await page.evaluate(_RUN)
    return [f"{fault['id']}: {node['html']}" for fault in found["violations"] for node in fault["nodes"]]


async def fill_panels(beam: Simulator, page: Page) -> None:
    """All that comes with its first use: the histogram, profiles and trend, the cursor and its value, the QR code."""
    await page.mouse.move(0, 0)  # what clicked on a panel is not to lie on the picture when that is scrolled beneath it
    await page.locator("#fit").press("ArrowLeft")
    async with asyncio.timeout(PATIENCE):
        while not await page.evaluate(_FILLED):
            beam.send()
            await asyncio.sleep(0.02)


_FILLED = """["#histogram path", "#over .profiles", "#over .marks", "#over .cursor", "#values th path"].every(
    path => document.querySelector(path)?.getAttribute("d")
) && /· \\d/.test(document.querySelector("#at").textContent)
  && ["#spot", "#marks", "#background", "#cost"].every(line => document.querySelector(line).textContent)
  && document.querySelector("#qr").naturalWidth > 0"""


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("scheme", ["dark", "light"])
async def test_every_page_is_for_everybody(beam: Simulator, browser: Browser, scheme: str, size: str):
    """axe-core finds no violation on any page, nor on the login, with and without an error, nor when logged out."""
    width, height = SIZES[size]
    context = await browser.new_context(color_scheme=scheme, viewport={"width": width, "height": height})
    page = await context.new_page()
    found: dict[str, list[str]] = {}
    cameras = {"beam": beam.url, "gone": "bsread+sub://127.0.0.1:1"}
    async with run_site(cameras, users={"anna": "secret"}) as site:
        await receiving(beam)
        await page.goto(f"{site.base}/login", wait_until="commit")
        found["login"] = await find_violations(page)
        await page.fill("[name=username]", "anna")
        await page.fill("[name=password]", "wrong")
        await page.click("[type=submit]")
        await expect(page.get_by_role("alert")).to_be_visible()
        found["login refused"] = await find_violations(page)
        await page.fill("[name=password]", "secret")
        await page.click("[type=submit]")
        await expect(page).to_have_url(f"{site.base}/")
        for name, path in PAGES.items():
            await page.goto(site.base + path, wait_until="commit")
            for details in await page.locator("details:not(.menu) > summary:visible").all():
                await details.click()
            beam.send()
            if name in ("camera", "display"):
                await expect(page.locator("#state")).to_have_attribute("data-state", "live")
            if name == "camera":
                await fill_panels(beam, page)
                found["in use"] = await find_violations(page)
                await page.get_by_role("button", name="Freeze").click()
                await expect(page.locator("#state")).to_have_attribute("data-state", "frozen")
                await page.locator(".save summary").click()
                found["frozen"] = await find_violations(page)
                continue
            if name == "offline":
                await expect(page.locator("#stage .veil")).to_be_visible()
            found[name] = await find_violations(page)
        await page.goto(site.base, wait_until="commit")
        await context.request.post(f"{site.base}/logout")
        await expect(page.locator("#wall-notice a")).to_be_visible(timeout=10_000)
        found["logged out"] = await find_violations(page)
    await close(context)
    assert found == {name: [] for name in found}


# What has the focus, and whether anything of it can be seen: nine points of it.  Two sliders lie on one
# another, and the veil on a picture that is not live.
_FOCUSED = """() => {
    const element = document.activeElement;
    if (element === document.body) return null;
    const box = element.getBoundingClientRect();
    const whole = element.matches("#fit, [type=range]") ? element.parentElement : element;
    const seen = [0.1, 0.5, 0.9].some(x => [0.1, 0.5, 0.9].some(y => {
        const there = document.elementFromPoint(box.x + x * box.width, box.y + y * box.height);
        return there && (whole.contains(there) || there.contains(element));
    }));
    return [element.id || element.getAttribute("aria-label") || element.name || element.textContent.trim(), seen];
}"""


@pytest.mark.parametrize("size", [*SIZES, "narrow"])
async def test_what_has_the_focus_is_seen(beam: Simulator, browser: Browser, size: str):
    """Neither the bar nor the picture, which stay in sight, cover what the keyboard comes to, down and up the page."""
    width, height = SIZES.get(size, (320, 640))
    context = await browser.new_context(viewport={"width": width, "height": height})
    page = await context.new_page()
    hidden: list[str] = []
    steps = dict.fromkeys(("Tab", "Shift+Tab"), 0)
    async with run_site({"beam": beam.url}) as site:
        await receiving(beam)
        await page.goto(site.base + PAGES["camera"], wait_until="commit")
        for details in await page.locator("details:not(.menu) > summary:visible").all():
            await details.click()
        beam.send()
        await expect(page.locator("#state")).to_have_attribute("data-state", "live")
        await fill_panels(beam, page)
        await page.evaluate("document.activeElement.blur(); scrollTo({ top: 0, behavior: 'instant' })")
        for key in steps:
            await page.keyboard.press(key)
            while (focused := await page.evaluate(_FOCUSED)) and steps[key] < 300:
                name, seen = focused
                steps[key] += 1
                if not seen:
                    hidden.append(f"{name} by {key}")
                await page.keyboard.press(key)
    await close(context)
    assert all(50 < count < 300 for count in steps.values()), steps
    assert hidden == []
