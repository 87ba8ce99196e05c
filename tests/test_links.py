"""A thin link, for real: two network namespaces and a router between them, as the benchmark makes them."""

import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest


def run_benchmark(*arguments: str) -> dict[str, tuple[float, float]]:
    """Run it; by server the median age of whole parts in ms, and the share of what the link carries in percent."""
    command = [sys.executable, "-m", "benchmarks.links", *arguments]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, env={**os.environ, "PYTHONPATH": "."})
    if "this needs root" in done.stderr:
        pytest.skip(done.stderr.strip())
    assert done.returncode == 0, done.stderr
    line = re.compile(r"^  (\w+) +\d+ +\d+ +(\d+) +\d+ +[\d.]+ /s +(\d+) %$", re.MULTILINE)
    return {kind: (float(age), float(share)) for kind, age, share in line.findall(done.stdout)}


def test_pictures_are_fresh_on_a_thin_link() -> None:
    """Behind 10 Mbit/s and 50 ms pictures are far newer than without pacing, and hardly fewer."""
    link = ("--link", "10e6,0.025", "--seconds", "3", "--rounds", "1", "--only")
    with ThreadPoolExecutor() as at_once:  # in namespaces of their own
        both = list(at_once.map(lambda server: run_benchmark(*link, server), ("product", "plain")))
    of = both[1] | both[0]
    floor, product, plain = (of[kind][0] for kind in ("floor", "product", "plain"))
    assert floor <= product
    assert product - floor < (plain - floor) / 2
    assert of["product"][1] > 80
