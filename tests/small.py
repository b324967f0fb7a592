"""A small benchmark and the people around it, made through the services as everything else is."""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from registry.models import Benchmark, Role, User, Visibility
from registry.presets import Preset, load_preset
from registry.selectors import system_user
from registry.services.create_user import create_token, create_user
from registry.services.import_benchmark import ImportResult, import_benchmark
from registry.services.set_member import set_member

SLUG = "small-qa"
HEADER = (
    *("id", "split", "group", "kind", "question", "context", "answer", "lower", "upper"),
    "explanation",
)


def qa_row(number: int, **changed: str) -> dict[str, str]:
    """Row `number` of a question-answer file: 10 × number, right within ± 1."""
    answer = 10 * number
    return {
        "id": f"q{number}",
        "split": "test",
        "group": "tens",
        "kind": "number",
        "question": f"What is ten times {number}?",
        "context": "",
        "answer": str(answer),
        "lower": str(answer - 1),
        "upper": str(answer + 1),
        "explanation": f"10 * {number} = {answer}",
    } | changed


def csv_text(rows: Sequence[Mapping[str, Any]], header: Sequence[str] = ()) -> str:
    """Rows as CSV with a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, header or list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def write_csv(path: Path, rows: Sequence[Mapping[str, Any]], header: Sequence[str] = ()) -> Path:
    """Write rows as CSV."""
    path.write_text(csv_text(rows, header), encoding="utf-8")
    return path


def write_jsonl(path: Path, rows: Sequence[Any]) -> Path:
    """Write rows as JSON Lines."""
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def import_file(path: Path, *, preset: str | Preset = "question-answer", **options: Any) -> Any:
    """Import a file as `system`; returns an ImportResult."""
    options = {"actor": None, "slug": SLUG, "licence": "CC0-1.0"} | options
    options["actor"] = options["actor"] or system_user()
    loaded = load_preset(preset) if isinstance(preset, str) else preset
    result: ImportResult = import_benchmark(path=path, preset=loaded, **options)
    return result


def small_benchmark(folder: Path, rows: int = 6, *, slug: str = SLUG) -> Benchmark:
    """A benchmark with `rows` rows q1, q2, … whose upstream ids lie in the space v1/test."""
    path = write_csv(folder / f"{slug}.csv", [qa_row(n) for n in range(1, rows + 1)])
    import_file(path, slug=slug, upstream="v1/test")
    return Benchmark.objects.get(slug=slug)


def hide(benchmark: Benchmark) -> None:
    """Make a benchmark visible to its members only."""
    Benchmark.objects.filter(pk=benchmark.pk).update(visibility=Visibility.MEMBERS)
    benchmark.refresh_from_db()


@dataclass(frozen=True, slots=True)
class People:
    """One person for each role, one signed in without any, and a member of the staff."""

    user: User
    contributor: User
    expert: User
    maintainer: User
    staff: User

    def all(self) -> dict[str, User | None]:
        """Everybody by name; None is a stranger."""
        return {"stranger": None} | {name: getattr(self, name) for name in self.__slots__}


def people(benchmark: Benchmark | None = None) -> People:
    """Make the people; the roles are in `benchmark`."""
    system = system_user()
    made = {
        name: create_user(actor=system, username=name, full_name=f"{name.title()} Person")
        for name in ("user", "contributor", "expert", "maintainer")
    }
    staff = create_user(actor=system, username="staff", staff=True)
    for role in Role.values if benchmark else ():
        set_member(actor=system, benchmark=benchmark, user=made[role], role=role)
    return People(**made, staff=staff)


def bearer(user: User | None) -> dict[str, str]:
    """Headers of a request by `user`."""
    if user is None:
        return {}
    token = create_token(actor=user, user=user, name="test")
    return {"Authorization": f"Bearer {token}"}
