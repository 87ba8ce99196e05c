"""The steps of an operator's round on a camera's page: each uses some controls, and reads what they did."""

import asyncio
import io

import cv2
import numpy as np

from mjpeg_viewer.simulator import Beam, Simulator
from tests.browser.both_hands import FirefoxHand
from tests.browser.hands import Point, patient
from tests.browser.rounds import Round

LIVE = "document.querySelector('#state')?.dataset.state === 'live' && document.querySelector('#stage .veil').hidden"


async def set_picture(this: Round) -> None:
    """Each field of the settings, one upon the other, and all of them again when the page is loaded anew."""
    hand = this.hand
    await hand.click("#settings summary")
    await hand.fill("#view-roi", "40,30,100,80", "Enter")
    await this.paints(roi="40,30,100,80")
    await hand.choose("#view-width", "160")
    await this.paints(width="160")
    await hand.choose("#view-levels", "minmax")
    await this.paints(levels="minmax")
    await hand.choose("#view-norm", "log")
    await this.paints(norm="log")
    await hand.choose("#view-levels", "percentile")
    await hand.fill("#view-low", "5", "Enter")
    await hand.fill("#view-high", "95", "Enter")
    await this.paints(levels="percentile", low="5", high="95")
    await hand.choose("#view-colormap", "viridis")
    await this.paints(colormap="viridis")
    await hand.choose("#view-rotate", "90")
    await this.paints(rotate="90")
    await hand.choose("#view-flip", "vertical")
    await this.paints(flip="vertical")
    await hand.choose("#view-quality", "30")
    await this.paints(quality="30")
    await hand.choose("#view-fps", "50")
    await this.paints(fps="50")
    drawn: list[str] = []
    for overlay in ("time", "crosshair", "centroid", "scale"):
        await hand.click(f"[name=overlay][value={overlay}]")
        drawn.append(overlay)
        await this.paints(overlay=",".join(drawn))
    await hand.click("#capture")
    await this.sends_until("document.querySelector('#background').textContent.includes('Mean of 10 frames')")
    await hand.click("[name=background]")
    await this.paints(background="subtract")
    this.requests.clear()
    await hand.goto(await hand.evaluate("location.href"))
    await this.paints()
    await hand.click("#settings summary")
    await hand.until("document.querySelector('#background').textContent.includes('Mean')")
    await hand.survey()
    this.requests.clear()
    this.view.clear()
    await hand.click("#view > a")
    await this.paints()


async def set_levels(this: Round) -> None:
    """The handles over the histogram, by pointer and by key; and as usual again."""
    hand = this.hand
    await hand.click("#settings summary")
    # What is white is told once a second; with the frame after that its handle stands there.
    await this.sends_until(
        "Math.abs(document.querySelector('#drag-high').getAttribute('aria-valuetext')"
        " / document.querySelector('#scale-high').textContent - 1) < 0.001"
    )
    assert await hand.evaluate("document.querySelector('#histogram path').getAttribute('d').length > 100")
    x, y = await hand.find("#drag-high")
    await hand.stroke((x, y), (x - 20, y), (x - 40, y))
    await this.fixes_levels()
    low, high = float(this.view["low"]), float(this.view["high"])
    await hand.find("#drag-low")
    await hand.evaluate("document.querySelector('#drag-low').focus()")
    await hand.press("ArrowRight")
    await this.fixes_levels()
    assert low < float(this.view["low"]) < float(this.view["high"]) == high
    await hand.choose("#view-levels", "auto")
    await this.paints(levels="", low="", high="")


def spot(box: list[float], x: float, y: float) -> Point:
    """Where a pixel of the whole image, 320 x 240, is on the screen."""
    return box[0] + (x + 0.5) / 320 * box[2], box[1] + (y + 0.5) / 240 * box[3]


def newest(beam: Simulator) -> list[np.ndarray]:
    """Make again what was sent last."""
    again = Beam(320, 240, "uint16", counter=True, seed=1)
    return [np.asarray(again.values(number)["image"]) for number in range(max(1, beam.pulse_id - 40), beam.pulse_id)]


