"""Tell systemd how the service is doing (sd_notify(3)); without systemd nothing happens."""

import os
import socket


def notify(state: str) -> None:
    """
    Send a state to the service manager.

    Args:
        state: Lines such as ``READY=1`` or ``STOPPING=1``.
    """
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    if address.startswith("@"):  # Linux's abstract namespace
        address = "\0" + address[1:]
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sock:
        sock.sendto(state.encode(), address)
