"""Texts of people leave reports too, and every chain stays valid."""

import json

import pytest
from django.core.management import call_command
from django.utils import timezone

from registry.errors import InvalidInput, NotAllowed
from registry.models import Benchmark, Event, Instance, Mail, Text
from registry.services.keep_text import keep_text
from registry.services.send_mails import write_mail
from submissions.models import Report
from submissions.services.file_report import file_report
from submissions.services.remove_report_text import remove_report_text, remove_text_everywhere
from submissions.services.resolve_report import resolve_reports
from tests.small import People
from versions.services.verify_history import verify_history

NAME = "Mrs Miller of Exampletown"


@pytest.fixture
def filed(crew: People, benchmark: Benchmark, q1: Instance) -> Report:
    """Declined, for a reason that names her as well."""
    report = file_report(
        actor=crew.user, benchmark=benchmark, instance=q1, category="other",
        rationale=f"{NAME} said so.", evidence=NAME, spans=[{"text": "ten times"}],
    )  # fmt: skip
    resolve_reports(
        actor=crew.expert, instance=q1, accepted=False, outcome=f"The label was confirmed: {NAME}",
        decision="", at=timezone.now(),
    )  # fmt: skip
    return report


def test_what_a_report_says_is_removed(filed: Report, benchmark: Benchmark, crew: People) -> None:
    for person in (crew.user, crew.maintainer):
        with pytest.raises(NotAllowed):
            remove_report_text(actor=person, report=filed, reason="A name.")
    with pytest.raises(InvalidInput):
        remove_report_text(actor=crew.staff, report=filed, reason=" ")
    remove_report_text(actor=crew.staff, report=filed, reason="A name.")
    remove_report_text(actor=crew.staff, report=filed, reason="A name.")
    filed.refresh_from_db()
    assert (filed.rationale, filed.evidence, filed.spans) == ("[removed]", "", [])
    assert (filed.status, filed.removed_at is not None) == ("declined", True)
    assert Event.objects.filter(kind="report.text_removed").count() == 1
    assert not verify_history(benchmark=benchmark).finding


def test_a_removed_reason_leaves_its_copies(
    filed: Report, benchmark: Benchmark, crew: People
) -> None:
    """The outcome of a report quotes its decision's reason, and so does a mail."""
    digest = keep_text(NAME)
    write_mail(crew.user, "k", "s", f"Declined: {NAME}")
    assert remove_text_everywhere(actor=crew.staff, digest=digest, reason="A name.") == 1
    filed.refresh_from_db()
    assert (filed.outcome, filed.rationale, filed.evidence) == (
        "The label was confirmed: [removed]", "[removed] said so.", "[removed]",
    )  # fmt: skip
    assert NAME not in Mail.objects.get().body
    assert Text.objects.get(pk=digest).body == ""
    assert remove_text_everywhere(actor=crew.staff, digest=digest, reason="A name.") == 0
    assert not verify_history(benchmark=benchmark).finding


def test_the_command(
    filed: Report, benchmark: Benchmark, capsys: pytest.CaptureFixture[str]
) -> None:
    digest = keep_text(NAME)
    call_command("remove_text", digest, "--reason", "A name.", "--json")
    assert json.loads(capsys.readouterr().out) == {"digest": digest, "reports": 1}
    call_command("remove_text", "--report", filed.public_id, "--reason", "A name.")
    assert capsys.readouterr().out == "Removed. Reports that held it: 1.\n"
    for wrong in ([], [digest, "--report", filed.public_id], ["0" * 64]):
        with pytest.raises(SystemExit):
            call_command("remove_text", *wrong, "--reason", "x")
