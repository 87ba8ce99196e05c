"""A camera that sends whatever image a test hands it, encoded by psi-bsread, over a real PUSH socket."""

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import zmq

from tests.message.wire import Sent, main_header, make_parts
from tests.raw import PATIENCE


class Pusher:
    """
    The sending end; ``push`` makes and ends one.

    Args:
        socket: A PUSH socket, bound.
        url: Where, as a source.
    """

    def __init__(self, socket: "zmq.Socket[bytes]", url: str) -> None:
        self.url = url
        self.pulse_id = 0
        self._socket = socket

    def send(self, image: np.ndarray, compression: str = "none") -> None:
        """Send one image, with the next pulse id from 1."""
        self.pulse_id += 1
        channel = Sent("image", image, compression)
        self._socket.send_multipart(make_parts(channel, main=main_header(pulse_id=self.pulse_id)))


@contextmanager
def push() -> Iterator[Pusher]:
    """Bind a camera to a free port."""
    with zmq.Context() as context, context.socket(zmq.PUSH) as socket:
        socket.linger = 1000
        socket.sndtimeo = int(PATIENCE * 1000)
        port = socket.bind_to_random_port("tcp://127.0.0.1")
        yield Pusher(socket, f"bsread+pull://127.0.0.1:{port}")
