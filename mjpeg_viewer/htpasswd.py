"""
The users file: names and bcrypt hashes, as Apache's htpasswd writes it with -B.

Any other scheme is refused by its name: those that htpasswd knows are broken or too cheap to guess.
"""

import errno
import os
import re
from collections.abc import Mapping
from pathlib import Path

import bcrypt

from mjpeg_viewer.errors import ConfigurationError, ViewerError
from mjpeg_viewer.exposure import find_exposure
from mjpeg_viewer.replacing import replace_file

# 2^12 rounds take a third of a second: nothing to a person, much to a guesser.
_COST = 12

# bcrypt reads no further (Provos and Mazieres, 1999), so a longer password would be only seemingly stronger.
MAX_PASSWORD_BYTES = 72

# The algorithm begins at 4; one check at 16 takes 5 s, and each more doubles it: no service, to nobody.
_COSTS = range(4, 17)

# A salt has 128 bits, so its 22nd character has only two of them; bcrypt refuses all others.
_BCRYPT = re.compile(r"\$2[aby]\$([0-9]{2})\$[./A-Za-z0-9]{21}[.Oeu][./A-Za-z0-9]{31}")

# Neither what would break the line, nor control characters, nor (surrogates) what is no text.
_NAME = re.compile(r"(?!#)[^\s:/\\\x00-\x1f\x7f-\x9f\ud800-\udfff]{1,64}")


def hash_password(password: str) -> str:
    """
    Hash a password for a users file.

    Raises:
        ViewerError: It is empty, longer than bcrypt can tell apart, or no text.
    """
    try:
        size = len(password.encode())
    except UnicodeEncodeError:  # what was typed was no UTF-8, and Python kept its bytes as surrogates
        raise ViewerError("the password is no text in UTF-8") from None
    if not 0 < size <= MAX_PASSWORD_BYTES or "\0" in password:
        raise ViewerError(f"the password has {size} bytes; expected 1 to {MAX_PASSWORD_BYTES}, none of them zero")
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(_COST)).decode()


def check_name(name: str) -> str:
    """Return a user's name if it can be one, else raise ViewerError."""
    if not _NAME.fullmatch(name):
        raise ViewerError(f"user name {name!r}: expected 1 to 64 characters, no space, colon or slash, no '#' first")
    return name


def read_users(path: Path) -> dict[str, str]:
    """
    Read an htpasswd file: bcrypt hashes by user name.

    Raises:
        ConfigurationError: Names file and line, or who else can write it.
    """
    users = find_users(path)
    if users is None:
        raise _unreadable(path, os.strerror(errno.ENOENT))
    return users


def find_users(path: Path) -> dict[str, str] | None:
    """Read an htpasswd file as read_users does, or return None if there is none."""
    lines = _find_lines(path)
    if lines is None:
        return None
    users = {}
    for number, line in enumerate(lines, 1):
        if _is_comment(line):
            continue
        name, _, hashed = line.strip().partition(":")
        if not _NAME.fullmatch(name) or not hashed:
            raise ConfigurationError(f"users file {path}, line {number}: expected NAME:HASH")
        fault = _find_fault(hashed)
        if fault is not None:
            raise ConfigurationError(
                f"users file {path}, line {number}: the hash of {name!r} {fault};"
                f" make it anew with: mjpeg-viewer user add {name} --users {path}"
            )
        users[name] = hashed
    return users


def write_users(path: Path, users: Mapping[str, str]) -> None:
    """
    Replace a users file as a whole, so that nobody ever reads half of one; a new one is its owner's alone.

    Comments stay where they are and users keep their lines; new users come last.
    """
    lines, left = [], dict(users)
    for line in _find_lines(path) or ():
        name = line.strip().partition(":")[0]
        if _is_comment(line):
            lines.append(line)
        elif name in left:
            lines.append(f"{name}:{left.pop(name)}")
    lines.extend(f"{name}:{hashed}" for name, hashed in sorted(left.items()))
    try:
        replace_file(path, "".join(f"{line}\n" for line in lines))
    except OSError as error:
        raise ViewerError(f"users file {path}: {error.strerror}") from None


def _find_lines(path: Path) -> list[str] | None:
    """Read the file's lines, or return None if there is no such file."""
    try:
        text = path.read_text("utf-8")
        exposure = find_exposure(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise _unreadable(path, str(error.strerror)) from None
    except UnicodeDecodeError:
        raise _unreadable(path, "is no text") from None
    if exposure is not None:
        raise ConfigurationError(f"users file {path}: {exposure}")
    return text.splitlines()


def _unreadable(path: Path, reason: str) -> ConfigurationError:
    return ConfigurationError(f"users file {path}: {reason}; make one with: mjpeg-viewer user add NAME --users {path}")


def _is_comment(line: str) -> bool:
    return not line.strip() or line.startswith("#")


def _find_fault(hashed: str) -> str | None:
    found = _BCRYPT.fullmatch(hashed)
    if found is None:
        return f"is {_scheme(hashed)}, not bcrypt"
    if int(found[1]) not in _COSTS:
        return f"has the cost {found[1]}, expected {_COSTS[0]:02} to {_COSTS[-1]}"
    return None


def _scheme(hashed: str) -> str:
    for mark, scheme in (("$apr1$", "MD5"), ("$1$", "MD5"), ("{SHA}", "SHA-1"), ("$5$", "SHA-256"), ("$6$", "SHA-512")):
        if hashed.startswith(mark):
            return scheme
    return "damaged bcrypt" if hashed.startswith("$2") else "crypt or plain text"
