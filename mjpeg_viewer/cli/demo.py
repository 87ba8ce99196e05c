"""mjpeg-viewer demo: a simulated camera and a server for it, in one command."""

import argparse
import re
import signal
import subprocess  # of ourselves alone  # nosec B404
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from mjpeg_viewer.cli.serve import with_options
from mjpeg_viewer.cli.server import add_server_options, run_server
from mjpeg_viewer.errors import ViewerError
from mjpeg_viewer.settings import CameraSettings, Settings

_END_TIMEOUT = 5.0


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand with its options."""
    parser = subparsers.add_parser(
        "demo",
        help="show a simulated camera; prints the link to open",
        description="Run a simulator and a server for it, and print the link to open.",
    )
    add_server_options(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve a simulated camera until told to end."""
    with _simulating() as simulator:
        assert simulator.stdout is not None
        found = re.search(r"bsread\+\w+://\S+", simulator.stdout.readline())
        if found is None:
            raise ViewerError("the simulator did not start; see its message above")
        settings = with_options(Settings({"beam": CameraSettings(found[0])}), args)
        return run_server(settings, args.no_login, lambda text: print(f"{text}\nCtrl-C ends", flush=True))


@contextmanager
def _simulating() -> Iterator[subprocess.Popen[str]]:
    """Run a simulator that does not outlive the block, however early SIGTERM comes."""
    known = told = False

    def end(_number: int, _frame: FrameType | None) -> None:
        nonlocal told
        told = True
        if known:  # while it is being started an exit would leave behind a process whose id nobody has
            sys.exit(0)

    signal.signal(signal.SIGTERM, end)  # until the server takes the signal over
    # A process of its own, as a camera has: what it computes takes nothing from the server's loop.
    command = [sys.executable, "-m", "mjpeg_viewer", "simulate", "--output-port", "0", "--delay", "0.04"]
    command.append("--until-eof")  # of a pipe that the kernel closes with this process, even when it is killed
    # The words are our own, and there is no shell.
    simulator = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)  # nosec B603
    try:
        known = True
        if told:
            sys.exit(0)
        yield simulator
    finally:
        simulator.terminate()
        simulator.communicate(timeout=_END_TIMEOUT)
