"""Run the server, from listening to its orderly end; shared by serve and demo."""

import argparse
import asyncio
import logging
import os
import secrets
import signal
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from ipaddress import ip_address
from pathlib import Path

import msgspec
from aiohttp import web

from mjpeg_viewer import systemd
from mjpeg_viewer.camera import Camera
from mjpeg_viewer.cli.logs import set_up_logs
from mjpeg_viewer.errors import ConfigurationError, ViewerError
from mjpeg_viewer.htpasswd import hash_password
from mjpeg_viewer.message import Limits
from mjpeg_viewer.settings import Settings
from mjpeg_viewer.sources import Source, open_source
from mjpeg_viewer.supervisor import Supervisor
from mjpeg_viewer.users import UserFile, Users
from mjpeg_viewer.web import Logins, create_app
from mjpeg_viewer.web.sessions import read_key

_log = logging.getLogger(__name__)

# At most so many passwords are hashed at once, a third of a second each, so that guessing leaves a core to the rest.
_HASHING_THREADS = 2

# Longer than nginx keeps its connections to a server (60 s), so that it never writes into one that was just closed.
_KEEPALIVE_TIMEOUT = 75.0

# Streams end at once when told; this bounds what does not.
_SHUTDOWN_TIMEOUT = 2.0

_BACKLOG = 1024

_MADE_UP_USER = "viewer"


def add_server_options(parser: argparse.ArgumentParser) -> None:
    """Add the options on listening and logging in.  What is not given is None, so that a file may say it."""
    parser.add_argument("-H", "--host", help="address to listen on (default: 127.0.0.1)")
    parser.add_argument("-P", "--port", type=int, help="TCP port, 0 for a free one (default: 5000)")
    parser.add_argument("--users", metavar="FILE", help="users file; see mjpeg-viewer user --help")
    parser.add_argument(
        "--no-login", action="store_true", help="let everybody who can reach the port watch, without a login"
    )


def run_server(settings: Settings, no_login: bool, announce: Callable[[str], None]) -> int:
    """
    Serve until SIGTERM or SIGINT.

    Args:
        settings: What to serve, and where.
        no_login: Whether everybody may watch.
        announce: Told how to get in, once the server listens.

    Returns:
        The exit status: 0, or 1 if something died that should not.

    Raises:
        ViewerError: It cannot start; the text says why.
    """
    set_up_logs()
    return asyncio.run(_serve(settings, no_login, announce))


async def _serve(settings: Settings, no_login: bool, announce: Callable[[str], None]) -> int:
    # All that can be wrong is found before anything is started: a second server that fails on its port must not
    # have taken messages from the first.
    sources = open_sources(settings)
    users, made_up = _get_users(settings, no_login)
    listener = _listen(settings.server.host, settings.server.port, loopback_only=made_up is not None)
    try:
        key = read_key(_get_key_file(settings))
    except ConfigurationError:
        listener.close()
        raise
    host, port = listener.getsockname()[:2]
    supervisor = Supervisor()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with (
        ThreadPoolExecutor(max(2, os.cpu_count() or 1), "picture") as pictures,
        ThreadPoolExecutor(_HASHING_THREADS, "password") as hashing,
    ):
        cameras = {
            name: Camera(name, source, pictures, supervisor, settings.cameras[name].connect == "on_demand")
            for name, source in sources.items()
        }
        logins = Logins(users, hashing, None if made_up is None else _MADE_UP_USER)
        app = create_app(cameras, logins, key, port, supervisor)
        runner = web.AppRunner(
            app, access_log=None, keepalive_timeout=_KEEPALIVE_TIMEOUT, shutdown_timeout=_SHUTDOWN_TIMEOUT
        )
        await runner.setup()
        try:
            await web.SockSite(runner, listener, backlog=_BACKLOG).start()
            base = f"http://{f'[{host}]' if ':' in host else host}:{port}"
            _log.info("listening on %s, cameras: %s", base, ", ".join(cameras))
            announce(_describe_entrance(base, logins, made_up))
            systemd.notify("READY=1")
            return await _wait_for_end(stop, supervisor)
        finally:
            systemd.notify("STOPPING=1")
            await runner.cleanup()


async def _wait_for_end(stop: asyncio.Event, supervisor: Supervisor) -> int:
    told, death = asyncio.ensure_future(stop.wait()), asyncio.ensure_future(supervisor.wait_for_death())
    await asyncio.wait({told, death}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    if death.done() and (error := death.exception()) is not None:
        _log.critical("ended by what nobody foresaw", exc_info=error)
        return 1
    death.cancel()
    with suppress(asyncio.CancelledError):
        await death
    _log.info("told to end")
    return 0


def open_sources(settings: Settings) -> dict[str, Source]:
    """Open each camera's source.  Raises ConfigurationError that names the camera's key."""
    limits = Limits(**msgspec.structs.asdict(settings.limits))
    sources = {}
    for name, camera in settings.cameras.items():
        try:
            sources[name] = open_source(camera.source, camera.image_channel, limits)
        except ConfigurationError as error:
            raise ConfigurationError(f"cameras.{name}.source: {error}") from None
    return sources


def _get_users(settings: Settings, no_login: bool) -> tuple[Users | None, str | None]:
    """Return the users, and the password of the one that was made up, if so."""
    if settings.server.users is not None:
        if no_login:
            raise ConfigurationError("--no-login contradicts the users file; give one of them")
        return UserFile(Path(settings.server.users)), None
    if no_login:
        return None, None
    password = secrets.token_urlsafe(9)
    return Users({_MADE_UP_USER: hash_password(password)}), password


def _get_key_file(settings: Settings) -> Path:
    """Return where the session key is kept: as configured, else in systemd's or the user's place for state."""
    if settings.server.session_key is not None:
        return Path(settings.server.session_key)
    # systemd.exec(5), StateDirectory=; XDG Base Directory Specification
    state = os.environ.get("STATE_DIRECTORY")
    if state:
        return Path(state.split(":")[0]) / "session.key"
    home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    return Path(home) / "mjpeg-viewer" / "session.key"


def _listen(host: str, port: int, loopback_only: bool) -> socket.socket:
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, *_, address = found[0]
        if loopback_only and not ip_address(address[0]).is_loopback:
            raise ConfigurationError(
                f"{address[0]} can be reached from other machines, so logins are needed: give --users FILE"
                " (or --no-login, if everybody there may watch)"
            )
        return socket.create_server(address[:2], family=family, backlog=_BACKLOG)
    except socket.gaierror as error:
        reason = error.strerror or str(error)
    except OSError as error:
        reason = os.strerror(error.errno or 0)  # create_server repeats the address in its own
    raise ViewerError(f"cannot listen on {host}:{port}: {reason.lower()}; choose another with -H and -P")


def _describe_entrance(base: str, logins: Logins, password: str | None) -> str:
    if password is None:
        return f"Open    {base}/"
    return (
        f"Open    {base}/login?once={logins.link_secret}   (logs you in, once)\n"
        f"Or log in as {_MADE_UP_USER} with the password {password}, e.g.\n"
        f"        curl -u {_MADE_UP_USER}:{password} {base}/snapshot.jpg -o now.jpg"
    )
