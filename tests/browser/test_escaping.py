"""Whatever a sender or a configuration calls things: it is text on the page, and nothing else."""

import asyncio
import logging
import re

import numpy as np
import pytest
import pytest_asyncio
from playwright.async_api import Page

from mjpeg_viewer.simulator import Simulator
from tests.browser.conftest import expect
from tests.kit import PATIENCE, Site, receiving, run_site

IMAGE = '<img src=x onerror="window.broken=1;alert(1)">'
SCRIPT = "</script></title></textarea><script>window.broken=1;alert(2)</script>"
QUOTES = "\"'><svg onload=window.broken=1;alert(3)>`${window.broken=1}`{{7*7}}"
# U+202E turns what follows round for the eye (CVE-2021-42574).
TURNED = "beam\u202e\u2066gpj.exe\u2069"
LINES = "a\r\nevent: forged\r\ndata: {}\r\n\r\n\x1b[31m\u2028b\0c"
NAMES = (IMAGE, SCRIPT, QUOTES, TURNED)


class Hostile:
    """Values whose names and texts would like to be something else."""

    def values(self, number: int, delay: float) -> dict[str, object]:
        image = np.full((48, 64), number % 256, np.uint8)
        return {"image": image, **{text: text for text in (*NAMES, LINES)}}


@pytest_asyncio.fixture(loop_scope="session")
async def dialogs(page: Page) -> list[str]:
    """What the page said in windows of its own."""
    said: list[str] = []

    async def dismiss(dialog) -> None:  # type: ignore[no-untyped-def]
        said.append(dialog.message)
        await dialog.dismiss()

    page.on("dialog", dismiss)
    return said


async def expect_untouched(page: Page, dialogs: list[str]) -> None:
    """Nothing ran and nothing was added: what was hostile has become no element, and no attribute."""
    assert dialogs == []
    assert await page.evaluate("window.broken") is None
    assert (
        await page.locator(
            "[onerror], [onload], img[src='x'], main svg:not(#over, #counts, [role=img]), main script"
        ).count()
        == 0
    )
    assert "49" not in (await page.title())


async def test_names_and_values_of_a_stream_are_text(page: Page, dialogs: list[str]):
    """Channels called like HTML, with texts like HTML, stand as they are in the table of values."""
    with Simulator(Hostile(), start_pulse_id=1) as beam:  # type: ignore[arg-type]
        async with run_site({"beam": beam.url}) as site:
            await receiving(beam)
            await page.goto(site.base, wait_until="commit")
            await site.until_watched(viewers=2)
            beam.send()
            for text in (IMAGE, SCRIPT, QUOTES):
                row = page.locator("#values tr").filter(has_text=text[:20])
                await expect(row).to_contain_text(text)
            # Letters that turn the line round turn no more than their own cell.
            turned = page.locator("#values tr").filter(has_text="beam")
            await expect(turned.first).to_be_visible()
            await page.fill("#filter", "<img")
            await expect(page.locator("#values tr:visible")).to_have_count(1)
            await expect_untouched(page, dialogs)


async def test_names_and_values_of_a_stream_forge_no_event():
    """Line ends in names and texts stay inside the one line of JSON."""
    with Simulator(Hostile(), start_pulse_id=1) as beam:  # type: ignore[arg-type]
        async with run_site({"beam": beam.url}) as site:
            await receiving(beam)
            async with site.events() as events:
                await site.until_watched()
                beam.send()
                values = (await events.take("frame")).data["values"]
                assert {name: values[name] for name in (*NAMES, LINES)} == {name: name for name in (*NAMES, LINES)}
                beam.send()
                assert {(await events.take()).name for _ in range(2)} <= {"frame", "status", "viewer"}


class Nameless(Hostile):
    """No picture, so that the reason names what there is."""

    def values(self, number: int, delay: float) -> dict[str, object]:
        pictures = {f"{text}:FPICTURE": np.zeros((4, 4), np.uint8) for text in (*NAMES, LINES)}
        return {**pictures, LINES: 1.0}


async def test_reasons_that_quote_a_sender_are_text(page: Page, dialogs: list[str], caplog: pytest.LogCaptureFixture):
    """Where the status has names of the stream in it, they are text on the page, and one line in the log."""
    caplog.set_level(logging.INFO)
    with Simulator(Nameless(), start_pulse_id=1) as beam:  # type: ignore[arg-type]
        async with run_site({"beam": beam.url}) as site:
            await receiving(beam)
            await page.goto(site.base, wait_until="commit")
            await site.until_watched(viewers=2)
            async with asyncio.timeout(PATIENCE):
                while await page.locator("#state").get_attribute("data-state") != "undecodable":
                    beam.send()
            await expect(page.locator("#reason")).to_contain_text("FPICTURE")
            await expect_untouched(page, dialogs)
            state = await site.read_json("/state")
    assert "FPICTURE" in state["cameras"]["beam"]["reason"]
    lines = [record.getMessage() for record in caplog.records if "FPICTURE" in record.getMessage()]
    assert lines
    for line in lines:
        assert line.isprintable(), line


async def test_names_of_cameras_are_text(page: Page, dialogs: list[str]):
    """The configuration takes no such names; should one come otherwise, wall, menu and page show it as text."""
    names = [re.sub("[/{}]", "|", name) for name in NAMES]  # which the path of a camera does not take
    async with run_site(dict.fromkeys(names, "bsread+pull://127.0.0.1:1")) as site:
        await page.goto(site.base, wait_until="commit")
        titles = page.locator("#wall h2")
        await expect(titles).to_have_text(names)
        await expect_untouched(page, dialogs)
        for name in names:
            await _open(page, site, name)
            await expect(page.locator("h1")).to_have_text(name)
            await expect(page.locator("#camera")).to_have_attribute("data-camera", name)
            await page.locator("#share summary").click()
            await expect_untouched(page, dialogs)


async def _open(page: Page, site: Site, name: str) -> None:
    await page.goto(site.base, wait_until="commit")
    await page.locator("#wall a").filter(has_text=name).first.click()


async def test_user_names_are_text(page: Page, dialogs: list[str]):
    """A name from the users file may hold what HTML takes for a tag; above the page it is text."""
    name = "<img src=x onerror=alert(1)>".replace(" ", "\t")
    tag = "<b>'\"&amp;ada"
    async with run_site({"beam": "bsread+pull://127.0.0.1:1"}, users={tag: "right"}) as site:
        await page.goto(f"{site.base}/login?next={name}", wait_until="commit")
        await page.fill("[name=username]", name)
        await page.fill("[name=password]", "wrong")
        await page.click("[type=submit]")
        await expect(page.locator("[role=alert]")).to_be_visible()
        await expect_untouched(page, dialogs)
        await page.fill("[name=username]", tag)
        await page.fill("[name=password]", "right")
        await page.click("[type=submit]")
        await expect(page.locator(".user")).to_have_text(tag)
        await expect_untouched(page, dialogs)
