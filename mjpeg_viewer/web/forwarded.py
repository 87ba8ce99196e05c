"""
What proxies say of the request behind theirs: from where it came, by which scheme, for which host, and by whom.

Anybody can send these headers, so they are believed only from the proxies that the configuration names; this machine
itself is none of them unless it is named, for it is where every proxy of a careless setup sits.
"""

import re
from collections.abc import Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, collapse_addresses, ip_address, ip_network
from typing import NoReturn, TypedDict

from aiohttp import hdrs, web
from aiohttp.typedefs import Handler, Middleware

from mjpeg_viewer.errors import ConfigurationError, ViewerError
from mjpeg_viewer.htpasswd import check_name

VOUCHED = web.RequestKey("vouched", str)
"""The user whom a trusted proxy names; not set where it names none."""

_HOST = re.compile(r"(?:[A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(?::[0-9]{1,5})?")

# Some proxies write the port too; IPv6 then stands in brackets, as in RFC 7239.
_WITH_PORT = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::[0-9]{1,5})?|([0-9.]+):[0-9]{1,5}")


class _Changes(TypedDict, total=False):
    remote: str
    scheme: str
    host: str


class Proxies:
    """
    The proxies that are trusted.

    Args:
        networks: Addresses and networks in CIDR notation, e.g. ``10.0.0.0/8``.
        user_header: The header in which they name the user; None for none.

    Raises:
        ConfigurationError: One of them is no network, or a header is to be believed from nobody, or from everybody.
    """

    def __init__(self, networks: Sequence[str] = (), user_header: str | None = None) -> None:
        self._networks = [_parse_network(text) for text in networks]
        self.user_header = user_header
        if user_header is not None and not networks:
            raise ConfigurationError(
                "server.user_header: no proxy is trusted to send it; name yours in server.trusted_proxies"
            )
        if user_header is not None and (everybody := _find_everybody(self._networks)) is not None:
            raise ConfigurationError(
                f"server.trusted_proxies: {everybody} is every address there is, so by server.user_header anybody could"
                " say who he is; name your proxy's own address, e.g. '127.0.0.1' or '10.0.0.5'"
            )

    def trust(self, address: str | None) -> bool:
        """Tell whether this is the address of a trusted proxy."""
        parsed = parse_address(address or "")
        return parsed is not None and any(parsed in network for network in self._networks)

    def find_user(self, request: web.Request) -> str | None:
        """
        Return whom a proxy names as the user; None if nobody is named.

        Raises:
            web.HTTPBadRequest: The header came from somebody else, more than once, or with what is no user's name.
        """
        given = [] if self.user_header is None else request.headers.getall(self.user_header, [])
        if not given:
            return None
        if not self.trust(request.remote):
            _refuse(f"{self.user_header} is for trusted proxies alone; leave it out.")
        if len(given) > 1:
            _refuse(f"{self.user_header} was sent {len(given)} times; once would do.")
        if not given[0]:
            return None
        try:
            return check_name(given[0])
        except ViewerError as error:
            _refuse(f"{self.user_header}: {error}")

    def read(self, request: web.Request) -> _Changes:
        """
        Return what a request's proxies say in place of what the connection says.

        Each proxy appends the address that it was asked from.  Read from the right, all up to the first that is no
        trusted proxy's is known; what stands left of it, anybody can have written.

        Raises:
            web.HTTPBadRequest: A trusted proxy says what cannot be.
        """
        changes: _Changes = {}
        if not self.trust(request.remote):
            return changes
        hops = 1
        addresses = _split(request, hdrs.X_FORWARDED_FOR)
        for text in reversed(addresses):
            changes["remote"] = str(_get_address(text))
            if not self.trust(text) or hops == len(addresses):
                break
            hops += 1
        # The outermost trusted proxy knows how it was asked.  Those behind it append to its word or repeat it.
        schemes, hosts = _split(request, hdrs.X_FORWARDED_PROTO), _split(request, hdrs.X_FORWARDED_HOST)
        if schemes:
            changes["scheme"] = scheme = schemes[-min(hops, len(schemes))].lower()
            if scheme not in ("http", "https"):
                _refuse(f"X-Forwarded-Proto: {scheme!r} is neither http nor https.")
        if hosts:
            changes["host"] = host = hosts[-min(hops, len(hosts))]
            if not _HOST.fullmatch(host):
                _refuse(f"X-Forwarded-Host: {host!r} is no host.")
        return changes


def see_through(proxies: Proxies) -> Middleware:
    """Make the middleware that shows all behind it the request as its proxies got it."""

    @web.middleware
    async def believe(request: web.Request, handler: Handler) -> web.StreamResponse:
        user, changes = proxies.find_user(request), proxies.read(request)
        if user is not None:
            request[VOUCHED] = user
        return await handler(request.clone(**changes) if changes else request)

    return believe


def parse_address(text: str) -> IPv4Address | IPv6Address | None:
    """Return an address, IPv4 in IPv6's clothes as IPv4; None for what is none."""
    found = _WITH_PORT.fullmatch(text)
    try:
        parsed = ip_address((found[1] or found[2]) if found else text)
    except ValueError:
        return None
    mapped = parsed.ipv4_mapped if isinstance(parsed, IPv6Address) else None
    return parsed if mapped is None else mapped


def _split(request: web.Request, header: str) -> list[str]:
    """Return the values of a header that may come in one line or in several."""
    lines = ",".join(request.headers.getall(header, []))
    return [value.strip() for value in lines.split(",") if value.strip()]


def _get_address(text: str) -> IPv4Address | IPv6Address:
    address = parse_address(text)
    if address is None:
        _refuse(f"X-Forwarded-For: {text!r} is no address.")
    return address


def _parse_network(text: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(text)
    except ValueError as error:
        raise ConfigurationError(
            f"server.trusted_proxies: {error}; expected an address or a network, e.g. '127.0.0.1' or '10.0.0.0/8'"
        ) from None


def _find_everybody(networks: Sequence[IPv4Network | IPv6Network]) -> IPv4Network | IPv6Network | None:
    """Return the network of all addresses of a kind, if these hold them all, be it in parts."""
    whole: list[IPv4Network | IPv6Network] = []
    whole += collapse_addresses(network for network in networks if isinstance(network, IPv4Network))
    whole += collapse_addresses(network for network in networks if isinstance(network, IPv6Network))
    return next((network for network in whole if network.prefixlen == 0), None)


def _refuse(text: str) -> NoReturn:
    raise web.HTTPBadRequest(text=f"{text}\n")
