"""manage.py run_audit: ask verifiers about every label."""

import time
from argparse import ArgumentParser
from typing import Any

from audits.models import AuditRun
from audits.services.start_audit import start_audit
from audits.services.work_on_run import work_on_run
from audits.states import RunStatus
from audits.summary import summary_of
from registry.management.command import ErrataCommand
from registry.selectors import get_benchmark

_POLL_SECONDS = 0.5
_COLUMNS = ("votes", "objections", "supports", "abstentions", "failures")


class Command(ErrataCommand):
    help = "Ask verifiers about every label; contested labels become cases for experts."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the benchmark")
        parser.add_argument(
            "--verifier", action="append", metavar="NAME", help="only this one; may be repeated"
        )
        parser.add_argument(
            "--wait", action="store_true", help="work on it here too, until it has ended"
        )

    def run(
        self, *, slug: str, verifier: list[str] | None, wait: bool, **options: Any
    ) -> dict[str, Any]:
        benchmark = get_benchmark(slug, self.actor)
        run = start_audit(actor=self.actor, benchmark=benchmark, verifiers=verifier)
        if wait:
            self._work(run)
        run.refresh_from_db()
        self.finding = run.status == RunStatus.FAILED
        return summary_of(run)

    def _work(self, run: AuditRun) -> None:
        progress = self.progress()
        while not work_on_run(run_id=run.pk, progress=progress):
            time.sleep(_POLL_SECONDS)  # The rest is in other workers' hands.

    def lines(self, result: dict[str, Any]) -> list[str]:
        if result["status"] == RunStatus.RUNNING:
            return [f"Run {result['run']} has {result['chunks']} chunks and waits for workers."]
        width = max(map(len, ("verifier", *result["verifiers"])))
        table = [
            f"{name:<{width}}  " + "  ".join(f"{row[column]:>11}" for column in _COLUMNS)
            for name, row in result["verifiers"].items()
        ]
        head = f"{'verifier':<{width}}  " + "  ".join(f"{column:>11}" for column in _COLUMNS)
        cases, buckets = result["cases"], result["buckets"]
        lines = [
            f"{result['instances']} instances: {result['votes']} new votes, "
            f"{result['reused']} reused.",
            head,
            *table,
            f"Cases: {cases['opened']} opened, {cases['closed']} closed, {cases['waiting']} wait.",
            "Labels: " + ", ".join(f"{count} {bucket}" for bucket, count in buckets.items()) + ".",
        ]
        if result["failed_chunks"]:
            lines.append(
                f"{result['failed_chunks']} chunks failed; the log says why. Run the audit again."
            )
        return lines
