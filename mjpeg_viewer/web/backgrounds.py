"""A camera's background: captured, told of, handed out and forgotten."""

import asyncio

import orjson
from aiohttp import hdrs, web
from multidict import MultiDict

from mjpeg_viewer.background import Capture
from mjpeg_viewer.camera import Camera
from mjpeg_viewer.errors import UnavailableError
from mjpeg_viewer.imaging import Background
from mjpeg_viewer.mailbox import Mailbox
from mjpeg_viewer.query import parse_frames
from mjpeg_viewer.web.describe import describe_background
from mjpeg_viewer.web.forms import read_form
from mjpeg_viewer.web.snapshots import PATIENCE, take
from mjpeg_viewer.web.visible import get_camera

# Proxies wait for an answer for a minute.
_CAPTURE_TIMEOUT = 50.0

# A kind of its own, so that no number of other encoders shuts it out.
_KEY = "background"


async def tell(request: web.Request) -> web.Response:
    """Tell of the background, as JSON."""
    return _answer(get_camera(request))


async def capture(request: web.Request) -> web.Response:
    """Capture a background of the next frames, and answer when that is done."""
    camera = get_camera(request)
    form = await read_form(request, "the field frames")
    frames = parse_frames(MultiDict([*request.query.items(), *form.items()]))
    camera.background.hold(await _capture(request, camera, frames))
    return _answer(camera)


async def forget(request: web.Request) -> web.Response:
    """Forget the background."""
    camera = get_camera(request)
    camera.background.forget()
    return _answer(camera)


async def download(request: web.Request) -> web.Response:
    """Send the mean of the frames, as float64."""
    camera = get_camera(request)
    held = camera.background.held
    if held is None:
        raise web.HTTPNotFound(text=f"{camera.name} has no background: {camera.background.reason}.")
    body = await asyncio.to_thread(lambda: held.npy)
    disposition = f'inline; filename="{camera.name}_background.npy"'
    headers = {hdrs.CONTENT_TYPE: "application/octet-stream", hdrs.CONTENT_DISPOSITION: disposition}
    return web.Response(body=body, headers=headers)


async def _capture(request: web.Request, camera: Camera, frames: int) -> Background:
    maker = Capture(frames)
    results: Mailbox[Background | None] = Mailbox()
    # No two share one: who comes to another's would have frames from before he asked.  And of two at the same time
    # nobody could say which is held afterwards.
    with camera.background.begin_capture(), camera.watch(_KEY, lambda: maker, results):
        try:
            async with asyncio.timeout(_CAPTURE_TIMEOUT):
                while (found := await take(request, camera, results, PATIENCE)) is None:
                    pass
        except TimeoutError:
            raise UnavailableError(
                f"{camera.name}: {maker.taken} of {frames} frames came within {_CAPTURE_TIMEOUT:g} s; ask for fewer"
            ) from None
    return found


def _answer(camera: Camera) -> web.Response:
    return web.Response(body=orjson.dumps(describe_background(camera)), content_type="application/json")
