"""
End to end: a camera of 100 Hz, the real server, and ten viewers who read all of it; rates, ages and CPU.

Camera, server and viewers share this machine's cores, so the camera sends what was compressed beforehand, and the
viewers are one C program.  An age is from the camera's timestamp to the last byte of the picture at a viewer.

    make bench-pictures
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from benchmarks.meter import build, cpu_seconds, machine, middle, read_line, running, viewer

ROUNDS, SECONDS, VIEWERS, HERTZ = 9, 4, 10, 100


@contextmanager
def serving(width: int, height: int) -> Iterator[tuple[str, dict[str, "subprocess.Popen[str]"]]]:
    """Run camera and server; yields the server's port, and both."""
    with running(sys.executable, "-m", "benchmarks.send", str(width), str(height), str(HERTZ)) as camera:
        address = read_line(camera, r"tcp://(\S+)")
        command = viewer("serve", "--source", f"bsread+sub://{address}", "-P", "0", "--no-login")
        with running(*command) as server:
            yield read_line(server, r"http://\S+:(\d+)"), {"camera": camera, "server": server}


def watch(port: str, query: str) -> list[float]:
    """Let the viewers watch; return the age of each picture that one of them got, in ms."""
    path = f"/cameras/camera/stream.mjpg?parts=length{query}"
    command = [build("watch.c"), "127.0.0.1", port, path, str(VIEWERS), str(SECONDS)]
    seen = subprocess.run(command, capture_output=True, text=True, check=True)
    return sorted(int(line) / 1000 for line in seen.stdout.split())


def measure(width: int, height: int, query: str = "") -> None:
    """Print one case: medians over the rounds, and the extremes."""
    with serving(width, height) as (port, processes):
        watch(port, query)
        rates, medians, tails, cpu = [], [], [], []
        for _ in range(ROUNDS):
            before = {name: cpu_seconds(process.pid) for name, process in processes.items()}
            ages = watch(port, query)
            # A second more than is counted passes, from the first viewer to the last.
            used = {name: (cpu_seconds(one.pid) - before[name]) / (SECONDS + 1) for name, one in processes.items()}
            rates.append(len(ages) / VIEWERS / SECONDS)
            medians.append(middle(ages))
            tails.append(ages[int(len(ages) * 0.95)])
            cpu.append(used)
    print(
        f"  {width} x {height} uint16 bitshuffle_lz4 {query:<20}"
        f" {middle(rates):5.1f} frames/s ({min(rates):.1f} to {max(rates):.1f})"
        f"   age {middle(medians):5.1f} ms, p95 {middle(tails):5.1f} ms ({min(tails):.1f} to {max(tails):.1f})"
        f"   server {middle([one['server'] for one in cpu]):.2f} cores,"
        f" camera {middle([one['camera'] for one in cpu]):.2f}"
    )


def main() -> None:
    """Print a table."""
    print(f"{HERTZ} Hz to {VIEWERS} viewers, {ROUNDS} rounds of {SECONDS} s; {machine()}")
    measure(1280, 1024)
    measure(1280, 1024, "&colormap=viridis")
    measure(2560, 2160)


if __name__ == "__main__":
    main()
