"""Watching and commenting: small forms that stand on several pages and lead back to them."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from audits.services.close_as_spam import close_as_spam
from audits.subjects import subject_of
from registry.comments import get_comment, shown
from registry.errors import InvalidInput
from registry.models import Benchmark, Comment, Role, User
from registry.paging import page_of
from registry.permissions import require_role
from registry.requests import actor_of, benchmark_for, reader_of
from registry.selectors import names_of
from registry.services.comment import add_comment, hide_comment
from registry.services.watch import unwatch, watch
from submissions.models import Report
from submissions.selectors import get_report

NEWEST = 50


@require_POST
def watching(request: HttpRequest, slug: str) -> HttpResponse:
    """Watch a subject, or stop watching it."""
    benchmark = benchmark_for(request, slug)
    actor = actor_of(request)
    kind, name = request.POST.get("kind", ""), request.POST.get("subject", "")
    subject, page = _subject(benchmark, actor, kind, name)
    if kind == "instance":
        subject = f"{slug}/{subject}"
    if request.POST.get("action") == "unwatch":
        unwatch(actor=actor, kind=kind, subject=subject)
        messages.success(request, "You will hear no more of it.", extra_tags="good")
    else:
        watch(actor=actor, benchmark=benchmark, kind=kind, subject=subject)
        messages.success(request, "You get a mail when something happens.", extra_tags="good")
    return redirect(page)


@require_POST
def comment(request: HttpRequest, slug: str) -> HttpResponse:
    """Add a comment."""
    benchmark = benchmark_for(request, slug)
    actor = actor_of(request)
    kind = request.POST.get("kind", "")
    subject, page = _subject(benchmark, actor, kind, request.POST.get("subject", ""))
    try:
        added = add_comment(
            actor=actor,
            benchmark=benchmark,
            kind=kind,
            subject=subject,
            text=request.POST.get("text", ""),
        )
    except InvalidInput as error:
        messages.error(request, error.message, extra_tags="bad")
        return redirect(f"{page}#comments")
    return redirect(f"{page}#comment-{added.public_id}")


@require_POST
def hide(request: HttpRequest, public_id: str) -> HttpResponse:
    """Hide a comment."""
    found = get_comment(public_id, reader_of(request))
    try:
        hide_comment(actor=actor_of(request), comment=found, reason=request.POST.get("reason", ""))
    except InvalidInput as error:
        messages.error(request, error.message, extra_tags="bad")
    return redirect("moderation", found.benchmark.slug)


@require_POST
def spam(request: HttpRequest, public_id: str) -> HttpResponse:
    """Close a report as spam."""
    found = get_report(public_id, reader_of(request))
    try:
        close_as_spam(actor=actor_of(request), report=found, reason=request.POST.get("reason", ""))
    except InvalidInput as error:
        messages.error(request, error.message, extra_tags="bad")
    return redirect("moderation", found.benchmark.slug)


@require_safe
def moderation(request: HttpRequest, slug: str) -> HttpResponse:
    """The newest comments and reports, to hide and to close. For maintainers."""
    benchmark = benchmark_for(request, slug)
    require_role(actor_of(request), benchmark, Role.MAINTAINER, "moderate")
    rows = Comment.objects.filter(benchmark=benchmark)
    page = page_of(rows, order=["-id"], query=request.GET)
    reports = list(
        Report.objects.filter(benchmark=benchmark)
        .select_related("instance", "category")
        .order_by("-pk")[:NEWEST]
    )
    context = {
        "benchmark": benchmark,
        "tab": "moderation",
        "page": page,
        "comments": [(each, _address(benchmark, each.comment)) for each in shown(page.rows, True)],
        "reports": reports,
        "names": names_of(each.author for each in reports),
    }
    return render(request, "pages/moderation.html", context)


def _subject(benchmark: Benchmark, actor: User, kind: str, name: str) -> tuple[str, str]:
    """The subject as it is stored, and the page that shows it; NotFound if it is not there."""
    found = subject_of(benchmark, actor, kind, name)
    about = [benchmark.slug, found] if kind == "instance" else [found]
    return found, reverse(kind, args=about)


def _address(benchmark: Benchmark, comment: Comment) -> str:
    about = [comment.subject_id]
    if comment.subject_kind == "instance":
        about = [benchmark.slug, comment.subject_id]
    return f"{reverse(comment.subject_kind, args=about)}#comment-{comment.public_id}"
