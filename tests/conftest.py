"""Fixtures for all tests: a simulated camera and a server that shows it."""

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from mjpeg_viewer.simulator import Beam, Simulator
from tests.kit import Site, receiving, run_site


@pytest.fixture(scope="session", autouse=True)
def compiled_once(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """
    What the tests start is compiled once, not each time, also where Python is told to keep nothing of it.

    The command is started some hundred times, and of the 1.5 s that this takes compiling is 1.0 s.
    """
    with pytest.MonkeyPatch.context() as patch:
        if os.environ.get("PYTHONDONTWRITEBYTECODE"):
            patch.delenv("PYTHONDONTWRITEBYTECODE")
            patch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path_factory.mktemp("compiled")))
        yield


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
