"""
The running server under a sender that damages one message in two:

    python -m tests.fuzz.soak 300

Same process, no growth in memory or descriptors, few lines in the log, and every good picture is shown.
"""

import asyncio
import os
import random
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Event, Thread

import aiohttp
import numpy as np
import zmq

from mjpeg_viewer.simulator.counter import paint_counter
from tests.corpus.container import stored
from tests.corpus.good import good
from tests.fuzz.mutation import mutate_at_random, mutate_message
from tests.kit import Events, Pictures
from tests.message.wire import Sent, main_header, make_parts

ROOT = Path(__file__).parents[2]
RATE = 50.0
WARM_UP = 0.2  # of the time: until then caches fill
LOOK_PERIOD = 5.0
MOST_LINES_PER_MINUTE = 20
MOST_GROWTH = 0.05
FIRST = 1 << 20  # damaged messages have small pulse ids


class Sender(Thread):
    """Sends good and damaged messages by turns, until told to stop."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._context = zmq.Context()
        self._socket = self._context.socket(zmq.PUSH)
        self._socket.linger = 1000
        self.port = self._socket.bind_to_random_port("tcp://127.0.0.1")
        self.good = self.damaged = 0
        self.ended = Event()
        # From black to white, so that whatever levels a damaged picture leaves behind, the counter can be read.
        slope = np.linspace(0, 65_535, 160, dtype=np.uint16)
        self._picture = np.broadcast_to(slope, (120, 160)).copy()

    def run(self) -> None:
        """Send, at a steady rate."""
        dice = random.Random(1)
        bases = [make_parts(*good())] * 200 + [parts for _, _, parts in stored() if parts]
        due = time.monotonic()
        while not self.ended.wait(max(0.0, due - time.monotonic())):
            due += 1 / RATE
            if self.good <= self.damaged:
                self._send_good()
            else:
                parts = mutate_message(dice.choice(bases), dice, lambda part, most: mutate_at_random(part, most, dice))
                self._socket.send_multipart(parts or [b""])
                self.damaged += 1
        self._send_good()
        self._socket.close()
        self._context.term()

    def _send_good(self) -> None:
        self.good += 1
        paint_counter(self._picture, FIRST + self.good)
        main = main_header(pulse_id=FIRST + self.good)
        self._socket.send_multipart(
            make_parts(Sent("image", self._picture, "bitshuffle_lz4"), Sent("number", self.good), main=main)
        )


@contextmanager
def serving(port: int, log: Path) -> "Iterator[tuple[subprocess.Popen[str], str]]":
    """Run the server as people do; yields the process and its address."""
    command = [sys.executable, "-m", "mjpeg_viewer", "serve", "--source", f"bsread+pull://127.0.0.1:{port}"]
    with (
        log.open("w") as errors,
        subprocess.Popen(
            [*command, "--no-login", "-P", "0"], cwd=ROOT, stdout=subprocess.PIPE, stderr=errors, text=True
        ) as process,
    ):
        assert process.stdout is not None
        try:
            for line in process.stdout:
                if found := re.search(r"http://[\d.:]+", line):
                    yield process, found[0]
                    break
        finally:
            process.terminate()


async def watch_pictures(session: aiohttp.ClientSession, base: str, seen: set[int]) -> None:
    """Note the counter of each picture."""
    async with session.get(f"{base}/cameras/camera/stream.mjpg") as response:
        pictures = Pictures(response)
        while True:
            number = (await pictures.take()).number
            if number is not None:
                seen.add(number - FIRST)


async def watch_events(session: aiohttp.ClientSession, base: str, seen: set[int]) -> None:
    """Note the number in each event of a good message."""
    async with session.get(f"{base}/cameras/camera/events", read_bufsize=2**25) as response:
        events = Events(response)
        while True:
            data = (await events.take("frame")).data
            if data["pulse_id"] > FIRST and data["values"].get("number") == data["pulse_id"] - FIRST:
                seen.add(data["values"]["number"])


async def read_state(session: aiohttp.ClientSession, base: str) -> dict[str, object]:
    """Return what the server says of its camera."""
    async with session.get(f"{base}/state") as response:
        camera: dict[str, object] = (await response.json())["cameras"]["camera"]
        return camera


def look(pid: int) -> tuple[float, int]:
    """Return a process's memory in MB and its open descriptors."""
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20, len(list(Path(f"/proc/{pid}/fd").iterdir()))


