"""
The tables of the configuration file as frozen values: each key with its type, its bounds and its default.

Every key stands in docs/configuration.md.
"""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Annotated, Literal

import msgspec

DEFAULT_HOST = "127.0.0.1"
DEFAULT_PORT = 5000

# How a group, and a user whom the OpenID Connect provider names, are told from other users, whose names cannot have a
# colon.
GROUP = "group:"
OIDC = "oidc:"

_Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
_Unit = Annotated[str, msgspec.Meta(min_length=1, max_length=16)]
_Distance = Annotated[float, msgspec.Meta(ge=-1e9, le=1e9)]
_Coordinate = Annotated[float, msgspec.Meta(ge=-1e6, le=1e6)]
_PixelValue = Annotated[float, msgspec.Meta(gt=0, le=2**64)]
_Positive = Annotated[int, msgspec.Meta(gt=0, le=2**40)]
_Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]
_StallTimeout = Annotated[float, msgspec.Meta(ge=1, le=3600)]
_Hours = Annotated[float, msgspec.Meta(gt=0, le=168)]
_HeaderName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{1,64}\Z")]
_HostName = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9_]([A-Za-z0-9._-]{0,252})\Z")]
_Origin = Annotated[str, msgspec.Meta(pattern=r"^https?://[a-z0-9.\[\]:-]+\Z")]


class ServerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    The ``[server]`` table.

    Args:
        host: Address to listen on.
        port: TCP port; 0 for a free one.
        users: The users file; None for none.
        session_key: The file of the keys that sessions are encrypted with and tokens signed; None for the default
            place.
        tokens: The list of tokens; None for one beside the users file.
        tls_certificate: The file of the certificate, with its chain; None for plain HTTP.
        tls_key: The file of its key.
        trusted_proxies: Addresses and networks whose X-Forwarded-For, -Proto and -Host are believed.
        user_header: The header in which they name the user; None for none.
        hosts: Names by which the server may be asked, beside the machine's own.
        embed_origins: Sites whose pages may show the cameras.
        connections: How many may be open in all.
        connections_per_address: How many from one address.
    """

    host: str = DEFAULT_HOST
    port: _Port = DEFAULT_PORT
    users: str | None = None
    session_key: str | None = None
    tokens: str | None = None
    tls_certificate: str | None = None
    tls_key: str | None = None
    trusted_proxies: tuple[str, ...] = ()
    user_header: _HeaderName | None = None
    hosts: tuple[_HostName, ...] = ()
    embed_origins: tuple[_Origin, ...] = ()
    connections: _Count = 4000
    connections_per_address: _Count = 1000


class OidcSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    The ``[oidc]`` table: people who log in at an OpenID Connect provider.

    Args:
        issuer: The provider's URL, as it names itself.
        client_id: This program's name there.
        client_secret_file: The file of its secret; None for a public client.
        name: What the login page calls the provider; None for its host.
        scopes: What is asked for.
        user_claim: The claim that is the user's name.
        groups_claim: The claim that lists the user's groups.
        users: Who may watch; "*" for everybody whom the provider knows.
        groups: Whose members may watch.
        session_hours: How long a login holds.
    """

    issuer: str
    client_id: str
    client_secret_file: str | None = None
    name: str | None = None
    scopes: tuple[str, ...] = ("openid", "profile")
    user_claim: str = "preferred_username"
    groups_claim: str = "groups"
    users: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()
    session_hours: _Hours = 12.0


class LimitSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    The ``[limits]`` table: how much of what senders announce is believed.  What is over a limit is refused.

    Args:
        message_bytes: One whole message.
        value_bytes: One value, decoded.
        pixels: One image.
        channels: Channels of one message.
        header_bytes: Either header of a message, decoded.
        string_bytes: One string, decoded.
    """

    message_bytes: _Positive = 256 * 2**20
    value_bytes: _Positive = 256 * 2**20
    pixels: _Positive = 100_000_000
    channels: _Positive = 10_000
    header_bytes: _Positive = 4 * 2**20
    string_bytes: _Positive = 2**20


class CalibrationSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    A ``[cameras.NAME.calibration]`` table: where its pixels lie.

    Args:
        unit: Of what follows, and of the stream's own axes.
        x: The distance of one column from the next; None for what the stream's ``x_axis`` says.
        y: Likewise of the rows.
        origin: Column and row where the coordinates are 0.
    """

    unit: _Unit
    x: _Distance | None = None
    y: _Distance | None = None
    origin: tuple[_Coordinate, _Coordinate] = (0.0, 0.0)

    def __post_init__(self) -> None:
        """Refuse pixels of no size."""
        for key, distance in (("x", self.x), ("y", self.y)):
            if distance == 0:
                raise ValueError(
                    f"{key} = 0: expected the distance of two pixels, negative if the axis is turned round"
                )


class ViewerSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    The ``[viewers]`` table: how many may watch.  Who is one too many is refused with the reason.

    Args:
        total: All viewers together.
        per_user: The viewers of one user.
        per_address: The viewers at one address; None for as many as in all.
        renditions: The ways in which one camera is shown at the same time.
        stall_timeout: Seconds after which whoever takes no byte is let go.
    """

    total: _Count = 2000
    per_user: _Count = 100
    per_address: _Count | None = None
    renditions: _Count = 16
    stall_timeout: _StallTimeout = 30.0


class CameraSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """
    A ``[cameras.NAME]`` table.

    Args:
        source: Where its frames come from.
        image_channel: The channel that is the picture; None to find it.
        connect: Whether it is received always, or only while somebody watches.
        calibration: Where its pixels lie; None for what the stream says.
        saturation: Pixel value from which a pixel is saturated; None for the largest of its type.
        allow: Who may see it: users, groups as ``group:NAME``, users of the OpenID Connect provider as ``oidc:NAME``;
            None for everybody who is let in.
    """

    source: str
    image_channel: str | None = None
    connect: Literal["always", "on_demand"] = "always"
    calibration: CalibrationSettings | None = None
    saturation: _PixelValue | None = None
    allow: tuple[str, ...] | None = None


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A whole configuration file; the order of the cameras is the file's."""

    cameras: Mapping[str, CameraSettings]
    server: ServerSettings = ServerSettings()
    viewers: ViewerSettings = ViewerSettings()
    limits: LimitSettings = LimitSettings()
    groups: Mapping[str, tuple[str, ...]] = {}
    oidc: OidcSettings | None = None

    def allowed_users(self) -> dict[str, frozenset[str]]:
        """
        Return who may see a camera of those whom the users file or a proxy names, by camera.

        Cameras that everybody may see are left out, here and in what follows.
        """
        return self._allowed(lambda entry: None if ":" in entry else entry)

    def allowed_by_oidc(self) -> dict[str, frozenset[str]]:
        """Return likewise who may of those whom the OpenID Connect provider names."""
        return self._allowed(partial(_strip, OIDC))

    def allowed_groups(self) -> dict[str, frozenset[str]]:
        """Return likewise which of that provider's groups may."""
        return self._allowed(partial(_strip, GROUP))

    def _allowed(self, read: Callable[[str], str | None]) -> dict[str, frozenset[str]]:
        return {
            name: frozenset(found for entry in camera.allow for one in self._members(entry) if (found := read(one)))
            for name, camera in self.cameras.items()
            if camera.allow is not None
        }

    def _members(self, entry: str) -> tuple[str, ...]:
        """Return who is meant; a group that the file does not list is the provider's, and stands for itself."""
        group = _strip(GROUP, entry)
        return (entry,) if group is None else self.groups.get(group, (entry,))


def _strip(prefix: str, entry: str) -> str | None:
    return entry.removeprefix(prefix) if entry.startswith(prefix) else None
