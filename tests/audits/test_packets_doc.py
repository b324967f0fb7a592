"""docs/packets.md: its example is decided as it stands there, its tables name what there is."""

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from audits.models import Decision
from audits.packets import FILLED, GIVEN
from audits.services.decide_rows import BLIND, STATES
from audits.services.give_out_packet import MOST
from audits.services.take_in_reports import take_in_reports
from audits.sheets import MAX_BYTES, MAX_ROWS
from audits.states import Outcome
from registry.models import Benchmark, Role, User
from registry.services.create_user import create_user
from registry.services.set_member import set_member
from tests.pages.conftest import file
from tests.small import import_file, qa_row, write_csv

TEXT = (Path(__file__).parents[2] / "docs" / "packets.md").read_text(encoding="utf-8")


def block(kind: str) -> str:
    """The code of this kind."""
    found = re.search(rf"```{kind}\n(.*?)```", TEXT, re.DOTALL)
    assert found
    return found[1]


def named(heading: str) -> set[str]:
    """The names in the first column of the table with this heading."""
    table = TEXT.partition(f"| {heading} |")[2].partition("\n\n")[0]
    first = [row.split("|")[1] for row in table.splitlines()[2:]]
    return set(re.findall(r"`([^`]+)`", "".join(first)))


def test_the_tables_name_what_there_is() -> None:
    assert named("column") == {*GIVEN, *FILLED, "input: …", "guide"}
    assert named("outcome") == {BLIND, *Outcome.values}
    assert named("state") == {*STATES}
    assert f"at most {MOST}," in TEXT
    assert f"up to {MAX_ROWS:,} rows and {MAX_BYTES // 1_000_000} MB" in TEXT


def test_the_example(
    db: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any
) -> None:
    """Three rows are decided, the fourth is passed over; the dry run says so before."""
    rows = [qa_row(n, id=f"note-{n}:13") for n in range(1, 5)]
    import_file(write_csv(tmp_path / "first.csv", rows), slug="medcalc-bench")
    benchmark = Benchmark.objects.get()
    system = User.objects.get(username="system")
    reporter = create_user(actor=system, username="reporter")
    anna = create_user(actor=system, username="anna")
    set_member(actor=system, benchmark=benchmark, user=anna, role=Role.EXPERT)
    for row in rows:
        file(benchmark, reporter, row["id"], "12345")
    take_in_reports(benchmark.pk)
    monkeypatch.chdir(tmp_path)
    Path("decided.csv").write_text(block("csv"), encoding="utf-8")
    check, decide = (shlex.split(line)[1:] for line in block("sh").splitlines())
    call_command(*check)
    assert "3 fine, 1 empty" in capsys.readouterr().out
    assert not Decision.objects.exists()
    call_command(*decide)
    assert "3 decided, 1 empty" in capsys.readouterr().out
    made = dict(Decision.objects.values_list("instance__key", "outcome"))
    assert made == {"note-1:13": "correct", "note-2:13": "confirm", "note-3:13": "range"}