async def soak(seconds: float) -> list[str]:
    """Print the figures; return what is wrong with them."""
    sender = Sender()
    log = Path(tempfile.mkdtemp()) / "server.log"
    shown: set[int] = set()
    told: set[int] = set()
    looks: list[tuple[float, int]] = []
    with serving(sender.port, log) as (server, base):
        endless = aiohttp.ClientTimeout(total=None)  # of itself the client gives up after 300 s
        async with aiohttp.ClientSession(timeout=endless) as session:
            watching = [
                asyncio.create_task(watch_pictures(session, base, shown)),
                asyncio.create_task(watch_events(session, base, told)),
            ]
            while len(list((await read_state(session, base))["viewers"])) < 2:  # type: ignore[call-overload]
                await asyncio.sleep(0.05)
            sender.start()
            began = time.monotonic()
            while time.monotonic() - began < seconds and server.poll() is None and not any(t.done() for t in watching):
                await asyncio.sleep(min(LOOK_PERIOD, seconds / 10))
                looks.append(look(server.pid))
            sender.ended.set()
            await asyncio.to_thread(sender.join)
            with_patience = time.monotonic() + 5
            while sender.good not in shown & told and time.monotonic() < with_patience:
                await asyncio.sleep(0.05)
            alive = server.poll() is None
            state = await read_state(session, base) if alive else {}
            for task in watching:
                task.cancel()
            endings = await asyncio.gather(*watching, return_exceptions=True)
    lines = log.read_text().splitlines()
    return judge(sender, state, shown, told, looks, lines, seconds, [e for e in endings if isinstance(e, Exception)])


def judge(
    sender: Sender,
    state: dict[str, object],
    shown: set[int],
    told: set[int],
    looks: list[tuple[float, int]],
    lines: list[str],
    seconds: float,
    deaths: list[Exception],
) -> list[str]:
    """Print the figures and hold them against what is promised."""
    steady = looks[int(len(looks) * WARM_UP) :]
    third = max(1, len(steady) // 3)
    memory = [sorted(mb for mb, _ in part)[len(part) // 2] for part in (steady[:third], steady[-third:])]
    descriptors = sorted({count for _, count in steady})
    wanted = set(range(1, sender.good + 1))
    displaced = state.get("displaced")
    print(f"{seconds:.0f} s at {RATE:g} messages a second: {sender.good} good, {sender.damaged} damaged")
    print(f"pictures of good ones shown: {len(shown & wanted)}, events: {len(told & wanted)}, displaced: {displaced}")
    print(f"refused: {state.get('undecodable')} {state.get('undecodable_by_kind')}")
    print(f"memory, median of the first and of the last third: {memory[0]:.1f} and {memory[1]:.1f} MB")
    print(f"descriptors: {descriptors}; log lines: {len(lines)}")
    wrong = [f"a viewer ended: {death!r}" for death in deaths]
    if not state:
        wrong += ["the server died", *lines[-20:]]
    if len(shown & wanted) + int(str(displaced or 0)) < sender.good:
        wrong.append(f"never shown: {sorted(wanted - shown)[:20]}")
    if len(told & wanted) + int(str(displaced or 0)) < sender.good:
        wrong.append(f"never told: {sorted(wanted - told)[:20]}")
    if memory[1] > memory[0] * (1 + MOST_GROWTH):
        wrong.append("memory grows")
    if descriptors[-1] - descriptors[0] > 2:
        wrong.append("descriptors come and go")
    if len(lines) > 5 + MOST_LINES_PER_MINUTE * seconds / 60:
        wrong.append(f"{len(lines)} log lines, such as {lines[len(lines) // 2]}")
    return wrong


def main() -> int:
    """Return the exit status: 1 if anything is wrong."""
    wrong = asyncio.run(soak(float(sys.argv[1]) if len(sys.argv) > 1 else 300.0))
    for line in wrong:
        print(f"WRONG: {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
