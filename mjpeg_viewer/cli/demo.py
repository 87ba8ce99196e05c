"""mjpeg-viewer demo: a simulated camera and a server for it, in one command."""

import argparse
import re
import signal
import subprocess
import sys

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
    # From now on, so that the simulator never outlives the demo, however early that is told to end; the server takes
    # the signal over while it runs.
    signal.signal(signal.SIGTERM, lambda _number, _frame: sys.exit(0))
    # A process of its own, as a camera has: what it computes takes nothing from the server's loop.
    command = [sys.executable, "-m", "mjpeg_viewer", "simulate", "--output-port", "0", "--delay", "0.04"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as simulator:
        try:
            assert simulator.stdout is not None
            line = simulator.stdout.readline()
            found = re.search(r"bsread\+\w+://\S+", line)
            if found is None:
                raise ViewerError("the simulator did not start; see its message above")
            settings = with_options(Settings({"beam": CameraSettings(found[0])}), args)
            return run_server(settings, args.no_login, lambda text: print(f"{text}\nCtrl-C ends", flush=True))
        finally:
            simulator.terminate()
            simulator.wait(_END_TIMEOUT)
