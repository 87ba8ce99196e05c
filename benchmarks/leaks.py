"""Rows on what may grow or hang: slow viewers, stuck ones, coming and going, the end."""

import signal
import time
from importlib.util import find_spec

from benchmarks.load import viewers
from benchmarks.meter import descriptors, resident_bytes
from benchmarks.stages import Stage, product
from benchmarks.table import Table

# What the kernel may hold for a slow reader, else most of the age would be the reader's own hoard.
_BUFFER = 8192


def best_loop() -> str:
    """Return the loop that the product takes here."""
    return "uvloop" if find_spec("uvloop") else "asyncio"


def slow(table: Table, seconds: float = 60.0) -> None:
    """One viewer of 100 drinks at a tenth of the rate."""
    size, fps = 60_000, 30
    rate = size * fps // 10
    table.title(f"99 viewers, and one at {rate / 1e3:.0f} kB/s; {size // 1000} kB at {fps} frames/s, {seconds:g} s")
    with (
        product(best_loop())(size, fps) as stage,
        viewers(stage, "readers:99", f"slow:1:rate={rate}:buffer={_BUFFER}") as load,
    ):
        load.watch(2)
        before = resident_bytes(stage.pid)
        seen = load.watch(seconds).groups
        grown = resident_bytes(stage.pid) - before
    table.at_most("the slow one: age, 99 %, ms", seen["slow"].age_p99 * 1e3, size / rate * 1e3 + 250)
    table.note(f"p50 {seen['slow'].age_p50 * 1e3:.0f} ms; it had {seen['slow'].frames / seconds:.2f} frames/s")
    table.at_least("the others: delivered, least viewer", seen["readers"].least, 0.99)
    table.at_most("faults", seen["slow"].bad + seen["readers"].bad + seen["slow"].ended + seen["readers"].ended, 0)
    table.at_most("memory grew by, MB", grown / 1e6, 1)


def stuck(table: Table, long: bool) -> None:
    """A hundred viewers never read; when they are let go, others come."""
    seconds = 600.0 if long else 60.0
    table.title(f"10 viewers, and 100 that never read; 60 kB at 30 frames/s, {seconds:g} s")
    with (
        product(best_loop())(60_000, 30) as stage,
        viewers(stage, "readers:10", "stuck:100:rate=0:life=40") as load,
    ):
        load.watch(5)
        before = resident_bytes(stage.pid)
        seen = load.watch(seconds).groups
        grown = resident_bytes(stage.pid) - before
        let_go = stage.log.read_text().count("took no byte") if stage.log else 0
    table.at_most("memory grew by, MB", grown / 1e6, 10)
    table.at_least("the readers: delivered, least viewer", seen["readers"].least, 0.99)
    table.note(f"{let_go} were let go for taking nothing")


def churn(table: Table, long: bool) -> None:
    """Fifty viewers come and go each second."""
    seconds = 300.0 if long else 60.0
    table.title(f"10 viewers, and 50 a second that come and leave after 1 s; 20 kB at 30 frames/s, {seconds:g} s")
    with product(best_loop())(20_000, 30) as stage, viewers(stage, "readers:10") as load:
        with viewers(stage, "passing:50:life=1") as crowd:
            crowd.watch(10)  # what is kept for reuse is there
        before = _hold(stage)
        with viewers(stage, "passing:50:life=1") as crowd:
            passed = crowd.watch(seconds).groups["passing"]
        after = _hold(stage)
        readers = load.watch(2).groups["readers"]
        log = stage.log.read_text() if stage.log else ""
    table.at_least("came per second", passed.came / seconds, 45)
    table.at_most("faults", passed.bad + passed.refused + passed.ended + readers.bad + readers.ended, 0)
    for what in ("tasks", "encoders", "descriptors"):
        table.at_most(f"{what} more than before", after[what] - before[what], 0, f"(now {after[what]})")
    table.at_most("memory grew by, MB", (after["memory"] - before["memory"]) / 1e6, 2)
    table.at_most("tracebacks in the log", log.count("Traceback"), 0, f"({len(log.splitlines())} lines)")


def _hold(stage: Stage) -> dict[str, int]:
    """Count what the server holds, once those who left are gone."""
    for _ in range(50):
        if len(stage.state()["viewers"]) == 10:
            break
        time.sleep(0.1)
    time.sleep(0.5)
    return {**stage.count(), "descriptors": descriptors(stage.pid), "memory": resident_bytes(stage.pid)}


def end(table: Table) -> None:
    """SIGTERM while 500 watch."""
    table.title("SIGTERM under 500 viewers, 20 kB at 100 frames/s")
    with product(best_loop())(20_000, 100) as stage, viewers(stage, "readers:500") as load:
        load.watch(1)
        began = time.monotonic()
        stage.process.send_signal(signal.SIGTERM)
        status = stage.process.wait(30)
        table.at_most("exit status", abs(status), 0)
        table.at_most("seconds to the end", time.monotonic() - began, 2)
