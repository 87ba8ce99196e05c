"""One picture of a camera: as a JPEG that shows it, or as a PNG or npy file that holds its very values."""

import asyncio
from functools import partial
from hashlib import blake2b
from typing import TypeVar

from aiohttp import hdrs, web

from mjpeg_viewer.camera import Camera
from mjpeg_viewer.errors import InexactError, RenditionError, UnavailableError
from mjpeg_viewer.imaging import crop, encode_npy, encode_png
from mjpeg_viewer.mailbox import Mailbox
from mjpeg_viewer.multipart import Notice, Picture
from mjpeg_viewer.pictures import Still, StillMaker
from mjpeg_viewer.query import NAMES, check_roi, parse_max_age, parse_rendition, parse_roi
from mjpeg_viewer.rendition import Rendition
from mjpeg_viewer.web.keys import VIEWERS
from mjpeg_viewer.web.streams import OTHER_PARAMETERS, make_pictures
from mjpeg_viewer.web.visible import get_camera

T = TypeVar("T")

# Longer than the pause of any camera that is worth waiting for, shorter than a person's patience.
PATIENCE = 5.0

# A PNG takes as long as twelve pictures of the stream, so none is begun for an asker who has his already.
_EXACT_RATE = 5.0

_EXACT = {"png": encode_png, "npy": encode_npy}

# There is no registered type for npy.
_TYPES = {"jpg": "image/jpeg", "png": "image/png", "npy": "application/octet-stream"}


async def snapshot(request: web.Request) -> web.Response:
    """Send one picture that came after the request, or not long before it; or say why there is none."""
    camera = get_camera(request)
    form = request.match_info.get("format", "jpg")
    made = await (_show(request, camera) if form == "jpg" else _copy(request, camera, form))
    body = made.jpeg if isinstance(made, Picture) else made.body
    if isinstance(body, InexactError):
        raise InexactError(f"{camera.name}: {body}")
    if isinstance(body, RenditionError):
        raise body
    # Of the bytes, too: levels follow the camera, so one frame can be shown in more than one way.
    digest = await asyncio.to_thread(lambda: blake2b(body, digest_size=8).hexdigest())
    response = web.Response(headers=made.headers())
    response.etag = tag = f"{made.sequence}-{made.pulse_id}-{digest}"
    if any(known.value in (tag, "*") for known in request.if_none_match or ()):
        response.set_status(web.HTTPNotModified.status_code)
        return response
    response.body = body
    response.content_type = _TYPES[form]
    name = f"{camera.name}_{made.pulse_id}.{form}"  # neither can hold a quote
    response.headers[hdrs.CONTENT_DISPOSITION] = f'inline; filename="{name}"'
    return response


async def _show(request: web.Request, camera: Camera) -> Picture:
    rendition = parse_rendition(request.query, also=OTHER_PARAMETERS | {"max_age_ms"})
    max_age = parse_max_age(request.query, also=OTHER_PARAMETERS | NAMES)
    if rendition.fps is not None:
        raise RenditionError("fps: a snapshot is one picture; leave it out")
    check_roi(rendition, camera.image_info)
    answers = _Answers()
    with camera.watch(rendition, make_pictures(camera, rendition), answers, max_age=max_age):
        answer = await take(request, camera, answers, PATIENCE)
        if isinstance(answer, Notice):
            check_roi(rendition, camera.image_info)  # known by now, and asking again would not help
    if isinstance(answer, Notice):
        raise UnavailableError(f"{camera.name} cannot be shown like this: {answer.reason}")
    return answer


class _Answers(Mailbox[Picture | Notice]):
    """Takes pictures, and the notice that none can be made of what comes; not that nothing comes yet."""

    def offer(self, item: Picture | Notice) -> None:
        if isinstance(item, Picture) or item.status == "undecodable":
            super().offer(item)


async def _copy(request: web.Request, camera: Camera, form: str) -> Still:
    max_age = parse_max_age(request.query, also=OTHER_PARAMETERS | {"roi"})
    roi = parse_roi(request.query)
    check_roi(Rendition(roi=roi), camera.image_info)
    encode = _EXACT[form]
    stills: Mailbox[Still] = Mailbox()
    make = partial(StillMaker, lambda image: encode(crop(image, roi)))
    with camera.watch((form, roi), make, stills, _EXACT_RATE, max_age):
        return await take(request, camera, stills, PATIENCE)


async def take(request: web.Request, camera: Camera, items: Mailbox[T], patience: float) -> T:
    """
    Wait for what an encoder makes.

    Raises:
        UnavailableError: Nothing came within so many seconds, or the server is stopping.
    """
    taking = asyncio.ensure_future(items.take())
    stopping = asyncio.ensure_future(request.app[VIEWERS].stopping.wait())
    try:
        await asyncio.wait({taking, stopping}, timeout=patience, return_when=asyncio.FIRST_COMPLETED)
        if stopping.done():
            raise UnavailableError("the server is stopping")
        if not taking.done():
            status = camera.status
            reason = status.reason or f"no picture came within {patience:.0f} s"
            raise UnavailableError(f"{camera.name} is {status.state}: {reason}")
        return taking.result()
    finally:
        taking.cancel()
        stopping.cancel()
