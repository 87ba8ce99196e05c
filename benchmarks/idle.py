"""
What a camera costs that nobody watches: the whole server's CPU per message, against a C program that does nothing
but take each message off ZeroMQ and drop it.

Both subscribe to one simulated camera at the same time, so that whatever the machine does meets both.

    make bench-ingest
"""

import json
import time
import urllib.request

from benchmarks.meter import build, cpu_seconds, machine, middle, read_line, running, viewer

ROUNDS, SECONDS = 7, 4.0
CAMERA = ("--mode", "pub", "--size", "1280x1024", "--dtype", "uint16", "--delay", "0.01", "--output-port", "0")


def main() -> None:
    """Print a table of µs per message."""
    floor_program = build("receive_and_drop.c", "-lzmq", "-lpthread")
    print(f"idle camera, 100 Hz of 1280 x 1024 uint16, {ROUNDS} rounds of {SECONDS:g} s; {machine()}")
    for compression in ("none", "bitshuffle_lz4"):
        with running(*viewer("simulate", *CAMERA, "--compression", compression)) as camera:
            address = read_line(camera, r"bsread\+sub://(\S+)")
            serve = viewer("serve", "--source", f"bsread+sub://{address}", "-P", "0", "--no-login")
            with running(*serve) as server, running(floor_program, f"tcp://{address}") as floor:
                state = read_line(server, r"(http://\S+)") + "state"

                def received_by_server(url: str = state) -> int:
                    with urllib.request.urlopen(url) as answer:
                        return int(json.load(answer)["cameras"]["camera"]["received"])

                def received_by_floor(process: object = floor) -> int:
                    process.stdin.write("\n")
                    process.stdin.flush()
                    return int(process.stdout.readline())

                ours, floors = [], []
                time.sleep(2)  # both have connected and warmed up
                for _ in range(ROUNDS):

                    def look() -> list[float]:
                        return [
                            received_by_server(),
                            cpu_seconds(server.pid),
                            received_by_floor(),
                            cpu_seconds(floor.pid),
                        ]

                    before = look()
                    time.sleep(SECONDS)
                    after = look()
                    messages, cpu, floor_messages, floor_cpu = (b - a for a, b in zip(before, after, strict=True))
                    ours.append(cpu / messages * 1e6)
                    floors.append(floor_cpu / floor_messages * 1e6)
                ratios = [a / b for a, b in zip(ours, floors, strict=True)]
                print(
                    f"  {compression:<15} server {middle(ours):6.0f} µs   floor {middle(floors):6.0f} µs"
                    f"   ratio {middle(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
                )


if __name__ == "__main__":
    main()
