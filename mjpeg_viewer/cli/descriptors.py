"""How many files and connections the process may hold open."""

import resource
from contextlib import suppress


def raise_descriptor_limit() -> None:
    """
    Allow as many as the system lets the process have.

    A shell's own limit of 1024 is for programs that use select(2), which none of ours does; beyond it connections are
    reset without a word, long before viewers.total is reached.
    """
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    with suppress(OSError, ValueError):  # a sandbox forbids it, or macOS, whose hard limit is not the last word
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
