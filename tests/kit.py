"""
What the tests stand on: the real server on a free port, and readers of what it sends.

Nothing here waits for a time to pass; everything waits for what is to happen, and gives up after PATIENCE.
"""

import asyncio
import socket
import ssl
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import bcrypt
import cv2
import numpy as np
import orjson
from aiohttp import web

from mjpeg_viewer.calibration import Calibration
from mjpeg_viewer.camera import Camera
from mjpeg_viewer.simulator import Simulator, read_counter
from mjpeg_viewer.sources import open_source
from mjpeg_viewer.supervisor import Supervisor
from mjpeg_viewer.users import Users
from mjpeg_viewer.web import Logins, create_app
from mjpeg_viewer.web.entrance import ConnectionLimits, Entrance
from mjpeg_viewer.web.keyring import KeyRing, make_keys
from mjpeg_viewer.web.keys import VIEWERS
from mjpeg_viewer.web.outside import ALONE, Outside
from mjpeg_viewer.web.places import DEFAULT_LIMITS, PlaceLimits
from mjpeg_viewer.web.rights import Rights
from mjpeg_viewer.web.throttle import Throttle
from mjpeg_viewer.web.tokens import Tokens
from mjpeg_viewer.web.viewer import STALL_TIMEOUT
from mjpeg_viewer.web.viewers import Viewers
from tests.raw import PATIENCE, connect_raw

KEYS = make_keys()


def cheap_hash(password: str) -> str:
    """Hash at bcrypt's lowest cost, so that tests take no time; the server accepts any cost."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(4)).decode()


def basic(user: str, password: str) -> dict[str, str]:
    """Name and password as a program sends them, as a header."""
    return {"Authorization": "Basic " + b64encode(f"{user}:{password}".encode()).decode()}


async def until(claim: Callable[[], bool]) -> None:
    """Wait until the claim is true."""
    async with asyncio.timeout(PATIENCE):
        while not claim():
            await asyncio.sleep(0.005)


@dataclass
class Site:
    """A running server and a program's way to it."""

    base: str
    port: int
    cameras: Mapping[str, Camera]
    viewers: Viewers
    logins: Logins
    supervisor: Supervisor
    session: aiohttp.ClientSession
    app: web.Application
    entrance: Entrance
    app_server: web.Server

    def get(self, path: str, **options: Any) -> Any:
        """Request a path; for ``async with``."""
        return self.session.get(self.base + path, allow_redirects=False, **options)

    async def read_json(self, path: str) -> Any:
        """Request a path and read its JSON, which must be strict."""
        async with self.get(path) as response:
            assert response.status == 200, await response.text()
            return orjson.loads(await response.read())

    async def until_watched(self, name: str = "beam", viewers: int = 1) -> None:
        """Wait until the camera has so many viewers."""
        await until(lambda: self.cameras[name].viewers >= viewers)

    @asynccontextmanager
    async def pictures(self, path: str = "/cameras/beam/stream.mjpg", **options: Any) -> AsyncIterator["Pictures"]:
        """Watch a stream; the server counts this viewer when the block begins."""
        camera = next(iter(self.cameras.values())) if "/cameras/" not in path else self.cameras[path.split("/")[2]]
        before = camera.viewers
        async with self.get(path, **options) as response:
            assert response.status == 200, await response.text()
            await until(lambda: camera.viewers > before)
            yield Pictures(response)

    async def log_in(self, user: str, password: str) -> dict[str, str]:
        """Log in by form; the cookie as a header."""
        form = {"username": user, "password": password}
        async with self.session.post(f"{self.base}/login", data=form, allow_redirects=False) as response:
            assert response.status == 303
            return {"Cookie": response.headers["Set-Cookie"].split(";")[0]}

    def raw(self, path: str, *headers: str, **options: Any) -> Any:
        """Ask at the level of bytes; for ``async with``.  Options are those of ``connect_raw``."""
        return connect_raw(self.port, path, *headers, **options)

    @asynccontextmanager
    async def events(self, path: str = "/cameras/beam/events", **options: Any) -> AsyncIterator["Events"]:
        """Watch events; the server counts this viewer when the block begins."""
        async with self.get(path, **options) as response:
            assert response.status == 200, await response.text()
            events = Events(response)
            yield events


