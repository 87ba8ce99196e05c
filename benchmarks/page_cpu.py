"""What a page costs the browser beyond the picture itself."""

from collections import Counter
from collections.abc import Awaitable, Callable

from playwright.async_api import Page, expect

from benchmarks.browser import Processes
from benchmarks.meter import middle
from benchmarks.stages import Stage
from benchmarks.table import Table

PATH = "/cameras/camera"
PINS = "value_00,value_01,value_02,value_03"
EVERYTHING = f"{PATH}?profiles=on&pins={PINS}&marks=300,200,800,600"

# The picture alone, where the page has it and as large.
_BARE = """([src, box]) => {
    const image = document.createElement("img");
    Object.assign(image.style, { position: "fixed", left: `${box.x}px`, top: `${box.y}px` });
    Object.assign(image.style, { width: `${box.width}px`, height: `${box.height}px`, objectFit: "contain" });
    image.src = src;
    document.body.replaceChildren(image);
}"""


async def until_live(page: Page) -> None:
    """Wait until the page says so."""
    await page.wait_for_selector('#state[data-state="live"]')


async def open_everything(page: Page, port: int) -> None:
    """Open the camera's page with all that it has, in use: profiles, marks, cursor, trends, histogram, sharing."""
    await page.goto(f"http://127.0.0.1:{port}{EVERYTHING}")
    await until_live(page)
    for panel in ("settings", "share"):
        await page.click(f"#{panel} > summary")
    await page.click("#freeze")
    await page.wait_for_selector("[data-frozen]")
    await page.click("#freeze")
    await page.evaluate("scrollTo(0, 0)")
    await page.hover("#fit")
    await expect(page.locator("#at")).to_contain_text("·")


async def cpu(table: Table, page: Page, stage: Stage, rounds: int, settle: float, seconds: float) -> None:
    """Measure in turns; what counts is the difference to the picture alone."""
    assert page.context.browser is not None  # only a context that outlives its browser has none
    processes = await Processes.of(page.context.browser)
    base = f"http://127.0.0.1:{stage.port}"
    await page.goto(base + PATH)
    await until_live(page)
    box = await page.evaluate("document.getElementById('picture').getBoundingClientRect().toJSON()")

    async def nothing() -> None:
        await page.goto("about:blank")

    async def bare() -> None:
        await page.goto(f"{base}/healthz")
        await page.evaluate(_BARE, [f"{PATH}/stream.mjpg", box])

    async def as_opened() -> None:
        await page.goto(base + PATH)
        await until_live(page)

    async def everything() -> None:
        await open_everything(page, stage.port)

    ways: dict[str, Callable[[], Awaitable[None]]] = {
        "nothing": nothing,
        "the picture alone": bare,
        "the page as opened": as_opened,
        "the page, all in use": everything,
    }
    seen: dict[str, list[Counter[str]]] = {name: [] for name in ways}
    for number in range(rounds):
        order = [*ways]
        for name in order[number % len(order) :] + order[: number % len(order)]:
            await ways[name]()
            await page.wait_for_timeout(settle * 1000)
            seen[name].append(await processes.cpu(seconds))
    table.title(
        f"CPU of all the browser's processes, picture of {box['width']:.0f} x {box['height']:.0f} on the screen"
    )
    for name, results in seen.items():
        kinds = sorted({kind for one in results for kind in one})
        table.note(
            f"{name:<21} {middle([one.total() for one in results]):.3f} of a core ("
            + ", ".join(f"{kind} {middle([one[kind] for one in results]):.3f}" for kind in kinds)
            + ")"
        )
    alone = seen["the picture alone"]
    for name, most in (("the page as opened", 0.05), ("the page, all in use", None)):
        beyond = sorted(one.total() - other.total() for one, other in zip(seen[name], alone, strict=True))
        spread = f"({beyond[0]:.3f} to {beyond[-1]:.3f})"
        what = f"{name}, beyond the picture alone"
        if most is None:
            table.note(f"{what}: {middle(beyond):.3f} {spread}")
        else:
            table.at_most(what, middle(beyond), most, spread)
