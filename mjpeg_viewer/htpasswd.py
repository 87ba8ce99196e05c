"""
The users file: names and bcrypt hashes, as Apache's htpasswd writes it with -B.

Any other scheme is refused by its name: those that htpasswd knows are broken or too cheap to guess.
"""

import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

import bcrypt

from mjpeg_viewer.errors import ConfigurationError, ViewerError

# 2^12 rounds take a third of a second: nothing to a person, much to a guesser.
_COST = 12

# bcrypt reads no further (Provos and Mazieres, 1999), so a longer password would be only seemingly stronger.
MAX_PASSWORD_BYTES = 72

_BCRYPT = re.compile(r"\$2[aby]\$\d\d\$[./A-Za-z0-9]{53}")
_NAME = re.compile(r"(?!#)[^\s:/\\\x00-\x1f]{1,64}")


def hash_password(password: str) -> str:
    """
    Hash a password for a users file.

    Raises:
        ViewerError: It is empty, or longer than bcrypt can tell apart.
    """
    size = len(password.encode())
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
        ConfigurationError: Names file and line.
    """
    try:
        text = path.read_text()
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "is no text"
        raise ConfigurationError(
            f"users file {path}: {reason}; make one with: mjpeg-viewer user add NAME --users {path}"
        ) from None
    users = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, hashed = line.strip().partition(":")
        if not _NAME.fullmatch(name) or not hashed:
            raise ConfigurationError(f"users file {path}, line {number}: expected NAME:HASH")
        if not _BCRYPT.fullmatch(hashed):
            raise ConfigurationError(
                f"users file {path}, line {number}: the hash of {name!r} is {_scheme(hashed)}, not bcrypt;"
                f" make it anew with: mjpeg-viewer user add {name} --users {path}"
            )
        users[name] = hashed
    return users


def write_users(path: Path, users: Mapping[str, str]) -> None:
    """Replace a users file as a whole, so that nobody ever reads half of one; a new one is its owner's alone."""
    text = "".join(f"{name}:{hashed}\n" for name, hashed in sorted(users.items()))
    target = path.resolve()  # a link to the file stays one
    written: Path | None = None
    try:
        with tempfile.NamedTemporaryFile("w", dir=target.parent, prefix=f".{path.name}.", delete=False) as file:
            written = Path(file.name)
            file.write(text)
            if target.exists():
                status = target.stat()
                os.fchmod(file.fileno(), status.st_mode & 0o777)
                os.fchown(file.fileno(), status.st_uid, status.st_gid)
        written.replace(target)
    except OSError as error:
        if written is not None:
            written.unlink(missing_ok=True)
        raise ViewerError(f"users file {path}: {error.strerror}") from None


def _scheme(hashed: str) -> str:
    for mark, scheme in (("$apr1$", "MD5"), ("$1$", "MD5"), ("{SHA}", "SHA-1"), ("$5$", "SHA-256"), ("$6$", "SHA-512")):
        if hashed.startswith(mark):
            return scheme
    return "damaged bcrypt" if hashed.startswith("$2") else "crypt or plain text"
