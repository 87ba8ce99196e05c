"""
An operator's round: every control there is, used in both browsers on a phone, a tablet and a large screen.

What a control does is read from what is painted, from the texts on the page, or from the request that the server saw.
"""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser

from mjpeg_viewer.simulator import Simulator
from mjpeg_viewer.web.tokens import Tokens, make_token, write_tokens
from tests.browser.both_hands import ChromiumHand, FirefoxHand
from tests.browser.conftest import close
from tests.browser.firefox import Firefox
from tests.browser.hands import Hand
from tests.browser.round_steps import LIVE, hold, point, read_values, save, set_levels, set_picture, share, zoom
from tests.browser.rounds import Round
from tests.kit import KEYS, receiving, run_site

SIZES = {"phone": (360, 740), "tablet": (768, 1024), "desktop": (1920, 1080)}

# WCAG 2.2, 2.5.8, asks for 24 CSS pixels; a finger gets what the style sheet promises it.
LEAST = {"phone": 44, "tablet": 44, "desktop": 24}


@pytest_asyncio.fixture(
    params=[(browser, size) for size in SIZES for browser in ("chromium", "firefox")],
    ids="-".join,
    loop_scope="session",
)
async def hand(
    request: pytest.FixtureRequest, browser: Browser, firefox: Firefox, tmp_path: Path
) -> AsyncIterator[Hand]:
    """A hand at each browser and size: a finger, but at the large screen."""
    program, size = request.param
    width, height = SIZES[size]
    touch, least = size != "desktop", LEAST[size]
    if program == "firefox":
        least = 44 if size == "phone" else 24  # its media queries know of no finger
        async with firefox.person() as person:
            folder = tmp_path / "saved"
            folder.mkdir()
            await person.save_to(folder)
            tab = await person.open()
            await tab.resize(width, height)
            yield FirefoxHand(tab, folder, touch, width, least)
        return
    phone = size == "phone"
    context = await browser.new_context(
        viewport={"width": width, "height": height}, has_touch=touch, is_mobile=phone, device_scale_factor=1 + phone
    )
    page = await context.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    yield ChromiumHand(page, await context.new_cdp_session(page), touch, width, least)
    await close(context)
    assert faults == []


async def test_every_control_does_what_it_says(hand: Hand, beam: Simulator, tmp_path: Path):
    """Whoever logs in, sets, looks, keeps, shares and leaves gets what each control promises, and there is no other."""
    token, _ = make_token("wiki", "beam", 3600, KEYS)
    write_tokens(tmp_path / "tokens", [token], None)
    cameras = {"beam": beam.url, "gone": "bsread+sub://127.0.0.1:1"}
    tokens = Tokens(tmp_path / "tokens", KEYS)
    async with run_site(cameras, users={"anna": "secret"}, tokens=tokens) as site:
        await receiving(beam)
        this = Round(hand, site, beam, await site.log_in("anna", "secret"))
        for step in (enter, set_picture, set_levels, point, zoom, hold, save, read_values, share, go_elsewhere, leave):
            await step(this)
    assert hand.small == set()
    assert hand.seen - hand.used == set()


async def log_in(this: Round) -> None:
    hand = this.hand
    await hand.until("location.pathname === '/login'")
    await hand.survey()
    await hand.fill("#username", "anna")
    await hand.fill("#password", "secret")
    await hand.click("main [type=submit]")
    await hand.until("location.pathname !== '/login'")


async def enter(this: Round) -> None:
    """By the login onto the wall, and from there to a camera."""
    hand = this.hand
    await hand.goto(this.site.base)
    await log_in(this)
    await hand.until("location.pathname === '/'")
    await hand.survey()
    await hand.click("[data-camera=beam] a")
    await hand.until("location.pathname === '/cameras/beam'")
    await this.sends_until(LIVE)
    await hand.survey()


async def go_elsewhere(this: Round) -> None:
    """From camera to camera and to the wall by the menu, to the start by the name; from nowhere back."""
    hand = this.hand
    for path in ("/cameras/gone", "/cameras/beam", "/"):
        await hand.click(".top > .menu summary")
        await hand.survey()
        await hand.click(f".top > .menu a[href='{path}']")
        await hand.until(f"location.pathname === '{path}' && document.readyState !== 'loading'")
    await hand.click("[data-camera=gone] a")
    await hand.until("location.pathname === '/cameras/gone' && document.readyState !== 'loading'")
    await this.tells("#stage .veil-title", "^Connecting")
    await hand.click(".brand")
    await hand.until("location.pathname === '/' && document.readyState !== 'loading'")
    await hand.goto(f"{this.site.base}/cameras/nowhere")
    await hand.survey()
    await hand.click("main a")
    await hand.until("location.pathname === '/' && document.readyState !== 'loading'")


async def leave(this: Round) -> None:
    """Out by each of the ways, and in again by each that a page offers to who was logged out elsewhere."""
    hand = this.hand
    for address, selector in {"/?find=be": "#wall-notice a", "/cameras/beam?rotate=90": ".veil-login"}.items():
        await hand.goto(this.site.base + address)
        await hand.evaluate("fetch('/logout', { method: 'POST' }).then(answer => answer.ok)")
        await hand.click(selector)
        await log_in(this)
        await hand.until(f"location.pathname + location.search === '{address}'")
    await hand.goto(this.site.base)
    await hand.click(".account > button")
    await log_in(this)
    await hand.click(".account summary")
    await hand.click("[name=everywhere]")
    await hand.until("location.pathname === '/login'")
    async with this.site.get("/state", headers=this.cookie) as answer:
        assert answer.status == 401
