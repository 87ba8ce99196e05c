"""mjpeg-viewer check: what is wrong with a configuration file, without starting anything."""

import argparse
from pathlib import Path

from mjpeg_viewer.cli.making import open_sources
from mjpeg_viewer.cli.outer_doors import OuterDoors
from mjpeg_viewer.cli.paths import find_tokens_file
from mjpeg_viewer.htpasswd import read_users
from mjpeg_viewer.settings import load_settings
from mjpeg_viewer.web.tokens import read_tokens


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand with its options."""
    parser = subparsers.add_parser(
        "check",
        help="say what is wrong with a configuration file",
        description="Read a configuration file and the lists of users and tokens that it names; start nothing.",
    )
    parser.add_argument("file", metavar="FILE", help="the configuration file")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Say that the file is right; an error says what is not."""
    settings = load_settings(Path(args.file))
    open_sources(settings)
    OuterDoors(settings)
    users = None if settings.server.users is None else read_users(Path(settings.server.users))
    tokens = find_tokens_file(settings)
    if tokens is not None:
        read_tokens(tokens)
    logins = "no users file" if users is None else f"{len(users)} users"
    print(f"{args.file}: good; {len(settings.cameras)} cameras ({', '.join(settings.cameras)}), {logins}")
    return 0
