"""How the labels of a release came about, as it is known at freezing: `methods.json`."""

from collections import defaultdict
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.db.models import Count, Max, Sum
from errata.manifest import sha256_hex

from audits.catalog import the_panel, verifiers
from audits.choosing import prompt_of
from audits.guides import guides_of
from audits.models import AuditRun, Call, Decision, Look
from audits.money import BILLION
from audits.policies import describe
from audits.selectors import current_policy
from audits.states import Outcome
from audits.summary import residual_error
from registry.errors import InvalidInput
from registry.models import Benchmark
from registry.selectors import REMOVED, names_of, specialties_of, texts
from versions.models import Release
from versions.selectors import rows_of


def methods_of(release: Release) -> dict[str, Any]:
    """Verifiers, policy, guides, samples, cost, and who reviewed what."""
    benchmark = release.benchmark
    return {
        "format": 1,
        "verifiers": _verifiers(release),
        "policy": policy_told(benchmark),
        "guides": guides_told(benchmark),
        "samples": _samples(benchmark),
        "cost": _cost(benchmark),
        "reviews": _reviews(release),
    }


def policy_told(benchmark: Benchmark) -> dict[str, Any]:
    """The policy in force by key, fractions as decimal texts."""
    told: dict[str, Any] = _plain(describe(current_policy(benchmark)))
    return told


def guides_told(benchmark: Benchmark) -> list[dict[str, Any]]:
    """Version and digest of each guide in force, by group."""
    return [
        {"group": group, "version": each.number, "sha256": each.guide.text}
        for group, each in sorted(guides_of(benchmark).items())
    ]


def _plain(value: Any) -> Any:
    """The value with decimal texts for fractions, as canonical JSON needs them."""
    if isinstance(value, float):
        return f"{Decimal(str(value)).normalize():f}"
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _verifiers(release: Release) -> list[dict[str, Any]]:
    """The verifier versions that looked at released labels; what is known of each version.

    Its prompt is the one that a run noted with it; runs before there were such notes have none, and
    then it stands here while the hub still asks it. Its version tells it apart for ever.
    """
    looks = Look.objects.filter(revision__in=rows_of(release).values("after"))
    counted = (
        looks.order_by("vote__verifier", "vote__version")
        .values_list("vote__verifier", "vote__version")
        .annotate(labels=Count("revision", distinct=True), votes=Count("vote", distinct=True))
    )
    seats = _seats(release.benchmark)
    kept, asked = texts(seat["prompt"] for seat in seats.values()), _prompts()
    told = []
    for name, version, labels, votes in counted:
        seat = seats.get((name, version), {"model": None, "host": None, "prompt": ""})
        prompt = kept.get(seat["prompt"]) or asked.get((name, version))
        told.append(
            {
                "verifier": name,
                "version": version,
                "labels": labels,
                "votes": votes,
                "model": seat["model"],
                "host": seat["host"],
                "prompt": prompt or None,
                "prompt_sha256": sha256_hex(prompt) if prompt else None,
            }
        )
    return told


def _seats(benchmark: Benchmark) -> dict[tuple[str, str], dict[str, Any]]:
    """Model, host and prompt's digest of each verifier version, as the runs noted them."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    runs = AuditRun.objects.filter(benchmark=benchmark).order_by("pk")
    for panel in runs.values_list("panel", flat=True):
        for name, told in panel.items():
            if "left_out" in told:
                continue
            version = name, str(told.get("version", ""))
            prompt = told.get("prompt") or found.get(version, {}).get("prompt", "")
            seat = {"model": told.get("model"), "host": told.get("host"), "prompt": prompt}
            found[version] = seat
    return found


def _prompts() -> dict[tuple[str, str], str]:
    """The prompts that the hub asks now."""
    try:
        known = verifiers()
    except InvalidInput:  # The panel has a fault, which keeps no release back.
        return {}
    return {(each.name, each.version): prompt_of(each) for each in known}


def _samples(benchmark: Benchmark) -> dict[str, Any]:
    runs = AuditRun.objects.filter(benchmark=benchmark).aggregate(n=Count("pk"), round=Max("round"))
    control = residual_error(benchmark)
    return {
        "audits": runs["n"],
        "fresh_rounds": runs["round"] or 0,
        "control_drawn": control.drawn,
        "control_decided": control.decided,
    }


def _cost(benchmark: Benchmark) -> dict[str, Any]:
    """What models were asked, over all audits; a call without an answer counts as reserved."""
    rows = (
        Call.objects.filter(run__benchmark=benchmark)
        .order_by("verifier")
        .values("verifier")
        .annotate(
            calls=Count("pk"),
            cost=Sum("cost", default=0),
            tokens_in=Sum("tokens_in", default=0),
            tokens_out=Sum("tokens_out", default=0),
        )
    )
    lost = dict(
        Call.objects.filter(run__benchmark=benchmark, cost=None)
        .order_by()
        .values_list("verifier")
        .annotate(Sum("reserved", default=0))
    )
    told = [row | {"cost": row["cost"] + lost.get(row["verifier"], 0)} for row in rows]
    return {
        "currency": the_panel().currency,
        "total": _amount(sum(row["cost"] for row in told)),
        "verifiers": [row | {"cost": _amount(row["cost"])} for row in told],
    }


def _amount(billionths: int) -> str:
    return f"{Decimal(billionths) / BILLION:.9f}".rstrip("0").rstrip(".")


def _reviews(release: Release) -> list[dict[str, Any]]:
    """Whose opinions stand behind released labels, most first, and on how many of each group."""
    decided = Decision.objects.filter(after__in=rows_of(release).values("after"))
    rows = (
        decided.exclude(outcome=Outcome.FLAWED)
        .order_by()
        .values_list("opinions__expert", "actor", "after__group")
        .annotate(Count("instance", distinct=True))
    )
    groups: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for expert, actor, group, count in rows:
        groups[expert or actor][group] += count
    names, specialties = names_of(groups), specialties_of(groups)
    told = [
        {
            "by": names.get(who, REMOVED),
            "specialties": sorted(s.name for s in specialties.get(who, ()) if s.verified_by),
            "labels": sum(counts.values()),
            "groups": dict(sorted(counts.items())),
        }
        for who, counts in groups.items()
    ]
    return sorted(told, key=lambda each: (-each["labels"], each["by"]))
