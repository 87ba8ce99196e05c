"""mjpeg-viewer user: the people in a users file."""

import argparse
import getpass
import sys
from pathlib import Path

from mjpeg_viewer.errors import ConfigurationError, ViewerError
from mjpeg_viewer.htpasswd import check_name, find_users, hash_password, read_users, write_users

# OWASP ASVS 5.0, V6.2.1, and NIST SP 800-63B: what is shorter is guessed from the users file, should it ever leak.
_LEAST = 8


def add_parser(subparsers: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the subcommand with its options."""
    parser = subparsers.add_parser(
        "user",
        help="add, remove or list the people who may log in",
        description="Keep a users file (htpasswd, bcrypt).  A running server notices each change.",
    )
    parser.add_argument("action", choices=("add", "remove", "list"), help="add also changes a password")
    parser.add_argument("name", metavar="NAME", nargs="?", help="the user's name")
    parser.add_argument("--users", metavar="FILE", required=True, type=Path, help="the users file; add makes it")
    parser.add_argument("--password-stdin", action="store_true", help="read the password as one line, for scripts")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Do as told."""
    users = (find_users(args.users) or {}) if args.action == "add" else read_users(args.users)
    if args.action == "list":
        print("\n".join(sorted(users)) or f"{args.users}: no users yet")
        return 0
    if args.name is None:
        raise ConfigurationError(f"user {args.action}: whom? give a NAME")
    name = check_name(args.name)
    if args.action == "add":
        known = name in users
        users[name] = _hash_new(_read_password(args.password_stdin))
        write_users(args.users, users)
        print(f"{args.users}: {'changed the password of' if known else 'added'} {name}")
        return 0
    if users.pop(name, None) is None:
        raise ViewerError(f"{args.users}: there is no user {name!r}")
    write_users(args.users, users)
    print(f"{args.users}: removed {name}")
    return 0


def _hash_new(password: str) -> str:
    hashed = hash_password(password)  # first, for it knows what is no password at all
    if len(password) < _LEAST:
        raise ViewerError(
            f"the password has {len(password)} characters; expected {_LEAST} at least, as shorter ones are soon guessed"
        )
    return hashed


def _read_password(from_stdin: bool) -> str:
    if not from_stdin and not sys.stdin.isatty():
        raise ConfigurationError("there is no terminal to ask for the password at; use --password-stdin")
    try:
        if from_stdin:
            return sys.stdin.readline().rstrip("\r\n")
        password = getpass.getpass("Password: ")
        again = getpass.getpass("Again: ")
    except EOFError:
        print(file=sys.stderr)  # the prompt's line is still open
        raise ViewerError("no password was given; nothing is changed") from None
    except UnicodeDecodeError as error:
        raise ViewerError(f"the password is no text in {error.encoding.upper()}") from None
    if again != password:
        raise ViewerError("the two passwords differ")
    return password
