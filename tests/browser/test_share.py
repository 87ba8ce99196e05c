"""Taking a view elsewhere: to a phone, into programs, onto a screen, into files."""

import asyncio
import io
import re
from pathlib import Path

import cv2
import numpy as np
from playwright.async_api import Download, Page

from mjpeg_viewer.simulator import Beam, Simulator
from mjpeg_viewer.web.keyring import make_keys
from mjpeg_viewer.web.tokens import Tokens, make_token, write_tokens
from tests.browser.conftest import expect
from tests.kit import PATIENCE, Site, receiving, run_site

PROGRAMS = ("Stream (MJPEG)", "HTML", "Markdown", "Record with curl", "Watch in VLC", "Record with ffmpeg")
PROGRAMS += ("Python, OpenCV", "Python, numpy", "Events with curl")


async def test_qr_code_is_the_address_of_the_view(site: Site, page: Page):
    """What a decoder reads off the screen is what stands in the page's address."""
    await page.goto(f"{site.base}/cameras/beam?colormap=viridis&roi=10,20,100,80", wait_until="commit")
    await page.get_by_text("Share this view").click()
    await until_read(page, page.url)
    await page.get_by_label("Profiles").check()
    await expect(page).to_have_url(re.compile("profiles=on"))
    await until_read(page, page.url)


async def until_read(page: Page, text: str) -> None:
    read = ""
    async with asyncio.timeout(PATIENCE):
        while read != text:
            png = await page.locator("#qr").screenshot()
            pixels = cv2.imdecode(np.frombuffer(png, np.uint8), cv2.IMREAD_COLOR)
            read = cv2.QRCodeDetectorAruco().detectAndDecode(pixels)[0]


async def test_texts_for_programs_have_a_token_where_one_is_needed(beam: Simulator, page: Page, tmp_path: Path):
    """With a login each has a place for a token; one that is filled in opens the very address; the page has none."""
    keys = make_keys()
    token, text = make_token("wiki", "beam", 3600, keys)
    write_tokens(tmp_path / "tokens", [token], None)
    tokens = Tokens(tmp_path / "tokens", keys)
    async with run_site({"beam": beam.url}, users={"anna": "secret"}, keys=keys, tokens=tokens) as site:
        await receiving(beam)
        await page.goto(f"{site.base}/login?next=/cameras/beam", wait_until="commit")
        await page.fill("[name=username]", "anna")
        await page.fill("[name=password]", "secret")
        await page.click("[type=submit]")
        await page.get_by_text("Share this view").click()
        await expect(page.get_by_label("This page", exact=True)).to_have_value(page.url)
        for label in PROGRAMS:
            assert "?token=TOKEN" in await page.get_by_label(label, exact=True).input_value(), label
        command = await page.get_by_label("Make a token", exact=True).input_value()
        assert command == "mjpeg-viewer token create NAME --camera 'beam' --config FILE"
        await page.get_by_label("Token to fill in below").fill(text)
        address = await page.get_by_label("Stream (MJPEG)", exact=True).input_value()
        async with site.pictures(address.removeprefix(site.base)) as pictures:
            beam.send()
            assert (await pictures.take()).number == 1


async def test_copying_is_told_to_those_who_do_not_see_it(site: Site, page: Page):
    """The button keeps its name, so a line beside it says that it has copied, each time, and nothing else speaks."""
    await page.goto(f"{site.base}/cameras/beam", wait_until="commit")
    await page.get_by_text("Share this view").click()
    await expect(page.get_by_label("This page", exact=True)).to_have_value(page.url)
    told = page.locator("#share").get_by_role("status")
    await expect(told).to_have_text("")
    await page.evaluate(_LISTEN)
    for label in ("HTML", "HTML", "Markdown"):
        await page.get_by_role("button", name=f"Copy: {label}").click()
        await expect(told).to_have_text("Copied")
    # What is in the clipboard is the last one's, and it alone says so.
    await expect(page.get_by_role("button", name=re.compile("^Copy: ")).filter(has_text="Copied")).to_have_count(1)
    await expect(told).to_have_text("")
    assert [text for text in await page.evaluate("told") if text] == ["Copied"] * 3


