"""What lies over the picture lies on its pixels, however the picture is cut, turned and shrunk."""

import asyncio
import re
from collections.abc import AsyncIterator, Iterator

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Page

from mjpeg_viewer.calibration import Calibration
from mjpeg_viewer.imaging.geometry import Placement, find_size
from mjpeg_viewer.query import parse_rendition
from mjpeg_viewer.simulator import Simulator
from tests.browser.conftest import expect
from tests.kit import Site, receiving, run_site, until

WIDTH, HEIGHT = 200, 120
PEAK = (150, 40)

VIEWS = [
    "",
    "flip=horizontal",
    "flip=vertical&rotate=90",
    "roi=100,20,80,60",
    "roi=100,20,80,60&rotate=270&width=16",
    "roi=100,20,80,60&flip=horizontal&rotate=90",
    "rotate=180&width=80",
]


class Telling:
    """Images whose pixels tell where they are, 1000 y + x, but for one column and one row that stand out."""

    def values(self, number: int, delay: float) -> dict[str, np.ndarray]:
        image = (1000 * np.arange(HEIGHT)[:, None] + np.arange(WIDTH)).astype(np.uint32)
        image[:, PEAK[0]] += 10**7
        image[PEAK[1]] += 10**7
        return {"image": image}


@pytest.fixture
def telling() -> Iterator[Simulator]:
    """A camera that sends these."""
    with Simulator(Telling(), start_pulse_id=1) as simulator:
        yield simulator


@pytest_asyncio.fixture(loop_scope="session")
async def told(telling: Simulator) -> AsyncIterator[Site]:
    """A server that shows it, calibrated in x and y, while it sends at 20 Hz."""
    calibration = Calibration(x=0.5, y=-0.25, origin=(100, 60), unit="mm")
    async with run_site({"beam": telling.url}, calibration=calibration) as site:
        await receiving(telling)
        sending = asyncio.create_task(asyncio.to_thread(telling.run, 10**6, 0.05))
        yield site
        telling.stop()
        await sending


async def open_page(site: Site, page: Page, query: str) -> None:
    async with page.expect_response(lambda answer: "/events" in answer.url):
        await page.goto(f"{site.base}/cameras/beam?{query}", wait_until="commit")
    await site.until_watched(viewers=2)
    await expect(page.locator("#stage .veil")).to_be_hidden()
    await expect(page.locator("#pulse-id")).not_to_have_text("–")


async def find(page: Page, query: str, x: int, y: int) -> tuple[float, float]:
    """Tell where on the screen a pixel's centre is, by the server's own reckoning."""
    rendition = parse_rendition(dict(part.split("=") for part in query.split("&") if part))
    height, width = (rendition.roi.height, rendition.roi.width) if rendition.roi else (HEIGHT, WIDTH)
    ((across, down),) = Placement(height, width, rendition).find(np.array([[x, y]], np.float64))
    shown = find_size(height, width, rendition)
    box = await page.locator("#fit").bounding_box()
    assert box is not None
    return (
        box["x"] + (across + 0.5) / shown[0] * box["width"],
        box["y"] + (down + 0.5) / shown[1] * box["height"],
    )


@pytest.mark.parametrize("query", VIEWS)
async def test_cursor_tells_pixel_value_and_place(told: Site, page: Page, query: str):
    """Under the pointer is the pixel that it says, with where that is in millimetres, and the value that was sent."""
    await open_page(told, page, query)
    for x, y in [(101, 21), (149, 39), (179, 79), (120, 60)]:
        await page.mouse.move(*await find(page, query, x, y))
        await expect(page.locator("#at")).to_have_text(re.compile(rf"^x {x} y {y} \(.*mm\)"))
        assert (x - 100) * 0.5 == float(re.findall(r"\((-?[\d.]+) mm", await page.inner_text("#at"))[0])
    # The value, for which the page asks twice a second, is that of the pixel which is told.
    await expect(page.locator("#at")).to_have_text(re.compile(rf"^x {x} y {y} \(.*mm\) · {1000 * y + x}$"))


@pytest.mark.parametrize("query", VIEWS)
async def test_profiles_lie_on_the_pixels(told: Site, page: Page, query: str):
    """The peaks of both profiles stand where the bright column and the bright row are seen."""
    await open_page(told, page, f"{query}&profiles=on")
    x, y = await find(page, query, *PEAK)
    lines = await page.locator("#over .profiles:not(.under)").evaluate(_READ_LINES)
    assert len(lines) == 2
    across, down = sorted(lines, key=lambda line: np.ptp([point[1] for point in line]) / np.ptp([p[0] for p in line]))
    assert abs(min(across, key=lambda point: point[1])[0] - x) < 1
    assert abs(max(down, key=lambda point: point[0])[1] - y) < 1


