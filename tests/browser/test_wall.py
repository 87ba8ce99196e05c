"""The wall of many cameras: what it shows, and what it leaves of the browser's few connections."""

import re
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from mjpeg_viewer.simulator import Beam, Simulator
from tests.browser.both_hands import FirefoxHand
from tests.browser.conftest import close, expect
from tests.browser.firefox import Tab
from tests.browser.test_accessibility import find_violations
from tests.deploy.proxies import run_proxy
from tests.kit import Site, run_site, until

CAMERAS = 12

# Which cameras' pictures are painted, newly or still.
_PAINTED = """() => [...document.querySelectorAll(".card")]
    .filter((card) => card.querySelector(".stage > img").naturalWidth && card.querySelector(".veil").hidden)
    .map((card) => card.dataset.camera)"""


@pytest.fixture
def crowd() -> Iterator[Simulator]:
    """A sender that as many cameras as there are can listen to; it sends until the test ends."""
    with Simulator(Beam(160, 120), mode="pub") as simulator:
        yield simulator


@pytest_asyncio.fixture(loop_scope="session")
async def twelve(crowd: Simulator) -> AsyncIterator[Site]:
    """A server with twelve cameras that all send at 20 Hz."""
    names = [f"cam{number:02}" for number in range(CAMERAS)]
    async with run_site(dict.fromkeys(names, crowd.url), users={"anna": "secret"}) as site:
        sending = threading.Thread(target=crowd.run, kwargs={"delay": 0.05})
        sending.start()
        try:
            yield site
        finally:
            crowd.stop()
            sending.join()


async def log_in(page: Page, base: str) -> None:
    await page.goto(f"{base}/login", wait_until="commit")
    await page.fill("[name=username]", "anna")
    await page.fill("[name=password]", "secret")
    await page.click("[type=submit]")
    await expect(page).to_have_url(f"{base}/")


def streams(site: Site) -> set[str]:
    """Return which cameras are streamed to somebody."""
    return {viewer.cameras[0] for viewer in site.viewers if viewer.kind == "stream"}


async def until_all_painted(page: Page, count: int = CAMERAS) -> None:
    await page.evaluate("document.querySelector('.wall').scrollIntoView()")
    painted: list[str] = []
    for _ in range(400):
        painted = await page.evaluate(_PAINTED)
        if len(painted) >= count:
            return
        await page.wait_for_timeout(25)
    raise AssertionError(f"only {painted} are painted")


async def test_twelve_cameras_leave_room_for_everything_else(twelve: Site, page: Page):
    """Over HTTP/1.1 all twelve are shown and described, events come, and a link leads to a camera that runs."""
    await page.set_viewport_size({"width": 1920, "height": 1600})
    await log_in(page, twelve.base)
    await until_all_painted(page)
    assert len(streams(twelve)) == 3
    for number in (0, CAMERAS - 1):
        card = page.locator(f"[data-camera=cam{number:02}]")
        await expect(card.locator(".pill")).to_have_attribute("data-state", "live")
        await expect(card.locator(".rate")).to_contain_text("Hz")
        await expect(card.locator(".age")).to_contain_text("old")
    assert [viewer.cameras for viewer in twelve.viewers if viewer.kind == "events"] == [tuple(twelve.cameras)]
    other = await page.context.new_page()
    await other.goto(f"{twelve.base}/login", wait_until="load", timeout=5000)
    await page.click("[data-camera=cam11] a")
    await expect(page).to_have_url(f"{twelve.base}/cameras/cam11")
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    await until(lambda: streams(twelve) == {"cam11"})


async def test_snapshots_are_renewed(twelve: Site, page: Page):
    """A picture that is not streamed is another one some seconds later, and small."""
    await page.set_viewport_size({"width": 1920, "height": 1600})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "cam11/snapshot" in request.url else None)
    await log_in(page, twelve.base)
    await until(lambda: len(asked) >= 3)
    assert all("width=480" in url and "max_age_ms=1000" in url for url in asked)
    await expect(page.locator("[data-camera=cam11] .age")).to_contain_text("picture up to")


async def test_only_what_is_on_screen_is_watched(twelve: Site, page: Page):
    """On a phone the tiles in sight are streamed; who scrolls gives those back and gets others."""
    await page.set_viewport_size({"width": 360, "height": 500})
    await log_in(page, twelve.base)
    await until(lambda: "cam00" in streams(twelve) and "cam02" not in streams(twelve))
    await page.locator("[data-camera=cam11]").scroll_into_view_if_needed()
    await until(lambda: "cam11" in streams(twelve) and "cam00" not in streams(twelve))
    await page.locator("[data-camera=cam00]").scroll_into_view_if_needed()
    await until(lambda: "cam00" in streams(twelve) and "cam11" not in streams(twelve))


