"""manage.py run_audit: ask verifiers about every label."""

import sys
import time
from argparse import ArgumentParser
from typing import Any

from tqdm import tqdm

from audits.catalog import the_panel
from audits.choosing import choose
from audits.estimating import estimate
from audits.models import AuditRun
from audits.money import print_amount, read_amount
from audits.reading import get_run
from audits.services.start_audit import start_audit
from audits.services.stop_run import resume_run, stop_run
from audits.services.work_on_run import work_on_run
from audits.states import RunStatus
from audits.summary import summary_of
from registry.errors import InvalidInput
from registry.importers.base import Progress
from registry.management.command import ErrataCommand
from registry.models import Benchmark
from registry.selectors import get_benchmark

_POLL_SECONDS = 0.5
_COLUMNS = ("votes", "objections", "supports", "abstentions", "failures")
_GUESSED = ("questions", "new", "possible", "tokens")


class Command(ErrataCommand):
    help = "Ask verifiers about every label; contested labels become cases for experts."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the benchmark")
        parser.add_argument(
            "--verifier", action="append", metavar="NAME", help="only this one; may be repeated"
        )
        parser.add_argument(
            "--fresh", action="store_true", help="a new round: new samples of every model"
        )
        parser.add_argument(
            "--budget", metavar="AMOUNT", help="stop before calls cost more, as in 12.50"
        )
        parser.add_argument(
            "--wait", action="store_true", help="work on it here too, until it has ended"
        )
        what = parser.add_mutually_exclusive_group()
        what.add_argument(
            "--estimate", action="store_true", help="only say what it would ask and cost"
        )
        what.add_argument("--stop", metavar="RUN", help="stop this run; it can be resumed")
        what.add_argument("--resume", metavar="RUN", help="let this stopped run go on")

    def run(self, *, slug: str, **options: Any) -> dict[str, Any]:
        benchmark = get_benchmark(slug, self.actor)
        budget = read_amount(options["budget"]) if options["budget"] else None
        if options["estimate"]:
            return self._estimate(benchmark, budget, options)
        run = self._run(benchmark, budget, options)
        if options["wait"]:
            self._work(run)
        run.refresh_from_db()
        stopped = run.status == RunStatus.STOPPED and not options["stop"]
        self.finding = run.status == RunStatus.FAILED or stopped
        return summary_of(run)

    def _estimate(
        self, benchmark: Benchmark, budget: int | None, options: dict[str, Any]
    ) -> dict[str, Any]:
        found = estimate(benchmark, options["verifier"], fresh=options["fresh"], budget=budget)
        return {"estimate": True, **found.to_dict()}

    def _run(self, benchmark: Benchmark, budget: int | None, options: dict[str, Any]) -> AuditRun:
        if name := options["stop"] or options["resume"]:
            found = get_run(name, self.actor)
            if found.benchmark_id != benchmark.pk:
                raise InvalidInput(f"{name} is an audit of {found.benchmark.slug}.")
            if options["stop"]:
                return stop_run(actor=self.actor, run=found)
            return resume_run(actor=self.actor, run=found, budget=budget)
        choice = choose(benchmark, options["verifier"], budget=budget)
        for line in hosts_told(choice.hosts, choice.left_out):
            self.stderr.write(line)
        return start_audit(
            actor=self.actor,
            benchmark=benchmark,
            verifiers=options["verifier"],
            fresh=options["fresh"],
            budget=budget,
        )

    def _work(self, run: AuditRun) -> None:
        with tqdm(desc="auditing", unit_scale=True, file=sys.stderr, disable=self.quiet) as bar:
            while not work_on_run(run_id=run.pk, progress=_shown_on(bar, run)):
                time.sleep(_POLL_SECONDS)  # The rest is in other workers' hands.

    def lines(self, result: dict[str, Any]) -> list[str]:
        if "estimate" in result:
            return estimate_lines(result)
        if result["status"] == RunStatus.RUNNING:
            return [f"Run {result['run']} has {result['chunks']} chunks and waits for workers."]
        rows = [[row[column] for column in _COLUMNS] for row in result["verifiers"].values()]
        table = table_of("verifier", _COLUMNS, dict(zip(result["verifiers"], rows, strict=True)))
        cases, buckets = result["cases"], result["buckets"]
        lines = [
            f"Run {result['run']}: {result['instances']} instances, {result['votes']} new votes, "
            f"{result['reused']} reused.",
            *table,
            f"Cases: {cases['opened']} opened, {cases['closed']} closed, {cases['waiting']} wait.",
            "Labels: " + ", ".join(f"{count} {bucket}" for bucket, count in buckets.items()) + ".",
        ]
        if result["hosts"]:
            spent = print_amount(result["spent"], the_panel().currency)
            lines.append(f"Calls of {', '.join(result['hosts'])} cost {spent}.")
        if result["failed_chunks"]:
            lines.append(
                f"{result['failed_chunks']} chunks failed; the log says why. Run the audit again."
            )
        if result["status"] == RunStatus.STOPPED:
            lines.append(
                f"Run {result['run']} is stopped. {result['stopped_because']} "
                f"--resume {result['run']} goes on."
            )
        return lines


def hosts_told(hosts: list[str], left_out: dict[str, str]) -> list[str]:
    """Who will receive the text, and which verifiers are not asked."""
    told = [f"The text goes to {', '.join(hosts)}."] if hosts else []
    return [*told, *(f"Left out: {why}" for why in left_out.values())]


def estimate_lines(result: dict[str, Any]) -> list[str]:
    """An estimate for people."""
    currency = result["currency"]
    rows = {
        name: [
            *(guess[column] for column in _GUESSED),
            print_amount(guess["cost"]),
            print_amount(guess["full_cost"]),
        ]
        for name, guess in result["verifiers"].items()
    }
    cost, full = (print_amount(result[name], currency) for name in ("cost", "full_cost"))
    lines = [
        *hosts_told(list(result["hosts"]), dict(result["left_out"])),
        f"{result['instances']} instances, round {result['round']}: {result['new']} new questions.",
        *table_of("verifier", (*_GUESSED, "cost", "full cost"), rows),
        f"At most {cost} if each takes one call; a run from nothing {full}.",
    ]
    if result["building_cost"]:
        built = print_amount(result["building_cost"], currency)
        lines.append(
            f"That is {result['of_building']:.2%} of the {built} that the benchmark cost to build."
        )
    return lines


def table_of(first: str, columns: tuple[str, ...], rows: dict[str, list[Any]]) -> list[str]:
    """Rows under a header, numbers to the right."""
    width = max(map(len, (first, *rows)))
    return [
        f"{name:<{width}}  " + "  ".join(f"{cell:>11}" for cell in cells)
        for name, cells in ((first, list(columns)), *rows.items())
    ]


def _shown_on(bar: "tqdm[Any]", run: AuditRun) -> Progress:
    """Progress on a bar, with what the run's calls cost so far."""
    currency = the_panel().currency

    def show(stage: str, done: int, total: int) -> None:
        bar.total = total
        bar.update(done - bar.n)
        if not bar.disable:
            run.refresh_from_db(fields=["spent"])
            bar.set_postfix_str(f"spent {print_amount(run.spent, currency)}" if run.spent else "")

    return show
