"""A file that is read anew when it changes, without anybody telling the program."""

import logging
import threading
import time
from pathlib import Path
from typing import Generic, TypeVar

from mjpeg_viewer.errors import ConfigurationError

_log = logging.getLogger(__name__)

T = TypeVar("T")


class RereadFile(Generic[T]):
    """
    What stands in a file now.  Fit for several threads.

    A subclass says by ``_read`` how it is read.  While that fails, what was read before holds, and the log says so
    once.

    Args:
        path: The file.
        what: What stands in it, for the log: ``users``.

    Raises:
        ConfigurationError: It cannot be read the first time.
    """

    # A file's time is looked at no more often than this.
    _LOOK_PERIOD = 1.0

    def __init__(self, path: Path, what: str) -> None:
        self._path = path
        self._what = what
        self._reading = threading.Lock()
        # In this order, as in _reread: what changes in between is then read once too often, never missed.
        self._stamp = self._get_stamp()
        self._content = self._read()
        self._looked = time.monotonic()

    def get_content(self) -> T:
        """Return what stands in the file, at most a second old."""
        with self._reading:
            now = time.monotonic()
            if now - self._looked > self._LOOK_PERIOD:
                self._looked = now
                self._reread()
        return self._content

    def _read(self) -> T:
        """Read the file.  Raises ConfigurationError if it is not what it should be."""
        raise NotImplementedError

    def _reread(self) -> None:
        stamp = self._get_stamp()
        if stamp == self._stamp:
            return
        self._stamp = stamp
        try:
            self._content = self._read()
        except ConfigurationError as error:
            # Half an edit must not lock everybody out, nor let anybody in.
            _log.error("%s; the %s stay as they were", error, self._what)
        else:
            _log.info("%s: %s read anew", self._path, self._what)

    def _get_stamp(self) -> tuple[int, int, int] | None:
        try:
            status = self._path.stat()
        except OSError:
            return None
        # The time of the last change of any kind: a chmod can make good what was refused.
        return status.st_ctime_ns, status.st_size, status.st_ino
