"""One measured ratio."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """Seconds of ours and of the peer in one run, what is aimed at, and a note."""

    what: str
    ours: float
    peer: str
    theirs: float
    aim: str
    note: str = ""

    @property
    def ratio(self) -> float:
        """Ours in units of the peer."""
        return self.ours / self.theirs

    def row(self) -> str:
        """A row of the table in docs/benchmarks.md."""
        cells = (
            self.what,
            f"{self.ours:.2f} s",
            self.peer,
            f"{self.theirs:.2f} s",
            f"**{self.ratio:.2f}**",
            self.aim,
            self.note,
        )
        return f"| {' | '.join(cells)} |"
