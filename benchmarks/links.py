"""
How old pictures are behind a thin link: of the product, of the product without pacing, of a loop that awaits each
write, and of ustreamer if its command is given.

Server and viewer stand in two network namespaces, joined by benchmarks.thinlink.  These belong to nobody but the
processes in them, and vanish with the last.  The age is what the viewer reads from a part's own time stamp.

    make bench-links
    python -m benchmarks.links --link 10e6,0.025 --congestion bbr

USTREAMER="COMMAND" in the environment adds ustreamer.  The command gets --host and --port, and in place of its
capture it is to send the JPEGs of the directory FRAMES, FRAMES_FPS times a second, both in its environment.
"""

import argparse
import json
import os
import shlex
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from benchmarks.meter import machine, middle, read_line, running, viewer
from benchmarks.thinlink import NEAR, ip
from mjpeg_viewer.simulator import Beam

_INSIDE = "BENCH_LINKS_INSIDE"

FPS, PORT, QUALITY = 25, 5000, 92  # of 60 kB
CAMERA = ("--size", "640x480", "--dtype", "uint16", "--delay", str(1 / FPS), "--output-port", "0", "--seed", "1")
STREAM = f"/stream.mjpg?parts=length&quality={QUALITY}"

# Of a connection's beginning, when nobody knows the link yet.
WARM_UP = 3.0

# What a packet of 1500 bytes carries: 20 bytes are IP's, 32 TCP's with time stamps.
OVERHEAD = 1500 / 1448


class Link(NamedTuple):
    """Its rate in bit/s, its delay each way in s, by how much longer that may be, and the bytes its router holds."""

    rate: float
    delay: float
    jitter: float = 0.0
    queue: float = 256e3

    def __str__(self) -> str:
        uneven = f", each way up to {1e3 * self.jitter:g} ms more" if self.jitter else ""
        return f"{self.rate / 1e6:g} Mbit/s, {2e3 * self.delay:g} ms there and back{uneven}"


# The last two: as over Wi-Fi, and a long link that carries all.
LINKS = (Link(10e6, 0.0), Link(10e6, 0.025), Link(10e6, 0.05), Link(10e6, 0.005, 0.02), Link(100e6, 0.05))


class Ages(NamedTuple):
    """What viewers saw: ages in s at a part's first byte and when it was whole; parts/s; bytes of one."""

    first: list[float]
    whole: list[float]
    fps: float
    size: float


def into_namespace() -> None:
    """Run this program anew in a network namespace of its own, if it is not in one already."""
    if os.environ.get(_INSIDE):
        return
    inside = ["unshare", "--net"] if os.geteuid() == 0 else ["unshare", "--user", "--map-root-user", "--net"]
    trial = subprocess.run([*inside, "ip", "link", "set", "lo", "up"], capture_output=True, text=True)
    if trial.returncode or not os.access("/dev/net/tun", os.W_OK):
        sys.exit(f"this needs root, iproute2 and /dev/net/tun: {trial.stderr.strip()}")
    os.environ[_INSIDE] = "yes"
    os.execvp(inside[0], [*inside, sys.executable, "-m", "benchmarks.links", *sys.argv[1:]])


def python(module: str, *arguments: object) -> tuple[str, ...]:
    """Return the command that runs one of these benchmarks' programs."""
    return (sys.executable, "-m", f"benchmarks.{module}", *map(str, arguments))


@contextmanager
def serving(kind: str, frames: Path) -> Iterator[str]:
    """Run a server of this kind, with its camera; return what to ask it for."""
    with ExitStack() as stack:
        if kind == "ustreamer":
            os.environ |= {"FRAMES": str(frames), "FRAMES_FPS": str(FPS)}
            command = shlex.split(os.environ["USTREAMER"])
            stack.enter_context(running(*command, f"--host={NEAR}", f"--port={PORT}"))
            path = "/stream?extra_headers=1"
        else:
            camera = stack.enter_context(running(*viewer("simulate", *CAMERA)))
            arguments = ("--source", read_line(camera, r"(bsread\+pull://\S+)"), "-H", NEAR, "--no-login")
            program = viewer("serve") if kind == "product" else python("plainer", kind)
            stack.enter_context(running(*program, *arguments))
            path = STREAM
        until_listening()
        yield path


def until_listening() -> None:
    """Wait until the server can be reached."""
    end = time.monotonic() + 10
    while True:
        try:
            socket.create_connection((NEAR, PORT), 1).close()
            return
        except OSError:
            if time.monotonic() > end:
                raise
            time.sleep(0.05)


