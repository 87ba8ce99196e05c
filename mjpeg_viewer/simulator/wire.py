"""
psi-bsread's Sender, opened and bound so that it can fail in words.

What psi-bsread and psi-mflow leave to be wished for is made good here and nowhere else: the handler that logs by
itself, the traceback for a taken port, the data header made anew for each message.  Knows nothing of images and of
time.
"""

import logging
from collections.abc import Callable, Mapping
from typing import Any

import zmq
from bsread.sender import Sender

from mjpeg_viewer.errors import ViewerError

# XPUB is PUB on the wire, and tells when somebody subscribes: PUB would take images that nobody gets.
MODES = {"push": zmq.PUSH, "pub": zmq.XPUB}
COMPRESSIONS = ("none", "lz4", "bitshuffle_lz4")

# ms.  Reached only where the last receiver leaves between the look at the socket and the first part; without it
# that send would wait for the next receiver, and no signal could end it.
SEND_TIMEOUT_MS = 100


class SimulatorError(ViewerError):
    """The simulator cannot send where or what it was told to."""


class BindError(SimulatorError):
    """
    The port cannot be bound.

    Args:
        text: The address and the operating system's reason.
        number: Its errno.
    """

    def __init__(self, text: str, number: int) -> None:
        super().__init__(text)
        self.errno = number


def open_sender(
    mode: str, compression: str, queue_size: int, declared: Mapping[str, Any], get_value: Callable[[str], Any]
) -> Sender:
    """
    Open a Sender that is bound nowhere yet.

    Args:
        mode: One of MODES.
        compression: One of COMPRESSIONS.
        queue_size: Messages that ZeroMQ holds per receiver.
        declared: A value of each channel, which fixes the channels' order, types and shapes.
        get_value: Called for each channel by its name, once per message; must not fail, or half a message is sent.

    Raises:
        SimulatorError: Unknown mode or compression.
    """
    if mode not in MODES:
        raise SimulatorError(f"mode {mode!r} is not known; expected one of {', '.join(MODES)}")
    if compression not in COMPRESSIONS:
        known = ", ".join(COMPRESSIONS)
        raise SimulatorError(f"compression {compression!r} is not known; expected one of {known}")

    # psi-mflow logs to stderr by a handler of its own (mflow.py), beside whatever the program has set up.
    mflow_logger = logging.getLogger("mflow.mflow")
    for handler in list(mflow_logger.handlers):
        mflow_logger.removeHandler(handler)

    # Opened on an address inside the process, which cannot fail, and bound by bind(): psi-mflow logs a traceback for
    # a taken port, forgets the errno and leaks the socket.
    sender = Sender(
        address="inproc://simulator",
        port=0,
        mode=MODES[mode],
        queue_size=queue_size,
        send_timeout=SEND_TIMEOUT_MS,
        data_compression=None if compression == "none" else compression,
    )
    # Declared once; send(data=…) would make and hash the data header anew for each message.
    for name, value in declared.items():
        sender.add_channel_from_value(name, value)
        sender.channels[name].function = lambda _pulse_id, name=name: get_value(name)
    sender.open()
    return sender


def bind(sender_socket: zmq.Socket[bytes], host: str, port: int) -> str:
    """
    Bind to a TCP port, a free one for 0.

    Returns:
        The real address, as "tcp://127.0.0.1:40123".

    Raises:
        BindError: The port is taken, forbidden, or the host is not an address of this machine.
    """
    endpoint = f"tcp://{host}:{port or '*'}"
    try:
        sender_socket.bind(endpoint)
    except zmq.ZMQError as error:
        # zmq.strerror, for the error's own text ends in the address once more.
        number = error.errno or 0
        raise BindError(f"cannot bind {endpoint}: {zmq.strerror(number)}", number) from None
    return sender_socket.getsockopt_string(zmq.LAST_ENDPOINT)
