"""Ask a service that may never answer, from a thread that must end when told to."""

import threading
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, wait
from typing import TypeVar

from mjpeg_viewer.errors import UnavailableError

T = TypeVar("T")

# Long for an HTTP service in the same building; a stop never waits for it.
_TIMEOUT = 5.0

# What has to be said at the end has this long, so that the whole program ends within three seconds.
_LAST_WORDS_TIMEOUT = 2.0


class Asker:
    """Asks, until it is stopped."""

    def __init__(self) -> None:
        self._stopped: Future[None] = Future()

    def stop(self) -> None:
        """End what is being asked, and all that will be."""
        if not self._stopped.done():
            self._stopped.set_result(None)

    def ask(self, question: Callable[[], T], even_when_stopped: bool = False) -> T:
        """
        Call a function that waits for somebody else, and do not wait for it beyond five seconds or the stop.

        Some libraries (psi-bsread's requests among them) know no timeout.  What is not waited for any more goes on in
        a thread of its own, which the program's end does not wait for either.

        Raises:
            UnavailableError: No answer came in time; or whatever the function raises.
        """
        answer: Future[T] = Future()

        def call() -> None:
            try:
                answer.set_result(question())
            except BaseException as error:  # told to the asker, who is another thread
                answer.set_exception(error)

        threading.Thread(target=call, name="ask", daemon=True).start()
        if even_when_stopped:
            timeout, ends = _LAST_WORDS_TIMEOUT, {answer}
        else:
            timeout, ends = _TIMEOUT, {answer, self._stopped}  # type: ignore[arg-type]
        wait(ends, timeout, FIRST_COMPLETED)
        if answer.done():
            return answer.result()
        raise UnavailableError("stopped" if self._stopped.done() else f"no answer within {timeout:.0f} s")
