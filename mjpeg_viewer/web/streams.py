"""A camera's pictures: the MJPEG stream and the snapshot."""

import asyncio
from functools import partial

from aiohttp import hdrs, web

from mjpeg_viewer.camera import Camera
from mjpeg_viewer.errors import RenditionError, UnavailableError
from mjpeg_viewer.mailbox import Mailbox
from mjpeg_viewer.multipart import CONTENT_TYPE, Framing, Part, opening
from mjpeg_viewer.pictures import PictureMaker
from mjpeg_viewer.rendition import parse_rendition
from mjpeg_viewer.web.keys import CAMERAS, IDENTITY, VIEWERS
from mjpeg_viewer.web.viewer import Viewer

# "viewer" is the page's id, "try" and "_" make an URL new that a browser would else serve from memory, and "action"
# is how mjpg-streamer's users ask.
_OTHER_PARAMETERS = frozenset({"parts", "viewer", "try", "_", "action"})

# Longer than the pause of any camera that is worth waiting for, shorter than a person's patience.
_SNAPSHOT_TIMEOUT = 5.0


def get_camera(request: web.Request) -> Camera:
    """Return the camera that the path names, or the first if it names none."""
    cameras = request.app[CAMERAS]
    name = request.match_info.get("camera")
    if name is None:
        return next(iter(cameras.values()))
    if name not in cameras:
        raise web.HTTPNotFound(text=f"There is no camera {name!r} here.")
    return cameras[name]


async def stream(request: web.Request) -> web.StreamResponse:
    """Send the camera's pictures until the viewer leaves."""
    camera = get_camera(request)
    rendition = parse_rendition(request.query, also=_OTHER_PARAMETERS)
    framing = choose_framing(request)
    headers = {hdrs.CONTENT_TYPE: CONTENT_TYPE, "X-Accel-Buffering": "no"}
    if request.method == hdrs.METH_HEAD:
        return web.Response(headers=headers)
    response = web.StreamResponse(headers=headers)
    viewer = Viewer("stream", [camera.name], request[IDENTITY], request, framing)
    with camera.watch(rendition, partial(PictureMaker, rendition), viewer, rendition.fps):
        async with request.app[VIEWERS].admit(viewer, request, response, opening(framing)):
            await viewer.wait()
    return response


async def snapshot(request: web.Request) -> web.Response:
    """Send one picture that came after the request, or say why there is none."""
    camera = get_camera(request)
    rendition = parse_rendition(request.query, also=_OTHER_PARAMETERS)
    if rendition.fps is not None:
        raise RenditionError("fps: a snapshot is one picture; leave it out")
    parts: Mailbox[Part] = Mailbox()
    with camera.watch(rendition, partial(PictureMaker, rendition), parts):
        taking = asyncio.ensure_future(parts.take())
        stopping = asyncio.ensure_future(request.app[VIEWERS].stopping.wait())
        try:
            await asyncio.wait({taking, stopping}, timeout=_SNAPSHOT_TIMEOUT, return_when=asyncio.FIRST_COMPLETED)
            if stopping.done():
                raise UnavailableError("the server is stopping")
            if not taking.done():
                status = camera.status
                reason = status.reason or f"no picture came within {_SNAPSHOT_TIMEOUT:.0f} s"
                raise UnavailableError(f"{camera.name} is {status.state}: {reason}")
            part = taking.result()
        finally:
            taking.cancel()
            stopping.cancel()
    return web.Response(body=part.jpeg, content_type="image/jpeg", headers=part.headers())


def choose_framing(request: web.Request) -> Framing:
    """Choose by the parameter ``parts``; without it, browsers that load an image say so in Accept."""
    asked = request.query.get("parts")
    if asked is None:
        return Framing.ADVANCE if "image/" in request.headers.get(hdrs.ACCEPT, "") else Framing.LENGTH
    try:
        return Framing(asked)
    except ValueError:
        known = " or ".join(framing.value for framing in Framing)
        raise RenditionError(f"parts={asked!r}: expected {known}") from None
