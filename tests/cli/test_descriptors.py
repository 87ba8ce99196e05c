"""How many connections the server may hold open."""

import resource
import subprocess
import sys

from mjpeg_viewer.cli.descriptors import raise_descriptor_limit


def test_limit_of_the_shell_is_raised_to_that_of_the_system():
    """A server begun from a shell has room for more viewers than 1024."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(256, before[1]), before[1]))
        raise_descriptor_limit(100)
        assert resource.getrlimit(resource.RLIMIT_NOFILE) == (before[1], before[1])
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_system_that_allows_too_few_is_said():
    """An operator learns at the start why the last viewers will not get in."""
    code = (
        "import logging, resource\n"
        "from mjpeg_viewer.cli.descriptors import raise_descriptor_limit\n"
        "logging.basicConfig()\n"
        "resource.setrlimit(resource.RLIMIT_NOFILE, (300, 300))\n"
        "raise_descriptor_limit(44)\n"
        "raise_descriptor_limit(45)\n"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stderr.splitlines() == [
        "WARNING:mjpeg_viewer.cli.descriptors:the system allows 300 open files, so fewer than 45 connections"
    ]
