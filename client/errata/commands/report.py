"""errata report: say that a label is wrong, and get an address at which to follow it.

Takes a token that may contribute, in ERRATA_TOKEN. The same report again gives the one that is
there.
"""

from argparse import ArgumentParser, Namespace

from errata.commands.base import Outcome, hub_arguments
from errata.errors import ErrataError

NAME = "report"
HELP = "report a wrong label"


def arguments(parser: ArgumentParser) -> None:
    """Which label, and what is wrong with it."""
    parser.add_argument(
        "reference",
        metavar="NAME[@VERSION]",
        help="the benchmark, and the version in which you saw it, also by an upstream name",
    )
    parser.add_argument("key", metavar="KEY", help="the instance's key, or an alias as space:id")
    parser.add_argument(
        "--category", required=True, metavar="C", help="what is wrong; a category of the benchmark"
    )
    parser.add_argument("--rationale", required=True, metavar="TEXT", help="why it is wrong")
    proposal = parser.add_mutually_exclusive_group()
    proposal.add_argument("--answer", default="", metavar="A", help="the answer that you propose")
    proposal.add_argument(
        "--not-computable", action="store_true", help="the inputs do not permit an answer"
    )
    parser.add_argument("--evidence", default="", metavar="TEXT", help="sources, calculations")
    hub_arguments(parser)


def run(options: Namespace) -> Outcome:
    """File it."""
    from errata.hub import LATEST, Hub, split_reference

    reference = options.reference
    slug, version = split_reference(reference if "@" in reference else f"{reference}@{LATEST}")
    if "@" in reference and version == LATEST:
        message = "Name the version in which you saw the label, or leave it out."
        raise ErrataError("bad_reference", message, asked_wrongly=True)
    form = {
        "benchmark": slug,
        "instance": options.key,
        "category": options.category,
        "rationale": options.rationale,
        "answer": options.answer,
        "not_computable": options.not_computable,
        "evidence": options.evidence,
        "seen_in": "" if version == LATEST else version,
    }
    with Hub(options.hub) as hub:
        filed = hub.send("reports/", "report", form)
    names = ("id", "benchmark", "instance", "seen_in", "status", "page", "url")
    report = {"ok": True} | {name: filed.get(name) for name in names}
    return Outcome(report, [f"Report {filed.get('id')} is {filed.get('status')}: {filed['page']}"])
