"""The service as systemd reads it: nothing to complain of, a tight sandbox, and a program that can live in it."""

import configparser
import ctypes
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from mjpeg_viewer.settings import load_settings

DEPLOY = Path(__file__).parents[2] / "deploy"
PATIENCE = 30.0  # s, for what takes one or two on an idle machine

PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN = 65, 1  # linux/prctl.h, since Linux 6.3


@pytest.fixture
def unit(tmp_path):
    """A copy of the unit that names a program which exists here, for systemd-analyze looks for it."""
    if shutil.which("systemd-analyze") is None:
        if os.environ.get("CI") == "true":
            pytest.fail("systemd-analyze is missing; type: apt-get install -y systemd")
        pytest.skip("systemd-analyze is missing; type: apt-get install -y systemd")
    text = (DEPLOY / "mjpeg-viewer.service").read_text()
    assert "ExecStart=/opt/mjpeg-viewer/bin/mjpeg-viewer serve " in text
    copy = tmp_path / "mjpeg-viewer.service"
    copy.write_text(text.replace("/opt/mjpeg-viewer/bin/mjpeg-viewer", shutil.which("true")))
    return copy


def analyze(*arguments):
    return subprocess.run(
        ["systemd-analyze", "--no-pager", *arguments], capture_output=True, text=True, timeout=PATIENCE
    )


def test_systemd_has_nothing_to_say_about_the_unit(unit):
    """verify is silent; its exit status alone proves nothing, for it is 0 with unknown keys too."""
    result = analyze("verify", unit)
    assert (result.returncode, result.stderr, result.stdout) == (0, "", "")

    unit.write_text(unit.read_text().replace("RestartSec=", "RestartSeconds="))
    assert "RestartSeconds" in analyze("verify", unit).stderr


def test_sandbox_is_tight(unit):
    """systemd's own score of what the service could do is 1.5 of 10 at most; a unit without a sandbox has 9.6."""
    result = analyze("security", "--offline=true", unit)
    score = re.search(r"Overall exposure level for mjpeg-viewer\.service: ([\d.]+)", result.stdout)

    assert result.stderr == ""
    assert float(score[1]) <= 1.5


def test_unit_and_sample_configuration_fit_together():
    """The unit starts the server with the file that the sample is for, from a directory that the service may read."""
    parser = configparser.ConfigParser(strict=False, interpolation=None)
    parser.optionxform = str
    parser.read(DEPLOY / "mjpeg-viewer.service")
    service = parser["Service"]
    settings = load_settings(DEPLOY / "config.toml")

    assert service["ExecStart"].split()[1:] == ["serve", "--config", "/etc/mjpeg-viewer/config.toml"]
    assert service["Type"] == "notify"
    assert settings.server.users == "/etc/mjpeg-viewer/users"
    assert list(settings.cameras) == ["beam"]
    # A dynamic user may not share its name with a group: systemd refuses to start it.
    assert service["DynamicUser"] == "yes"
    assert service["SupplementaryGroups"] not in ("", "mjpeg-viewer")


# Refuses itself, and so what it becomes, memory that is both written and run, as MemoryDenyWriteExecute= does.
DENY = f"""
import ctypes, os, sys
if ctypes.CDLL(None).prctl({PR_SET_MDWE}, {PR_MDWE_REFUSE_EXEC_GAIN}, 0, 0, 0) != 0:
    sys.exit(77)
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""


def test_memory_that_is_written_is_never_run():
    """The whole program, simulator and bcrypt included, shows a picture where no memory may become code."""
    if ctypes.CDLL(None).prctl(PR_SET_MDWE + 1, 0, 0, 0, 0) < 0:  # PR_GET_MDWE
        pytest.skip("this kernel cannot deny it by prctl; Linux 6.3 or newer does")
    command = [sys.executable, "-c", DENY, "-m", "mjpeg_viewer", "demo", "--no-login", "-P", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as demo:
        try:
            said = iter(demo.stdout.readline, "")
            base = next(found[0] for line in said if (found := re.search(r"http://127\.0\.0\.1:\d+", line)))
            with urllib.request.urlopen(f"{base}/snapshot.jpg", timeout=PATIENCE) as answer:
                assert answer.read(2) == b"\xff\xd8"
            demo.send_signal(signal.SIGTERM)
            assert demo.wait(PATIENCE) == 0
        finally:
            demo.kill()
