"""
Who is who: sessions, passwords, tokens and the login link, without HTTP.

What this knows of a session stands in the encrypted cookie; which of them are void before their time, in ended; what
tokens allow, in tokens; how many passwords are checked at once, in checks; and how often a login may fail, in
throttle.
"""

import hmac
import secrets
import time
from collections.abc import Callable, Mapping, MutableMapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from mjpeg_viewer.users import Users
from mjpeg_viewer.web.checks import PasswordChecks
from mjpeg_viewer.web.ended import EndedSessions
from mjpeg_viewer.web.sessions import MAX_AGE
from mjpeg_viewer.web.throttle import Attempt, Throttle
from mjpeg_viewer.web.tokens import Tokens

PROXY = "proxy"
"""The provider of those whom a trusted proxy vouches for."""


@dataclass(frozen=True, slots=True)
class Identity:
    """
    Somebody who may watch.

    Args:
        user: The name; of a token "token NAME", which no user can be called; empty where no login is needed.
        session: The session's id; empty for programs that send name and password or a token each time.
        fingerprint: What the user's password was when this was found out, or by which of his claims a provider named
            him; None where there is neither.
        expires: When session or token ends by itself, in seconds since the epoch; None where there is neither.
        began: When the session began, in seconds since the epoch.
        token: The token's id; empty where there is none.
        camera: The only camera that may be seen; None for all that the user may see.
        provider: Who vouches for the user: an OpenID Connect issuer, PROXY, or nobody (empty) but the password.
        groups: The groups that the provider says the user is in.
    """

    user: str
    session: str = ""
    fingerprint: str | None = None
    expires: float | None = None
    began: int = 0
    token: str = ""
    camera: str | None = None
    provider: str = ""
    groups: tuple[str, ...] = ()

    @property
    def account(self) -> str:
        """Return what no one else has: the name, and who vouches for it where that is not the users file."""
        return f"{self.user} ({self.provider})" if self.provider else self.user


