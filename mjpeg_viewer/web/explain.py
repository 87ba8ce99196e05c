"""Errors to answers: a page for people, a line for programs, and never a traceback for either."""

import logging
from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler

from mjpeg_viewer.errors import InexactError, RenditionError, TooManyFailuresError, UnavailableError
from mjpeg_viewer.web.pages import render_page

_log = logging.getLogger(__name__)

_RETRY_AFTER = "5"


@web.middleware
async def explain(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer what the handler refused, in the form that the asker reads."""
    try:
        return await handler(request)
    except RenditionError as error:
        return _answer(request, HTTPStatus.BAD_REQUEST, str(error))
    except InexactError as error:
        return _answer(request, HTTPStatus.NOT_ACCEPTABLE, str(error))
    except UnavailableError as error:
        return _answer(request, HTTPStatus.SERVICE_UNAVAILABLE, str(error), {"Retry-After": _RETRY_AFTER})
    except TooManyFailuresError as error:
        return _answer(request, HTTPStatus.TOO_MANY_REQUESTS, str(error), {"Retry-After": str(error.wait)})
    except ConnectionError:
        # The viewer left.  Whatever is returned cannot be sent; an exception would put a traceback into the log.
        return web.Response()
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        if error.status == HTTPStatus.NOT_FOUND and error.text == "404: Not Found":
            error.text = "There is nothing at this address."
        kept = {str(name): error.headers[name] for name in (hdrs.WWW_AUTHENTICATE, hdrs.ALLOW) if name in error.headers}
        return _answer(request, HTTPStatus(error.status), error.text or error.reason, kept)
    except Exception:
        # As it was sent, for decoded it could hold line ends; without the query, for that can hold a secret.
        _log.exception("%s %s failed", request.method, request.rel_url.raw_path)
        return _answer(request, HTTPStatus.INTERNAL_SERVER_ERROR, "The server failed at this; its log says how.")


def _answer(
    request: web.Request, status: HTTPStatus, message: str, headers: Mapping[str, str] | None = None
) -> web.StreamResponse:
    if "text/html" in request.headers.get(hdrs.ACCEPT, ""):
        page = render_page("error.html", request, status.value, title=status.phrase, message=message)
        page.headers.update(headers or {})
        return page
    return web.Response(status=status, text=f"{message}\n", headers=headers)
