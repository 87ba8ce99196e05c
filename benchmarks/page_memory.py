"""
Whether a page that is open for long holds more and more.

What a process wrote and shares with no other is bounded, after its garbage was collected.  Resident memory is only
noted: the code of the browser is in it, and the buffers of pictures once in each process that has them mapped.

Playwright is left out, for it was the recorder that grew (devtools.py): beside it the page's process rose by 180 MB
in 39 minutes, about what was fetched to freeze the picture now and then; without it, by nothing in 30.
"""

import asyncio
import time
from collections.abc import Sequence

from benchmarks.browser import Processes
from benchmarks.devtools import Plain, Tab, run_plain_chromium
from benchmarks.meter import middle, private_bytes, resident_bytes
from benchmarks.page_cpu import EVERYTHING, PATH
from benchmarks.stages import PASSWORD, USER, Stage
from benchmarks.table import Table

# Trends are full after ten minutes, the events that go with frozen pictures after half a minute.
TRENDS, EVENTS = 630.0, 45.0

_MOVES = ((300, 300), (500, 400), (420, 520))
_LOG_IN = f"""
    document.getElementById("username").value = {USER!r};
    document.getElementById("password").value = {PASSWORD!r};
    document.querySelector("button.primary").click();
"""
_FROZEN = "document.querySelector('[data-frozen]') !== null"


async def memory(table: Table, stage: Stage, seconds: float, period: float) -> None:
    """Watch the page with all in use; compare the last quarter with the first, after what fills has filled."""
    warm_up = TRENDS if seconds >= 2 * TRENDS else min(EVENTS, seconds / 4)
    table.title(f"the page with all in use for {seconds:.0f} s, of which the first {warm_up:.0f} do not count")
    samples: list[dict[str, float]] = []
    async with run_plain_chromium() as chromium:
        processes = Processes(chromium.browser)
        await _open_everything(chromium.tab, stage.port)
        began = time.monotonic()
        for number in range(int(seconds / period)):
            await asyncio.sleep(began + number * period - time.monotonic())
            await _use(chromium.tab, number)
            sample = await _sample(chromium, processes)
            passed = time.monotonic() - began
            if passed >= warm_up:
                samples.append(sample)
            told = ", ".join(f"{name} {value:.6g}" for name, value in sample.items())
            table.note(f"{passed:6.0f} s: {told}")
        state = await chromium.tab.evaluate("document.getElementById('state').dataset.state")
        assert state in ("live", "slow-link"), state
    _judge(table, samples)


async def _open_everything(tab: Tab, port: int) -> None:
    """Log in, and open the camera's page as `page_cpu.open_everything` does."""
    base = f"http://127.0.0.1:{port}"
    await tab.goto(f"{base}/login?next={PATH}")
    await tab.evaluate(_LOG_IN)
    await tab.until(f"location.pathname === {PATH!r}")
    await tab.goto(base + EVERYTHING)
    await tab.until("document.getElementById('state').dataset.state === 'live'")
    for panel in ("settings", "share"):
        await tab.click(f"#{panel} > summary")
    await _freeze(tab)
    await tab.move(*_MOVES[-1])
    await tab.until("document.getElementById('at').textContent.includes('·')")


async def _use(tab: Tab, number: int) -> None:
    """Move the cursor, which asks for values there; freeze for a moment."""
    await tab.move(*_MOVES[number % len(_MOVES)])
    if number % 5 == 4:
        await _freeze(tab)


async def _freeze(tab: Tab) -> None:
    await tab.click("#freeze")
    await tab.until(_FROZEN)
    await tab.click("#freeze")
    await tab.until(f"!({_FROZEN})")


async def _sample(chromium: Plain, processes: Processes) -> dict[str, float]:
    await chromium.tab.send("HeapProfiler.collectGarbage")
    usage = await chromium.tab.send("Runtime.getHeapUsage")
    counters = await chromium.tab.send("Memory.getDOMCounters")
    private, resident = [await processes.held(measure) for measure in (private_bytes, resident_bytes)]
    return {
        "heap": usage["usedSize"] / 1e6,
        "nodes": counters["nodes"],
        "listeners": counters["jsEventListeners"],
        "documents": counters["documents"],
        "renderer": private["renderer"] / 1e6,
        "browser": (private.total() - private["renderer"]) / 1e6,
        "renderer resident": resident["renderer"] / 1e6,
        "browser resident": (resident.total() - resident["renderer"]) / 1e6,
    }


def _judge(table: Table, samples: Sequence[dict[str, float]]) -> None:
    aims = {"heap": ("MB", 1.0), "nodes": ("", 50.0), "listeners": ("", 0.0), "documents": ("", 0.0)}
    aims |= {"renderer": ("MB", 10.0), "browser": ("MB", 10.0)}
    for name in samples[0]:
        values = [sample[name] for sample in samples]
        quarter = max(1, len(values) // 4)
        growth = middle(values[-quarter:]) - middle(values[:quarter])
        unit, most = aims.get(name, ("MB", None))
        more = f"{unit} (from {min(values):.6g} to {max(values):.6g})".lstrip()
        if most is None:
            table.note(f"{name}, growth: {growth:.3f} {more}")
        else:
            table.at_most(f"{name}, growth", growth, most, more)
