"""
What a ZeroMQ socket's monitor tells of its connection, in words that an operator can act on.

ZeroMQ connects anew by itself for ever, but for two cases, in which it gives up without a word: when the other end is
of the wrong kind (SUB to PUSH), and when a message is over the size limit (libzmq 4.3, session_base.cpp,
engine_error).  Both look the same from here: the connection ends and no new attempt follows.
"""

from urllib.parse import urlsplit

import zmq

from mjpeg_viewer.sources.intake import Intake

EVENTS = (
    zmq.Event.CONNECTED  # by TCP alone
    | zmq.Event.CONNECT_DELAYED
    | zmq.Event.CONNECT_RETRIED
    | zmq.Event.HANDSHAKE_SUCCEEDED
    | zmq.Event.HANDSHAKE_FAILED_NO_DETAIL
    | zmq.Event.HANDSHAKE_FAILED_PROTOCOL
    | zmq.Event.HANDSHAKE_FAILED_AUTH
    | zmq.Event.DISCONNECTED
)
"""The events to ask a monitor for."""


class Connection:
    """
    Follows the events of one connection after the other, and writes what they mean into an intake.

    Args:
        intake: Where ``connected`` and ``trouble`` are kept.
        subscribe: Whether the socket is a SUB; else it is a PULL.
        message_bytes: The socket's size limit for one message part.
    """

    def __init__(self, intake: Intake, subscribe: bool, message_bytes: int) -> None:
        self._intake = intake
        self._subscribe = subscribe
        self._message_bytes = message_bytes
        self._address = ""
        self._resolved = False
        self._shaken = False
        self._ended = False
        self._ended_at_last_look = False
        self._oversized = False
        self._foreign = False
        self._cut_short = False

    def begin(self, address: str) -> None:
        """A connection to this address, ``tcp://host:port``, is being made."""
        self._address = address
        self._resolved = self._shaken = self._ended = self._ended_at_last_look = False
        self._intake.connected = False

    def note(self, event: int) -> None:
        """Take in one event."""
        intake = self._intake
        match event:
            case zmq.Event.CONNECT_DELAYED | zmq.Event.CONNECTED:
                self._resolved, self._ended = True, False
            case zmq.Event.HANDSHAKE_SUCCEEDED:
                intake.connected = self._shaken = True
                self._foreign = self._cut_short = False
                if not self._oversized:
                    intake.trouble = ""
            case zmq.Event.DISCONNECTED:
                intake.connected = False
                self._ended = True
            case zmq.Event.CONNECT_RETRIED:
                self._retry()
            case zmq.Event.HANDSHAKE_FAILED_NO_DETAIL if not self._cut_short:
                # A sender of the wrong kind may hang up so early that it looks like this, once.
                self._foreign = self._cut_short = True
            case _:
                self._foreign = True
                intake.trouble = f"what answers at {self._address} is no ZeroMQ sender; is the port right?"

    def is_dead(self) -> bool:
        """Tell whether ZeroMQ has given up; to be asked after each look at the monitor, some time apart."""
        dead = self._ended and self._ended_at_last_look
        self._ended_at_last_look = self._ended
        if dead:
            self._oversized = self._shaken
            self._intake.trouble = self._describe_oversize() if self._shaken else self._describe_wrong_kind()
        return dead

    def _retry(self) -> None:
        """ZeroMQ tries again by itself: what was wrong with the last attempt is known now."""
        if not self._resolved:
            host = urlsplit(self._address).hostname
            self._intake.trouble = f"the name {host!r} is not known here; is it spelt right?"
        elif self._foreign:
            self._foreign = False  # said again by the next attempt, if it is still so
        else:
            self._intake.trouble = ""
        self._resolved = self._shaken = self._ended = self._oversized = False

    def _describe_oversize(self) -> str:
        return f"{self._address} sends more than the {self._message_bytes} bytes that one part of a message may have"

    def _describe_wrong_kind(self) -> str:
        if self._subscribe:
            return f"the sender at {self._address} does not publish; if it pushes, use bsread+pull:// instead"
        return f"the sender at {self._address} does not push; if it publishes, use bsread+sub:// instead"
