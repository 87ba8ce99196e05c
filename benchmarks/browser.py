"""A real Chromium, what all its processes cost, and what it shows."""

import asyncio
import base64
import shutil
import sys
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
from playwright.async_api import Browser, CDPSession, Error, Page, async_playwright

from benchmarks.meter import cpu_seconds, resident_bytes

WINDOW = {"width": 1600, "height": 1000}


@asynccontextmanager
async def run_chromium() -> AsyncIterator[Browser]:
    """Run Debian's Chromium, without a window and without a GPU: what a GPU would do is counted, too."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("there is no Chromium; type: apt-get install -y chromium")
    arguments = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=arguments)
        try:
            yield browser
        finally:
            await browser.close()


class Processes:
    """All processes of a browser, by its own word, as they are at each call."""

    def __init__(self, session: CDPSession) -> None:
        self._session = session

    @classmethod
    async def of(cls, browser: Browser) -> "Processes":
        """Get at a browser's processes."""
        return cls(await browser.new_browser_cdp_session())

    async def cpu(self, seconds: float) -> Counter[str]:
        """Let so many seconds pass; return what share of a core each kind of process took."""
        loop = asyncio.get_running_loop()
        before, began = await self._measure(), loop.time()
        await asyncio.sleep(seconds)
        after, ended = await self._measure(), loop.time()
        used: Counter[str] = Counter()
        for pid, (kind, cpu) in after.items():
            used[kind] += (cpu - before.get(pid, (kind, 0.0))[1]) / (ended - began)  # type: ignore[assignment]
        return used

    async def resident(self) -> Counter[str]:
        """Bytes in memory, by kind."""
        held: Counter[str] = Counter()
        for pid, kind in (await self._list()).items():
            with suppress(FileNotFoundError, ProcessLookupError):
                held[kind] += resident_bytes(pid)
        return held

    async def _list(self) -> Mapping[int, str]:
        told = await self._session.send("SystemInfo.getProcessInfo")
        return {one["id"]: one["type"] for one in told["processInfo"]}

    async def _measure(self) -> Mapping[int, tuple[str, float]]:
        used = {}
        for pid, kind in (await self._list()).items():
            with suppress(FileNotFoundError, ProcessLookupError):  # one that ended just now
                used[pid] = kind, cpu_seconds(pid)
        return used


@dataclass
class Screen:
    """What a page shows, frame by frame, each with the Unix time in s when it was handed to the screen."""

    frames: list[tuple[float, bytes]] = field(default_factory=list)

    @classmethod
    @asynccontextmanager
    async def watch(cls, page: Page) -> AsyncIterator["Screen"]:
        """Record all that is painted, as JPEG, which costs the browser some 10 ms of CPU a frame."""
        screen, session = cls(), await page.context.new_cdp_session(page)
        acknowledging: set[asyncio.Task[None]] = set()

        async def acknowledge(number: int) -> None:
            with suppress(Error):  # the page is gone
                await session.send("Page.screencastFrameAck", {"sessionId": number})

        def keep(event: Mapping[str, Any]) -> None:
            screen.frames.append((event["metadata"]["timestamp"], base64.b64decode(event["data"])))
            answer = asyncio.create_task(acknowledge(event["sessionId"]))
            acknowledging.add(answer)
            answer.add_done_callback(acknowledging.discard)

        session.on("Page.screencastFrame", keep)
        await session.send("Page.startScreencast", {"format": "jpeg", "quality": 70, "everyNthFrame": 1})
        yield screen
        await session.send("Page.stopScreencast")
        await session.detach()

    def pixels(self, index: int) -> npt.NDArray[Any]:
        """Decode a frame, uint8 of shape [height, width]."""
        return np.asarray(cv2.imdecode(np.frombuffer(self.frames[index][1], np.uint8), cv2.IMREAD_GRAYSCALE))
