"""The application: the route table, and what surrounds every route."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping
from importlib.resources import files
from pathlib import Path

import aiohttp_jinja2
import aiohttp_session
import jinja2
from aiohttp import web

from mjpeg_viewer.camera import Camera
from mjpeg_viewer.supervisor import Supervisor
from mjpeg_viewer.troubles import Troubles
from mjpeg_viewer.web import (
    assets,
    backgrounds,
    colormaps,
    display,
    events,
    login,
    metrics,
    pages,
    qr,
    recent,
    sign_on,
    snapshots,
    state,
    streams,
    values,
)
from mjpeg_viewer.web.connection import time_head
from mjpeg_viewer.web.explain import explain
from mjpeg_viewer.web.forwarded import see_through
from mjpeg_viewer.web.guard import guard
from mjpeg_viewer.web.headers import write_headers
from mjpeg_viewer.web.hosts import know_hosts
from mjpeg_viewer.web.keyring import KeyRing
from mjpeg_viewer.web.keys import CAMERAS, LOGINS, PROVIDER, REFUSED, RIGHTS, STARTED, VIEWERS
from mjpeg_viewer.web.logins import Logins
from mjpeg_viewer.web.outside import ALONE, Outside
from mjpeg_viewer.web.places import DEFAULT_LIMITS, PlaceLimits
from mjpeg_viewer.web.rights import Rights
from mjpeg_viewer.web.sessions import CookieStorage
from mjpeg_viewer.web.viewer import STALL_TIMEOUT
from mjpeg_viewer.web.viewers import Viewers

# Names and passwords fit many times.
_BODY_BYTES = 64 * 1024


def create_app(
    cameras: Mapping[str, Camera],
    logins: Logins,
    keys: KeyRing,
    port: int,
    supervisor: Supervisor,
    rights: Rights | None = None,
    limits: PlaceLimits = DEFAULT_LIMITS,
    stall_timeout: float = STALL_TIMEOUT,
    outside: Outside = ALONE,
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
        outside: What stands around the server.
    """
    app = web.Application(client_max_size=_BODY_BYTES)
    app[CAMERAS] = cameras
    app[LOGINS] = logins
    app[RIGHTS] = Rights() if rights is None else rights
    app[VIEWERS] = Viewers(logins, limits, stall_timeout)
    app[REFUSED] = Troubles("server", "requests and connections were refused")
    app[STARTED] = time.time()
    hosts = frozenset[str]() if outside.hosts is None and not logins.needed else outside.hosts
    app.middlewares.extend([time_head, see_through(outside.proxies), know_hosts(hosts)])
    aiohttp_session.setup(app, CookieStorage(keys, port))
    app.middlewares.extend([explain, guard])
    aiohttp_jinja2.setup(app, loader=jinja2.FileSystemLoader(_find_templates()), autoescape=True)
    _add_routes(app)
    if outside.provider is not None:
        app[PROVIDER] = outside.provider
        app.router.add_get("/login/oidc", sign_on.begin, name="sign-on", allow_head=False)
        app.router.add_get("/login/oidc/callback", sign_on.come_back, name="sign-on-back", allow_head=False)
    app.on_response_prepare.append(_bound_silence)
    app.on_response_prepare.append(write_headers(outside.embed_origins, outside.encrypted))
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
    app.router.add_get("/qr.svg", qr.qr, name="qr")
    app.router.add_get("/state", state.state, name="state")
    app.router.add_get("/metrics", metrics.metrics, name="metrics")
    app.router.add_get("/healthz", state.healthz, name="healthz")
    app.router.add_get("/login", login.show_login, name="login")
    app.router.add_post("/login", login.log_in, name="login")
    app.router.add_post("/logout", login.log_out, name="logout")
    app.router.add_get("/static/{file}", assets.asset, name="static")


def _find_templates() -> list[Path]:
    """Return where templates may lie: in the installed package, else beside it in a checkout."""
    package = Path(str(files("mjpeg_viewer")))
    return [package / "templates", package.parent / "templates"]


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
