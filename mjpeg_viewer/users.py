"""Who may log in: names and passwords, checked at the price of bcrypt, or at once when they were checked before."""

import hashlib
import hmac
import secrets
import threading
from collections.abc import Mapping
from pathlib import Path

import bcrypt

from mjpeg_viewer.htpasswd import MAX_PASSWORD_BYTES, read_users
from mjpeg_viewer.rereading import RereadFile

# What follows the cost in a hash that no password has.
_NOBODY = b"." * 53


def _encode(password: str) -> bytes:
    # Some charsets of a form can say what UTF-8 cannot.  Such is nobody's password, and no error.
    return password.encode(errors="surrogatepass")


class Users:
    """
    Names and their password hashes.

    Args:
        hashes: A bcrypt hash by user name.
    """

    def __init__(self, hashes: Mapping[str, str]) -> None:
        self._hashes = dict(hashes)
        # Programs send name and password with every request.  A third of a second for each would be no service, so
        # what was verified is remembered, as a keyed digest that is worth nothing outside this process.
        self._verified: dict[str, bytes] = {}
        self._key = secrets.token_bytes(32)
        self._lock = threading.Lock()

    def verify(self, name: str, password: str) -> bool:
        """Tell whether this is the user's password.  Takes a third of a second: not on the event loop."""
        hashes = self._current()
        known = hashes.get(name)
        given = _encode(password)
        hashed = known.encode() if known else self._make_stand_in(name, hashes)
        matches = bcrypt.checkpw(given[:MAX_PASSWORD_BYTES], hashed)
        if known is None or not matches or len(given) > MAX_PASSWORD_BYTES:
            return False
        with self._lock:
            self._verified[name] = self._digest(known, given)
        return True

    def remembers(self, name: str, password: str) -> bool:
        """Tell at once whether this very password was verified before and is still the user's."""
        known = self._current().get(name)
        digest = self._verified.get(name)
        if known is None or digest is None:
            return False
        return hmac.compare_digest(digest, self._digest(known, _encode(password)))

    def find_fingerprint(self, name: str) -> str | None:
        """Return what changes when the user's password does, or None if there is no such user."""
        known = self._current().get(name)
        return None if known is None else hashlib.sha256(known.encode()).hexdigest()[:16]

    def _make_stand_in(self, name: str, hashes: Mapping[str, str]) -> bytes:
        """
        Make a hash that no password has, so that an unknown name takes as long to refuse as a wrong password.

        It costs what that of some user does, always the same one: htpasswd -B makes hashes that take 2 ms.
        """
        costs = sorted(hashed[4:6] for hashed in hashes.values()) or ["12"]
        number = int.from_bytes(hmac.digest(self._key, _encode(name), "sha256"), "big")
        return b"$2b$%b$%b" % (costs[number % len(costs)].encode(), _NOBODY)

    def _current(self) -> Mapping[str, str]:
        return self._hashes

    def _digest(self, known: str, password: bytes) -> bytes:
        return hmac.digest(self._key, known.encode() + b"\0" + password, "sha256")


class UserFile(RereadFile[Mapping[str, str]], Users):
    """
    The users of a file, read anew when it changes.

    Args:
        path: An htpasswd file.

    Raises:
        ConfigurationError: It cannot be read, others can write it, or it has a line that is not understood.
    """

    def __init__(self, path: Path) -> None:
        Users.__init__(self, {})
        RereadFile.__init__(self, path, "users")

    def _current(self) -> Mapping[str, str]:
        return self.get_content()

    def _read(self) -> Mapping[str, str]:
        return read_users(self._path)
