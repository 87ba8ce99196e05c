"""Log in at somebody else's door: the way to the OpenID Connect provider, and back."""

import time
from typing import NoReturn

from aiohttp import web
from aiohttp_session import get_session

from mjpeg_viewer.errors import SignOnError
from mjpeg_viewer.web.keys import LOGINS, PROVIDER
from mjpeg_viewer.web.login import let_in, show_form, stay_here
from mjpeg_viewer.web.logins import Identity

# As long as a person may take at the provider, second factor and all.
_PATIENCE = 600

_KEPT = "sign_on"


async def begin(request: web.Request) -> NoReturn:
    """Send the browser to the provider, with what is to be proved kept in its session."""
    after = stay_here(request.query.get("next", "/"))
    back = f"{request.scheme}://{request.host}/login/oidc/callback"
    url, kept = await request.app[PROVIDER].begin(back)
    session = await get_session(request)
    session[_KEPT] = {**kept, "next": after, "until": int(time.time()) + _PATIENCE}
    raise web.HTTPSeeOther(url)


async def come_back(request: web.Request) -> web.Response:
    """Log in whom the provider vouches for."""
    provider = request.app[PROVIDER]
    session = await get_session(request)
    kept = session.pop(_KEPT, None)  # good for one answer
    try:
        if not isinstance(kept, dict) or kept["until"] < time.time():
            raise SignOnError("this login took too long, or was begun in another browser; begin it again")
        attempt = request.app[LOGINS].begin_sign_on(request.remote or "")
        person = await provider.finish(kept, request.query)
        attempt.withdraw()
    except SignOnError as error:
        return show_form(request, kept["next"] if kept else "/", f"No login: {error}.", status=403)
    identity = Identity(person.user, provider=provider.issuer, groups=person.groups, fingerprint=provider.fingerprint)
    raise await let_in(request, identity, kept["next"], provider.session_seconds)
