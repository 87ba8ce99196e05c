"""A real WebKitGTK, driven by WebDriver (https://w3c.github.io/webdriver/) under a screen that nobody sees."""

import asyncio
import contextlib
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.deploy.proxies import find_free_port
from tests.kit import PATIENCE

_START_TIMEOUT = 60

# Where Debian keeps WebKit's own small browser.
_BROWSERS = "webkit2gtk-4.*/MiniBrowser"


class WebKit:
    """
    The browser, with one window.

    Args:
        http: A client's session.
        base: The address of the driver's session.
    """

    def __init__(self, http: aiohttp.ClientSession, base: str) -> None:
        self._http = http
        self._base = base

    async def goto(self, url: str) -> None:
        """Open an address; returns when the document is there, for a stream never ends."""
        await self._post("url", url=url)
        async with asyncio.timeout(PATIENCE):
            while True:
                # Between two documents the driver cannot tell.
                with contextlib.suppress(AssertionError):
                    if await self.evaluate(f"location.href === '{url}' && document.readyState !== 'loading'"):
                        return
                await asyncio.sleep(0.02)

    async def evaluate(self, expression: str) -> Any:
        """Return what an expression, or its promise, yields."""
        script = f"const end = arguments[0]; Promise.resolve({expression}).then(end)"
        return await self._post("execute/async", script=script, args=[])

    async def until(self, expression: str) -> None:
        """Wait until an expression is true."""
        async with asyncio.timeout(PATIENCE):
            while not await self.evaluate(expression):
                await asyncio.sleep(0.02)

    async def _post(self, command: str, **body: Any) -> Any:
        async with self._http.post(f"{self._base}/{command}", json=body) as response:
            value = (await response.json(content_type=None))["value"]
            assert response.status == 200, f"{command}: {value}"
            return value


@asynccontextmanager
async def run_webkit(folder: Path) -> AsyncIterator[WebKit]:
    """Run the browser, its driver and its screen; their things lie in this folder."""
    browser = next(iter(sorted(Path("/usr/lib").glob(f"*/{_BROWSERS}"), reverse=True)), None)
    driver, screen = shutil.which("WebKitWebDriver"), shutil.which("Xvfb")
    if not (browser and driver and screen):
        pytest.skip("there is no WebKitGTK; type: apt-get install -y webkit2gtk-driver xvfb")
    display = await _start(screen, "-displayfd", "1", "-nolisten", "tcp", stdout=asyncio.subprocess.PIPE)
    try:
        assert display.stdout is not None
        async with asyncio.timeout(_START_TIMEOUT):
            number = int(re.findall(rb"\d+", await display.stdout.readline())[0])
        environment = {**os.environ, "DISPLAY": f":{number}", "HOME": str(folder), "XDG_RUNTIME_DIR": str(folder)}
        port = find_free_port()
        driving = await _start(driver, f"--port={port}", env=environment)
        try:
            async with aiohttp.ClientSession() as http:
                yield await _open(http, f"http://127.0.0.1:{port}", str(browser))
        finally:
            driving.terminate()
            await driving.wait()
    finally:
        display.terminate()
        await display.wait()


async def _open(http: aiohttp.ClientSession, driver: str, browser: str) -> WebKit:
    options = {"binary": browser, "args": ["--automation"]}
    wanted = {"webkitgtk:browserOptions": options, "pageLoadStrategy": "none"}
    async with asyncio.timeout(_START_TIMEOUT):
        while True:
            try:
                async with http.post(f"{driver}/session", json={"capabilities": {"alwaysMatch": wanted}}) as response:
                    answer = await response.json(content_type=None)
                    assert response.status == 200, answer
                    return WebKit(http, f"{driver}/session/{answer['value']['sessionId']}")
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(0.05)


async def _start(program: str, *arguments: str, **options: Any) -> asyncio.subprocess.Process:
    quiet = {"stdout": asyncio.subprocess.DEVNULL, "stderr": asyncio.subprocess.DEVNULL}
    return await asyncio.create_subprocess_exec(program, *arguments, **{**quiet, **options})
