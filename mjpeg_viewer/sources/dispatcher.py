"""The dispatching layer: ask it for a stream of some channels, and give the stream back at the end."""

from dataclasses import dataclass
from typing import ClassVar

import requests
from bsread import dispatcher

from mjpeg_viewer.errors import UnavailableError


@dataclass(frozen=True, slots=True)
class DispatcherLocator:
    """
    A stream that a dispatcher makes for us.

    Args:
        base: The dispatcher's address, e.g. ``https://dispatcher-api.psi.ch/sf-imagebuffer`` for images.
        channels: The channels to ask for.
    """

    base: str
    channels: tuple[str, ...]
    moves: ClassVar[bool] = True

    @property
    def name(self) -> str:
        """Where to ask, and for what."""
        return f"{self.base} ({', '.join(self.channels)})"

    def locate(self) -> str:
        """Ask for a stream.  Raises UnavailableError."""
        try:
            # The base must be passed here: bsread.Source(dispatcher_url=...) is ignored by psi-bsread 2.0.1.
            stream = dispatcher.request_stream(list(self.channels), base_url=self.base)
        except requests.RequestException as error:
            raise UnavailableError(f"dispatcher {self.base} does not answer ({type(error).__name__})") from None
        except Exception as error:  # psi-bsread raises a bare Exception for whatever the dispatcher refuses
            raise UnavailableError(f"dispatcher {self.base}: {str(error)[:300]}") from None
        if not isinstance(stream, str) or not stream.startswith("tcp://"):
            raise UnavailableError(f"dispatcher {self.base} names no stream, but {str(stream)[:100]!r}")
        return stream

    def release(self, address: str) -> None:
        """Remove the stream.  Raises UnavailableError."""
        try:
            dispatcher.remove_stream(address, base_url=self.base)
        except Exception as error:  # as above
            raise UnavailableError(f"could not remove the stream {address} ({str(error)[:300]})") from None
