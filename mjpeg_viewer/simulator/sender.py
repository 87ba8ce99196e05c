"""
The simulated camera: a psi-bsread Sender on a port, paced like a camera.

A camera does not wait.  Where nobody is connected, or a receiver is behind by more than the queue, the image is
dropped and counted, so whoever connects sees the present; psi-bsread's own PUSH would block, and send what is
old.  Dropping is by whole message: it is decided before the first part, and ZeroMQ takes all parts of a message
whose first it took (zmq_msg_send(3)).

What the images show is beam.py's.  No printing and no signal handlers here: stop() can be called from any of them.
"""

import contextlib
import math
import select
import socket
import time
from types import TracebackType
from typing import Protocol, Self

import zmq

from mjpeg_viewer.simulator.beam import Beam, Value
from mjpeg_viewer.simulator.wire import BindError, bind, open_sender


class Values(Protocol):
    """What a Simulator sends: a Beam, or whatever a test puts in its place."""

    def values(self, number: int, delay: float) -> dict[str, Value]:
        """The value of each channel; the same channels, types and shapes for every number."""


class Simulator:
    """
    A bsread sender bound to a port, from its making until close().

    To be used by one thread; only stop() may come from another, or from a signal handler.

    Args:
        beam: Makes the values; by default 640x480 float64.
        host: IP address to bind to.
        port: TCP port; 0 takes a free one, which `port` and `address` then name.
        mode: "push" shares the images out among the receivers, "pub" gives each all of them.
        compression: One of COMPRESSIONS, for all channels.
        start_pulse_id: Of the first image; each further one, sent or dropped, has the next.
        queue_size: Messages that ZeroMQ holds per receiver before images are dropped.

    Raises:
        SimulatorError: Unknown mode or compression.
        BindError: The port is taken, forbidden, or the host is not an address of this machine.

    Attributes:
        address: Where it sends, as "tcp://127.0.0.1:40123".
        port: The TCP port bound.
        sent: Images handed to ZeroMQ.
        dropped: Images that nobody was there, or quick enough, to take.
        pulse_id: That of the next image.
    """

    def __init__(
        self,
        beam: Values | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        mode: str = "push",
        compression: str = "none",
        start_pulse_id: int = 0,
        queue_size: int = 10,
    ) -> None:
        self.mode = mode
        self.pulse_id = start_pulse_id
        self.sent = 0
        self.dropped = 0
        self._beam = Beam() if beam is None else beam
        self._current: dict[str, Value] = {}
        self._topics: set[bytes] = set()
        self._stopped = False
        self._wake, self._waker = socket.socketpair()
        self._waker.setblocking(False)
        try:
            # The channels are declared by an image that is never sent.
            declared = self._beam.values(self.pulse_id, 0.1)
            self._sender = open_sender(mode, compression, queue_size, declared, lambda name: self._current[name])
            try:
                self.address = bind(self._socket, host, port)
            except BindError:
                self._sender.close()
                raise
        except BaseException:
            self._close_wakers()
            raise
        self.port = int(self.address.rpartition(":")[2])

    @property
    def url(self) -> str:
        """The address as a viewer's source names it: bsread+pull://HOST:PORT or bsread+sub://HOST:PORT."""
        scheme = "bsread+pull" if self.mode == "push" else "bsread+sub"
        return f"{scheme}://{self.address.removeprefix('tcp://')}"

    @property
    def connected(self) -> bool:
        """Whether somebody takes the next image: push, a receiver with room in its queue; pub, a subscriber."""
        if self.mode == "push":
            return bool(self._socket.poll(0, zmq.POLLOUT))
        while self._socket.poll(0, zmq.POLLIN):
            # ZMTP 3.1, RFC 37: a first byte 1 subscribes, 0 unsubscribes; then the topic.
            event = self._socket.recv()
            (self._topics.add if event[:1] == b"\x01" else self._topics.discard)(event[1:])
        return bool(self._topics)

    def wait_for_receiver(self, timeout: float) -> bool:
        """
        Wait until somebody takes the next image.

        Args:
            timeout: In s.

        Returns:
            Whether somebody does; False at the timeout and after stop().
        """
        poller = zmq.Poller()
        poller.register(self._socket, zmq.POLLOUT if self.mode == "push" else zmq.POLLIN)
        poller.register(self._wake, zmq.POLLIN)
        deadline = time.monotonic() + timeout
        while not self.connected:
            remaining = deadline - time.monotonic()
            if self._stopped or remaining <= 0:
                return False
            poller.poll(math.ceil(remaining * 1000))
        return True

    def send(self, n_images: int = 1, delay: float = 0.1) -> int:
        """
        Send images one right after the other, without pacing.

        Args:
            n_images: How many to try.
            delay: What the beam takes for the time between two, in s.

        Returns:
            How many were sent; the others were dropped.
        """
        sent_before = self.sent
        for _ in range(n_images):
            self._send_one(delay)
        return self.sent - sent_before

    def run(self, n_images: int = -1, delay: float = 0.1) -> int:
        """
        Send images at a steady rate until there are enough or stop() is called.

        The rate does not drift: each image has its due time.  After a hold-up of more than one delay, the time
        lost is let go of, not made up for in a burst.

        Args:
            n_images: How many to send; dropped ones do not count.  -1 is without end.
            delay: From one image to the next, in s; 0 sends as fast as it goes.

        Returns:
            How many were sent.
        """
        sent_before = self.sent
        due = time.monotonic()
        while not self._stopped and (n_images < 0 or self.sent - sent_before < n_images):
            if delay == 0 and not self.wait_for_receiver(1.0):
                continue  # as fast as it goes is as fast as it is taken: with nobody there, nothing else stops the spin
            self._send_one(delay)
            due += delay
            behind = time.monotonic() - due
            if behind > delay:
                due += behind
            elif behind < 0:
                self._sleep(-behind)
        return self.sent - sent_before

    def stop(self) -> None:
        """End run() and wait_for_receiver() at once and for good.  Safe from threads, signal handlers, and twice."""
        self._stopped = True
        with contextlib.suppress(OSError):  # closed, or full of wake-ups already
            self._waker.send(b"\0")

    def close(self) -> None:
        """
        Let go of the port.  Safe twice.

        What ZeroMQ has queued is still delivered, for up to 1 s: psi-mflow's linger.  (libzmq aborts a process
        that closes with no linger just after its peer left.)
        """
        self.stop()
        if self._sender.status_stream_open:
            self._sender.close()
        self._close_wakers()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def _socket(self) -> zmq.Socket[bytes]:
        open_socket: zmq.Socket[bytes] = self._sender.stream.socket
        return open_socket

    def _send_one(self, delay: float) -> bool:
        pulse_id = self.pulse_id
        self.pulse_id += 1
        if not self.connected:
            self.dropped += 1
            return False
        self._current = self._beam.values(pulse_id, delay)
        seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
        try:
            self._sender.send(pulse_id=pulse_id, timestamp=(seconds, nanoseconds), check_data=False)
        except zmq.Again:
            self.dropped += 1
            return False
        self.sent += 1
        return True

    def _sleep(self, seconds: float) -> None:
        """Until the time is up or stop() is called.  A threading.Event set by a signal handler could deadlock."""
        waiting = select.poll()
        waiting.register(self._wake, select.POLLIN)
        waiting.poll(math.ceil(seconds * 1000))

    def _close_wakers(self) -> None:
        self._wake.close()
        self._waker.close()
