"""
The keys that session cookies are encrypted and tokens are signed with.

They stand in one file, a line each.  The first is used for what is new, all of them for what comes back: so a key can
be replaced without logging anybody out.
"""

import hmac
import logging
import os
import tempfile
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from mjpeg_viewer.errors import ConfigurationError
from mjpeg_viewer.exposure import SECRET, find_exposure

_log = logging.getLogger(__name__)


class KeyRing(Fernet):
    """
    Several keys as one.

    A Fernet itself, as aiohttp-session takes nothing else.

    Args:
        keys: Fernet keys, the newest first.
    """

    def __init__(self, keys: Sequence[bytes]) -> None:
        super().__init__(keys[0])
        self._ring = MultiFernet([Fernet(key) for key in keys])
        # Of their own, so that no signature is ever good for a cookie.
        self._signing = [hmac.digest(urlsafe_b64decode(key), b"mjpeg-viewer signature", "sha256") for key in keys]

    def decrypt(self, token: bytes | str, ttl: int | None = None) -> bytes:
        """Decrypt what any of the keys encrypted, as it was written; arguments and errors as for Fernet."""
        plain = self._ring.decrypt(token, ttl)
        written = token.encode() if isinstance(token, str) else token
        # base64 reads nothing behind its padding, so one token could be written in many ways.
        if urlsafe_b64encode(urlsafe_b64decode(written)) != written:
            raise InvalidToken
        return plain

    def sign(self, text: bytes) -> str:
        """Return the newest key's signature: 43 characters that can stand in an URL."""
        return _sign(self._signing[0], text)

    def verifies(self, text: bytes, signature: str) -> bool:
        """Tell whether any of the keys made the signature."""
        return any(hmac.compare_digest(_sign(key, text), signature) for key in self._signing)


def _sign(key: bytes, text: bytes) -> str:
    return urlsafe_b64encode(hmac.digest(key, text, "sha256")).decode().rstrip("=")


def make_keys() -> KeyRing:
    """Make a ring of one new key."""
    return KeyRing([Fernet.generate_key()])


def read_keys(path: Path) -> KeyRing:
    """
    Read the keys from their file; make both if there is none yet.

    Raises:
        ConfigurationError: The file cannot be read or made, others can read or write it, or it holds what is no key.
    """
    try:
        if not path.exists():
            _make_key_file(path)
        exposure = find_exposure(path, SECRET)
        keys = path.read_bytes().strip().split(b"\n")
    except OSError as error:
        raise ConfigurationError(
            f"session key file {path}: {error.strerror}; set server.session_key in a configuration file"
            " to one that the server can make or read"
        ) from None
    if exposure is not None:
        raise ConfigurationError(f"session key file {path}: {exposure}")
    try:
        return KeyRing(keys)
    except ValueError:
        what = "holds no key" if len(keys) == 1 else "a line of it is no key"
        raise ConfigurationError(f"session key file {path}: {what}; remove it, and a new one is made") from None


def _make_key_file(path: Path) -> None:
    """Make the file with the key in it, so that a server that starts at the same moment never reads half of one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as file:
        file.write(Fernet.generate_key() + b"\n")
        file.flush()
        os.fsync(file.fileno())
        try:
            os.link(file.name, path)
        except FileExistsError:  # that server was first, and its key is as good
            return
    _log.info("made a new session key in %s", path)
