"""
By which names browsers may ask.

A web page anywhere can have its own name lead to an address inside this network (DNS rebinding): a browser then takes
this server for that page's site, and lets the page read what it answers.  Where nobody logs in, nothing else would stop
that; where people do, such a page has no session.  An address in place of a name is safe: it leads to nobody else.
"""

import re
from collections.abc import Collection
from ipaddress import ip_address

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from mjpeg_viewer.web.connection import Connection

# Names below it lead to the machine that asks, in every browser (RFC 6761, section 6.3).
_LOCAL = "localhost"

# Load balancers ask it by names of their own, and it tells nothing.
_OPEN = "healthz"

_HOST = re.compile(r"(?:\[([0-9A-Fa-f:.]+(?:%[A-Za-z0-9._-]+)?)\]|([A-Za-z0-9._-]+))(?::[0-9]*)?")

# RFC 1035, section 2.3.4.
_LONGEST = 253


def know_hosts(names: Collection[str] | None) -> Middleware:
    """
    Make the middleware that answers by no name but ours.

    Args:
        names: The names; addresses and ``localhost`` need not be among them.  None for every name.
    """
    known = None if names is None else {_LOCAL, *(_fold(name) for name in names)}

    @web.middleware
    async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
        resource = request.match_info.route.resource
        if known is None or (resource is not None and resource.name == _OPEN) or _is_ours(request.host, known):
            return await handler(request)
        name = repr(request.host[:_LONGEST])
        if isinstance(request.protocol, Connection):
            request.protocol.refuse("unknown host", f"{request.remote} asked for {name}, see server.hosts")
        raise web.HTTPMisdirectedRequest(
            text=f"This server does not answer by the name {name}.  Ask for it by its address, or add the name to hosts"
            " in [server] of its configuration.\n"
        )

    return check


def _is_ours(host: str, known: Collection[str]) -> bool:
    found = _HOST.fullmatch(host)
    if found is None:
        return False
    name = _fold(found[1] or found[2])
    if name in known or name.endswith(f".{_LOCAL}"):
        return True
    try:
        ip_address(name)
    except ValueError:
        return False
    return True


def _fold(name: str) -> str:
    return name.lower().removesuffix(".")
