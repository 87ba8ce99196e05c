"""By which names the server may be asked."""

import asyncio
import socket
from contextlib import suppress

from mjpeg_viewer.settings import ServerSettings

# A resolver that does not answer must not hold up the start; the machine's short name is known without it.
_PATIENCE = 3.0


async def find_names(server: ServerSettings, closed: bool) -> frozenset[str] | None:
    """
    Return the names that the configuration gives, and the machine's own; None for every name.

    Args:
        server: The configuration.
        closed: Whether one must log in.
    """
    if closed and not server.hosts:
        return None
    own = socket.gethostname()
    names = {own, server.host, *server.hosts}
    loop = asyncio.get_running_loop()
    with suppress(OSError, UnicodeError, TimeoutError):
        async with asyncio.timeout(_PATIENCE):
            found = await loop.getaddrinfo(own, None, flags=socket.AI_CANONNAME)
        names |= {canonical for _, _, _, canonical, _ in found}
    return frozenset(names - {""})
