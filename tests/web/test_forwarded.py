"""Proxies: what they say is believed from those that are trusted, and from nobody else."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from mjpeg_viewer.errors import ConfigurationError
from mjpeg_viewer.simulator import Simulator
from mjpeg_viewer.web.forwarded import Proxies
from mjpeg_viewer.web.logins import PROXY
from mjpeg_viewer.web.outside import Outside
from tests.kit import Site, basic, receiving, run_site
from tests.web.conftest import USERS


@asynccontextmanager
async def behind(beam: Simulator, *networks: str, user_header: str | None = None, users: dict[str, str] | None = None):
    """A server that trusts these proxies."""
    outside = Outside(Proxies(networks, user_header))
    vouchers = [] if user_header is None else [PROXY]
    async with run_site({"beam": beam.url}, users=users, outside=outside, vouchers=vouchers) as site:
        await receiving(beam)
        yield site


async def address_of_a_viewer(site: Site, *headers: tuple[str, str]) -> str:
    """What the server takes for the address of who watches with these headers."""
    async with site.pictures(headers=headers):
        state = await site.read_json("/state")
        return state["cameras"]["beam"]["viewers"][0]["address"]


FOR = "X-Forwarded-For"
CHAINS = {
    "one proxy": (["203.0.113.7"], "203.0.113.7"),
    "what the asker wrote is left of the proxy's word": (["1.1.1.1, 203.0.113.7"], "203.0.113.7"),
    "two proxies": (["203.0.113.7, 10.0.0.9"], "203.0.113.7"),
    "two proxies and a lie": (["1.1.1.1, 203.0.113.7, 10.0.0.9"], "203.0.113.7"),
    "rubbish left of it": (["<script>, 203.0.113.7"], "203.0.113.7"),
    "two lines": (["1.1.1.1", "203.0.113.7"], "203.0.113.7"),
    "all of them proxies": (["10.0.0.8, 10.0.0.9"], "10.0.0.8"),
    "with a port": (["203.0.113.7:5123"], "203.0.113.7"),
    "IPv6": (["2001:db8::7"], "2001:db8::7"),
    "IPv6 with a port": (["[2001:db8::7]:5123"], "2001:db8::7"),
    "IPv4 in IPv6": (["::ffff:203.0.113.7"], "203.0.113.7"),
    "nothing": ([], "127.0.0.1"),
    "empty": ([""], "127.0.0.1"),
}


@pytest.mark.parametrize(("lines", "address"), CHAINS.values(), ids=CHAINS)
async def test_address_is_the_one_before_the_trusted_proxies(beam: Simulator, lines: list[str], address: str):
    """Read from the right, the first address that is no trusted proxy's counts."""
    async with behind(beam, "127.0.0.1", "10.0.0.0/8") as site:
        assert await address_of_a_viewer(site, *((FOR, line) for line in lines)) == address


@pytest.mark.parametrize("networks", [(), ("10.0.0.0/8",), ("::1",), ("127.0.0.2",)])
async def test_nobody_else_is_believed(beam: Simulator, networks: tuple[str, ...]):
    """Not even this machine, unless it is named: address, scheme and host are the connection's own."""
    lies = ((FOR, "203.0.113.7"), ("X-Forwarded-Proto", "https"), ("X-Forwarded-Host", "evil.example"))
    async with behind(beam, *networks, users=USERS) as site:
        async with site.pictures(headers=[*lies, *basic("ada", "right").items()]):
            assert [viewer.address for viewer in site.viewers] == ["127.0.0.1"]
        form = {"username": "ada", "password": "right"}
        headers = [*lies, ("Origin", "https://evil.example")]
        async with site.session.post(f"{site.base}/login", data=form, headers=headers) as response:
            assert response.status == 403
        async with site.session.post(f"{site.base}/login", data=form, headers=lies, allow_redirects=False) as response:
            assert "Secure" not in response.headers["Set-Cookie"]


