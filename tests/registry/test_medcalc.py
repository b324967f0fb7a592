"""The real files give exactly the counted numbers. They are read where they lie."""

from pathlib import Path
from typing import Any

import pytest

from registry.models import Alias, Head, Instance, Origin, Revision
from registry.selectors import documents
from tests.services import needs_medcalc
from tests.small import import_file

pytestmark = pytest.mark.django_db
COUNTS = {
    "rows": 887,
    "matched": 887,
    "identical": 256,
    "reformatted": 20,
    "within_tolerance": 332,
    "changed": 210,
    "became_unanswerable": 69,
    "became_answerable": 0,
    "missing": 160,
    "limits_changed": 107,
    "inputs_changed": 20,
    "revisions": 738,
    "new": 0,
}


@pytest.fixture
def folder() -> Path:
    return needs_medcalc()


def bring(path: Path, **options: Any) -> Any:
    return import_file(path, slug="medcalc-bench", preset="medcalc", licence="", **options)


def test_v1_and_its_correction(folder: Path) -> None:
    first = bring(folder / "v1.0_test.csv", upstream="v1.0/test")
    assert (first.counts["new"], first.counts["aliases"]) == (1_047, 1_047)
    assert not bring(folder / "v1.0_test.csv", upstream="v1.0/test").changed
    kinds = Revision.objects.values_list("content__kind", flat=True)
    assert {kind: list(kinds).count(kind) for kind in set(kinds)} == {
        "number": 627,
        "integer": 360,
        "duration": 20,
        "date": 40,
    }
    assert Revision.objects.values("group").distinct().count() == 55

    dry = bring(folder / "v1.0_corrected.csv", align="v1.0/test", dry_run=True)
    done = bring(folder / "v1.0_corrected.csv", align="v1.0/test")
    for counts in (dry.counts, done.counts):
        assert {name: counts[name] for name in COUNTS} == COUNTS
    assert Instance.objects.count() == Alias.objects.count() == 1_047
    written = Revision.objects.filter(number=2)
    assert set(written.values_list("origin", flat=True)) == {Origin.UPSTREAM}
    assert written.count() == 738
    assert written.filter(answer="N/A", limits="{}").count() == 69
    # An answer that is not identical has no explanation of another one.
    assert written.filter(derivation="").count() == 738 - 107
    assert Head.objects.filter(retired=True).count() == 0

    again = bring(folder / "v1.0_corrected.csv", align="v1.0/test")
    assert (again.counts["identical"], again.changed) == (887, False)


def test_groups_categories_and_impossible_scores(folder: Path) -> None:
    bring(folder / "v1.0_test.csv", upstream="v1.0/test")
    heads = Head.objects.select_related("revision")
    coma = [h.revision for h in heads if h.revision.group == "Glasgow Coma Score (GCS)"]
    assert len(coma) == 20
    assert {"16", "17", "18", "20"} <= {revision.answer for revision in coma}
    meta = documents(Revision.objects.values_list("meta", flat=True))
    categories: dict[str, int] = {}
    for revision in Revision.objects.all():
        name = meta[revision.meta]["category"]
        categories[name] = categories.get(name, 0) + 1
    assert set(categories) == {"lab", "risk", "physical", "severity", "diagnosis", "date", "dosage"}
    assert sum(categories.values()) == 1_047
