"""How many may watch: which limit refuses whom, and that nobody who loads a page anew is refused."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Literal

import pytest

from mjpeg_viewer.simulator import Simulator
from mjpeg_viewer.web import places
from mjpeg_viewer.web import viewers as viewers_module
from mjpeg_viewer.web.places import PlaceLimits, find_network
from tests.kit import PATIENCE, Pictures, Site, basic, receiving, run_site, until
from tests.web.conftest import USERS

pytestmark = pytest.mark.both_loops

STREAM = "/cameras/beam/stream.mjpg"
EVENTS = "/cameras/beam/events"
ADA, BOB = basic("ada", "right"), basic("bob", "other")
ADA_LINE = f"Authorization: {ADA['Authorization']}"


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who finds no place at once is refused at once."""
    monkeypatch.setattr(places, "_PATIENCE", 0)


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever waits for a place, waits longer than it may take."""
    monkeypatch.setattr(places, "_PATIENCE", 10 * PATIENCE)


@asynccontextmanager
async def limited(
    beam: Simulator, users: dict[str, str] | None = None, **limits: int
) -> AsyncIterator[tuple[Site, AsyncExitStack]]:
    """A server with limits, and a stack for who watches."""
    async with run_site({"beam": beam.url}, users=users, limits=PlaceLimits(**limits)) as site:
        await receiving(beam)
        async with AsyncExitStack() as watching:
            yield site, watching


async def refusal(site: Site, path: str = STREAM, **options: object) -> str:
    """Be refused; the sentence."""
    async with site.get(path, **options) as response:
        assert response.status == 503
        assert response.headers["Retry-After"] == "5"
        return await response.text()


async def get_status(site: Site, path: str = STREAM, **options: object) -> int:
    """Ask, and leave."""
    async with site.get(path, **options) as response:
        return response.status


class ReadyOnly(asyncio.Event):
    """Nobody may wait for it."""

    async def wait(self) -> Literal[True]:
        """Fail."""
        raise AssertionError("there was no place at once")


# -- which limit


@pytest.mark.usefixtures("impatient")
async def test_all_places_taken(beam: Simulator):
    """One more than viewers.total is told so, costs no encoder, and takes nothing from those who watch."""
    async with limited(beam, total=2) as (site, watching):
        stream = await watching.enter_async_context(site.pictures())
        await watching.enter_async_context(site.events())
        await site.until_watched(viewers=2)
        for path in (f"{STREAM}?width=64", EVENTS, "/events", "/?action=stream"):
            assert await refusal(site, path) == (
                "2 viewers watch already (viewers.total); try again when some have left\n"
            )
        assert len(site.cameras["beam"]._encoders) == 2
        assert await get_status(site, "/state") == 200
        beam.send()
        assert (await stream.take()).number == 1


@pytest.mark.usefixtures("impatient")
async def test_all_places_of_a_user_taken(beam: Simulator):
    """A user has so many places, wherever and however logged in; another user's are others."""
    async with limited(beam, USERS, per_user=2) as (site, watching):
        cookie = await site.log_in("ada", "right")
        await watching.enter_async_context(site.pictures(headers=ADA))
        await watching.enter_async_context(site.pictures(headers=cookie))
        for headers in (ADA, cookie):
            assert await refusal(site, headers=headers) == (
                "2 viewers of ada watch already (viewers.per_user); close another first\n"
            )
        await watching.enter_async_context(site.pictures(headers=BOB))


async def test_those_without_a_login_are_no_user(beam: Simulator):
    """Where everybody may watch, viewers.per_user limits nobody."""
    async with limited(beam, per_user=1) as (site, watching):
        for _ in range(3):
            await watching.enter_async_context(site.pictures())


@pytest.mark.usefixtures("impatient")
async def test_all_places_of_an_address_taken(beam: Simulator):
    """An address has so many places, whoever is there; another address has its own."""
    async with limited(beam, USERS, per_address=2) as (site, watching):
        await watching.enter_async_context(site.pictures(headers=ADA))
        await watching.enter_async_context(site.pictures(headers=BOB))
        assert await refusal(site, headers=BOB) == (
            "2 viewers at 127.0.0.1 watch already (viewers.per_address); close another first\n"
        )
        with socket.create_connection(("127.0.0.1", site.port), source_address=("127.0.0.2", 0)) as elsewhere:
            head = f"GET {STREAM} HTTP/1.1\r\nHost: h\r\nAuthorization: {BOB['Authorization']}\r\n\r\n"
            elsewhere.sendall(head.encode())
            await site.until_watched(viewers=3)
        await until(lambda: len(list(site.viewers)) == 2)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("10.1.2.3", "10.1.2.3"),
        ("::ffff:10.1.2.3", "10.1.2.3"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2:ffff::1", "2001:db8:1:2::/64"),
        ("2001:db8:1:3::1", "2001:db8:1:3::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::1", "::/64"),
        ("", ""),
        ("/run/viewer.sock", ""),
    ],
)
def test_addresses_are_counted_by_what_one_machine_has(address: str, network: str):
    """IPv4 by the address, also when it came over IPv6; IPv6 by its 64 bits; what is none, not at all."""
    assert find_network(address) == network


