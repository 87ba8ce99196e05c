"""Passwords being checked: a third of a second of a processor each, so few at once, and the same one only once."""

import asyncio
from concurrent.futures import Executor

from mjpeg_viewer.errors import UnavailableError
from mjpeg_viewer.users import Users
from mjpeg_viewer.web.throttle import Attempt

# So many passwords are checked or wait for it.  A guesser who sends more is told to wait, and costs nothing; the last
# in line waits some 5 s for its answer where one thread checks.
_MAX_CHECKS = 16


class PasswordChecks:
    """
    The checks that run or wait for a thread.

    Args:
        executor: Where passwords are hashed.
    """

    def __init__(self, executor: Executor) -> None:
        self._executor = executor
        self._checks: dict[tuple[str, str, str | None], asyncio.Future[bool]] = {}

    async def run(self, users: Users, user: str, password: str, fingerprint: str | None, attempt: Attempt) -> bool:
        """
        Tell whether this is the user's password.

        Cancelling this ends no check: others may wait for the same one.

        Args:
            users: Whose passwords there are.
            user: The name.
            password: The password.
            fingerprint: What the user's password was when this began.
            attempt: Withdrawn where nothing is found out that is not being found out already.

        Raises:
            UnavailableError: Too many are being checked just now.
        """
        # A program that opens with ten requests at once sends the same ten times: that is one check.
        key = user, password, fingerprint
        check = self._checks.get(key)
        if check is not None or len(self._checks) >= _MAX_CHECKS:
            attempt.withdraw()
        if check is None:
            check = self._begin(users, key)
        return await asyncio.shield(check)

    def _begin(self, users: Users, key: tuple[str, str, str | None]) -> asyncio.Future[bool]:
        if len(self._checks) >= _MAX_CHECKS:
            raise UnavailableError("Too many passwords are being checked just now; try again in some seconds.")
        check = asyncio.get_running_loop().run_in_executor(self._executor, users.verify, *key[:2])
        self._checks[key] = check
        check.add_done_callback(lambda _: self._checks.pop(key, None))
        return check
