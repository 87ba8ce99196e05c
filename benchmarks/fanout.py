"""
What showing one stream to many costs, beside a C program that does nothing else, and beside peers.

    make bench-fanout                                  the whole table, some 20 minutes
    python -m benchmarks.fanout cost crowd             single rows
    python -m benchmarks.fanout --long stuck churn     rows that watch for leaks, at full length
    python -m benchmarks.fanout --smoke                that all of it works, in some seconds; no figures

The load program shares the machine with the servers.  Servers take turns, anew in each round, so that what the machine
does meets all; ratios are medians over the rounds, with the least and the greatest behind them.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack

from benchmarks.leaks import churn, end, slow, stuck
from benchmarks.load import Watched, viewers
from benchmarks.meter import machine, middle, resident_bytes
from benchmarks.smoke import smoke
from benchmarks.stages import find_stages, pipeline
from benchmarks.table import Table

SETTLE, SECONDS, ROUNDS = 1.0, 4.0, 3

PRODUCT = ("asyncio", "uvloop")
BARE = tuple(f"bare {loop}" for loop in PRODUCT)

_LOADS = ((60_000, 30, 100), (60_000, 30, 500), (20_000, 100, 100), (20_000, 100, 500))


def take_turns(names: Sequence[str], size: int, fps: float, count: int, rounds: int) -> dict[str, list[Watched]]:
    """Measure each server once in each round, beginning with another one each time."""
    stages = find_stages()
    seen: dict[str, list[Watched]] = {name: [] for name in names if name in stages}
    for number in range(rounds):
        order = [*seen]
        for name in order[number % len(order) :] + order[: number % len(order)]:
            try:
                with stages[name](size, fps) as stage, viewers(stage, f"readers:{count}") as load:
                    load.watch(SETTLE)
                    seen[name].append(load.watch(SECONDS))
            except RuntimeError as error:
                if name in PRODUCT:
                    raise
                print(f"{error}: {name} is left out here")
                del seen[name]
    return seen


def ratio(ours: Sequence[Watched], other: Sequence[Watched]) -> list[float]:
    """Return what ours cost of the other's, round by round, sorted."""
    return sorted(one.per_frame / two.per_frame for one, two in zip(ours, other, strict=True))


def cost(table: Table) -> None:
    """CPU per delivered frame, against the floor and the peers."""
    for size, fps, count in _LOADS:
        table.title(f"{count} viewers, {size // 1000} kB at {fps} frames/s")
        seen = take_turns(["floor", *BARE, *PRODUCT, "ustreamer", "mjpg-streamer"], size, fps, count, ROUNDS)
        for name, rounds in seen.items():
            groups = [one.groups["readers"] for one in rounds]
            table.note(
                f"{name:<14} {middle([one.per_frame for one in rounds]):5.1f} µs a frame,"
                f" {middle([group.fraction for group in groups]):7.2%} delivered,"
                f" {middle([group.age_p50 for group in groups]) * 1e3:5.1f} ms old (99 %:"
                f" {middle([group.age_p99 for group in groups]) * 1e3:.1f}),"
                f" load program {middle([one.load for one in rounds]):.2f} of a core"
            )
        for name, against, most in (
            ("asyncio", "floor", 1.5),
            ("uvloop", "floor", 1.3),
            ("asyncio", "ustreamer", 0.5),
            ("asyncio", "mjpg-streamer", 0.75),
            ("uvloop", "ustreamer", 0.5),
            ("uvloop", "mjpg-streamer", 0.75),
        ):
            if name in seen and against in seen:
                ratios = ratio(seen[name], seen[against])
                table.at_most(f"{name} ÷ {against}", middle(ratios), most, f"({ratios[0]:.2f} to {ratios[-1]:.2f})")
        for name in BARE:
            if name in seen:
                ratios = ratio(seen[name], seen["floor"])
                table.note(f"{name} ÷ floor: {middle(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})")
        if (size, count) == (20_000, 500):
            for name in PRODUCT:
                if name in seen:
                    groups = [one.groups["readers"] for one in seen[name]]
                    table.at_least(f"{name}: delivered, least viewer", middle([one.least for one in groups]), 0.99)
                    table.at_most(f"{name}: age, 99 %, ms", middle([one.age_p99 for one in groups]) * 1e3, 25)


