"""A camera's pictures as an MJPEG stream."""

from collections.abc import Callable
from functools import partial

from aiohttp import hdrs, web

from mjpeg_viewer.camera import Camera
from mjpeg_viewer.errors import RenditionError
from mjpeg_viewer.multipart import CONTENT_TYPE, Framing, opening
from mjpeg_viewer.pictures import PictureMaker
from mjpeg_viewer.query import check_roi, parse_rendition
from mjpeg_viewer.rendition import Rendition
from mjpeg_viewer.web.keys import IDENTITY, VIEWERS
from mjpeg_viewer.web.viewer import Viewer
from mjpeg_viewer.web.visible import get_camera

# "token" opens the door, "viewer" is the page's id, "try" and "_" make an URL new that a browser would else serve from
# memory, and "action" is how mjpg-streamer's users ask.
OTHER_PARAMETERS = frozenset({"parts", "token", "viewer", "try", "_", "action"})
"""What may stand in an address of pictures beside what is asked of them."""


async def stream(request: web.Request) -> web.StreamResponse:
    """Send the camera's pictures until the viewer leaves."""
    camera = get_camera(request)
    rendition = parse_rendition(request.query, also=OTHER_PARAMETERS)
    check_roi(rendition, camera.image_info)
    framing = choose_framing(request)
    headers = {hdrs.CONTENT_TYPE: CONTENT_TYPE, "X-Accel-Buffering": "no"}
    if request.method == hdrs.METH_HEAD:
        return web.Response(headers=headers)
    response = web.StreamResponse(headers=headers)
    viewer = Viewer("stream", [camera.name], request[IDENTITY], request, framing)
    viewer.after = camera.source.intake.received
    viewers = request.app[VIEWERS]
    async with viewers.admit(viewer):
        with camera.watch(rendition, make_pictures(camera, rendition), viewer, rendition.fps):
            await viewers.send(viewer, request, response, opening(framing))
    return response


async def end_stream(request: web.Request) -> web.Response:
    """End the stream of a page that shows it no more: WebKit closes none as long as the page is open."""
    camera = get_camera(request)
    viewer = request.app[VIEWERS].find(request.query.get("viewer", ""), request[IDENTITY])
    if viewer is not None and viewer.cameras == (camera.name,):
        viewer.close("no longer shown")
    return web.Response(status=204)


def make_pictures(camera: Camera, rendition: Rendition) -> Callable[[], PictureMaker]:
    """Tell how the encoder of a rendition gets its maker."""
    return partial(PictureMaker, camera.name, rendition, camera.background.subtract, camera.calibration.pixel_size)


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
