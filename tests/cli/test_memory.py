"""Memory is kept from picture to picture."""

import platform
import subprocess
import sys

import pytest


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="mallopt is glibc's")
def test_c_library_takes_both_settings():
    """It refuses what it does not know, and says so."""
    code = "import sys; from mjpeg_viewer.cli.memory import keep_memory; sys.exit(not keep_memory())"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
