"""
The servers that are compared, each with the same JPEGs at the same rate.

Peers are built by whoever wants to compare them (docs/performance.md says how), and named by the environment:

    USTREAMER       a ustreamer whose capture was replaced by a loop over the files of $FRAMES, at $FRAMES_FPS
    MJPG_STREAMER   a folder with mjpg_streamer, input_file.so and output_http.so
"""

import base64
import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from benchmarks.meter import build, read_line, running, viewer
from mjpeg_viewer.htpasswd import hash_password
from mjpeg_viewer.simulator import Beam

USER, PASSWORD = "bench", "the right one"
AUTHORIZATION = "Authorization: Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()

# A floor and a peer have no more guards than they come with; ours has all of them, wide enough for the load.
ROOM = "connections = 6000\nconnections_per_address = 5000\n[viewers]\ntotal = 5000\nper_user = 5000\n"

FILES = 16


@dataclass(frozen=True)
class Stage:
    """A running server, and how its stream is asked for."""

    name: str
    process: "subprocess.Popen[str]"
    port: int
    path: str
    fps: float
    headers: tuple[str, ...] = ()
    log: Path | None = None

    @property
    def pid(self) -> int:
        """The process's id."""
        return self.process.pid

    def state(self) -> dict[str, Any]:
        """Ask mjpeg-viewer what its camera does."""
        name, _, value = AUTHORIZATION.partition(": ")
        asking = urllib.request.Request(f"http://127.0.0.1:{self.port}/state", headers={name: value})
        with urllib.request.urlopen(asking) as answer:
            return dict(json.load(answer)["cameras"]["camera"])

    def count(self) -> dict[str, int]:
        """Ask a prepared server how many tasks and encoders it has."""
        assert self.process.stdout is not None
        self.process.send_signal(signal.SIGUSR1)
        return dict(json.loads(self.process.stdout.readline()))


@cache
def make_jpegs(size: int) -> Sequence[str]:
    """Write JPEGs of exactly so many bytes into a folder that goes with this process; return their paths."""
    folder = Path(_scratch().name) / str(size)
    folder.mkdir()
    paths = []
    beam = Beam(1280, 1024, "uint16", seed=1)
    for number in range(FILES):
        image = np.asarray(beam.values(number, number / FILES)["image"])
        grey = cv2.convertScaleAbs(image, alpha=255 / int(image.max()))
        jpeg = next(one for quality in range(95, 0, -1) if len(one := _encode(grey, quality)) <= size - 4)
        path = folder / f"{number:02}.jpg"
        path.write_bytes(_pad(jpeg, size))
        paths.append(str(path))
    return tuple(paths)


@cache
def _scratch() -> "tempfile.TemporaryDirectory[str]":
    return tempfile.TemporaryDirectory(prefix="bench-fanout-")


def _encode(grey: np.ndarray, quality: int) -> bytes:
    return cv2.imencode(".jpg", grey, [cv2.IMWRITE_JPEG_QUALITY, quality])[1].tobytes()


def _pad(jpeg: bytes, size: int) -> bytes:
    """Fill up with comments (ITU T.81 section B.2.4.5), of 4 bytes at least and 65,537 at most."""
    comments = b""
    while missing := size - len(jpeg) - len(comments):
        take = min(missing, 65_537 if missing > 65_541 or missing <= 65_537 else 60_000)
        comments += b"\xff\xfe" + (take - 2).to_bytes(2, "big") + bytes(take - 4)
    return jpeg[:2] + comments + jpeg[2:]


@contextmanager
def floor(size: int, fps: float) -> Iterator[Stage]:
    """The C program."""
    with running(build("broadcast.c"), str(fps), *make_jpegs(size)) as process:
        yield Stage("floor", process, int(read_line(process, r"(\d+)")), "/", fps)


def bare(loop: str) -> "Callable[[int, float], Any]":
    """The least that Python can do, on this loop."""

    @contextmanager
    def run(size: int, fps: float) -> Iterator[Stage]:
        with running(sys.executable, "-m", "benchmarks.bare", loop, str(fps), *make_jpegs(size)) as process:
            yield Stage(f"bare {loop}", process, int(read_line(process, r"(\d+)")), "/", fps)

    return run


