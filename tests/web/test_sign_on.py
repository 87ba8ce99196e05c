"""Single sign-on: logging in at real OpenID Connect providers, and every way that must not lead in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from yarl import URL

from mjpeg_viewer.simulator import Simulator
from mjpeg_viewer.web.access import Access
from mjpeg_viewer.web.keys import PROVIDER
from mjpeg_viewer.web.outside import Outside
from tests.kit import PATIENCE, Site, receiving, run_site, until
from tests.web.conftest import USERS
from tests.web.providers import KINDS, SECRET, Providers, Running

OPERATORS = Access(frozenset(), frozenset({"operators"}))
BROWSER = {"User-Agent": "Mozilla/5.0", "Accept": "text/html"}


@asynccontextmanager
async def run_both(
    beam: Simulator,
    providers: Providers,
    kind: str = KINDS[0],
    access: Access = OPERATORS,
    secret: str | None = SECRET,
    session_seconds: float = 3600,
) -> AsyncIterator[tuple[Site, Running]]:
    """A provider, and a server where one logs in at it and in no other way."""
    provider = await providers.get(kind)
    client = provider.make_client(access, secret, session_seconds)
    vouchers = [provider.issuer]
    async with run_site({"beam": beam.url}, outside=Outside(provider=client), vouchers=vouchers) as site:
        await receiving(beam)
        await provider.know(site)
        yield site, provider


@asynccontextmanager
async def open_browser() -> AsyncIterator[aiohttp.ClientSession]:
    """Something that keeps cookies, one for each port as they are named."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True), headers=BROWSER) as browser:
        yield browser


async def begin(browser: aiohttp.ClientSession, site: Site, after: str = "/") -> URL:
    """Click on the button; where the provider's page is."""
    url = URL(f"{site.base}/login/oidc").with_query(next=after)
    async with browser.get(url, allow_redirects=False) as response:
        assert response.status == 303, await response.text()
        return URL(response.headers["Location"], encoded=True)


async def come_back(browser: aiohttp.ClientSession, url: URL) -> tuple[int, str, str]:
    """Come back from the provider: status, location and text."""
    async with browser.get(url, allow_redirects=False) as response:
        return response.status, response.headers.get("Location", ""), await response.text()


async def log_in(browser: aiohttp.ClientSession, site: Site, provider: Running, subject: str = "sub-ada") -> None:
    """Log in from beginning to end."""
    back = await provider.log_in(browser, await begin(browser, site), subject)
    assert (await come_back(browser, back))[:2] == (303, "/")


async def status_of(browser: aiohttp.ClientSession, site: Site) -> int:
    """Whether this browser may watch."""
    async with browser.get(f"{site.base}/state", headers={"Accept": "*/*"}) as response:
        return response.status


@pytest.mark.parametrize(("kind", "secret"), [*((kind, SECRET) for kind in KINDS), (KINDS[1], None)])
async def test_person_logs_in_at_the_provider(beam: Simulator, providers: Providers, kind: str, secret: str | None):
    """From the page asked for over our login page and the provider's own to that page, with the name and the stream."""
    async with run_both(beam, providers, kind, secret=secret) as (site, provider), open_browser() as browser:
        async with site.get("/state") as response:
            assert response.status == 401
            assert "WWW-Authenticate" not in response.headers  # no password would help
        async with browser.get(f"{site.base}/cameras/beam?width=5") as response:
            page = await response.text()
            assert response.url.path == "/login"
        assert 'href="/login/oidc?next=/cameras/beam%3Fwidth%3D5">Log in with PSI</a>' in page
        assert 'name="password"' not in page
        there = await begin(browser, site, "/cameras/beam?width=5")
        assert str(there).startswith(provider.issuer)
        assert there.query["code_challenge_method"] == "S256"
        back = await provider.log_in(browser, there, "sub-ada")
        assert back.path == "/login/oidc/callback"
        assert (await come_back(browser, back))[:2] == (303, "/cameras/beam?width=5")
        async with browser.get(f"{site.base}/") as response:
            assert '<span class="user">ada</span>' in await response.text()
        async with browser.get(f"{site.base}/cameras/beam/stream.mjpg"):
            await site.until_watched()
            (viewer,) = site.viewers
            assert (viewer.identity.user, viewer.identity.groups) == ("ada", ("operators",))
            assert viewer.identity.provider == provider.issuer


@pytest.mark.parametrize("kind", KINDS)
async def test_person_of_no_such_group_stays_out(beam: Simulator, providers: Providers, kind: str):
    """Who is known there, but may not watch here, is told so and gets no session; and so is a name that is none."""
    async with run_both(beam, providers, kind) as (site, provider), open_browser() as browser:
        for subject, reason in (("sub-bob", "bob is known to PSI, but may not watch here"), ("sub-eve", "user name")):
            back = await provider.log_in(browser, await begin(browser, site), subject)
            status, _, page = await come_back(browser, back)
            assert status == 403
            assert reason in page
            assert await status_of(browser, site) == 401
            browser.cookie_jar.clear()


