"""Pages of other sites: those that are named show the cameras, and to all others the browser refuses them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Page

from mjpeg_viewer.simulator import Simulator
from mjpeg_viewer.web.outside import Outside
from tests.browser.firefox import Firefox as RunningFirefox
from tests.browser.firefox import Tab
from tests.kit import PATIENCE, Site, receiving, run_site

# What a page learns of a picture that it shows: whether it came, and whether its pixels may be read.
_TRY = """async ([url, crossOrigin]) => {
    const image = new Image();
    if (crossOrigin) image.crossOrigin = "anonymous";
    document.body.append(image);
    const came = new Promise((resolve) => {
        image.onerror = () => resolve(false);
        const look = () => image.naturalWidth ? resolve(true) : setTimeout(look, 10);
        look();
    });
    image.src = url;
    if (!await came) return "refused";
    const context = new OffscreenCanvas(9, 9).getContext("2d");
    try {
        // Firefox knows a picture's size before it can draw it; until then it draws nothing.
        for (;;) {
            context.drawImage(image, 0, 0);
            if (context.getImageData(0, 0, 1, 1).data[3]) return "readable";
            await new Promise((resolve) => setTimeout(resolve, 10));
        }
    } catch { return "shown"; }
    finally { image.src = ""; image.remove(); }
}"""

_FETCH = """async (url) => { try { return (await fetch(url)).status; } catch { return "refused"; } }"""


@dataclass
class Wiki:
    """Another site, with one page."""

    origin: str
    policy: str = ""


@asynccontextmanager
async def run_wiki() -> AsyncIterator[Wiki]:
    """Run another site for the block: localhost is another one than 127.0.0.1."""
    wiki = Wiki("")

    async def show(_request: web.Request) -> web.Response:
        headers = {"Referrer-Policy": wiki.policy} if wiki.policy else {}
        return web.Response(text="<!doctype html><body></body>", content_type="text/html", headers=headers)

    app = web.Application()
    app.router.add_get("/page", show)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        wiki.origin = f"http://localhost:{runner.addresses[0][1]}"
        yield wiki
    finally:
        await runner.cleanup()


@dataclass
class Embedding:
    """A server, the site that it names, and one that it does not."""

    site: Site
    named: Wiki
    other: Wiki


@pytest_asyncio.fixture(loop_scope="session")
async def embedding(beam: Simulator) -> AsyncIterator[Embedding]:
    async with (
        run_wiki() as named,
        run_wiki() as other,
        run_site({"beam": beam.url}, outside=Outside(embed_origins=(named.origin,))) as site,
    ):
        await receiving(beam)
        yield Embedding(site, named, other)


class Chromium:
    """One page of a running Chromium."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self.evaluate = page.evaluate

    async def goto(self, url: str) -> None:
        """Open an address and wait for its page."""
        await self._page.goto(url)

    async def frame_has(self, selector: str) -> bool:
        """Tell whether the only frame of the page has such an element; one that was refused has none."""
        (frame,) = self._page.main_frame.child_frames
        return await frame.query_selector(selector) is not None


class Firefox:
    """One tab of a running Firefox."""

    def __init__(self, tab: Tab) -> None:
        self._tab = tab
        self.goto, self.frame_has = tab.goto, tab.frame_has

    async def evaluate(self, function: str, argument: object = None) -> Any:
        """Run a function in the page and wait for what it promises."""
        return await self._tab.evaluate(f"({function})({json.dumps(argument)})")


Reader = Chromium | Firefox


@pytest_asyncio.fixture(params=["chromium", "firefox"], loop_scope="session")
async def reader(request: pytest.FixtureRequest, browser: Browser, firefox: RunningFirefox) -> AsyncIterator[Reader]:
    """A page of a person who reads another site, in either browser."""
    if request.param == "firefox":
        async with firefox.person() as person:
            yield Firefox(await person.open())
        return
    async with await browser.new_context() as context:
        yield Chromium(await context.new_page())


async def try_picture(page: Reader, beam: Simulator, url: str, cross_origin: bool = False) -> str:
    """Show a picture in a page; what became of it, while frames come."""
    trying = asyncio.create_task(page.evaluate(_TRY, [url, cross_origin]))
    async with asyncio.timeout(PATIENCE):
        while not trying.done():
            beam.send()
            await asyncio.wait({trying}, timeout=0.05)
    return str(await trying)


@pytest.mark.parametrize("path", ["/cameras/beam/stream.mjpg", "/cameras/beam/snapshot.jpg", "/stream.mjpg"])
async def test_pictures_are_shown_by_the_named_site_alone(
    embedding: Embedding, beam: Simulator, reader: Reader, path: str
):
    """The named site shows them, and reads their pixels if it asks for that; another one gets nothing at all."""
    url = embedding.site.base + path
    await reader.goto(f"{embedding.named.origin}/page")
    assert await try_picture(reader, beam, url) == "shown"
    assert await try_picture(reader, beam, url, cross_origin=True) == "readable"
    await reader.goto(f"{embedding.other.origin}/page")
    assert await try_picture(reader, beam, url) == "refused"
    assert await try_picture(reader, beam, url, cross_origin=True) == "refused"


async def test_site_that_hides_itself_is_nobody(embedding: Embedding, beam: Simulator, reader: Reader):
    """A page that sends no Referer cannot be told from any other."""
    url = f"{embedding.site.base}/cameras/beam/stream.mjpg"
    for wiki, policy in ((embedding.named, "no-referrer"), (embedding.other, "unsafe-url")):
        wiki.policy = policy
        await reader.goto(f"{wiki.origin}/page?{embedding.named.origin}")
        assert await try_picture(reader, beam, url) == "refused"


async def test_nothing_else_is_opened(embedding: Embedding, reader: Reader):
    """What is no picture the named site cannot read either."""
    await reader.goto(f"{embedding.named.origin}/page")
    for path in ("/state", "/", "/login", "/static/viewer.css", "/nothing"):
        assert await reader.evaluate(_FETCH, embedding.site.base + path) == "refused", path


async def test_page_is_framed_by_the_named_site_alone(embedding: Embedding, reader: Reader):
    """The camera's page runs in a frame of the named site; another one has an empty frame."""
    for wiki, shown in ((embedding.named, True), (embedding.other, False)):
        await reader.goto(f"{wiki.origin}/page")
        await reader.evaluate(
            """(url) => new Promise((loaded) => {
                const frame = document.createElement("iframe");
                frame.onload = loaded;
                frame.src = url;
                document.body.append(frame);
            })""",
            f"{embedding.site.base}/cameras/beam",
        )
        assert await reader.frame_has("#picture") == shown


async def test_nobody_is_named_nobody_embeds(site: Site, beam: Simulator, reader: Reader):
    """Without embed_origins another site shows nothing."""
    async with run_wiki() as wiki:
        await reader.goto(f"{wiki.origin}/page")
        assert await try_picture(reader, beam, f"{site.base}/cameras/beam/stream.mjpg") == "refused"
