"""
A person's hand on a page, in either browser: it points, types and looks, and keeps a list of what it used.

Nothing is set from outside: fields are typed into, and a control takes no click but by the pointer or the finger that
comes down on it.  So what is covered, off the screen or too small for a finger is found out.
"""

import asyncio
import json
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from tests.kit import PATIENCE

# On a screen, in CSS pixels.
Point = tuple[float, float]

# The controls of a page, and what each is called: what stands on every page, and pins, are one and the same.
_NAME = """(element => {
    const page = element.closest(".brand, .account, .veil") ? "every page" : document.body.className.split(" ")[0];
    const path = element.getAttribute("href")?.replace(/\\?.*|^.cameras.\\w+.(?=\\w)/g, "");
    const name = element.id || element.getAttribute("aria-label") || path
        || (element.name && `${element.name}=${element.value}`) || element.textContent.trim();
    return `${page}: ${name.replace(/^Pin .*/, "Pin")}`;
})"""
# A region has its place in the order of the keyboard only to be scrolled.
_ALL = f"""[...document.querySelectorAll(
    "a[href], button, input:not([type=hidden]), select, summary, [tabindex='0']:not(.scroll)")].map({_NAME})"""

# Where a control is once it can be hit there, and its size: of a box with its label, of a slider its handle.
_FIND = """(async selector => {
    const element = document.querySelector(selector);
    const styled = [...document.querySelectorAll("[rel=stylesheet]")].every(link => link.sheet);
    if (!element || element.disabled || !styled) return null;
    const target = element.closest("label") ?? element;
    const before = target.getBoundingClientRect().y;
    target.scrollIntoView({ block: "center", behavior: "instant" });
    const box = target.getBoundingClientRect();
    // Where a browser's other process thinks that it is, is known only with what is painted next.
    if (box.y !== before) await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
    if (element.type === "range") {
        const style = getComputedStyle(document.documentElement);
        const handle = parseFloat(style.getPropertyValue("--target")) * parseFloat(style.fontSize);
        box.x += (element.value - element.min) / (element.max - element.min) * (box.width - handle);
        box.width = handle;
    }
    const middle = [box.x + box.width / 2, box.y + box.height / 2];
    if (!box.width || !target.contains(document.elementFromPoint(...middle))) return null;
    return [%s(element), ...middle, box.width, box.height, innerWidth];
})"""


@asynccontextmanager
async def patient(awaited: str) -> AsyncIterator[None]:
    """Allow only so much time for what is awaited, and say what did not come."""
    try:
        async with asyncio.timeout(PATIENCE):
            yield
    except TimeoutError:
        raise AssertionError(f"never came: {awaited}") from None


class Hand(ABC):
    """
    What both browsers are asked for.

    Args:
        touch: Whether it is a finger, not a mouse.
        width: Of the page, in CSS pixels.
        least: What each side of a control measures, in CSS pixels.

    Attributes:
        used: The controls that were used, by page and name.
        seen: Those that there are on the pages that were looked over.
        small: Those that were used though they are smaller than they are to be, with their sizes.
    """

    def __init__(self, touch: bool, width: int, least: float) -> None:
        self.touch = touch
        self._width = width
        self.used: set[str] = set()
        self.seen: set[str] = set()
        self.small: set[str] = set()
        self._least = least

    @abstractmethod
    async def goto(self, url: str) -> None:
        """Open an address."""

    @abstractmethod
    async def evaluate(self, expression: str) -> Any:
        """Return what an expression of JavaScript, or its promise, yields."""

    @abstractmethod
    async def stroke(self, *points: Point, times: int = 1) -> None:
        """Come down on the first point, move over the others, and let go; so many times."""

    @abstractmethod
    async def hover(self, point: Point) -> None:
        """Move there without coming down."""

    @abstractmethod
    async def press(self, *keys: str) -> None:
        """Press keys together, by their names or characters."""

    @abstractmethod
    async def screenshot(self, x: float, y: float, width: float, height: float) -> bytes:
        """Return a part of what is on the screen, as PNG."""

    @abstractmethod
    async def download(self, selector: str) -> bytes:
        """Click on a link and return the file that it saves."""

    async def until(self, expression: str) -> None:
        """Wait until an expression is true, on this page or the one that comes."""
        found: object = None
        async with patient(expression):
            while not found:
                found = await self.evaluate(expression)

    async def survey(self) -> None:
        """Note which controls this page has, hidden ones too; nothing of it sticks out sideways."""
        ready = "document.body && document.readyState !== 'loading'"
        found = None
        async with patient("a page"):
            while not found:
                found = await self.evaluate(f"{ready} && [document.documentElement.scrollWidth, {_ALL}]")
        width, names = found
        assert width <= self._width
        self.seen |= {*names}

    async def find(self, selector: str) -> Point:
        """Return the middle of a control once it can be hit and rests; it counts as used."""
        found, before = None, []
        async with patient(f"a {selector} that can be hit"):
            while not found or found != before:
                before = found
                found = await self.evaluate(f"{_FIND % _NAME}({json.dumps(selector)})")
        name, x, y, width, height, page_width = found
        self.used.add(name)
        # On the whole screen a page may have more room than it was given.
        if min(width, height) < self._least and page_width == self._width:
            self.small.add(f"{name}: {width:g} x {height:g}")
        return x, y

    async def click(self, selector: str) -> None:
        """Come down on a control."""
        await self.stroke(await self.find(selector))

    async def fill(self, selector: str, text: str, *then: str) -> None:
        """Type into a field in place of what stands there, and press keys, one after the other, after that."""
        await self.click(selector)
        await self.until(f"document.activeElement === document.querySelector({json.dumps(selector)})")
        await self.press("Control", "a")
        for key in (*text, *then):
            await self.press(key)

    async def choose(self, selector: str, text: str) -> None:
        """Choose by keyboard: a list that is opened is the system's, not the page's."""
        await self.find(selector)
        await self.evaluate(f"document.querySelector({json.dumps(selector)}).focus()")
        for key in text:
            await self.press(key)

    async def look(self, selector: str) -> bytes:
        """Return what is painted where an element is, as PNG."""
        box = "(b => [b.x, b.y, b.width, b.height])(e.getBoundingClientRect())"
        show = "e.scrollIntoView({ block: 'end', behavior: 'instant' })"  # the picture may stand over the upper half
        return await self.screenshot(
            *await self.evaluate(f"(e => ({show}, {box}))(document.querySelector({json.dumps(selector)}))")
        )

    async def read(self, selector: str) -> str:
        """Return an element's text, or a field's."""
        return str(
            await self.evaluate(f"(e => e.value || e.textContent)(document.querySelector({json.dumps(selector)}))")
        )
