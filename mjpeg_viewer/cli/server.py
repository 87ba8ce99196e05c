"""Run the server, from listening to its orderly end; shared by serve and demo.  What it is made of is in making."""

import argparse
import asyncio
import logging
import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import replace

from aiohttp import web

from mjpeg_viewer import systemd
from mjpeg_viewer.cli.descriptors import raise_descriptor_limit
from mjpeg_viewer.cli.logs import set_up_logs
from mjpeg_viewer.cli.making import (
    MADE_UP_USER,
    get_keys,
    get_rights,
    get_users,
    listen,
    make_camera,
    open_sources,
)
from mjpeg_viewer.cli.memory import keep_memory
from mjpeg_viewer.cli.names import find_names
from mjpeg_viewer.cli.outer_doors import OuterDoors
from mjpeg_viewer.errors import ConfigurationError
from mjpeg_viewer.settings import Settings
from mjpeg_viewer.supervisor import Supervisor
from mjpeg_viewer.web import Logins, create_app
from mjpeg_viewer.web.entrance import Entrance
from mjpeg_viewer.web.places import PlaceLimits

_log = logging.getLogger(__name__)

# At most so many passwords are hashed at once, a third of a second each: more would serve guessers alone.  Half of the
# cores are left to the rest, where there is more than one.
_HASHING_THREADS = min(2, max(1, (os.cpu_count() or 1) // 2))

# Streams end at once when told; this bounds what does not, such as a form of which half has come.  aiohttp waits so
# long twice.
_SHUTDOWN_TIMEOUT = 1.0


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
    keep_memory()
    raise_descriptor_limit(settings.server.connections)
    with asyncio.Runner(loop_factory=find_loop_factory()) as runner:
        return runner.run(_serve(settings, no_login, announce))


def find_loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return what makes uvloop's loops, where it is installed; else None, for asyncio's own."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _serve(settings: Settings, no_login: bool, announce: Callable[[str], None]) -> int:
    # All that can be wrong is found before anything starts: a second server on a port takes nothing from the first.
    sources = open_sources(settings)
    outer = OuterDoors(settings)
    users, made_up = get_users(settings, no_login)
    rights = get_rights(settings)
    listener = listen(settings.server.host, settings.server.port, loopback_only=made_up is not None)
    try:
        keys, ended, tokens = get_keys(settings)
    except ConfigurationError:
        listener.close()
        raise
    port = listener.getsockname()[1]
    supervisor = Supervisor()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    with (
        _threads(max(2, os.cpu_count() or 1), "picture") as pictures,
        _threads(_HASHING_THREADS, "password") as hashing,
    ):
        viewers = settings.viewers
        cameras = {
            name: make_camera(name, source, settings.cameras[name], viewers.renditions, pictures, supervisor)
            for name, source in sources.items()
        }
        logins = Logins(
            users,
            hashing,
            None if made_up is None else MADE_UP_USER,
            ended,
            tokens,
            providers=outer.vouchers,
        )
        limits = PlaceLimits(viewers.total, viewers.per_user, viewers.per_address)
        outside = replace(outer.outside, hosts=await find_names(settings.server, logins.needed))
        app = create_app(cameras, logins, keys, port, supervisor, rights, limits, viewers.stall_timeout, outside)
        runner = web.AppRunner(app, shutdown_timeout=_SHUTDOWN_TIMEOUT)
        await runner.setup()
        try:
            entrance = Entrance(runner, listener, supervisor, outer.connections, outer.outside.proxies, outer.tls)
            await entrance.start()
            loop.add_signal_handler(signal.SIGHUP, outer.renew, entrance)
            base = entrance.name
            # "asyncio" or "uvloop": the package that the loop is of.
            kind = type(loop).__module__.partition(".")[0]
            _log.info("listening on %s with %s, cameras: %s", base, kind, ", ".join(cameras))
            announce(_describe_entrance(base, logins, made_up))
            systemd.notify("READY=1")
            return await _wait_for_end(stop, supervisor)
        finally:
            systemd.notify("STOPPING=1")
            await runner.cleanup()


@contextmanager
def _threads(count: int, name: str) -> Iterator[ThreadPoolExecutor]:
    """Make threads for the block.  What waits for one at its end is never done; nobody waits for it any more."""
    threads = ThreadPoolExecutor(count, name)
    try:
        yield threads
    finally:
        threads.shutdown(wait=False, cancel_futures=True)


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


def _describe_entrance(base: str, logins: Logins, password: str | None) -> str:
    if password is None:
        return f"Open    {base}/"
    return (
        f"Open    {base}/login?once={logins.link_secret}   (logs you in, once)\n"
        f"Or log in as {MADE_UP_USER} with the password {password}, e.g.\n"
        f"        curl -u {MADE_UP_USER}:{password} {base}/snapshot.jpg -o now.jpg"
    )
