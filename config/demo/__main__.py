"""`make demo`: walk the main job on a hub of its own, then serve what the walk left."""

import argparse
import os
import re
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from config.demo.walk import Material, Walk, WalkError
from config.serve import ROOT, Hub, HubError, Stopped, port_number, stop_on_signals
from registry.errors import ErrataError
from registry.presets import load_preset

SAMPLE = Path(__file__).parent / "sample"
WAIVER = "Demo: what the scripted expert could not decide goes out as contested."
# Settings of a hub in use, which the demo must neither follow nor touch.
_NOT_OURS = ("DATABASE_URL", "CELERY_BROKER_URL", "DJANGO_SETTINGS_MODULE", "SECRET_KEY")
INTERRUPTED = 130


def main() -> int:
    """Exit 0 after the walk (or after Ctrl-C while serving), 1 if a step failed."""
    arguments = _arguments()
    try:
        material = _material(arguments)
    except ErrataError as error:
        print(error.message, file=sys.stderr)
        return 2
    stop_on_signals()
    hub = Hub(home=arguments.home, port=arguments.port, env=environment(), demo=True)
    walked = False
    try:
        print(f"Starting a hub of the demo's own; its state is in {hub.home}", flush=True)
        with hub:
            walk = Walk(hub, material)
            _walk(walk)
            walked = True
            if arguments.serve:
                _serve(hub, walk)
            print("\nDone. `make demo` walks on from here and then serves the site.")
    except Stopped:
        print("\nStopped." if walked else "\nStopped; the next `make demo` goes on from here.")
        return 0 if walked else INTERRUPTED
    except (HubError, WalkError) as error:
        print(f"\nThe demo stopped. {error}", file=sys.stderr)
        return 1
    return 0


def environment() -> dict[str, str]:
    """This environment without what leads to another hub's data, or past this one by a proxy."""
    return {
        name: value
        for name, value in os.environ.items()
        if name not in _NOT_OURS
        and not name.startswith("ERRATA_")
        and not name.lower().endswith("_proxy")
    }


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="make demo", usage=_USAGE, add_help=False)
    parser.add_argument("--serve", metavar="SERVE", type=int, choices=(0, 1), default=1)
    parser.add_argument("--data", metavar="DATA", type=_file)
    parser.add_argument("--preset", metavar="PRESET")
    parser.add_argument("--truth", metavar="TRUTH", type=_file)
    parser.add_argument("--port", metavar="PORT", type=port_number, default=8000)
    parser.add_argument("--home", type=Path, default=ROOT / ".errata" / "demo")
    arguments = parser.parse_args()
    if bool(arguments.data) != bool(arguments.preset) or (arguments.truth and not arguments.data):
        parser.error("DATA and PRESET go together, and TRUTH goes with them")
    return arguments


_USAGE = "make demo [SERVE=0] [PORT=8000] [DATA=file.csv PRESET=name [TRUTH=corrected.csv]]"


def _file(text: str) -> Path:
    path = Path(text).resolve()
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"there is no file {path}")
    return path


def _material(arguments: argparse.Namespace) -> Material:
    if arguments.data is None:
        return sample()
    preset = load_preset(arguments.preset)
    title = preset.benchmark.get("title", arguments.data.stem)
    split = next((name for name, role in preset.splits.items() if role == "test"), "test")
    return Material(
        slug=re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-"),
        title=title,
        preset=arguments.preset,
        upstream=f"demo/{split}",
        data=arguments.data,
        truth=arguments.truth,
    )


def sample() -> Material:
    """The bundled sample with its truth and its models' predictions."""
    files = sorted(SAMPLE.glob("predictions_*.jsonl"))
    return Material(
        slug="errata-sample",
        title="Errata Sample",
        preset=str(SAMPLE / "sample.toml"),
        upstream="sample/1",
        data=SAMPLE / "sample.csv",
        truth=SAMPLE / "truth.csv",
        predictions={path.stem.partition("_")[2]: path for path in files},
    )


def _walk(walk: Walk) -> None:
    with_truth = walk.material.truth is not None
    scripted = "report and decide as the truth file says" if with_truth else "decide nothing"
    print(f"It runs on {walk.hub.url} and does real work.", end=" ")
    print(f"Its people are scripted: they {scripted}.\n")
    steps = list(_steps(walk, with_truth))
    for number, (name, act, say, look) in enumerate(steps, start=1):
        print(f"{number:>2}/{len(steps)} {name:<12}", end="", flush=True)
        start = time.monotonic()
        said = say(act())
        print(f"{said}  ({time.monotonic() - start:.1f} s)", flush=True)
        if look:
            print(f"{'':18}{look}")
    if not with_truth:
        print("\nNobody decided, so the cases stay open and 1.0.0 has the labels as imported.")