async def test_wall_of_dead_cameras_is_told_of_at_once(crowd: Simulator, page: Page):
    """Eleven cameras that send nothing keep no connection from the one that does."""
    names = {f"dead{number:02}": "bsread+sub://127.0.0.1:1" for number in range(CAMERAS - 1)}
    async with run_site({**names, "alive": crowd.url}) as site:
        await page.set_viewport_size({"width": 1920, "height": 1600})
        await page.goto(site.base, wait_until="commit")
        await expect(page.locator("[data-camera=dead10] .pill")).to_have_attribute("data-state", "connecting")
        crowd.send(20, 0.05)
        await expect(page.locator("[data-camera=alive] .pill")).to_have_attribute("data-state", "live")
        await until(lambda: "alive" in streams(site))


async def test_wall_is_narrowed_as_one_types(twelve: Site, page: Page):
    """Only what has the text in its name stays, all of it live, and the rest is given back; the address has it too."""
    await page.set_viewport_size({"width": 1920, "height": 1600})
    await log_in(page, twelve.base)
    await until(lambda: len(streams(twelve)) == 3)
    count, field = page.get_by_role("search").get_by_role("status"), page.get_by_label("Filter the cameras by name")
    await expect(count).to_have_text("12")
    await field.press_sequentially(" CAM0")
    await field.press_sequentially("8")
    await expect(count).to_have_text("1 of 12")
    await expect(page.get_by_role("search")).to_have_text("1 of 12 cameras")
    await until(lambda: streams(twelve) == {"cam08"})
    await field.fill("cam1")
    await expect(page.get_by_role("article")).to_have_text([re.compile("cam10"), re.compile("cam11")])
    await until(lambda: streams(twelve) == {"cam10", "cam11"})
    await until_all_painted(page, 2)
    assert await find_violations(page) == []
    await expect(page).to_have_url(f"{twelve.base}/?find=cam1")
    await field.press("Enter")
    await page.reload(wait_until="commit")
    await expect(field).to_have_value("cam1")
    await expect(count).to_have_text("2 of 12")
    await until(lambda: streams(twelve) == {"cam10", "cam11"})
    await field.press("Escape")
    await expect(count).to_have_text("12")
    await expect(page).to_have_url(f"{twelve.base}/")
    await until_all_painted(page)
    await until(lambda: len(streams(twelve)) == 3)


async def test_four_that_are_found_are_live(twelve: Site, page: Page, browser: Browser):
    """Where no snapshots are to be asked for, their connection is one more picture's."""
    await page.set_viewport_size({"width": 1920, "height": 1600})
    await log_in(page, twelve.base)
    await page.goto(f"{twelve.base}/?find=0", wait_until="commit")
    await expect(page.get_by_role("search").get_by_role("status")).to_have_text("11 of 12")
    await until(lambda: streams(twelve) == {"cam00", "cam01", "cam02"})
    async with run_site(
        dict.fromkeys(["gun", "gun-2", "gun-3", "mirror", "gun-4"], "bsread+sub://127.0.0.1:1")
    ) as site:
        await page.goto(site.base, wait_until="commit")
        await until(lambda: len(streams(site)) == 3)
        await page.get_by_label("Filter the cameras by name").fill("gun")
        await until(lambda: streams(site) == {"gun", "gun-2", "gun-3", "gun-4"})
        async with await browser.new_context(java_script_enabled=False) as context:
            await (await context.new_page()).goto(f"{site.base}/?find=gun", wait_until="commit")
            await until(lambda: sum(viewer.kind == "stream" for viewer in site.viewers) == 8)


async def test_filter_that_finds_nothing_says_so(twelve: Site, page: Page):
    """No picture is open, and a link leads to all; who has to log in comes back to what was wanted."""
    await log_in(page, twelve.base)
    await page.get_by_label("Filter the cameras by name").fill("<b>&")
    nothing = page.get_by_text("No camera has “<b>&” in its name.")
    await expect(nothing).to_be_visible()
    await expect(page.get_by_role("search").get_by_role("status")).to_have_text("0 of 12")
    await expect(page.get_by_role("article")).to_have_count(0)
    await until(lambda: streams(twelve) == set())
    assert await find_violations(page) == []
    await page.context.clear_cookies()
    await page.reload(wait_until="commit")
    await page.fill("[name=username]", "anna")
    await page.fill("[name=password]", "secret")
    await page.click("[type=submit]")
    await expect(nothing).to_be_visible()
    await page.get_by_role("link", name="Show all cameras").click()
    await expect(page.get_by_role("article")).to_have_count(CAMERAS)
    await expect(nothing).to_be_hidden()


