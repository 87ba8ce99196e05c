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
