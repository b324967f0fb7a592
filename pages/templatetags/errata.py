"""Template tags that every app's pages share."""

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate
from typing import Any

from django import template
from django.template import Context
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from errata.answers import LETTERS
from errata.grading import LabelChange

from audits.blind import is_revealed
from audits.calculators import find
from audits.guides import guide_of
from audits.money import print_amount
from audits.services.write_guide import may_write_guides
from pages import wording
from pages.menu import maintainers_menu
from pages.selectors import latest_release
from registry.comments import comments_on, may_moderate
from registry.labels import label_of
from registry.markdown import render_markdown
from registry.models import Benchmark, Event, Revision, Role, Watch
from registry.permissions import roles_of
from registry.requests import reader_of
from registry.selectors import SYSTEM, UNNAMED, Expertise

register = template.Library()

_LONG = 600  # characters of an input from which on it can be folded away
TIERS = {
    "expert-agreed": "agreed by experts",
    "expert": "decided by an expert",
    "consensus": "confirmed by agreement",
    "unreviewed": "not reviewed yet",
    "contested": "contested",
}


@register.inclusion_tag("pages/benchmark_header.html", takes_context=True)
def benchmark_header(context: Context, benchmark: Benchmark, tab: str) -> dict[str, Any]:
    """Title, latest version and tabs of a benchmark."""
    roles = roles_of(reader_of(context["request"]), benchmark)
    menu = maintainers_menu(benchmark) if Role.MAINTAINER in roles else []
    return {
        "benchmark": benchmark,
        "tab": tab,
        "latest": latest_release(benchmark),
        "roles": roles,
        "menu": menu,
        "maintaining": any(name == tab for name, *_ in menu),
    }


@register.inclusion_tag("pages/tiers.html")
def tiers(counts: Mapping[str, int], *, legend: bool = True) -> dict[str, Any]:
    """The bar that shows how far labels have been looked at."""
    rows = [(tier, meaning, counts.get(tier, 0)) for tier, meaning in TIERS.items()]
    return {"rows": rows, "total": sum(counts.values()), "legend": legend}


@register.simple_tag
def stripes(label: str, rows: Iterable[tuple[str, str, float]]) -> SafeString:
    """A bar in stripes as wide as their counts, each (class, meaning, count).

    An SVG, since widths in a style attribute would be refused by a strict content policy.
    """
    shown_rows = [row for row in rows if row[2]]
    total = sum(count for _, _, count in shown_rows) or 1
    # Nothing that exists is too thin to be seen.
    widths = [max(100 * count / total, 0.8) for _, _, count in shown_rows]
    starts = accumulate(widths, initial=0.0)
    parts = format_html_join(
        "",
        '<rect class="{}" x="{}" width="{}" height="10"><title>{}</title></rect>',
        (
            (name, round(x, 2), round(width, 2), f"{count:g} {meaning}")
            for (name, meaning, count), x, width in zip(shown_rows, starts, widths, strict=False)
        ),
    )
    told = label or ", ".join(f"{count:g} {meaning}" for _, meaning, count in shown_rows)
    return format_html(
        '<svg class="bar" viewBox="0 0 {} 10" preserveAspectRatio="none" role="img" '
        'aria-label="{}">{}</svg>',
        round(sum(widths), 2) or 100,
        told or "no instances",
        parts,
    )


@register.simple_tag
def progress(run: Any) -> SafeString:
    """How far an audit is: done, under way, given up, waiting."""
    rows = [
        ("done", "done", run.done),
        ("done underway", "under way", run.underway),
        ("failed", "given up", run.given_up),
        ("waiting", "waiting", run.waiting),
    ]
    return stripes(f"{run.done} of {run.instances} instances done", rows)


@register.inclusion_tag("pages/label.html")
def label(revision: Revision) -> dict[str, Any]:
    """The answer of a revision and what counts as right."""
    return {
        "revision": revision,
        "answer": answer(revision),
        "limits": wording.limits_sentence(label_of(revision)),
        "kind": wording.KINDS[revision.content.kind],
    }


@register.inclusion_tag("pages/preview.html")
def preview_label(preview: Any) -> dict[str, Any]:
    """The label that a decision would leave, and how it differs from the one before."""
    made = preview.label
    return {
        "preview": preview,
        "answer": wording.answer_words(made.answer, made.text),
        "limits": wording.limits_sentence(made),
        "step": wording.STEPS[preview.change],
    }


