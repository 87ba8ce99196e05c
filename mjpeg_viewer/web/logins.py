"""
Who is who: sessions, passwords and the login link, without HTTP.

What this knows of a session stands in the encrypted cookie; here is only which of them are void.
"""

import asyncio
import hmac
import secrets
from collections.abc import MutableMapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from mjpeg_viewer.users import Users


@dataclass(frozen=True, slots=True)
class Identity:
    """
    Somebody who may watch.

    Args:
        user: The name; empty where no login is needed.
        session: The session's id; empty for programs that send name and password each time.
        fingerprint: What the user's password was when this was found out; None where no login is needed.
    """

    user: str
    session: str = ""
    fingerprint: str | None = None


class Logins:
    """
    Tells who may watch.

    Args:
        users: Names and passwords, or None if everybody may watch without a login.
        executor: Where passwords are hashed; its size bounds how much of the machine a guesser can take.
        link_user: The user that the one-time login link logs in; None for no link.

    Attributes:
        link_secret: What the link must carry; None when it has been used, or there is none.
    """

    def __init__(self, users: Users | None, executor: Executor, link_user: str | None = None) -> None:
        self._users = users
        self._executor = executor
        self._link_user = link_user
        self.link_secret = None if link_user is None else secrets.token_urlsafe(24)
        self._ended: set[str] = set()

    @property
    def needed(self) -> bool:
        """Whether anybody must log in at all."""
        return self._users is not None

    async def check_password(self, user: str, password: str) -> Identity | None:
        """Return whose password this is: at once if it was checked before, else after a third of a second."""
        users = self._users
        if users is None:
            return None
        if not users.remembers(user, password):
            loop = asyncio.get_running_loop()
            if not await loop.run_in_executor(self._executor, users.verify, user, password):
                return None
        return Identity(user, fingerprint=users.find_fingerprint(user))

    def use_link(self, secret: str) -> str | None:
        """Return whom the login link logs in, once; None if the secret is wrong or was used."""
        if self.link_secret is None or not hmac.compare_digest(secret.encode(), self.link_secret.encode()):
            return None
        self.link_secret = None
        return self._link_user

    def begin(self, session: MutableMapping[str, Any], user: str) -> None:
        """Make a new session the user's; it holds until the password changes."""
        session["user"] = user
        session["id"] = secrets.token_urlsafe(12)
        session["fingerprint"] = self._find_fingerprint(user)

    def find(self, session: MutableMapping[str, Any]) -> Identity | None:
        """Return whose session this is, or None if it is nobody's (any more)."""
        user, key, fingerprint = session.get("user"), session.get("id"), session.get("fingerprint")
        if not (isinstance(user, str) and isinstance(key, str) and isinstance(fingerprint, str)):
            return None
        identity = Identity(user, key, fingerprint)
        return identity if self.holds(identity) else None

    def end(self, identity: Identity) -> None:
        """Make a session void, copies of its cookie included."""
        if identity.session:
            self._ended.add(identity.session)

    def holds(self, identity: Identity) -> bool:
        """Tell whether somebody who was let in may still watch: not logged out, and the password is the same."""
        return identity.session not in self._ended and identity.fingerprint == self._find_fingerprint(identity.user)

    def _find_fingerprint(self, user: str) -> str | None:
        return None if self._users is None else self._users.find_fingerprint(user)
