"""
Metadata as Server-Sent Events (https://html.spec.whatwg.org/multipage/server-sent-events.html).

Events go the way of pictures: made once by an encoder for all who ask for the same, and the newest wins.
"""

from collections.abc import Hashable, Iterable, Sequence
from contextlib import ExitStack
from functools import partial
from math import prod

import numpy as np
import orjson
from aiohttp import hdrs, web

from mjpeg_viewer.calibration import with_analysis
from mjpeg_viewer.camera import Camera
from mjpeg_viewer.encoder import Maker
from mjpeg_viewer.errors import MessageError
from mjpeg_viewer.frame import ChannelInfo, Frame, Measure, Value
from mjpeg_viewer.query import parse_selection
from mjpeg_viewer.rendition import ALL, Selection
from mjpeg_viewer.status import Status
from mjpeg_viewer.web.describe import describe_status
from mjpeg_viewer.web.keys import IDENTITY, VIEWERS
from mjpeg_viewer.web.logins import Identity
from mjpeg_viewer.web.viewer import STALL_TIMEOUT, Viewer
from mjpeg_viewer.web.viewers import Viewers
from mjpeg_viewer.web.visible import get_camera, get_cameras
from mjpeg_viewer.wire import Wire

# Arrays above this are sent only to those who ask for them by name.
_LARGE = 4096

# One event has at most so many numbers, some 20 MB of text: 9000 arrays of 4096 zeros come in a message of 1 MB.
_MOST = 2**20

# A browser whose connection broke tries again after so many milliseconds.
_OPENING = b"retry: 1000\n\n"

# Proxies cut what is silent for a minute; the doors promise a line every 15 s.
_HEARTBEAT = 10.0

# A wall names each of its pictures.
_MOST_PAGES = 100

_HEADERS = {hdrs.CONTENT_TYPE: "text/event-stream", "X-Accel-Buffering": "no"}


class Event(Wire):
    """
    One event, shared by all who get it.

    Args:
        name: Its type; with the camera's name also what a newer one displaces.
        data: Its data, strict JSON: what is no number becomes null.
        camera: Which camera it tells of.
        key: Its id; None for none.
    """

    __slots__ = ("_text", "data")

    def __init__(self, name: str, data: dict[str, object], camera: str = "", key: int | None = None) -> None:
        super().__init__(f"{camera}/{name}")
        self.data = data
        line = orjson.dumps(data, option=orjson.OPT_SERIALIZE_NUMPY)
        head = f"event: {name}\n" if key is None else f"event: {name}\nid: {key}\n"
        self._text = b"%bdata: %b\n\n" % (head.encode(), line)

    def pieces(self, kind: Hashable) -> tuple[bytes, ...]:
        """Return the event; it has one form."""
        return (self._text,)


class _Heartbeat(Wire):
    __slots__ = ()

    def pieces(self, kind: Hashable) -> tuple[bytes, ...]:
        return (b": \n\n",)


class EventMaker(Maker[Event]):
    """
    Makes the frame events of one selection of one camera.

    Args:
        camera: The camera.
        selection: Which of its values.
    """

    def __init__(self, camera: Camera, selection: Selection) -> None:
        self._camera = camera
        self._selection = selection
        self._channels: Sequence[ChannelInfo] | None = None
        self._names: list[str] = []

    def __call__(self, frame: Frame) -> Event:
        """
        Make one event.

        What the stream does not have is computed from the picture, if it is something that can be.  A value that
        cannot be had becomes null, and the reason stands beside it.
        """
        if self._selection.background:
            frame = with_analysis(frame, self._camera.calibration, self._camera.background.subtract)
        values: dict[str, object] = {}
        errors: dict[str, str] = {}
        units: dict[str, str] = {}
        room = _MOST
        for name in self._choose(frame):
            try:
                value, unit = _read(frame, name)
            except MessageError as error:
                values[name], errors[name] = None, str(error)
                continue
            if isinstance(value, np.ndarray):
                if (numbers := _reach(value.shape)) > room:
                    values[name], errors[name] = None, f"size: {numbers} numbers, {room} still fit the event"
                    continue
                room -= numbers
            values[name] = _plain(value)
            if unit is not None:
                units[name] = unit
        info = frame.image_info
        data: dict[str, object] = {
            "camera": self._camera.name,
            "pulse_id": frame.pulse_id,
            "timestamp": frame.timestamp,
            "sequence": frame.sequence,
            "image": info,
            "values": values,
            "stats": self._camera.stats,
        }
        if units:
            data["units"] = units
        if errors:
            data["errors"] = errors
        return Event("frame", data, self._camera.name, frame.pulse_id)

    def _choose(self, frame: Frame) -> Iterable[str]:
        """Return the names asked for; for ALL those of all but large arrays, which are not even decoded."""
        asked = self._selection.channels
        if asked is not None and ALL not in asked:
            return asked
        if frame.channels is not self._channels:  # a source keeps them while its header stays the same
            large = {channel.name for channel in frame.channels if _reach(channel.shape) > _LARGE}
            self._channels, self._names = frame.channels, [name for name in frame.values if name not in large]
            seen = {ALL, *self._names}
            self._names += [name for name in asked or () if name not in seen]
        return self._names


