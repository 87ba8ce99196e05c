"""The table of values: pinned ones stand first, have a trend, and stand in the address."""

import asyncio
import re
import shlex

import cv2
import numpy as np
from playwright.async_api import Browser, Locator, Page

from mjpeg_viewer.simulator import Beam, Simulator
from mjpeg_viewer.simulator.beam import Value
from tests.browser.conftest import expect
from tests.browser.test_controls import until_drawn
from tests.browser.test_picture import until_shown
from tests.kit import PATIENCE, Site, receiving, run_site


async def test_pinned_value_stands_first_with_its_trend(site: Site, beam: Simulator, page: Page):
    """A pin moves its row up and draws what came since; the page of that address has it pinned, too."""
    await page.goto(f"{site.base}/cameras/beam", wait_until="commit")
    await site.until_watched(viewers=2)
    beam.send()
    await until_shown(page, 1)
    first = page.locator("#values tr").first
    await expect(first).to_have_attribute("data-channel", "image_size_x")
    await page.get_by_role("button", name="Pin beam_energy").click()
    await expect(first).to_have_attribute("data-channel", "beam_energy")
    await expect(page).to_have_url(re.compile(r"\?pins=beam_energy$"))
    beam.send()
    trend = first.locator("th svg")
    await expect(trend).to_have_attribute("aria-label", re.compile("^the last [12] s, from 5"))
    plain = await page.get_by_role("button", name="Pin image_size_x").evaluate(_BACKGROUND)
    assert await page.get_by_role("button", name="Pin beam_energy").evaluate(_BACKGROUND) == plain  # the star is filled
    await page.reload(wait_until="commit")
    await site.until_watched(viewers=2)
    await expect(page.locator("#values-empty")).to_be_visible()
    beam.send()
    await expect(first).to_have_attribute("data-channel", "beam_energy")
    await page.get_by_role("button", name="Pin beam_energy").click()
    await expect(page).not_to_have_url(re.compile("pins"))
    await expect(trend).to_have_count(0)


_BACKGROUND = "(pin) => getComputedStyle(pin).backgroundColor"


async def test_trend_goes_on_when_the_clock_is_set_back(site: Site, page: Page):
    """What came at times that are yet to be is forgotten; then each second counts again."""
    await page.goto(f"{site.base}/cameras/beam", wait_until="commit")
    begun, values = await page.evaluate(_SET_BACK)
    assert begun == [True, False, True, True, True]
    assert values == [1, 2, None, None, 3, 3, 4, 4]


_SET_BACK = """async () => {
    const { Trend } = await import("/static/trend.js");
    const [trend, ask] = [new Trend(), Date.now];
    const begun = [[100, 1], [100, 2], [400, 9], [102, 3], [103, 4]].map(([second, value]) => {
        Date.now = () => 1000 * second;
        return trend.add(value);
    });
    Date.now = ask;
    return [begun, trend.values];
}"""


async def test_pinned_measure_is_computed(site: Site, beam: Simulator, page: Page):
    """What the stream does not have is asked for while it is pinned."""
    await page.goto(f"{site.base}/cameras/beam?pins=x_fwhm", wait_until="commit")
    await site.until_watched(viewers=2)
    beam.send()
    await expect(page.locator("tr[data-channel=x_fwhm] .value")).to_have_text(re.compile(r"^\d"))


class ManyValues(Beam):
    """A camera with more values than are seen at once."""

    def values(self, number: int, delay: float = 0.1) -> dict[str, Value]:
        return {**super().values(number, delay), **{f"voltage{i:02}": float(number + i) for i in range(40)}}


