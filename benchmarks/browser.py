"""A real Chromium, what all its processes cost, and what it shows."""

import asyncio
import base64
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Protocol

import cv2
import numpy as np
import numpy.typing as npt
from playwright.async_api import Browser, Error, Page, ViewportSize, async_playwright

from benchmarks.meter import cpu_seconds

WINDOW = ViewportSize(width=1600, height=1000)
# Without a GPU: what it would do is counted, too.
ARGUMENTS = ("--no-sandbox", "--disable-gpu", "--disable-background-networking")


def find_chromium() -> str:
    """Return the path of Debian's Chromium; end the program where there is none."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser")
    if chromium is None:
        sys.exit("there is no Chromium; type: apt-get install -y chromium")
    return chromium


def chromium_version() -> str:
    """Return what Chromium says of itself, as "Chromium 156.0.8078.79"."""
    said = subprocess.run([find_chromium(), "--version"], capture_output=True, text=True, check=True)
    return " ".join(said.stdout.split()[:2])


@asynccontextmanager
async def run_chromium() -> AsyncIterator[Browser]:
    """Run Chromium without a window, with playwright at its controls."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=find_chromium(), args=ARGUMENTS)
        try:
            yield browser
        finally:
            await browser.close()


class Asked(Protocol):
    """What answers calls of the DevTools protocol."""

    async def send(self, method: str, /) -> dict[str, Any]:
        """Call a method; return its result."""
        ...


class Processes:
    """All processes of a browser, by its own word, as they are at each call."""

    def __init__(self, session: Asked) -> None:
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
            share = (cpu - before.get(pid, (kind, 0.0))[1]) / (ended - began)
            used[kind] += share  # type: ignore[assignment]  # a Counter adds up shares too, though its types say int
        return used

    async def held(self, measure: Callable[[int], int]) -> Counter[str]:
        """Add up by kind what each process holds, as `measure` says by its id."""
        held: Counter[str] = Counter()
        for pid, kind in (await self._list()).items():
            with suppress(FileNotFoundError, ProcessLookupError):
                held[kind] += measure(pid)
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
