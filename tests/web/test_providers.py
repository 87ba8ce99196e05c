"""OpenID Connect providers that are away, slow, or none; and configurations by which nobody could be proved."""

import asyncio

import aiohttp
import pytest

from mjpeg_viewer.errors import ConfigurationError, SignOnError, UnavailableError
from mjpeg_viewer.simulator import Simulator
from mjpeg_viewer.web.access import Access
from mjpeg_viewer.web.id_tokens import check_id_token
from mjpeg_viewer.web.oidc import Provider
from mjpeg_viewer.web.outside import Outside
from tests.kit import run_site, until
from tests.web.providers import KINDS, run_provider

OPERATORS = Access(frozenset(), frozenset({"operators"}))


async def test_provider_that_is_away_is_said(beam: Simulator):
    """Nobody there: 503 with the reason, and as soon as it is back one can log in."""
    async with run_provider(KINDS[0]) as provider:
        issuer = provider.issuer
        client = provider.make_client(OPERATORS)
    async with (
        run_site({"beam": beam.url}, outside=Outside(provider=client), vouchers=[issuer]) as site,
        site.get("/login/oidc") as response,
    ):
        assert response.status == 503
        assert "PSI cannot be asked who somebody is" in await response.text()
        assert int(response.headers["Retry-After"]) > 0


def make_provider(issuer: str, **options: object) -> Provider:
    """Make a client of a provider."""
    arguments = {"scopes": ("openid",), "access": OPERATORS, **options}
    return Provider(issuer, "viewer", None, session_seconds=60, check_token=check_id_token, **arguments)


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({"issuer": "https://evil.example"}, "calls itself 'https://evil.example', not"),
        ({"issuer": None}, "calls itself None"),
        ({"token_endpoint": "http://provider.example/token"}, "token_endpoint is 'http://provider.example/token'"),
        ({"jwks_uri": None}, "jwks_uri is None"),
        ({"authorization_endpoint": "javascript:alert(1)"}, "authorization_endpoint is 'javascript:alert"),
        ("no JSON", "answered 200 no JSON"),
        (["a list"], "answered 200"),
    ],
)
async def test_provider_that_says_what_cannot_be_is_refused(about: object, reason: str):
    """Another name than the configured, an address that anybody could read along at, or rubbish."""

    async def describe(request: aiohttp.web.Request) -> aiohttp.web.Response:
        issuer = f"http://{request.host}"
        good = {key: f"{issuer}/{key}" for key in ("authorization_endpoint", "token_endpoint", "jwks_uri")}
        if isinstance(about, dict):
            return aiohttp.web.json_response({"issuer": issuer, **good, **about})
        return aiohttp.web.json_response(about) if isinstance(about, list) else aiohttp.web.Response(text=str(about))

    app = aiohttp.web.Application()
    app.router.add_get("/.well-known/openid-configuration", describe)
    runner = aiohttp.web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
        port = runner.addresses[0][1]
        with pytest.raises(SignOnError) as caught:
            await make_provider(f"http://127.0.0.1:{port}").begin("http://a/login/oidc/callback")
        assert reason in str(caught.value)
    finally:
        await runner.cleanup()


async def test_provider_is_asked_by_few_at_a_time():
    """Thousands who begin to log in do not become thousands of requests to the provider."""
    asked, wait = [], asyncio.Event()

    async def describe(_request: aiohttp.web.Request) -> aiohttp.web.Response:
        asked.append(True)
        await wait.wait()
        return aiohttp.web.Response(status=500)

    app = aiohttp.web.Application()
    app.router.add_get("/.well-known/openid-configuration", describe)
    runner = aiohttp.web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await aiohttp.web.TCPSite(runner, "127.0.0.1", 0).start()
        provider = make_provider(f"http://127.0.0.1:{runner.addresses[0][1]}")
        logins = [asyncio.create_task(provider.begin("http://a/back")) for _ in range(50)]
        await until(lambda: len(asked) == 8)
        wait.set()
        results = await asyncio.gather(*logins, return_exceptions=True)
        assert [type(result) for result in results].count(UnavailableError) == 42
        assert len(asked) == 8
    finally:
        await runner.cleanup()


@pytest.mark.parametrize(
    ("issuer", "options", "sentence"),
    [
        ("http://sso.example", {}, r"oidc\.issuer: .*expected an URL with https"),
        ("sso.example", {}, r"oidc\.issuer"),
        ("https://sso.example", {"scopes": ("profile",)}, r"oidc\.scopes"),
        ("https://sso.example", {"access": Access(frozenset(), frozenset())}, "nobody may watch; name oidc.users"),
    ],
)
def test_configuration_that_proves_nothing_is_refused(issuer: str, options: dict[str, object], sentence: str):
    """Anybody could read along, or nobody could come in: it does not start."""
    with pytest.raises(ConfigurationError, match=sentence):
        make_provider(issuer, **options)