class EventsViewer(Viewer):
    """
    A viewer of events, told once a second how each of its page's pictures fares.

    ``<img>`` fires no event when its stream ends, so only the server can tell the page that its picture is dead.

    Args:
        cameras: What is watched.
        identity: Who watches.
        request: The request that is answered.
        viewers: Where the page's picture is found.
    """

    __slots__ = ("_counted", "_counted_at", "_pages", "_viewers")

    def __init__(self, cameras: Iterable[Camera], identity: Identity, request: web.Request, viewers: Viewers) -> None:
        super().__init__("events", [camera.name for camera in cameras], identity, request)
        self._viewers = viewers
        self._pages = request.query.getall("viewer", [])[:_MOST_PAGES]
        self._counted, self._counted_at = -1, 0.0

    def tick(self, now: float, stall_timeout: float = STALL_TIMEOUT) -> None:
        """Tell the page of its picture, and keep proxies from cutting a silent connection."""
        super().tick(now, stall_timeout)
        for page in self._pages:
            picture = self._viewers.find(page, self.identity)
            data: dict[str, object] = {"viewer": page, "streaming": picture is not None, "sent": 0, "skipped": 0}
            if picture is not None:
                data |= {"sent": picture.sent, "skipped": picture.skipped, "sent_bytes": picture.sent_bytes}
                if picture.newest is not None:
                    data["picture"] = picture.newest.describe()
            self.offer(Event("viewer", data, page))
        if self.sent != self._counted:
            self._counted, self._counted_at = self.sent, now
        elif now - self._counted_at > _HEARTBEAT:
            self.offer(_Heartbeat("heartbeat"))


async def camera_events(request: web.Request) -> web.StreamResponse:
    """Send one camera's events until the viewer leaves."""
    return await _send_events(request, [get_camera(request)])


async def all_events(request: web.Request) -> web.StreamResponse:
    """Send the events of all cameras that may be seen over one connection: a browser has but six."""
    return await _send_events(request, list(get_cameras(request).values()))


async def _send_events(request: web.Request, cameras: list[Camera]) -> web.StreamResponse:
    selection = parse_selection(request.query, also={"viewer", "token"})
    if request.method == hdrs.METH_HEAD:
        return web.Response(headers=_HEADERS)
    response = web.StreamResponse(headers=_HEADERS)
    viewers = request.app[VIEWERS]
    viewer = EventsViewer(cameras, request[IDENTITY], request, viewers)
    async with viewers.admit(viewer):
        with ExitStack() as watching:
            for camera in cameras:
                feed = _StatusFeed(camera, viewer)
                feed.offer(camera.status)
                watching.enter_context(camera.status_hub.subscribe(feed))
                make = partial(EventMaker, camera, selection)
                watching.enter_context(camera.watch(selection, make, viewer, selection.rate))
            await viewers.send(viewer, request, response, _OPENING)
    return response


class _StatusFeed:
    """Passes a camera's status on to one viewer, as events."""

    def __init__(self, camera: Camera, viewer: Viewer) -> None:
        self._camera = camera.name
        self._viewer = viewer

    def offer(self, status: Status) -> None:
        data = {"camera": self._camera, **describe_status(status)}
        self._viewer.offer(Event("status", data, self._camera))


def _read(frame: Frame, name: str) -> Measure:
    """Return a value of the stream, or else what can be computed in its place; what nobody has is None."""
    if name not in frame.values and name in frame.analysis:
        return frame.analysis[name]
    return Measure(frame.values.get(name))


def _reach(shape: tuple[int, ...]) -> int:
    """Return how many numbers an array has, empty dimensions left out: a million empty rows are text too."""
    return prod(side or 1 for side in shape)


def _plain(value: Value) -> object:
    """Return a value as orjson takes it: arrays native and contiguous."""
    if isinstance(value, np.ndarray):
        return np.ascontiguousarray(value, value.dtype.newbyteorder("="))
    return value
