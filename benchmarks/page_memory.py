"""Whether a page that is open for long holds more and more."""

import asyncio
import time
from collections.abc import Sequence

from playwright.async_api import Page

from benchmarks.browser import Processes
from benchmarks.meter import middle
from benchmarks.page_cpu import open_everything
from benchmarks.stages import Stage
from benchmarks.table import Table

# Trends are full after ten minutes, the events that go with frozen pictures after half a minute.
TRENDS, EVENTS = 630.0, 45.0

_MOVES = ((300, 300), (500, 400), (420, 520))


async def memory(table: Table, page: Page, stage: Stage, seconds: float, period: float) -> None:
    """Watch the page with all in use; compare the last quarter with the first, after what fills has filled."""
    processes = await Processes.of(page.context.browser)  # type: ignore[arg-type]
    await open_everything(page, stage.port)
    session = await page.context.new_cdp_session(page)
    await session.send("HeapProfiler.enable")
    warm_up = TRENDS if seconds >= 2 * TRENDS else min(EVENTS, seconds / 4)
    table.title(f"the page with all in use for {seconds:.0f} s, of which the first {warm_up:.0f} do not count")
    samples: list[dict[str, float]] = []
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        await _use(page, len(samples))
        await session.send("HeapProfiler.collectGarbage")
        usage = await session.send("Runtime.getHeapUsage")
        counters = await session.send("Memory.getDOMCounters")
        resident = await processes.resident()
        sample = {
            "heap": usage["usedSize"] / 1e6,
            "nodes": counters["nodes"],
            "listeners": counters["jsEventListeners"],
            "documents": counters["documents"],
            "renderer": resident["renderer"] / 1e6,
            "browser": (resident.total() - resident["renderer"]) / 1e6,
        }
        if passed >= warm_up:
            samples.append(sample)
        told = ", ".join(f"{name} {value:.6g}" for name, value in sample.items())
        table.note(f"{passed:6.0f} s: {told}")
        await asyncio.sleep(period)
    assert await page.get_attribute("#state", "data-state") in ("live", "slow-link")
    for name, unit, most in (("heap", "MB", 1.0), ("nodes", "", 50.0), ("listeners", "", 0.0), ("documents", "", 0.0)):
        values = [sample[name] for sample in samples]
        table.at_most(f"{name}, growth", _growth(values), most, f"{unit} (from {min(values):.6g} to {max(values):.6g})")
    for name in ("renderer", "browser"):
        values = [sample[name] for sample in samples]
        table.at_most(
            f"{name} in memory, growth, MB", _growth(values), 10.0, f"(from {min(values):.0f} to {max(values):.0f})"
        )


async def _use(page: Page, number: int) -> None:
    """Move the cursor, which asks for values there; freeze for a moment."""
    await page.mouse.move(*_MOVES[number % len(_MOVES)])
    if number % 5 == 4:
        await page.click("#freeze")
        await page.wait_for_selector("[data-frozen]")
        await page.click("#freeze")
        await page.wait_for_selector("[data-frozen]", state="detached")


def _growth(values: Sequence[float]) -> float:
    quarter = max(1, len(values) // 4)
    return middle(values[-quarter:]) - middle(values[:quarter])
