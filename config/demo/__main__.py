"""`make demo`: walk the main job on a hub of its own, then serve what the walk left."""

import argparse
import re
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from config.demo.walk import Material, Walk, WalkError
from config.serve import ROOT, Hub, HubError
from registry.errors import ErrataError
from registry.presets import load_preset

SAMPLE = Path(__file__).parent / "sample"
WAIVER = "Demo: what the scripted expert could not decide goes out as contested."


def main() -> int:
    """Exit 0 after the walk (or after Ctrl-C while serving), 1 if a step failed."""
    arguments = _arguments()
    try:
        material = _material(arguments)
    except ErrataError as error:
        print(error.message, file=sys.stderr)
        return 2
    try:
        with Hub(home=ROOT / ".errata" / "demo", port=arguments.port, demo=True) as hub:
            print(f"Errata demo on {hub.url}, state in {hub.home}")
            walk = Walk(hub, material)
            _walk(walk)
            if arguments.serve:
                _serve(hub, walk)
    except KeyboardInterrupt:
        print("\nStopped.")
    except (HubError, WalkError) as error:
        print(f"\nThe demo stopped: {error}", file=sys.stderr)
        return 1
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m config.demo", description=__doc__)
    parser.add_argument("--serve", type=int, choices=(0, 1), default=1, help="serve afterwards")
    parser.add_argument("--data", type=Path, help="walk on this file instead of the sample")
    parser.add_argument("--preset", help="how to read it (needed with --data)")
    parser.add_argument("--truth", type=Path, help="right answers for the scripted expert")
    parser.add_argument("--port", type=int, default=8000)
    arguments = parser.parse_args()
    if bool(arguments.data) != bool(arguments.preset) or (arguments.truth and not arguments.data):
        parser.error("DATA and PRESET go together; TRUTH goes with them")
    return arguments


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
        data=arguments.data.resolve(),
        truth=arguments.truth.resolve() if arguments.truth else None,
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
    scripted = "reports and decisions follow the truth file" if with_truth else "nobody decides"
    print(f"Everything the hub does is real; the people are scripted: {scripted}.\n")
    steps = list(_steps(walk, with_truth))
    for number, (name, act, say, look) in enumerate(steps, start=1):
        print(f"{number:>2}/{len(steps)} {name:<12}", end="", flush=True)
        start = time.monotonic()
        said = say(act())
        print(f"{said}  ({time.monotonic() - start:.1f} s)", flush=True)
        if look:
            print(f"{'':18}{look}")


Said = tuple[str, Callable[[], Any], Callable[[Any], str], str]


def _steps(walk: Walk, with_truth: bool) -> Iterator[Said]:
    """Name, act, what to say of its result, where to look."""
    yield "import", walk.import_data, _said_import, walk.page()
    yield "people", walk.invite_people, lambda _: "a maintainer, an expert, a researcher", ""
    if walk.material.predictions:
        yield "predict", walk.import_predictions, _said_scores, walk.page("r/")
    if with_truth:
        yield "report", walk.import_reports, _said_reports, walk.page("reports/")
        yield "ask", walk.ask_for_second_looks, _said_asked, walk.page("reports/")
    yield "audit", walk.audit, _said_audit, walk.page("audits/")
    if with_truth:
        yield "decide", walk.decide, _said_decided, walk.page("cases/")
        yield "release", lambda: walk.cut_release(WAIVER), _said_release, walk.page("r/")
        if walk.material.predictions:
            yield "re-score", walk.import_predictions, _said_scores, walk.page("r/")
    yield "pull", lambda: walk.pull(walk.latest()), _said_pulled, ""
    yield "verify", walk.verify, _said_verified, walk.page()
    if with_truth:
        yield "audit again", walk.audit, _said_audit, walk.page("audits/")


def _said_import(done: dict[str, Any]) -> str:
    counts = done["counts"]
    if not counts["new"]:
        return f"{counts['rows']} rows, all there already"
    return f"{counts['new']} new rows of {counts['rows']}, released as 1.0.0"


def _said_scores(done: dict[str, dict[str, Any]]) -> str:
    parts = []
    for model, scored in done.items():
        releases = list(scored["releases"].items())
        version, score = releases[-1]
        parts.append(f"{model} {score['correct']}/{score['rows']}")
    return f"right on {version}: " + ", ".join(parts)


def _said_reports(done: dict[str, Any]) -> str:
    already = done["already_reported"]
    known = f", {already} reported already" if already else ""
    return f"{done['filed']} reports filed, {done['no_difference']} rows say what labels say{known}"


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


def _said_decided(done: dict[str, int]) -> str:
    return ", ".join(f"{count} {name.replace('_', ' ')}" for name, count in done.items()) or "none"


def _said_release(done: dict[str, Any]) -> str:
    changes = done["changes"]
    return f"{done['version']} published: {changes['label_changes']} labels changed"


def _said_pulled(done: dict[str, Any]) -> str:
    return f"{done['version']}: {len(done['files'])} files, every digest checked, in {done['path']}"


def _said_verified(done: dict[str, Any]) -> str:
    return f"{done['revisions']} revisions in unbroken chains"


def _serve(hub: Hub, walk: Walk) -> None:
    """Serve until Ctrl-C or SIGTERM, or until a part of the hub ends."""
    print(f"\nServing {hub.url} with what the walk left; Ctrl-C stops everything.")
    print("Sign in with one of the demo's people:")
    for role, person in walk.people.items():
        print(f"  {role:<12} {person['username']:<16} {person['password']}")
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    hub.watch(stop)
    print("\nStopped.")


if __name__ == "__main__":
    sys.exit(main())
