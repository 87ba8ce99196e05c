"""
How often a login may fail: by whom, from where.

Each failure fills a bucket that empties slowly; while it is full, whoever it stands for has to wait: half a minute, or
two and a half while the user is under attack.  A try that is refused does not lengthen that.  There are three kinds:

- of a user at an address: five failures at once, then one in 30 s;
- of an address, whoever is tried: twenty, then one in 5 s.  Who got in from there before is not counted with the rest;
- of a user, wherever from: after fifty, each address that was not right before has one failure in 30 s, not five.

Tokens and single sign-ons that fail are counted by address, each by themselves.

So others' failures cost a user at most some waiting, at an address that he shares with them; elsewhere the right
password opens at the first try, whatever they do.
"""

import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from mjpeg_viewer.errors import TooManyFailuresError
from mjpeg_viewer.web.places import find_network

_log = logging.getLogger(__name__)

# Some 3 MB.  With more, the buckets that were filled longest ago, which are the emptiest, are forgotten.
_MOST = 10_000

# A user's name has 64 characters at most, so nobody is known by the rest of a longer one, which may have 60 kB.
_NAME_LENGTH = 65

_SAY_PERIOD = 10.0


class _Size(NamedTuple):
    failures: int
    period: float


_PAIR = _Size(5, 30.0)
_PAIR_UNDER_ATTACK = _Size(1, 30.0)
_ADDRESS = _Size(20, 5.0)
_USER = _Size(50, 5.0)
_OTHER = _Size(20, 5.0)

_Key = tuple[str, ...]


class Attempt:
    """A login that was begun and counts as failed until it is said to be better."""

    def __init__(self, throttle: "Throttle", user: str, network: str, filled: Sequence[tuple[_Key, _Size]]) -> None:
        self._throttle = throttle
        self._known = user, network
        self._filled = filled

    def withdraw(self) -> None:
        """Count it as never made."""
        for key, size in self._filled:
            self._throttle.empty(key, size)
        self._filled = ()

    def succeed(self) -> None:
        """Forgive this user's failures at this address, and know him there from now on."""
        self.withdraw()
        self._throttle.know(*self._known)


class Throttle:
    """
    Counts failed logins, in bounded memory.

    Args:
        clock: Tells the time in seconds, from any beginning.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._levels: OrderedDict[_Key, tuple[float, float]] = OrderedDict()
        self._known: OrderedDict[_Key, None] = OrderedDict()
        self._refused = 0
        self._said = float("-inf")

    def begin(self, user: str, address: str) -> Attempt:
        """
        Begin to try a password.

        Raises:
            TooManyFailuresError: Too many failed before; says when to come again.
        """
        user, network = user[:_NAME_LENGTH], find_network(address)
        pair: _Key = ("pair", user, network)
        at: _Key = ("address", network)
        of: _Key = ("user", user)
        if (user, network) in self._known:
            filled = [(pair, _PAIR)]
        else:
            attacked = self._level(of, _USER) > _USER.failures - 1
            filled = [(pair, _PAIR_UNDER_ATTACK if attacked else _PAIR), (at, _ADDRESS)]
        self._demand_room(filled, network)
        filled.append((of, _USER))
        for key, size in filled:
            self._fill(key, size)
        return Attempt(self, user, network, filled)

    def begin_other(self, kind: str, address: str) -> Attempt:
        """
        Begin to try what is no password, a ``token`` or a ``sign-on``.

        Each is counted by itself: a page that still has the address of a token long forgotten is no attack.

        Raises:
            TooManyFailuresError: As for begin.
        """
        network = find_network(address)
        filled = [((kind, network), _OTHER)]
        self._demand_room(filled, network)
        self._fill(*filled[0])
        return Attempt(self, "", network, filled)

    def know(self, user: str, network: str) -> None:
        """Remember that this user got in from here."""
        self._levels.pop(("pair", user, network), None)
        self._known[user, network] = None
        self._known.move_to_end((user, network))
        if len(self._known) > _MOST:
            self._known.popitem(last=False)

    def empty(self, key: _Key, size: _Size) -> None:
        """Take a failure back."""
        level = self._level(key, size) - 1
        if level > 0:
            self._levels[key] = level, self._clock()
        else:
            self._levels.pop(key, None)

    def _demand_room(self, buckets: Sequence[tuple[_Key, _Size]], network: str) -> None:
        wait = max((self._level(key, size) + 1 - size.failures) * size.period for key, size in buckets)
        if wait <= 0:
            return
        self._refused += 1
        now = self._clock()
        if now - self._said >= _SAY_PERIOD:
            _log.warning("%d logins were refused, as too many had failed; the latest from %s", self._refused, network)
            self._refused, self._said = 0, now
        raise TooManyFailuresError(wait)

    def _level(self, key: _Key, size: _Size) -> float:
        level, since = self._levels.get(key, (0.0, 0.0))
        return max(0.0, level - (self._clock() - since) / size.period)

    def _fill(self, key: _Key, size: _Size) -> None:
        self._levels[key] = self._level(key, size) + 1, self._clock()
        self._levels.move_to_end(key)
        if len(self._levels) > _MOST:
            self._levels.popitem(last=False)
