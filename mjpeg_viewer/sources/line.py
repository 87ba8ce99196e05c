"""The address that a socket is connected to: asked for, used, and given back."""

import logging
import time
from contextlib import suppress

import zmq

from mjpeg_viewer.errors import UnavailableError
from mjpeg_viewer.sources.asking import Asker
from mjpeg_viewer.sources.connection import Connection
from mjpeg_viewer.sources.intake import Intake
from mjpeg_viewer.sources.locator import Locator

_log = logging.getLogger(__name__)

# A service that knows where the sender is, is asked again when the sender has been gone for this long (cam_server ends
# a pipeline 10 s after its last client, and may start it elsewhere), and this often while it has no answer.
_GONE_BEFORE_ASKING = 5.0
_ASK_PERIOD = 2.0

# One that is connected and silent may just be slow: asked for anew each few seconds, it would never come to send.
_SILENT_BEFORE_ASKING = 60.0


class Line:
    """
    The line from one socket to a sender that may move.

    Args:
        locator: Tells where the sender is.
        asker: Asks it.
        socket: What is connected.
    """

    def __init__(self, locator: Locator, asker: Asker, socket: "zmq.Socket[bytes]") -> None:
        self._locator = locator
        self._asker = asker
        self._socket = socket
        self._address: str | None = None
        self._asked = 0.0

    def connect(self, connection: Connection, intake: Intake) -> None:
        """Connect to where the sender is now, or write into the intake why that is not known."""
        if self._address is not None:
            with suppress(zmq.ZMQError):  # of a connection that ZeroMQ gave up, nothing may be left
                self._socket.disconnect(self._address)
            self.release()
        self._asked = time.time()
        try:
            self._address = self._locator.locate() if not self._locator.moves else self._asker.ask(self._locator.locate)
        except UnavailableError as error:
            intake.trouble, intake.connected = str(error), False
            return
        connection.begin(self._address)
        try:
            self._socket.connect(self._address)
        except zmq.ZMQError as error:
            intake.trouble = f"cannot connect to {self._address}: {error.strerror}"
            self._address = None

    def may_have_moved(self, intake: Intake) -> bool:
        """Tell whether it is time to ask again where the sender is."""
        if not self._locator.moves:
            return False
        now = time.time()
        if self._address is None:
            return now - self._asked >= _ASK_PERIOD
        patience = _SILENT_BEFORE_ASKING if intake.connected else _GONE_BEFORE_ASKING
        return now - max(self._asked, intake.last or 0.0) >= patience

    def release(self) -> None:
        """Give the address back, if it is to be."""
        address, self._address = self._address, None
        if address is not None and self._locator.moves:
            try:
                self._asker.ask(lambda: self._locator.release(address), even_when_stopped=True)
            except UnavailableError as error:
                _log.warning("%s: %s", self._locator.name, error)
