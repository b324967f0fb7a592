"""What a release frozen now would change: the heads and tiers of now against the last release.

One statement says it, for the draft (read it) and for freezing (insert it), on any database.
"""

from collections.abc import Iterator
from typing import NamedTuple

from django.db import connection

from registry.dialects import refresh_statistics
from registry.models import Benchmark
from versions.models import Change, Release


class Pair(NamedTuple):
    """One instance in two states; revision ids and tiers, empty where it is not there."""

    instance_id: int
    before_id: int | None
    after_id: int | None
    tier_before: str
    tier_after: str


# held: the row of each instance in the last release, that is its last change unless it was removed.
# now: the head of each instance and its tier. An open report contests a label whatever else is
# thought of it (one on its whole group until an expert decided on it), and a tier that was earned
# by another revision of the label is not believed.
_PENDING = """
WITH held AS (
    SELECT c.instance_id, c.after_id, c.tier
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
), now AS (
    SELECT h.instance_id, h.revision_id, h.retired, CASE
        WHEN s.bucket = 'contested' OR EXISTS (
            SELECT 1 FROM submissions_report r
            WHERE r.instance_id = h.instance_id AND r.status = 'open') THEN 'contested'
        WHEN h.revision_id IN (SELECT id FROM reported) THEN 'contested'
        WHEN s.tier IS NULL THEN 'unreviewed'
        WHEN s.tier = 'expert' AND NOT EXISTS (
            SELECT 1 FROM audits_decision d WHERE d.after_id = h.revision_id) THEN 'unreviewed'
        WHEN s.tier = 'consensus' AND (
            s.revision_id IS NULL OR s.revision_id <> h.revision_id) THEN 'unreviewed'
        ELSE s.tier END AS tier
    FROM registry_head h LEFT JOIN audits_standing s ON s.instance_id = h.instance_id
    WHERE h.benchmark_id = %(benchmark)s
)
SELECT now.instance_id, held.after_id AS before_id,
    CASE WHEN now.retired THEN NULL ELSE now.revision_id END AS after_id,
    CASE WHEN now.retired THEN 'removed' WHEN held.after_id IS NULL THEN 'added'
        WHEN held.after_id <> now.revision_id THEN 'revised' ELSE 'tier' END AS kind,
    COALESCE(held.tier, '') AS tier_before,
    CASE WHEN now.retired THEN '' ELSE now.tier END AS tier_after
FROM now LEFT JOIN held ON held.instance_id = now.instance_id
WHERE (now.retired AND held.after_id IS NOT NULL) OR (NOT now.retired AND (
    held.after_id IS NULL OR held.after_id <> now.revision_id OR held.tier <> now.tier))
"""
_DRAFT = f"""
SELECT p.instance_id, p.before_id, p.after_id, p.tier_before, p.tier_after
FROM ({_PENDING}) p JOIN registry_instance i ON i.id = p.instance_id ORDER BY i.position
"""  # noqa: S608  # No value is put into the text.
_FREEZE = f"""
INSERT INTO versions_change
    (release_id, benchmark_id, sequence, instance_id, before_id, after_id, kind, tier)
SELECT %(release)s, %(benchmark)s, %(sequence)s,
    p.instance_id, p.before_id, p.after_id, p.kind, p.tier_after
FROM ({_PENDING}) p
"""  # noqa: S608


def pending_pairs(benchmark: Benchmark) -> Iterator[Pair]:
    """What a release frozen now would change, in order of position."""
    with connection.cursor() as cursor:
        cursor.execute(_DRAFT, {"benchmark": benchmark.pk})
        yield from (Pair(*row) for row in cursor.fetchall())


def freeze_pending(release: Release) -> int:
    """Write the Change rows of a new release in one statement; return how many there are."""
    values = {
        "benchmark": release.benchmark_id,
        "release": release.pk,
        "sequence": release.sequence,
    }
    with connection.cursor() as cursor:
        cursor.execute(_FREEZE, values)
        count = cursor.rowcount
    refresh_statistics(Change)  # what follows reads these rows in the same transaction
    return count
