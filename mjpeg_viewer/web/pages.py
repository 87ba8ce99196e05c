"""The pages that people see."""

import secrets
from http import HTTPStatus
from typing import Any, get_args

import aiohttp_jinja2
from aiohttp import web

from mjpeg_viewer import __version__
from mjpeg_viewer.camera import Camera
from mjpeg_viewer.rendition import WIDTHS, Colormap, LevelsMode, Norm, Overlay
from mjpeg_viewer.web.describe import describe_status
from mjpeg_viewer.web.keys import IDENTITY, LOGINS
from mjpeg_viewer.web.snapshots import snapshot
from mjpeg_viewer.web.streams import stream
from mjpeg_viewer.web.view import read_view
from mjpeg_viewer.web.visible import get_camera, get_cameras

# HTTP/1.1 browsers open six connections to a site.  One is for events and one stays free for going elsewhere; where
# there are more cameras, one is for their snapshots.  wall.js counts alike, and takes more where HTTP/2 gives more.
_LIVE_ON_WALL = 4

# What a page's controls offer; its address may ask for any other value, too.
_CHOICES = {
    "levels": get_args(LevelsMode),
    "norm": get_args(Norm),
    "colormap": get_args(Colormap),
    "overlay": get_args(Overlay),
    "width": [width for width in WIDTHS if 160 <= width <= 1920],
    "quality": [95, 70, 50, 30],
    "fps": [50, 25, 10, 5, 2, 1],
}


async def start(request: web.Request) -> web.StreamResponse:
    """Show the wall of all cameras, or the only camera's page; mjpg-streamer's ``?action=`` is answered too."""
    match request.query.get("action"):
        case "stream":
            return await stream(request)
        case "snapshot":
            return await snapshot(request)
    cameras = list(get_cameras(request).values())
    if len(cameras) == 1 and not _read_wanted(request):
        return _show_camera(request, cameras[0])
    return _show_wall(request, cameras)


async def camera_page(request: web.Request) -> web.Response:
    """Show one camera's page."""
    return _show_camera(request, get_camera(request))


def render_page(template: str, request: web.Request, status: int = 200, **context: object) -> web.Response:
    """Render a template with what every page shows: who is logged in, and the version."""
    identity = request.get(IDENTITY)
    every: dict[str, Any] = {
        "user": identity.user if identity else None,
        "login_needed": request.app[LOGINS].needed,
        "version": __version__,
        "status": status,
    }
    return aiohttp_jinja2.render_template(template, request, {**every, **context}, status=status)


def _show_wall(request: web.Request, cameras: list[Camera]) -> web.Response:
    """Show the cameras whose names have in them what is to be found; the others are there, for the script to show."""
    wanted = _read_wanted(request)
    found = [camera.name for camera in cameras if wanted.lower() in camera.name.lower()]
    live = found[: _LIVE_ON_WALL if len(found) <= _LIVE_ON_WALL else _LIVE_ON_WALL - 1]
    return render_page(
        "wall.html",
        request,
        cameras=[
            {**_describe(camera), "found": camera.name in found, "live": camera.name in live} for camera in cameras
        ],
        # A few cameras are all live, and seen at a glance: a filter would only take their room.
        filter=len(cameras) > _LIVE_ON_WALL or wanted,
        wanted=wanted,
        found=len(found),
        here=request.path_qs,
    )


def _read_wanted(request: web.Request) -> str:
    return request.query.get("find", "").strip()


def _show_camera(request: web.Request, camera: Camera) -> web.Response:
    view = read_view(request.query, camera)
    return render_page(
        "camera.html",
        request,
        HTTPStatus.BAD_REQUEST if view.fault else HTTPStatus.OK,
        camera={**_describe(camera), "source": camera.source.address},
        cameras=[_describe(other) for other in get_cameras(request).values()],
        view=view,
        choices=_CHOICES,
        by_token=request.app[LOGINS].by_token,
    )


def _describe(camera: Camera) -> dict[str, object]:
    return {"name": camera.name, "viewer_id": secrets.token_urlsafe(9), **describe_status(camera.status)}
