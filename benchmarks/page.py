"""
What the camera's page does in a real browser: how soon there is a picture, what it costs, whether it grows.

    make bench-page                                    all of it, some 13 minutes
    python -m benchmarks.page first cpu                single rows
    python -m benchmarks.page --hour memory            memory for an hour
    python -m benchmarks.page --smoke                  that all of it works, in some seconds

A camera of 25 Hz sends 1280 x 1024 pixels of 16 bits and 20 numbers to the command itself, with login and all.
Chromium, without a GPU, looks at its pages over loopback.  Camera, server and browser share the machine.
"""

import argparse
import asyncio
import signal
import sys
from contextlib import ExitStack

from benchmarks.browser import WINDOW, chromium_version, run_chromium
from benchmarks.meter import machine, read_line, running, viewer
from benchmarks.page_cpu import cpu
from benchmarks.page_first import first
from benchmarks.page_memory import memory
from benchmarks.stages import AUTHORIZATION, Stage, serving
from benchmarks.table import Table

HERTZ, VALUES, LOGINS = 25, 20, 11
CAMERA = ("1280", "1024", str(HERTZ), "--values", str(VALUES), "--counter")
ROWS = ("first", "cpu", "memory")


async def measure(table: Table, stage: Stage, users: list[str], args: argparse.Namespace) -> None:
    """Measure the rows that are asked for, each in a browser of its own."""
    for row in args.rows or ROWS:
        if row == "memory":
            await memory(table, stage, args.seconds, min(10.0, args.seconds / 20))
            continue
        async with run_chromium() as browser:
            if row == "first":
                await first(table, browser, stage, users)
                continue
            name, _, value = AUTHORIZATION.partition(": ")
            context = await browser.new_context(viewport=WINDOW, extra_http_headers={name: value})
            await cpu(table, await context.new_page(), stage, *((1, 0.1, 0.2) if args.smoke else (7, 1.5, 4.0)))


async def run(args: argparse.Namespace) -> int:
    """Print the table; 1 if something in it missed its aim."""
    table = Table()
    users = [f"user{number}" for number in range(2 if args.smoke else 2 * LOGINS)]
    with ExitStack() as stack:
        camera = stack.enter_context(running(sys.executable, "-m", "benchmarks.send", *CAMERA))
        source = "bsread+sub://" + read_line(camera, r"tcp://(\S+)")
        cameras = dict.fromkeys(("camera", "second", "third", "fourth"), source)
        stage = stack.enter_context(serving("page", viewer("serve"), cameras, HERTZ, users))
        print(f"the page in {chromium_version()}; {machine()}", flush=True)
        await measure(table, stage, users, args)
    if args.smoke:
        print("page: as it should be")
        return 0
    table.sum_up()
    return 1 if table.missed else 0


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="benchmarks.page", description="What the page does in a real browser.")
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}")
    parser.add_argument("--seconds", type=float, default=600.0, help="for which memory is watched")
    parser.add_argument("--hour", dest="seconds", action="store_const", const=3600.0, help="watch it for an hour")
    parser.add_argument("--smoke", action="store_true", help="only see that all of it works")
    args = parser.parse_args()
    if unknown := set(args.rows) - set(ROWS):
        parser.error(f"no row {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    if args.smoke:
        args.seconds = 2.0
    # Ended by SIGTERM as by Ctrl-C, asyncio's way: what was started here ends with it.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: signal.raise_signal(signal.SIGINT))
    try:
        return asyncio.run(run(args))
    except KeyboardInterrupt:
        return 128 + signal.SIGINT


if __name__ == "__main__":
    sys.exit(main())
