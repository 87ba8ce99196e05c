"""How many connections the server may hold open."""

import resource

from mjpeg_viewer.cli.descriptors import raise_descriptor_limit


def test_limit_of_the_shell_is_raised_to_that_of_the_system():
    """A server begun from a shell has room for more viewers than 1024."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, before[1]), before[1]))
        raise_descriptor_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (before[1], before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
