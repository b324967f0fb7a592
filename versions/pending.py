"""What a release frozen now would change: the heads and tiers of now against the last release.

One statement says it, for the draft (read it) and for freezing (insert it), on any database.
"""

from collections.abc import Iterator
from typing import NamedTuple

from django.db import connection
from django.db.models.expressions import RawSQL

from audits.features import BASE
from registry.dialects import refresh_statistics
from registry.models import Benchmark
from versions.models import Change, ChangeKind, Release
from versions.untold import PROBABILITY

MOVED = 0.05  # a label's probability that moves by as much is written down anew
UNTOLD = 1 - BASE  # how likely a label is right of which nobody knows more
_KNOWN = {"untold": UNTOLD, "unkept": PROBABILITY, "moved": MOVED}
_AT_ONCE = 2_000


class Transition(NamedTuple):
    """One instance in two states; revision ids and tiers, empty where it is not there."""

    instance_id: int
    before_id: int | None
    after_id: int | None
    tier_before: str
    tier_after: str


class Pending(NamedTuple):
    """A `Transition` with its instance's key, its kind of change, and its revisions by digest."""

    instance_id: int
    before_id: int | None
    after_id: int | None
    tier_before: str
    tier_after: str
    key: str
    kind: str
    number: int | None
    digest_before: str | None
    digest_after: str | None
    probability: float | None
    posterior: str


# released: the row of each instance in the last release, that is its last change unless it was
# removed. now: the head of each instance and its tier. An open report contests a label whatever
# else is thought of it (one on its whole group until an expert decided on it), and a tier that was
# earned by another revision of the label is not believed; nor is a posterior, without which a label
# is as doubtful as any that nobody looked at. kept: what is held back, a decision with the revision
# before it, a group (its heads) with none. goes: what would go out, an empty after_id being out of
# the release. Where something is held, that is the row of the last release, tier included; without
# one it is the revision before the decision, or nothing for a group. A probability that moved less
# than MOVED changes nothing. Materialized, since what is inlined is worked out once for each use.
_GOES = """
WITH released AS (
    SELECT c.instance_id, c.after_id, c.tier, c.posterior,
        COALESCE(c.probability, %(unkept)s) AS probability
    FROM versions_change c
    WHERE c.benchmark_id = %(benchmark)s AND c.after_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM versions_change later
        WHERE later.benchmark_id = c.benchmark_id AND later.instance_id = c.instance_id
        AND later.sequence > c.sequence)
), reported AS (
    SELECT v.id FROM submissions_report r
    JOIN registry_head h ON h.benchmark_id = r.benchmark_id
    JOIN registry_revision v ON v.id = h.revision_id AND v."group" = r."group"
    WHERE r.benchmark_id = %(benchmark)s AND r.status = 'open' AND r.instance_id IS NULL
    AND NOT EXISTS (
        SELECT 1 FROM audits_decision d
        WHERE d.after_id = h.revision_id AND d.outcome <> 'flawed' AND d.at > r.created_at)
), now AS MATERIALIZED (
    SELECT h.instance_id, h.revision_id, h.retired, CASE
        WHEN s.bucket = 'contested' OR EXISTS (
            SELECT 1 FROM submissions_report r
            WHERE r.instance_id = h.instance_id AND r.status = 'open') THEN 'contested'
        WHEN h.revision_id IN (SELECT id FROM reported) THEN 'contested'
        WHEN s.tier IS NULL THEN 'unreviewed'
        WHEN s.tier IN ('expert-agreed', 'expert') AND NOT EXISTS (
            SELECT 1 FROM audits_decision d WHERE d.after_id = h.revision_id) THEN 'unreviewed'
        WHEN s.tier = 'consensus' AND (
            s.revision_id IS NULL OR s.revision_id <> h.revision_id) THEN 'unreviewed'
        ELSE s.tier END AS tier,
        CASE WHEN s.revision_id = h.revision_id THEN s.posterior ELSE '' END AS posterior,
        COALESCE(CASE WHEN s.revision_id = h.revision_id THEN s.probability END, %(untold)s)
            AS probability
    FROM registry_head h LEFT JOIN audits_standing s ON s.instance_id = h.instance_id
    WHERE h.benchmark_id = %(benchmark)s
), hold AS (
    SELECT o.decision_id, o."group" FROM versions_hold o
    WHERE o.benchmark_id = %(benchmark)s AND NOT EXISTS (
        SELECT 1 FROM versions_lift l WHERE l.hold_id = o.id)
), kept AS (
    SELECT each.instance_id,
        CASE WHEN COUNT(*) = COUNT(each.before_id) THEN MIN(each.before_id) END AS before_id
    FROM (
        SELECT d.instance_id, d.before_id
        FROM hold JOIN audits_decision d ON d.id = hold.decision_id
        UNION ALL
        SELECT h.instance_id, NULL
        FROM hold JOIN registry_revision v ON v."group" = hold."group"
        JOIN registry_head h ON h.revision_id = v.id AND h.benchmark_id = %(benchmark)s
        WHERE hold.decision_id IS NULL
    ) each GROUP BY each.instance_id
), goes AS MATERIALIZED (
    SELECT now.instance_id, released.after_id AS before_id, released.tier AS tier_before,
        kept.instance_id IS NOT NULL AS is_held, CASE
            WHEN kept.instance_id IS NOT NULL THEN COALESCE(released.after_id, kept.before_id)
            WHEN NOT now.retired THEN now.revision_id END AS after_id, CASE
            WHEN kept.instance_id IS NOT NULL AND now.tier <> 'contested'
            THEN COALESCE(released.tier, 'unreviewed') ELSE now.tier END AS tier,
        released.probability AS probability_before,
        CASE WHEN kept.instance_id IS NOT NULL
            THEN COALESCE(released.posterior, '') ELSE now.posterior END AS posterior,
        CASE WHEN kept.instance_id IS NOT NULL
            THEN COALESCE(released.probability, %(untold)s) ELSE now.probability END AS probability
    FROM now LEFT JOIN released ON released.instance_id = now.instance_id
    LEFT JOIN kept ON kept.instance_id = now.instance_id
)
"""
_PENDING = f"""{_GOES}
SELECT instance_id, before_id, after_id,
    CASE WHEN after_id IS NULL THEN 'removed' WHEN before_id IS NULL THEN 'added'
        WHEN before_id <> after_id THEN 'revised'
        WHEN tier_before <> tier THEN 'tier' ELSE 'posterior' END AS kind,
    COALESCE(tier_before, '') AS tier_before,
    CASE WHEN after_id IS NULL THEN '' ELSE tier END AS tier_after,
    CASE WHEN after_id IS NULL THEN '' ELSE posterior END AS posterior,
    CASE WHEN after_id IS NOT NULL THEN probability END AS probability
FROM goes
WHERE (before_id IS NULL) <> (after_id IS NULL)
    OR before_id <> after_id OR (after_id IS NOT NULL AND (tier_before <> tier
    OR ABS(probability_before - probability) >= %(moved)s))
"""  # noqa: S608  # No value is put into the text.
_DRAFT = f"""
SELECT p.instance_id, p.before_id, p.after_id, p.tier_before, p.tier_after,
    i.key, p.kind, a.number, b.digest AS digest_before, a.digest AS digest_after,
    p.probability, p.posterior
FROM ({_PENDING}) p JOIN registry_instance i ON i.id = p.instance_id
LEFT JOIN registry_revision b ON b.id = p.before_id
LEFT JOIN registry_revision a ON a.id = p.after_id
ORDER BY i.position
"""  # noqa: S608  # No value is put into the text.
_CONTESTED = f"""{_GOES}
SELECT instance_id, after_id FROM goes WHERE after_id IS NOT NULL AND tier = 'contested'
"""  # noqa: S608
_FREEZE = f"""
INSERT INTO versions_change
    (release_id, benchmark_id, sequence, instance_id, before_id, after_id, kind, tier,
    posterior, probability)
SELECT %(release)s, %(benchmark)s, %(sequence)s,
    p.instance_id, p.before_id, p.after_id, p.kind, p.tier_after, p.posterior, p.probability
FROM ({_PENDING}) p
"""  # noqa: S608


