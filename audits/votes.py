"""Reading and writing votes and looks in bulk; whoever calls holds the transaction."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import reduce
from math import isfinite
from operator import or_

from django.db.models import Q
from errata.manifest import canonical_json, sha256_hex

from audits.items import Loaded
from audits.models import Look, Verdict, Vote
from audits.plan import LastLook, Name
from audits.verifiers.base import Ballot
from registry.dialects import bulk_insert, insert_missing
from registry.services.keep_text import keep_texts

MAX_CATEGORY = 50
_VOTE_FIELDS = (
    "verifier", "version", "input", "sample", "verdict", "category", "answer", "confidence",
    "rationale", "detail", "at",
)  # fmt: skip

Samples = dict[int, int]  # ids of votes by sample
Ballots = Mapping[tuple[Name, int], Ballot]  # by name and sample


def require_writable(ballot: Ballot) -> None:
    """Raise ValueError for what no vote can hold, so that it is this verifier's failure alone."""
    if ballot.verdict not in Verdict.values:
        raise ValueError(f"the verdict {ballot.verdict!r} is none of {', '.join(Verdict.values)}")
    if len(ballot.category) > MAX_CATEGORY:
        raise ValueError(f"the category is over {MAX_CATEGORY} characters")
    if ballot.confidence is not None and not (
        isfinite(ballot.confidence) and 0 <= ballot.confidence <= 1
    ):
        raise ValueError(f"the confidence {ballot.confidence!r} is not from 0 to 1")
    for text in (ballot.category, ballot.answer, ballot.rationale, _detail(ballot)):
        text.encode()  # half a surrogate pair is a UnicodeEncodeError
        if "\0" in text:
            raise ValueError("the vote holds a NUL character")


def votes_on(names: Iterable[Name]) -> dict[Name, Samples]:
    """The votes of these names that are there, all samples, in one query."""
    inputs: dict[tuple[str, str], set[str]] = defaultdict(set)
    for name in names:
        inputs[name.verifier, name.version].add(name.input)
    wanted = reduce(
        or_,
        (Q(verifier=one, version=two, input__in=some) for (one, two), some in inputs.items()),
        Q(pk__in=()),
    )
    found: dict[Name, Samples] = defaultdict(dict)
    rows = Vote.objects.filter(wanted).order_by("sample")
    for *name, sample, pk in rows.values_list("verifier", "version", "input", "sample", "pk"):
        found[Name(*name)][sample] = pk
    return found


def write_votes(ballots: Ballots, at: datetime) -> int:
    """Write the votes that are not there yet; return how many these are."""
    said = {t for b in ballots.values() for t in (b.rationale, _detail(b)) if t}
    digests = {text: sha256_hex(text) for text in said}
    keep_texts(sorted((digest, text) for text, digest in digests.items()))
    rows = (
        (
            *(*name, sample, b.verdict, b.category, b.answer, b.confidence),
            *(digests.get(b.rationale, ""), digests.get(_detail(b), ""), at),
        )
        for (name, sample), b in ballots.items()
    )
    return insert_missing(Vote, _VOTE_FIELDS, rows, key=("verifier", "version", "input", "sample"))


class Seen:
    """What some verifiers have looked at of some revisions until now."""

    def __init__(self, verifiers: Iterable[str], revisions: Sequence[int]) -> None:
        self.last: dict[tuple[int, str], LastLook] = {}
        self._linked: dict[tuple[int, Name], set[int]] = defaultdict(set)
        looks = Look.objects.filter(
            revision__in=revisions, vote__verifier__in=list(verifiers)
        ).order_by("pk")
        loud: set[tuple[int, Name]] = set()
        rows = looks.values_list(
            "revision", "vote__verifier", "vote__version", "vote__input", "vote", "vote__verdict"
        )
        for revision, verifier, version, given, vote, verdict in rows.iterator():
            name = Name(verifier, version, given)
            self._linked[revision, name].add(vote)
            if verdict != Verdict.ABSTAIN:
                loud.add((revision, name))
            self.last[revision, verifier] = LastLook(name, (revision, name) not in loud)

    def write_looks(
        self, looks: Iterable[tuple[Loaded, Name]], votes: Mapping[Name, Samples]
    ) -> int:
        """Link the votes on what was looked at to the revisions, where that is news."""
        return bulk_insert(Look, ("instance", "revision", "vote"), self._news(looks, votes))

    def _news(
        self, looks: Iterable[tuple[Loaded, Name]], votes: Mapping[Name, Samples]
    ) -> Iterable[tuple[int, int, int]]:
        for one, name in looks:
            before = self.last.get((one.revision, name.verifier))
            same = before is not None and before.name == name
            linked = self._linked.get((one.revision, name), set()) if same else set()
            for vote in votes.get(name, {}).values():
                if vote not in linked:
                    yield one.instance, one.revision, vote


def _detail(ballot: Ballot) -> str:
    """What a ballot says beside its sentence, as the text that is kept."""
    return canonical_json(dict(ballot.detail)) if ballot.detail else ""
