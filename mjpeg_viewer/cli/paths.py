"""Where the server keeps its own files, for all commands alike."""

import os
from pathlib import Path

from mjpeg_viewer.errors import ConfigurationError
from mjpeg_viewer.settings import Settings


def get_key_file(settings: Settings) -> Path:
    """
    Return where the session keys are kept: as configured, else in systemd's or the user's place for state.

    Raises:
        ConfigurationError: Neither is known.
    """
    if settings.server.session_key is not None:
        return Path(settings.server.session_key)
    # systemd.exec(5), StateDirectory=; XDG Base Directory Specification
    state = os.environ.get("STATE_DIRECTORY")
    if state:
        return Path(state.split(":")[0]) / "session.key"
    try:
        home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
    except RuntimeError:  # neither HOME nor an entry in the system's list of users
        raise ConfigurationError(
            "there is no home folder to keep the session key in; set server.session_key in a configuration file"
        ) from None
    return Path(home) / "mjpeg-viewer" / "session.key"


def find_tokens_file(settings: Settings) -> Path | None:
    """Return where the tokens are listed: as configured, else beside the users file; None if there is none either."""
    if settings.server.tokens is not None:
        return Path(settings.server.tokens)
    return None if settings.server.users is None else Path(f"{settings.server.users}.tokens")
