"""A release's files in the hands of the tools that they are made for.

Run by `make test-formats` in .venv-formats; RELEASE names the folder that release.py made.
"""

import csv
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

FOLDER = Path(os.environ["RELEASE"])
RIGHT = {"n1": "10.5", "n2": "-2.0", "i1": "7", "c1": "two"}


def rows(split: str) -> list[dict[str, Any]]:
    lines = (FOLDER / f"data/{split}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def canary() -> str:
    return str(rows("test")[0]["canary"])


def key_of(prompt: str) -> str:
    """The instance that a prompt is about."""
    (found,) = (row["key"] for row in rows("test") if row["inputs"]["question"] in prompt)
    return str(found)


# How four models answer: rightly; with nothing to read; by abstaining; only i1 rightly.
ANSWERERS: dict[str, tuple[Callable[[str], str], tuple[float, float, float]]] = {
    "right": (lambda key: f"Hence <answer>{RIGHT[key]}</answer>.", (1.0, 0.0, 0.0)),
    "unparsable": (lambda key: RIGHT[key], (0.0, 1.0, 0.0)),
    "abstaining": (lambda key: "<answer>unknown</answer>", (0.0, 0.0, 1.0)),
    "one": (lambda key: "<answer>7</answer>", (0.25, 0.25, 0.0)),  # 7 is no option
}


def test_datasets_loads_the_folder(tmp_path: Path) -> None:
    from datasets import get_dataset_config_names, load_dataset

    loaded = load_dataset(str(FOLDER), cache_dir=str(tmp_path))
    assert {name: len(split) for name, split in loaded.items()} == {"test": 5, "train": 4}
    for got, row in zip(loaded["test"], rows("test"), strict=True):
        assert (got["key"], got["answer"], got["inputs"]["question"], got["valid"]) == (
            *(row["key"], row["answer"], row["inputs"]["question"], row["valid"]),
        )
        assert got["canary"] == canary()
    names = get_dataset_config_names(str(FOLDER))
    assert set(names) == {"default", "rewards"}
    rewards = load_dataset(str(FOLDER), "rewards", cache_dir=str(tmp_path))
    assert list(rewards) == ["train"]


def test_the_citation_is_valid_by_the_schema_of_cff() -> None:
    from cffconvert import Citation
    from jsonschema.exceptions import ValidationError

    text = (FOLDER / "CITATION.cff").read_text(encoding="utf-8")
    citation = Citation(text)
    citation.validate()
    assert (citation.cffversion, "CC-BY-4.0" in text) == ("1.2.0", True)
    with pytest.raises(ValidationError):
        Citation(text.replace("license: CC-BY-4.0", "license: Ask us")).validate()


def test_croissant_validates_and_loads() -> None:
    import mlcroissant

    dataset = mlcroissant.Dataset(jsonld=str(FOLDER / "croissant.json"))
    issues = dataset.metadata.ctx.issues
    assert (issues.errors, issues.warnings) == (set(), set())
    assert canary() in dataset.metadata.description
    for split in ("test", "train"):
        records = list(dataset.records(split))
        assert len(records) == len(rows(split))
        for record, row in zip(records, rows(split), strict=True):
            assert _text(record[f"{split}/key"]) == row["key"]
            assert _text(record[f"{split}/answer"]) == row["answer"]
            assert _text(record[f"{split}/inputs/question"]) == row["inputs"]["question"]
            assert _text(record[f"{split}/limits/lower"]) == row["limits"].get("lower")
            assert record[f"{split}/valid"] == row["valid"]
            assert _text(record[f"{split}/tier"]) == row["tier"]
            assert [_text(why) for why in record[f"{split}/mask"]] == row["mask"]
            believed = [
                {name.rpartition("/")[2]: _text(value) for name, value in each.items()}
                for each in record[f"{split}/posterior"]
            ]
            assert believed == row["posterior"]
            assert record[f"{split}/position"] == row["position"]


def _text(value: Any) -> Any:
    return value.decode() if isinstance(value, bytes) else value


def test_croissant_tells_a_changed_file(tmp_path: Path) -> None:
    import mlcroissant

    copy = shutil.copytree(FOLDER, tmp_path / "copy")
    shutil.copyfile(copy / "data/train.parquet", copy / "data/test.parquet")
    dataset = mlcroissant.Dataset(jsonld=str(copy / "croissant.json"))
    with pytest.raises(Exception, match=r"Download\(data/test\.parquet\)"):
        list(dataset.records("test"))


@pytest.mark.parametrize("name", ANSWERERS)
def test_lm_eval_asks_and_grades(name: str) -> None:
    from lm_eval import simple_evaluate
    from lm_eval.api.model import LM
    from lm_eval.tasks import TaskManager

    answer, figures = ANSWERERS[name]

    class Scripted(LM):  # type: ignore[misc]
        def loglikelihood(self, requests: Any) -> Any:
            raise NotImplementedError

        def loglikelihood_rolling(self, requests: Any) -> Any:
            raise NotImplementedError

        def generate_until(self, requests: Any) -> list[str]:
            return [answer(key_of(request.args[0])) for request in requests]

    manager = TaskManager(include_path=str(FOLDER / "tasks/lm-eval"), include_defaults=False)
    (task,) = manager.all_tasks
    assert task == "small_one_1_0_0_test"
    found = simple_evaluate(
        model=Scripted(), tasks=[task], task_manager=manager, bootstrap_iters=0, verbosity="ERROR"
    )
    got = found["results"][task]
    assert [got[f"{metric},none"] for metric in ("accuracy", "unparsable", "abstained")] == [
        *figures
    ]
    docs = [sample["doc"] for sample in found["samples"][task]]
    assert [(doc["key"], doc["tier"]) for doc in docs] == [(key, "unreviewed") for key in RIGHT]
    assert found["versions"][task] == "1.0.0"
    assert found["configs"][task]["metadata"]["contract"] == "1.0.0"


@pytest.mark.parametrize("name", ANSWERERS)
def test_inspect_asks_and_grades(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from inspect_ai import eval as run
    from inspect_ai.model import ModelOutput, ModelUsage, get_model

    answer, (accuracy, unparsable, abstained) = ANSWERERS[name]
    outputs = [ModelOutput.from_content("mockllm", answer(key)) for key in RIGHT]
    for output in outputs:  # it would fetch a tokenizer to count with
        output.usage = ModelUsage(input_tokens=1, output_tokens=1, total_tokens=2)
    monkeypatch.chdir(FOLDER)
    (log,) = run(
        "tasks/inspect/small_one.py",
        model=get_model("mockllm/model", custom_outputs=outputs),
        log_dir=str(tmp_path),
        display="none",
        max_samples=1,
    )
    assert log.status == "success"
    assert log.eval.task_version == "1.0.0"
    assert log.eval.metadata == {"release": "small-one@1.0.0", "contract": "1.0.0"}
    assert [sample.id for sample in log.samples] == sorted(RIGHT)
    assert {sample.metadata["tier"] for sample in log.samples} == {"unreviewed"}
    assert log.results.scores[0].metrics["accuracy"].value == accuracy
    said = [sample.scores["contract"].metadata for sample in log.samples]
    assert sum(each["verdict"] == "unparsable" for each in said) == 4 * unparsable
    assert sum(each["abstained"] for each in said) == 4 * abstained
    assert [key_of(sample.input) for sample in log.samples] == sorted(RIGHT)


def test_tasks_refuse_other_data(tmp_path: Path) -> None:
    from errata.harness import NotPinned
    from lm_eval.tasks import TaskManager

    copy = shutil.copytree(FOLDER, tmp_path / "copy")
    with (copy / "data/test.jsonl").open("ab") as file:
        file.write(b"\n")
    manager = TaskManager(include_path=str(copy / "tasks/lm-eval"), include_defaults=False)
    with pytest.raises(NotPinned, match=r"not the one of small-one@1\.0\.0"):
        manager.load(manager.all_tasks)


def test_rewards_from_the_file_as_verl_and_trl_call_them() -> None:
    import pyarrow.parquet as pq
    from errata.rewards import compute_score, trl_reward, trl_weighted_reward

    table = pq.read_table(FOLDER / "data/rewards/train.parquet")
    columns = ["data_source", "prompt", "ability", "reward_model", "extra_info"]
    assert table.column_names == columns
    said = pq.read_metadata(FOLDER / "data/rewards/train.parquet").metadata
    assert said[b"canary"].decode() == canary()
    assert b"notice" not in said
    assert not (FOLDER / "data/rewards/test.parquet").exists()
    made = table.to_pylist()
    assert [row["extra_info"]["key"] for row in made] == ["d1", "u1", "t1"]
    left_out = (FOLDER / "data/excluded/train.jsonl").read_text(encoding="utf-8")
    assert json.loads(left_out)["key"] == "x2"
    answers = ["2/29/2024", "N/A", "ada lovelace"]
    responses = [f"<answer>{answer}</answer>" for answer in answers]
    for row, response in zip(made, responses, strict=True):
        given = {
            "data_source": row["data_source"],
            "ground_truth": row["reward_model"]["ground_truth"],
            "extra_info": row["extra_info"],
        }
        assert compute_score(solution_str=response, **given) == 1.0
        assert compute_score(solution_str="<answer>5</answer>", **given) == 0.0
        assert compute_score(solution_str=response, weighted=True, **given) == 0.85
    batch = {name: [row[name] for row in made] for name in columns}
    batch["prompts"] = batch.pop("prompt")
    messages = [[{"role": "assistant", "content": response}] for response in responses]
    assert trl_reward(completions=messages, **batch) == [1.0, 1.0, 1.0]
    assert trl_weighted_reward(completions=messages, **batch) == [0.85] * 3


def test_csv_has_the_columns_that_came_in() -> None:
    with (FOLDER / "data/csv/test.csv").open(encoding="utf-8", newline="") as file:
        table = list(csv.DictReader(file))
    assert list(table[0]) == [
        *("Item", "split", "group", "kind", "question", "Options", "Solution", "explanation"),
        *("tier", "posterior", "valid", "mask", "canary"),
    ]
    assert [json.loads(line["posterior"]) for line in table] == [
        row["posterior"] for row in rows("test")
    ]
    assert [json.loads(line["mask"]) for line in table] == [[], [], [], [], ["contested"]]
    assert [line["Solution"] for line in table] == [row["answer"] for row in rows("test")]
    assert json.loads(table[3]["Options"]) == ["one", "two"]


def test_every_export_carries_the_canary() -> None:
    guid = canary().rpartition(" ")[2].encode()
    without = {
        path.relative_to(FOLDER).as_posix()
        for path in FOLDER.rglob("*")
        if path.is_file() and guid not in _bytes(path)
    }
    assert without == {"manifest.sig"}


def _bytes(path: Path) -> bytes:
    """A file's bytes; those of Parquet as they are before compression."""
    if path.suffix != ".parquet":
        return path.read_bytes()
    import pyarrow.parquet as pq

    return json.dumps(pq.read_table(path).to_pylist(), default=str).encode()
