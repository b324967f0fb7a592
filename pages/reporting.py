"""Reporting an error: which instance, the form, and what an answer would be read as."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_safe
from errata.grading import accepts

from audits.calculators import find
from audits.checking import Said, said_at_once
from audits.models import Case, Decision
from audits.states import LIVE
from pages.wording import answer_words, limits_sentence
from registry.errors import InvalidInput, NotFound, WrongState
from registry.labels import label_of, proposed_label
from registry.models import Benchmark, Event, Head, Instance, Role, User
from registry.permissions import roles_of
from registry.requests import actor_of, benchmark_for
from registry.selectors import (
    expertise_of,
    get_instance,
    inputs_of,
    names_of,
    preset_of,
    texts,
)
from submissions.forms import FindForm, ReportForm
from submissions.models import Report
from submissions.reopening import may_reopen
from submissions.selectors import get_report
from submissions.services.file_report import file_report
from submissions.states import ReportStatus

EARLIER = 10


@require_http_methods(["GET", "HEAD", "POST"])
def report_form(request: HttpRequest, slug: str) -> HttpResponse:
    """The form for one instance or group; POST files the report and leads to its page."""
    benchmark = benchmark_for(request, slug)
    actor = actor_of(request)
    old = _reopened(request, actor)
    group = (old.group if old else request.GET.get("group", "")).strip()
    if group:
        return _form(request, benchmark, actor, None, group, old)
    name = old.instance.key if old and old.instance else request.GET.get("instance", "").strip()
    if not name:
        return _find(request, benchmark, FindForm())
    try:
        instance = get_instance(benchmark, name)
    except NotFound as error:
        form = FindForm({"instance": name})
        form.add_error("instance", error.message)
        return _find(request, benchmark, form)
    return _form(request, benchmark, actor, instance, "", old)


@require_safe
def check_answer(request: HttpRequest, slug: str) -> HttpResponse:
    """What an answer is read as, beside the label, while it is typed."""
    benchmark = benchmark_for(request, slug)
    actor = actor_of(request)
    instance = get_instance(benchmark, request.GET.get("instance", ""))
    text = request.GET.get("answer", "").strip()[:2_000]
    context: dict[str, Any] = {"benchmark": benchmark, "tab": "reports"}
    if text:
        revision = _head(instance).revision
        try:
            label = proposed_label(revision, text, preset_of(benchmark))
        except InvalidInput as error:
            context["problem"] = error.message
        else:
            old = label_of(revision)
            context |= {
                "reads": answer_words(label.answer, label.text),
                "inside": accepts(old, label.answer),
                "limits": limits_sentence(old),
                "said": _said(benchmark, actor, instance, label),
            }
    return render(request, "pages/answer_check.html", context)


def _reopened(request: HttpRequest, actor: User) -> Report | None:
    name = request.GET.get("reopens", "")
    if not name:
        return None
    old = get_report(name, actor)
    if not may_reopen(actor, old):
        raise WrongState(
            "Only its author can reopen a declined report, and only once. File one of your own.",
            code="not_reopenable",
        )
    return old


def _form(
    request: HttpRequest,
    benchmark: Benchmark,
    actor: User,
    instance: Instance | None,
    group: str,
    old: Report | None,
) -> HttpResponse:
    head = _head(instance) if instance else None
    inputs = inputs_of(head.revision) if head else None
    kind = head.revision.content.kind if head else ""
    form = ReportForm(
        benchmark,
        kind,
        _versions(benchmark),
        request.POST if request.method == "POST" else None,
        choices=(inputs or {}).get("choices", ()) if kind == "choice" else (),
        initial=_initial(old),
    )
    if form.is_valid():
        try:
            report = file_report(
                actor=actor,
                benchmark=benchmark,
                instance=instance,
                group=group,
                reopens=old,
                **form.report(),
            )
            return redirect("report", report.public_id)
        except InvalidInput as error:
            field = error.details.get("field")
            form.add_error(field if field in form.fields else None, error.message)
    context = {
        "benchmark": benchmark,
        "tab": "reports",
        "form": form,
        "head": head,
        "inputs": inputs,
        "group": group,
        "reopens": old,
        **(_about_instance(benchmark, actor, head) if head else _about_group(benchmark, group)),
    }
    status = 400 if form.errors else 200
    return render(request, "pages/report_form.html", context, status=status)


def _initial(old: Report | None) -> dict[str, Any]:
    """What a reopened report starts from."""
    if old is None:
        return {}
    computable = old.answer != "N/A"
    return {
        "answer": old.answer if computable else "",
        "not_computable": not computable,
        "category": old.category.code,
        "rationale": old.rationale,
        "affects_model": old.affects_model,
    }


def _about_instance(benchmark: Benchmark, actor: User, head: Head) -> dict[str, Any]:
    """What was said of the instance before, and what verifiers say of it now."""
    group = head.revision.group
    reports = Report.objects.filter(benchmark=benchmark, instance=head.instance)
    reports |= Report.objects.filter(
        benchmark=benchmark, instance=None, group=group or "-", status=ReportStatus.OPEN
    )
    decisions = list(
        Decision.objects.filter(instance=head.instance)
        .select_related("before__content", "after__content", "category", "ruling")
        .order_by("-pk")[:EARLIER]
    )
    said = texts(decision.reason for decision in decisions)
    earlier = _earlier(reports)
    people = [r.author for r in earlier] + [d.actor for d in decisions]
    return {
        "earlier": earlier,
        "decisions": [(decision, said.get(decision.reason, "")) for decision in decisions],
        "names": names_of(people),
        "expertise": expertise_of(decision.actor for decision in decisions),
        "said": _said(benchmark, actor, head.instance),
        "unit": unit_of(group),
    }


def _about_group(benchmark: Benchmark, group: str) -> dict[str, Any]:
    heads = Head.objects.filter(benchmark=benchmark, retired=False, revision__group=group)
    count = heads.count()
    if not count:
        raise NotFound(
            f"{benchmark.slug} has no labels in a group '{group[:80]}'; start from an instance.",
            code="no_group",
        )
    earlier = _earlier(Report.objects.filter(benchmark=benchmark, instance=None, group=group))
    return {"earlier": earlier, "names": names_of(r.author for r in earlier), "count": count}


def _earlier(reports: Any) -> list[Report]:
    shown = reports.exclude(status=ReportStatus.SPAM).select_related("category")
    return list(shown.order_by("-pk")[:EARLIER])


def _said(
    benchmark: Benchmark, actor: User, instance: Instance, proposed: Any = None
) -> list[Said] | None:
    """What verifiers say; None for an expert who has yet to look at the label without them."""
    if Role.EXPERT in roles_of(actor, benchmark):
        waiting = Case.objects.filter(instance=instance, status__in=LIVE)
        if waiting.exists():
            return None
    return said_at_once(benchmark, instance.pk, proposed)


def unit_of(group: str) -> str:
    """The unit in which the group's answers are asked for, where its calculator is known."""
    calculator = find(group)
    return calculator.unit.replace("^", "").replace("*", "·") if calculator else ""


def _head(instance: Instance) -> Head:
    return Head.objects.select_related("revision__content", "instance").get(pk=instance.pk)


def _find(request: HttpRequest, benchmark: Benchmark, form: FindForm) -> HttpResponse:
    context = {"benchmark": benchmark, "tab": "reports", "form": form}
    status = 404 if form.errors else 200
    return render(request, "submissions/find.html", context, status=status)


def _versions(benchmark: Benchmark) -> list[str]:
    """The published versions, newest first."""
    published = Event.objects.filter(benchmark=benchmark, kind="release.published")
    return [data["version"] for data in published.order_by("-at").values_list("data", flat=True)]