async def test_pinning_leaves_what_one_reads_where_it_is(page: Page):
    """The row that goes up closes its gap from below: those above it stay under the eye, also when its trend comes."""
    with Simulator(ManyValues(320, 240, "uint16", counter=True), start_pulse_id=1) as beam:
        async with run_site({"beam": beam.url}) as site:
            await receiving(beam)
            await page.goto(f"{site.base}/cameras/beam", wait_until="commit")
            await site.until_watched(viewers=2)
            beam.send()
            row = page.locator("[data-channel=voltage19]")
            await page.locator("[data-channel=voltage21]").scroll_into_view_if_needed()
            before = await find_top(row)
            await page.get_by_role("button", name="Pin voltage20").click()
            await expect(page.locator("#values tr").first).to_have_attribute("data-channel", "voltage20")
            assert abs(await find_top(row) - before) < 1
            async with asyncio.timeout(PATIENCE):
                while not await page.locator("#values th svg").count():
                    beam.send()
                    await asyncio.sleep(0.02)
            await page.evaluate("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
            assert abs(await find_top(row) - before) < 1


async def find_top(row: Locator) -> float:
    box = await row.bounding_box()
    assert box is not None
    return box["y"]


class OwnMeasures(Beam):
    """A camera that has a number of its own by the name of a measure, as cam_server's pipelines do."""

    def values(self, number: int, delay: float = 0.1) -> dict[str, Value]:
        return {**super().values(number, delay), "max_value": 4711}


async def test_what_the_page_asks_for_itself_is_not_listed(page: Page):
    """Open settings ask for measures of the picture; listed is what the stream has, and what is pinned."""
    with Simulator(OwnMeasures(320, 240, "uint16", counter=True), start_pulse_id=1) as beam:
        async with run_site({"beam": beam.url}) as site:
            await receiving(beam)
            await page.goto(f"{site.base}/cameras/beam?pins=x_step", wait_until="commit")
            await site.until_watched(viewers=2)
            beam.send()
            names = page.locator("#values tr")
            await expect(page.locator("#values-count")).to_have_text("8")
            listed = await names.evaluate_all("rows => rows.map((row) => row.dataset.channel)")
            assert listed[0] == "x_step"
            assert "max_value" in listed
            await page.get_by_text("Picture settings").click()
            await until_drawn(beam, page)
            await until_listed(beam, page, str(beam.pulse_id))
            assert await names.evaluate_all("rows => rows.map((row) => row.dataset.channel)") == listed
            await expect(page.locator("tr[data-channel=max_value] .value")).to_have_text("4711")


async def until_listed(beam: Simulator, page: Page, pulse: str) -> None:
    """Send until the page's numbers are those of this pulse or a later one."""
    async with asyncio.timeout(PATIENCE):
        while int(await page.locator("#pulse-id").inner_text()) < int(pulse):
            beam.send()
            await asyncio.sleep(0.02)


async def test_values_are_shown_without_javascript(site: Site, beam: Simulator, browser: Browser):
    """A frame in the page has the newest values, and loads itself anew; a silent camera is said to be silent."""
    page = await browser.new_page(java_script_enabled=False)
    await page.goto(f"{site.base}/cameras/beam", wait_until="commit")
    inner = page.frame_locator("iframe")
    sending = asyncio.create_task(asyncio.to_thread(beam.run, 10**6, 0.05))
    await expect(inner.locator("dt", has_text="beam_energy")).to_be_visible()
    shown = await inner.locator("dd").first.inner_text()
    await expect(inner.locator("dd").first).not_to_have_text(shown)
    beam.stop()
    await sending
    await expect(inner.locator(".notice")).to_contain_text("beam", timeout=10_000)
    await page.close()


async def test_shared_texts_are_of_this_view(site: Site, beam: Simulator, page: Page):
    """Each text leads to what the page shows; curl, run as it stands there, gets its picture."""
    await page.goto(f"{site.base}/cameras/beam?profiles=on&colormap=viridis", wait_until="commit")
    await page.get_by_text("Share this view").click()
    await expect(page.get_by_label("This page", exact=True)).to_have_value(page.url)
    await page.get_by_text("Picture settings").click()
    await page.get_by_label("Width").select_option("160")
    stream = f"{site.base}/cameras/beam/stream.mjpg?colormap=viridis&width=160"
    for label in ("Stream (MJPEG)", "HTML", "Markdown", "Record with curl", "Watch in VLC", "Python, OpenCV"):
        await expect(page.get_by_label(label, exact=True)).to_have_value(re.compile(re.escape(stream)))
    command = (await page.get_by_label("Record with curl", exact=True).input_value()).replace("stream.mjpg ", "- ", 1)
    curl = await asyncio.create_subprocess_exec(*shlex.split(command), stdout=asyncio.subprocess.PIPE)
    assert curl.stdout is not None
    await site.until_watched(viewers=3)
    beam.send()
    async with asyncio.timeout(PATIENCE):
        body = await curl.stdout.readuntil(b"\xff\xd9\r\n")
    jpeg = body[body.index(b"\xff\xd8") :]
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape == (120, 160, 3)
    curl.terminate()
    await curl.wait()
