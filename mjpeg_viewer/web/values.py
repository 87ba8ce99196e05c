"""A camera's values as a page that needs no script: it loads itself anew."""

from collections.abc import Mapping
from functools import partial

import numpy as np
from aiohttp import web

from mjpeg_viewer.errors import UnavailableError
from mjpeg_viewer.mailbox import Mailbox
from mjpeg_viewer.rendition import Selection
from mjpeg_viewer.web.events import Event, EventMaker
from mjpeg_viewer.web.pages import render_page
from mjpeg_viewer.web.snapshots import take
from mjpeg_viewer.web.visible import get_camera

# Seconds from one page to the next, and how long one waits for a frame.
_PERIOD = 2
_PATIENCE = 2.0


async def values(request: web.Request) -> web.Response:
    """Show the values of one frame that came after the request, or say why there is none."""
    camera = get_camera(request)
    selection = Selection()
    events: Mailbox[Event] = Mailbox()
    shown: Mapping[str, str] = {}
    reason = ""
    with camera.watch(selection, partial(EventMaker, camera, selection), events):
        try:
            shown = _describe((await take(request, camera, events, _PATIENCE)).data)
        except UnavailableError as error:
            reason = str(error)
    page = render_page("values.html", request, camera=camera.name, shown=shown, reason=reason)
    page.headers["Refresh"] = str(_PERIOD)
    return page


def _describe(data: Mapping[str, object]) -> dict[str, str]:
    values = data["values"]
    assert isinstance(values, dict)
    return {"Pulse id": str(data["pulse_id"])} | {name: _say(value) for name, value in values.items()}


def _say(value: object) -> str:
    match value:
        case np.ndarray():
            return f"{value.size} values"
        case float() | np.floating():
            return f"{float(value):.6g}"
        case None:
            return "–"
    return str(value)
