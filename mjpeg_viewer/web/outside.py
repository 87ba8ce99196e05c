"""What stands around the server: proxies before it, sites that show its pictures, where people have their accounts."""

from collections.abc import Callable
from dataclasses import dataclass, field

from mjpeg_viewer.web.forwarded import Proxies
from mjpeg_viewer.web.logins import PROXY, Identity
from mjpeg_viewer.web.oidc import Provider


@dataclass(frozen=True, slots=True)
class Outside:
    """
    What a server knows of its surroundings.

    Args:
        proxies: The proxies that are trusted.
        embed_origins: Sites whose pages may show the cameras.
        provider: Where people log in who have their account elsewhere; None for nowhere.
        encrypted: Whether the server speaks TLS itself.
        hosts: By which names it may be asked; None for every name, where people log in, else for none.
    """

    proxies: Proxies = field(default_factory=Proxies)
    embed_origins: tuple[str, ...] = ()
    provider: Provider | None = None
    encrypted: bool = False
    hosts: frozenset[str] | None = None

    def find_vouchers(self) -> dict[str, Callable[[Identity], bool]]:
        """Return who may vouch for users, and what tells whether one of theirs may still watch."""
        vouchers: dict[str, Callable[[Identity], bool]] = {}
        if self.provider is not None:
            vouchers[self.provider.issuer] = self.provider.holds
        if self.proxies.user_header is not None:
            vouchers[PROXY] = lambda _: True  # whom it names with each request, it lets in with each
        return vouchers


ALONE = Outside()
"""Nobody is trusted, nobody embeds, and it has no name."""