# Each line's points on the screen.
_READ_LINES = """path => path.getAttribute("d").split("M").slice(1).map(line => line.split("L").map(point => {
    const [x, y] = point.split(" ").map(Number);
    const shown = new DOMPoint(x, y).matrixTransform(path.getScreenCTM());
    return [shown.x, shown.y];
}))"""


class Gapped(Telling):
    """The camera's own profiles, of which not all is known."""

    def values(self, number: int, delay: float) -> dict[str, np.ndarray]:
        profile = np.arange(float(WIDTH))
        profile[:20] = profile[50:60] = np.nan
        return {**super().values(number, delay), "x_profile": profile}


async def test_profile_with_gaps_is_drawn_beside_them(page: Page):
    """What is not known of a profile leaves a gap, and the rest of it is drawn."""
    with Simulator(Gapped(), start_pulse_id=1) as gapped:
        async with run_site({"beam": gapped.url}) as site:
            await receiving(gapped)
            await page.goto(f"{site.base}/cameras/beam?profiles=on", wait_until="commit")
            await site.until_watched(viewers=2)
            gapped.send()
            profiles = page.locator("#over .profiles:not(.under)")
            await expect(profiles).to_have_attribute("d", re.compile("^M20.*M60"))
            await expect(profiles).not_to_have_attribute("d", re.compile("NaN|Infinity"))


async def test_profiles_are_asked_for_while_they_are_shown(told: Site, page: Page):
    """The box asks for them and tells centre and width; without it nothing is computed."""
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url) if "/events" in request.url else None)
    await open_page(told, page, "")
    assert ["x_profile" in url for url in requests] == [False]
    await page.get_by_label("Profiles").check()
    await expect(page).to_have_url(re.compile(r"\?profiles=on$"))
    await until(lambda: len(requests) > 1)
    assert ["x_profile" in url for url in requests] == [False, True]
    await expect(page.locator("#spot")).to_have_text(re.compile(r"^x .* FWHM .* mm · y .* mm$"))
    await page.get_by_label("Profiles").uncheck()
    await expect(page.locator("#spot")).to_be_empty()
    await until(lambda: len(requests) > 2)
    assert ["x_profile" in url for url in requests] == [False, True, False]


@pytest.mark.parametrize("query", VIEWS)
async def test_drag_zooms_and_double_click_goes_back(told: Site, page: Page, query: str):
    """The dragged box becomes the region, in pixels as sent; a double click shows all of the image again."""
    await open_page(told, page, query)
    await page.mouse.move(*await find(page, query, 110, 30))
    await expect(page.locator("#at")).to_have_text(re.compile("^x 110 y 30 "))
    await page.mouse.down()
    await page.mouse.move(*await find(page, query, 169, 69), steps=3)
    async with page.expect_response(lambda answer: answer.ok and "roi=110,30,60,40" in answer.url):
        await page.mouse.up()
    assert "roi=110,30,60,40" in page.url
    await page.locator("#fit").dblclick()
    await expect(page).not_to_have_url(re.compile("roi="))


async def test_cursor_zoom_and_marks_by_keyboard(told: Site, page: Page):
    """Arrow keys go by one pixel or ten in the direction that is seen; M marks, + and - zoom, Escape ends it."""
    await open_page(told, page, "rotate=90")
    await page.locator("#fit").focus()
    await page.keyboard.press("ArrowUp")  # turned by 90 degrees, upwards is towards smaller x
    await page.keyboard.press("Shift+ArrowRight")
    await expect(page.locator("#at")).to_have_text(re.compile("^x 99 y 50 "))
    await page.keyboard.press("m")
    await expect(page).to_have_url(re.compile(r"rotate=90&marks=99,50$"))
    await page.keyboard.press("+")
    await expect(page).to_have_url(re.compile(r"roi=49,20,100,60"))
    await page.keyboard.press("-")
    await expect(page).not_to_have_url(re.compile("roi="))
    await page.keyboard.press("Escape")
    await expect(page.locator("#at")).to_be_empty()


async def test_marks_are_set_and_taken_by_clicks(told: Site, page: Page):
    """Two marks tell their distance, stand in the address, and go by a click on them."""
    await open_page(told, page, "")
    await page.get_by_role("button", name="Mark").click()
    await expect(page.get_by_role("button", name="Mark")).to_have_attribute("aria-pressed", "true")
    await page.mouse.click(*await find(page, "", 30, 50))
    await page.mouse.click(*await find(page, "", 60, 90))
    await expect(page).to_have_url(re.compile(r"\?marks=30,50,60,90$"))
    await expect(page.locator("#marks")).to_have_text("1: 30, 50 · 2: 60, 90 · Δ 30, 40 (50.0)")
    await page.mouse.click(*await find(page, "", 31, 50))
    await expect(page).to_have_url(re.compile(r"\?marks=60,90$"))
