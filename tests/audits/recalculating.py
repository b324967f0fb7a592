"""A benchmark whose group is wrong by one step, as `recalculate` would see it."""

from pathlib import Path
from typing import Any

from audits.models import AuditRun
from audits.services.start_audit import start_audit
from audits.services.work_on_run import work_on_run
from audits.verifiers.base import ABSTAIN, Ballot, Input, Item
from registry.models import Benchmark
from registry.selectors import system_user
from tests.small import SLUG, import_file, qa_row, write_csv

PATH = "tests.audits.recalculating.StubRecalculate"
TENS = "tests.audits.recalculating.TensVerifier"
SENTENCE = "the verbal score counts twice"


class StubRecalculate:
    """Objects where the explanation says "twice": the label is one too high."""

    name = "recalculate"
    version = "stub"

    def look(self, item: Item) -> Input | None:
        """Label and derivation; nothing to recalculate without a derivation."""
        told = str(item.derivation.get("explanation", ""))
        return {"answer": item.answer, "told": told} if told else None

    def judge(self, given: Input) -> Ballot:
        """The label less one."""
        if "twice" not in given["told"]:
            return ABSTAIN
        return Ballot(
            "object",
            SENTENCE,
            str(int(given["answer"]) - 1),
            "wrong_answer",
            detail={"step": "formula"},
        )


class TensVerifier:
    """Objects to every label with an even number of tens: q2, q4, …"""

    name = "tens"
    version = "1"

    def look(self, item: Item) -> Input | None:
        """The label alone."""
        return {"answer": item.answer}

    def judge(self, given: Input) -> Ballot:
        """Whatever the derivation says."""
        return ABSTAIN if int(given["answer"]) // 10 % 2 else Ballot("object", "Even tens.")


def wrong_row(number: int) -> dict[str, str]:
    """A row of "coma" whose label is one too high; only the label itself counts as right."""
    answer = str(10 * number + 1)
    return qa_row(
        number, group="coma", answer=answer, lower=answer, upper=answer, explanation="twice"
    )


def faulty_benchmark(folder: Path, *, wrong: int = 6, right: int = 2, slug: str = SLUG) -> Any:
    """`wrong` labels of the group "coma" that are one too high, `right` ones, and 4 of "tens"."""
    rows = [wrong_row(n) for n in range(1, wrong + 1)]
    rows += [qa_row(n, group="coma") for n in range(wrong + 1, wrong + right + 1)]
    rows += [qa_row(n) for n in range(wrong + right + 1, wrong + right + 5)]
    import_file(write_csv(folder / f"{slug}.csv", rows), slug=slug, upstream="v1/test")
    return Benchmark.objects.get(slug=slug)


def audit(benchmark: Benchmark, **options: Any) -> AuditRun:
    """A whole run."""
    run = start_audit(actor=system_user(), benchmark=benchmark, **options)
    assert work_on_run(run_id=run.pk)
    run.refresh_from_db()
    return run
