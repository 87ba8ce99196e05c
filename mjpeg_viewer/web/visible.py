"""
The cameras that a request may see.

Every handler asks here and nowhere else.  A camera that one may not see is not among one's cameras, and so cannot be
told from one that does not exist.
"""

from collections.abc import Mapping

from aiohttp import web

from mjpeg_viewer.camera import Camera
from mjpeg_viewer.web.keys import CAMERAS, IDENTITY, RIGHTS


def get_cameras(request: web.Request) -> Mapping[str, Camera]:
    """Return the cameras that who asks may see, by name and in the order of the configuration."""
    rights, identity = request.app[RIGHTS], request[IDENTITY]
    return {name: camera for name, camera in request.app[CAMERAS].items() if rights.allow(identity, name)}


def get_camera(request: web.Request) -> Camera:
    """Return the camera that the path names, or the first if it names none."""
    cameras = get_cameras(request)
    name = request.match_info.get("camera")
    if name is None:
        if not cameras:
            raise web.HTTPNotFound(text="There is no camera here that you may see.")
        return next(iter(cameras.values()))
    if name not in cameras:
        raise web.HTTPNotFound(text=f"There is no camera {name!r} here.")
    return cameras[name]