class Logins:
    """
    Tells who may watch.

    Args:
        users: Names and passwords, or None if there are none.
        executor: Where passwords are hashed; its size bounds how much of the machine a guesser can take.
        link_user: The user that the one-time login link logs in; None for no link.
        ended: The sessions that were ended; None to begin with none, and forget them with this.
        tokens: What tokens there are; None for none.
        throttle: Counts failed logins; None to begin with none.
        providers: Who may vouch for users, and what tells whether one of theirs may still watch.  With neither users
            nor providers everybody may watch.

    Attributes:
        link_secret: What the link must carry; None when it has been used, or there is none.
    """

    def __init__(
        self,
        users: Users | None,
        executor: Executor,
        link_user: str | None = None,
        ended: EndedSessions | None = None,
        tokens: Tokens | None = None,
        throttle: Throttle | None = None,
        providers: Mapping[str, Callable[[Identity], bool]] | None = None,
    ) -> None:
        self._users = users
        self._link_user = link_user
        self.link_secret = None if link_user is None else secrets.token_urlsafe(24)
        self._ended = EndedSessions() if ended is None else ended
        self._tokens = tokens
        self._throttle = Throttle() if throttle is None else throttle
        self._providers = dict(providers or {})
        self._checks = PasswordChecks(executor)

    @property
    def needed(self) -> bool:
        """Whether anybody must log in at all."""
        return self._users is not None or bool(self._providers)

    @property
    def by_password(self) -> bool:
        """Whether anybody can log in with a password."""
        return self._users is not None

    @property
    def by_token(self) -> bool:
        """Whether there can be tokens."""
        return self._tokens is not None

    async def check_password(self, user: str, password: str, address: str) -> Identity | None:
        """
        Return whose password this is: at once if it was checked before, else after a third of a second.

        Args:
            user: The name.
            password: The password.
            address: Where it comes from.

        Raises:
            TooManyFailuresError: Too many failed before, of this user or from there.
            UnavailableError: Too many are being checked just now.
        """
        users = self._users
        if users is None:
            return None
        # Before all else: else whoever has to wait could still find out which passwords were checked before.
        attempt = self._throttle.begin(user, address)
        # As it is now: a password that is changed while it is checked opens nothing.
        identity = Identity(user, fingerprint=users.find_fingerprint(user))
        if not users.remembers(user, password) and not await self._checks.run(
            users, user, password, identity.fingerprint, attempt
        ):
            return None
        attempt.succeed()
        return identity if self.holds(identity) else None

    def check_token(self, text: str, address: str) -> Identity | None:
        """
        Return for whom a token speaks; None if it is none, or is not valid any more.

        Raises:
            TooManyFailuresError: It is none, and there were too many of that kind from there.
        """
        token = None if self._tokens is None else self._tokens.find(text)
        if token is None:
            self._throttle.begin_other("token", address)
            return None
        if token.state != "valid":
            return None
        return Identity(f"token {token.name}", expires=token.expires, token=token.id, camera=token.camera)

    def begin_sign_on(self, address: str) -> Attempt:
        """
        Begin to ask a provider who somebody is.

        Raises:
            TooManyFailuresError: Too many from there failed before.
        """
        return self._throttle.begin_other("sign-on", address)

    def use_link(self, secret: str) -> Identity | None:
        """Return whom the login link logs in, once; None if the secret is wrong or was used."""
        if self.link_secret is None or not hmac.compare_digest(secret.encode(), self.link_secret.encode()):
            return None
        self.link_secret = None
        user = self._link_user or ""
        return Identity(user, fingerprint=self._find_fingerprint(user))

    def begin(self, session: MutableMapping[str, Any], identity: Identity, seconds: float = MAX_AGE) -> None:
        """Make a new session somebody's; it holds for so many seconds, or until the password changes."""
        session["user"] = identity.user
        session["id"] = secrets.token_urlsafe(12)
        session["fingerprint"] = identity.fingerprint
        session["provider"] = identity.provider
        session["groups"] = [*identity.groups]
        session["began"] = self._find_beginning(identity)
        session["expires"] = int(time.time() + seconds)

    def vouch(self, user: str) -> Identity | None:
        """Return whom a trusted proxy names, if proxies may vouch."""
        identity = Identity(user, provider=PROXY)
        return identity if self.holds(identity) else None

    def find(self, session: MutableMapping[str, Any]) -> Identity | None:
        """Return whose session this is, or None if it is nobody's (any more)."""
        user, key, fingerprint = session.get("user"), session.get("id"), session.get("fingerprint")
        began, expires, provider = session.get("began"), session.get("expires"), session.get("provider", "")
        if not (isinstance(user, str) and isinstance(key, str) and isinstance(provider, str)):
            return None
        if not (isinstance(fingerprint, str) and isinstance(began, int) and isinstance(expires, int)):
            return None
        groups = tuple(session.get("groups", ()))
        identity = Identity(user, key, fingerprint, expires, began, provider=provider, groups=groups)
        return identity if self.holds(identity) else None

    def end(self, identity: Identity) -> None:
        """Make a session void, copies of its cookie included."""
        if identity.session:
            self._ended.add(identity.session, identity.began)

    def end_all(self, identity: Identity) -> None:
        """Make all of a user's sessions void, wherever they are."""
        self._ended.add_all(identity.account, self._find_beginning(identity))

    def _find_beginning(self, identity: Identity) -> int:
        """Return now, in seconds, or later: after all sessions that were ended together within this second."""
        return max(int(time.time()), self._ended.find_all(identity.account) + 1)

    def holds(self, identity: Identity) -> bool:
        """Tell whether who was let in may still watch: in time, not logged out or revoked, the password the same."""
        if identity.expires is not None and identity.expires <= time.time():
            return False
        if identity.token:
            return self._tokens is not None and self._tokens.holds(identity.token)
        if identity.expires is not None and (
            self._ended.has(identity.session, identity.began)
            or identity.began <= self._ended.find_all(identity.account)
        ):
            return False
        if identity.provider:
            holds = self._providers.get(identity.provider)
            return holds is not None and holds(identity)
        if identity.fingerprint is None:
            return not self.needed
        return identity.fingerprint == self._find_fingerprint(identity.user)

    def _find_fingerprint(self, user: str) -> str | None:
        return None if self._users is None else self._users.find_fingerprint(user)
