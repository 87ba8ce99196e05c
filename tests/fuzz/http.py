"""
Asks the real server what docs/openapi.yaml allows, and what it forbids, and holds each answer against it:

    python -m tests.fuzz.http 20000

Half of the requests keep to the description and half break it (schemathesis makes both); a quarter comes without
credentials, one with wrong ones, one with a password and one with a session.  Streams have no end, so of them only the
head is read, and then the connection is closed.
"""

import os
import re
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

import hypothesis
import requests
import schemathesis
from schemathesis.generation import GenerationMode
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from mjpeg_viewer.simulator import Beam, Simulator
from tests.cli.kit import write_user_file
from tests.kit import basic

ROOT = Path(__file__).parents[2]
ENDLESS = ("multipart/x-mixed-replace", "text/event-stream")
CHECKS = [
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
BROWSER = {"Accept": "text/html,image/webp,*/*", "User-Agent": "Mozilla/5.0"}

# Nothing here takes longer, but a snapshot for which no picture comes (5 s).
PATIENCE = 10.0


@dataclass
class Server:
    """The running command."""

    base: str
    process: "subprocess.Popen[str]"
    log: Path

    def find_faults(self) -> list[str]:
        """Return what should not be: that it ended, tracebacks, and lines that tell of an error."""
        faults = [line for line in self.log.read_text().splitlines() if re.search(r"Traceback|ERROR|CRITICAL", line)]
        return faults if self.process.poll() is None else [*faults, f"it ended with {self.process.returncode}"]


@contextmanager
def run_server(folder: Path) -> Iterator[Server]:
    """Run the command for the block, with the user ada and one camera of 50 Hz; its files are in the folder."""
    with Simulator(Beam(64, 48, "uint16"), start_pulse_id=1) as beam, (folder / "log").open("w") as log:
        command = ["serve", "-P", "0", "--source", beam.url, "--users", write_user_file(folder)]
        camera = threading.Thread(target=beam.run, kwargs={"delay": 0.02})
        with subprocess.Popen(
            [sys.executable, "-m", "mjpeg_viewer", *command],
            cwd=ROOT,
            env={**os.environ, "XDG_STATE_HOME": str(folder), "HOME": str(folder)},
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        ) as process:
            try:
                assert process.stdout
                found = re.search(r"http://\S+:\d+", process.stdout.readline())
                assert found, (folder / "log").read_text()
                camera.start()
                yield Server(found[0], process, folder / "log")
            finally:
                process.kill()
                beam.stop()
                if camera.ident:
                    camera.join()


@dataclass
class Fuzzer:
    """
    Asks one server.

    Args:
        base: Its address.
        seed: From which all requests follow; None for new ones each time.

    Attributes:
        statuses: How many answers had each status.
    """

    base: str
    seed: int | None = None
    statuses: Counter[int] = field(default_factory=Counter)

    def run(self, requests_in_all: int) -> None:
        """
        Ask at least so often, every route by everybody.

        Raises:
            schemathesis' and hypothesis' own, with the request that was answered as it should not be.
        """
        schema = schemathesis.openapi.from_path(ROOT / "docs/openapi.yaml")
        operations = [result.ok() for result in schema.get_all_operations()]
        askers = self._get_askers()
        number = 0
        while self.statuses.total() < requests_in_all:
            share = -(-(requests_in_all - self.statuses.total()) // (len(operations) * 2))
            for operation in operations:
                for mode in GenerationMode:
                    number += 1
                    # As much in one go as hypothesis keeps without growing slow.
                    self._ask_some(operation.as_strategy(mode), askers, min(share, 2500), number)

    def _get_askers(self) -> list[dict[str, str]]:
        form = {"username": "ada", "password": "right"}
        answer = requests.post(f"{self.base}/login", data=form, allow_redirects=False, timeout=PATIENCE)
        cookie = {"Cookie": answer.headers["Set-Cookie"].split(";")[0]}
        # Not ada's: failures slow the user at this address, and half of the answers would be 429.
        wrong = basic("bob", "wrong")
        return [{}, {**BROWSER}, {**wrong, **BROWSER}, basic("ada", "right"), {**cookie, **BROWSER}]

    def _ask_some(
        self,
        cases: "hypothesis.strategies.SearchStrategy[schemathesis.Case]",
        askers: Sequence[Mapping[str, str]],
        count: int,
        number: int,
    ) -> None:
        """Ask the first case, which is the simplest there is, by everybody, and each other one by somebody."""
        first: list[int] = []

        @hypothesis.settings(
            max_examples=max(1, count - len(askers) + 1),
            database=None,
            deadline=None,
            verbosity=hypothesis.Verbosity.quiet,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=cases)
        def ask(case: schemathesis.Case) -> None:
            lot = _draw_lot(case)
            first.append(lot)
            _steer(case, lot)
            for headers in askers if lot == first[0] else [askers[lot // 4 % len(askers)]]:
                self._ask(case, headers)

        if self.seed is not None:
            ask = hypothesis.seed(self.seed + number)(ask)
        try:
            ask()
        except hypothesis.errors.Unsatisfiable:
            return  # of a route without parameters there is nothing to get wrong

    def _ask(self, case: schemathesis.Case, headers: Mapping[str, str]) -> None:
        asked = case.as_transport_kwargs(base_url=self.base)
        asked["headers"] = {**asked["headers"], **headers}
        asked.pop("cookies", None)
        try:
            with requests.Session() as session:
                answer = session.request(**asked, stream=True, allow_redirects=False, timeout=PATIENCE)
                if answer.headers.get("Content-Type", "").startswith(ENDLESS):
                    answer._content = b""
                    answer.close()
                found = schemathesis.Response.from_requests(answer, verify=False)
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidHeader, UnicodeError):
            return  # what requests does not send
        self.statuses[answer.status_code] += 1
        case.validate_response(found, checks=CHECKS)


def _draw_lot(case: schemathesis.Case) -> int:
    """Return a number that depends on the case alone, so that hypothesis can ask it again."""
    return crc32(repr((case.path_parameters, case.query, case.body)).encode(errors="replace"))


def _steer(case: schemathesis.Case, lot: int) -> None:
    """Let three of four requests go to what is there; most of all names are not."""
    if lot % 4 == 0:
        return
    known = {"camera": "camera", "file": "viewer.css", "colormap": "viridis"}
    for name in case.path_parameters or {}:
        case.path_parameters[name] = known[name]
    # A camera of 50 Hz has 1000 frames in 20 s.
    if isinstance(case.body, dict) and isinstance(case.body.get("frames"), int) and 5 < case.body["frames"] <= 1000:
        case.body["frames"] = 5


def main() -> int:
    """Ask so often as is said; print what came of it, and return 1 if anything was amiss."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, run_server(Path(folder)) as server:
        fuzzer = Fuzzer(server.base)
        fuzzer.run(count)
        faults = server.find_faults()
    found = ", ".join(f"{status}: {times}" for status, times in sorted(fuzzer.statuses.items()))
    print(f"{fuzzer.statuses.total()} requests in {time.monotonic() - began:.0f} s; {found}; {len(faults)} faults")
    print("\n".join(faults[:20]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
