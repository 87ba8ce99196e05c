"""
A real, headless Firefox, driven by WebDriver BiDi (https://w3c.github.io/webdriver-bidi/).

Debian has no geckodriver, and Firefox itself needs none: it speaks the protocol over a WebSocket of its own.
"""

import asyncio
import base64
import itertools
import json
import os
import re
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests.kit import PATIENCE

# Starting takes some seconds, on a busy machine many.
_START_TIMEOUT = 60

# The theme that pages are told of: 0 dark, 1 light.
_PREFERENCES = """
user_pref("layout.css.prefers-color-scheme.content-override", {theme});
user_pref("datareporting.policy.dataSubmissionEnabled", false);
user_pref("app.update.auto", false);
user_pref("network.captive-portal-service.enabled", false);
user_pref("network.connectivity-service.enabled", false);
user_pref("browser.safebrowsing.downloads.enabled", false);
user_pref("services.settings.server", "");
"""


class Tab:
    """
    One tab.

    Args:
        firefox: The browser.
        context: The tab's id there.
    """

    def __init__(self, firefox: "Firefox", context: str) -> None:
        self._firefox = firefox
        self._context = context

    async def goto(self, url: str) -> None:
        """Open an address; returns when the document is there, for a stream never ends."""
        await self._firefox.command("browsingContext.navigate", context=self._context, url=url, wait="interactive")

    async def evaluate(self, expression: str) -> Any:
        """Return what an expression, or its promise, yields; as JSON carries it."""
        answer = await self._firefox.command(
            "script.evaluate",
            expression=f"(async () => JSON.stringify(await ({expression})) ?? 'null')()",
            target={"context": self._context},
            awaitPromise=True,
        )
        assert answer["type"] == "success", answer["exceptionDetails"]["text"]
        return json.loads(answer["result"]["value"])

    async def until(self, expression: str) -> None:
        """Wait until an expression is true."""
        async with asyncio.timeout(PATIENCE):
            while not await self.evaluate(expression):
                await asyncio.sleep(0.02)

    async def frame_has(self, selector: str) -> bool:
        """Tell whether the only frame of the page has such an element; one that was refused has none."""
        tree = await self._firefox.command("browsingContext.getTree", root=self._context)
        (frame,) = tree["contexts"][0]["children"]
        found = await Tab(self._firefox, frame["context"]).evaluate(
            f"document.querySelector({json.dumps(selector)}) !== null"
        )
        return bool(found)

    async def perform(self, kind: str, steps: list[dict[str, Any]], pointer: str = "mouse") -> None:
        """Do with a ``pointer``, a ``mouse`` or a ``touch``, or with a ``key``board, one step after the other."""
        device: dict[str, Any] = {"type": kind, "id": kind if kind == "key" else pointer, "actions": steps}
        if kind == "pointer":
            device["parameters"] = {"pointerType": pointer}
        await self._firefox.command("input.performActions", context=self._context, actions=[device])

    async def resize(self, width: int, height: int) -> None:
        """Give the page so much room, in CSS pixels."""
        size = {"width": width, "height": height}
        await self._firefox.command("browsingContext.setViewport", context=self._context, viewport=size)

    async def screenshot(self, x: float, y: float, width: float, height: float) -> bytes:
        """Return a part of what is on the screen, as PNG."""
        clip = {"type": "box", "x": x, "y": y, "width": width, "height": height}
        shot = await self._firefox.command("browsingContext.captureScreenshot", context=self._context, clip=clip)
        return base64.b64decode(shot["data"])

    async def look(self) -> None:
        """Bring the tab to the front; the others are hidden then."""
        await self._firefox.command("browsingContext.activate", context=self._context)


class Firefox:
    """
    The browser.

    Args:
        socket: The connection to its remote agent.
    """

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._ids = itertools.count(1)

    async def command(self, method: str, **params: Any) -> Any:
        """Send one command and return its result.  One at a time: answers are told apart only from events."""
        number = next(self._ids)
        await self._socket.send_json({"id": number, "method": method, "params": params})
        while True:
            answer = await self._socket.receive_json(timeout=_START_TIMEOUT)
            if answer.get("id") == number:
                assert answer["type"] == "success", f"{method}: {answer}"
                return answer["result"]

    @asynccontextmanager
    async def person(self) -> AsyncIterator["Person"]:
        """Be somebody new for the block: no cookie of anybody else, and no tab left afterwards."""
        user = (await self.command("browser.createUserContext"))["userContext"]
        yield Person(self, user)
        await self.command("browser.removeUserContext", userContext=user)


class Person:
    """
    Somebody at the browser, whose cookies are nobody else's.

    Args:
        firefox: The browser.
        user: The user context's id there.
    """

    def __init__(self, firefox: Firefox, user: str) -> None:
        self._firefox = firefox
        self._user = user

    async def save_to(self, folder: Path) -> None:
        """Save this person's files in a folder."""
        where = {"type": "allowed", "destinationFolder": str(folder)}
        await self._firefox.command("browser.setDownloadBehavior", downloadBehavior=where, userContexts=[self._user])

    async def open(self) -> Tab:
        """Open a tab, in front of the others."""
        made = await self._firefox.command("browsingContext.create", type="tab", userContext=self._user)
        return Tab(self._firefox, made["context"])


@asynccontextmanager
async def run_firefox(profile: Path, scheme: str = "light") -> AsyncIterator[Firefox]:
    """Run Firefox with a new profile in this folder, in the ``dark`` or ``light`` theme."""
    program = shutil.which("firefox-esr") or shutil.which("firefox")
    if program is None:
        assert os.environ.get("CI") != "true", "there is no Firefox; tests/prepare.sh installs it"
        pytest.skip("there is no Firefox; type: apt-get install -y firefox-esr")
    (profile / "user.js").write_text(_PREFERENCES.format(theme=["dark", "light"].index(scheme)))
    process = await asyncio.create_subprocess_exec(
        program,
        *("--headless", "--no-remote", "--profile", str(profile), "--remote-debugging-port", "0"),
        env={**os.environ, "HOME": str(profile)},
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        address = await _find_address(process)
        drain = asyncio.ensure_future(process.stderr.read())  # type: ignore[union-attr]
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{address}/session") as socket:
            firefox = Firefox(socket)
            await firefox.command("session.new", capabilities={})
            yield firefox
        drain.cancel()
    finally:
        if process.returncode is None:
            process.terminate()
        await process.wait()


async def _find_address(process: asyncio.subprocess.Process) -> str:
    assert process.stderr is not None
    async with asyncio.timeout(_START_TIMEOUT):
        async for line in process.stderr:
            if found := re.search(rb"WebDriver BiDi listening on (ws://\S+)", line):
                return found[1].decode()
    raise AssertionError("Firefox ended without an address")
