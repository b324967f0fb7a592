"""manage.py remove_text: take a text of a person out, everywhere it stands."""

from argparse import ArgumentParser
from typing import Any

from registry.errors import InvalidInput
from registry.management.command import ErrataCommand
from submissions.selectors import get_report
from submissions.services.remove_report_text import remove_report_text, remove_text_everywhere


class Command(ErrataCommand):
    help = "Remove a text by its digest, or what somebody wrote in a report. It cannot be undone."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("digest", nargs="?", default="", help="of an input, reason, comment …")
        parser.add_argument("--report", default="", metavar="ID", help="a report's public id")
        parser.add_argument("--reason", required=True, help="why; name nobody in it")

    def run(self, *, digest: str, report: str, reason: str, **options: Any) -> dict[str, Any]:
        if bool(digest) == bool(report):
            raise InvalidInput("Name a digest or --report ID, one of them.")
        if report:
            found = get_report(report, self.actor)
            remove_report_text(actor=self.actor, report=found, reason=reason)
            return {"report": report, "reports": 1}
        count = remove_text_everywhere(actor=self.actor, digest=digest, reason=reason)
        return {"digest": digest, "reports": count}

    def lines(self, result: dict[str, Any]) -> list[str]:
        return [f"Removed. Reports that held it: {result['reports']}."]