async def test_wall_that_is_logged_out_comes_back_as_it_was(twelve: Site, page: Page):
    """The link that it offers leads back to the cameras that were found."""
    await log_in(page, twelve.base)
    await page.get_by_label("Filter the cameras by name").fill("cam 1&")
    link = page.locator("#wall-notice a")
    await expect(link).to_have_attribute("href", "/login?next=%2F%3Ffind%3Dcam%2B1%2526")
    await page.reload(wait_until="commit")
    await expect(link).to_have_attribute("href", re.compile(r"^/login\?next=(/|%2F)%3Ffind%3Dcam%2B1%2526$"))


async def test_wall_is_narrowed_without_javascript(twelve: Site, browser: Browser):
    """The field is a plain form: the server shows what is found, and streams nothing else."""
    context = await browser.new_context(java_script_enabled=False, viewport={"width": 360, "height": 740})
    page = await context.new_page()
    await log_in(page, twelve.base)
    await page.get_by_label("Filter the cameras by name").fill("CAM1")
    show = await page.get_by_role("button", name="Show").bounding_box()
    assert show is not None
    assert show["width"] > show["height"]  # its word in one line
    await page.get_by_role("button", name="Show").click()
    await expect(page).to_have_url(f"{twelve.base}/?find=CAM1")
    await expect(page.get_by_role("article")).to_have_text([re.compile("cam10"), re.compile("cam11")])
    await expect(page.get_by_role("search").get_by_role("status")).to_have_text("2 of 12")
    await until(lambda: streams(twelve) == {"cam10", "cam11"})
    await page.get_by_label("Filter the cameras by name").fill("cam12")
    await page.get_by_label("Filter the cameras by name").press("Enter")
    await expect(page.get_by_text("No camera has “cam12” in its name.")).to_be_visible()
    await until(lambda: streams(twelve) == set())
    await close(context)


async def test_escape_shows_all_again_in_firefox(twelve: Site, crowd: Simulator, tab: Tab, tmp_path: Path):
    """It empties a search field by itself, as Chromium does, and what is narrowed follows: cameras and values."""
    hand = FirefoxHand(tab, tmp_path, touch=False, width=1920, least=1)
    async with run_site(dict.fromkeys(twelve.cameras, crowd.url)) as site:
        for path, field, count in (("/", "#find", "#wall-count"), ("/cameras/cam00", "#filter", "#values-count")):
            await hand.goto(site.base + path)
            await hand.until(f"Number(document.querySelector('{count}')?.textContent) > 4")
            every = await hand.read(count)
            await hand.fill(field, "1m")
            await hand.until(f"document.querySelector('{count}').textContent === '0 of {every}'")
            await hand.press("Escape")
            await hand.until(f"document.querySelector('{count}').textContent === '{every}'")


async def test_few_cameras_need_no_filter(crowd: Simulator, page: Page):
    """Four are seen at a glance; an address that asks for some of them is answered all the same, of one camera too."""
    names = ["gun", "mirror", "screen", "dump"]
    async with run_site(dict.fromkeys(names, crowd.url)) as site:
        await page.goto(site.base, wait_until="commit")
        await expect(page.get_by_role("article")).to_have_count(4)
        await expect(page.get_by_role("search")).to_have_count(0)
        await page.goto(f"{site.base}/?find=m", wait_until="commit")
        await expect(page.get_by_role("article")).to_have_text([re.compile("mirror"), re.compile("dump")])
    async with run_site({"gun": crowd.url}) as site:
        await page.goto(f"{site.base}/?find=mirror", wait_until="commit")
        await page.get_by_role("link", name="Show all cameras").click()
        await expect(page.get_by_role("heading", name="gun")).to_be_visible()
        for blank in ("", "+"):
            await page.goto(f"{site.base}/?find={blank}", wait_until="commit")
            await expect(page.locator("#camera")).to_be_visible()


async def test_all_cameras_are_streamed_over_http2(twelve: Site, browser: Browser, tmp_path: Path):
    """Behind nginx all twelve cameras on screen run at once."""
    context = await browser.new_context(ignore_https_errors=True, viewport={"width": 1920, "height": 1600})
    page = await context.new_page()
    async with run_proxy("nginx", twelve.port, tmp_path) as proxy:
        await log_in(page, proxy.base)
        await until(lambda: streams(twelve) == set(twelve.cameras))
        await until_all_painted(page)
        await close(context)
