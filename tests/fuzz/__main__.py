"""
Runs both fuzzers, half of the time each, and says what came of it:

    python -m tests.fuzz 1800
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
SCRATCH = Path(tempfile.gettempdir()) / "mjpeg-viewer-fuzz"

# A fuzzer that ends sooner after its start has not begun at all.
SHORTEST = 5.0


def run(target: str, seconds: float) -> tuple[int, str]:
    """
    Run a fuzzer until the time is up, anew after each finding.

    Returns:
        Its executions, and its last line on coverage.
    """
    executions, coverage = 0, "no coverage"
    log = SCRATCH / f"{target}.log"
    deadline = time.monotonic() + seconds
    while (left := deadline - time.monotonic()) > 1:
        began = time.monotonic()
        with log.open("wb") as output:
            # A fuzzer takes a processor for itself; whoever works here goes first.
            command = ["nice", "-n", "19", sys.executable, "-m", f"tests.fuzz.fuzz_{target}"]
            ended = subprocess.run(
                [*command, f"-max_total_time={round(left)}"], cwd=ROOT, stdout=output, stderr=output, check=False
            )
        text = log.read_text(errors="replace")
        numbers = re.findall(r"^(?:stat::number_of_executed_units: |#)(\d+)", text, re.MULTILINE)
        executions += int(numbers[-1]) if numbers else 0
        coverage = (re.findall(r"cov: \d+ ft: \d+ corp: \S+", text) or [coverage])[-1]
        if ended.returncode and time.monotonic() - began < SHORTEST:
            print(text[-3000:])
            break
    return executions, coverage


def main() -> int:
    """Print a line per fuzzer and one per finding; return the exit status, 1 if there is any finding."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 1800.0
    SCRATCH.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("PYTHONFAULTHANDLER", "1")
    for target in ("parser", "decode"):
        executions, coverage = run(target, seconds / 2)
        print(f"{target:<8}{executions:>10} executions   {coverage}   log: {SCRATCH / target}.log", flush=True)
    findings = sorted(SCRATCH.glob("*/findings/*"))
    for finding in findings:
        print(f"finding: {finding}   again by: python -m tests.fuzz.fuzz_{finding.parts[-3]} {finding}")
    print(f"{len(findings)} findings")
    return 1 if findings else 0


if __name__ == "__main__":
    sys.exit(main())