def product(loop: str) -> "Callable[[int, float], Any]":
    """Our server with prepared JPEGs, on this loop."""

    @contextmanager
    def run(size: int, fps: float) -> Iterator[Stage]:
        command = (sys.executable, "-m", "benchmarks.prepared", loop, str(fps), *make_jpegs(size), "--")
        with serving(loop, command, {"camera": "nothing://"}, fps) as stage:
            yield stage

    return run


@contextmanager
def pipeline(fps: float) -> Iterator[Stage]:
    """Our server with a camera of 1280 x 1024 pixels of 16 bits in a process of its own: nothing left out."""
    options = ("--mode", "pub", "--size", "1280x1024", "--dtype", "uint16", "--delay", str(1 / fps))
    with running(*viewer("simulate", *options, "--output-port", "0")) as camera:
        source = read_line(camera, r"(bsread\+sub://\S+)")
        with serving("pipeline", viewer("serve"), {"camera": source}, fps) as stage:
            yield stage


@contextmanager
def serving(
    name: str, command: Sequence[str], cameras: Mapping[str, str], fps: float, others: Sequence[str] = ()
) -> Iterator[Stage]:
    """Run a server of ours for these cameras (sources by name, one of them `camera`), with a login for each user."""
    with tempfile.TemporaryDirectory(dir=_scratch().name) as folder:
        users, config, log = (Path(folder) / each for each in ("users", "config.toml", "log"))
        users.write_text("".join(f"{user}:{_hash()}\n" for user in (USER, *others)))
        users.chmod(0o600)
        config.write_text(
            f'[server]\nport = 0\nusers = "{users}"\nsession_key = "{folder}/session.key"\n{ROOM}'
            + "".join(f'[cameras.{name}]\nsource = "{source}"\n' for name, source in cameras.items())
        )
        with running(*command, "--config", str(config), log=log) as process:
            port = int(read_line(process, r"http://127\.0\.0\.1:(\d+)"))
            stage = Stage(name, process, port, "/cameras/camera/stream.mjpg", fps, (AUTHORIZATION,), log)
            stage.state()  # the password is hashed once, and remembered for all the viewers
            yield stage


@cache
def _hash() -> str:
    return hash_password(PASSWORD)


@contextmanager
def ustreamer(size: int, fps: float) -> Iterator[Stage]:
    """PiKVM's server, over the same files."""
    port = _free_port()
    frames = {"FRAMES": str(Path(make_jpegs(size)[0]).parent), "FRAMES_FPS": str(fps)}
    command = (os.environ["USTREAMER"], "--host", "127.0.0.1", "--port", str(port), "--tcp-nodelay")
    with running(*command, extra=frames) as process:
        _wait_for(port)
        yield Stage("ustreamer", process, port, "/stream", fps)


@contextmanager
def mjpg_streamer(size: int, fps: float) -> Iterator[Stage]:
    """The well-known one, over the same files."""
    port, folder = _free_port(), Path(os.environ["MJPG_STREAMER"])
    source = f"{folder}/input_file.so -e -f {Path(make_jpegs(size)[0]).parent} -d {1 / fps:.6f}"
    command = (f"{folder}/mjpg_streamer", "-i", source, "-o", f"{folder}/output_http.so -l 127.0.0.1 -p {port}")
    with running(*command) as process:
        _wait_for(port)
        yield Stage("mjpg-streamer", process, port, "/?action=stream", fps)


@cache
def find_stages() -> "dict[str, Callable[[int, float], Any]]":
    """Return all that can run here, by name, and say what cannot."""
    stages = {"floor": floor, "bare asyncio": bare("asyncio"), "asyncio": product("asyncio")}
    if find_spec("uvloop"):
        stages |= {"bare uvloop": bare("uvloop"), "uvloop": product("uvloop")}
    else:
        print("uvloop is not installed: left out")
    for name, variable, peer in (
        ("ustreamer", "USTREAMER", ustreamer),
        ("mjpg-streamer", "MJPG_STREAMER", mjpg_streamer),
    ):
        if os.environ.get(variable):
            stages[name] = peer
        else:
            print(f"{name}: ${variable} is not set, so it is left out")
    return stages


def _free_port() -> int:
    """Find a port for a peer that cannot choose one itself."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_for(port: int) -> None:
    for _ in range(100):
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return
        except OSError:
            time.sleep(0.05)
    raise RuntimeError(f"nothing listens on port {port} after 5 s")
