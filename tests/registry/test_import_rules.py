"""What an import does to a benchmark that is there: new, kept, cleared, missing, back again."""

from pathlib import Path
from typing import Any

import pytest

from registry.errors import InvalidInput, NotAllowed, WrongState
from registry.labels import read_label
from registry.models import (
    Alias,
    Benchmark,
    Category,
    Event,
    Head,
    ImportBatch,
    Instance,
    Origin,
    Revision,
    Text,
)
from registry.presets import load_preset
from registry.selectors import documents, preset_of, system_user
from registry.services.revise_label import revise_label
from tests.small import SLUG, import_file, people, qa_row, small_benchmark, write_csv

pytestmark = pytest.mark.django_db


def bring(folder: Path, *rows: dict[str, str], without: tuple[str, ...] = (), **more: Any) -> Any:
    """Import rows, less some columns."""
    kept = [{k: v for k, v in row.items() if k not in without} for row in rows]
    return import_file(write_csv(folder / "next.csv", kept), **more)


def head(key: str) -> Revision:
    """The revision that holds now."""
    found = Head.objects.select_related("revision__content", "instance").get(instance__key=key)
    return found.revision


def test_a_first_import_makes_benchmark_categories_aliases_and_events(tmp_path: Path) -> None:
    benchmark = small_benchmark(tmp_path)
    assert (benchmark.licence, benchmark.visibility) == ("CC0-1.0", "public")
    codes = list(benchmark.categories.values_list("code", flat=True))
    assert codes == list(load_preset("question-answer").categories)
    assert Alias.objects.filter(space="v1/test").count() == 6
    batch = ImportBatch.objects.get()
    assert (batch.file_name, batch.counts["new"], batch.licence) == (f"{SLUG}.csv", 6, "CC0-1.0")
    assert set(Revision.objects.values_list("cause_kind", "cause_id")) == {
        ("import", batch.public_id)
    }
    kinds = list(Event.objects.order_by("pk").values_list("kind", flat=True))
    assert kinds == ["benchmark.created", "benchmark.imported"]


def test_the_same_file_again_changes_nothing(tmp_path: Path) -> None:
    small_benchmark(tmp_path)
    again = import_file(tmp_path / f"{SLUG}.csv", upstream="v1/test")
    assert not again.changed
    assert again.batch is None
    assert again.counts["identical"] == again.counts["matched"] == 6
    assert ImportBatch.objects.count() == 1
    assert Event.objects.count() == 2


def test_a_dry_run_counts_and_writes_nothing(tmp_path: Path) -> None:
    small_benchmark(tmp_path)
    texts = Text.objects.count()
    dry = bring(tmp_path, qa_row(1, answer="70"), qa_row(9), dry_run=True)
    assert (dry.counts["changed"], dry.counts["new"], dry.counts["revisions"]) == (1, 1, 2)
    assert (Revision.objects.count(), Instance.objects.count()) == (6, 6)
    assert Text.objects.count() == texts


def test_an_absent_column_leaves_what_is_there(tmp_path: Path) -> None:
    small_benchmark(tmp_path)
    before = head("q1")
    kept = bring(
        tmp_path,
        {"id": "q1", "answer": "10", "question": "Ten times 1?"},
    )
    assert kept.counts["inputs_changed"] == 1
    after = head("q1")
    assert (after.limits, after.group) == (before.limits, before.group)
    assert after.derivation == before.derivation
    assert after.content.kind == "number"
    assert documents([after.content_id])[after.content_id]["inputs"] == {"question": "Ten times 1?"}
    assert (after.origin, after.previous) == (Origin.UPSTREAM, before.digest)


def test_an_empty_cell_clears(tmp_path: Path) -> None:
    small_benchmark(tmp_path)
    bring(tmp_path, qa_row(1, explanation="", group="", lower="", upper=""))
    after = head("q1")
    assert (after.derivation, after.group, after.limits) == ("", "", "{}")
    assert after.answer == "10"


@pytest.mark.parametrize("answer", ["70", "10.0", "10.5", "N/A"])
def test_limits_and_derivation_never_outlive_their_answer(tmp_path: Path, answer: str) -> None:
    small_benchmark(tmp_path)
    result = bring(
        tmp_path, qa_row(1, answer=answer), without=("lower", "upper", "explanation", "kind")
    )
    after = head("q1")
    assert (after.answer, after.limits, after.derivation) == (answer, "{}", "")
    classes = {"70": "changed", "10.0": "reformatted", "10.5": "within_tolerance"}
    assert result.counts[classes.get(answer, "became_unanswerable")] == 1


