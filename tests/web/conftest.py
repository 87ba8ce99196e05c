"""Fixtures for the tests of the web floor."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from contextlib import ExitStack

import pytest

from mjpeg_viewer.cli.server import find_loop_factory
from mjpeg_viewer.simulator import Simulator
from tests.kit import Site, receiving, run_site
from tests.web.providers import Providers

USERS = {"ada": "right", "bob": "other"}
"""Who may log in at a closed site, with their passwords."""


def pytest_asyncio_loop_factories(item: pytest.Item) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """
    Run tests on asyncio's own loop; and those of connections on uvloop too, where it is installed.

    A Viewer and a Connection are the protocol of either loop, and notice by it when the other end is slow or gone.  For
    what an answer says it does not matter on which loop it was written.
    """
    uvloop = find_loop_factory() if item.get_closest_marker("both_loops") else None
    return {"asyncio": asyncio.new_event_loop} | ({} if uvloop is None else {"uvloop": uvloop})


@pytest.fixture
async def closed(beam: Simulator) -> AsyncIterator[Site]:
    """A server where one must log in."""
    async with run_site({"beam": beam.url}, users=USERS) as site:
        await receiving(beam)
        yield site


@pytest.fixture(scope="session")
def providers() -> Iterator[Providers]:
    """Real OpenID Connect providers, which run until the last test: each takes longer to start than most tests run."""
    with ExitStack() as stack:
        yield Providers(stack)


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    """Nobody complains: no warning and no traceback is logged."""
    caplog.set_level(logging.ERROR, "aiohttp_session")  # as the command has it: see cli/logs.py
    caplog.set_level(logging.DEBUG)  # the handler's too, so this comes last
    yield caplog
    # caplog.records would be those of the teardown.
    for record in caplog.get_records("setup") + caplog.get_records("call"):
        assert not record.exc_info, record.getMessage()
        assert record.levelno < logging.WARNING, record.getMessage()
