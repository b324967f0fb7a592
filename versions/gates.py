"""What stands between a draft and its release, as the benchmark's policy asks for it."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.expressions import RawSQL

from audits.models import Decision
from registry.errors import WrongState
from registry.models import Benchmark, ImportBatch, Revision
from versions.services.verify_history import HistoryCheck
from versions.waiving import Waiver, not_waived

PASSED, WAIVED, BLOCKED, LATER, OFF = "passed", "waived", "blocked", "later", "off"
TITLES = {
    "history": "History verified",
    "causes": "An import or a decision behind every label",
    "contested": "No contested label without a waiver",
}
CODES = {"history": "history_broken", "causes": "no_cause", "contested": "contested"}


@dataclass(frozen=True, slots=True)
class Gate:
    """One check: its state (passed, waived, blocked, later, off), what it found, what to do.

    `count` is how many labels it is about.
    """

    name: str
    state: str
    told: str
    remedy: str = ""
    count: int = 0

    @property
    def title(self) -> str:
        """What it checks."""
        return TITLES[self.name]

    def to_dict(self) -> dict[str, Any]:
        """The gate for programs."""
        return {"title": self.title, **asdict(self)}

    def require(self) -> None:
        """Refuse a release that does not pass."""
        if self.state == BLOCKED:
            about = {"contested": self.count} if self.name == "contested" else {}
            raise WrongState(f"{self.told} {self.remedy}", code=CODES[self.name], **about)


def switched_off(name: str) -> Gate:
    """A gate that the policy does not ask for."""
    return Gate(name, OFF, "The benchmark's policy does not ask for it.")


def history_gate(benchmark: Benchmark, check: HistoryCheck) -> Gate:
    """Whether every revision is what it was when it was written."""
    if check.finding:
        remedy = f"Look at it with: manage.py verify_history {benchmark.slug}"
        return Gate("history", BLOCKED, check.finding, remedy)
    told = f"{check.revisions} revisions of {check.instances} instances hold."
    return Gate("history", PASSED, told, count=check.instances)


def history_later(revisions: int) -> Gate:
    """The gate of a history that is too long to be walked while somebody waits for a page."""
    told = f"The {revisions} revisions are verified when the release is cut."
    return Gate("history", LATER, told)


def causes_gate(changed: QuerySet[Any] | RawSQL) -> Gate:
    """Whether each label that goes out changed, of these revision ids, came by an import or a
    decision."""
    found = _without_cause(Revision.objects.filter(pk__in=changed))
    count = found.count()
    if not count:
        return Gate("causes", PASSED, "Every label that changes has one.")
    first = ", ".join(
        found.order_by("instance__position").values_list("instance__key", flat=True)[:5]
    )
    return Gate(
        "causes",
        BLOCKED,
        f"{count} {'label has' if count == 1 else 'labels have'} neither: {first}.",
        "Import them again or let an expert decide them.",
        count,
    )


def contested_gate(contested: Sequence[tuple[int, int]], waiver: Waiver) -> Gate:
    """Whether labels that wait for an expert stay in, or are all let out for a reason."""
    if not contested:
        return Gate("contested", PASSED, "No label is contested.")
    left = not_waived(contested, waiver)
    if not left:
        words = "label is" if len(contested) == 1 else "labels are"
        told = f"{len(contested)} contested {words} let out: {waiver.reason}"
        return Gate("contested", WAIVED, told, count=len(contested))
    beside = f" beside the {len(contested) - left} waived" if left < len(contested) else ""
    each = "it" if left == 1 else "them"
    return Gate(
        "contested",
        BLOCKED,
        f"{left} contested {'label waits' if left == 1 else 'labels wait'} for an expert{beside}.",
        f"Decide {each}, or let {each} out as contested with a reason: "
        '--waive "why" on the command line, or the field on the page.',
        left,
    )


def _without_cause(revisions: QuerySet[Revision]) -> QuerySet[Revision]:
    """Of these, the ones whose answer and limits no import or decision ever brought.

    What a maintainer rewords or revives keeps its label, and with it the cause of that label.
    """
    imports = ImportBatch.objects.filter(public_id=OuterRef("cause_id"))
    decisions = Decision.objects.filter(public_id=OuterRef("cause_id"))
    brought = Revision.objects.filter(
        Q(cause_kind="import") & Exists(imports) | Q(cause_kind="decision") & Exists(decisions),
        instance=OuterRef("instance"),
        number__lte=OuterRef("number"),
        answer=OuterRef("answer"),
        limits=OuterRef("limits"),
    )
    return revisions.filter(~Exists(brought))
