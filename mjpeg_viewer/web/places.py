"""
How many may watch: in all, each user, from each address.

Knows neither responses nor connections: a place is taken and given back.  At a limit nobody is refused at once, for
a page that is loaded anew closes its old connections at about the time at which it opens the new ones, and a proxy in
between may tell of the one after the other.
"""

import asyncio
from collections import Counter
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address

from mjpeg_viewer.errors import UnavailableError

# Seconds.  A browser closes what it leaves within some milliseconds, and proxies pass that on at once; a person still
# waits for it.
_PATIENCE = 2.0


@dataclass(frozen=True, slots=True)
class PlaceLimits:
    """
    How many places there are.

    Args:
        total: For all viewers together.
        per_user: For each user; those who watch without a login are nobody's.
        per_address: For each IPv4 address and each IPv6 network of 64 bits; None for as many as there are in all.
    """

    total: int = 2000
    per_user: int = 100
    per_address: int | None = None


DEFAULT_LIMITS = PlaceLimits()


class Places:
    """
    The places of one server.

    Args:
        limits: How many there are.
    """

    def __init__(self, limits: PlaceLimits) -> None:
        self._limits = limits
        self._by_user: Counter[str] = Counter()
        self._by_network: Counter[str] = Counter()
        self._freed = asyncio.Event()

    async def take(self, user: str, address: str) -> None:
        """
        Take a place.  With one free it is taken before anything else can run.

        Args:
            user: Who watches; empty for nobody known.
            address: From where; empty where there is none, as in a Unix domain socket.

        Raises:
            UnavailableError: There is none, and none became free for a while; the text says which limit stands.
        """
        network = find_network(address)
        try:
            async with asyncio.timeout(_PATIENCE):
                while self._find_limit(user, network):
                    await self._freed.wait()
        except TimeoutError:
            # One may have become free in the same moment.
            if reason := self._find_limit(user, network):
                raise UnavailableError(reason) from None
        self._by_user[user] += 1
        self._by_network[network] += 1

    def free(self, user: str, address: str) -> None:
        """Give a place back."""
        for counter, key in ((self._by_user, user), (self._by_network, find_network(address))):
            counter[key] -= 1
            if not counter[key]:
                del counter[key]  # who came once is not remembered for ever
        self._freed.set()  # wakes those who wait now; whoever comes to wait later waits for the next
        self._freed.clear()

    def _find_limit(self, user: str, network: str) -> str:
        """Return which limit stands against one more, as a sentence; empty if none does."""
        limits = self._limits
        if user and self._by_user[user] >= limits.per_user:
            return f"{limits.per_user} viewers of {user} watch already (viewers.per_user); close another first"
        if network and limits.per_address is not None and self._by_network[network] >= limits.per_address:
            return f"{limits.per_address} viewers at {network} watch already (viewers.per_address); close another first"
        if self._by_user.total() >= limits.total:
            return f"{limits.total} viewers watch already (viewers.total); try again when some have left"
        return ""


def find_network(address: str) -> str:
    """
    Return by what an address is counted: itself, or of IPv6 the first 64 bits, for a machine has all the others.

    What is no IP address is counted by nothing, and is empty.
    """
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:  # an IPv4 viewer of a server that listens on "::"
            return str(parsed.ipv4_mapped)
        return str(IPv6Network((int(parsed), 64), strict=False))
    return str(parsed)