# -- who is not refused


@pytest.mark.parametrize("path", [STREAM, EVENTS])
async def test_newer_response_of_a_page_takes_the_olders_place(
    beam: Simulator, path: str, monkeypatch: pytest.MonkeyPatch
):
    """At the limit a page asks again and again, and never waits, nor is counted twice; the last response is alive."""
    async with limited(beam, USERS, per_user=1, per_address=1, total=1) as (site, watching):
        ghosts = []
        monkeypatch.setattr(site.viewers._places, "_freed", ReadyOnly())
        for _ in range(5):
            ghost = await watching.enter_async_context(site.raw(f"{path}?viewer=p", ADA_LINE))
            assert (await ghost.read_head())[0] == 200
            ghosts.append(ghost)
        for ghost in ghosts[:-1]:
            assert (await ghost.read_to_end()).endswith(b"0\r\n\r\n")
        (viewer,) = site.viewers
        assert viewer.reason == ""
        assert site.cameras["beam"].viewers == 1


@pytest.mark.usefixtures("impatient")
async def test_another_users_page_of_the_same_id_is_another_page(beam: Simulator):
    """Whoever guesses somebody's page id ends nothing."""
    async with limited(beam, USERS, per_user=1) as (site, watching):
        ada = await watching.enter_async_context(site.pictures(f"{STREAM}?viewer=p", headers=ADA))
        await watching.enter_async_context(site.pictures(f"{STREAM}?viewer=p", headers=BOB))
        beam.send()
        assert (await ada.take()).number == 1


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("limit", ["total", "per_user", "per_address"])
async def test_page_that_is_loaded_anew_waits_for_its_own_leaving(beam: Simulator, limit: str):
    """A request that comes before the old connection's end is heard is answered when it is, with what is new then."""
    async with limited(beam, USERS, **{limit: 1}) as (site, watching):
        async with site.raw(f"{STREAM}?viewer=old", ADA_LINE) as old:
            await old.read_head()
            asking = asyncio.ensure_future(watching.enter_async_context(site.get(f"{STREAM}?viewer=new", headers=ADA)))
            await until(lambda: bool(site.viewers._places._freed._waiters))
            assert not asking.done()
        async with asyncio.timeout(PATIENCE):
            response = await asking
        assert response.status == 200
        await site.until_watched()
        beam.send()
        assert (await Pictures(response).take()).number == 1


@pytest.mark.usefixtures("patient")
async def test_who_waits_does_not_outlast_the_server(beam: Simulator):
    """At the server's end, those who watch leave, and who waits for a place is ended with them."""
    async with limited(beam, total=1) as (site, watching):
        await watching.enter_async_context(site.pictures())
        asking = asyncio.ensure_future(get_status(site))
        await until(lambda: bool(site.viewers._places._freed._waiters))
        site.viewers.close_all("server stopping")
        async with asyncio.timeout(PATIENCE):
            assert await asking == 200
        await until(lambda: not list(site.viewers))


@pytest.mark.usefixtures("impatient")
async def test_places_are_given_back(beam: Simulator):
    """However a viewer ends (leaves, crashes, is refused a rendition, is replaced), its place is free again."""
    async with limited(beam, USERS, total=1) as (site, _):
        for _ in range(3):
            async with site.raw(STREAM, ADA_LINE) as raw:
                await raw.read_head()
                raw.reset()
            await until(lambda: not list(site.viewers))
            page = f"{STREAM}?viewer=p"
            async with site.pictures(page, headers=ADA):
                assert await get_status(site, page, headers=ADA) == 200
            await until(lambda: not list(site.viewers))
            site.cameras["beam"]._encoders._most = 0
            async with site.get(STREAM, headers=ADA) as response:
                assert "is shown in 0 ways already" in await response.text()
            site.cameras["beam"]._encoders._most = 16
        assert not site.viewers._places._by_user
        assert not site.viewers._places._by_network
        assert not site.viewers._by_page


async def test_kernel_gives_up_on_machines_that_are_gone(beam: Simulator):
    """What a vanished machine does not confirm soon after stall_timeout ends its connection; small events too."""
    async with run_site({"beam": beam.url}, stall_timeout=12.5) as site, site.events():
        await site.until_watched()
        (viewer,) = site.viewers
        assert viewer._transport is not None
        sock = viewer._transport.get_extra_info("socket")
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 17_500


async def test_who_asks_for_a_file_and_takes_none_of_it_is_let_go(beam: Simulator, monkeypatch: pytest.MonkeyPatch):
    """Files stay in memory until they are taken, so that whoever never reads must not keep one for ever."""
    monkeypatch.setattr(viewers_module, "_GRACE", 0.0)
    async with run_site({"beam": beam.url}, stall_timeout=1.0) as site:
        await receiving(beam)
        async with site.raw("/cameras/beam/snapshot.npy", receive_buffer=4096) as raw:
            await site.until_watched()
            beam.send()
            with pytest.raises(ConnectionError):  # nobody is told of it who does not say something
                await until(lambda: not raw.sock.send(b"\r\n"))