@pytest.mark.parametrize(
    ("header", "value"),
    [
        (FOR, "203.0.113"),
        (FOR, "1.1.1.1, unknown"),
        ("X-Forwarded-Proto", "gopher"),
        ("X-Forwarded-Host", "a b"),
        ("X-Forwarded-Host", "a/b"),
        ("X-Forwarded-Host", "evil.example@cameras.example"),
    ],
)
async def test_proxy_that_says_what_cannot_be_is_refused(beam: Simulator, header: str, value: str):
    """A trusted proxy that is set up wrong is told so by a 400 that names the header, before anything else is done."""
    async with behind(beam, "127.0.0.1") as site, site.get("/state", headers={header: value}) as response:
        assert response.status == 400
        assert header in await response.text()
        assert response.headers["X-Content-Type-Options"] == "nosniff"


async def test_login_behind_a_proxy_that_speaks_tls(beam: Simulator):
    """With the proxy's word on scheme and host, its own form is no other site's, and the cookie is for https alone."""
    async with behind(beam, "127.0.0.1", users=USERS) as site:
        proxied = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "cameras.example:8443"}
        headers = {**proxied, "Origin": "https://cameras.example:8443"}
        form = {"username": "ada", "password": "right"}
        login = f"{site.base}/login"
        async with site.session.post(login, data=form, headers=headers, allow_redirects=False) as response:
            assert response.status == 303
            cookie, *attributes = response.headers["Set-Cookie"].split("; ")
        assert cookie.startswith(f"__Host-mjpeg-viewer-{site.port}=")
        assert {"Secure", "HttpOnly", "Path=/", "SameSite=Lax"} <= set(attributes)
        async with site.get("/state", headers={**proxied, "Cookie": cookie}) as response:
            assert response.status == 200
        async with site.get("/state", headers={"Cookie": cookie}) as response:  # not by plain http
            assert response.status == 401
        logout = f"{site.base}/logout"
        async with site.session.post(logout, headers={**headers, "Cookie": cookie}, allow_redirects=False) as response:
            gone, *attributes = response.headers["Set-Cookie"].split("; ")
        assert gone.startswith(f"__Host-mjpeg-viewer-{site.port}=")
        assert {"Secure", "Path=/", "Max-Age=0"} <= set(attributes)  # or browsers would keep it
        async with site.get("/state", headers={**proxied, "Cookie": cookie}) as response:
            assert response.status == 401


async def test_schemes_of_two_proxies(beam: Simulator):
    """The outermost trusted proxy's word on the scheme counts, whether the inner one repeats or appends."""
    async with behind(beam, "127.0.0.1", "10.0.0.0/8", users=USERS) as site:
        form = {"username": "ada", "password": "right"}
        for addresses, schemes, secure in [
            ("203.0.113.7, 10.0.0.9", "https, http", True),
            ("203.0.113.7, 10.0.0.9", "https", True),
            ("203.0.113.7, 10.0.0.9", "https, http, http", False),
            ("203.0.113.7", "https, http", False),
        ]:
            headers = {FOR: addresses, "X-Forwarded-Proto": schemes}
            async with site.session.post(
                f"{site.base}/login", data=form, headers=headers, allow_redirects=False
            ) as response:
                assert ("Secure" in response.headers["Set-Cookie"]) == secure, (addresses, schemes)


# -- the user that a proxy names


USER = "X-Forwarded-User"


async def test_trusted_proxy_names_the_user(beam: Simulator):
    """Who is named may watch, by that name; who is not is nobody; and a session of one's own comes first."""
    async with behind(beam, "127.0.0.1", user_header=USER, users=USERS) as site:
        async with site.pictures(headers={USER: "carla@psi.ch"}) as pictures:
            beam.send()
            assert (await pictures.take()).number == 1
            assert [viewer.identity.user for viewer in site.viewers] == ["carla@psi.ch"]
        for headers in ({}, {USER: ""}):
            async with site.get("/state", headers=headers) as response:
                assert response.status == 401
        cookie = await site.log_in("ada", "right")
        async with site.pictures(headers={**cookie, USER: "carla"}):
            assert [viewer.identity.user for viewer in site.viewers] == ["ada"]


