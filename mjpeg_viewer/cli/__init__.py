"""
The command line: one module per command.

Only here is printed and exited.  Exit status 2 for wrong usage or configuration, 1 for a failure, 0 when told to end.
"""

import argparse
import sys
from collections.abc import Sequence

from mjpeg_viewer import __version__
from mjpeg_viewer.cli import check, demo, probe, serve, simulate, token, user
from mjpeg_viewer.errors import ConfigurationError, ViewerError


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status."""
    parser = argparse.ArgumentParser(
        prog="mjpeg-viewer", description="Live bsread cameras in any browser: MJPEG pictures and their metadata."
    )
    parser.add_argument("--version", action="version", version=f"mjpeg-viewer {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for command in (serve, demo, simulate, probe, user, token, check):
        command.add_parser(commands)
    args = parser.parse_args(arguments)
    try:
        status: int = args.run(args)
    except ConfigurationError as error:
        print(f"mjpeg-viewer: {error}", file=sys.stderr)
        return 2
    except ViewerError as error:
        print(f"mjpeg-viewer: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130  # as shells have it: 128 + SIGINT
    return status
