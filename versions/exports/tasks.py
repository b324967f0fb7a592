"""Tasks for evaluation harnesses, pinned to the version by the digests of what they read.

What they do lies in `errata.harness`; the files here only tell a harness where to find it.
"""

import json
from collections.abc import Iterator

from versions.exports.about import About, words

_LM_EVAL = """\
# {canary}
task: {task}
custom_dataset: !function utils.questions
dataset_kwargs:
  split: {split}
test_split: test
output_type: generate_until
doc_to_text: prompt
doc_to_target: answer
process_results: !function utils.grade
generation_kwargs:
  until: []
  do_sample: false
  max_gen_toks: 4096
metric_list:
- metric: accuracy
  aggregation: mean
  higher_is_better: true
- metric: unparsable
  aggregation: mean
  higher_is_better: false
- metric: abstained
  aggregation: mean
  higher_is_better: false
metadata:
  version: {version}
  release: {release}
  history_root: {root}
  contract: {contract}
"""
_UTILS = '''\
"""What the tasks beside this file do. Needs `errata` and `lm-eval`; do not move it."""

# {canary}
from datasets import Dataset, DatasetDict
from errata.harness import pinned

RELEASE = pinned(
    __file__,
    r"""{pins}""",
)


def questions(split, **_):
    """The questions of a split."""
    return DatasetDict({{"test": Dataset.from_list(RELEASE.questions(split))}})


def grade(doc, results):
    """The grades of one response."""
    outcome = RELEASE.grade(doc, results[0])
    return {{
        "accuracy": float(outcome.is_correct),
        "unparsable": float(outcome.verdict == "unparsable"),
        "abstained": float(outcome.abstained),
    }}
'''
_INSPECT = '''\
"""{title} {version} for Inspect AI. Needs `errata` and `inspect-ai`; do not move it."""

# {canary}
from errata.harness import pinned
from inspect_ai import Task, task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import CORRECT, INCORRECT, Score, accuracy, scorer, stderr
from inspect_ai.solver import generate

RELEASE = pinned(
    __file__,
    r"""{pins}""",
)


@scorer(metrics=[accuracy(), stderr()])
def contract():
    """Grades by the answer contract of the release."""

    async def score(state, target):
        outcome = RELEASE.grade(state.metadata, state.output.completion)
        return Score(
            value=CORRECT if outcome.is_correct else INCORRECT,
            answer=outcome.answer,
            explanation=outcome.reason or None,
            metadata={{"verdict": str(outcome.verdict), "abstained": outcome.abstained}},
        )

    return score


def _task(split):
    questions = RELEASE.questions(split)
    samples = [
        Sample(id=each["key"], input=each["prompt"], target=each["answer"], metadata=each)
        for each in questions
    ]
    return Task(
        dataset=MemoryDataset(samples, name=RELEASE.release),
        solver=generate(),
        scorer=contract(),
        version={version!r},
        metadata={{"release": RELEASE.release, "contract": RELEASE.contract.version}},
    )
{tasks}'''
_INSPECT_TASK = '''

@task
def {task}():
    """The split {split}."""
    return _task({split!r})
'''


def task_files(about: About, history_root: str) -> Iterator[tuple[str, str]]:
    """Path and text of each file, for every split but those to train on."""
    names = [name for name in about.splits if about.role(name) != "train"]
    if not names:
        return
    said = {"canary": about.canary, "version": about.version, "pins": _pins(about, names)}
    slug = words(about.benchmark["slug"])
    for name in names:
        yield (
            f"tasks/lm-eval/{slug}_{about.words[name]}.yaml",
            _LM_EVAL.format(
                canary=about.canary,
                task=json.dumps(f"{slug}_{words(about.version)}_{about.words[name]}"),
                split=json.dumps(name),
                version=json.dumps(about.version),
                release=json.dumps(about.name),
                root=json.dumps(history_root),
                contract=json.dumps(about.contract.version),
            ),
        )
    yield "tasks/lm-eval/utils.py", _UTILS.format(**said)
    tasks = "".join(
        _INSPECT_TASK.format(task=f"{_identifier(slug)}_{about.words[name]}", split=name)
        for name in names
    )
    title = about.benchmark["slug"]
    yield f"tasks/inspect/{slug}.py", _INSPECT.format(**said, title=title, tasks=tasks)


def _pins(about: About, names: list[str]) -> str:
    """The release as JSON in ASCII, which never holds three quotes in a row."""
    paths = [path for name in names for path in _read_by(name)]
    pins = {
        "release": about.name,
        "contract": about.snapshot["contract"],
        "files": {file.path: file.sha256 for file in about.files if file.path in paths},
    }
    return json.dumps(pins, indent=1, sort_keys=True)


def _read_by(name: str) -> tuple[str, str]:
    return f"data/{name}.jsonl", f"data/excluded/{name}.jsonl"


def _identifier(text: str) -> str:
    return text if text.isidentifier() else f"b_{text}"
