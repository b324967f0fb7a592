"""The pages of guides: all groups, one group's guide with its versions, and writing it."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import urlencode
from django.views.decorators.http import require_http_methods, require_safe

from audits.forms import GuideForm
from audits.guide_starts import start_of
from audits.guides import (
    Written,
    groups_of,
    guide_of,
    guides_of,
    outdated,
    version_of,
    versions_of,
)
from audits.models import Case
from audits.services.look_again import look_again
from audits.services.write_guide import checked_guide, may_write_guides, require_writer, write_guide
from audits.states import LIVE
from registry.errors import InvalidInput, NotFound, WrongState
from registry.models import Benchmark, Head
from registry.requests import actor_of, benchmark_for, reader_of
from registry.selectors import names_of, preset_of

SHOWN = 200  # labels to look at again that the page lists


@dataclass(frozen=True, slots=True)
class Step:
    """A line of the comparison of two versions: kept, added, removed or skipped."""

    kind: str
    text: str


@require_safe
def guides(request: HttpRequest, slug: str) -> HttpResponse:
    """The groups of a benchmark, each with its guide if there is one."""
    benchmark = benchmark_for(request, slug)
    written = guides_of(benchmark)
    groups = groups_of(benchmark)
    rows = [(group, groups.get(group, 0), written.get(group)) for group in {**groups, **written}]
    context = {
        "benchmark": benchmark,
        "tab": "guides",
        "rows": sorted(rows, key=lambda row: row[0].casefold()),
        "written": len(written),
        "names": names_of(each.guide.actor for each in written.values()),
        "may_write": may_write_guides(reader_of(request), benchmark),
    }
    return render(request, "audits/guides.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def guide(request: HttpRequest, slug: str) -> HttpResponse:
    """One group's guide, an older version, or two compared; POST opens cases to look again."""
    benchmark, group = _group(request, slug)
    if request.method == "POST":
        opened = look_again(actor=actor_of(request), benchmark=benchmark, group=group)
        told = f"{opened} case{'s are' if opened != 1 else ' is'} open now."
        messages.success(request, told if opened else "Cases for all of them are open already.")
        return redirect(_address("guide", benchmark, group))
    versions = versions_of(benchmark, group)
    shown = _version(benchmark, group, request.GET.get("version")) or (versions or [None])[0]
    against = _version(benchmark, group, request.GET.get("against"))
    labels = outdated(versions[0].guide) if versions else Head.objects.none()
    live = Case.objects.filter(benchmark=benchmark, status__in=LIVE).exclude(instance=None)
    context = {
        "benchmark": benchmark,
        "tab": "guides",
        "group": group,
        "versions": versions,
        "shown": shown,
        "newest": versions[0] if versions else None,
        "against": against,
        "steps": compared(against, shown) if against and shown else (),
        "again": labels.select_related("instance", "revision").order_by("instance__position")[
            :SHOWN
        ],
        "again_count": labels.count(),
        "waiting": labels.exclude(pk__in=live.values("instance")).count(),
        "names": names_of(each.guide.actor for each in versions),
        "may_write": may_write_guides(reader_of(request), benchmark),
    }
    return render(request, "audits/guide.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def edit_guide(request: HttpRequest, slug: str) -> HttpResponse:
    """The form of the next version; POST shows it as it will be, or saves what was shown."""
    benchmark, group = _group(request, slug)
    actor = actor_of(request)
    require_writer(actor, benchmark)
    now = guide_of(benchmark, group)
    if request.method != "POST":
        text = now.text if now else _start(benchmark, group)
        return _form(request, benchmark, group, GuideForm(initial=_initial(now, text)), now)
    form = GuideForm(request.POST)
    if not form.is_valid():
        return _form(request, benchmark, group, form, now, status=400)
    given = form.cleaned_data
    try:
        if request.POST.get("action") != "save":
            shown = checked_guide(given["text"])
            return _form(request, benchmark, group, form, now, preview=shown)
        made = write_guide(actor=actor, benchmark=benchmark, group=group, **given)
    except (InvalidInput, WrongState) as error:
        field = error.details.get("field")
        form.add_error(field if field in form.fields else None, error.message)
        status = 400 if isinstance(error, InvalidInput) else 409
        return _form(request, benchmark, group, form, now, status=status)
    messages.success(request, f"Version {made.number} of the guide holds now.", extra_tags="good")
    return redirect(_address("guide", benchmark, group))


def compared(old: Written, new: Written) -> list[Step]:
    """The lines of two versions side by side: what went and what came, three lines around each."""
    before, after = old.text.splitlines(), new.text.splitlines()
    steps: list[Step] = []
    for part in SequenceMatcher(None, before, after, autojunk=False).get_grouped_opcodes(3):
        if steps:
            steps.append(Step("skipped", "…"))
        for tag, i, j, k, m in part:
            if tag == "equal":
                steps += _steps("kept", before[i:j])
            else:
                steps += _steps("removed", before[i:j]) + _steps("added", after[k:m])
    return steps


def _steps(kind: str, lines: Sequence[str]) -> list[Step]:
    return [Step(kind, line) for line in lines]


def _group(request: HttpRequest, slug: str) -> tuple[Benchmark, str]:
    """Benchmark and group of the address, or NotFound where it never had such a group."""
    benchmark = benchmark_for(request, slug)
    group = request.GET.get("group", "").strip()
    labels = Head.objects.filter(benchmark=benchmark, revision__group=group)
    known = labels.exists() or benchmark.guides.filter(group=group).exists()
    if not known:
        raise NotFound(
            f"{benchmark.slug} has no group '{group}'; its page of guides lists all.",
            code="no_group",
        )
    return benchmark, group


def _address(name: str, benchmark: Benchmark, group: str) -> str:
    return f"{reverse(name, args=[benchmark.slug])}?{urlencode({'group': group})}"


def _version(benchmark: Benchmark, group: str, text: str | None) -> Written | None:
    if not text:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 9):
        raise NotFound("Versions of a guide are numbers, such as ?version=2.")
    return version_of(benchmark, group, int(text))


def _start(benchmark: Benchmark, group: str) -> str:
    """What is offered where nobody has written a guide."""
    first = Head.objects.filter(benchmark=benchmark, revision__group=group).select_related(
        "revision__content"
    )
    head = first.order_by("pk").first()
    kind = head.revision.content.kind if head else "number"
    return start_of(group, preset_of(benchmark).rule(kind))


def _initial(now: Written | None, text: str) -> dict[str, Any]:
    return {"text": text, "after": now.number if now else 0}


def _form(
    request: HttpRequest,
    benchmark: Benchmark,
    group: str,
    form: GuideForm,
    now: Written | None,
    *,
    preview: str = "",
    status: int = 200,
) -> HttpResponse:
    context = {
        "benchmark": benchmark,
        "tab": "guides",
        "group": group,
        "form": form,
        "now": now,
        "preview": preview,
    }
    return render(request, "audits/guide_form.html", context, status=status)
