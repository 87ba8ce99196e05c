"""
Where frames come from, chosen by the scheme of an URL.

A new kind of source is one module here and one line in open_source.
"""

import re
from collections.abc import Callable
from typing import Protocol
from urllib.parse import urlsplit

from mjpeg_viewer.errors import ConfigurationError
from mjpeg_viewer.frame import Frame
from mjpeg_viewer.message import Limits, Message
from mjpeg_viewer.sources.bsread import BsreadSource
from mjpeg_viewer.sources.intake import Intake

__all__ = ["Intake", "Source", "open_source"]

# A name, or an IPv4 or IPv6 address.  ZeroMQ has a meaning of its own for '*' and ';', and none for the rest.
_HOST = re.compile(r"[A-Za-z0-9._:%-]+")

_EXAMPLE = "expected e.g. 'bsread+pull://host:9999' or 'bsread+sub://host:9999'"


class Source(Protocol):
    """
    A source receives from when it is started until it is stopped, watched or not.

    What it receives is counted in its intake, and handed to the sink while there is one.
    """

    @property
    def address(self) -> str:
        """Where it receives from, for people."""

    @property
    def intake(self) -> Intake:
        """What came in so far."""

    def start(self, sink: Callable[[Message], None], on_death: Callable[[BaseException], None]) -> None:
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
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ConfigurationError(f"{url!r}: {error}; {_EXAMPLE}") from None
    if parts.scheme not in ("bsread+pull", "bsread+sub"):
        raise ConfigurationError(f"{url!r} has the unknown scheme {parts.scheme!r}; {_EXAMPLE}")
    if not parts.hostname:
        raise ConfigurationError(f"{url!r} has no host; {_EXAMPLE}")
    if not port:
        raise ConfigurationError(f"{url!r} has no port; {_EXAMPLE}")
    if parts.path.strip("/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise ConfigurationError(f"{url!r} has more than host and port; {_EXAMPLE}")
    if not _HOST.fullmatch(parts.hostname):
        raise ConfigurationError(f"{url!r} has a host that cannot be one, {parts.hostname!r}; {_EXAMPLE}")
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return BsreadSource(f"tcp://{host}:{port}", parts.scheme == "bsread+sub", image_channel, limits)
