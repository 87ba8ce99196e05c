"""Fixtures for the tests of the web floor."""

import logging
from collections.abc import AsyncIterator, Iterator

import pytest

from mjpeg_viewer.simulator import Simulator
from tests.kit import Site, receiving, run_site

USERS = {"ada": "right", "bob": "other"}
"""Who may log in at a closed site, with their passwords."""


@pytest.fixture
async def closed(beam: Simulator) -> AsyncIterator[Site]:
    """A server where one must log in."""
    async with run_site({"beam": beam.url}, users=USERS) as site:
        await receiving(beam)
        yield site


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Nobody complains: no warning and no traceback is logged."""
    caplog.set_level(logging.DEBUG)
    yield caplog
    for record in caplog.records:
        assert not record.exc_info, record.getMessage()
        assert record.levelno < logging.WARNING, record.getMessage()
