"""Other ends of a connection."""

import socket
from collections.abc import Iterator

import pytest

from mjpeg_viewer.sources import bsread


@pytest.fixture
def nobody() -> Iterator[socket.socket]:
    """A port that is taken, and where nobody listens."""
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        yield bound


@pytest.fixture(autouse=True)
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """While nothing comes, a source looks at its connection twenty times a second, not twice."""
    monkeypatch.setattr(bsread, "_LOOK_MS", 50)
