"""mjpeg-viewer token: what opens one camera to a page or a player, for a time."""

import argparse
import time
from pathlib import Path

from mjpeg_viewer.cli.outer_doors import find_entry
from mjpeg_viewer.cli.paths import find_tokens_file, get_key_file
from mjpeg_viewer.errors import ConfigurationError, ViewerError
from mjpeg_viewer.settings import ServerSettings, Settings, load_settings
from mjpeg_viewer.web.keyring import KeyRing, read_keys
from mjpeg_viewer.web.tokens import Token, make_token, read_tokens, write_tokens

_DAY = 24 * 3600
_DEFAULT_DAYS = 30
_MOST_DAYS = 3650


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand with its options."""
    parser = subparsers.add_parser(
        "token",
        help="create, list or revoke what opens one camera to a page or a player",
        description="Keep the list of tokens.  Each opens one camera's stream, snapshots and events to whoever has it,"
        " until it expires.  A running server notices each change.",
    )
    parser.add_argument("action", choices=("create", "list", "revoke"), help="create prints the token, this once")
    parser.add_argument("name", metavar="NAME", nargs="?", help="what to call the token, e.g. wiki")
    parser.add_argument("--camera", metavar="CAMERA", help="the camera that it opens")
    parser.add_argument(
        "--days",
        type=int,
        default=_DEFAULT_DAYS,
        help=f"how long it holds (default: {_DEFAULT_DAYS}; {_MOST_DAYS} at most)",
    )
    parser.add_argument("--config", metavar="FILE", help="the server's configuration file")
    parser.add_argument("--users", metavar="FILE", help="the server's users file, if it has no configuration file")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do as told."""
    settings = _read_settings(args)
    path = find_tokens_file(settings)
    if path is None:
        missing = "server.users: missing; where nobody logs in, no token is needed"
        if find_entry(settings) is not None:
            missing = "server.tokens: missing; without a users file, say where the list of tokens is to be"
        raise ConfigurationError(f"{args.config}: {missing}")
    tokens = read_tokens(path)
    if args.action == "list":
        print("\n".join(_describe(token) for token in tokens) or f"{path}: no tokens yet")
        return 0
    if args.name is None:
        raise ConfigurationError(f"token {args.action}: which? give a NAME")
    users = None if settings.server.users is None else Path(settings.server.users)
    if args.action == "create":
        token, text = _create(args, settings, tokens)
        # One that opens nothing any more gives its name to the new one.
        write_tokens(path, [*(other for other in tokens if other.name != token.name), token], users)
        print(
            f"{path}: added {token.name} for {token.camera} until {_say(token.expires)}; it is shown this once\n{text}"
        )
        print(f"e.g.    /cameras/{token.camera}/stream.mjpg?token={text}")
        return 0
    revoked = next((token for token in tokens if token.name == args.name), None)
    if revoked is None or revoked.state == "revoked":
        raise ViewerError(f"{path}: there is no token {args.name!r} that could be revoked")
    changed = Token(revoked.name, revoked.camera, revoked.id, revoked.created, revoked.expires, int(time.time()))
    write_tokens(path, [changed if token is revoked else token for token in tokens], users)
    print(f"{path}: revoked {args.name}")
    return 0


def _read_settings(args: argparse.Namespace) -> Settings:
    if (args.config is None) == (args.users is None):
        raise ConfigurationError("give one of --config and --users, as the server has it")
    if args.config is not None:
        return load_settings(Path(args.config))
    return Settings({}, ServerSettings(users=args.users))


def _create(args: argparse.Namespace, settings: Settings, tokens: list[Token]) -> tuple[Token, str]:
    if args.camera is None:
        raise ConfigurationError("token create: of which camera? give --camera NAME")
    if settings.cameras and args.camera not in settings.cameras:
        raise ConfigurationError(
            f"--camera {args.camera}: there is none in {args.config}; known are {', '.join(settings.cameras)}"
        )
    if not 1 <= args.days <= _MOST_DAYS:
        raise ConfigurationError(f"--days {args.days}: expected 1 to {_MOST_DAYS}")
    if any(token.name == args.name and token.state == "valid" for token in tokens):
        raise ViewerError(f"there is a token {args.name!r} already; revoke it first, or choose another name")
    return make_token(args.name, args.camera, args.days * _DAY, _read_keys(settings))


def _read_keys(settings: Settings) -> KeyRing:
    path = get_key_file(settings)
    if not path.exists():
        # Made here it could be another than the server's, or one that the server cannot read.
        raise ConfigurationError(
            f"session key file {path}: there is none; start the server once, which makes it, or say where it is by"
            " server.session_key in the configuration file"
        )
    return read_keys(path)


def _describe(token: Token) -> str:
    return f"{token.name}\t{token.camera}\t{token.state}\tcreated {_say(token.created)}\tuntil {_say(token.expires)}"


def _say(seconds: int) -> str:
    return time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime(seconds))
