"""Whether others than its owner can write, replace or read a file that logins depend on."""

import stat
from pathlib import Path

from mjpeg_viewer.errors import ConfigurationError

# What others may not do with a file, as the bits of its mode.
KEPT_BY_OWNER = 0o022
"""Others may read it."""

KEPT_BY_GROUP = 0o002
"""Others may read it, and its group may write it."""

SECRET = 0o066
"""Others may neither read nor write it."""

SECRET_OF_GROUP = 0o026
"""Its group may read it, as Debian's ssl-cert does keys, and nobody else."""


def find_exposure(path: Path, closed: int = KEPT_BY_OWNER) -> str | None:
    """
    Say what others can do with a file, and what to type against it; None if there is nothing.

    Args:
        path: The file; where it is a link, the link's folder counts too.
        closed: What others may not do.

    Raises:
        OSError: It cannot be looked at.
    """
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & closed & 0o044:
        return f"others can read it (mode {mode:o}); type: chmod {mode & ~closed:o} {path}"
    if mode & closed & 0o022:
        return f"others can write it (mode {mode:o}); type: chmod {'go' if closed & 0o020 else 'o'}-w {path}"
    for folder in {path.absolute().parent, path.resolve().parent}:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            return f"others can replace it, as they can write its folder (mode {mode:o}); type: chmod o-w {folder}"
    return None


def refuse_exposure(name: str, path: Path, closed: int = KEPT_BY_OWNER) -> None:
    """
    Refuse a file with which others can do what they may not.

    Args:
        name: What it is: a key of the configuration.
        path: The file.
        closed: What others may not do with it.

    Raises:
        ConfigurationError: They can, or it cannot be looked at.
    """
    try:
        exposure = find_exposure(path, closed)
    except OSError as error:
        raise ConfigurationError(f"{name}: {path}: {error.strerror}") from None
    if exposure is not None:
        raise ConfigurationError(f"{name}: {path}: {exposure}")
