"""What programs ask: is it alive, and what is it doing."""

import time

import orjson
from aiohttp import web

from mjpeg_viewer import __version__
from mjpeg_viewer.camera import Camera
from mjpeg_viewer.web.describe import describe_camera
from mjpeg_viewer.web.keys import STARTED, VIEWERS
from mjpeg_viewer.web.viewer import Viewer
from mjpeg_viewer.web.visible import get_cameras


async def healthz(request: web.Request) -> web.Response:
    """Say that the server answers; open to all, so it says nothing else."""
    return web.Response(text="ok\n")


async def state(request: web.Request) -> web.Response:
    """Tell of every camera that may be seen, and of its viewers, as JSON."""
    viewers = [*request.app[VIEWERS]]
    document = {
        "version": __version__,
        "uptime": round(time.time() - request.app[STARTED], 1),
        "cameras": {name: _describe(camera, viewers) for name, camera in get_cameras(request).items()},
    }
    return web.Response(body=orjson.dumps(document), content_type="application/json")


def _describe(camera: Camera, viewers: list[Viewer]) -> dict[str, object]:
    watching = [_describe_viewer(viewer) for viewer in viewers if camera.name in viewer.cameras]
    return {**describe_camera(camera), "viewers": watching}


def _describe_viewer(viewer: Viewer) -> dict[str, object]:
    return {
        "kind": viewer.kind,
        "user": viewer.identity.user,
        "provider": viewer.identity.provider,
        "address": viewer.address,
        "since": viewer.began,
        "sent": viewer.sent,
        "sent_bytes": viewer.sent_bytes,
        "skipped": viewer.skipped,
    }
