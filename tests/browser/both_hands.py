"""A person's hand in Chromium and in Firefox: how each of them is pointed at and typed into."""

import asyncio
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.async_api import CDPSession, Error, Page

from tests.browser.firefox import Tab
from tests.browser.hands import Hand, Point, patient

# WebDriver's code points for keys (https://w3c.github.io/webdriver/#keyboard-actions).
_KEYS = {
    "Enter": "\ue007",
    "Shift": "\ue008",
    "Control": "\ue009",
    "Escape": "\ue00c",
    "ArrowLeft": "\ue012",
    "ArrowUp": "\ue013",
    "ArrowRight": "\ue014",
    "ArrowDown": "\ue015",
}


class ChromiumHand(Hand):
    """
    In Chromium.

    Args:
        page: The page.
        session: A DevTools session of it, which has fingers.
        touch: Whether it is a finger, not a mouse.
        width: Of the page, in CSS pixels.
        least: What each side of a control measures, in CSS pixels.
    """

    def __init__(self, page: Page, session: CDPSession, touch: bool, width: int, least: float) -> None:
        super().__init__(touch, width, least)
        self.page = page
        self._session = session

    async def goto(self, url: str) -> None:
        await self.page.goto(url, wait_until="commit")

    async def evaluate(self, expression: str) -> Any:
        while True:
            try:
                return await self.page.evaluate(expression)
            except Error as error:
                if "Execution context was destroyed" not in str(error):
                    raise
                # Another page came meanwhile: it is asked in place of the one that went.

    async def stroke(self, *points: Point, times: int = 1) -> None:
        mouse = self.page.mouse
        for time in range(1, times + 1):
            if self.touch:
                for kind, at in [
                    ("touchStart", points[0]),
                    *(("touchMove", at) for at in points[1:]),
                    ("touchEnd", None),
                ]:
                    fingers = [] if at is None else [{"x": at[0], "y": at[1]}]
                    await self._session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": fingers})
            else:
                await mouse.move(*points[0])
                await mouse.down(click_count=time)
                for at in points[1:]:
                    await mouse.move(*at)
                await mouse.up(click_count=time)

    async def hover(self, point: Point) -> None:
        await self.page.mouse.move(*point)

    async def press(self, *keys: str) -> None:
        await self.page.keyboard.press("+".join(keys))

    async def screenshot(self, x: float, y: float, width: float, height: float) -> bytes:
        return await self.page.screenshot(clip={"x": x, "y": y, "width": width, "height": height})

    async def download(self, selector: str) -> bytes:
        async with self.page.expect_download() as downloading:
            await self.click(selector)
        return Path(await (await downloading.value).path()).read_bytes()


class FirefoxHand(Hand):
    """
    In Firefox.

    Args:
        tab: The tab.
        folder: Where it saves files.
        touch: Whether it is a finger, not a mouse.
        width: Of the page, in CSS pixels.
        least: What each side of a control measures, in CSS pixels.
    """

    def __init__(self, tab: Tab, folder: Path, touch: bool, width: int, least: float) -> None:
        super().__init__(touch, width, least)
        self._tab = tab
        self._folder = folder

    async def goto(self, url: str) -> None:
        await self._tab.goto(url)

    async def evaluate(self, expression: str) -> Any:
        return await self._tab.evaluate(expression)

    async def stroke(self, *points: Point, times: int = 1) -> None:
        first, *others = [{"type": "pointerMove", "x": x, "y": y} for x, y in points]
        down, up = {"type": "pointerDown", "button": 0}, {"type": "pointerUp", "button": 0}
        await self._tab.perform("pointer", [first, down, *others, up] * times, "touch" if self.touch else "mouse")

    async def click(self, selector: str) -> None:
        """Come down on a control; again where Firefox, when it is busy, comes down beside it or not at all."""
        watch = (
            "(selector => { window.struck = false; addEventListener('pointerdown', ({ target }) => {"
            " const wanted = document.querySelector(selector);"
            " window.struck = (wanted.closest('label') ?? wanted).contains(target);"
            " }, { capture: true, once: true }); return true; })"
        )
        struck = "false"
        while struck == "false":
            point = await self.find(selector)
            await self.evaluate(f"{watch}({json.dumps(selector)})")
            await self.stroke(point)
            struck = await self.evaluate("String(window.struck)")  # undefined where it led to another page

    async def hover(self, point: Point) -> None:
        await self._tab.perform("pointer", [{"type": "pointerMove", "x": point[0], "y": point[1]}], "mouse")

    async def press(self, *keys: str) -> None:
        codes = [_KEYS.get(key, key) for key in keys]
        downs = [{"type": "keyDown", "value": code} for code in codes]
        await self._tab.perform("key", [*downs, *({"type": "keyUp", "value": code} for code in reversed(codes))])

    async def screenshot(self, x: float, y: float, width: float, height: float) -> bytes:
        return await self._tab.screenshot(x, y, width, height)

    async def download(self, selector: str) -> bytes:
        before = {*self._folder.iterdir()}
        await self.click(selector)
        async with patient(selector):
            while True:
                # Firefox writes into NAME.part beside an empty NAME, and renames it at the end.
                new = {*self._folder.iterdir()} - before
                if new and not any(path.suffix == ".part" for path in new):
                    with suppress(ValueError):
                        (path,) = (path for path in new if path.stat().st_size)
                        return path.read_bytes()
                await asyncio.sleep(0.02)