@asynccontextmanager
async def run_site(
    cameras: Mapping[str, str],
    users: Mapping[str, str] | Users | None = None,
    port: int = 0,
    link_user: str | None = None,
    keys: KeyRing = KEYS,
    on_demand: bool = False,
    calibration: Calibration | None = None,
    limits: PlaceLimits = DEFAULT_LIMITS,
    stall_timeout: float = STALL_TIMEOUT,
    rights: Rights | None = None,
    tokens: Tokens | None = None,
    throttle: Throttle | None = None,
    outside: Outside = ALONE,
    connections: ConnectionLimits | None = None,
    tls: ssl.SSLContext | None = None,
    trust: ssl.SSLContext | None = None,
    vouchers: Collection[str] = (),
) -> AsyncIterator[Site]:
    """
    Run the server.

    Args:
        cameras: A source URL by camera name.
        users: A password by user name, or who may log in, or None for no login.
        port: Where to listen; 0 for a free one.
        link_user: Whom the login link logs in.
        keys: What sessions are encrypted with.
        on_demand: Whether cameras are received only while somebody watches.
        calibration: What the cameras' pixels mean.
        limits: How many may watch.
        stall_timeout: Whoever takes no byte for so many seconds is let go.
        rights: Who may see which camera; None if everybody may see all.
        tokens: What tokens there are.
        throttle: Counts failed logins.
        outside: What stands around it.
        connections: How many connections there may be.
        tls: With what they are encrypted.
        trust: What the site's session takes for the server's certificate.
        vouchers: Who may vouch for users.
    """
    supervisor = Supervisor()
    with ThreadPoolExecutor(2) as pictures, ThreadPoolExecutor(2) as hashing:
        made = {
            name: Camera(name, open_source(url), pictures, supervisor, on_demand, calibration)
            for name, url in cameras.items()
        }
        if users is not None and not isinstance(users, Users):
            users = Users({name: cheap_hash(password) for name, password in users.items()})
        logins = Logins(
            users,
            hashing,
            link_user,
            tokens=tokens,
            throttle=throttle,
            providers=vouchers,
            access=None if outside.provider is None else outside.provider.access,
        )
        # Bound before the application is made, as the command does it: the port stands in the cookie's name.
        with socket.create_server(("127.0.0.1", port)) as listener:
            bound = listener.getsockname()[1]
            app = create_app(made, logins, keys, bound, supervisor, rights, limits, stall_timeout, outside)
            runner = web.AppRunner(app, shutdown_timeout=1.0)
            await runner.setup()
            try:
                entrance = Entrance(runner, listener, supervisor, connections, outside.proxies, tls)
                await entrance.start()
                connector = aiohttp.TCPConnector(ssl=True if trust is None else trust)
                async with aiohttp.ClientSession(connector=connector, cookie_jar=aiohttp.DummyCookieJar()) as session:
                    yield Site(
                        entrance.name,
                        bound,
                        made,
                        app[VIEWERS],
                        logins,
                        supervisor,
                        session,
                        app,
                        entrance,
                        runner.server,
                    )
            finally:
                await runner.cleanup()


async def receiving(beam: Simulator) -> None:
    """Wait until somebody receives what the beam sends."""
    assert await asyncio.to_thread(beam.wait_for_receiver, PATIENCE)


@dataclass
class Picture:
    """One part of a stream as a program reads it: its headers and its decoded pixels."""

    headers: Mapping[str, str]
    jpeg: bytes

    @property
    def pixels(self) -> np.ndarray:
        """The picture, uint8 of shape [height, width] or [height, width, 3]."""
        return cv2.imdecode(np.frombuffer(self.jpeg, np.uint8), cv2.IMREAD_UNCHANGED)

    @property
    def number(self) -> int | None:
        """The counter that is painted into the picture."""
        return read_counter(self.pixels)


class Pictures:
    """Reads a stream in length framing, with aiohttp's own multipart reader."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response
        self._reader = aiohttp.MultipartReader.from_response(response)
        self._last = ""

    async def take(self) -> Picture:
        """Wait for the next frame's picture, past repetitions of the last and notices that there is none."""
        while True:
            picture = await self.take_any()
            if picture.headers.get("X-Sequence", self._last) != self._last:
                self._last = picture.headers["X-Sequence"]
                return picture

    async def take_any(self) -> Picture:
        """Wait for the next part, be it a picture or a notice."""
        async with asyncio.timeout(PATIENCE):
            part = await self._reader.next()
            assert part is not None
            return Picture(dict(part.headers), bytes(await part.read()))


@dataclass
class Event:
    """One Server-Sent Event."""

    name: str
    id: str
    data: Any


class Events:
    """Reads Server-Sent Events as the standard has it; data must be strict JSON."""

    def __init__(self, response: aiohttp.ClientResponse) -> None:
        self.response = response

    async def take(self, name: str | None = None) -> Event:
        """Wait for the next event, of this name if one is given."""
        async with asyncio.timeout(PATIENCE):
            while True:
                event = await self._next()
                if name in (None, event.name):
                    return event

    async def _next(self) -> Event:
        fields: dict[str, str] = {}
        while True:
            line = await self.response.content.readline()
            if not line:
                raise EOFError("the stream of events ended")
            text = line.decode().rstrip("\n")
            if text:
                key, _, value = text.partition(":")
                fields[key] = value.removeprefix(" ")
            elif "data" in fields:
                return Event(fields.get("event", "message"), fields.get("id", ""), orjson.loads(fields["data"]))
            else:
                fields = {}


def read_part(part: bytes, delimiter: bytes) -> Picture:
    """Read one part in length framing, which must be whole."""
    head, _, rest = part.partition(b"\r\n\r\n")
    fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
    jpeg = rest.removesuffix(b"\r\n" + delimiter)
    assert len(rest) - len(jpeg) == 2 + len(delimiter)
    assert int(fields["Content-Length"]) == len(jpeg)
    return Picture(fields, jpeg)
