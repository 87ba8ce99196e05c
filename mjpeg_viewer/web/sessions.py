"""
The encrypted session cookie.

aiohttp-session does the work; what it leaves open is settled here: how long a cookie lives.
"""

from aiohttp import web
from aiohttp_session.cookie_storage import EncryptedCookieStorage

from mjpeg_viewer.web.keyring import KeyRing

# A week: nobody logs in each morning, and a forgotten login at a shared desk ends at last.
MAX_AGE = 7 * 24 * 3600


class CookieStorage(EncryptedCookieStorage):
    """
    Sessions in a cookie that only this server can read.

    Args:
        keys: What cookies are encrypted with.
        port: The server's port.  Browsers do not tell ports apart in cookies, so it stands in the cookie's name: two
            servers on one host must not log each other's users out.
    """

    def __init__(self, keys: KeyRing, port: int) -> None:
        super().__init__(
            keys,
            cookie_name=f"mjpeg-viewer-{port}",
            max_age=MAX_AGE,
            httponly=True,
            samesite="Lax",
        )

    def load_cookie(self, request: web.Request) -> str | None:
        """Return the cookie's text; bytes that are no text at all are no cookie of ours."""
        cookie = super().load_cookie(request)
        return cookie if cookie is not None and cookie.isascii() else None
