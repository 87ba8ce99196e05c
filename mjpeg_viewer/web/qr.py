"""An address as a QR code, for a phone's camera."""

from io import BytesIO

import segno
from aiohttp import web

# What a phone still reads from a screen.  A page's address has some 200 characters at most.
_MOST_BYTES = 1000


async def qr(request: web.Request) -> web.Response:
    """Send the code of the address ``text``, which is the page's own, as the browser knows it."""
    text = request.query.get("text", "")
    # Nothing else is a link to a phone: what sends messages or joins a network is none.
    if not text.startswith(("http://", "https://")) or not text.isprintable():
        raise web.HTTPBadRequest(text=f"text={text[:100]!r}: expected an address, http://… or https://…")
    if (size := len(text.encode(errors="replace"))) > _MOST_BYTES:
        raise web.HTTPBadRequest(text=f"text: has {size} bytes; expected {_MOST_BYTES} at most")
    image = BytesIO()
    # A quiet zone of four, as ISO/IEC 18004 wants it; white, for few readers take a code in dark colours.
    code = segno.make(text, error="m", micro=False)
    code.save(image, kind="svg", border=4, light="#fff", omitsize=True, xmldecl=False)
    return web.Response(body=image.getvalue(), content_type="image/svg+xml")