async def find_picture(this: Round) -> list[float]:
    await this.hand.find("#fit")
    box = await this.hand.evaluate(
        "(b => [b.x, b.y, b.width, b.height])(document.querySelector('#fit').getBoundingClientRect())"
    )
    return [float(side) for side in box]


async def point(this: Round) -> None:
    """The cursor by pointer and by key, with the value that the camera sent there; marks; profiles."""
    hand, beam = this.hand, this.beam
    box = await find_picture(this)
    await (hand.stroke if hand.touch else hand.hover)(spot(box, 160, 120))
    await this.sends_until("/ · \\d/.test(document.querySelector('#at').textContent)")
    x, y, value = map(int, (await this.tells("#at", r"^x (\d+) y (\d+) · (\d+)$")).groups())
    assert abs(x - 160) <= 1
    assert abs(y - 120) <= 1
    assert value in {int(image[y, x]) for image in newest(beam)}
    await hand.evaluate("document.querySelector('#fit').focus()")
    await hand.press("ArrowRight")
    await this.tells("#at", f"^x {x + 1} y {y} ")
    await hand.press("m")
    await this.asks_for(marks=f"{x + 1},{y}")
    await hand.press("Escape")
    await this.tells("#at", "^$")
    await hand.click("#mark")
    await hand.until("document.querySelector('#mark').ariaPressed === 'true'")
    await hand.stroke(spot(await find_picture(this), 60, 40))
    await this.tells("#marks", r"^1: .* · 2: .* · Δ -\d+, -\d+ ")
    assert await hand.evaluate("document.querySelector('#over .marks:not(.under)').getAttribute('d').length > 0")
    await hand.click("#mark")
    await hand.click("[name=profiles]")
    await this.sees("events", lambda query: "x_profile" in query["channels"])
    await this.sends_until("document.querySelector('#over .profiles:not(.under)').getAttribute('d')")
    await this.tells("#spot", "^x .* FWHM .* · y ")
    await hand.click("[name=profiles]")
    await this.tells("#spot", "^$")
    this.view = await hand.evaluate("Object.fromEntries(new URLSearchParams(location.search))")
    assert this.view.keys() == {"marks"}


async def zoom(this: Round) -> None:
    """By the tool, which a finger needs, and back by a double click; by key; and back by the button."""
    hand = this.hand
    await hand.click("#zoom")
    await hand.until("document.querySelector('#zoom').ariaPressed === 'true'")
    box = await find_picture(this)
    await hand.stroke(spot(box, 80, 60), spot(box, 150, 100), spot(box, 239, 179))
    await this.zooms([80, 60, 160, 120])
    await hand.until("document.querySelector('#zoom').ariaPressed === 'false'")
    if hand.touch and isinstance(hand, FirefoxHand):  # which makes no double click of two taps
        await hand.click("#whole")
    else:
        await hand.stroke(await hand.find("#fit"), times=2)
    await this.paints(roi="")
    await hand.evaluate("document.querySelector('#fit').focus()")
    await hand.press("Escape")
    await hand.press("+")
    await this.zooms([80, 60, 160, 120])
    await hand.press("-")
    await this.paints(roi="")
    await hand.press("+")
    await this.zooms([80, 60, 160, 120])
    await hand.click("#whole")
    await this.paints(roi="")


async def hold(this: Round) -> None:
    """Freeze, back, on, resume; and the whole screen."""
    hand, beam = this.hand, this.beam
    for _ in range(2):
        beam.send()
        await this.shows(beam.pulse_id - 1)
    last = beam.pulse_id - 1
    await hand.click("#freeze")
    await this.tells("#frozen-line", rf"^Frozen · .* · pulse {last} · (\d+) of \1$")
    await this.shows(last, "#frozen")
    beam.send()
    await this.shows(last + 1)  # below it the stream runs on
    await this.shows(last, "#frozen")
    await hand.click("#older")
    await this.shows(last - 1, "#frozen")
    await hand.click("#newer")
    await this.shows(last, "#frozen")
    await hand.click("#freeze")
    await this.sends_until(LIVE)
    await hand.click("#full-screen")
    await hand.until("document.fullscreenElement?.className === 'view'")
    await hand.click("#full-screen")
    await hand.until("!document.fullscreenElement")


