"""How things are said to people: labels, limits, changes, statuses and events."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from errata.answers import Answer
from errata.grading import Label, LabelChange, compare

from registry.labels import label_of
from registry.models import Event, Revision
from registry.selectors import REMOVED, Expertise

KINDS = {
    "number": "a number",
    "integer": "a whole number",
    "date": "a date",
    "duration": "a duration",
    "choice": "one of the choices",
    "text": "a text",
}
STEPS = {
    LabelChange.IDENTICAL: "same answer",
    LabelChange.REFORMATTED: "same answer, written differently",
    LabelChange.WITHIN_TOLERANCE: "new answer within the old limits",
    LabelChange.CHANGED: "answer changed",
    LabelChange.BECAME_UNANSWERABLE: "now not computable",
    LabelChange.BECAME_ANSWERABLE: "now computable",
}
TONES = {
    "accepted": "good", "published": "good", "finished": "good", "decided": "good",
    "expert-agreed": "good", "expert": "good", "support": "good", "done": "good", "confirm": "good",
    "contested": "warn", "open": "warn", "claimed": "info", "flawed": "warn", "object": "warn",
    "running": "info", "frozen": "info", "built": "info", "consensus": "info",
    "new": "good", "joins": "good", "filed": "good", "unknown": "bad", "unreadable": "bad",
    "current": "good", "withdrawn": "bad",
    "stopped": "warn", "failed": "bad", "retired": "bad", "major": "warn", "minor": "info",
    "passed": "good", "waived": "warn", "blocked": "bad", "later": "info",
}  # fmt: skip
WORDS = {
    "flawed": "waits for a maintainer",
    "closed": "closed without a decision",
    "failed": "finished with failures",
    "stopped": "stopped, can go on",
    "object": "objects",
    "support": "supports",
    "abstain": "abstains",
    "not_computable": "not computable",
    "later": "at the cut",
}
EVENTS = {
    "benchmark.created": "created this benchmark",
    "benchmark.imported": "imported a file",
    "member.added": "gave a role",
    "member.removed": "took a role away",
    "member.invited": "invited somebody",
    "member.accepted": "accepted an invitation",
    "member.uninvited": "withdrew an invitation",
    "report.filed": "reported an error",
    "report.accepted": "accepted a report",
    "report.declined": "declined a report",
    "comment.added": "commented",
    "comment.hidden": "hid a comment",
    "report.reopened": "reopened a report",
    "report.spam": "closed a report as spam",
    "reports.imported": "filed reports from a file",
    "reports.taken_in": "took reports in",
    "case.claimed": "took on a case",
    "group.refused": "declined what was reported of a group",
    "predictions.stored": "added the answers of a model",
    "predictions.published": "published the answers of a model",
    "predictions.admitted": "admitted the answers of a model as evidence",
    "predictions.dismissed": "dismissed the answers of a model as evidence",
    "predictions.deleted": "deleted the answers of a model",
    "audit.started": "started an audit",
    "audit.finished": "finished an audit",
    "audit.stopped": "stopped an audit",
    "audit.resumed": "let an audit go on",
    "audit.nothing_new": "found nothing new to audit",
    "schedule.changed": "changed when it is audited",
    "lapse.named": "named what a verifier got wrong",
    "votes.imported": "brought votes made elsewhere",
    "cases.triaged": "weighed the evidence",
    "decision.made": "decided a case",
    "ruling.made": "ruled on a group",
    "guide.written": "wrote the guide of a group",
    "guide.looked_again": "asked to look at decided labels again",
    "opinion.given": "gave an opinion on a case",
    "case.left": "left a case to others",
    "case.settled": "settled a flawed item",
    "heads.rebuilt": "rebuilt the current labels",
    "instance.reworded": "reworded an instance",
    "instance.retired": "retired an instance",
    "instance.revived": "brought an instance back",
    "release.frozen": "froze release",
    "release.published": "published release",
    "release.withdrawn": "withdrew release",
    "release.named": "said what an upstream name stands for",
    "release.held_back": "held something back from releases",
    "release.hold_lifted": "lifted a hold",
    "rewordings.marked": "said that rewordings keep the meaning",
    "rewordings.unmarked": "took back that rewordings keep the meaning",
}


def limits_sentence(label: Label) -> str:
    """What counts as right beside the answer itself, as a phrase."""
    if label.answer.unanswerable:
        return "only an abstention counts as right"
    limits = label.limits
    if limits.is_exact:
        return "exactly this answer counts as right"
    if limits.relative is not None:
        return f"answers within {_percent(limits.relative)} count as right"
    if limits.absolute is not None:
        return f"answers at most {limits.absolute} away count as right"
    if limits.lower is None:
        return f"answers up to {limits.upper} count as right"
    if limits.upper is None:
        return f"answers from {limits.lower} on count as right"
    return f"answers from {limits.lower} to {limits.upper} count as right"


def answer_words(answer: Answer, text: str) -> str:
    """An answer as people read it."""
    return "Not computable" if answer.unanswerable else text


def step(old: Revision | None, new: Revision) -> list[str]:
    """What a revision changed, in a few phrases."""
    if old is None:
        return ["first label"]
    comparison = compare(label_of(old), label_of(new))
    said = [STEPS[comparison.change]] if comparison.change is not LabelChange.IDENTICAL else []
    if comparison.limits_changed:
        said.append("other limits")
    if old.content_id != new.content_id:
        said.append("inputs reworded")
    if old.derivation and not new.derivation:
        said.append("explanation removed")
    elif old.derivation != new.derivation:
        said.append("explanation replaced")
    if new.origin in ("retired", "revived"):
        said.append("taken out" if new.origin == "retired" else "brought back")
    return said or ["label unchanged"]


def event_sentence(event: Event, names: Mapping[str, str]) -> str:
    """Who did what, without the subject's link."""
    act = EVENTS.get(event.kind, event.kind.replace(".", ": ").replace("_", " "))
    return f"{name_of(event.actor, names)} {act}"


def name_of(public_id: str, names: Mapping[str, str]) -> str:
    """The name to show for an actor."""
    name = names.get(public_id, REMOVED)
    return "Errata" if name == "system" else name


def expert_words(expertise: Sequence[Expertise]) -> str:
    """What somebody is an expert of and who verified that, to follow the name."""
    return "".join(f", {each.name} ({_verified(each)})" for each in expertise)


def _verified(expertise: Expertise) -> str:
    return f"verified by {expertise.verified_by}" if expertise.verified_by else "not verified"


def shown(value: Any) -> str:
    """A value of a derivation or of meta in one line of text."""
    if isinstance(value, list):
        return " ".join(shown(each) for each in value)
    if isinstance(value, dict):
        return ", ".join(f"{name}: {shown(each)}" for name, each in value.items())
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def pretty(name: str) -> str:
    """A column's or category's name as people read it."""
    return name.replace("_", " ").replace("-", " ").capitalize()


def _percent(share: str) -> str:
    return f"± {float(share) * 100:g} %"
