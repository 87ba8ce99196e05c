"""A table of figures, each beside its aim."""


class Table:
    """
    Prints lines as they are measured.

    Attributes:
        missed: The lines that missed their aim.
    """

    def __init__(self) -> None:
        self.missed: list[str] = []

    def title(self, text: str) -> None:
        """Say what the next lines are about."""
        self._title = text
        print(f"{text}", flush=True)

    def note(self, text: str) -> None:
        """Print what has no aim."""
        print(f"    {text}", flush=True)

    def at_most(self, what: str, value: float, most: float, more: str = "") -> None:
        """Print a figure that should be no greater."""
        self._line(what, value, f"≤ {most:g}", value <= most, more)

    def at_least(self, what: str, value: float, least: float, more: str = "") -> None:
        """Print a figure that should be no less."""
        self._line(what, value, f"≥ {least:g}", value >= least, more)

    def sum_up(self) -> None:
        """Name what missed its aim."""
        print(f"{len(self.missed)} missed" if self.missed else "all as they should be")
        for line in self.missed:
            print(f"    {line}")

    def _line(self, what: str, value: float, aim: str, good: bool, more: str) -> None:
        line = f"{what}: {value:.3f} (aim {aim}) {more}".rstrip()
        print(f"  {'+' if good else '!'} {line}", flush=True)
        if not good:
            self.missed.append(f"{self._title}: {line}")