def pending_changes(benchmark: Benchmark) -> Iterator[Pending]:
    """What a release frozen now would change, in order of position, streaming.

    Probabilities that moved are among it (`posterior`); they alone are no reason for a release.
    """
    with connection.chunked_cursor() as cursor:
        cursor.execute(_DRAFT, _KNOWN | {"benchmark": benchmark.pk})
        while batch := cursor.fetchmany(_AT_ONCE):
            yield from (Pending(*row) for row in batch)


def pending_revisions(benchmark: Benchmark) -> RawSQL:
    """The ids of the revisions that a release frozen now would write down, as a subquery."""
    numbers = _KNOWN | {"benchmark": int(benchmark.pk)}
    told = f"SELECT after_id FROM ({_PENDING}) p WHERE after_id IS NOT NULL" % numbers  # noqa: S608
    return RawSQL(told, ())  # noqa: S611  # Numbers alone are put into the text.


def contested_now(benchmark: Benchmark) -> list[tuple[int, int]]:
    """Instance and revision (ids) of each contested label that would go out now."""
    with connection.cursor() as cursor:
        cursor.execute(_CONTESTED, _KNOWN | {"benchmark": benchmark.pk})
        return cursor.fetchall()


def freeze_pending(release: Release) -> int:
    """Write the Change rows of a new release in one statement.

    Returns how many there are; probabilities that moved go along with a release, and are no reason
    for one, so they are not counted.
    """
    values = _KNOWN | {
        "benchmark": release.benchmark_id,
        "release": release.pk,
        "sequence": release.sequence,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FREEZE, values)
    refresh_statistics(Change)  # what follows reads these rows in the same transaction
    return release.changes.exclude(kind=ChangeKind.POSTERIOR).count()