def crowd(table: Table) -> None:
    """A thousand viewers and two: delivery, memory, and what the crowd adds to the cost of each."""
    stages = find_stages()
    for name in (name for name in PRODUCT if name in stages):
        table.title(f"crowds, 20 kB, {name}")
        for count, fps in ((1000, 30), (2000, 10)):
            with stages[name](20_000, fps) as stage:
                with viewers(stage, "readers:10") as load:
                    load.watch(SETTLE)
                alone = resident_bytes(stage.pid)
                with viewers(stage, f"readers:{count}") as load:
                    load.watch(SETTLE)
                    seen = load.watch(SECONDS)
                    memory = (resident_bytes(stage.pid) - alone) / count
            group = seen.groups["readers"]
            table.at_least(f"{count} viewers, {fps} frames/s: delivered, least viewer", group.least, 0.99)
            table.at_most(f"{count} viewers: memory for each, kB", memory / 1e3, 40)
            table.note(f"age {group.age_p50 * 1e3:.1f} ms (99 %: {group.age_p99 * 1e3:.1f}), {seen.load:.2f} of a core")
        pairs = []
        for _ in range(ROUNDS):
            few = take_turns([name], 20_000, 30, 100, 1)[name]
            many = take_turns([name], 20_000, 30, 1000, 1)[name]
            pairs.append(many[0].per_frame / few[0].per_frame)
        table.at_most(
            "CPU per frame, 1000 viewers ÷ 100", middle(pairs), 1.1, f"({min(pairs):.2f} to {max(pairs):.2f})"
        )


def encodes(table: Table) -> None:
    """Pictures made per frame, for one viewer and for 500."""
    table.title("whole pipeline, 1280 x 1024 of 16 bits at 25 Hz")
    made = {}
    for count in (1, 500):
        with pipeline(25) as stage, viewers(stage, f"readers:{count}") as load:
            load.watch(SETTLE)
            before = stage.state()
            load.watch(SECONDS)
            after = stage.state()
            received = after["received"] - before["received"]
            made[count] = (after["encoded"] - before["encoded"]) / received
    # At either look a frame may be received and not encoded yet.
    table.at_most("encodes per frame, 500 viewers", made[500], 1 + 1 / received, f"(1 viewer: {made[1]:.3f})")


def age(table: Table) -> None:
    """From the camera's stamp to the last byte at the viewer."""
    table.title("age, camera to socket, 1280 x 1024 of 16 bits at 25 Hz")
    for count in (1, 100, 500):
        with pipeline(25) as stage, viewers(stage, f"readers:{count}") as load:
            load.watch(SETTLE)
            seen = load.watch(2 * SECONDS)
            group = seen.groups["readers"]
            table.note(
                f"{count:>4} viewers: p50 {group.age_p50 * 1e3:.1f}, p95 {group.age_p95 * 1e3:.1f},"
                f" p99 {group.age_p99 * 1e3:.1f} ms; {group.bytes / max(1, group.frames) / 1e3:.0f} kB a frame,"
                f" {group.fraction:.2%} of those that the camera sent"
            )


ROWS: dict[str, Callable[[Table], None]] = {"cost": cost, "crowd": crowd, "encodes": encodes, "age": age}


def main() -> int:
    """Print the table; 1 if something in it missed its aim."""
    parser = argparse.ArgumentParser(prog="benchmarks.fanout", description="What showing one stream to many costs.")
    parser.add_argument(
        "rows", nargs="*", metavar="ROW", help=f"of {', '.join((*ROWS, 'slow', 'stuck', 'churn', 'end'))}"
    )
    parser.add_argument("--long", action="store_true", help="watch for leaks for 5 and 10 minutes, instead of one")
    parser.add_argument("--smoke", action="store_true", help="only see that all of it works")
    args = parser.parse_args()
    if args.smoke:
        return smoke()
    rows = {
        **ROWS,
        "slow": slow,
        "stuck": lambda t: stuck(t, args.long),
        "churn": lambda t: churn(t, args.long),
        "end": end,
    }
    if unknown := set(args.rows) - set(rows):
        parser.error(f"no row {', '.join(sorted(unknown))}; there are {', '.join(rows)}")
    table = Table()
    with ExitStack() as stack:
        stack.callback(table.sum_up)
        print(f"fan-out, load program and server on the same cores; {machine()}")
        for name in args.rows or rows:
            rows[name](table)
    return 1 if table.missed else 0


if __name__ == "__main__":
    sys.exit(main())
