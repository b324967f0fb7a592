"""The tier of every label as it stands now; `versions.pending` says the same in SQL."""

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    OuterRef,
    Q,
    QuerySet,
    Value,
    When,
)

from audits.models import Decision
from audits.states import EXPERTS, Bucket, Outcome, Tier
from registry.models import Head
from submissions.models import Report
from submissions.states import ReportStatus


def with_tier(heads: QuerySet[Head]) -> QuerySet[Head]:
    """Heads with the tier of their label as `tier`.

    An open report contests a label whatever else is thought of it (one on its whole group until an
    expert decided on the label), and a tier that was earned by another revision of the label is not
    believed.
    """
    reported = Report.objects.filter(instance=OuterRef("pk"), status=ReportStatus.OPEN)
    of_group = Report.objects.filter(
        ~Exists(
            Decision.objects.filter(
                after=OuterRef(OuterRef("revision")), at__gt=OuterRef("created_at")
            ).exclude(outcome=Outcome.FLAWED)
        ),
        benchmark=OuterRef("benchmark"),
        instance=None,
        group=OuterRef("revision__group"),
        status=ReportStatus.OPEN,
    )
    decided = Decision.objects.filter(after=OuterRef("revision"))
    tier = "instance__standing__tier"
    return heads.annotate(
        tier=Case(
            When(
                Q(instance__standing__bucket=Bucket.CONTESTED)
                | Q(Exists(reported))
                | Q(Exists(of_group)),
                then=Value(Tier.CONTESTED.value),
            ),
            When(Q(**{f"{tier}__in": EXPERTS}) & Q(Exists(decided)), then=F(tier)),
            When(
                Q(**{tier: Tier.CONSENSUS, "instance__standing__revision": F("revision")}),
                then=Value(Tier.CONSENSUS.value),
            ),
            default=Value(Tier.UNREVIEWED.value),
            output_field=CharField(),
        )
    )


def tier_counts(heads: QuerySet[Head]) -> dict[int, dict[str, int]]:
    """How many of the heads hold each tier, by the id of their benchmark."""
    counts: dict[int, dict[str, int]] = {}
    rows = with_tier(heads).order_by().values_list("benchmark", "tier").annotate(Count("pk"))
    for benchmark, tier, count in rows:
        counts.setdefault(benchmark, {})[tier] = count
    return counts
