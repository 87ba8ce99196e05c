"""The independent reader: psi-bsread's own Source, connected to a simulator."""

import contextlib

import pytest
from bsread import PULL, SUB, Source

PATIENCE = 10.0  # s, for what happens at once on an idle machine


@contextlib.contextmanager
def connect(simulator):
    """A psi-bsread receiver connected to the simulator."""
    mode = PULL if simulator.mode == "push" else SUB
    source = Source(host="127.0.0.1", port=simulator.port, mode=mode, receive_timeout=int(PATIENCE * 1000))
    source.connect()
    try:
        assert simulator.wait_for_receiver(PATIENCE)
        yield source
    finally:
        source.disconnect()


@pytest.fixture
def receiving():
    """`with receiving(simulator) as source`: a connected psi-bsread receiver."""
    return connect
