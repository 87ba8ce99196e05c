"""
Where frames come from, chosen by the scheme of an URL.

A new kind of source is one module here and one line in open_source.
"""

import re
from collections.abc import Callable
from ipaddress import IPv6Address
from typing import Protocol
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from mjpeg_viewer.errors import ConfigurationError
from mjpeg_viewer.frame import Frame
from mjpeg_viewer.message import Limits, Message
from mjpeg_viewer.sources.bsread import BsreadSource
from mjpeg_viewer.sources.cam_server import CamServerLocator
from mjpeg_viewer.sources.dispatcher import DispatcherLocator
from mjpeg_viewer.sources.intake import Intake, Sink
from mjpeg_viewer.sources.locator import FixedLocator, Locator

__all__ = ["Intake", "Sink", "Source", "open_source"]

# A name or an IPv4 address: labels that begin and end with a letter or digit, as ZeroMQ, too, wants it.  It has a
# meaning of its own for '*' and ';'.  RFC 1123 section 2.1, and '_', which some networks have.
_LABEL = "[A-Za-z0-9](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9])?"
_HOST = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?")

# The interface in an IPv6 address that needs one, as Linux names them (RFC 4007 section 11).
_SCOPE = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,14}")

_SCHEMES = ("bsread+pull", "bsread+sub", "dispatcher+http", "dispatcher+https", "cam_server+http", "cam_server+https")

_EXAMPLES = "expected e.g. 'bsread+pull://host:9999' or 'bsread+sub://host:9999'"


class Source(Protocol):
    """
    A source receives from when it is started until it is stopped, watched or not.

    What it receives is counted in its intake and handed to the sink; not every message is while nobody wants any.
    """

    @property
    def address(self) -> str:
        """Where it receives from, for people."""

    @property
    def intake(self) -> Intake:
        """What came in so far."""

    def start(self, sink: Sink, on_death: Callable[[BaseException], None]) -> None:
        """Begin to receive.  Both are called from a thread of the source's own; the sink must not wait."""

    def stop(self) -> None:
        """End the thread; returns when it has ended."""

    def decode(self, message: Message) -> Frame:
        """Make a Frame of a message, in any one thread at a time.  May raise MessageError."""


def open_source(url: str, image_channel: str | None = None, limits: Limits | None = None) -> Source:
    """
    Make the source that an URL names; nothing is connected yet.

    Raises:
        ConfigurationError: The URL names no source.
    """
    try:
        # A scheme may have no underscore (RFC 3986 section 3.1), so urlsplit would not see this one.
        parts = urlsplit(re.sub("^cam_server", "cam-server", url, flags=re.IGNORECASE))
        scheme, port = parts.scheme.replace("-", "_"), parts.port
    except ValueError as error:
        raise ConfigurationError(f"{url!r}: {error}; {_EXAMPLES}") from None
    if not parts.hostname and scheme in _SCHEMES:
        raise ConfigurationError(f"{url!r} has no host; {_EXAMPLES}")
    match scheme:
        case "bsread+pull" | "bsread+sub":
            locator, subscribe = _fix(url, parts, port), scheme == "bsread+sub"
        case "dispatcher+http" | "dispatcher+https":
            locator, subscribe = _dispatch(url, scheme, parts), True
        case "cam_server+http" | "cam_server+https":
            locator, subscribe = _ask_cam_server(url, scheme, parts), True
        case unknown:
            raise ConfigurationError(f"{url!r} has the unknown scheme {unknown!r}; {_EXAMPLES}")
    return BsreadSource(locator, subscribe, image_channel, limits)


def _fix(url: str, parts: SplitResult, port: int | None) -> Locator:
    if not port:
        raise ConfigurationError(f"{url!r} has no port; {_EXAMPLES}")
    if parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ConfigurationError(f"{url!r} has more than host and port; {_EXAMPLES}")
    host = parts.hostname or ""
    if not _can_be_host(host):
        raise ConfigurationError(f"{url!r} has a host that cannot be one, {host!r}; {_EXAMPLES}")
    return FixedLocator(f"tcp://{f'[{host}]' if ':' in host else host}:{port}")


def _can_be_host(host: str) -> bool:
    if ":" not in host:
        return _HOST.fullmatch(host) is not None
    address, percent, scope = host.partition("%")
    try:
        IPv6Address(address)
    except ValueError:
        return False
    return not percent or _SCOPE.fullmatch(scope) is not None


def _dispatch(url: str, scheme: str, parts: SplitResult) -> Locator:
    query = parse_qs(parts.query)
    channels = tuple(filter(None, ",".join(query.pop("channels", [])).split(",")))
    if not channels or query or parts.fragment:
        raise ConfigurationError(f"{url!r}: expected e.g. 'dispatcher+https://host/sf-imagebuffer?channels=A,B'")
    return DispatcherLocator(_base(scheme, parts) + parts.path.rstrip("/"), channels)


def _ask_cam_server(url: str, scheme: str, parts: SplitResult) -> Locator:
    match [unquote(step) for step in parts.path.strip("/").split("/")]:
        case [instance] | ["pipeline", instance] if instance and not parts.query:
            return CamServerLocator(_base(scheme, parts), "pipeline", instance)
        case ["cam", camera] if camera and not parts.query:
            return CamServerLocator(_base(scheme, parts), "cam", camera)
    raise ConfigurationError(
        f"{url!r}: expected e.g. 'cam_server+http://host:8889/pipeline/INSTANCE' or 'cam_server+http://host:8888/cam/CAMERA'"
    )


def _base(scheme: str, parts: SplitResult) -> str:
    if "@" in parts.netloc:  # not shown here either
        raise ConfigurationError(
            f"the source at {parts.hostname!r} has a name or password before its host; leave them out, for pages and"
            " /state show where a camera comes from"
        )
    return f"{scheme.partition('+')[2]}://{parts.netloc}"
