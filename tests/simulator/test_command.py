"""`mjpeg-viewer simulate` in a process of its own: its one line, its exit status and its signals."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time

import numpy as np
import pytest
from bsread import PULL, Source

from mjpeg_viewer.cli import main
from mjpeg_viewer.simulator import Beam, Simulator

PATIENCE = 10.0  # s, for what happens at once on an idle machine


@contextlib.contextmanager
def simulate(*options):
    """`mjpeg-viewer simulate` with these options, ended at the latest when the block ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "mjpeg_viewer", "simulate", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": ""},
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


READY = re.compile(
    r"simulate: sending 64x48 uint16 images on bsread\+pull://127\.0\.0\.1:(\d+) \(push, every 0\.01 s\); Ctrl-C ends\n"
)
OPTIONS = ["-o", "0", "--size", "64x48", "--dtype", "uint16", "-d", "0.01"]


# Both signals have one handler, so each is tried, and each kind of waiting, but not each with each.
@pytest.mark.parametrize(
    ("ending", "delay"), [(signal.SIGTERM, "0.01"), (signal.SIGTERM, "3600"), (signal.SIGINT, "0")]
)
def test_signal_ends_the_command_at_once(ending, delay):
    """With nobody connected, SIGTERM and Ctrl-C end it with status 0 and without a word."""
    with simulate("-o", "0", "-d", delay, "--size", "64x48") as process:
        assert process.stdout.readline().startswith("simulate: sending")
        started = time.monotonic()
        process.send_signal(ending)
        out, errors = process.communicate(timeout=PATIENCE)
        assert time.monotonic() - started < 5.0
    assert (process.returncode, out, errors) == (0, "", "")


def test_ready_line_names_the_address_and_images_flow():
    """The line is there before the first image, flushed, and a program can read the address from it."""
    with simulate(*OPTIONS, "-n", "3", "--counter", "--size", "320x240", "--compression", "bitshuffle_lz4") as process:
        port = int(re.search(r"127\.0\.0\.1:(\d+)", process.stdout.readline())[1])
        with Source(host="127.0.0.1", port=port, mode=PULL, receive_timeout=int(PATIENCE * 1000)) as source:
            images = [source.receive().data.data["image"].value for _ in range(3)]
        out, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out, errors) == (0, "", "")
    assert images[0].shape == (240, 320)
    assert images[0].dtype == np.uint16


def test_ready_line_is_what_it_is():
    """Whoever reads the line may hold on to its words."""
    with simulate(*OPTIONS) as process:
        assert READY.fullmatch(process.stdout.readline())


def test_command_says_which_port_is_taken():
    """One line, status 1, and what to do."""
    with Simulator(Beam(16, 16)) as first, simulate("-o", str(first.port)) as process:
        out, errors = process.communicate(timeout=PATIENCE)
    address = f"tcp://127.0.0.1:{first.port}"
    assert errors == f"simulate: cannot bind {address}: Address already in use; choose another with -o\n"
    assert (process.returncode, out) == (1, "")


WRONG_USE = [
    (["--size", "640"], 2, "argument --size: '640' is no size; expected WIDTHxHEIGHT, e.g. 640x480"),
    (["--size", "0x5"], 2, "argument --size: '0x5' is no size; expected 1 to 16384 pixels each way"),
    (["-o", "70000"], 2, "argument -o/--output-port: '70000' is no port; expected 0 to 65535"),
    (["-d", "-1"], 2, "argument -d/--delay: '-1' is no delay; expected 0 to 3600 s"),
    (["-d", "nan"], 2, "argument -d/--delay: 'nan' is no delay; expected 0 to 3600 s"),
    (["-n", "-5"], 2, "argument -n/--n-images: '-5' is no number of images; expected 0 or more, or -1 for no end"),
    (
        ["--counter", "--size", "64x48"],
        2,
        "simulate: a counter does not fit a picture of 64x48 pixels; expected a ",
    ),
    (
        ["-H", "192.0.2.1", "-o", "0"],
        1,
        "simulate: cannot bind tcp://192.0.2.1:*: Cannot assign requested address; ",
    ),
    (["-H", "no such host", "-o", "0"], 1, "simulate: cannot bind tcp://no such host:*: "),
]


@pytest.mark.parametrize(("options", "status", "last_line"), WRONG_USE)
def test_wrong_use_is_one_clear_line(options, status, last_line, capsys):
    """The last line on stderr says what was found and what would do."""
    try:
        found = main(["simulate", *options])
    except SystemExit as end:
        found = end.code
    out, errors = capsys.readouterr()
    assert (found, out) == (status, "")
    assert last_line in errors.splitlines()[-1]


@pytest.mark.parametrize(("options", "status", "last_line"), [WRONG_USE[0], WRONG_USE[-3], WRONG_USE[-1]])
def test_wrong_use_ends_the_process_without_a_traceback(options, status, last_line):
    """As an option, as a contradiction of two, and as what only the system can tell: one of each."""
    with simulate(*options) as process:
        out, errors = process.communicate(timeout=PATIENCE)
    assert (process.returncode, out) == (status, "")
    assert last_line in errors.splitlines()[-1]
    assert "Traceback" not in errors
