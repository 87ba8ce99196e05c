"""What every answer tells the browser: what a page may do, and which other sites may show it."""

from collections.abc import Awaitable, Callable, Collection
from urllib.parse import urlsplit

from aiohttp import hdrs, web

_CORP = "Cross-Origin-Resource-Policy"

# Half a year.  It holds for the host's every port, and not for its subdomains, which are none of ours.
_STRICT_TRANSPORT = "max-age=15552000"

_EMBEDDABLE = frozenset({"stream", "snapshot", "first-stream", "first-snapshot"})

_FIXED = {
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "same-origin",
    "Server": "mjpeg-viewer",
    "X-Content-Type-Options": "nosniff",
}


def write_headers(
    embed_origins: Collection[str] = (), encrypted: bool = False
) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """
    Make what is called before each answer.

    Args:
        embed_origins: Sites whose pages may show the cameras' pages and pictures.
        encrypted: Whether the server speaks TLS itself.
    """
    ancestors = " ".join(["'self'", *embed_origins])
    every = {
        **_FIXED,
        "Content-Security-Policy": (
            "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self';"
            f" frame-ancestors {ancestors}"
        ),
        **({"Strict-Transport-Security": _STRICT_TRANSPORT} if encrypted else {}),
    }

    async def write(request: web.Request, response: web.StreamResponse) -> None:
        response.headers.update(every)
        resource = request.match_info.route.resource
        name = None if resource is None else resource.name
        is_static = name == "static"
        if "token" in request.query:  # it stands in the page's address, which is nobody else's to learn
            response.headers["Referrer-Policy"] = "no-referrer"
        # Other hosts and ports of the same site may show the pictures, as a facility's wiki does; nothing else.
        response.headers[_CORP] = "same-site" if name in _EMBEDDABLE else "same-origin"
        # Static files are asked for again each time and come only if they changed; all else is nobody's to keep.
        response.headers[hdrs.CACHE_CONTROL] = "no-cache" if is_static else "no-store"
        if name in _EMBEDDABLE and embed_origins:
            _open_to(embed_origins, request, response)

    return write


def _open_to(origins: Collection[str], request: web.Request, response: web.StreamResponse) -> None:
    """
    Open a picture to a page of these sites.

    Cross-Origin-Resource-Policy knows no list, so it is answered to each page what holds for it: a browser tells by
    Referer, which no page can forge, whose page it is; and by Origin where the page is to read the pixels too.
    """
    response.headers[hdrs.VARY] = "Origin, Referer"
    origin = request.headers.get(hdrs.ORIGIN)
    if origin is not None and origin in origins:
        response.headers[hdrs.ACCESS_CONTROL_ALLOW_ORIGIN] = origin
        response.headers[_CORP] = "cross-origin"
    elif _find_origin(request.headers.get(hdrs.REFERER, "")) in origins:
        response.headers[_CORP] = "cross-origin"


def _find_origin(url: str) -> str:
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    return f"{parts.scheme}://{parts.netloc}".lower()
