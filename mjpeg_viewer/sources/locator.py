"""Where a sender is: fixed, or asked of a service that knows."""

from dataclasses import dataclass
from typing import ClassVar, Protocol


class Locator(Protocol):
    """Tells where to connect."""

    @property
    def name(self) -> str:
        """Where the sender is, for people."""

    @property
    def moves(self) -> bool:
        """Whether to ask again when the sender is gone: it may be elsewhere by then."""

    def locate(self) -> str:
        """Return the address, ``tcp://host:port``.  May wait for a service; raises UnavailableError."""

    def release(self, address: str) -> None:
        """Say that the address is not needed any more.  May wait for a service; raises UnavailableError."""


@dataclass(frozen=True, slots=True)
class FixedLocator:
    """
    A sender that is where the configuration says.

    Args:
        name: Its address, ``tcp://host:port``.
    """

    name: str
    moves: ClassVar[bool] = False

    def locate(self) -> str:
        """Return the address."""
        return self.name

    def release(self, address: str) -> None:
        """Nobody needs to know."""
