"""
The encrypted session cookie.

aiohttp-session does the work; what it leaves open is settled here: how long a cookie lives.
"""

from aiohttp import web
from aiohttp_session import AbstractStorage, Session
from aiohttp_session.cookie_storage import EncryptedCookieStorage

from mjpeg_viewer.web.keyring import KeyRing

# A week: nobody logs in each morning, and a forgotten login at a shared desk ends at last.
MAX_AGE = 7 * 24 * 3600


class CookieStorage(AbstractStorage):
    """
    Sessions in a cookie that only this server can read.

    Over https the cookie has a name that browsers keep from plain http, from subdomains and from scripts (RFC 6265bis,
    the prefix ``__Host-``).

    Args:
        keys: What cookies are encrypted with.
        port: The server's port.  Browsers do not tell ports apart in cookies, so it stands in the cookie's name: two
            servers on one host must not log each other's users out.
    """

    def __init__(self, keys: KeyRing, port: int) -> None:
        super().__init__(max_age=MAX_AGE)
        name = f"mjpeg-viewer-{port}"
        self._plain, self._secure = _Cookie(keys, name, False), _Cookie(keys, f"__Host-{name}", True)

    async def load_session(self, request: web.Request) -> Session:
        """Read the session of a request; a new one if there is none that can be read."""
        return await self._choose(request).load_session(request)

    async def save_session(self, request: web.Request, response: web.StreamResponse, session: Session) -> None:
        """Write a session into its answer."""
        await self._choose(request).save_session(request, response, session)

    def _choose(self, request: web.Request) -> "_Cookie":
        return self._secure if request.secure else self._plain


class _Cookie(EncryptedCookieStorage):
    def __init__(self, keys: KeyRing, name: str, secure: bool) -> None:
        super().__init__(keys, cookie_name=name, max_age=MAX_AGE, secure=secure, httponly=True, samesite="Lax")
        self._is_secure = secure

    def load_cookie(self, request: web.Request) -> str | None:
        """Return the cookie's text; bytes that are no text at all are no cookie of ours."""
        cookie = super().load_cookie(request)
        return cookie if cookie is not None and cookie.isascii() else None

    def save_cookie(self, response: web.StreamResponse, cookie_data: str, *, max_age: int | None = None) -> None:
        """Set the cookie, or delete it: browsers take neither for ``__Host-`` unless it says Secure."""
        if cookie_data:
            super().save_cookie(response, cookie_data, max_age=max_age)
        else:
            response.del_cookie(self.cookie_name, path="/", secure=self._is_secure, httponly=True, samesite="Lax")
