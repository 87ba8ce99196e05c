"""What the server is made of, as configured: sources, cameras, users, rights, keys, and a listening socket."""

import os
import secrets
import socket
from concurrent.futures import Executor
from ipaddress import ip_address
from pathlib import Path

import msgspec

from mjpeg_viewer.calibration import Calibration
from mjpeg_viewer.camera import Camera
from mjpeg_viewer.cli.outer_doors import find_entry
from mjpeg_viewer.cli.paths import find_tokens_file, get_key_file
from mjpeg_viewer.errors import ConfigurationError, ViewerError
from mjpeg_viewer.htpasswd import hash_password
from mjpeg_viewer.message import Limits
from mjpeg_viewer.settings import CameraSettings, Settings
from mjpeg_viewer.sources import Source, open_source
from mjpeg_viewer.supervisor import Supervisor
from mjpeg_viewer.users import UserFile, Users
from mjpeg_viewer.web.ended import EndedSessions
from mjpeg_viewer.web.keyring import KeyRing, make_keys, read_keys
from mjpeg_viewer.web.rights import Rights
from mjpeg_viewer.web.tokens import Tokens

MADE_UP_USER = "viewer"
"""Who logs in where there is no users file."""


def make_camera(
    name: str, source: Source, settings: CameraSettings, renditions: int, pictures: Executor, supervisor: Supervisor
) -> Camera:
    """Make a camera of its table and its source."""
    axes = settings.calibration
    calibration = Calibration(**({} if axes is None else msgspec.structs.asdict(axes)), saturation=settings.saturation)
    return Camera(name, source, pictures, supervisor, settings.connect == "on_demand", calibration, renditions)


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


def get_users(settings: Settings, no_login: bool) -> tuple[Users | None, str | None]:
    """Return the users, and the password of the one that was made up, if so."""
    if no_login and (entry := find_entry(settings)) is not None:
        raise ConfigurationError(f"--no-login contradicts {entry}; give one of them")
    if settings.server.users is not None:
        return UserFile(Path(settings.server.users)), None
    if no_login or find_entry(settings) is not None:
        return None, None
    password = secrets.token_urlsafe(9)
    return Users({MADE_UP_USER: hash_password(password)}), password


def get_rights(settings: Settings) -> Rights:
    """Return who may see which camera.  Where nobody can have a name, a list of names would only seem to close one."""
    users = settings.allowed_users()
    server = settings.server
    for camera, names in users.items():
        if find_entry(settings) is None:
            raise ConfigurationError(
                f"cameras.{camera}.allow: names users, but there is no users file; give --users FILE"
            )
        if names and server.users is None and server.user_header is None:
            name = min(names)
            raise ConfigurationError(
                f"cameras.{camera}.allow: {name!r} is a user of a users file, and there is none; give --users FILE, or"
                f" say {f'oidc:{name}'!r} for the one whom the provider knows"
            )
    return Rights(users, settings.allowed_by_oidc(), settings.allowed_groups())


def get_keys(settings: Settings) -> tuple[KeyRing, EndedSessions, Tokens | None]:
    """Return the keys, which sessions were ended, and the tokens."""
    tokens = find_tokens_file(settings)
    if find_entry(settings) is None:
        if tokens is not None:
            raise ConfigurationError("server.tokens: means nothing without a users file; give --users FILE")
        # Either there are no sessions, or they are of a user who is made up anew at each start.
        return make_keys(), EndedSessions(), None
    path = get_key_file(settings)
    keys = read_keys(path)
    ended = EndedSessions(path.with_name(f"{path.name}.ended"))
    return keys, ended, None if tokens is None else Tokens(tokens, keys)


def listen(host: str, port: int, loopback_only: bool) -> socket.socket:
    """
    Bind a socket.

    Args:
        host: An address or a name; empty for all of this machine's.
        port: TCP port; 0 for a free one.
        loopback_only: Whether nobody else may reach it.

    Raises:
        ConfigurationError: Somebody else could.
        ViewerError: It cannot be bound.
    """
    try:
        found = socket.getaddrinfo(host or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        family, *_, address = found[0]
        every = address[0] == "::" and socket.has_dualstack_ipv6()  # else create_server takes IPv6 alone
        if loopback_only and not ip_address(address[0]).is_loopback:
            raise ConfigurationError(
                f"{address[0]} can be reached from other machines, so logins are needed: give --users FILE"
                " (or --no-login, if everybody there may watch)"
            )
        return socket.create_server(address[:2], family=family, dualstack_ipv6=every)
    except socket.gaierror as error:
        reason = error.strerror or str(error)
    except UnicodeError:  # what a name's encoding (IDNA) has no place for: 'a..b'
        reason = "this is no name of a host"
    except OSError as error:
        reason = os.strerror(error.errno or 0)  # create_server repeats the address in its own
    raise ViewerError(f"cannot listen on {host}:{port}: {reason.lower()}; choose another with -H and -P")
