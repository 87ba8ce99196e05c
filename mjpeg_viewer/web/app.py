"""The application: the route table, and what surrounds every route."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from importlib.resources import files
from pathlib import Path

import aiohttp_jinja2
import aiohttp_session
import jinja2
from aiohttp import hdrs, web

from mjpeg_viewer.camera import Camera
from mjpeg_viewer.supervisor import Supervisor
from mjpeg_viewer.web import (
    assets,
    backgrounds,
    colormaps,
    display,
    events,
    login,
    pages,
    recent,
    snapshots,
    state,
    streams,
    values,
)
from mjpeg_viewer.web.explain import explain
from mjpeg_viewer.web.guard import guard
from mjpeg_viewer.web.keyring import KeyRing
from mjpeg_viewer.web.keys import CAMERAS, LOGINS, RIGHTS, STARTED, VIEWERS
from mjpeg_viewer.web.logins import Logins
from mjpeg_viewer.web.places import DEFAULT_LIMITS, PlaceLimits
from mjpeg_viewer.web.rights import Rights
from mjpeg_viewer.web.sessions import CookieStorage
from mjpeg_viewer.web.viewer import STALL_TIMEOUT
from mjpeg_viewer.web.viewers import Viewers

# Names and passwords fit many times.
_BODY_BYTES = 64 * 1024

_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data: blob:; object-src 'none'; base-uri 'none'; form-action 'self';"
        " frame-ancestors 'self'"
    ),
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Referrer-Policy": "same-origin",
    "Server": "mjpeg-viewer",
    "X-Content-Type-Options": "nosniff",
}

_EMBEDDABLE = frozenset({"stream", "snapshot", "first-stream", "first-snapshot"})


def create_app(
    cameras: Mapping[str, Camera],
    logins: Logins,
    keys: KeyRing,
    port: int,
    supervisor: Supervisor,
    rights: Rights | None = None,
    limits: PlaceLimits = DEFAULT_LIMITS,
    stall_timeout: float = STALL_TIMEOUT,
) -> web.Application:
    """
    Build the application.  The cameras are started and stopped with it.

    Args:
        cameras: By name, in the order in which they are shown.
        logins: Tells who may watch.
        keys: What session cookies are encrypted with.
        port: The server's port, for the cookie's name.
        supervisor: Owner of what runs in the background.
        rights: Tells who may see which camera; None if everybody who is let in may see all.
        limits: How many may watch.
        stall_timeout: Whoever takes no byte for so many seconds is let go.
    """
    app = web.Application(client_max_size=_BODY_BYTES)
    app[CAMERAS] = cameras
    app[LOGINS] = logins
    app[RIGHTS] = Rights() if rights is None else rights
    app[VIEWERS] = Viewers(logins, limits, stall_timeout)
    app[STARTED] = time.time()
    aiohttp_session.setup(app, CookieStorage(keys, port))
    app.middlewares.extend([explain, guard])
    aiohttp_jinja2.setup(app, loader=jinja2.FileSystemLoader(_find_templates()), autoescape=True)
    _add_routes(app)
    app.on_response_prepare.append(_add_headers)
    app.on_response_prepare.append(_bound_silence)
    app.on_shutdown.append(_end_viewers)
    app.cleanup_ctx.append(_run_cameras(supervisor))
    return app


def _add_routes(app: web.Application) -> None:
    app.router.add_get("/", pages.start, name="start")
    app.router.add_get("/cameras/{camera}", pages.camera_page, name="camera")
    app.router.add_get("/cameras/{camera}/display", display.display, name="display")
    app.router.add_get("/cameras/{camera}/stream.mjpg", streams.stream, name="stream")
    app.router.add_delete("/cameras/{camera}/stream.mjpg", streams.end_stream, name="stream")
    app.router.add_get("/cameras/{camera}/snapshot.{format:jpg|png|npy}", snapshots.snapshot, name="snapshot")
    app.router.add_get("/cameras/{camera}/recent.mjpg", recent.recent, name="recent")
    app.router.add_get("/cameras/{camera}/background", backgrounds.tell, name="background")
    app.router.add_post("/cameras/{camera}/background", backgrounds.capture, name="background")
    app.router.add_delete("/cameras/{camera}/background", backgrounds.forget, name="background")
    app.router.add_get("/cameras/{camera}/background.npy", backgrounds.download, name="background-mean")
    app.router.add_get("/cameras/{camera}/events", events.camera_events, name="camera-events")
    app.router.add_get("/cameras/{camera}/values", values.values, name="values")
    app.router.add_get("/events", events.all_events, name="events")
    app.router.add_get("/stream.mjpg", streams.stream, name="first-stream")
    app.router.add_get("/snapshot.{format:jpg|png|npy}", snapshots.snapshot, name="first-snapshot")
    app.router.add_get("/colormaps/{colormap}.png", colormaps.bar, name="colormap")
    app.router.add_get("/state", state.state, name="state")
    app.router.add_get("/healthz", state.healthz, name="healthz")
    app.router.add_get("/login", login.show_login, name="login")
    app.router.add_post("/login", login.log_in, name="login")
    app.router.add_post("/logout", login.log_out, name="logout")
    app.router.add_get("/static/{file}", assets.asset, name="static")


def _find_templates() -> list[Path]:
    """Return where templates may lie: in the installed package, else beside it in a checkout."""
    package = Path(str(files("mjpeg_viewer")))
    return [package / "templates", package.parent / "templates"]


async def _add_headers(request: web.Request, response: web.StreamResponse) -> None:
    response.headers.update(_HEADERS)
    resource = request.match_info.route.resource
    name = None if resource is None else resource.name
    is_static = name == "static"
    if "token" in request.query:  # it stands in the page's address, which is nobody else's to learn
        response.headers["Referrer-Policy"] = "no-referrer"
    # Other hosts and ports of the same site may show the pictures, as a facility's wiki does; nothing else.
    response.headers["Cross-Origin-Resource-Policy"] = "same-site" if name in _EMBEDDABLE else "same-origin"
    # Static files are asked for again each time and come only if they changed; all else is nobody's to keep.
    response.headers[hdrs.CACHE_CONTROL] = "no-cache" if is_static else "no-store"


async def _bound_silence(request: web.Request, response: web.StreamResponse) -> None:
    request.app[VIEWERS].bound_silence(request)


async def _end_viewers(app: web.Application) -> None:
    app[VIEWERS].close_all("server stopping")


def _run_cameras(supervisor: Supervisor):  # type: ignore[no-untyped-def]
    async def run(app: web.Application) -> AsyncIterator[None]:
        for camera in app[CAMERAS].values():
            camera.start()
        keeper = supervisor.start(app[VIEWERS].keep(), "viewers")
        yield
        keeper.cancel()
        await asyncio.gather(*(camera.stop() for camera in app[CAMERAS].values()))

    return run
