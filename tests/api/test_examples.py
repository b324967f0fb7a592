"""Every curl line of docs/api.md works as it stands there, one after the other."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from audits.models import Case
from audits.services.start_audit import start_audit
from audits.services.take_in_reports import take_in_reports
from audits.services.work_on_run import work_on_run
from registry.models import Benchmark, Category, Role
from registry.selectors import system_user
from registry.services.create_user import create_user
from registry.services.set_member import set_member
from tests.api.conftest import Api
from tests.pages.conftest import Nowhere, cut, file
from tests.small import csv_text, import_file, qa_row, write_csv

TEXT = (Path(__file__).parents[2] / "docs" / "api.md").read_text(encoding="utf-8")
HUB = "$ERRATA_HUB/api/v1/"
FILES = {
    "answers.csv": csv_text([{"id": "42", "prediction": "10"}]),
    "corrected.csv": csv_text([qa_row(1, id="42", answer="12", lower="11", upper="13")]),
    "decided.csv": csv_text([{"key": "43", "outcome": "confirm", "reason": "Counted."}]),
    "next.csv": csv_text([qa_row(n, id=str(41 + n)) for n in range(1, 4)]),
}


@dataclass
class Asked:
    """A curl line: method, address below the API, JSON or form, whether it sends a token."""

    method: str = ""
    path: str = ""
    json: str = ""
    form: dict[str, Any] | None = None
    token: bool = False


def examples() -> Iterator[Asked]:
    """The curl lines in their order."""
    for block in re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL):
        for line in re.split(r"^(?=curl)", block.replace("\\\n", " "), flags=re.MULTILINE):
            if line.startswith("curl"):
                yield read(shlex.split(line)[1:])


def read(words: list[str]) -> Asked:
    """A curl line without its first word."""
    asked, rest = Asked(), iter(words)
    for word in rest:
        if word.startswith(HUB):
            asked.path = word.removeprefix(HUB)
        elif word == "-d":
            asked.json = next(rest)
        elif word == "-F":
            name, _, value = next(rest).partition("=")
            asked.form = (asked.form or {}) | {name: sent(value)}
        elif word == "-H":
            asked.token |= next(rest) == "Authorization: Bearer $ERRATA_TOKEN"
        elif word == "-X":
            asked.method = next(rest).lower()
        else:
            assert (word, next(rest)) == ("-o", "cases.xlsx")
    asked.method = asked.method or ("post" if asked.json or asked.form else "get")
    return asked


def sent(value: str) -> Any:
    """A field of a form: a text, or a file by its name."""
    name = value.removeprefix("@")
    return SimpleUploadedFile(name, FILES[name].encode()) if name != value else value


@pytest.fixture
def person(db: None, tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Somebody with every role in the benchmark of the examples, where a case waits after 1.0.0."""
    monkeypatch.setattr("versions.services.ship_release.PUBLISHER", Nowhere())
    settings.ERRATA_HOME = tmp_path / "home"
    rows = [qa_row(n, id=str(41 + n)) for n in range(1, 4)]
    path = write_csv(tmp_path / "first.csv", rows)
    import_file(path, slug="medcalc-bench", upstream="v1.0/test")
    benchmark = Benchmark.objects.get()
    about = {"position": 99, "sentence": "A value was taken from the wrong place."}
    Category.objects.create(benchmark=benchmark, code="extraction_error", **about)
    cut(benchmark)
    made = create_user(actor=system_user(), username="anna")
    for role in Role.values:
        set_member(actor=system_user(), benchmark=benchmark, user=made, role=role)
    file(benchmark, create_user(actor=system_user(), username="ada"), "43", "12345")
    take_in_reports(benchmark.pk)
    work_on_run(run_id=start_audit(actor=system_user(), benchmark=benchmark).pk)
    return made


def test_every_curl_line(api: Api, person: Any) -> None:
    answers: dict[str, Any] = {}
    for asked in examples():
        path = asked.path
        if "$IMPORT" in path:
            path = path.replace("$IMPORT", answers["imports"].json()["id"])
        kind = "multipart" if asked.form else "application/json"
        body = asked.form or asked.json or None
        user = person if asked.token else None
        answer = api(asked.method, path, user, body, content_type=kind)
        assert answer.status_code in (200, 201, 202), (asked, answer.content)
        answers[asked.path.rstrip("/").split("/")[-1].partition("?")[0]] = answer
    assert answers["predictions"].json()["rows"] == 1
    assert answers["scores"].json()["models"][0]["model"] == "tamarack"
    assert answers["import"].json()["rows"] == 1
    assert answers["decide"].json()["rows"][0]["state"] == "fine"
    assert answers["packets"].content.startswith(b"PK")
    assert answers["imports"].json()["counts"]["rows"] == 3
    assert answers["confirm"].json()["state"] == "underway"
    assert answers["preview"].json()["labels"] == 3
    assert Case.objects.filter(claimed_by=person.public_id).exists()
