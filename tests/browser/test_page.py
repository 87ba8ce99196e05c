"""The page over a day: restarts, silences, logouts, and screens of every size."""

import asyncio
import re

import pytest
from playwright.async_api import Browser, Page

from mjpeg_viewer.simulator import Beam, Simulator
from mjpeg_viewer.web.places import PlaceLimits
from mjpeg_viewer.web.viewer import Viewer
from tests.browser.conftest import close, expect
from tests.browser.test_picture import until_shown
from tests.kit import PATIENCE, Site, receiving, run_site, until

WIDTHS = (360, 768, 1920)


async def test_page_comes_back_after_a_server_restart(beam: Simulator, page: Page):
    """A server that is stopped and started anew is found by the open page, picture and values, without a reload."""
    async with run_site({"beam": beam.url}) as site:
        port = site.port
        await receiving(beam)
        await page.goto(site.base, wait_until="commit")
        await site.until_watched(viewers=2)
        beam.send()
        await until_shown(page, 1)
    await expect(page.locator("#state")).to_have_attribute("data-state", "reconnecting")
    async with run_site({"beam": beam.url}, port=port) as site:
        await receiving(beam)
        await site.until_watched(viewers=2)
        number = beam.pulse_id
        beam.send()
        await until_shown(page, number)
        await expect(page.locator("#state")).to_have_attribute("data-state", "live")
        await expect(page.locator("#pulse-id")).to_have_text(str(number))


async def test_no_old_picture_is_live_after_a_server_restart(beam: Simulator, page: Page):
    """Between the old server's last picture and the new one's first, the page says that it waits."""
    async with run_site({"beam": beam.url}) as site:
        port = site.port
        await receiving(beam)
        await page.goto(site.base, wait_until="commit")
        await site.until_watched(viewers=2)
        beam.send()
        await until_shown(page, 1)
        await page.evaluate(_RECORD_LIES)
    await expect(page.locator("#state")).to_have_attribute("data-state", "reconnecting")
    async with run_site({"beam": beam.url}, port=port) as site:
        await receiving(beam)
        await site.until_watched(viewers=2)
        beam.send()  # the camera is live again; which picture shows that, is seen by the recorder
        await until_shown(page, beam.pulse_id - 1)
    assert await page.evaluate("window.lies") == []


# While the server is away and until a new picture is painted, an uncovered picture is a lie.
_RECORD_LIES = """() => {
    window.lies = [];
    let gone = false;
    const picture = document.querySelector("#picture");
    const look = () => {
        const state = document.querySelector("#state").dataset.state;
        const covered = !document.querySelector("#stage .veil").hidden;
        if (state === "reconnecting") gone = true;
        const source = picture.getAttribute("src");
        if (gone && !covered && !source.includes("try=")) window.lies.push(`${state} ${source}`);
        requestAnimationFrame(look);
    };
    look();
}"""


async def test_picture_is_embedded_by_another_port_of_the_same_host(beam: Simulator, page: Page):
    """A page of another server on the host shows the picture with a plain <img>, to whoever is logged in here."""
    wiki = await asyncio.start_server(_serve_wiki, "127.0.0.1", 0)
    async with wiki, run_site({"beam": beam.url}, users={"anna": "secret"}) as site:
        base = f"http://localhost:{site.port}"  # Chromium takes no two addresses for the same site, only names
        await receiving(beam)
        await page.goto(f"{base}/login", wait_until="commit")
        await page.fill("[name=username]", "anna")
        await page.fill("[name=password]", "secret")
        await page.click("[type=submit]")
        await expect(page).to_have_url(f"{base}/")
        await page.goto(f"http://localhost:{wiki.sockets[0].getsockname()[1]}/", wait_until="commit")
        await page.evaluate(f"document.body.innerHTML = '<img src={base}/cameras/beam/stream.mjpg>'")
        await site.until_watched()
        beam.send()
        async with asyncio.timeout(PATIENCE):
            while not await page.evaluate("document.querySelector('img').naturalWidth"):
                await asyncio.sleep(0)


async def _serve_wiki(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 15\r\nConnection: close\r\n\r\n<!doctype html>"
    )
    await writer.drain()
    writer.close()


