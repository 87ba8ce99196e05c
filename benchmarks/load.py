"""The load program: thousands of viewers in a process of its own, and what they say of the stream."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from benchmarks.meter import build, cpu_seconds, running
from benchmarks.stages import Stage


class Group(msgspec.Struct, frozen=True):
    """
    What some viewers saw while it was measured; see viewers.c.

    Args:
        viewers: How many there are.
        frames: Parts that they had whole.
        bytes: All that they were sent.
        fraction: Frames that they had, of those that there were for them.
        least: The same of the one who had least.
        bad: Ended because a part was not as it should be.
        refused: Ended because they were not let in.
        ended: Ended by the server.
        cut: Of those, in the middle of a part.
        came: How many came anew.
        fault: What was wrong last, if anything.
        age_p50: Seconds from the frame's time to its last byte at the viewer; the others likewise.
    """

    viewers: int
    frames: int
    bytes: int
    fraction: float
    least: float
    bad: int
    refused: int
    ended: int
    cut: int
    came: int
    fault: str
    age_p50: float
    age_p95: float
    age_p99: float
    age_max: float


@dataclass(frozen=True)
class Watched:
    """
    One measurement.

    Args:
        groups: What each group of viewers saw.
        seconds: How long.
        cpu: Seconds on a processor that the server took.
        load: The share of a core that the load program took; near 1 it would be the bottleneck.
    """

    groups: dict[str, Group]
    seconds: float
    cpu: float
    load: float

    @property
    def per_frame(self) -> float:
        """The server's CPU per delivered frame, in microseconds."""
        return self.cpu / max(1, sum(group.frames for group in self.groups.values())) * 1e6


class _Answer(msgspec.Struct):
    seconds: float
    cpu: float
    groups: dict[str, Group]


class Load:
    """Viewers that are connected and have a picture each, where they read any."""

    def __init__(self, process: "subprocess.Popen[str]", stage: Stage, log: Path) -> None:
        self._process = process
        self._stage = stage
        self._log = log

    def watch(self, seconds: float) -> Watched:
        """Count for so long."""
        assert self._process.stdin is not None
        before = cpu_seconds(self._stage.pid)
        print(seconds, file=self._process.stdin, flush=True)
        answer = msgspec.json.decode(self._read(), type=_Answer)
        cpu = cpu_seconds(self._stage.pid) - before
        return Watched(answer.groups, answer.seconds, cpu, answer.cpu / answer.seconds)

    def _read(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise RuntimeError(f"the viewers of {self._stage.name} gave up: {self._log.read_text().strip()}")
        return line


@contextmanager
def viewers(stage: Stage, *groups: str) -> Iterator[Load]:
    """Connect viewers (groups as in viewers.c), and wait until each that reads has had a picture."""
    headers = [word for header in stage.headers for word in ("-H", header)]
    command = [build("viewers.c"), *headers, "-f", str(stage.fps), "127.0.0.1", str(stage.port), stage.path, *groups]
    with tempfile.TemporaryDirectory() as folder, running(*command, log=Path(folder) / "log") as process:
        load = Load(process, stage, Path(folder) / "log")
        assert load._read() == "ready\n"
        yield load
