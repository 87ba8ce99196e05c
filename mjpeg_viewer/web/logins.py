"""
Who is who: sessions, passwords and the login link, without HTTP.

What this knows of a session stands in the encrypted cookie; which of them are void before their time, in ended.
"""

import asyncio
import hmac
import secrets
import time
from collections.abc import MutableMapping
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Any

from mjpeg_viewer.errors import UnavailableError
from mjpeg_viewer.users import Users
from mjpeg_viewer.web.ended import EndedSessions
from mjpeg_viewer.web.sessions import MAX_AGE

# So many passwords are checked or wait for it.  A guesser who sends more is told to wait, and costs nothing; the last
# in line waits some 5 s for its answer where one thread checks.
_MAX_CHECKS = 16


@dataclass(frozen=True, slots=True)
class Identity:
    """
    Somebody who may watch.

    Args:
        user: The name; empty where no login is needed.
        session: The session's id; empty for programs that send name and password each time.
        fingerprint: What the user's password was when this was found out; None where no login is needed.
        expires: When the session ends by itself, in seconds since the epoch; None where there is no session.
    """

    user: str
    session: str = ""
    fingerprint: str | None = None
    expires: float | None = None


class Logins:
    """
    Tells who may watch.

    Args:
        users: Names and passwords, or None if everybody may watch without a login.
        executor: Where passwords are hashed; its size bounds how much of the machine a guesser can take.
        link_user: The user that the one-time login link logs in; None for no link.
        ended: The sessions that were ended; None to begin with none, and forget them with this.

    Attributes:
        link_secret: What the link must carry; None when it has been used, or there is none.
    """

    def __init__(
        self,
        users: Users | None,
        executor: Executor,
        link_user: str | None = None,
        ended: EndedSessions | None = None,
    ) -> None:
        self._users = users
        self._executor = executor
        self._link_user = link_user
        self.link_secret = None if link_user is None else secrets.token_urlsafe(24)
        self._ended = EndedSessions() if ended is None else ended
        self._checks = 0

    @property
    def needed(self) -> bool:
        """Whether anybody must log in at all."""
        return self._users is not None

    async def check_password(self, user: str, password: str) -> Identity | None:
        """
        Return whose password this is: at once if it was checked before, else after a third of a second.

        Raises:
            UnavailableError: Too many are being checked just now.
        """
        users = self._users
        if users is None:
            return None
        if not users.remembers(user, password):
            if self._checks >= _MAX_CHECKS:
                raise UnavailableError("Too many passwords are being checked just now; try again in some seconds.")
            loop = asyncio.get_running_loop()
            self._checks += 1
            try:
                matches = await loop.run_in_executor(self._executor, users.verify, user, password)
            finally:
                self._checks -= 1
            if not matches:
                return None
        return Identity(user, fingerprint=users.find_fingerprint(user))

    def use_link(self, secret: str) -> str | None:
        """Return whom the login link logs in, once; None if the secret is wrong or was used."""
        if self.link_secret is None or not hmac.compare_digest(secret.encode(), self.link_secret.encode()):
            return None
        self.link_secret = None
        return self._link_user

    def begin(self, session: MutableMapping[str, Any], user: str) -> None:
        """Make a new session the user's; it holds for a week, or until the password changes."""
        session["user"] = user
        session["id"] = secrets.token_urlsafe(12)
        session["fingerprint"] = self._find_fingerprint(user)
        session["expires"] = int(time.time()) + MAX_AGE

    def find(self, session: MutableMapping[str, Any]) -> Identity | None:
        """Return whose session this is, or None if it is nobody's (any more)."""
        user, key, fingerprint = session.get("user"), session.get("id"), session.get("fingerprint")
        expires = session.get("expires")
        if not (isinstance(user, str) and isinstance(key, str) and isinstance(fingerprint, str)):
            return None
        if not isinstance(expires, int):
            return None
        identity = Identity(user, key, fingerprint, expires)
        return identity if self.holds(identity) else None

    def end(self, identity: Identity) -> None:
        """Make a session void, copies of its cookie included."""
        if identity.expires is not None:
            self._ended.add(identity.session, identity.expires)

    def holds(self, identity: Identity) -> bool:
        """Tell whether somebody who was let in still may watch: not logged out, in time, the password the same."""
        if identity.expires is not None and (
            identity.expires <= time.time() or self._ended.has(identity.session, identity.expires)
        ):
            return False
        return identity.fingerprint == self._find_fingerprint(identity.user)

    def _find_fingerprint(self, user: str) -> str | None:
        return None if self._users is None else self._users.find_fingerprint(user)