async def test_silent_camera_is_never_shown_as_live(site: Site, beam: Simulator, page: Page):
    """When the sender goes, the page covers the old picture and says why; when it is back, the page is live again."""
    await page.goto(site.base, wait_until="commit")
    await site.until_watched(viewers=2)
    beam.send()
    await until_shown(page, 1)
    port = beam.port
    beam.close()
    await expect(page.locator("#state")).to_have_attribute("data-state", "connecting", timeout=10_000)
    await expect(page.locator("#stage .veil")).to_be_visible()
    await expect(page.locator("#reason")).to_contain_text("nobody answers at tcp://127.0.0.1")
    with Simulator(Beam(320, 240, "uint16", counter=True), port=port, start_pulse_id=100) as back:
        await receiving(back)
        back.send()
        await until_shown(page, 100)
        await expect(page.locator("#state")).to_have_attribute("data-state", "live")
        await expect(page.locator("#stage .veil")).to_be_hidden()


async def test_login_leads_to_the_page_and_logout_ends_it(beam: Simulator, page: Page):
    """Who logs in by the form sees the camera asked for; who logs out in another tab is told so on the page."""
    async with run_site({"beam": beam.url}, users={"anna": "secret"}) as site:
        await receiving(beam)
        await page.goto(f"{site.base}/cameras/beam", wait_until="commit")
        await expect(page).to_have_url(re.compile(r"/login\?next=/cameras/beam$"))
        await page.fill("[name=username]", "anna")
        await page.fill("[name=password]", "wrong")
        await page.click("[type=submit]")
        await expect(page.get_by_role("alert")).to_have_text("Name or password is wrong.")
        await page.fill("[name=password]", "secret")
        await page.click("[type=submit]")
        await expect(page).to_have_url(f"{site.base}/cameras/beam")
        await site.until_watched(viewers=2)
        beam.send()
        await until_shown(page, 1)
        other = await page.context.new_page()
        await other.goto(site.base, wait_until="commit")
        await other.get_by_role("button", name="Log out").click()
        await expect(page.locator("#state")).to_have_attribute("data-state", "logged-out", timeout=10_000)
        await expect(page.locator("#stage .veil")).to_be_visible()


async def test_page_that_takes_all_places_is_loaded_anew(beam: Simulator, page: Page):
    """At a limit of one page, reloading it, again and again, shows picture and values each time, at the first try."""
    limits = PlaceLimits(total=2, per_user=2, per_address=2)
    async with run_site({"beam": beam.url}, users={"anna": "secret"}, limits=limits) as site:
        refused: list[str] = []
        page.on("response", lambda answer: refused.append(answer.url) if answer.status == 503 else None)
        await receiving(beam)
        await page.goto(f"{site.base}/login", wait_until="commit")
        await page.fill("[name=username]", "anna")
        await page.fill("[name=password]", "secret")
        await page.click("[type=submit]")
        await expect(page).to_have_url(f"{site.base}/")
        old: set[Viewer] = set()
        for _ in range(5):
            await until(lambda old=old: len(set(site.viewers) - old) == site.cameras["beam"].viewers == 2)
            old = set(site.viewers)
            beam.send()
            await until_shown(page, beam.pulse_id - 1)
            await expect(page.locator("#state")).to_have_attribute("data-state", "live")
            await page.reload(wait_until="commit")
        assert refused == []


@pytest.mark.parametrize("width", WIDTHS)
async def test_page_fits_every_screen(site: Site, beam: Simulator, browser: Browser, width: int):
    """From a phone to a large screen nothing sticks out sideways, and the picture is in sight without scrolling."""
    context = await browser.new_context(viewport={"width": width, "height": 740})
    page = await context.new_page()
    await page.goto(site.base, wait_until="commit")
    await site.until_watched(viewers=2)
    beam.send()
    await until_shown(page, 1)
    await expect(page.locator("#pulse-id")).to_have_text("1")
    assert await page.evaluate("document.documentElement.scrollWidth") <= width
    box = await page.locator("#picture").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 740
    assert box["width"] >= 0.9 * width or box["height"] >= 0.8 * 740
    await close(context)


async def test_wall_shows_every_camera(beam: Simulator, page: Page):
    """With several cameras the start page shows each with its state, and leads to each."""
    with Simulator(Beam(64, 48), mode="pub") as other:
        async with run_site({"beam": beam.url, "other": other.url, "gone": "bsread+sub://127.0.0.1:1"}) as site:
            await receiving(beam)
            await page.goto(site.base, wait_until="commit")
            await site.until_watched(viewers=2)
            beam.send()
            cards = page.locator("[data-camera]")
            assert await cards.count() == 3
            await expect(page.locator("[data-camera=beam] [data-state]")).to_have_attribute("data-state", "live")
            await expect(page.locator("[data-camera=gone] [data-state]")).to_have_attribute("data-state", "connecting")
            await page.click("[data-camera=beam] a")
            await expect(page).to_have_url(f"{site.base}/cameras/beam")
