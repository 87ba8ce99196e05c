"""The colormaps as pictures, for the bar beside a camera's picture."""

from typing import cast, get_args

from aiohttp import web

from mjpeg_viewer.imaging import encode_bar
from mjpeg_viewer.rendition import Colormap


async def bar(request: web.Request) -> web.Response:
    """Send all colours of a colormap, from black's to white's."""
    name = request.match_info["colormap"]
    if name not in get_args(Colormap):
        raise web.HTTPNotFound(text=f"There is no colormap {name!r}; known here are {', '.join(get_args(Colormap))}.")
    return web.Response(body=encode_bar(cast(Colormap, name)), content_type="image/png")