@register.inclusion_tag("audits/guide_box.html", takes_context=True)
def guide(
    context: Context, benchmark: Benchmark, group: str, *, opened: bool = False
) -> dict[str, Any]:
    """The guide of a group as a box to open; where there is none a link for who may write it."""
    writer = may_write_guides(reader_of(context["request"]), benchmark)
    return {
        "benchmark": benchmark,
        "group": group,
        "written": guide_of(benchmark, group),
        "may_write": writer,
        "opened": opened,
        "computes": find(group) is not None,
    }


@register.filter
def markdown(text: str) -> SafeString:
    """Markdown as HTML in which nothing runs."""
    return render_markdown(text)


@register.inclusion_tag("pages/inputs.html")
def inputs(document: Mapping[str, Any] | None, chosen: str = "") -> dict[str, Any]:
    """What a solver sees: texts, lists and lettered choices."""
    parts = [] if document is None else [_part(*item) for item in document.items()]
    return {
        "removed": document is None,
        "parts": [p for p in parts if p["value"]],
        "chosen": chosen,
    }


@register.inclusion_tag("pages/field.html")
def field(bound: Any) -> dict[str, Any]:
    """A form's field with label, help and errors tied to it for screen readers."""
    described = [f"{bound.auto_id}_help"] if bound.help_text else []
    described += [f"{bound.auto_id}_error"] if bound.errors else []
    attributes = {"aria-describedby": " ".join(described)} if described else {}
    if bound.errors:
        attributes["aria-invalid"] = "true"
    # Some fields are needed only with certain others; those are not called optional.
    optional = not (bound.field.required or getattr(bound.field, "sometimes_needed", False))
    return {"field": bound, "widget": bound.as_widget(attrs=attributes), "optional": optional}


