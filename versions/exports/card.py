"""The dataset card (README.md): front matter by which `datasets` loads the folder, then prose."""

import json
from collections.abc import Iterator

from versions.exports.about import About

_PLACES = (
    ("data/", "every row of each split as Parquet and JSON lines, with tier, posterior and mask"),
    ("data/csv/", "the same in the columns that the benchmark came with"),
    ("data/tiers/", "the rows of each tier"),
    ("data/excluded/", "the keys of masked labels, and why"),
    ("data/rewards/", "prompts and labels for reinforcement learning"),
    ("rewordings.jsonl", "which wordings of an instance mean the same, by digest"),
)


def card(about: About) -> str:
    """The text of README.md."""
    return "\n".join(["---", *_front_matter(about), "---", "", *_prose(about)]) + "\n"


def _front_matter(about: About) -> Iterator[str]:
    """YAML; a text in JSON is one in YAML too."""
    benchmark = about.benchmark
    yield f"pretty_name: {_text(benchmark['title'])}"
    yield f"license: {_text(benchmark['licence'].lower())}"
    yield f"version: {_text(about.version)}"
    yield f"canary: {_text(about.canary)}"
    yield "configs:"
    for config, paths in _configs(about).items():
        yield f"- config_name: {_text(config)}"
        if config == "default":
            yield "  default: true"
        yield "  data_files:"
        for name, path in paths.items():
            yield f"  - split: {_text(about.words[name])}"
            yield f"    path: {_text(path)}"


def _configs(about: About) -> dict[str, dict[str, str]]:
    """Paths by split, for all rows and for the reward files; `datasets` wants one format of all."""
    configs = {"default": {name: f"data/{name}.parquet" for name in about.splits}}
    rewards = [file for file in about.files if file.path.startswith("data/rewards/")]
    if rewards:
        configs["rewards"] = {file.split: file.path for file in rewards}
    return configs


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)


def _prose(about: About) -> Iterator[str]:
    benchmark, hub = about.benchmark, about.snapshot["formats"]["hub"]
    slug, version = benchmark["slug"], about.version
    yield f"""# {benchmark["title"]}

Version {version} of {about.frozen_on}, licence {benchmark["licence"]}. Each version is a tag
`v{version}` and never changes: CHANGELOG.md says what changed and why, manifest.json holds the
digest of every file. What became of this version since stands on its page:
{about.address}
"""
    if benchmark["intended_use"]:
        yield f"{benchmark['intended_use']}\n"
    yield f"""Pull this version, with every digest checked:

    errata pull {about.name} --hub {hub}

or with stock DVC:

    dvc get {hub}/repos/{slug} data --rev v{version}

{_splits(about)}

{_files(about)}

Answers are asked for and graded by version {about.contract.version} of the answer contract, which
stands in manifest.json. Labels listed in `data/excluded` should neither be scored nor trained on.
"""
    if benchmark["citation"]:
        yield f"Cite: {benchmark['citation']}\n"
    yield f"Something wrong with a label? Report it at {hub}/b/{slug}/\n"
    yield about.canary


def _splits(about: About) -> str:
    counts = about.snapshot["counts"]["splits"]
    lines = ["| split | instances | role |", "|---|---|---|"]
    for name, split in about.splits.items():
        lines.append(f"| `{name}` | {counts[split]} | {about.role(name)} |")
    return "\n".join(lines)


def _files(about: About) -> str:
    paths = [file.path for file in about.files]
    told = [(place, what) for place, what in _PLACES if any(p.startswith(place) for p in paths)]
    return "\n".join(["| files | what |", "|---|---|", *(f"| `{p}` | {w} |" for p, w in told)])
