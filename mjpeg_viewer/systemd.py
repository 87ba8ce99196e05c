"""Tell systemd how the service is doing (sd_notify(3)); without systemd nothing happens."""

import logging
import os
import socket

_log = logging.getLogger(__name__)


def notify(state: str) -> None:
    """
    Send a state to the service manager.  Where it does not listen that is logged, and no reason to stop serving.

    Args:
        state: Lines such as ``READY=1`` or ``STOPPING=1``.
    """
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # Linux's abstract namespace
        address = "\0" + address[1:]
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
            sock.sendto(state.encode(), address)
    except OSError as error:
        _log.warning("cannot tell the service manager at NOTIFY_SOCKET=%r: %s", os.environ["NOTIFY_SOCKET"], error)
