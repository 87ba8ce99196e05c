"""
bsread over ZeroMQ: a thread that takes every message at once and hands on the newest.

It always receives.  A PULL socket that is not read freezes its sender, and only an empty queue has the newest frame
at its head (measured: 2.4 s behind with a high-water mark of 1, 0 to 2 frames behind like this).
"""

import threading
from collections.abc import Callable

import zmq
from zmq.utils.monitor import recv_monitor_message

from mjpeg_viewer.frame import Frame
from mjpeg_viewer.message import Limits, Message, MessageParser
from mjpeg_viewer.sources.intake import Intake

# How often the thread looks at its connection while nothing comes.
_LOOK_MS = 500

# The queue is emptied as fast as messages come; this much rides out a pause of the thread.
_QUEUED_MESSAGES = 16

# A host that vanished without closing is noticed after IVL + TIMEOUT = 3 s, and ZeroMQ connects anew.
_HEARTBEAT_INTERVAL_MS, _HEARTBEAT_TIMEOUT_MS = 1000, 2000
_RECONNECT_MS, _RECONNECT_MAX_MS = 100, 2000

# Whoever takes the connection but speaks no ZeroMQ is told from a sender after this long, not after ZeroMQ's 30 s.
_HANDSHAKE_MS = 5000

_REFUSED = "something answers, but no ZeroMQ sender of this kind (PUSH for bsread+pull, PUB for bsread+sub)"

_HANDSHAKE_FAILURES = (
    zmq.Event.HANDSHAKE_FAILED_NO_DETAIL | zmq.Event.HANDSHAKE_FAILED_PROTOCOL | zmq.Event.HANDSHAKE_FAILED_AUTH
)
_EVENTS = (
    zmq.Event.CONNECTED  # by TCP alone
    | zmq.Event.HANDSHAKE_SUCCEEDED
    | zmq.Event.DISCONNECTED
    | zmq.Event.CLOSED  # nobody listens
    | _HANDSHAKE_FAILURES
)


class BsreadSource:
    """
    A bsread sender somewhere.

    Args:
        address: ZeroMQ's address of it, ``tcp://host:port``.
        subscribe: Whether it publishes (PUB), so that many may listen; else it pushes (PUSH) to this one.
        image_channel: The channel that is the picture; None to find it.
        limits: What is believed of the sender.
    """

    def __init__(
        self, address: str, subscribe: bool, image_channel: str | None = None, limits: Limits | None = None
    ) -> None:
        self.address = address
        self.intake = Intake()
        self._kind = zmq.SUB if subscribe else zmq.PULL
        self._parser = MessageParser(image_channel, limits)
        self._context: zmq.Context[zmq.Socket[bytes]] | None = None
        self._shaking_hands = False
        self._thread: threading.Thread | None = None

    def start(self, sink: Callable[[Message], None], on_death: Callable[[BaseException], None]) -> None:
        """Connect and begin to receive, in a thread of its own; connects anew for ever."""
        self._context = zmq.Context()
        # Made here, for a stop() that comes before the thread runs has to find a socket to end.
        socket = self._context.socket(self._kind)
        self._thread = threading.Thread(
            target=self._run, args=(socket, sink, on_death), name=f"receive {self.address}", daemon=True
        )
        self._thread.start()

    def stop(self) -> None:
        """End the thread; a message that is being received is lost."""
        if self._context is not None and self._thread is not None:
            self._context.term()  # the thread's wait ends with ContextTerminated, and it closes its sockets
            self._thread.join()

    def decode(self, message: Message) -> Frame:
        """Make a Frame of a message, in any one thread at a time.  May raise MessageError."""
        return self._parser.parse(message)

    def _run(
        self,
        socket: "zmq.Socket[bytes]",
        sink: Callable[[Message], None],
        on_death: Callable[[BaseException], None],
    ) -> None:
        with socket:
            try:
                self._receive(socket, sink)
            except zmq.ContextTerminated:
                pass
            except BaseException as error:  # nobody awaits a thread: whatever ends it is told to its owner
                on_death(error)

    def _receive(self, socket: "zmq.Socket[bytes]", sink: Callable[[Message], None]) -> None:
        socket.linger = 0
        socket.rcvhwm = _QUEUED_MESSAGES
        socket.rcvtimeo = _LOOK_MS
        socket.heartbeat_ivl, socket.heartbeat_timeout = _HEARTBEAT_INTERVAL_MS, _HEARTBEAT_TIMEOUT_MS
        socket.reconnect_ivl, socket.reconnect_ivl_max = _RECONNECT_MS, _RECONNECT_MAX_MS
        socket.handshake_ivl = _HANDSHAKE_MS
        socket.ipv6 = True
        if self._kind == zmq.SUB:
            socket.subscribe(b"")
        with socket.get_monitor_socket(_EVENTS) as monitor:
            self.intake.connected = False
            socket.connect(self.address)
            while True:
                try:
                    parts = socket.recv_multipart(copy=False)
                except zmq.Again:
                    if self._look(monitor):
                        socket.disconnect(self.address)
                        socket.connect(self.address)
                else:
                    self._hand_on(parts, sink)

    def _hand_on(self, parts: "list[zmq.Frame]", sink: Callable[[Message], None]) -> None:
        size = sum(map(len, parts))
        received = self.intake.count(size)
        sink(Message([part.buffer for part in parts], self.intake.received, received, size))

    def _look(self, monitor: "zmq.Socket[bytes]") -> bool:
        """
        Read what became of the connection since the last look.

        Returns:
            Whether it has to be made anew.  Of itself ZeroMQ connects anew after a failure of the network, but never
            after one of the protocol (libzmq 4.3, session_base.cpp, engine_error), such as a PUB where a PUSH should
            be.  All that is to be seen of that one is a connection that ends before its handshake.
        """
        failed = False
        while monitor.poll(0):
            event = recv_monitor_message(monitor)["event"]
            if event == zmq.Event.CONNECTED:
                self._shaking_hands, failed = True, False
                continue
            self.intake.connected = event == zmq.Event.HANDSHAKE_SUCCEEDED
            if event in (zmq.Event.HANDSHAKE_SUCCEEDED, zmq.Event.CLOSED):
                self.intake.refused = ""
            elif self._shaking_hands or event & _HANDSHAKE_FAILURES:
                self.intake.refused, failed = _REFUSED, True
            self._shaking_hands = False
        return failed
