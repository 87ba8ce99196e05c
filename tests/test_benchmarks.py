"""The benchmarks that are not run as tests still work."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.mark.skipif(
    shutil.which("gcc") is None and os.environ.get("CI") != "true", reason="gcc is missing; see tests/prepare.sh"
)
def test_fan_out_delivers_everything_whole_and_the_newest():
    """Floor and product deliver every frame to all, none torn; a slow viewer has fewer, and none of them old."""
    smoke = [sys.executable, "-m", "benchmarks.fanout", "--smoke"]
    ran = subprocess.run(smoke, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    for name in ("floor", "asyncio", "slow"):
        assert f"{name}: as it should be" in ran.stdout


@pytest.mark.skipif(
    not (shutil.which("chromium") or shutil.which("chromium-browser")) and os.environ.get("CI") != "true",
    reason="there is no Chromium; see tests/prepare.sh",
)
def test_page_is_measured_in_a_real_browser():
    """A picture is seen after a login, the page costs something beyond it, and its memory can be watched."""
    smoke = [sys.executable, "-m", "benchmarks.page", "--smoke"]
    ran = subprocess.run(smoke, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stderr == ""
    for name in ("camera page, first picture", "the page as opened, beyond", "heap, growth", "page: as it should be"):
        assert name in ran.stdout