@pytest.mark.parametrize(
    ("access", "may"),
    [
        (Access(frozenset({"*"}), frozenset()), True),
        (Access(frozenset({"bob"}), frozenset()), True),
        (Access(frozenset({"ada"}), frozenset({"operators"})), False),
        (Access(frozenset(), frozenset({"*"})), False),
        (Access(frozenset({"*"}), frozenset(), user_claim="missing"), False),
        (Access(frozenset({"*"}), frozenset(), user_claim="email"), False),  # not verified
        (Access(frozenset(), frozenset({"guests"}), groups_claim="missing"), False),
    ],
)
async def test_who_may_is_the_configurations_word(beam: Simulator, providers: Providers, access: Access, may: bool):
    """By name, by group, or everybody; a claim that does not come lets nobody in."""
    async with run_both(beam, providers, access=access) as (site, provider), open_browser() as browser:
        back = await provider.log_in(browser, await begin(browser, site), "sub-bob")
        assert (await come_back(browser, back))[0] == (303 if may else 403)
        assert await status_of(browser, site) == (200 if may else 401)


# -- what must not lead in


async def test_answer_is_good_for_one_browser_and_once(beam: Simulator, providers: Providers):
    """What the provider sends back proves nothing in another browser, nor a second time."""
    async with run_both(beam, providers) as (site, provider), open_browser() as browser, open_browser() as other:
        back = await provider.log_in(browser, await begin(browser, site), "sub-ada")
        assert (await come_back(other, back))[0] == 403
        await begin(other, site)
        status, _, page = await come_back(other, back)
        assert status == 403
        assert "begun elsewhere" in page
        assert await status_of(other, site) == 401
        assert (await come_back(browser, back))[0] == 303
        async with browser.post(f"{site.base}/logout"):
            pass
        assert (await come_back(browser, back))[0] == 403
        assert await status_of(browser, site) == 401


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"state": "guessed"}, "begun elsewhere"),
        ({"state": ""}, "begun elsewhere"),
        ({"state": "\udce9"}, "begun elsewhere"),
        ({"code": "guessed"}, "PSI answered 400 invalid_grant"),
        ({"code": ""}, "PSI answered 400"),
        ({"iss": "https://evil.example"}, "another provider answered than was asked"),
        ({"error": "access_denied", "error_description": "<b>no</b>"}, "PSI refused: &lt;b&gt;no&lt;/b&gt;."),
    ],
)
@pytest.mark.parametrize("kind", KINDS)
async def test_forged_answer_is_refused(
    beam: Simulator, providers: Providers, kind: str, change: dict[str, str], reason: str
):
    """A guessed state or code, another provider's answer, or a refusal: 403, the reason, and no session."""
    async with run_both(beam, providers, kind) as (site, provider), open_browser() as browser:
        back = await provider.log_in(browser, await begin(browser, site), "sub-ada")
        query = "&".join(
            f"{key}={value}" if "\udce9" not in value else f"{key}=%e9"
            for key, value in {**back.query, **change}.items()
        )
        status, _, page = await come_back(browser, URL(f"{back.with_query(None)}?{query}", encoded=True))
        assert (status, reason in page) == (403, True), page
        assert (await come_back(browser, back))[0] == 403  # what was begun is good for one answer
        assert await status_of(browser, site) == 401


async def test_whoever_only_fails_is_told_to_wait(beam: Simulator, providers: Providers):
    """Each answer that is no good is a question to the provider: from one address there are only so many."""
    async with run_both(beam, providers) as (site, _), open_browser() as browser:
        statuses = []
        for _ in range(21):
            way = await begin(browser, site)
            back = URL(way.query["redirect_uri"]).with_query(state=way.query["state"], code="guessed")
            async with browser.get(back, allow_redirects=False) as response:
                statuses.append(response.status)
        assert statuses == [403] * 20 + [429]
        assert 1 <= int(response.headers["Retry-After"]) <= 5


async def test_login_that_takes_too_long_begins_anew(
    beam: Simulator, providers: Providers, monkeypatch: pytest.MonkeyPatch
):
    """What was begun is good for ten minutes."""
    monkeypatch.setattr("mjpeg_viewer.web.sign_on._PATIENCE", -1)
    async with run_both(beam, providers) as (site, provider), open_browser() as browser:
        back = await provider.log_in(browser, await begin(browser, site, "/state"), "sub-ada")
        status, _, page = await come_back(browser, back)
        assert status == 403
        assert "took too long" in page
        assert "/login/oidc?next=/state" in page


