"""Replace a file as a whole, so that nobody ever reads half of one."""

import os
import tempfile
from pathlib import Path


def replace_file(path: Path, text: str) -> None:
    """
    Write a file anew.  Its mode and owner stay; a new one is its owner's alone; a link to it stays one.

    Raises:
        OSError: It cannot be written; then it is as it was, and nothing is left beside it.
    """
    target = path.resolve()
    written: Path | None = None
    try:
        with tempfile.NamedTemporaryFile(
            "w", dir=target.parent, prefix=f".{path.name}.", delete=False, encoding="utf-8"
        ) as file:
            written = Path(file.name)
            file.write(text)
            if target.exists():
                status = target.stat()
                os.fchmod(file.fileno(), status.st_mode & 0o777)
                os.fchown(file.fileno(), status.st_uid, status.st_gid)
        written.replace(target)
    except BaseException:
        if written is not None:
            written.unlink(missing_ok=True)
        raise
