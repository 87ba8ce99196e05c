"""
What can go wrong and is foreseen.

Every error names the thing, what was found, and what would do.  Whatever is not one of these is a fault of the
program and is never swallowed: it ends the process, and the service manager starts it anew.
"""

from math import ceil


class ViewerError(Exception):
    """Something foreseen went wrong; the text is one line, fit for the person who runs the program."""


class ConfigurationError(ViewerError):
    """An option, a key of the configuration file or a named file is wrong: exit status 2."""


class MessageError(ViewerError):
    """
    A message, or one value of it, cannot be decoded.  Costs that message, never the stream.

    Args:
        kind: Short name of the trouble without any number in it, to count by (``bitshuffle``, ``data header``).
        detail: The sentence for people.
    """

    def __init__(self, kind: str, detail: str) -> None:
        super().__init__(f"{kind}: {detail}")
        self.kind = kind
        self.detail = detail


class RenderError(ViewerError):
    """The type or shape of an image cannot be shown.  Costs that frame, never the stream."""


class InexactError(ViewerError):
    """The asked format cannot hold this image's values as they are; the text names one that can."""


class RenditionError(ViewerError):
    """A viewer asked for something that no rendition has; the text names key, value and range."""


class TooManyFailuresError(ViewerError):
    """
    Too many logins failed, so the next one has to wait.

    Args:
        wait: For so many seconds.
    """

    def __init__(self, wait: float) -> None:
        self.wait = max(1, ceil(wait))
        super().__init__(f"Too many logins failed; try again in {self.wait} s.")


class SignOnError(ViewerError):
    """An OpenID Connect provider proved nobody, or nobody who may watch; the text says why."""


class UnavailableError(ViewerError):
    """There is nothing honest to send just now; the text says why."""
