"""By which names browsers may ask: a page that has its own name lead here (DNS rebinding) reads nothing."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator

import pytest

from mjpeg_viewer.cli.names import find_names
from mjpeg_viewer.settings import ServerSettings
from mjpeg_viewer.simulator import Simulator
from mjpeg_viewer.web.forwarded import Proxies
from mjpeg_viewer.web.logins import PROXY
from mjpeg_viewer.web.outside import Outside
from tests.kit import Site, receiving, run_site, until
from tests.raw import open_raw
from tests.web.conftest import USERS
from tests.web.test_guard import paths_of

OURS = ["127.0.0.1", "10.9.8.7", "[::1]", "[fe80::1%25eth0]", "[::ffff:127.0.0.1]", "localhost", "LocalHost."]
OURS += ["viewer.localhost", "cam.psi.ch", "CAM.psi.ch.", "viewer"]
FOREIGN = ["evil.example", "cam.psi.ch.evil.example", "xcam.psi.ch", "psi.ch", "notlocalhost", "localhost.evil.example"]
FOREIGN += ["127.0.0.1.evil.example", "127.1", "2130706433", "0x7f.1", "[::1].evil.example", "[evil.example]", "[]"]
FOREIGN += ["evil.example:80:80", "127.0.0.1@evil.example", "evil.example%00.localhost", "-"]

NAMES = frozenset({"cam.psi.ch", "viewer"})


@pytest.fixture
async def named(beam: Simulator) -> AsyncIterator[Site]:
    """A server without a login, and with names of its own."""
    async with run_site({"beam": beam.url}, outside=Outside(hosts=NAMES)) as site:
        await receiving(beam)
        yield site


async def ask(port: int, host: str, path: str = "/state", *headers: str, method: str = "GET") -> tuple[int, str]:
    """Status and body of an answer to who asks by a name."""
    async with open_raw(port) as raw:
        lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", "Connection: close", *headers, "", ""]
        await raw.send("\r\n".join(lines).encode())
        status, _ = await raw.read_head()
        return status, (await raw.read_to_end()).decode()


@pytest.mark.parametrize("port", ["", ":{port}", ":80", ":"])
async def test_own_names_and_addresses_are_answered(named: Site, port: str):
    """By address, as localhost, and by the names that it has, with whatever port a proxy has, it is what it is."""
    for host in OURS:
        assert (await ask(named.port, host + port.format(port=named.port)))[0] == 200, host


@pytest.mark.parametrize("port", ["", ":{port}"])
async def test_foreign_name_is_told_so_and_nothing_else(named: Site, port: str):
    """421 with the name and the setting, and no word of what there is."""
    for host in FOREIGN:
        status, body = await ask(named.port, asked := host + port.format(port=named.port))
        assert status in (400, 421), host
        if status == 421:
            assert body.startswith(f"This server does not answer by the name {asked!r}.")
            assert "hosts in [server]" in body
        assert "beam" not in body
    assert (await ask(named.port, "evil.example"))[0] == 421
    assert named.entrance.refused.counts["unknown host"] >= len(FOREIGN) - 2


async def test_foreign_name_opens_no_route(named: Site):
    """Whatever is asked, pages, streams, files and what there is not; but that the server lives, anybody may know."""
    paths = [path for name, path in paths_of(named) if name != "healthz"]
    for path in [*paths, "/nothing"]:
        for method in ("GET", "POST", "OPTIONS"):
            assert (await ask(named.port, "evil.example", path, "Accept: text/html", method=method))[0] == 421, path
    assert not list(named.viewers)
    assert await ask(named.port, "evil.example", "/healthz") == (200, "ok\n")


async def test_without_names_it_has_none(site: Site):
    """A server without a login that was told no name answers by address alone."""
    assert (await ask(site.port, "127.0.0.1"))[0] == 200
    assert (await ask(site.port, "cam.psi.ch"))[0] == 421


async def test_with_a_login_every_name_will_do_unless_some_are_given(beam: Simulator, closed: Site):
    """A foreign page has no session to use, so nobody has to list names; who does is taken at his word."""
    assert (await ask(closed.port, "evil.example"))[0] == 401
    async with run_site({"beam": beam.url}, users=USERS, outside=Outside(hosts=NAMES)) as site:
        assert (await ask(site.port, "cam.psi.ch"))[0] == 401
        assert (await ask(site.port, "evil.example"))[0] == 421
        assert (await ask(site.port, "evil.example", "/login"))[0] == 421


async def test_name_that_a_proxy_was_asked_for_counts(beam: Simulator):
    """Of a trusted proxy what it says in X-Forwarded-Host; of anybody else what stands in Host."""
    proxied, foreign = "X-Forwarded-Host: cam.psi.ch", "X-Forwarded-Host: evil.example"
    for network, inside, outside in (("127.0.0.1", (200, 421), (200, 421)), ("10.0.0.0/8", (421, 421), (200, 200))):
        around = Outside(Proxies([network]), hosts=NAMES)
        async with run_site({"beam": beam.url}, outside=around) as site:
            found = [(await ask(site.port, "upstream", "/state", header))[0] for header in (proxied, foreign)]
            assert tuple(found) == inside
            found = [(await ask(site.port, "viewer", "/state", header))[0] for header in (proxied, foreign)]
            assert tuple(found) == outside


async def test_users_of_a_proxy_log_in(beam: Simulator):
    """Where a proxy names the users there is a login."""
    around = Outside(Proxies(["127.0.0.1"], "X-Forwarded-User"))
    async with run_site({"beam": beam.url}, outside=around, vouchers=[PROXY]) as site:
        assert (await ask(site.port, "cam.psi.ch", "/state", "X-Forwarded-User: ada"))[0] == 200


async def test_pages_of_other_sites_embed_as_before(beam: Simulator):
    """Who shows the pictures asks for them by our name, not by his."""
    around = Outside(embed_origins=("https://wiki.example",), hosts=NAMES)
    async with run_site({"beam": beam.url}, outside=around) as site:
        await receiving(beam)
        headers = {"Referer": "https://wiki.example/page", "Origin": "https://wiki.example", "Host": "cam.psi.ch"}
        async with site.pictures(headers=headers) as pictures:
            beam.send()
            assert (await pictures.take()).number == 1
            assert pictures.response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


async def test_names_are_the_machines_and_the_given_ones():
    """The machine's short and full name, where it listens, and the setting."""
    names = await find_names(ServerSettings(host="cam.psi.ch", hosts=("alias.psi.ch",)), closed=False)
    assert names is not None
    assert names >= {socket.gethostname(), "cam.psi.ch", "alias.psi.ch"}
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(socket.gethostname(), None, flags=socket.AI_CANONNAME)
    assert names >= {canonical for *_, canonical, _ in found if canonical}
    assert "" not in names
    assert await find_names(ServerSettings(), closed=True) is None
    assert await find_names(ServerSettings(hosts=("a",)), closed=True) is not None


async def test_silent_resolver_holds_up_nothing(monkeypatch: pytest.MonkeyPatch):
    """Where names are not resolved the short one is known, soon."""

    async def wait(*_args: object, **_options: object) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr("mjpeg_viewer.cli.names._PATIENCE", 0.01)
    monkeypatch.setattr(asyncio.get_running_loop(), "getaddrinfo", wait)
    assert await find_names(ServerSettings(), closed=False) == {socket.gethostname(), "127.0.0.1"}


async def test_refusals_are_said_in_the_log(named: Site, caplog: pytest.LogCaptureFixture):
    """An operator learns why people do not get in."""
    await ask(named.port, "evil.example")
    await until(lambda: bool(caplog.messages))
    (line,) = [message for message in caplog.messages if "unknown host" in message]
    assert re.search(r"the latest: 127\.0\.0\.1 asked for 'evil\.example', see server\.hosts$", line)
