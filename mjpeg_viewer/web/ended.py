"""
The sessions that were ended before their time, so that a copy of their cookie is worth nothing.

What a session is stands in its cookie, which nobody can call back; so this has to outlive a restart just as the key of
the cookies does.  It is kept in a small file beside that key.
"""

import logging
import re
import time
from hashlib import sha256
from pathlib import Path

from mjpeg_viewer.errors import ConfigurationError
from mjpeg_viewer.exposure import find_exposure
from mjpeg_viewer.replacing import replace_file
from mjpeg_viewer.web.sessions import MAX_AGE

_log = logging.getLogger(__name__)

# 4096 logouts in a week are far more than people do; they are 120 kB, which every further one writes anew.
_MAX_ENDED = 4096

# Stands for every session that began a week before this, or earlier.
_EVERY = "*"

_LINE = re.compile(r"(@?[A-Za-z0-9_-]+|\*) ([0-9]{1,15})")


class EndedSessions:
    """
    Remembers each ended session for a week after it began, when it has ended by itself at the latest.

    There is room for 4096.  With more, the sessions that began first are ended too, whosever they are: to log somebody
    out who was not asked is a nuisance, to let somebody in would be a fault.

    Args:
        path: The file; None to forget all at the end of the program, as the key of the cookies is then forgotten.

    Raises:
        ConfigurationError: The file cannot be read, or is no such file.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._expires = {} if path is None else _read(path)

    def add(self, session: str, began: int) -> None:
        """
        End a session.  Where that cannot be written down it is logged, and holds until the next start.

        Args:
            session: Its id.
            began: When it began, in seconds since the epoch.
        """
        self._add(session, began + MAX_AGE)

    def add_all(self, account: str, began: int) -> None:
        """End all sessions of an account that began no later than this, in seconds since the epoch; else as add."""
        self._add(_mark(account), began + MAX_AGE)

    def find_all(self, account: str) -> int:
        """Return no later than when an account's sessions began that were ended all together; 0 if they never were."""
        return max(0, int(self._expires.get(_mark(account), 0)) - MAX_AGE)

    def has(self, session: str, began: int) -> bool:
        """Tell whether a session was ended by itself; arguments as for add."""
        return session in self._expires or began + MAX_AGE <= self._expires.get(_EVERY, 0.0)

    def _add(self, key: str, expires: float) -> None:
        self._expires[key] = expires
        try:
            if self._path is not None:
                # Servers of one person share the key, and so this file; none of them forgets what another one wrote.
                for other, end in _read(self._path).items():
                    self._expires[other] = max(end, self._expires.get(other, 0.0))
            self._trim()
            if self._path is not None:
                replace_file(self._path, "".join(f"{key} {end:.0f}\n" for key, end in self._expires.items()))
        except OSError as error:
            _log.error("%s: %s; a logout holds only until the next start", self._path, error.strerror)
        except ConfigurationError as error:
            _log.error("%s; a logout holds only until the next start", error)

    def _trim(self) -> None:
        now = time.time()
        left = sorted((end, session) for session, end in self._expires.items() if end > now)
        surplus, kept = left[:-_MAX_ENDED], left[-_MAX_ENDED:]
        self._expires = {session: end for end, session in kept}
        if surplus:
            self._expires[_EVERY] = max(surplus[-1][0], self._expires.get(_EVERY, 0.0))


def _mark(account: str) -> str:
    """Return what stands for all sessions of an account; "@" begins no session's id."""
    return "@" + sha256(account.encode()).hexdigest()[:24]


def _read(path: Path) -> dict[str, float]:
    try:
        lines = path.read_text("ascii").splitlines()
        exposure = find_exposure(path)
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise ConfigurationError(f"file of ended sessions {path}: {error.strerror}") from None
    except UnicodeDecodeError:
        lines, exposure = [""], None
    if exposure is not None:
        raise ConfigurationError(f"file of ended sessions {path}: {exposure}")
    found = [_LINE.fullmatch(line) for line in lines]
    if None in found:
        raise ConfigurationError(
            f"file of ended sessions {path}, line {found.index(None) + 1}: expected ID SECONDS; remove the file"
            " together with the session key, and everybody is logged out"
        )
    return {match[1]: float(match[2]) for match in found if match}
