"""Counting grades: how one set of predictions does on one release."""

from dataclasses import asdict, dataclass

from errata.grading import Grade, Verdict


@dataclass(slots=True)
class Score:
    """Rows of a prediction set against one release. Rows that are not in it are not graded."""

    rows: int = 0
    abstained: int = 0
    unparsable: int = 0
    not_in_release: int = 0
    correct: int = 0

    def add(self, grade: Grade | None) -> None:
        """Count one prediction; None where its instance is not in the release."""
        self.rows += 1
        if grade is None:
            self.not_in_release += 1
            return
        self.abstained += grade.abstained
        self.unparsable += grade.verdict is Verdict.UNPARSABLE
        self.correct += grade.verdict is Verdict.CORRECT

    def to_dict(self) -> dict[str, int]:
        """The counts by name."""
        return asdict(self)
