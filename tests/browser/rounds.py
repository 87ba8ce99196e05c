"""
What an operator's round stands on: the page, the server behind it, and what the one shows and the other saw.

What is to be painted is asked of the server by a plain program, so a page that asks for nothing is found out.
"""

import asyncio
import json
import re
from collections.abc import Callable, Mapping
from urllib.parse import urlencode

from aiohttp import web
from yarl import URL

from mjpeg_viewer.simulator import Simulator
from tests.browser.conftest import READ_PIXELS, find_number
from tests.browser.hands import Hand, patient
from tests.browser.test_controls import READ_COLOURS, decode_colours, is_like
from tests.kit import Site, until

# The page's query, whatever its order.
_ADDRESS = "[...new URLSearchParams(location.search)].map(([n, v]) => `${n}=${v}`).sort().join('&')"

# What in it asks for no other picture; and what a picture's address has beside it.
_OWN = {"profiles", "pins", "marks"}
_CARRIED = {"viewer", "try"}


class Round:
    """
    What a step of the round has at hand.

    Args:
        hand: At the browser.
        site: The server.
        beam: The camera; it sends when it is told to.
        cookie: Lets the test see for itself what is to be seen.

    Attributes:
        view: What the page's address is to ask for.
    """

    def __init__(self, hand: Hand, site: Site, beam: Simulator, cookie: dict[str, str]) -> None:
        self.hand, self.site, self.beam, self.cookie = hand, site, beam, cookie
        self.view: dict[str, str] = {}
        self.requests: list[URL] = []
        answer = site.app_server.request_handler

        async def note(request: web.BaseRequest) -> web.StreamResponse:
            self.requests.append(request.rel_url)
            return await answer(request)

        site.app_server.request_handler = note

    async def sees(self, name: str, claim: Callable[[Mapping[str, str]], bool] = lambda _: True) -> None:
        """Wait until the server has seen a request of this name whose query is as is claimed."""
        try:
            await until(lambda: any(url.name == name and claim(url.query) for url in self.requests))
        except TimeoutError:
            raise AssertionError(f"no {name} as is claimed was asked for: {self.requests[-9:]}") from None

    async def sends_until(self, expression: str) -> None:
        """Send frames until an expression is true on the page."""
        async with patient(expression):
            while not await self.hand.evaluate(expression):
                self.beam.send()
                await asyncio.sleep(0.02)

    async def shows(self, number: int, selector: str = "#picture") -> None:
        """Wait until this counter is painted."""
        async with patient(f"number {number} in {selector}"):
            while find_number(await self.hand.evaluate(f"({READ_PIXELS})('{selector}').catch(() => null)")) != number:
                pass

    async def asks_for(self, **changed: str) -> None:
        """Wait until the page's address has what it had, and what is changed."""
        self.view = {name: value for name, value in (self.view | changed).items() if value}
        await self.hand.until(f"{_ADDRESS} === {json.dumps(_spell(self.view))}")

    async def paints(self, **changed: str) -> None:
        """
        Wait until address, request and picture are of what is changed.

        Whoever asks the server for the same without a browser tells what is to be painted.
        """
        await self.asks_for(**changed)
        asked = {name: value for name, value in self.view.items() if name not in _OWN}
        await self.sees("stream.mjpg", lambda query: {n: query[n] for n in query if n not in _CARRIED} == asked)
        path = f"/cameras/beam/stream.mjpg?{urlencode(asked)}"
        async with self.site.pictures(path, headers=self.cookie) as direct, patient(f"a picture of {asked}"):
            while True:
                self.beam.send()
                picture = await direct.take()
                for _ in range(10):
                    if is_like(
                        decode_colours(await self.hand.evaluate(f"({READ_COLOURS})().catch(() => null)")), picture
                    ):
                        return

    async def fixes_levels(self) -> None:
        """Wait until the levels are fixed at others than before, and the picture is painted with them."""
        before = self.view.get("low"), self.view.get("high")
        await self.hand.until(
            f"(q => q.get('levels') === 'fixed' && [q.get('low'), q.get('high')] + '' !== '{before[0]},{before[1]}')"
            "(new URLSearchParams(location.search))"
        )
        await self.paints(
            levels="fixed", low=await self.hand.read("#view-low"), high=await self.hand.read("#view-high")
        )

    async def zooms(self, about: list[int]) -> None:
        """Wait until the page shows about this region, [x, y, width, height]: a finger hits a pixel or the next."""
        await self.hand.until("new URLSearchParams(location.search).get('roi')")
        roi = await self.hand.evaluate("new URLSearchParams(location.search).get('roi')")
        assert max(abs(is_ - meant) for is_, meant in zip(map(int, roi.split(",")), about, strict=True)) <= 2, roi
        await self.paints(roi=roi)

    async def tells(self, selector: str, pattern: str) -> "re.Match[str]":
        """Wait until an element's text, or a field's, is like this."""
        text = ""
        try:
            async with patient(pattern):
                while not (found := re.search(pattern, text)):
                    text = await self.hand.read(selector)
        except AssertionError as error:
            raise AssertionError(f"{error}; {selector} says {text!r}") from None
        return found


def _spell(view: Mapping[str, str]) -> str:
    return "&".join(sorted(f"{name}={value}" for name, value in view.items()))
