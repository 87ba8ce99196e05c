"""
bsread over ZeroMQ: a thread that takes every message at once and hands on the newest.

It always receives.  A PULL socket that is not read freezes its sender, and only an empty queue has the newest frame
at its head (measured: 2.4 s behind with a high-water mark of 1, 0 to 2 frames behind like this).

Here is the one place that tries again: all that may be wrong with a sender is found within seconds, written into the
intake, and tried again for ever.
"""

import threading
import time
from collections.abc import Callable

import zmq
from zmq.utils.monitor import recv_monitor_message

from mjpeg_viewer.frame import Frame
from mjpeg_viewer.message import Limits, Message, MessageParser
from mjpeg_viewer.sources.asking import Asker
from mjpeg_viewer.sources.connection import EVENTS, Connection
from mjpeg_viewer.sources.intake import Intake, Sink
from mjpeg_viewer.sources.line import Line
from mjpeg_viewer.sources.locator import Locator

# How often the thread looks at its connection while nothing comes.
_LOOK_MS = 500

# The queue is emptied as fast as messages come; this much rides out a pause of the thread.
_QUEUED_MESSAGES = 16

# Most of what an unwatched message costs is waking up for it.  When so many in a row were of no use, and they come
# faster than this, the thread lets some gather before it takes them.
_UNWANTED_IN_A_ROW = 100
_SHORT_INTERVAL = 0.025  # s
_GATHERED = 8

# A host that vanished without closing is noticed after IVL + TIMEOUT = 3 s, and ZeroMQ connects anew.
_HEARTBEAT_INTERVAL_MS, _HEARTBEAT_TIMEOUT_MS = 1000, 2000
_RECONNECT_MS, _RECONNECT_MAX_MS = 100, 2000

# Whoever takes the connection but speaks no ZeroMQ is told from a sender after this long, not after ZeroMQ's 30 s.
_HANDSHAKE_MS = 5000


class BsreadSource:
    """
    A bsread sender somewhere.

    Args:
        locator: Tells where.
        subscribe: Whether it publishes (PUB), so that many may listen; else it pushes (PUSH) to this one.
        image_channel: The channel that is the picture; None to find it.
        limits: What is believed of the sender.
    """

    def __init__(
        self, locator: Locator, subscribe: bool, image_channel: str | None = None, limits: Limits | None = None
    ) -> None:
        self.address = locator.name
        self.intake = Intake()
        self._locator = locator
        self._subscribe = subscribe
        self._limits = limits or Limits()
        # A message with more parts than any header can name is taken off the wire and not kept.
        self._most_parts = 2 + 2 * self._limits.channels
        self._parser = MessageParser(image_channel, self._limits)
        self._context: zmq.Context[zmq.Socket[bytes]] | None = None
        self._asker = Asker()
        self._thread: threading.Thread | None = None

    def start(self, sink: Sink, on_death: Callable[[BaseException], None]) -> None:
        """Connect and begin to receive, in a thread of its own; connects anew for ever."""
        self._context = zmq.Context()
        self._asker = Asker()
        # Made here, for a stop() that comes before the thread runs has to find a socket to end.
        socket = self._context.socket(zmq.SUB if self._subscribe else zmq.PULL)
        self._thread = threading.Thread(
            target=self._run, args=(socket, sink, on_death), name=f"receive {self.address}", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End the thread; a message that is being received is lost."""
        if self._context is not None and self._thread is not None:
            self._asker.stop()
            self._context.term()  # the thread's wait ends with ContextTerminated, and it closes its sockets
            self._thread.join()

    def decode(self, message: Message) -> Frame:
        """Make a Frame of a message, in any one thread at a time.  May raise MessageError."""
        return self._parser.parse(message)

    def _run(
        self,
        socket: "zmq.Socket[bytes]",
        sink: Sink,
        on_death: Callable[[BaseException], None],
    ) -> None:
        line = Line(self._locator, self._asker, socket)
        with socket:
            try:
                self._receive(socket, line, sink)
            except zmq.ContextTerminated:
                pass
            except BaseException as error:  # nobody awaits a thread: whatever ends it is told to its owner
                on_death(error)
        line.release()

    def _receive(self, socket: "zmq.Socket[bytes]", line: Line, sink: Sink) -> None:
        socket.linger = 0
        socket.rcvhwm = _QUEUED_MESSAGES
        socket.maxmsgsize = self._limits.message_bytes
        socket.rcvtimeo = _LOOK_MS
        socket.heartbeat_ivl, socket.heartbeat_timeout = _HEARTBEAT_INTERVAL_MS, _HEARTBEAT_TIMEOUT_MS
        socket.reconnect_ivl, socket.reconnect_ivl_max = _RECONNECT_MS, _RECONNECT_MAX_MS
        socket.handshake_ivl = _HANDSHAKE_MS
        socket.ipv6 = True
        if self._subscribe:
            socket.subscribe(b"")
        unwanted = 0
        connection = Connection(self.intake, self._subscribe, self._limits.message_bytes)
        with socket.get_monitor_socket(EVENTS) as monitor:
            line.connect(connection, self.intake)
            while True:
                try:
                    parts, size = self._take(socket)
                except zmq.Again:
                    while monitor.poll(0):
                        connection.note(recv_monitor_message(monitor)["event"])
                    if connection.is_dead() or line.may_have_moved(self.intake):
                        line.connect(connection, self.intake)
                else:
                    received = self.intake.count(size)
                    message = Message([part.buffer for part in parts], self.intake.received, received, size)
                    unwanted = 0 if sink(message) else unwanted + 1
                    if unwanted >= _UNWANTED_IN_A_ROW and self.intake.interval < _SHORT_INTERVAL:
                        self._rest(socket)

    def _rest(self, socket: "zmq.Socket[bytes]") -> None:
        """
        Let messages gather, and take them all at once.

        They are counted and nobody's: to a viewer that comes meanwhile none of them can be shown, as nobody knows
        which of them came before him.
        """
        time.sleep(_GATHERED * self.intake.interval)
        try:
            for _ in range(_QUEUED_MESSAGES):
                self.intake.count(self._take(socket, zmq.DONTWAIT)[1])
        except zmq.Again:
            pass

    def _take(self, socket: "zmq.Socket[bytes]", flags: int = 0) -> "tuple[list[zmq.Frame], int]":
        """Take one whole message; of one that is over the limits, no more than they allow is kept."""
        part = socket.recv(flags, copy=False)
        parts, size = [part], len(part)
        while part.more:
            part = socket.recv(copy=False)
            size += len(part)
            if len(parts) <= self._most_parts and size <= self._limits.message_bytes:
                parts.append(part)
        return parts, size
