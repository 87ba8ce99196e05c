"""What the service manager is told, read from a real socket."""

import logging
import secrets
import socket
from pathlib import Path

import pytest

from mjpeg_viewer.systemd import notify


@pytest.mark.parametrize("kind", ["path", "abstract"])
def test_state_reaches_the_socket_that_systemd_names(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """NOTIFY_SOCKET is a path, or a name in Linux's abstract namespace when it begins with @."""
    address = str(tmp_path / "notify") if kind == "path" else f"@mjpeg-viewer-{secrets.token_hex(8)}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address if kind == "path" else "\0" + address[1:])
        manager.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", address)
        notify("READY=1")
        notify("STOPPING=1\nSTATUS=über")
        assert manager.recv(1000) == b"READY=1"
        assert manager.recv(1000) == "STOPPING=1\nSTATUS=über".encode()


@pytest.mark.parametrize("value", [None, ""])
def test_without_systemd_nothing_happens(value: str | None, monkeypatch: pytest.MonkeyPatch):
    """Run from a terminal, the program has nobody to tell."""
    if value is None:
        monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    else:
        monkeypatch.setenv("NOTIFY_SOCKET", value)
    notify("READY=1")


@pytest.mark.parametrize("where", ["{}/nobody", "{}", "@nobody-listens-there", "{}/" + "x" * 200])
def test_socket_that_cannot_be_reached_is_one_line(where: str, tmp_path: Path, monkeypatch, caplog):
    """A wrong environment is no reason to stop serving."""
    monkeypatch.setenv("NOTIFY_SOCKET", where.format(tmp_path))
    with caplog.at_level(logging.WARNING):
        notify("READY=1")
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert where.format(tmp_path) in record.getMessage()
