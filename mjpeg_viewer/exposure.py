"""Whether others than its owner can write, replace or read a file that logins depend on."""

import stat
from pathlib import Path


def find_exposure(path: Path, secret: bool = False) -> str | None:
    """
    Say what others can do with a file, and what to type against it; None if there is nothing.

    Args:
        path: The file; where it is a link, the link's folder counts too.
        secret: Whether others may not even read it.

    Raises:
        OSError: It cannot be looked at.
    """
    mode = stat.S_IMODE(path.stat().st_mode)
    if secret and mode & 0o044:
        return f"others can read it (mode {mode:o}); type: chmod 600 {path}"
    if mode & 0o022:
        return f"others can write it (mode {mode:o}); type: chmod go-w {path}"
    for folder in {path.absolute().parent, path.resolve().parent}:
        mode = stat.S_IMODE(folder.stat().st_mode)
        if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
            return f"others can replace it, as they can write its folder (mode {mode:o}); type: chmod o-w {folder}"
    return None