def watch(kind: str, link: Link, congestion: str, seconds: float, frames: Path) -> list[list[float]]:
    """Watch one server over a link; return what the reader prints."""
    with ExitStack() as stack:
        reader = stack.enter_context(running("unshare", "--net", *python("reader")))
        read_line(reader, "(ready)")
        router = stack.enter_context(running(*python("thinlink", reader.pid, *link, congestion)))
        read_line(router, "(up)")
        path = stack.enter_context(serving(kind, frames))
        assert reader.stdin is not None
        reader.stdin.write(f"{NEAR} {PORT} {path} {WARM_UP + seconds}\n")
        reader.stdin.flush()
        parts: list[list[float]] = json.loads(read_line(reader, r"(\[.*\])"))
    begin = parts[0][0] + WARM_UP
    return [part for part in parts if part[0] >= begin]


def summarise(runs: list[list[list[float]]]) -> Ages:
    """Put the runs of one server over one link together."""
    parts = [part for run in runs for part in run]
    spans = sum(run[-1][0] - run[0][0] for run in runs)
    return Ages(
        sorted(part[1] for part in parts),
        sorted(part[2] for part in parts),
        (len(parts) - len(runs)) / spans,
        middle([part[3] for part in parts]),
    )


def share(values: list[float], of: float) -> float:
    """Return a percentile of sorted ages, in ms."""
    return values[min(int(len(values) * of), len(values) - 1)] * 1e3


def report(kind: str, link: Link, ages: Ages) -> str:
    """Return one line of the table."""
    carried = min(FPS, link.rate / 8 / (ages.size * OVERHEAD))
    first, whole = (f"{share(values, 0.5):6.0f} {share(values, 0.99):6.0f}" for values in (ages.first, ages.whole))
    return f"  {kind:<10} {first}   {whole}   {ages.fps:5.1f} /s {100 * ages.fps / carried:5.0f} %"


def floor(link: Link, size: float) -> str:
    """
    Return the line of a sender that nothing could beat: the link is never idle, its queue always empty.

    A part that goes when the link is free, and not when its frame comes, finds a frame of any age up to a period.
    """
    period, taken = 1 / FPS, size * OVERHEAD * 8 / link.rate
    wait = [period * number / 1000 if taken > period else 0.0 for number in range(1000)]
    first = [link.delay + link.jitter / 2 + one for one in wait]
    ages = Ages(first, [one + taken for one in first], min(FPS, 1 / taken), size)
    return report("floor", link, ages)


def make_frames(directory: Path) -> None:
    """Write JPEGs for ustreamer, as large as the product's."""
    beam = Beam(640, 480, "uint16", seed=1)
    for number in range(50):
        image = beam.values(number, 1 / FPS)["image"]
        assert isinstance(image, np.ndarray)
        grey = (image * (255 / image.max())).astype(np.uint8)
        jpeg = cv2.imencode(".jpg", grey, (cv2.IMWRITE_JPEG_QUALITY, QUALITY + 1))[1]
        (directory / f"{number:03}.jpg").write_bytes(jpeg.tobytes())


def main() -> None:
    """Print a table for each link."""
    into_namespace()
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=12.0, help="of each run, after a warm-up")
    parser.add_argument("--rounds", type=int, default=2, help="in turns")
    parser.add_argument("--link", help="but one: bit/s, s of delay each way, s of jitter; as 10e6,0.025,0")
    parser.add_argument("--congestion", default="cubic", help="how TCP finds its rate: cubic, bbr, reno")
    parser.add_argument("--only", nargs="+", choices=("product", "plain", "naive", "ustreamer"), help="these servers")
    args = parser.parse_args()
    ip("link set lo up")
    links = [Link(*map(float, args.link.split(",")))] if args.link else LINKS
    kinds = args.only or ["product", "plain", "naive", *(["ustreamer"] if "USTREAMER" in os.environ else [])]
    print(f"pictures at {FPS} /s behind thin links, {args.congestion}, {args.rounds} x {args.seconds:g} s; {machine()}")
    with tempfile.TemporaryDirectory() as frames:
        make_frames(Path(frames))
        for link in links:
            runs: dict[str, list[list[list[float]]]] = {kind: [] for kind in kinds}
            for _ in range(args.rounds):
                for kind in kinds:
                    runs[kind].append(watch(kind, link, args.congestion, args.seconds, Path(frames)))
            ages = {kind: summarise(runs[kind]) for kind in kinds}
            size = ages[kinds[0]].size
            print(f"{link}; parts of {size / 1e3:.1f} kB\n  {'ms old':<10} first byte      whole part    parts")
            for kind in kinds:
                print(report(kind, link, ages[kind]))
            print(floor(link, size), flush=True)


if __name__ == "__main__":
    main()
