"""The display page: a camera's picture, its name and a few values, for a screen that is read across the room."""

import secrets
from urllib.parse import urlencode

from aiohttp import web

from mjpeg_viewer.errors import RenditionError
from mjpeg_viewer.query import check_roi, parse_rendition
from mjpeg_viewer.rendition import ALL
from mjpeg_viewer.web.describe import describe_status
from mjpeg_viewer.web.pages import render_page
from mjpeg_viewer.web.visible import get_camera

# More would be too small to be read from 3 m.
_MOST_CHANNELS = 4


async def display(request: web.Request) -> web.Response:
    """Show one camera as its address asks: ``channels``, and a rendition of the picture."""
    camera = get_camera(request)
    check_roi(parse_rendition(request.query, also={"channels"}), camera.image_info)
    asked = request.query.get("channels", "")
    channels = list(dict.fromkeys(name for name in asked.split(",") if name))
    if len(channels) > _MOST_CHANNELS or ALL in channels:
        raise RenditionError(f"channels={asked!r}: expected at most {_MOST_CHANNELS} names, with commas between")
    return render_page(
        "display.html",
        request,
        camera={"name": camera.name, "viewer_id": secrets.token_urlsafe(9), **describe_status(camera.status)},
        channels=channels,
        rendition=urlencode([(key, value) for key, value in request.query.items() if key != "channels"]),
        here=request.path_qs,
    )
