"""From the click on "Log in" to the first live picture on the screen."""

import asyncio
from collections.abc import Sequence
from typing import Any

from playwright.async_api import Browser, Page

from benchmarks.browser import WINDOW, Screen
from benchmarks.meter import middle
from benchmarks.stages import PASSWORD, Stage
from benchmarks.table import Table
from mjpeg_viewer.simulator import read_counter

PATIENCE = 10.0

# When the form was sent, kept from one document to the next.
_NOTE = """addEventListener("submit", () => {
    sessionStorage.submitted = performance.timeOrigin + performance.now();
})"""
# Where the pixels of each picture are, within its element: object-fit is "contain".
_BOXES = """() => [...document.querySelectorAll(".stage img")].filter((one) => one.naturalWidth).map((one) => {
    const [box, { naturalWidth: w, naturalHeight: h }] = [one.getBoundingClientRect(), one];
    const scale = Math.min(box.width / w, box.height / h);
    return [box.x + (box.width - w * scale) / 2, box.y + (box.height - h * scale) / 2, w * scale, h * scale];
})"""
# What the way there was made of, in ms since the form was sent.
_STEPS = """() => {
    const zero = Number(sessionStorage.submitted) - performance.timeOrigin;
    const [page] = performance.getEntriesByType("navigation");
    const script = performance.getEntriesByType("resource").filter((one) => one.name.endsWith(".js"));
    return {
        submitted: Number(sessionStorage.submitted) / 1000,
        login: page.fetchStart - zero,
        page: page.responseEnd - zero,
        scripts: Math.max(...script.map((one) => one.responseEnd)) - zero,
    };
}"""


async def first(table: Table, browser: Browser, stage: Stage, users: Sequence[str]) -> None:
    """Each round is a user's first login, in a browser that was never here: bcrypt and every file are in it."""
    half = len(users) // 2
    for name, path, count, mine in (
        ("camera page", "/cameras/camera", 1, users[:half]),
        ("wall of 4", "/", 4, users[half:]),
    ):
        table.title(f"{name}, first picture on the screen after the login form was sent, s")
        rounds = [await _open(browser, stage.port, user, path, count) for user in mine]
        seen = [one["pictures"][0] for one in rounds]
        more = f"(median of {len(seen)}, {min(seen):.3f} to {max(seen):.3f})"
        table.at_most("median", middle(seen), 1.0, more)
        table.at_most("worst", max(seen), 1.0)
        if count > 1:
            table.at_most("all pictures, median", middle([one["pictures"][-1] for one in rounds]), 1.0)
        steps = {step: middle([one[step] for one in rounds]) for step in ("login", "page", "scripts")}
        table.note("of which until " + ", ".join(f"{step} {ms:.0f} ms" for step, ms in steps.items()))


async def _open(browser: Browser, port: int, user: str, path: str, count: int) -> dict[str, Any]:
    """Log in once; return the steps, and after how many s which picture was seen first, sorted."""
    context = await browser.new_context(viewport=WINDOW)
    try:
        page = await context.new_page()
        await page.goto(f"http://127.0.0.1:{port}/login?next={path}")
        await page.fill("#username", user)
        await page.fill("#password", PASSWORD)
        await page.evaluate(_NOTE)
        async with Screen.watch(page) as screen:
            await page.click("button.primary")
            await page.wait_for_url(f"**{path}")
            await _until_shown(page, screen, count)
        steps: dict[str, Any] = await page.evaluate(_STEPS)
        boxes = await page.evaluate(_BOXES)
        steps["pictures"] = sorted(_find(screen, box, steps["submitted"]) for box in boxes[:count])
        return steps
    finally:
        await context.close()


async def _until_shown(page: Page, screen: Screen, count: int) -> None:
    """Wait until the newest frame shows so many pictures."""
    async with asyncio.timeout(PATIENCE):
        looked = 0
        while True:
            boxes = await page.evaluate(_BOXES)
            if len(boxes) >= count and len(screen.frames) > looked:
                looked = len(screen.frames)
                if all(_shows(screen, looked - 1, box) for box in boxes[:count]):
                    return
            await asyncio.sleep(0.05)


def _find(screen: Screen, box: Sequence[float], submitted: float) -> float:
    """After how many s a picture was seen there: its counter can be read, so it is neither veiled nor grey."""
    for index, (time, _) in enumerate(screen.frames):
        if time > submitted and _shows(screen, index, box):
            return time - submitted
    raise RuntimeError("no picture was seen")


def _shows(screen: Screen, index: int, box: Sequence[float]) -> bool:
    x, y, width, height = (round(side) for side in box)
    return read_counter(screen.pixels(index)[y : y + height, x : x + width]) is not None