@pytest.mark.parametrize("after", ["//evil.example", "https://evil.example", "/\\evil.example"])
async def test_login_leads_nowhere_else(beam: Simulator, providers: Providers, after: str):
    """Whatever the link said, after the login one is still here."""
    async with run_both(beam, providers) as (site, provider), open_browser() as browser:
        back = await provider.log_in(browser, await begin(browser, site, after), "sub-ada")
        assert (await come_back(browser, back))[:2] == (303, "/")


async def test_login_makes_a_new_session(beam: Simulator, providers: Providers):
    """The cookie with which the login began is not a session afterwards, and nothing secret stands in either."""
    async with run_both(beam, providers) as (site, provider), open_browser() as browser:
        there = await begin(browser, site)
        (before,) = [cookie.value for cookie in browser.cookie_jar]
        assert there.query["state"] not in before
        assert (await come_back(browser, await provider.log_in(browser, there, "sub-ada")))[0] == 303
        async with site.get("/state", headers={"Cookie": f"mjpeg-viewer-{site.port}={before}"}) as response:
            assert response.status == 401


# -- how long it holds


async def test_logout_and_expiry_end_what_is_watched(
    beam: Simulator, providers: Providers, monkeypatch: pytest.MonkeyPatch
):
    """A login holds as long as the configuration says, or until the logout; what it watches ends with it."""
    monkeypatch.setattr("mjpeg_viewer.web.viewers._TICK", 0.02)
    for seconds in (3600, 2):
        async with run_both(beam, providers, session_seconds=seconds) as (site, provider), open_browser() as browser:
            await log_in(browser, site, provider)
            async with browser.get(f"{site.base}/cameras/beam/stream.mjpg") as stream:
                await site.until_watched()
                if seconds == 3600:
                    async with browser.post(f"{site.base}/logout"):
                        pass
                async with asyncio.timeout(PATIENCE):
                    await stream.content.read()
            await until(lambda: not list(site.viewers))
            assert await status_of(browser, site) == 401


BOB = Access(frozenset({"bob"}), frozenset())


@pytest.mark.parametrize(
    ("access", "seconds", "holds"),
    [
        (OPERATORS, 3600, True),
        (Access(frozenset({"ada"}), frozenset()), 3600, True),
        (Access(frozenset({"*"}), frozenset()), 7200, True),
        (BOB, 3600, False),
        (Access(frozenset({"bob"}), frozenset({"staff"})), 3600, False),
        (Access(frozenset({"ada"}), frozenset(), user_claim="sub"), 3600, False),
        (Access(frozenset({"ada"}), frozenset({"operators"}), groups_claim="roles"), 3600, False),
        (OPERATORS, 0.001, False),
    ],
)
async def test_session_is_worth_what_the_configuration_says_now(
    beam: Simulator, providers: Providers, access: Access, seconds: float, holds: bool
):
    """Whoever was taken out of users or groups is out at the next start, however long the login was to hold."""
    provider = await providers.get(KINDS[0])
    async with open_browser() as browser:
        outside = Outside(provider=provider.make_client(OPERATORS))
        async with run_site({"beam": beam.url}, outside=outside) as site:
            await provider.know(site)
            await log_in(browser, site, provider)
            port = site.port
        outside = Outside(provider=provider.make_client(access, session_seconds=seconds))
        async with run_site({"beam": beam.url}, outside=outside, port=port) as site:
            assert await status_of(browser, site) == (200 if holds else 401)


async def test_rights_are_looked_up_at_each_request(
    beam: Simulator, providers: Providers, monkeypatch: pytest.MonkeyPatch
):
    """Nothing is remembered of what was allowed: not at the next request, and an open stream ends with it."""
    monkeypatch.setattr("mjpeg_viewer.web.viewers._TICK", 0.02)
    async with run_both(beam, providers) as (site, provider), open_browser() as browser:
        await log_in(browser, site, provider)
        async with browser.get(f"{site.base}/cameras/beam/stream.mjpg") as stream:
            await site.until_watched()
            monkeypatch.setattr(site.app[PROVIDER], "_access", BOB)
            async with asyncio.timeout(PATIENCE):
                await stream.content.read()
        assert await status_of(browser, site) == 401


async def test_session_of_a_provider_that_is_no_more_is_void(beam: Simulator, providers: Providers):
    """Whom a provider vouched for is out as soon as the configuration names another one, or none."""
    async with run_both(beam, providers) as (site, provider), open_browser() as browser:
        await log_in(browser, site, provider)
        (cookie,) = [f"{cookie.key}={cookie.value}" for cookie in browser.cookie_jar if "viewer" in cookie.key]
        port = site.port
    for vouchers in (["https://other.example"], ["proxy"], []):
        async with (
            run_site({"beam": beam.url}, users=USERS, port=port, vouchers=vouchers) as site,
            site.get("/state", headers={"Cookie": cookie}) as response,
        ):
            assert response.status == 401
