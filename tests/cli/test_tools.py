"""mjpeg-viewer probe and check: the small commands around the server."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mjpeg_viewer import __version__
from mjpeg_viewer.cli import main
from mjpeg_viewer.simulator import Beam, Simulator
from tests.cli.kit import run, run_to_end, write_user_file


@pytest.fixture
async def sending() -> AsyncIterator[Simulator]:
    """A camera of 50 Hz."""
    with Simulator(Beam(64, 48, "uint16")) as beam:
        running = asyncio.create_task(asyncio.to_thread(beam.run, -1, 0.02))
        yield beam
        beam.stop()
        await running


# -- probe


async def test_probe_tells_what_a_stream_carries(tmp_path: Path, sending: Simulator):
    """Which channel is the picture, each channel's type and shape, and the rate; by HOST:PORT or by URL."""
    for command in (["-t", "0.5", f"127.0.0.1:{sending.port}"], [sending.url, "--time", "0.5"]):
        status, out, errors = await run_to_end("probe", *command, home=tmp_path)
        assert (status, errors) == (0, "")
        found = re.match(rf"{re.escape(sending.url)}: (\d+) messages in 0\.5 s \((\d+\.\d) Hz, \d+\.\d\d MB/s\)\n", out)
        assert found, out
        assert 0 < int(found[1]) < 50
        assert re.search(r"picture: image, 64 x 48 pixels, uint16, values \d+ to \d+\n", out)
        assert re.search(r"pulse id \d+, global time \d+\.\d+ \(\+\d\.\d{3} s ago\)\n", out)
        assert re.search(r"\nchannel +type +shape +compression +value\n", out)
        assert re.search(r"\nimage +uint16 +48 x 64 +none +the picture\n", out)
        assert re.search(r"\nimage_profile_x +float64 +64 +none +\S+ to \S+\n", out)
        assert re.search(r"\nimage_size_x +int64 +1 +none +64\n", out)
        assert re.search(r"\nbeam_energy +float64 +1 +none +5\.\d+\n", out)


async def test_probe_reads_a_publisher(capfd):
    """With bsread+sub:// it listens to PUB."""
    with Simulator(Beam(64, 48), mode="pub") as beam:
        running = asyncio.create_task(asyncio.to_thread(beam.run, -1, 0.02))
        assert await asyncio.to_thread(main, ["probe", "-t", "0.5", beam.url]) == 0
        beam.stop()
        await running
    assert "picture: image, 64 x 48 pixels, float64, values" in capfd.readouterr().out


class Hostile:
    """A camera whose names and values are escape sequences."""

    SEQUENCE = "\x1b]0;mine\x07\x1b[2J\u202e\r"

    def values(self, *_args: object) -> dict[str, Any]:
        image = np.arange(12, dtype=np.uint8).reshape(3, 4)
        return {f"image{self.SEQUENCE}": image, self.SEQUENCE * 20: 1.0, "LÄNGE:1": f"text{self.SEQUENCE}"}


async def test_probe_writes_nothing_of_the_senders_to_the_terminal(capfd):
    """Escape sequences are shown, not obeyed; an ordinary name stands as it is."""
    with Simulator(Hostile()) as beam:
        running = asyncio.create_task(asyncio.to_thread(beam.run, -1, 0.02))
        assert await asyncio.to_thread(main, ["probe", "-t", "0.3", beam.url]) == 0
        beam.stop()
        await running
    out, errors = capfd.readouterr()
    assert errors == ""
    assert all(line.isprintable() for line in out.split("\n"))
    escaped = r"\x1b]0;mine\x07\x1b[2J\u202e\r"
    assert f"picture: 'image{escaped}', 4 x 3 pixels" in out
    assert f"'text{escaped}'" in out
    assert "\nLÄNGE:1 " in out
    assert max(map(len, out.split("\n"))) < 400


def test_probe_says_why_it_hears_nothing(capfd, monkeypatch):
    """Nobody there, or nobody speaking: status 1, and which of the two it is."""
    monkeypatch.setattr("mjpeg_viewer.sources.bsread._LOOK_MS", 50)
    with Simulator(Beam(64, 48)) as silent:
        assert main(["probe", "-t", "0.5", silent.url]) == 1
        out, errors = capfd.readouterr()
        assert out == ""
        assert f"connected to {silent.address}, but no message comes" in errors
        assert errors.count("\n") == 1
    assert main(["probe", "-t", "0.2", f"127.0.0.1:{silent.port}"]) == 1
    out, errors = capfd.readouterr()
    assert out == ""
    assert errors.startswith(f"mjpeg-viewer: {silent.url}: nobody answers at {silent.address}; is the sender running?")
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "found"),
    [
        (["127.0.0.1"], "has no port"),
        (["http://a:1"], "unknown scheme"),
        (["-t", "0", "127.0.0.1:1"], "expected"),
        (["-t", "-1", "127.0.0.1:1"], "expected"),
        (["-t", "nan", "127.0.0.1:1"], "expected"),
    ],
)
def test_probe_refuses_what_is_no_address(capfd, arguments: list[str], found: str):
    """Wrong usage is status 2 and says what was expected."""
    try:
        status = main(["probe", *arguments])
    except SystemExit as ending:
        status = ending.code
    assert status == 2
    assert found in capfd.readouterr().err


# -- check


def test_check_praises_a_good_file(tmp_path: Path, capfd):
    """It names the cameras and counts the users, and starts nothing."""
    file = tmp_path / "config.toml"
    file.write_text(
        f'[server]\nusers = "{write_user_file(tmp_path)}"\n'
        '[cameras.a]\nsource = "bsread+pull://a:1"\n[cameras.b]\nsource = "bsread+sub://b:2"\n'
    )
    assert main(["check", str(file)]) == 0
    assert capfd.readouterr() == (f"{file}: good; 2 cameras (a, b), 1 users\n", "")


async def test_file_is_utf_8_whatever_the_terminal_speaks(tmp_path: Path):
    """TOML is UTF-8 (toml.io, "Spec"), also for a service that was given no locale."""
    file = tmp_path / "config.toml"
    file.write_bytes('[cameras.a]\nsource = "bsread+pull://a:1"\nimage_channel = "KÄM"\n'.encode())
    ascii_only = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    async with run("check", str(file), home=tmp_path, env=ascii_only) as checking:
        assert await checking.wait() == (0, "")


async def test_version_is_told(tmp_path: Path):
    """--version says which it is."""
    assert await run_to_end("--version", home=tmp_path) == (0, f"mjpeg-viewer {__version__}\n", "")