def test_an_answer_takes_the_presets_rule_where_the_file_has_no_limits(tmp_path: Path) -> None:
    import_file(write_csv(tmp_path / "m.csv", [MEDCALC | {"Ground Truth Answer": "-20"}]), **MED)
    assert head("1:2").limits == '{"lower":"-21","upper":"-19"}'


MEDCALC = {
    "Note ID": "1",
    "Calculator ID": "2",
    "Calculator Name": "Sum",
    "Output Type": "decimal",
    "Patient Note": "A note.",
    "Question": "How much?",
}
MED = {"preset": "medcalc", "upstream": "v1/test"}


def test_align_finds_by_alias_and_guards_the_inputs(tmp_path: Path) -> None:
    first = MEDCALC | {"Row Number": "7", "Ground Truth Answer": "20"}
    import_file(write_csv(tmp_path / "m.csv", [first]), **MED)
    row = {"Row Number": "7", "Ground Truth Answer": "30", "Question": "How much now?"}
    align = {"preset": "medcalc", "align": "v1/test"}
    done = import_file(write_csv(tmp_path / "c.csv", [row]), **align)
    assert (done.counts["changed"], done.counts["inputs_changed"]) == (1, 1)
    document = documents([head("1:2").content_id])[head("1:2").content_id]
    assert document["inputs"] == {"note": "A note.", "question": "How much now?"}
    for wrong, field in (
        (row | {"Patient Note": "Another note."}, "note"),
        (row | {"Row Number": "8"}, "id"),
    ):
        with pytest.raises(InvalidInput) as refused:
            import_file(write_csv(tmp_path / "w.csv", [wrong]), **align)
        assert refused.value.details["problems"] == [{"line": 2, "field": field}]
    with pytest.raises(InvalidInput) as refused:
        import_file(write_csv(tmp_path / "w.csv", [row]), preset="medcalc")
    assert refused.value.code == "column_missing"
    assert "--align" in refused.value.message


def test_missing_looks_only_at_the_splits_of_the_file(tmp_path: Path) -> None:
    small_benchmark(tmp_path)
    bring(tmp_path, qa_row(7, split="train"), qa_row(8, split="train"))
    kept = bring(tmp_path, qa_row(1), qa_row(2))
    assert (kept.counts["missing"], kept.counts["revisions"]) == (4, 0)
    retired = bring(tmp_path, qa_row(1), qa_row(7, split="train"), missing="retire", dry_run=True)
    assert retired.counts["missing"] == 6
    bring(tmp_path, qa_row(1), qa_row(2), missing="retire")
    gone = Head.objects.filter(retired=True).order_by("pk").values_list("instance__key", flat=True)
    assert list(gone) == ["q3", "q4", "q5", "q6"]
    assert head("q3").origin == Origin.RETIRED
    assert head("q3").answer == "30"
    again = bring(tmp_path, qa_row(1), qa_row(2), missing="retire")
    assert (again.counts["missing"], again.changed) == (0, False)
    with pytest.raises(InvalidInput):
        bring(tmp_path, qa_row(1), missing="delete")


def test_a_retired_instance_comes_back(tmp_path: Path) -> None:
    small_benchmark(tmp_path)
    bring(tmp_path, qa_row(1), missing="retire")
    back = bring(tmp_path, qa_row(2))
    assert (back.counts["revived"], back.counts["revisions"]) == (1, 1)
    assert not Head.objects.get(instance__key="q2").retired
    origins = Revision.objects.filter(instance__key="q2").order_by("number")
    assert list(origins.values_list("origin", flat=True)) == ["import", "retired", "revived"]


def test_new_instances_get_the_positions_after_the_last(tmp_path: Path) -> None:
    small_benchmark(tmp_path, 3)
    bring(tmp_path, qa_row(9), qa_row(1), qa_row(8))
    keys = Instance.objects.order_by("position").values_list("key", "position")
    assert list(keys) == [("q1", 0), ("q2", 1), ("q3", 2), ("q9", 3), ("q8", 4)]


def test_a_known_key_under_another_id_is_no_second_instance(tmp_path: Path) -> None:
    small_benchmark(tmp_path, 2)
    bring(tmp_path, qa_row(1), qa_row(2), upstream="v2/test")
    assert Instance.objects.count() == 2
    assert Alias.objects.filter(instance__key="q1").count() == 2


