"""Fixtures for all tests: a simulated camera and a server that shows it."""

from collections.abc import AsyncIterator, Iterator

import pytest

from mjpeg_viewer.simulator import Beam, Simulator
from tests.kit import Site, receiving, run_site


@pytest.fixture
def beam() -> Iterator[Simulator]:
    """A camera that sends when told to, with its pulse id painted into each picture."""
    with Simulator(Beam(320, 240, "uint16", counter=True, seed=1), start_pulse_id=1) as simulator:
        yield simulator


@pytest.fixture
async def site(beam: Simulator) -> AsyncIterator[Site]:
    """A server that shows the beam to everybody, and receives it already."""
    async with run_site({"beam": beam.url}) as running:
        await receiving(beam)
        yield running
