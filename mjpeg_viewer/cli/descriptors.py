"""How many files and connections the process may hold open."""

import logging
import resource
from contextlib import suppress

_log = logging.getLogger(__name__)

# Sources, files and libraries have some beside the connections.
_OTHER_DESCRIPTORS = 256


def raise_descriptor_limit(connections: int) -> None:
    """
    Allow as many as the system lets the process have, and say so if that is too few.

    A shell's own limit of 1024 is for programs that use select(2), which none of ours does; beyond it connections are
    reset without a word, long before viewers.total is reached.

    Args:
        connections: How many the configuration allows.
    """
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # a sandbox forbids it, or macOS, whose hard limit is not the last word
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    allowed, _hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if allowed != resource.RLIM_INFINITY and allowed < connections + _OTHER_DESCRIPTORS:
        _log.warning("the system allows %d open files, so fewer than %d connections", allowed, connections)