@pytest.mark.parametrize("networks", [("10.0.0.0/8",), ("127.0.0.2/32",)])
async def test_user_named_by_anybody_else_is_refused(beam: Simulator, networks: tuple[str, ...]):
    """A 400 on every route, the open ones too, good password or not: somebody tries to be somebody."""
    async with behind(beam, *networks, user_header=USER, users=USERS) as site:
        for path in ("/state", "/healthz", "/login", "/nothing"):
            for credentials in ({}, basic("ada", "right"), {FOR: "10.0.0.1"}):
                async with site.get(path, headers={USER: "ada", **credentials}) as response:
                    assert response.status == 400, path
                    assert await response.text() == "X-Forwarded-User is for trusted proxies alone; leave it out.\n"
        async with site.get("/state", headers=basic("ada", "right")) as response:
            assert response.status == 200


@pytest.mark.parametrize(
    "lines", [["ada", "bob"], ["ada", ""], ["a:b"], ["a b"], ["a" * 65], ["#ada"], ["ada\u00a0"], ["a\tb"]]
)
async def test_user_who_cannot_be_is_refused(beam: Simulator, lines: list[str]):
    """A header that came twice, one by the asker perhaps, or with what is no name, is a 400."""
    async with behind(beam, "127.0.0.1", user_header=USER) as site:
        async with site.get("/state", headers=[(USER, line) for line in lines]) as response:
            assert response.status == 400
        assert not list(site.viewers)


async def test_header_is_nothing_unless_it_is_asked_for(beam: Simulator):
    """A proxy that is trusted for addresses alone may pass on what anybody wrote: it names nobody."""
    async with (
        behind(beam, "127.0.0.1", users=USERS) as site,
        site.get("/state", headers={USER: "ada"}) as response,
    ):
        assert response.status == 401


async def test_proxys_users_cannot_forge_each_others_forms(beam: Simulator):
    """The proxy adds the user to what another site's page sends, too: it is refused as ever."""
    async with behind(beam, "127.0.0.1", user_header=USER) as site:
        headers = {USER: "ada", "Origin": "https://evil.example"}
        url = f"{site.base}/cameras/beam/background"
        async with site.session.delete(url, headers=headers) as response:
            assert response.status == 403


@pytest.mark.parametrize("network", ["10.0.0.1/8", "proxy.example", "", "10.0.0.0/33"])
def test_what_is_no_network_is_named(network: str):
    """A fault in the list is found at the start."""
    with pytest.raises(ConfigurationError, match=r"server\.trusted_proxies: .*expected an address or a network"):
        Proxies([network])


@pytest.mark.parametrize(
    ("networks", "found"),
    [
        (["0.0.0.0/0"], "0.0.0.0/0"),
        (["127.0.0.1", "::/0"], "::/0"),
        (["0.0.0.0/1", "10.0.0.1", "128.0.0.0/1"], "0.0.0.0/0"),
        (["8000::/1", "::/2", "4000::/2"], "::/0"),
    ],
    ids=str,
)
def test_everybody_is_not_believed_to_say_who_he_is(networks: list[str], found: str) -> None:
    """Where every address is a trusted proxy's, none may name users; what it says of addresses can be believed."""
    fault = rf"server\.trusted_proxies: {found} is every address there is, .*server\.user_header .*own address, e\.g\. "
    with pytest.raises(ConfigurationError, match=fault):
        Proxies(networks, USER)
    assert Proxies(networks).trust("192.0.2.1" if "." in found else "2001:db8::1")
    assert Proxies(["0.0.0.0/1", "8000::/1"], USER).user_header == USER


async def test_every_network_of_the_list_counts(beam: Simulator):
    """The asker is found behind any of the proxies, at once for many."""
    async with behind(beam, "192.0.2.0/24", "127.0.0.0/8") as site:
        answers = await asyncio.gather(
            *(site.get("/healthz", headers={FOR: f"198.51.100.{number}"}) for number in range(20))
        )
        assert {answer.status for answer in answers} == {200}
        for answer in answers:
            answer.release()