_PEOPLE = "an administrator, a maintainer, an expert, a researcher"
Said = tuple[str, Callable[[], Any], Callable[[Any], str], str]


def _steps(walk: Walk, with_truth: bool) -> Iterator[Said]:
    """Name, act, what to say of its result, where to look."""
    yield "import", walk.import_data, _said_import, walk.page()
    yield "people", walk.invite_people, lambda _: _PEOPLE, ""
    if walk.material.predictions:
        yield "predict", walk.import_predictions, _said_scores, walk.page("r/")
    if with_truth:
        yield "report", walk.import_reports, _said_reports, walk.page("reports/")
        yield "ask", walk.ask_for_second_looks, _said_asked, walk.page("reports/")
    yield "audit", walk.audit, _said_audit, walk.page("audits/")
    if with_truth:
        yield "decide", walk.decide, _said_decided, walk.page("cases/")
        yield "release", lambda: _release(walk), _said_release, walk.page("r/")
        if walk.material.predictions:
            yield "re-score", walk.import_predictions, _said_scores, walk.page("r/")
    yield "pull", lambda: walk.pull(walk.latest()), _said_pulled, ""
    yield "verify", walk.verify, _said_verified, walk.page()
    if with_truth:
        yield "audit again", walk.audit, _said_audit, walk.page("audits/")


def _release(walk: Walk) -> dict[str, Any]:
    """The next release; empty where every label is as it was, after many walks."""
    try:
        return walk.cut_release(WAIVER)
    except WalkError as refusal:
        if refusal.code != "nothing_changed":
            raise
        return {}


def _said_import(done: dict[str, Any]) -> str:
    counts = done["counts"]
    if not counts["new"]:
        return f"{counts['rows']} rows, all there already"
    released = f", released as {done['release']['version']}" if "release" in done else ""
    return f"{counts['new']} new rows of {counts['rows']}{released}"


def _said_scores(done: dict[str, dict[str, Any]]) -> str:
    parts = []
    for model, scored in done.items():
        version, score = list(scored["releases"].items())[-1]
        parts.append(f"{model} {score['correct']}/{score['rows']}")
    return f"right answers on {version}: " + ", ".join(parts)


def _said_reports(done: dict[str, Any]) -> str:
    already = done["already_reported"]
    known = f"; {already} were reported before" if already else ""
    agree = f"{done['no_difference']} rows agree with their label"
    return f"{done['filed']} reports filed; {agree}{known}"


def _said_asked(done: list[dict[str, Any]]) -> str:
    if not done:
        return "no label is left that nobody looked at"
    return f"{len(done)} second looks asked for: {', '.join(each['instance'] for each in done)}"


def _said_audit(done: dict[str, Any]) -> str:
    buckets, cases = done["buckets"], done["cases"]
    return (
        f"{done['votes']} new votes on {done['instances']} labels: "
        f"{buckets['contested']} contested, {buckets['possible']} possible, "
        f"{buckets['clear']} clear; {cases['opened']} cases opened"
    )


_DECIDED = {
    "confirm": "labels confirmed",
    "correct": "corrected",
    "not_computable": "found not computable",
    "left open": "left open, the truth file lacks them",
    "closed meanwhile": "closed by what other decisions taught",
}


def _said_decided(done: dict[str, int]) -> str:
    return ", ".join(f"{count} {_DECIDED[name]}" for name, count in done.items()) or "no open case"


def _said_release(done: dict[str, Any]) -> str:
    if not done:
        return "nothing changed since the last release, so none is cut"
    changes = done["changes"]
    return f"{done['version']} published: {changes['label_changes']} labels changed"


def _said_pulled(done: dict[str, Any]) -> str:
    return f"{done['version']}: {len(done['files'])} files, every digest checked, in {done['path']}"


def _said_verified(done: dict[str, Any]) -> str:
    return f"{done['revisions']} revisions in unbroken chains"


def _serve(hub: Hub, walk: Walk) -> None:
    """Serve until a signal raises Stopped, or until a part of the hub ends."""
    print("\nThe demo's people may sign in:")
    for role, person in walk.people.items():
        print(f"  {role:<13} {person['username']:<18} {person['password']}")
    print(f"Serving {hub.url} with what the walk left; Ctrl-C stops everything.", flush=True)
    hub.watch()


if __name__ == "__main__":
    sys.exit(main())
