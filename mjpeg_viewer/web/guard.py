"""
The one guard in front of every route.

A route is closed unless its name stands in OPEN; what is no route at all is closed too, so that nobody can find out
from outside what there is.
"""

from base64 import b64decode
from binascii import Error as Base64Error
from urllib.parse import urlencode

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler
from aiohttp_session import get_session

from mjpeg_viewer.web.forwarded import VOUCHED
from mjpeg_viewer.web.keys import IDENTITY, LOGINS
from mjpeg_viewer.web.logins import Identity, Logins

OPEN = frozenset({"login", "healthz", "static", "sign-on", "sign-on-back"})
"""The names of the routes that anybody may use."""

OPEN_TO_TOKENS = frozenset({"stream", "snapshot", "camera-events", "metrics"})
"""The names of the routes that a token opens, for its camera."""

_SAFE_METHODS = frozenset({hdrs.METH_GET, hdrs.METH_HEAD, hdrs.METH_OPTIONS})


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Let nobody through whom the cameras are none of the business of."""
    refuse_foreign_forms(request)
    resource = request.match_info.route.resource
    if resource is not None and resource.name in OPEN:
        return await handler(request)
    identity = await identify(request, request.app[LOGINS])
    if identity is None or (identity.token and (resource is None or resource.name not in OPEN_TO_TOKENS)):
        raise _challenge(request)
    request[IDENTITY] = identity
    return await handler(request)


async def identify(request: web.Request, logins: Logins) -> Identity | None:
    """
    Tell who asks: by session cookie, else by name and password, else by token, else by a trusted proxy's word.

    Returns:
        None if nobody who may.

    Raises:
        TooManyFailuresError: Too many failed before, of this user or from there.
        UnavailableError: Too many passwords are being checked just now.
    """
    if not logins.needed:
        return Identity("")
    identity = logins.find(await get_session(request))
    if identity is not None:
        return identity
    address = request.remote or ""
    header = request.headers.get(hdrs.AUTHORIZATION, "")
    credentials = _read_basic(header)
    token = None if credentials is not None else _read_bearer(header) or request.query.get("token")
    if credentials is not None:
        identity = await logins.check_password(*credentials, address)
    elif token is not None:
        identity = logins.check_token(token, address)
    if identity is None and (vouched := request.get(VOUCHED)) is not None:
        identity = logins.vouch(vouched)
    return identity


def refuse_foreign_forms(request: web.Request) -> None:
    """
    Refuse what another site's page makes a browser send (cross-site request forgery).

    Sec-Fetch-Site is absent on plain http, but Origin comes with every form; programs send neither.
    """
    if request.method in _SAFE_METHODS:
        return
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    origins = request.headers.getall(hdrs.ORIGIN, ())
    if site not in ("same-origin", "none") or not all(_names(origin, request.host) for origin in origins):
        raise web.HTTPForbidden(text="This form was sent from another site; open the page here and try again.")


def _names(origin: str, host: str) -> bool:
    return origin.lower() in (f"http://{host}".lower(), f"https://{host}".lower())


def looks_like_browser(request: web.Request) -> bool:
    """Tell whether a person's browser asks; all of them call themselves Mozilla."""
    return request.headers.get(hdrs.USER_AGENT, "").startswith("Mozilla/")


def _challenge(request: web.Request) -> web.HTTPException:
    if "token" in request.query:  # which must not go on to yet another address
        return web.HTTPUnauthorized(text="This token does not open this, or not any more; ask who gave it to you.")
    if request.method in _SAFE_METHODS and "text/html" in request.headers.get(hdrs.ACCEPT, ""):
        return web.HTTPSeeOther("/login?" + urlencode({"next": request.path_qs}))
    if not request.app[LOGINS].by_password:
        return web.HTTPUnauthorized(text="Log in first: open this server's start page in a browser.")
    # A browser that is challenged asks for name and password in a window of its own, over a page that knows better.
    challenge = {} if looks_like_browser(request) else {hdrs.WWW_AUTHENTICATE: 'Basic realm="mjpeg-viewer"'}
    return web.HTTPUnauthorized(text="Log in first: send name and password, e.g. curl -u NAME.", headers=challenge)


def _read_basic(header: str) -> tuple[str, str] | None:
    """Read name and password from an Authorization header (RFC 7617); None if it is not of that kind."""
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = b64decode(encoded, validate=True).decode().partition(":")
    except (Base64Error, ValueError):
        return None
    return (name, password) if colon else None


def _read_bearer(header: str) -> str | None:
    """Read a token from an Authorization header (RFC 6750); None if it is not of that kind."""
    scheme, _, token = header.partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
