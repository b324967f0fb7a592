"""manage.py schedule_audits: when a benchmark is audited, and why it is due."""

from argparse import ArgumentParser
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from audits.due import due_of
from audits.money import print_amount, read_amount
from audits.panel import load_panel
from audits.services.set_schedule import set_schedule
from registry.errors import InvalidInput
from registry.management.command import ErrataCommand
from registry.selectors import get_benchmark


class Command(ErrataCommand):
    help = "Show when a benchmark is audited and why it is due; with options, change that first."

    def arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slug", help="the benchmark")
        parser.add_argument("--every", type=int, metavar="DAYS", help="days between audits")
        parser.add_argument("--next", metavar="DATE", help="the next date, as 2027-05-03")
        parser.add_argument(
            "--after-reports", type=int, metavar="N", help="audit after so many new reports"
        )
        parser.add_argument(
            "--budget", metavar="AMOUNT", help="what one scheduled audit may spend on models"
        )
        parser.add_argument(
            "--building-cost", metavar="AMOUNT", help="what making the benchmark cost, to compare"
        )

    def run(self, *, slug: str, **options: Any) -> dict[str, Any]:
        benchmark = get_benchmark(slug, self.actor)
        given = _given(options)
        if any(value is not None for value in given.values()):
            set_schedule(actor=self.actor, benchmark=benchmark, **given)
        due = due_of(benchmark)
        currency = load_panel(settings.ERRATA_PANEL).currency
        return {
            "benchmark": slug,
            "every_days": due.schedule.every_days,
            "next": due.schedule.next_at.date().isoformat(),
            "budget": print_amount(due.schedule.budget, currency),
            "overdue": due.overdue,
            "reasons": [sentence for _, sentence in due.reasons],
            "nothing_new": bool(due.schedule.nothing_new_at),
            "recommended": due.recommended_at and due.recommended_at.date().isoformat(),
        }

    def lines(self, result: dict[str, Any]) -> list[str]:
        lines = [
            f"Audited every {result['every_days']} days, next on {result['next']}; a scheduled "
            f"audit may spend {result['budget']} on models."
        ]
        if result["recommended"]:
            lines.append(f"Measured error rates recommend {result['recommended']}.")
        lines += [f"Due: {sentence}" for sentence in result["reasons"]]
        if result["nothing_new"]:
            lines.append("The last try had nothing new to look at; it stays due.")
        return lines


def _given(options: dict[str, Any]) -> dict[str, Any]:
    amounts = {
        name: options[name] and read_amount(options[name], name)
        for name in ("budget", "building_cost")
    }
    return {
        "every_days": options["every"],
        "next_at": options["next"] and _date(options["next"]),
        "after_reports": options["after_reports"],
        **amounts,
    }


def _date(text: str) -> datetime:
    try:
        return datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC)
    except ValueError:
        raise InvalidInput(f"'{text}' is no date: write it as 2027-05-03.", field="next") from None
