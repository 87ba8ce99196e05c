"""Who of those whom an OpenID Connect provider knows may watch, and by which name."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from mjpeg_viewer.errors import SignOnError, ViewerError
from mjpeg_viewer.htpasswd import check_name

_EVERYBODY = "*"


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody whom the provider knows and who may watch."""

    user: str
    groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Access:
    """
    Who of a provider's people may watch, and how they are named.

    Args:
        users: Names; ``*`` for everybody whom the provider knows.
        groups: Names of groups.
        user_claim: The claim that is a user's name.
        groups_claim: The claim that lists a user's groups.
        noted: Groups that let nobody in, but mean something to some camera.
    """

    users: frozenset[str]
    groups: frozenset[str]
    user_claim: str = "preferred_username"
    groups_claim: str = "groups"
    noted: frozenset[str] = frozenset()

    def admit(self, claims: Mapping[str, Any], provider: str) -> Person:
        """
        Return who it is by these claims, if that one may watch.

        Args:
            claims: What the provider says of somebody, proved.
            provider: Its name, for people.

        Raises:
            SignOnError: Nobody who may watch; the text says why.
        """
        try:
            user = check_name(str(claims.get(self.user_claim) or ""))
        except ViewerError as error:
            raise SignOnError(f"the claim {self.user_claim}: {error}") from None
        if self.user_claim == "email" and claims.get("email_verified") is not True:
            raise SignOnError(f"{provider} has not verified the address {user}")
        found = claims.get(self.groups_claim)
        groups = tuple(group for group in found if isinstance(group, str)) if isinstance(found, list) else ()
        if not self.allow(user, groups):
            raise SignOnError(f"{user} is known to {provider}, but may not watch here")
        # Only groups that mean something here: the session has to fit a cookie.
        return Person(user, tuple(group for group in groups if group in self.groups | self.noted))

    def allow(self, user: str, groups: Iterable[str]) -> bool:
        """Tell whether a user whom the provider knows, and says to be in these groups, may watch."""
        return bool(self.users & {user, _EVERYBODY} or self.groups & {*groups})
