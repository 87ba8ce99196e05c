"""What a form says, read with patience for honest senders and for no others."""

import asyncio

from aiohttp import hdrs, web
from multidict import MultiDict

# A form of two lines takes no time; whoever sends it byte by byte keeps a connection from somebody.
_FORM_TIMEOUT = 10.0

# The other kind, multipart/form-data, is for files, and has parts with headers, encodings and parts of their own.
_FORM = "application/x-www-form-urlencoded"


async def read_form(request: web.Request, expected: str) -> MultiDict[str]:
    """
    Read the form's fields.

    Args:
        request: The request, with a form as its body or without a body.
        expected: What should stand in it, for people.
    """
    if hdrs.CONTENT_ENCODING in request.headers:
        raise web.HTTPUnsupportedMediaType(text="This form is compressed; send it as it is.")
    if request.body_exists and request.content_type != _FORM:
        raise web.HTTPUnsupportedMediaType(
            text=f"{request.content_type} is not read here; expected {expected} as {_FORM}."
        )
    try:
        async with asyncio.timeout(_FORM_TIMEOUT):
            fields = await request.post()
    except TimeoutError:
        raise web.HTTPRequestTimeout(text=f"This form did not arrive within {_FORM_TIMEOUT:g} s.") from None
    except (ValueError, LookupError):  # neither text nor a form, or an encoding that Python does not know
        raise web.HTTPBadRequest(text=f"This form cannot be read; expected {expected}.") from None
    return MultiDict((name, value) for name, value in fields.items() if isinstance(value, str))