# What live regions have said, but for those of the picture's state.
_LISTEN = """() => {
    window.told = [];
    const regions = document.querySelectorAll("#share :is(output, [role], [aria-live])");
    const listener = new MutationObserver((changes) => told.push(changes.at(-1).target.textContent));
    for (const region of regions) listener.observe(region, { childList: true, characterData: true, subtree: true });
}"""


async def test_server_without_tokens_says_so(beam: Simulator, page: Page):
    """Where only people can log in, no text pretends that a program could."""
    async with run_site({"beam": beam.url}, users={"anna": "secret"}) as site:
        await page.goto(f"{site.base}/login?next=/cameras/beam", wait_until="commit")
        await page.fill("[name=username]", "anna")
        await page.fill("[name=password]", "secret")
        await page.click("[type=submit]")
        await page.get_by_text("Share this view").click()
        await expect(page.locator("#share")).to_contain_text("this server has no list of tokens")


async def test_display_shows_the_same_view(site: Site, beam: Simulator, page: Page):
    """The link leads to the same picture on the display, with what is pinned beside it."""
    await page.goto(f"{site.base}/cameras/beam?width=160&pins=beam_energy&profiles=on", wait_until="commit")
    await page.get_by_label("Turned by").evaluate("field => field.closest('details').open = true")
    await page.get_by_label("Turned by").select_option("90")
    await page.get_by_role("link", name="Display").click()
    await expect(page).to_have_url(
        re.compile(
            r"/display\?width=160&rotate=90&channels=beam_energy$|"
            r"/display\?rotate=90&width=160&channels=beam_energy$"
        )
    )
    await site.until_watched(viewers=2)
    beam.send()
    await expect(page.locator("#stage .veil")).to_be_hidden()
    assert await page.evaluate("[picture.naturalWidth, picture.naturalHeight]") == [160, 213]
    await expect(page.locator("[data-channel=beam_energy] .number")).not_to_have_text("–")


async def test_save_gives_what_it_says(site: Site, beam: Simulator, page: Page):
    """The picture as shown, and the very values that the camera sent, as files."""
    await page.goto(f"{site.base}/cameras/beam?width=160&colormap=viridis", wait_until="commit")
    await site.until_watched(viewers=2)
    beam.send()
    await until_live(page)
    jpeg = cv2.imdecode(
        np.frombuffer(await save(site, beam, page, "Picture, as shown (.jpg)"), np.uint8), cv2.IMREAD_COLOR
    )
    assert jpeg.shape == (120, 160, 3)
    for label, read in (("for numpy (.npy)", read_npy), ("8 or 16 bit (.png)", read_png)):
        exact = read(await save(site, beam, page, f"Pixel values, {label}"))
        sent = np.asarray(Beam(320, 240, "uint16", counter=True, seed=1).values(beam.pulse_id - 1)["image"])
        np.testing.assert_array_equal(exact, sent)


async def until_live(page: Page) -> None:
    await expect(page.locator("#state")).to_have_attribute("data-state", "live")


async def save(site: Site, beam: Simulator, page: Page, label: str) -> bytes:
    await page.locator(".save").evaluate("menu => menu.open = true")
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name=label).click()
        await site.until_watched(viewers=3)
        beam.send()
    download: Download = await downloading.value
    return Path(await download.path()).read_bytes()


def read_npy(body: bytes) -> np.ndarray:
    return np.load(io.BytesIO(body))


def read_png(body: bytes) -> np.ndarray:
    return cv2.imdecode(np.frombuffer(body, np.uint8), cv2.IMREAD_UNCHANGED)


async def test_panel_whose_script_does_not_come_is_filled_at_its_next_opening(site: Site, page: Page):
    """What is loaded at its first use may be asked for while the server is away."""
    await page.route("**/static/share.js", lambda route: route.abort())
    await page.goto(f"{site.base}/cameras/beam", wait_until="commit")
    async with page.expect_event("requestfailed"):
        await page.get_by_text("Share this view").click()
    await page.unroute("**/static/share.js")
    await page.get_by_text("Share this view").click()
    await page.get_by_text("Share this view").click()
    await expect(page.get_by_label("This page", exact=True)).to_have_value(page.url)
