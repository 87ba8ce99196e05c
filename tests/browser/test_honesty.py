"""What the page says while its link is slow, while it is gone, and after that."""

import threading
import time
from collections.abc import Iterator

import pytest
from playwright.async_api import Page

from mjpeg_viewer.simulator import Beam, Simulator
from tests.browser.conftest import expect
from tests.browser.relay import run_relay
from tests.kit import run_site


@pytest.fixture
def running() -> Iterator[Simulator]:
    """A camera that sends 20 Hz of large pictures until the test ends."""
    with Simulator(Beam(640, 480, "uint16", seed=1), mode="pub") as beam:
        sending = threading.Thread(target=beam.run, kwargs={"delay": 0.05})
        sending.start()
        try:
            yield beam
        finally:
            beam.stop()
            sending.join()


async def test_slow_link_says_how_much_it_leaves_out(running: Simulator, page: Page):
    """Where a link takes a fraction of the pictures, the page says so beside the live picture, until it is faster."""
    async with run_site({"beam": running.url}) as site, run_relay(site.port) as relay:
        await page.goto(relay.base, wait_until="commit")
        state = page.locator("#state")
        await expect(state).to_have_attribute("data-state", "live")
        relay.rate = 100_000
        await expect(state).to_have_attribute("data-state", "slow-link", timeout=20_000)
        await expect(page.locator("#reason")).to_contain_text("% of the pictures are left out")
        await expect(page.locator("#stage .veil")).to_be_hidden()
        relay.rate = None
        await expect(state).to_have_attribute("data-state", "live", timeout=20_000)
        await expect(page.locator("#reason")).to_have_text("")


async def test_network_that_vanishes_is_noticed_and_another_taken(running: Simulator, page: Page):
    """Connections that fall silent without an end cover the picture within 5 s, and the page opens others."""
    async with run_site({"beam": running.url}) as site, run_relay(site.port) as relay:
        await page.goto(relay.base, wait_until="commit")
        state, veil = page.locator("#state"), page.locator("#stage .veil")
        await expect(state).to_have_attribute("data-state", "live")
        await expect(veil).to_be_hidden()
        await expect(page.locator("#shown-rate")).to_contain_text("Hz")  # some seconds after all else was loaded
        relay.vanish()
        await expect(state).to_have_attribute("data-state", "reconnecting", timeout=5000)
        await expect(veil).to_be_visible()
        await expect(state).to_have_attribute("data-state", "live", timeout=10_000)
        await expect(veil).to_be_hidden()
        assert "try=" in (await page.get_attribute("#picture", "src") or "")


async def test_page_is_back_within_5_s_of_a_restarted_server(running: Simulator, page: Page):
    """However long the server was away, picture and state are live 5 s after it listens again."""
    async with run_site({"beam": running.url}) as site:
        port = site.port
        await page.goto(site.base, wait_until="commit")
        await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    await expect(page.locator("#stage .veil-title")).to_contain_text("for 6 s", timeout=10_000)
    async with run_site({"beam": running.url}, port=port):
        began = time.monotonic()
        await expect(page.locator("#state")).to_have_attribute("data-state", "live")
        await expect(page.locator("#stage .veil")).to_be_hidden()
        assert time.monotonic() - began < 5