@register.inclusion_tag("pages/comments.html", takes_context=True)
def comments(context: Context, benchmark: Benchmark, kind: str, subject: Any) -> dict[str, Any]:
    """What was said about a report, a case or an instance (`subject`), and a form to say more."""
    request = context["request"]
    reader = reader_of(request)
    name = subject.key if kind == "instance" else subject.public_id
    waits = kind == "case" and not is_revealed(subject, reader)
    return {
        "request": request,
        "benchmark": benchmark,
        "kind": kind,
        "subject": name,
        "waits": waits,
        "comments": [] if waits else comments_on(benchmark, kind, name, reader),
        "moderator": may_moderate(reader, benchmark),
        "reader": reader,
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("pages/watch.html", takes_context=True)
def watch_button(context: Context, benchmark: Benchmark, kind: str, name: str) -> dict[str, Any]:
    """A button to watch a benchmark, an instance (by key) or a report, or to stop."""
    reader = reader_of(context["request"])
    subject = f"{benchmark.slug}/{name}" if kind == "instance" else name
    watches = Watch.objects.filter(user=reader, kind=kind, subject=subject)
    return {
        "benchmark": benchmark,
        "kind": kind,
        "subject": name,
        "reader": reader,
        "watched": reader is not None and watches.exists(),
        "csrf_token": context.get("csrf_token"),
    }


@register.inclusion_tag("pages/pager.html", takes_context=True)
def pager(context: Context, page: Any) -> dict[str, Any]:
    """Links to the neighbouring pages of a list."""
    return {"page": page, "request": context["request"]}


@register.inclusion_tag("pages/command.html")
def command(text: str, name: str = "") -> dict[str, str]:
    """A command line to copy."""
    return {"text": text, "name": name}


@register.simple_tag
def badge(status: str, text: str = "") -> SafeString:
    """A status as a small coloured word."""
    words = text or wording.WORDS.get(status, status.replace("_", " "))
    return format_html('<span class="badge {}">{}</span>', wording.TONES.get(status, ""), words)


@register.simple_tag
def change(old: Revision | None, new: Revision | None) -> SafeString:
    """An answer before and after."""
    if old is None or new is None or old.answer == new.answer:
        held = new or old
        return format_html('<span class="change">{}</span>', answer(held) if held else "")
    return format_html(
        '<span class="change"><del>{}</del> → <ins>{}</ins></span>', answer(old), answer(new)
    )


@register.filter
def answer(revision: Revision) -> str:
    """The answer of a revision as people read it."""
    return "not computable" if revision.answer == "N/A" else revision.answer


@register.filter
def limits(revision: Revision) -> str:
    """What counts as right beside the answer of a revision."""
    return wording.limits_sentence(label_of(revision))


@register.filter
def name_in(public_id: str, names: Mapping[str, str]) -> str:
    """The name to show for an actor."""
    return wording.name_of(public_id, names)


@register.filter
def person_in(public_id: str, names: Mapping[str, str]) -> SafeString | str:
    """The name to show for an actor, with a link to their credit page where they have one."""
    shown_as = wording.name_of(public_id, names)
    if names.get(public_id) in (None, SYSTEM, UNNAMED):
        return shown_as
    return format_html('<a href="{}">{}</a>', reverse("person", args=[public_id]), shown_as)


@register.filter
def expert_in(public_id: str, expertise: Mapping[str, Sequence[Expertise]]) -> str:
    """What an actor is an expert of and who verified it, to follow the name; else nothing."""
    return wording.expert_words(expertise.get(public_id, ()))


@register.filter
def step_words(change: LabelChange | None) -> str:
    """What a step between two labels does, in a few words."""
    return "" if change is None else wording.STEPS[change]


@register.filter
def as_json(value: Any) -> str:
    """A value for a hidden field."""
    return json.dumps(value, sort_keys=True)


@register.filter
def item(mapping: Mapping[Any, Any], key: Any) -> Any:
    """The value under a key, or nothing."""
    return mapping.get(key, "")


@register.filter
def sentence(event: Event, names: Mapping[str, str]) -> str:
    """Who did what."""
    return wording.event_sentence(event, names)


@register.filter
def pretty(name: str) -> str:
    """A column's or category's name as people read it."""
    return wording.pretty(str(name))


@register.filter
def shown(value: Any) -> str:
    """A nested value in one line."""
    return wording.shown(value)


@register.filter
def moment(at: datetime | None) -> SafeString:
    """A time as people read it, with the exact one for machines and on hovering."""
    if at is None:
        return mark_safe("")
    exact = at.strftime("%Y-%m-%d %H:%M:%S UTC")
    return format_html('<time datetime="{}" title="{}">{}</time>', at.isoformat(), exact, _ago(at))


@register.filter
def span(length: timedelta | None) -> str:
    """A length of time in its largest unit, as people say it."""
    seconds = 0 if length is None else length.total_seconds()
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = round(seconds / size)
            return f"{count} {unit}{'s' if count > 1 else ''}"
    return "under a minute"


@register.filter
def thousands(number: int) -> str:
    """A count with thin spaces between thousands."""
    return f"{number:,}".replace(",", "\u202f")


@register.filter
def percent(share: float | str) -> str:
    """A share in whole percent; one decimal where that would read as nothing or all."""
    share = float(share)
    places = 0 if share in (0, 1) or 0.01 <= share <= 0.99 else 1
    return f"{100 * share:.{places}f}\u202f%"


@register.filter
def points(difference: float) -> str:
    """A difference of shares in percentage points, with its sign."""
    return f"{100 * difference:+z.1f}".replace("-", "\u2212")


@register.filter
def money(billionths: int) -> str:
    """An amount in billionths of a currency, for people."""
    return print_amount(billionths)


@register.filter
def sentences(lines: list[str]) -> SafeString:
    """Several short texts as lines."""
    return format_html_join("", "<li>{}</li>", ((line,) for line in lines))


def _ago(at: datetime) -> str:
    seconds = (timezone.now() - at).total_seconds()
    if seconds < 0 or seconds >= 7 * 86_400:
        return f"{at.day} {at:%b %Y}"
    if seconds < 60:
        return "just now"
    for size, unit in ((86_400, "day"), (3_600, "hour"), (60, "minute")):
        if seconds >= size:
            count = int(seconds // size)
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return ""


def _part(name: str, value: Any) -> dict[str, Any]:
    if isinstance(value, list) and len(value) <= len(LETTERS):
        pairs = [
            (letter, wording.shown(each)) for letter, each in zip(LETTERS, value, strict=False)
        ]
        return {"name": name, "form": "choices", "value": pairs}
    if isinstance(value, list):
        return {"name": name, "form": "list", "value": [wording.shown(each) for each in value]}
    if isinstance(value, dict):
        pairs = [(key, wording.shown(each)) for key, each in value.items()]
        return {"name": name, "form": "pairs", "value": pairs}
    text = wording.shown(value)
    if "code" in name or _is_code(text):
        return {"name": name, "form": "code", "value": text.strip("\n")}
    form = "long" if len(text.strip()) > _LONG else "text"
    return {"name": name, "form": form, "value": text.strip()}


def _is_code(text: str) -> bool:
    """Whether a text lives by its lines: at least three, a quarter of them indented."""
    lines = [line for line in text.splitlines() if line.strip()]
    indented = sum(line.startswith(("  ", "\t")) for line in lines)
    return len(lines) >= 3 and 4 * indented >= len(lines)
