"""What a running server writes on stderr: one line per event, and no secret in any."""

import logging
import re

from mjpeg_viewer.web.tokens import MARK

# What opens a door: tokens wherever they stand, and what addresses and headers carry, as libraries quote them.
_SECRETS = re.compile(
    rf"({MARK})[\w-]+|((?:\b|%3[fF]|%26)(?:token|once)(?:=|%3[dD]))[^&\s\"']+"
    r"|(authorization\W{1,6}(?:basic|bearer)\s+)[^\s\"']+",
    re.IGNORECASE,
)


def set_up_logs() -> None:
    """Log to stderr from now on."""
    logging.basicConfig(level=logging.INFO)
    # Who sends a cookie of another server or of an old key is simply not logged in.
    logging.getLogger("aiohttp_session").setLevel(logging.ERROR)
    for handler in logging.getLogger().handlers:
        handler.addFilter(_tame_bsread)
        handler.setFormatter(DiscreetFormatter("%(asctime)s %(levelname)s %(message)s"))


class DiscreetFormatter(logging.Formatter):
    """Formats whole lines, tracebacks included, and leaves out what would open a door."""

    def format(self, record: logging.LogRecord) -> str:
        """Format a record."""
        return _SECRETS.sub(lambda found: f"{found[1] or found[2] or found[3]}…", super().format(record))


def _tame_bsread(record: logging.LogRecord) -> bool:
    """Drop what psi-bsread writes on the root logger for each request to a dispatcher, body and all."""
    return record.name != "root" or record.levelno >= logging.WARNING
