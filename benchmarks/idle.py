"""
What a camera costs that nobody watches: the whole server's CPU per message, against a C program that does nothing
but take each message off ZeroMQ and drop it.

Both subscribe to one simulated camera at the same time, so that whatever the machine does meets both.  What a process
costs depends on where its memory and its threads happen to lie, and stays so while it lives; so each round begins both
anew, in turns of who is first.

    make bench-ingest
"""

import json
import subprocess
import time
import urllib.request
from contextlib import ExitStack

from benchmarks.meter import build, cpu_seconds, machine, middle, read_line, running, viewer

ROUNDS, WARM_UP, SECONDS = 21, 2.5, 3.0
CAMERA = ("--mode", "pub", "--size", "1280x1024", "--dtype", "uint16", "--delay", "0.01", "--output-port", "0")


class Server:
    """The server, with the camera and nobody who watches."""

    def __init__(self, stack: ExitStack, address: str) -> None:
        command = viewer("serve", "--source", f"bsread+sub://{address}", "-P", "0", "--no-login")
        self.process = stack.enter_context(running(*command))
        self._state = read_line(self.process, r"(http://\S+)") + "state"

    def received(self) -> int:
        """Ask how many messages came."""
        with urllib.request.urlopen(self._state) as answer:
            return int(json.load(answer)["cameras"]["camera"]["received"])


class Floor:
    """The C program."""

    def __init__(self, stack: ExitStack, address: str) -> None:
        program = build("receive_and_drop.c", "-lzmq", "-lpthread")
        self.process: subprocess.Popen[str] = stack.enter_context(running(program, f"tcp://{address}"))

    def received(self) -> int:
        """Ask how many messages came."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())


def measure(address: str, server_first: bool) -> dict[type, float]:
    """Return µs per message of both, over one round."""
    with ExitStack() as stack:
        kinds = [Server, Floor] if server_first else [Floor, Server]
        both = {kind: kind(stack, address) for kind in kinds}
        time.sleep(WARM_UP)
        before = {kind: (one.received(), cpu_seconds(one.process.pid)) for kind, one in both.items()}
        time.sleep(SECONDS)
        cpu = {kind: cpu_seconds(one.process.pid) for kind, one in both.items()}  # before the answer costs any
        return {
            kind: (cpu[kind] - before[kind][1]) / (one.received() - before[kind][0]) * 1e6 for kind, one in both.items()
        }


def main() -> None:
    """Print a table of µs per message."""
    print(f"idle camera, 100 Hz of 1280 x 1024 uint16, {ROUNDS} rounds of {SECONDS:g} s; {machine()}")
    for compression in ("none", "bitshuffle_lz4"):
        with running(*viewer("simulate", *CAMERA, "--compression", compression)) as camera:
            address = read_line(camera, r"bsread\+sub://(\S+)")
            rounds = [measure(address, server_first=number % 2 == 0) for number in range(ROUNDS)]
        ratios = sorted(one[Server] / one[Floor] for one in rounds)
        print(
            f"  {compression:<15} server {middle([one[Server] for one in rounds]):6.0f} µs"
            f"   floor {middle([one[Floor] for one in rounds]):6.0f} µs"
            f"   ratio {middle(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )


if __name__ == "__main__":
    main()
