"""The page through the proxies of deploy/, over HTTP/2."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page

from mjpeg_viewer.simulator import Simulator
from mjpeg_viewer.web.places import PlaceLimits
from mjpeg_viewer.web.viewer import Viewer
from tests.browser.conftest import close, expect
from tests.browser.test_picture import until_shown
from tests.deploy.proxies import FILES, run_proxy
from tests.kit import PATIENCE, Site, receiving, run_site, until

# A sum over the pixels of each of the page's pictures: equal sums are equal pictures.
_READ_ALL = """async () => {
    const read = async (image) => {
        if (!image.naturalWidth) return null;
        const bitmap = await createImageBitmap(image);
        const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
        context.drawImage(bitmap, 0, 0);
        const rgba = context.getImageData(0, 0, bitmap.width, bitmap.height).data;
        let sum = 0;
        for (let i = 0; i < rgba.length; i += 4) sum = (31 * sum + rgba[i]) % 1000000007;
        return sum;
    };
    return Promise.all([...document.images].map(read));
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def secure_page(browser: Browser) -> AsyncIterator[Page]:
    """A page that trusts the test's own certificate."""
    context = await browser.new_context(ignore_https_errors=True)
    yield await context.new_page()
    await close(context)


@pytest.mark.parametrize("name", FILES)
async def test_twenty_pictures_run_on_one_page(
    site: Site, beam: Simulator, secure_page: Page, tmp_path: Path, name: str
):
    """Over HTTP/1.1 a browser has six connections; over HTTP/2 all twenty pictures show each frame before the next."""
    page = secure_page
    async with run_proxy(name, site.port, tmp_path) as proxy:
        await page.goto(f"{proxy.base}/healthz")
        protocol = "performance.getEntriesByType('navigation')[0].nextHopProtocol"
        assert await page.evaluate(protocol) == "h2"
        images = "".join(f'<img src="/cameras/beam/stream.mjpg?try={number}">' for number in range(20))
        await page.evaluate(f"document.body.innerHTML = '{images}'")
        await site.until_watched(viewers=20)
        for _ in range(3):
            number = beam.pulse_id
            beam.send()
            await until_shown(page, number)  # by the first
            async with asyncio.timeout(PATIENCE):
                while len(sums := set(await page.evaluate(_READ_ALL))) != 1 or None in sums:
                    await asyncio.sleep(0)


@pytest.mark.parametrize("name", FILES)
async def test_page_is_loaded_anew_at_its_limit(beam: Simulator, secure_page: Page, tmp_path: Path, name: str):
    """Who logs in through the proxy sees picture and values, and again after each reload, though no place is left."""
    page = secure_page
    limits = PlaceLimits(total=2, per_user=2, per_address=2)
    async with (
        run_site({"beam": beam.url}, users={"anna": "secret"}, limits=limits) as site,
        run_proxy(name, site.port, tmp_path) as proxy,
    ):
        refused: list[str] = []
        page.on("response", lambda answer: refused.append(answer.url) if answer.status >= 500 else None)
        await receiving(beam)
        await page.goto(f"{proxy.base}/", wait_until="commit")
        await page.fill("[name=username]", "anna")
        await page.fill("[name=password]", "secret")
        await page.click("[type=submit]")
        await expect(page).to_have_url(f"{proxy.base}/")
        old: set[Viewer] = set()
        for _ in range(4):
            await until(lambda old=old: len(set(site.viewers) - old) == site.cameras["beam"].viewers == 2)
            old = set(site.viewers)
            beam.send()
            await until_shown(page, beam.pulse_id - 1)
            await expect(page.locator("#state")).to_have_attribute("data-state", "live")
            await page.reload(wait_until="commit")
        assert refused == []
