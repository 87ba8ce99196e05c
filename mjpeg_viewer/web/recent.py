"""The last pictures that a page was shown, for it to step back through."""

from aiohttp import hdrs, web

from mjpeg_viewer.multipart import CONTENT_TYPE, Framing, Picture, opening
from mjpeg_viewer.query import parse_rendition
from mjpeg_viewer.web.keys import IDENTITY, VIEWERS
from mjpeg_viewer.web.streams import OTHER_PARAMETERS
from mjpeg_viewer.web.visible import get_camera
from mjpeg_viewer.wire import Form


async def recent(request: web.Request) -> web.Response:
    """
    Send the newest pictures of a rendition, oldest first, as a stream that ends.

    None of them is older than the stream of the page that asks: nobody is shown what was before his coming.
    """
    camera = get_camera(request)
    rendition = parse_rendition(request.query, also=OTHER_PARAMETERS)
    stream = request.app[VIEWERS].find(request.query.get("viewer", ""), request[IDENTITY])
    kept = [] if stream is None else camera.recent(rendition)
    pictures = [item for item in kept if isinstance(item, Picture) and stream and item.sequence > stream.after]
    form = Form(Framing.LENGTH, chunked=False)
    body = opening(Framing.LENGTH) + b"".join(picture.get(form) for picture in pictures)
    return web.Response(body=body, headers={hdrs.CONTENT_TYPE: CONTENT_TYPE})
