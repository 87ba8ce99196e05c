"""The same name is another person where another vouches for it: in what it may see, and in what it ends."""

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest

from mjpeg_viewer.simulator import Beam, Simulator
from mjpeg_viewer.web.access import Access
from mjpeg_viewer.web.forwarded import Proxies
from mjpeg_viewer.web.logins import PROXY, Identity
from mjpeg_viewer.web.outside import Outside
from mjpeg_viewer.web.places import PlaceLimits
from mjpeg_viewer.web.rights import Rights
from tests.kit import Site, basic, receiving, run_site, until
from tests.raw import PATIENCE
from tests.web.conftest import USERS
from tests.web.providers import Providers, Running
from tests.web.test_sign_on import log_in, open_browser

ISSUER = "https://sso.example"
EVERYBODY = Access(frozenset({"*"}), frozenset(), noted=frozenset({"operators"}))
BY_PROXY = {"X-Forwarded-User": "ada"}


@pytest.mark.parametrize(
    ("identity", "seen"),
    [
        (Identity("ada"), {"ours", "open"}),
        (Identity("ada", provider=PROXY), {"ours", "open"}),
        (Identity("ada", provider=ISSUER), {"theirs", "open"}),
        (Identity("bob", provider=ISSUER, groups=("staff", "operators")), {"operators", "open"}),
        (Identity("bob", groups=("operators",)), {"open"}),
        (Identity("operators", provider=ISSUER), {"open"}),
        (Identity("bob", provider=ISSUER, groups=("ada",)), {"open"}),
        (Identity("token wiki", token="id", camera="theirs"), {"theirs"}),
    ],
)
def test_list_means_whom_it_says(identity: Identity, seen: set[str]) -> None:
    """Neither users of the provider are ours, nor ours the provider's, nor groups users."""
    nobody: dict[str, tuple[str, ...]] = {"ours": (), "theirs": (), "operators": ()}
    rights = Rights(nobody | {"ours": ("ada",)}, nobody | {"theirs": ("ada",)}, nobody | {"operators": ("operators",)})
    assert {name for name in (*nobody, "open") if rights.allow(identity, name)} == seen


@pytest.fixture
def others() -> Iterator[Simulator]:
    """Another camera."""
    with Simulator(Beam(160, 120, "uint16", counter=True), start_pulse_id=1) as simulator:
        yield simulator


@pytest.fixture
async def three(beam: Simulator, others: Simulator, providers: Providers) -> AsyncIterator[tuple[Site, Running]]:
    """A server that knows three of the name ada: its own, a provider's, and a proxy's."""
    provider = await providers.get("oidc-provider-mock")
    outside = Outside(Proxies(["127.0.0.1"], "X-Forwarded-User"), provider=provider.make_client(EVERYBODY))
    async with run_site(
        {"beam": beam.url, "others": others.url},
        users=USERS,
        outside=outside,
        vouchers=[provider.issuer, PROXY],
        rights=Rights({"beam": {"ada"}, "others": ()}, {"beam": (), "others": ()}, {"others": {"operators"}}),
        limits=PlaceLimits(per_user=1),
    ) as site:
        await receiving(beam)
        await receiving(others)
        await provider.know(site)
        yield site, provider


async def test_each_sees_what_is_its_own(three: tuple[Site, Running]) -> None:
    """By the users file and by the proxy the name is listed; by the provider it is not, but one of its groups is."""
    site, provider = three
    for headers in (basic("ada", "right"), BY_PROXY, await site.log_in("ada", "right")):
        async with site.get("/state", headers=headers) as response:
            assert list((await response.json())["cameras"]) == ["beam"]
    async with open_browser() as browser:
        await log_in(browser, site, provider)
        async with browser.get(f"{site.base}/state") as response:
            assert list((await response.json())["cameras"]) == ["others"]
        async with browser.get(f"{site.base}/cameras/beam/snapshot.jpg") as response:
            assert response.status == 404


async def test_each_logs_out_for_itself_and_has_its_own_places(three: tuple[Site, Running]) -> None:
    """Everywhere is everywhere of one's own: a namesake watches on, and takes nobody's place."""
    site, provider = three
    ours = await site.log_in("ada", "right")
    async with (
        open_browser() as browser,
        open_browser() as elsewhere,
        site.get("/cameras/beam/stream.mjpg", headers=ours) as watched,
    ):
        await log_in(browser, site, provider)
        await log_in(elsewhere, site, provider)
        async with browser.get(f"{site.base}/cameras/others/stream.mjpg") as theirs:
            assert (watched.status, theirs.status) == (200, 200)
            await until(lambda: len(list(site.viewers)) == 2)
            async with elsewhere.post(f"{site.base}/logout", data={"everywhere": "1"}, allow_redirects=False) as done:
                assert done.status == 303
            await until(lambda: [viewer.identity.provider for viewer in site.viewers] == [""])
            async with asyncio.timeout(PATIENCE):
                await theirs.content.read()
        async with browser.get(f"{site.base}/state", headers={"Accept": "*/*"}) as response:
            assert response.status == 401
        await log_in(browser, site, provider)
        form = {"everywhere": "1"}
        async with site.session.post(f"{site.base}/logout", headers=ours, data=form, allow_redirects=False) as done:
            assert done.status == 303
        async with browser.get(f"{site.base}/state", headers={"Accept": "*/*"}) as response:
            assert response.status == 200
        async with site.get("/state", headers=ours) as response:
            assert response.status == 401


async def test_state_tells_namesakes_apart(three: tuple[Site, Running]) -> None:
    """Who vouches for a viewer stands beside its name: nobody but the users file, a proxy, or a provider's issuer."""
    site, provider = three
    ours = basic("ada", "right")
    async with (
        open_browser() as browser,
        site.get("/cameras/beam/stream.mjpg", headers=ours),
        site.get("/cameras/beam/stream.mjpg", headers=BY_PROXY),
    ):
        await log_in(browser, site, provider)
        async with browser.get(f"{site.base}/cameras/others/stream.mjpg"):
            await until(lambda: len(list(site.viewers)) == 3)
            async with site.get("/state", headers=ours) as response:
                viewers = (await response.json())["cameras"]["beam"]["viewers"]
            async with browser.get(f"{site.base}/state") as response:
                viewers += (await response.json())["cameras"]["others"]["viewers"]
    named = sorted((viewer["provider"], viewer["user"]) for viewer in viewers)
    assert named == [("", "ada"), (provider.issuer, "ada"), (PROXY, "ada")]


async def test_login_at_the_provider_ends_the_session_before_it(three: tuple[Site, Running]) -> None:
    """Who logs in there leaves no session of before behind, here or there; what it watched ends."""
    site, provider = three
    async with open_browser() as browser:
        form = {"username": "ada", "password": "right"}
        async with browser.post(f"{site.base}/login", data=form, allow_redirects=False) as response:
            first = {"Cookie": response.headers["Set-Cookie"].split(";")[0]}
        async with site.events("/events", headers=first) as events:
            await log_in(browser, site, provider)
            async with asyncio.timeout(PATIENCE):
                await events.response.content.read()  # to the end
    async with site.get("/state", headers=first) as response:
        assert response.status == 401


async def test_a_wrong_token_takes_nothing_from_whom_a_proxy_names(three: tuple[Site, Running]) -> None:
    """Whoever a proxy names is that one, whatever else does not open."""
    site, _ = three
    async with site.get("/state?token=none", headers=BY_PROXY) as response:
        assert response.status == 200
        assert response.headers["Referrer-Policy"] == "no-referrer"
