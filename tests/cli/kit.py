"""The command in processes of its own, as a person or a service manager runs it."""

import asyncio
import contextlib
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

from tests.kit import cheap_hash
from tests.raw import PATIENCE

ADA = {"ada": "right"}


class Command:
    """A running command."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.out = ""
        self._log = ""

    @property
    def pid(self) -> int:
        """Its process id."""
        return self.process.pid

    async def read_until(self, pattern: str) -> re.Match[str]:
        """Read its output up to and with the line in which the pattern stands."""
        assert self.process.stdout
        async with asyncio.timeout(PATIENCE):
            while True:
                line = (await self.process.stdout.readline()).decode()
                if not line:
                    raise EOFError(f"no {pattern!r}; it said {self.out!r} and {await self.read_errors()!r}")
                self.out += line
                if found := re.search(pattern, line):
                    return found

    async def read_log(self, pattern: str) -> re.Match[str]:
        """Read its log up to and with the line in which the pattern stands."""
        assert self.process.stderr
        async with asyncio.timeout(PATIENCE):
            while True:
                line = (await self.process.stderr.readline()).decode()
                assert line, f"no {pattern!r} in {self._log!r}"
                self._log += line
                if found := re.search(pattern, line):
                    return found

    async def read_errors(self) -> str:
        """Read what it wrote on stderr, to the end."""
        assert self.process.stderr
        return (await self.process.stderr.read()).decode()

    async def end(self, number: int = signal.SIGTERM, within: float = PATIENCE) -> tuple[int, str]:
        """Send it a signal and wait for its end, so many seconds at most; exit status and stderr."""
        self.process.send_signal(number)
        async with asyncio.timeout(within):
            await self.process.wait()
        return await self.wait()

    async def wait(self) -> tuple[int, str]:
        """Wait for its end; exit status and stderr."""
        async with asyncio.timeout(PATIENCE):
            out, errors = await self.process.communicate()
        self.out += out.decode()
        assert self.process.returncode is not None
        return self.process.returncode, self._log + errors.decode()


@contextlib.asynccontextmanager
async def run(
    *arguments: str,
    home: Path,
    typed: bytes | None = None,
    code: str | None = None,
    env: Mapping[str, str] | None = None,
) -> AsyncIterator[Command]:
    """
    Run the command; it is ended at the latest when the block ends.

    Args:
        arguments: What stands behind ``mjpeg-viewer``.
        home: Where it keeps its state.
        typed: What it reads on stdin; None for nothing.
        code: Python to run instead of ``-m mjpeg_viewer``.
        env: More environment.
    """
    pipe = asyncio.subprocess.PIPE
    start = ["-m", "mjpeg_viewer"] if code is None else ["-c", code]
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *start, *arguments),
        stdin=asyncio.subprocess.DEVNULL if typed is None else pipe,
        stdout=pipe,
        stderr=pipe,
        env={**os.environ, "XDG_STATE_HOME": str(home), "HOME": str(home), **(env or {})},
    )
    try:
        if typed is not None:
            assert process.stdin
            process.stdin.write(typed)
            process.stdin.close()
        yield Command(process)
    finally:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        # Not read to the end: a child of its own that it left behind would hold the pipes open.
        process._transport.close()  # type: ignore[attr-defined]


async def run_to_end(*arguments: str, home: Path, typed: bytes | None = None) -> tuple[int, str, str]:
    """Run the command and wait for its end; exit status, stdout and stderr."""
    async with run(*arguments, home=home, typed=typed) as command:
        status, errors = await command.wait()
        return status, command.out, errors


def write_user_file(folder: Path, hashing: Callable[[str], str] = cheap_hash) -> str:
    """Make a users file in which ada has the password right; its path."""
    path = folder / "users"
    path.write_text(f"ada:{hashing('right')}\n")
    path.chmod(0o600)
    return str(path)
