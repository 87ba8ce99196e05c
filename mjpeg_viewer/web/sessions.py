"""
The encrypted session cookie.

aiohttp-session does the work; what it leaves open is settled here: how long a cookie lives, and that its key outlives
a restart, so that pages come back by themselves.
"""

import logging
import os
import tempfile
from pathlib import Path

from aiohttp import web
from aiohttp_session.cookie_storage import EncryptedCookieStorage
from cryptography.fernet import Fernet

from mjpeg_viewer.errors import ConfigurationError

_log = logging.getLogger(__name__)

# A week: nobody logs in each morning, and a forgotten login at a shared desk ends at last.
MAX_AGE = 7 * 24 * 3600


class CookieStorage(EncryptedCookieStorage):
    """
    Sessions in a cookie that only this server can read.

    Args:
        key: A Fernet key.
        port: The server's port.  Browsers do not tell ports apart in cookies, so it stands in the cookie's name: two
            servers on one host must not log each other's users out.
    """

    def __init__(self, key: bytes, port: int) -> None:
        super().__init__(
            Fernet(key),
            cookie_name=f"mjpeg-viewer-{port}",
            max_age=MAX_AGE,
            httponly=True,
            samesite="Lax",
        )

    def load_cookie(self, request: web.Request) -> str | None:
        """Return the cookie's text; bytes that are no text at all are no cookie of ours."""
        cookie = super().load_cookie(request)
        return cookie if cookie is not None and cookie.isascii() else None


def make_key() -> bytes:
    """Make a session key."""
    return Fernet.generate_key()


def read_key(path: Path) -> bytes:
    """
    Read the session key from its file; make both if there is none yet.

    Raises:
        ConfigurationError: The file cannot be read or made, others can read it, or it holds no key.
    """
    try:
        if not path.exists():
            _make_key_file(path)
        mode = path.stat().st_mode & 0o777
        key = path.read_bytes().strip()
    except OSError as error:
        raise ConfigurationError(
            f"session key file {path}: {error.strerror}; set server.session_key in a configuration file"
            " to one that the server can make or read"
        ) from None
    if mode & 0o077:
        raise ConfigurationError(f"session key file {path}: others can read it (mode {mode:o}); type: chmod 600 {path}")
    try:
        Fernet(key)
    except ValueError:
        raise ConfigurationError(f"session key file {path}: holds no key; remove it, and a new one is made") from None
    return key


def _make_key_file(path: Path) -> None:
    """Make the file with the key in it, so that a server that starts at the same moment never reads half of one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, prefix=f".{path.name}.") as file:
        file.write(make_key())
        file.flush()
        os.fsync(file.fileno())
        try:
            os.link(file.name, path)
        except FileExistsError:  # that server was first, and its key is as good
            return
    _log.info("made a new session key in %s", path)
