"""What is written into the log, and what never is."""

import logging
import sys
from pathlib import Path

import pytest

from mjpeg_viewer.cli.logs import DiscreetFormatter
from tests.cli.kit import run

TOKEN = "mvt_" + "a-B_9" * 11 + "abcd"


@pytest.mark.parametrize(
    ("line", "written"),
    [
        (f"GET /a?token={TOKEN}&b=1 failed", "GET /a?token=…&b=1 failed"),
        (f"'{TOKEN}'", "'mvt_…'"),
        ("GET /login?next=/&once=SECRET-1 x", "GET /login?next=/&once=… x"),
        ("next=%2Fa%3Ftoken%3DSECRET&b", "next=%2Fa%3Ftoken%3D…&b"),
        ("bad header: b'Authorization: Basic c2VjcmV0'", "bad header: b'Authorization: Basic …'"),
        ('"authorization": "Bearer SECRET"', '"authorization": "Bearer …"'),
        ("beam: no token was sent at once", "beam: no token was sent at once"),
        ("token wiki: refused", "token wiki: refused"),
    ],
)
def test_secret_is_left_out_of_a_line(line: str, written: str):
    """Whoever reads the log learns what happened, and nothing that opens a door."""
    record = logging.LogRecord("x", logging.INFO, "", 0, "%s", (line,), None)
    assert DiscreetFormatter("%(message)s").format(record) == written


def test_secret_is_left_out_of_a_traceback():
    """What a library quotes in its error is a line as any other."""
    try:
        raise ValueError(f"bad line: GET /?token={TOKEN}")
    except ValueError:
        record = logging.LogRecord("x", logging.ERROR, "", 0, "failed", (), sys.exc_info())
    written = DiscreetFormatter("%(message)s").format(record)
    assert "ValueError: bad line: GET /?token=…" in written
    assert TOKEN not in written


async def test_every_logger_of_the_server_is_discreet(tmp_path: Path):
    """Libraries' lines go the same way as the server's own."""
    code = (
        "import logging; from mjpeg_viewer.cli.logs import set_up_logs; set_up_logs();"
        f"logging.getLogger('aiohttp.server').error('refused %s', '/?token={TOKEN}');"
        f"logging.error('{TOKEN}')"
    )
    async with run(home=tmp_path, code=code) as command:
        status, log = await command.wait()
    assert status == 0
    assert "ERROR refused /?token=…" in log
    assert "ERROR mvt_…" in log
