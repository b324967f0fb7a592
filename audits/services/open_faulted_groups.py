"""Open a case for each group that recalculate faults as a whole."""

import json

from audits.faults import group_faults
from audits.members import RECALCULATE
from audits.models import AuditRun, Decision, Verdict
from audits.selectors import current_looks
from audits.services.open_group_case import close_settled_groups, open_group_case
from audits.states import Outcome
from registry.models import Benchmark
from registry.selectors import texts


def open_faulted_groups(run: AuditRun) -> int:
    """Open what this run's end shows, close what is settled; return how many cases are live.

    Runs in the caller's transaction. A run without `recalculate` opens none.
    """
    benchmark = run.benchmark
    close_settled_groups(benchmark=benchmark)
    if RECALCULATE not in run.verifiers:
        return 0
    found = [
        open_group_case(
            benchmark=benchmark,
            group=fault.group,
            fault=fault.step,
            score=round(fault.objected / fault.looked_at, 4),
            reasons=[f"{RECALCULATE}: {fault.sentence}"],
            subject=("run", run.public_id),
        )
        for fault in group_faults(_rows(benchmark))
        if fault.group
    ]
    return sum(case is not None for case in found)


def _rows(benchmark: Benchmark) -> list[tuple[str, str, str]]:
    """Group, step and sentence of each live label that was recalculated.

    A label that an expert decided on no longer speaks for a fault.
    """
    looks = current_looks(benchmark).filter(vote__verifier=RECALCULATE)
    columns = ("revision", "revision__group", "vote__verdict", "vote__detail", "vote__rationale")
    rows = list(looks.order_by("revision").values_list(*columns))
    decided = set(
        Decision.objects.filter(case__benchmark=benchmark)
        .exclude(outcome=Outcome.FLAWED)
        .values_list("after", flat=True)
    )
    speaks = {row[0]: row[2] == Verdict.OBJECT and row[0] not in decided for row in rows}
    said = texts(digest for row in rows if speaks[row[0]] for digest in row[3:])
    return [
        (group, _step(said.get(detail, "")), said.get(rationale, ""))
        if speaks[revision]
        else (group, "", "")
        for revision, group, _, detail, rationale in rows
    ]


def _step(detail: str) -> str:
    return str(json.loads(detail).get("step", "")) if detail else ""
