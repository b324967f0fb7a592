"""Corrections and advisories as an Atom feed, for readers of news."""

import re
from collections.abc import Sequence
from datetime import datetime

from django.utils.feedgenerator import Atom1Feed

from registry.models import Benchmark
from registry.paging import SIZE, page_of
from versions.advisories import Advisory, advisories, advisory_path
from versions.corrections import Correction, corrections, told
from versions.osv import Absolute, references, summary

MEDIA = Atom1Feed.content_type
_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def atom(
    benchmarks: Sequence[Benchmark], *, title: str, home: str, here: str, absolute: Absolute
) -> str:
    """The newest corrections and advisories as XML.

    `home` and `here` are paths of page and feed; `absolute` makes a whole address of a path.
    """
    page = page_of(corrections(benchmarks), order=["-pk"], query={})
    made = Atom1Feed(
        title=_xml(title),
        link=absolute(home),
        description="",
        language="en",
        subtitle="Corrections of labels, each with its reason, its authors and its versions; and "
        "releases that were withdrawn.",
        author_name="Errata",
        feed_url=absolute(here),
        feed_guid=absolute(here),
    )
    advisory = advisories(benchmarks)[:SIZE]
    news: list[Correction | Advisory] = [*advisory, *told(page.rows)]
    for each in sorted(news, key=_at, reverse=True):
        if isinstance(each, Advisory):
            _add_advisory(made, each, absolute)
        else:
            _add(made, each, absolute)
    return str(made.writeString("utf-8"))


def _at(news: Correction | Advisory) -> datetime:
    return news.at if isinstance(news, Advisory) else news.published


def _add_advisory(made: Atom1Feed, advisory: Advisory, absolute: Absolute) -> None:
    link = absolute(advisory_path(advisory))
    made.add_item(
        title=_xml(advisory.summary),
        link=link,
        description=_xml(advisory.reason),
        unique_id=link,
        author_name=_xml(advisory.by),
        pubdate=advisory.at,
        updateddate=advisory.at,
        categories=["withdrawn"],
    )


def _add(made: Atom1Feed, record: Correction, absolute: Absolute) -> None:
    entry = record.entry
    link = absolute(references(record)[0][1])
    people = [report["by"] for report in entry["reports"]] + [record.decided_by[1]]
    until = f"Fixed in {record.fixed}"
    since = f"; wrong since {record.introduced}." if record.introduced else "."
    made.add_item(
        title=_xml(summary(record)),
        link=link,
        description=_xml(" ".join([until + since, entry["reason"] or entry["source"]])).strip(),
        unique_id=link,
        author_name=_xml(", ".join(dict.fromkeys(name for name in people if name))) or None,
        pubdate=record.published,
        updateddate=record.withdrawn or record.published,
        categories=[_xml(text) for text in (entry["category"], entry["group"]) if text],
    )


def _xml(text: str) -> str:
    """Foreign text without the characters that no XML can hold."""
    return _NOT_XML.sub("\ufffd", text)
