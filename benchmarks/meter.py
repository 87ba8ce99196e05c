"""What a process costs, read from /proc; and the programs that the benchmarks run beside each other."""

import os
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

HERE = Path(__file__).parent
_TICK = os.sysconf("SC_CLK_TCK")


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and all its threads so far (proc(5), /proc/PID/schedstat is per thread)."""
    total = 0.0
    for task in Path(f"/proc/{pid}/task").iterdir():
        # The first field: nanoseconds on a processor.  /proc/PID/stat counts only whole ticks of 10 ms.
        with suppress(FileNotFoundError, ProcessLookupError):  # a thread that ended just now
            total += int((task / "schedstat").read_text().split()[0]) / 1e9
    return total


def resident_bytes(pid: int) -> int:
    """Memory that a process holds now, with what it shares."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def private_bytes(pid: int) -> int:
    """Memory that a process wrote, holds now, and shares with no other (proc(5), /proc/PID/smaps_rollup)."""
    # Private_Clean is pages of files, which become shared when anybody else maps the file, as another browser does.
    rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
    return sum(1024 * int(kb) for kb in re.findall(r"^Private_Dirty: *(\d+) kB", rollup, re.MULTILINE))


def descriptors(pid: int) -> int:
    """Count what a process holds open."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def machine() -> str:
    """One line on the machine."""
    model = re.search(r"model name\s*:\s*(.*)", Path("/proc/cpuinfo").read_text())
    return f"{os.cpu_count()} x {model[1] if model else 'unknown processor'}, Python {sys.version.split()[0]}"


def middle(values: Sequence[float]) -> float:
    """Return the median."""
    return statistics.median(values)


@contextmanager
def running(
    *command: str, log: Path | None = None, extra: Mapping[str, str] | None = None
) -> "Iterator[subprocess.Popen[str]]":
    """
    Run a program with its input and output at hand, and end it.

    Args:
        command: The program and its arguments.
        log: Where to keep what it says on stderr; None to drop it.
        extra: More environment.
    """
    with (
        open(log or os.devnull, "w") as said,
        subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=said,
            text=True,
            env={**os.environ, **(extra or {})},
        ) as process,
    ):
        try:
            yield process
        finally:
            process.terminate()


def viewer(*arguments: str) -> "tuple[str, ...]":
    """Return the command that runs mjpeg-viewer with these arguments."""
    return (sys.executable, "-m", "mjpeg_viewer", *arguments)


def read_line(process: "subprocess.Popen[str]", pattern: str) -> str:
    """Read lines that a program prints until one has the pattern; return what its first group found."""
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(pattern, line):
            return found[1]
    raise RuntimeError(f"{process.args} ended without saying {pattern!r}")


def build(source: str, *libraries: str) -> str:
    """Compile one of the floors that stand here in C; return the program's path."""
    target = HERE / ".build" / Path(source).stem
    target.parent.mkdir(exist_ok=True)
    newest = max(path.stat().st_mtime for path in (HERE / source, *HERE.glob("*.h")))
    if target.exists() and target.stat().st_mtime > newest:
        return str(target)
    built = subprocess.run(
        ["gcc", "-O2", "-Wall", "-o", target, HERE / source, *libraries], capture_output=True, text=True
    )
    if built.returncode:
        packages = "gcc libc6-dev libzmq3-dev libjpeg62-turbo-dev"
        sys.exit(f"{source} cannot be built; type: apt-get install -y {packages}\n{built.stderr}")
    return str(target)
