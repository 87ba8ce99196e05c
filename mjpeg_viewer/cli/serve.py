"""mjpeg-viewer serve: the server."""

import argparse
from pathlib import Path

import msgspec

from mjpeg_viewer.cli.server import add_server_options, run_server
from mjpeg_viewer.errors import ConfigurationError
from mjpeg_viewer.settings import CameraSettings, Settings, load_settings

_DEFAULT_SOURCE_HOST, _DEFAULT_SOURCE_PORT = "127.0.0.1", 8888


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand with its options."""
    parser = subparsers.add_parser(
        "serve",
        help="show cameras in browsers",
        description="Show one camera, or those of a configuration file, in browsers and players.",
    )
    add_server_options(parser)
    parser.add_argument(
        "-O",
        "--source-host",
        metavar="HOST",
        help=f"host of the camera's bsread stream (default: {_DEFAULT_SOURCE_HOST})",
    )
    parser.add_argument(
        "-S",
        "--source-port",
        type=int,
        metavar="PORT",
        help=f"port of the camera's bsread stream (default: {_DEFAULT_SOURCE_PORT})",
    )
    parser.add_argument(
        "--source", metavar="URL", help="the camera's source, e.g. bsread+sub://host:9999; not with -O, -S"
    )
    parser.add_argument(
        "--config", metavar="FILE", help="configuration file with any number of cameras; not with the above"
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Serve until told to end."""
    return run_server(read_settings(args), args.no_login, lambda text: print(text, flush=True))


def read_settings(args: argparse.Namespace) -> Settings:
    """Make settings of a configuration file or of the options; an option outranks the file's key."""
    by_host = args.source_host is not None or args.source_port is not None
    if (args.config is not None) + (args.source is not None) + by_host > 1:
        raise ConfigurationError("give one of --config, --source and -O/-S: each says which cameras there are")
    if args.config is not None:
        settings = load_settings(Path(args.config))
    else:
        host = _DEFAULT_SOURCE_HOST if args.source_host is None else args.source_host
        port = _DEFAULT_SOURCE_PORT if args.source_port is None else args.source_port
        source = args.source or f"bsread+pull://{f'[{host}]' if ':' in host else host}:{port}"
        settings = Settings({"camera": CameraSettings(source)})
    return with_options(settings, args)


def with_options(settings: Settings, args: argparse.Namespace) -> Settings:
    """Put the options on listening and logging in over the file's keys."""
    given = {key: value for key in ("host", "port", "users") if (value := getattr(args, key)) is not None}
    if not 0 <= given.get("port", 0) <= 65535:
        raise ConfigurationError(f"-P {given['port']}: expected a port from 0 to 65535")
    return msgspec.structs.replace(settings, server=msgspec.structs.replace(settings.server, **given))
