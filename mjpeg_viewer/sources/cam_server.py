"""
cam_server: ask its REST interface where a camera's or a pipeline's stream is.

The paths and answers are those of cam_server/camera/rest_api/rest_server.py and cam_server/pipeline/rest_api/
rest_server.py (github.com/paulscherrerinstitute/cam_server): a JSON object with ``state`` ("ok" or "error"),
``status`` (a sentence) and ``stream``.
"""

from dataclasses import dataclass
from typing import ClassVar
from urllib.parse import quote

import requests

from mjpeg_viewer.errors import UnavailableError

# Seconds; both to connect and to answer.  Starting a camera takes cam_server a second or two.
_TIMEOUT = 4.0


@dataclass(frozen=True, slots=True)
class CamServerLocator:
    """
    A stream of a cam_server.

    Args:
        base: Where the server is, ``http://host:port``.
        kind: ``pipeline`` for a running pipeline instance, ``cam`` for a camera.
        instance: Its name.
    """

    base: str
    kind: str
    instance: str
    moves: ClassVar[bool] = True

    @property
    def name(self) -> str:
        """Where to ask."""
        middle = "pipeline/instance" if self.kind == "pipeline" else "cam"
        return f"{self.base}/api/v1/{middle}/{quote(self.instance, safe='')}"

    def locate(self) -> str:
        """Ask for the stream's address.  Raises UnavailableError."""
        try:
            answer = requests.get(self.name, timeout=_TIMEOUT)
            document = answer.json()
        except requests.JSONDecodeError:
            raise UnavailableError(
                f"{self.name} answers {answer.status_code}, and no JSON; is it cam_server?"
            ) from None
        except requests.RequestException as error:
            raise UnavailableError(f"{self.name} does not answer ({type(error).__name__})") from None
        stream = document.get("stream") if isinstance(document, dict) else None
        if not isinstance(stream, str) or not stream.startswith("tcp://"):
            said = document.get("status") if isinstance(document, dict) else document
            raise UnavailableError(f"{self.name} names no stream; it says {str(said)[:200]!r}")
        return stream

    def release(self, address: str) -> None:
        """cam_server ends what nobody listens to by itself."""
