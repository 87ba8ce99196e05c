"""Replace a file as a whole, so that nobody ever reads half of one."""

import os
import tempfile
from pathlib import Path


def replace_file(path: Path, text: str, like: Path | None = None) -> None:
    """
    Write a file anew.  Its mode and owner stay; a link to it stays one.

    Args:
        path: The file.
        text: All that shall stand in it.
        like: Whose mode and owner a new file gets; without it, a new one is its owner's alone.

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
            model = target if target.exists() else like
            if model is not None and model.exists():
                status = model.stat()
                os.fchmod(file.fileno(), status.st_mode & 0o777)
                os.fchown(file.fileno(), status.st_uid, status.st_gid)
        written.replace(target)
    except BaseException:
        if written is not None:
            written.unlink(missing_ok=True)
        raise
