"""
Log in at an OpenID Connect provider: authorization code with PKCE, state and nonce, without HTTP of our own.

A login begins with an URL for the browser and a few secrets that only this browser's session has; it ends with what
the provider sends the browser back with, which is worth nothing without those.
"""

import asyncio
import hmac
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Callable, Mapping
from hashlib import sha256
from ipaddress import ip_address
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

import aiohttp
import orjson

from mjpeg_viewer.errors import ConfigurationError, SignOnError, UnavailableError
from mjpeg_viewer.web.access import Access, Person

# A person waits.
_TIMEOUT = aiohttp.ClientTimeout(total=10.0)

# Documents of a provider have some kB.
_MAX_BYTES = 2**20

# Each login asks the provider up to four times; whoever begins thousands is told to wait.
_MAX_ASKING = 8

CheckToken = Callable[[str, Mapping[str, Any], str, str, str], dict[str, Any]]


class Provider:
    """
    An OpenID Connect provider, as one of its clients sees it.

    Args:
        issuer: Its URL, as it names itself.
        client_id: Our name there.
        secret: Our secret there; None for a public client.
        scopes: What is asked for.
        access: Who may watch.
        session_seconds: How long a login holds.
        check_token: Proves ID tokens.
        name: What people call it; None for its host.

    Attributes:
        access: As given, as are issuer, name and session_seconds.

    Raises:
        ConfigurationError: Nobody could log in by this, or anybody could read along.
    """

    def __init__(
        self,
        issuer: str,
        client_id: str,
        secret: str | None,
        scopes: tuple[str, ...],
        access: Access,
        session_seconds: float,
        check_token: CheckToken,
        name: str | None = None,
    ) -> None:
        if not _is_private(issuer):
            raise ConfigurationError(f"oidc.issuer: {issuer!r}: expected an URL with https")
        if "openid" not in scopes:
            raise ConfigurationError("oidc.scopes: without 'openid' no provider says who somebody is")
        if not access.users and not access.groups:
            raise ConfigurationError(
                "oidc: nobody may watch; name oidc.users or oidc.groups, or say users = ['*'] for everybody whom the"
                " provider knows"
            )
        self.issuer = issuer
        self.name = name or urlsplit(issuer).hostname or issuer
        self.session_seconds = session_seconds
        self._client_id = client_id
        self._secret = secret
        self._scopes = scopes
        self.access = access
        self._check_token = check_token
        self._about: Mapping[str, Any] | None = None
        self._asking = asyncio.Semaphore(_MAX_ASKING)

    async def begin(self, back: str) -> tuple[str, dict[str, str]]:
        """
        Begin a login.

        Args:
            back: The URL of ours that the provider is to send the browser back to.

        Returns:
            The URL to send the browser to, and what ``finish`` needs: secrets, for this browser's session alone.

        Raises:
            UnavailableError: The provider cannot be asked.
            SignOnError: It answers what cannot be.
        """
        async with self._ask() as session:
            about = await self._learn(session)
        kept = {key: secrets.token_urlsafe(32) for key in ("state", "nonce", "verifier")} | {"back": back}
        challenge = urlsafe_b64encode(sha256(kept["verifier"].encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self._client_id,
            "redirect_uri": back,
            "scope": " ".join(self._scopes),
            "state": kept["state"],
            "nonce": kept["nonce"],
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        endpoint = about["authorization_endpoint"]
        return f"{endpoint}{'&' if '?' in endpoint else '?'}{urlencode(query)}", kept

    async def finish(self, kept: Mapping[str, str], query: Mapping[str, str]) -> Person:
        """
        End a login.

        Args:
            kept: What ``begin`` returned.
            query: What the browser came back with.

        Raises:
            UnavailableError: The provider cannot be asked.
            SignOnError: Nobody is proved by this, or nobody who may watch.
        """
        if not hmac.compare_digest(query.get("state", "").encode(), kept["state"].encode()):
            raise SignOnError("this login was begun elsewhere; begin it here")
        if query.get("iss", self.issuer) != self.issuer:  # RFC 9207: another provider's answer
            raise SignOnError("another provider answered than was asked")
        if "error" in query:
            raise SignOnError(f"{self.name} refused: {query.get('error_description') or query['error']}"[:300])
        async with self._ask() as session:
            about = await self._learn(session)
            tokens = await self._redeem(session, about, query.get("code", ""), kept)
            keys = await self._fetch(session, "GET", about["jwks_uri"])
            token = str(tokens.get("id_token", ""))
            claims = self._check_token(token, keys, self.issuer, self._client_id, kept["nonce"])
            # Certified providers keep what is not asked for by name out of the token.
            endpoint = about.get("userinfo_endpoint")
            if endpoint and not {self.access.user_claim, self.access.groups_claim} <= claims.keys():
                headers = {"Authorization": f"Bearer {tokens.get('access_token', '')}"}
                more = await self._fetch(session, "GET", endpoint, headers=headers)
                if more.get("sub") != claims["sub"]:
                    raise SignOnError("the provider's answers are of two persons")
                claims = {**more, **claims}
        return self.access.admit(claims, self.name)

    # -- asking the provider

    def _ask(self) -> "_Asking":
        return _Asking(self._asking)

    async def _learn(self, session: aiohttp.ClientSession) -> Mapping[str, Any]:
        """Return what the provider says of itself (OpenID Connect Discovery); asked once, when it first matters."""
        if self._about is None:
            about = await self._fetch(session, "GET", f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
            if about.get("issuer") != self.issuer:
                raise SignOnError(f"the provider calls itself {about.get('issuer')!r}, not {self.issuer!r}")
            for key in ("authorization_endpoint", "token_endpoint", "jwks_uri"):
                if not _is_private(str(about.get(key))):
                    raise SignOnError(f"the provider's {key} is {about.get(key)!r}; expected an URL with https")
            self._about = about
        return self._about

    async def _redeem(
        self, session: aiohttp.ClientSession, about: Mapping[str, Any], code: str, kept: Mapping[str, str]
    ) -> Mapping[str, Any]:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": kept["back"],
            "code_verifier": kept["verifier"],
        }
        headers = {}
        methods = about.get("token_endpoint_auth_methods_supported", ["client_secret_basic"])
        if self._secret is None:
            form["client_id"] = self._client_id
        elif "client_secret_basic" in methods:  # RFC 6749, 2.3.1: both encoded as in a form
            headers["Authorization"] = aiohttp.encode_basic_auth(quote(self._client_id, ""), quote(self._secret, ""))
        else:
            form |= {"client_id": self._client_id, "client_secret": self._secret}
        return await self._fetch(session, "POST", about["token_endpoint"], data=form, headers=headers)

    async def _fetch(self, session: aiohttp.ClientSession, method: str, url: str, **options: Any) -> Mapping[str, Any]:
        try:
            async with session.request(method, url, allow_redirects=False, **options) as response:
                body = await response.content.read(_MAX_BYTES)
                while len(body) < _MAX_BYTES and (more := await response.content.read(_MAX_BYTES)):
                    body += more
        except (aiohttp.ClientError, TimeoutError) as error:
            reason = str(error) or "no answer in time"
            raise UnavailableError(f"{self.name} cannot be asked who somebody is ({reason})") from None
        try:
            document = orjson.loads(body)
        except orjson.JSONDecodeError:
            document = None
        if response.status != 200 or not isinstance(document, dict):
            found = document.get("error", "") if isinstance(document, dict) else "no JSON"
            raise SignOnError(f"{self.name} answered {response.status} {found}".rstrip())
        return document


class _Asking:
    """One conversation with a provider, of few at a time."""

    def __init__(self, places: asyncio.Semaphore) -> None:
        self._places = places

    async def __aenter__(self) -> aiohttp.ClientSession:
        if self._places.locked():
            raise UnavailableError("too many are logging in just now; try again in some seconds")
        await self._places.acquire()
        self._session = aiohttp.ClientSession(timeout=_TIMEOUT, trust_env=True, cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    async def __aexit__(self, *_args: object) -> None:
        await self._session.close()
        self._places.release()


def _is_private(url: str) -> bool:
    """Tell whether nobody between here and there reads along: https, or this very machine."""
    try:
        parts = urlsplit(url)
        return parts.scheme == "https" or (parts.scheme == "http" and ip_address(parts.hostname or "").is_loopback)
    except ValueError:
        return False
