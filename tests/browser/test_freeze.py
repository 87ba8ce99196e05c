"""The picture held still, and the ones before it."""

from playwright.async_api import Page

from mjpeg_viewer.simulator import Simulator
from tests.browser.conftest import expect
from tests.browser.test_picture import until_shown
from tests.kit import Site, until

_LIVE, _FROZEN = "#picture", "#frozen"


async def test_frozen_picture_says_so_and_the_last_ones_can_be_seen(site: Site, beam: Simulator, page: Page):
    """Freezing holds the newest; each step goes back by one frame, with its pulse id; nothing of it looks live."""
    await page.goto(f"{site.base}/cameras/beam", wait_until="commit")
    await site.until_watched(viewers=2)
    for number in range(1, 36):
        beam.send()
        await until(lambda number=number: site.cameras["beam"].encoded >= 2 * number)
    await until_shown(page, 35)
    await page.get_by_role("button", name="Freeze").click()
    line = page.locator("#frozen-line")
    await expect(line).to_contain_text("pulse 35 · 30 of 30")
    await expect(page.locator("#state")).to_have_attribute("data-state", "frozen")
    await expect(page.locator("#pulse-id")).to_have_text("35")
    beam.send()
    await until_shown(page, 36)  # the stream runs on below
    assert await page.locator(_LIVE).is_hidden()
    await until_shown(page, 35, _FROZEN)
    back = page.get_by_role("button", name="One picture back")
    for number in (34, 33):
        await back.click()
        await expect(line).to_contain_text(f"pulse {number} · {number - 5} of 30")
        await until_shown(page, number, _FROZEN)
    await page.get_by_role("button", name="One picture on").click()
    await until_shown(page, 34, _FROZEN)
    await page.get_by_role("button", name="Resume").click()
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")
    await expect(page.locator(_LIVE)).to_be_visible()
    await expect(page.locator(_FROZEN)).to_be_hidden()


async def test_page_steps_back_no_further_than_its_own_beginning(site: Site, beam: Simulator, page: Page):
    """What others were shown before it came is nothing that this page could have seen."""
    async with site.pictures() as other:
        for _ in range(3):
            beam.send()
            await other.take()
        await page.goto(f"{site.base}/cameras/beam", wait_until="commit")
        await site.until_watched(viewers=3)
        beam.send()
        await until_shown(page, 4)
        await page.get_by_role("button", name="Freeze").click()
        await expect(page.locator("#frozen-line")).to_contain_text("pulse 4 · 1 of 1")