def test_an_id_never_names_two_instances_in_one_space(tmp_path: Path) -> None:
    """Row numbers restart with each version: the same space for two of them is refused."""
    first = MEDCALC | {"Row Number": "7", "Ground Truth Answer": "20"}
    import_file(write_csv(tmp_path / "m.csv", [first]), **MED)
    other = first | {"Note ID": "9"}
    with pytest.raises(InvalidInput) as refused:
        import_file(write_csv(tmp_path / "n.csv", [other]), **MED)
    assert refused.value.details["problems"] == [{"line": 2, "field": "id"}]
    assert "--upstream" in refused.value.message
    assert Instance.objects.count() == 1
    import_file(write_csv(tmp_path / "n.csv", [other]), preset="medcalc", upstream="v2/test")
    assert Instance.objects.count() == 2


def test_a_key_counts_more_than_an_alias(tmp_path: Path) -> None:
    """With its key columns a row is about the instance of that key, whatever --align says."""
    first = MEDCALC | {"Row Number": "7", "Ground Truth Answer": "20"}
    import_file(write_csv(tmp_path / "m.csv", [first]), **MED)
    other = first | {"Note ID": "9", "Patient Note": "Another patient."}
    options = {"preset": "medcalc", "align": "v1/test", "upstream": "v2/test"}
    done = import_file(write_csv(tmp_path / "n.csv", [other]), **options)
    assert (done.counts["new"], done.counts["matched"]) == (1, 0)
    assert head("1:2").number == 1


def test_a_label_that_moves_while_the_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small_benchmark(tmp_path)
    instance = Instance.objects.get(key="q1")
    system, rules = system_user(), preset_of(Benchmark.objects.get())

    def meanwhile(stage: str, done: int, total: int) -> None:
        if instance.revisions.count() > 1 or stage != "reading":
            return
        revise_label(
            actor=system,
            instance=instance,
            label=read_label("11", "number", rules),
            expected=None,
            reason="Meanwhile.",
            cause=("decision", "x"),
            at=Revision.objects.get(instance=instance).at,
        )

    # The plan is made while the head is still the old one.
    import registry.services.import_benchmark as service

    plan_import = service.plan_import

    def planned_then_moved(*args: Any) -> None:
        plan_import(*args)
        meanwhile("reading", 1, 1)

    monkeypatch.setattr(service, "plan_import", planned_then_moved)
    with pytest.raises(WrongState) as refused:
        bring(tmp_path, qa_row(1, answer="70"))
    assert refused.value.code == "label_moved"
    assert head("q1").answer == "11"
    assert ImportBatch.objects.count() == 1


def test_a_new_preset_retires_used_categories_and_drops_unused(tmp_path: Path) -> None:
    from submissions.services.file_report import file_report

    benchmark = small_benchmark(tmp_path)
    crew = people(benchmark)
    file_report(
        actor=crew.user,
        benchmark=benchmark,
        instance=Instance.objects.get(key="q1"),
        category="several_right",
        answer="12",
        rationale="So.",
    )
    shipped = Path("registry/presets/question-answer.toml").resolve().read_text()
    start, end = shipped.index("[categories]"), shipped.index("[predictions]")
    own = shipped[:start] + '[categories]\nmine = "My own."\n\n' + shipped[end:]
    (tmp_path / "own.toml").write_text(own)
    done = bring(tmp_path, qa_row(1), preset=load_preset(str(tmp_path / "own.toml")))
    assert done.batch is not None
    rows = Category.objects.order_by("retired").values_list("code", "retired")
    assert list(rows) == [("mine", False), ("several_right", True)]


def test_who_may_import(tmp_path: Path) -> None:
    crew = people()
    path = write_csv(tmp_path / "a.csv", [qa_row(1)])
    with pytest.raises(NotAllowed):
        import_file(path, actor=crew.maintainer)
    assert not Benchmark.objects.exists()
    benchmark = small_benchmark(tmp_path)
    from registry.services.set_member import set_member

    for role, may in (("contributor", False), ("expert", False), ("maintainer", True)):
        set_member(actor=system_user(), benchmark=benchmark, user=crew.user, role=role)
        if may:
            assert import_file(path, actor=crew.user).counts["identical"] == 1
        else:
            with pytest.raises(NotAllowed):
                import_file(path, actor=crew.user)


def test_names_of_benchmarks_and_licences(tmp_path: Path) -> None:
    path = write_csv(tmp_path / "a.csv", [qa_row(1)])
    for options in (
        {"slug": "Not A Slug"},
        {"slug": "s" * 81},
        {"licence": ""},
        {"licence": "L" * 101},
        {"title": "T" * 201},
        {"upstream": "u" * 101},
    ):
        with pytest.raises(InvalidInput):
            import_file(path, **options)
    assert not Benchmark.objects.exists()