async def save(this: Round) -> None:
    """Each file of the menu: the picture as shown, and the very values of a frame."""
    await this.hand.click(".save summary")
    await this.hand.survey()
    jpeg = await download(this, "#save-jpg")
    assert cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR).shape == (240, 320, 3)
    await this.hand.click(".save summary")
    npy = np.load(io.BytesIO(await download(this, ".save a[href$=npy]")))
    await this.hand.click(".save summary")
    png = cv2.imdecode(np.frombuffer(await download(this, ".save a[href$=png]"), np.uint8), cv2.IMREAD_UNCHANGED)
    for values in (npy, png):
        assert any(np.array_equal(values, image) for image in newest(this.beam))


async def download(this: Round, selector: str) -> bytes:
    """A snapshot is of the next frame, so there must be some."""
    saving = asyncio.ensure_future(this.hand.download(selector))
    async with patient(selector):
        while not saving.done():
            this.beam.send()
            await asyncio.wait([saving], timeout=0.05)
    return await saving


async def read_values(this: Round) -> None:
    """Find one and pin it; the display, which shows what is pinned."""
    hand = this.hand
    await this.sends_until("document.querySelectorAll('#values tr').length > 5")
    await hand.survey()
    await hand.fill("#filter", "energy")
    await this.tells("#values-count", r"^1 of \d+$")
    assert await hand.evaluate("[...document.querySelectorAll('#values tr')].filter(r => r.offsetHeight).length") == 1
    await hand.click("[aria-label='Pin beam_energy']")
    await this.asks_for(pins="beam_energy")
    await hand.fill("#filter", "i")
    await this.tells("#values tr:first-child th", "beam_energy")
    await hand.click("#display")
    await hand.until("location.pathname === '/cameras/beam/display'")
    await hand.survey()
    await this.sends_until(LIVE)
    await this.sends_until("document.querySelector('[data-channel=beam_energy] .number').textContent.startsWith('5.')")
    # Chromium is asked again when its page goes, and would go back once more.
    await hand.evaluate("location.pathname.endsWith('/display') && history.back()")
    await hand.until("location.pathname === '/cameras/beam'")
    await this.sends_until(LIVE)
    await this.sends_until("document.querySelectorAll('#values tr').length > 5")  # which move what is below them


async def share(this: Round) -> None:
    """The code for the phone is the page's address, each text can be copied, and a token comes into all of them."""
    hand = this.hand
    await hand.click("#share summary")
    await hand.until(
        "document.querySelector('#qr').naturalWidth && document.querySelector('#share-page').value === location.href"
    )
    await hand.survey()
    await hand.fill("#share-token", "abc")
    await this.tells("#share-stream", r"/stream\.mjpg\?token=abc$")
    kinds = await hand.evaluate("[...document.querySelectorAll('.share-row:has(button) input')].map(i => i.id)")
    for kind in kinds:
        await hand.click(f"#{kind}")
        await hand.click(f"#{kind} + button")
        await this.tells(f"#{kind} + button", "^Copied$")
    await hand.click("#filter")
    await hand.press("Control", "a")
    await hand.press("Control", "v")
    await hand.until(f"document.querySelector('#filter').value === document.querySelector('#{kinds[-1]}').value")
    address, read = await hand.evaluate("location.href"), ""
    async with patient(f"a code of {address}"):
        while read != address:  # values that come may move it while it is looked at
            png = cv2.imdecode(np.frombuffer(await hand.look("#qr"), np.uint8), cv2.IMREAD_COLOR)
            read = cv2.QRCodeDetectorAruco().detectAndDecode(png)[0]
