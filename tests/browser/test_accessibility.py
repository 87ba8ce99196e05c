"""WCAG 2.2 AA, as far as axe-core (https://github.com/dequelabs/axe-core) can tell: every page, dark and light."""

import asyncio
from importlib.resources import files

import pytest
from playwright.async_api import Browser, Page, expect

from mjpeg_viewer.simulator import Simulator
from tests.browser.conftest import close
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
    await page.evaluate(f"() => {{ {AXE} }}")
    found = await page.evaluate(_RUN)
    return [f"{fault['id']}: {node['html']}" for fault in found["violations"] for node in fault["nodes"]]


async def fill_panels(beam: Simulator, page: Page) -> None:
    """All that comes with its first use: the histogram, profiles and trend, the cursor and its value, the QR code."""
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
