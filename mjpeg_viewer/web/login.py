"""Log in by form or by link, and out again."""

from typing import NoReturn

from aiohttp import hdrs, web
from aiohttp_session import get_session, new_session

from mjpeg_viewer.errors import TooManyFailuresError
from mjpeg_viewer.web.forms import read_form
from mjpeg_viewer.web.keys import IDENTITY, LOGINS, PROVIDER, VIEWERS
from mjpeg_viewer.web.logins import Identity
from mjpeg_viewer.web.pages import render_page
from mjpeg_viewer.web.sessions import MAX_AGE


async def show_login(request: web.Request) -> web.Response:
    """Show the form; or log in at once, when asked with the login link's secret."""
    logins = request.app[LOGINS]
    after = stay_here(request.query.get("next", "/"))
    secret = request.query.get("once")
    # What only looks at a link, as mail scanners do, must not use it up.
    if secret is None or request.method != hdrs.METH_GET:
        if not logins.needed:
            raise web.HTTPSeeOther(after)
        return show_form(request, after)
    identity = logins.use_link(secret)
    if identity is None:
        return show_form(request, after, error="This login link has been used already, or it is from an earlier start.")
    raise await let_in(request, identity, after)


async def log_in(request: web.Request) -> web.Response:
    """Check name and password of the form."""
    form = await read_form(request, "the fields username and password")
    user, password = form.get("username", ""), form.get("password", "")
    after = stay_here(form.get("next", "/"))
    try:
        identity = await request.app[LOGINS].check_password(user, password, request.remote or "")
    except TooManyFailuresError as error:
        page = show_form(request, after, error=str(error), username=user, status=429)
        page.headers[hdrs.RETRY_AFTER] = str(error.wait)
        return page
    if identity is None:
        return show_form(request, after, error="Name or password is wrong.", username=user, status=401)
    raise await let_in(request, identity, after)


async def log_out(request: web.Request) -> NoReturn:
    """End the session, wherever its cookie may be, and what it watches; with ``everywhere``, all of the user's."""
    identity = request[IDENTITY]
    form = await read_form(request, "nothing, or the field everywhere")
    request.app[LOGINS].end(identity)
    request.app[VIEWERS].close_session(identity.session)
    if "everywhere" in form:
        request.app[LOGINS].end_all(identity)
        request.app[VIEWERS].close_sessions(identity.account)
    (await get_session(request)).invalidate()
    raise web.HTTPSeeOther("/login")


async def let_in(request: web.Request, identity: Identity, after: str, seconds: float = MAX_AGE) -> web.HTTPException:
    """Log somebody in for so many seconds, in place of whoever was; the answer that leads on."""
    # A new session, never the one that the browser brought: whoever planted that would be logged in with it.  And
    # that one ends, for no browser holds its cookie any more, and whoever still does has no business with it.
    logins = request.app[LOGINS]
    left = logins.find(await get_session(request))
    if left is not None:
        logins.end(left)
        request.app[VIEWERS].close_session(left.session)
    logins.begin(await new_session(request), identity, seconds)
    return web.HTTPSeeOther(after)


def show_form(
    request: web.Request, after: str, error: str | None = None, username: str = "", status: int = 200
) -> web.Response:
    """Show the form, and the way to the OpenID Connect provider if there is one."""
    provider = request.app.get(PROVIDER)
    return render_page(
        "login.html",
        request,
        status,
        next=after,
        error=error,
        username=username,
        by_password=request.app[LOGINS].by_password,
        provider=provider and provider.name,
    )


def stay_here(target: str) -> str:
    """Return the target if it is a path of this site, else the start page: no link may lead away from a login."""
    # Browsers take any two or more slashes, of either kind and with control characters between them, for the
    # beginning of a host (WHATWG URL, "special authority ignore slashes state").
    foreign = not target.startswith("/") or target.startswith("//") or "\\" in target or not target.isprintable()
    return "/" if foreign else target
