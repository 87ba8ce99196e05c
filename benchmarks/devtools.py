"""
A Chromium of which no more is asked than a measurement needs, over the DevTools protocol itself.

Playwright enables the protocol's Network domain, and then the page's process keeps what it received: up to 20 MB of a
stream of events that is open, and all that scripts fetched, up to 200 MB.  What a page itself holds cannot be seen
beside that.  Here no domain is enabled, and nothing that the browser tells unasked is kept.
"""

import asyncio
import itertools
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp

from benchmarks.browser import ARGUMENTS, WINDOW, find_chromium
from benchmarks.meter import running

_PATIENCE = 20.0


class Target:
    """A browser or a page of it, which answers one call after another."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)

    async def send(self, method: str, /, **parameters: Any) -> dict[str, Any]:
        """
        Call a method of the protocol; return its result.

        Raises:
            RuntimeError: The browser refuses, or is gone.
        """
        number = next(self._numbers)
        await self._socket.send_json({"id": number, "method": method, "params": parameters})
        async for message in self._socket:
            answer = message.json()
            if answer.get("id") == number:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']['message']}")
                return dict(answer["result"])
        raise RuntimeError(f"{method}: the browser is gone")


class Tab(Target):
    """A page, with what is done to it."""

    async def evaluate(self, expression: str) -> Any:
        """Return what JavaScript gives, as JSON has it; RuntimeError if it throws."""
        answer = await self.send("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in answer:
            raise RuntimeError(f"{expression}: {answer['exceptionDetails']['exception']['description']}")
        return answer["result"].get("value")

    async def until(self, condition: str) -> None:
        """Wait until an expression is true; TimeoutError if it never is."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                if await self.evaluate(condition):
                    return
                await asyncio.sleep(0.05)

    async def goto(self, url: str) -> None:
        """Open an address, and wait until its document and scripts are there."""
        await self.send("Page.navigate", url=url)
        await self.until(f"location.href === {url!r} && document.readyState === 'complete'")

    async def click(self, selector: str) -> None:
        """Click an element."""
        await self.evaluate(f"document.querySelector({selector!r}).click()")

    async def move(self, x: float, y: float) -> None:
        """Move the mouse there, in CSS pixels."""
        await self.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)


@dataclass(frozen=True)
class Plain:
    """A running browser: itself, and its one page."""

    browser: Target
    tab: Tab


@asynccontextmanager
async def run_plain_chromium() -> AsyncIterator[Plain]:
    """Run the same Chromium as `run_chromium`, without playwright."""
    with (
        tempfile.TemporaryDirectory(prefix="bench-chromium-", ignore_cleanup_errors=True) as folder,
        running(
            *(find_chromium(), "--headless=new", *ARGUMENTS, "--no-first-run"),
            *("--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"),
        ),
    ):
        port, path = await _read_port(Path(folder) / "DevToolsActivePort")
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            async with session.get("/json/list") as answer:
                page = next(one for one in await answer.json() if one["type"] == "page")
            async with (
                session.ws_connect(path, max_msg_size=0) as to_browser,
                session.ws_connect(page["webSocketDebuggerUrl"], max_msg_size=0) as to_tab,
            ):
                plain = Plain(Target(to_browser), Tab(to_tab))
                await plain.tab.send("Emulation.setDeviceMetricsOverride", **WINDOW, deviceScaleFactor=1, mobile=False)
                try:
                    yield plain
                finally:
                    with suppress(RuntimeError, ConnectionError):  # it is gone already
                        await plain.browser.send("Browser.close")


async def _read_port(file: Path) -> tuple[int, str]:
    """Wait until the browser says where it listens: the port, and the path of its own target."""
    async with asyncio.timeout(_PATIENCE):
        while True:
            if found := _find_port(file):
                return found
            await asyncio.sleep(0.05)


def _find_port(file: Path) -> tuple[int, str] | None:
    lines = file.read_text().split() if file.exists() else []
    return (int(lines[0]), lines[1]) if len(lines) == 2 else None
