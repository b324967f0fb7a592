"""The main job from import to pull, done on a running hub by its commands, its API and its client.

The steps are real; the people are scripted: reports come from a truth file, and the expert decides
each case as that file says.
"""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import httpx
from errata.answers import parse_answer
from errata.grading import Label, Limits, Verdict, grade

from config.serve import ROOT, Hub
from registry.importers.base import Problems, open_source
from registry.importers.rows import Row, read_rows
from registry.presets import Preset, load_preset

SECOND_LOOKS = 3


class WalkError(Exception):
    """A step failed; the message is what the hub answered, `code` its stable name if it has one."""

    def __init__(self, message: str, *, code: str = "") -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Material:
    """The files of a walk and how to read them."""

    slug: str
    title: str
    preset: str
    upstream: str
    data: Path
    truth: Path | None = None
    predictions: Mapping[str, Path] = field(default_factory=dict)


class Walk:
    """The steps of the main job, each a method that returns what the hub reported."""

    def __init__(self, hub: Hub, material: Material) -> None:
        self.hub, self.material = hub, material
        self.people: dict[str, dict[str, str]] = {}

    # --- the hub's three faces ---------------------------------------------------------------

    def manage(self, *words: str) -> dict[str, Any]:
        """Run a management command with --json; system checks take half its start, and stay out."""
        return self._json([sys.executable, "manage.py", *words, "--json", "--skip-checks"])

    def client(self, *words: str) -> dict[str, Any]:
        """Run the `errata` command with --json."""
        return self._json([str(Path(sys.executable).with_name("errata")), *words, "--json"])

    def _json(self, command: list[str]) -> dict[str, Any]:
        own = {"ERRATA_CACHE": "client-cache", "ERRATA_KNOWN_KEYS": "client-keys.json"}
        env = self.hub.env | {name: str(self.hub.home / path) for name, path in own.items()}
        done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True)
        if done.returncode:
            raise _refusal(command, done)
        return dict(json.loads(done.stdout))

    def api(self, role: str, method: str, path: str, **fields: Any) -> Any:
        """One API request as the person of that role."""
        headers = {"Authorization": f"Bearer {self.people[role]['token']}"}
        answer = self._http.request(method, f"/api/v1/{path}", json=fields or None, headers=headers)
        if answer.is_error:
            raise WalkError(f"{method} {path}: {answer.text}")
        return answer.json()

    @cached_property
    def _http(self) -> httpx.Client:
        return httpx.Client(base_url=self.hub.url, timeout=60, trust_env=False)

    def close(self) -> None:
        """Close the connection to the hub."""
        self._http.close()

    def page(self, path: str = "") -> str:
        """The address of one of the benchmark's pages."""
        return f"{self.hub.url}/b/{self.material.slug}/{path}"

    # --- the steps -----------------------------------------------------------------------------

    def import_data(self) -> dict[str, Any]:
        """Import the benchmark; the first import is released as 1.0.0."""
        m = self.material
        words = ["import_benchmark", m.slug, str(m.data), "--preset", m.preset]
        words += ["--upstream", m.upstream, "--title", m.title]
        known = self._http.get(f"/api/v1/benchmarks/{m.slug}/releases/latest/").is_success
        return self.manage(*words, *([] if known else ["--release", "1.0.0"]))

    def invite_people(self) -> None:
        """Make the demo's people and learn their keys."""
        command = [sys.executable, "-m", "config.demo.people", self.material.slug]
        self.people = self._json(command)

    def import_predictions(self) -> dict[str, dict[str, Any]]:
        """Import each model's predictions and score them on every release, by model."""
        m = self.material
        return {
            model: self.manage(
                *("import_predictions", m.slug, str(path), "--model", model),
                *("--preset", m.preset, "--upstream", m.upstream, "--publish"),
            )
            for model, path in m.predictions.items()
        }

    def import_reports(self) -> dict[str, Any]:
        """File what the truth file says as reports."""
        m = self.material
        return self.manage(
            *("import_reports", m.slug, str(m.truth), "--preset", m.preset),
            *("--upstream", m.upstream, "--actor", self.people["contributor"]["username"]),
        )

    def ask_for_second_looks(self) -> list[dict[str, Any]]:
        """File a few reports by hand, on labels that nobody has looked at yet."""
        known, reports = self.truth(), []
        for row in self.pages("contributor", f"benchmarks/{self.material.slug}/instances/"):
            if len(reports) == SECOND_LOOKS:
                break
            if row["key"] in known and row["tier"] == "unreviewed":
                fields = {"benchmark": self.material.slug, "instance": row["key"]}
                why = "Our models disagree here; please have a second look."
                category = list(self.preset.categories)[-1]
                report = self.api(
                    "contributor", "POST", "reports/", category=category, rationale=why, **fields
                )
                reports.append(report)
        return reports

    def audit(self) -> dict[str, Any]:
        """Run all verifiers; the hub's worker and the waiting command share the chunks."""
        return self.manage("run_audit", self.material.slug, "--wait")

    def decide(self) -> dict[str, int]:
        """Let the scripted expert decide every open case that the truth file covers.

        Groups first: what a ruling settles needs no case of its own. Counts labels by outcome.
        """
        truth, outcomes = self.truth(), Counter[str]()
        path = f"benchmarks/{self.material.slug}/cases/?status=open"
        for case in list(self.pages("expert", path)):
            if case["instance"] is None:
                outcomes.update(self._rule(case, truth))
        for case in list(self.pages("expert", path)):
            if case["instance"] not in truth:
                outcomes["left open"] += 1
                continue
            shown = self._claim(case["id"])
            if shown is None:
                outcomes["closed meanwhile"] += 1
                continue
            right = truth[case["instance"]]
            self.api("expert", "POST", f"cases/{case['id']}/opinion/", **self._first(shown, right))
            shown = self.api("expert", "GET", f"cases/{case['id']}/")
            decision = self._decision(shown, right)
            self.api("expert", "POST", f"cases/{case['id']}/decide/", **decision)
            outcomes[decision["outcome"]] += 1
        return dict(outcomes)

    def _claim(self, case: str) -> dict[str, Any] | None:
        """The case in the expert's hands; None if what was learned from others has closed it."""
        try:
            shown: dict[str, Any] = self.api("expert", "POST", f"cases/{case}/claim/")
        except WalkError:
            if self.api("expert", "GET", f"cases/{case}/")["status"] == "closed":
                return None
            raise
        return shown

    def _rule(self, case: Mapping[str, Any], truth: Mapping[str, Row]) -> list[str]:
        """Rule on a group by the answers of the truth file.

        Labels that the file does not know, or finds right, are left out.
        """
        shown = self.api("expert", "GET", f"cases/{case['id']}/")
        wrong = {
            each["instance"]: self._decision(each, truth[each["instance"]])
            for each in shown["members"]
            if each["instance"] in truth and not each["decided"]
        }
        wrong = {key: told for key, told in wrong.items() if told["outcome"] != "confirm"}
        if not wrong:
            return []
        reasons = Counter((told["category"], told["rationale"]) for told in wrong.values())
        category, why = reasons.most_common(1)[0][0]
        self.api("expert", "POST", f"cases/{case['id']}/claim/")
        ruling = self.api(
            "expert",
            "POST",
            f"cases/{case['id']}/rule/",
            outcome="correct",
            category=category,
            rationale=why,
            settles=[
                {
                    "instance": each["instance"],
                    "revision": each["revision"],
                    "answer": wrong[each["instance"]].get("answer", "N/A"),
                }
                for each in shown["members"]
                if each["instance"] in wrong
            ],
        )
        return [decision["outcome"] for decision in ruling["decisions"]]

    def _first(self, shown: Mapping[str, Any], right: Row) -> dict[str, str]:
        """What the truth file answers, before the label is shown."""
        words = self.preset.unanswerable
        if parse_answer(right.answer, shown["kind"], unanswerable=words).unanswerable:
            return {"outcome": "not_computable"}
        return {"outcome": "answer", "answer": right.answer}

    def _decision(self, shown: Mapping[str, Any], right: Row) -> dict[str, str]:
        """What the truth file says about the label that is shown."""
        words, codes = self.preset.unanswerable, list(self.preset.categories)
        answer = parse_answer(shown["answer"], shown["kind"])
        held = Label(answer, shown["answer"], Limits.from_dict(shown["limits"]))
        if grade(right.answer, held, unanswerable=words).verdict is Verdict.CORRECT:
            return {"outcome": "confirm", "rationale": "The truth file agrees with the label."}
        unanswerable = parse_answer(right.answer, shown["kind"], unanswerable=words).unanswerable
        default = "not_computable" if unanswerable else "other"
        decision = {
            "category": right.meta.get("category") or (default if default in codes else codes[-1]),
            "rationale": right.meta.get("rationale") or f"The truth file says {right.answer}.",
        }
        if unanswerable:
            return decision | {"outcome": "not_computable"}
        return decision | {"outcome": "correct", "answer": right.answer}

    def cut_release(self, waiver: str) -> dict[str, Any]:
        """Freeze, build, ship and publish the next version."""
        return self.manage("cut_release", self.material.slug, "--waive", waiver)

    def latest(self) -> str:
        """The version of the newest release."""
        answer = self._http.get(f"/api/v1/benchmarks/{self.material.slug}/releases/latest/")
        return str(answer.raise_for_status().json()["version"])

    def pull(self, version: str) -> dict[str, Any]:
        """Pull a pinned version with the client, every digest checked."""
        target = self.hub.home / "pulled" / f"{self.material.slug}-{version}"
        return self.client("pull", f"{self.material.slug}@{version}", "--to", str(target))

    def verify(self) -> dict[str, Any]:
        """Walk every chain of digests."""
        return self.manage("verify_history", self.material.slug)

    # --- reading -------------------------------------------------------------------------------

    def pages(self, role: str, path: str) -> Iterator[dict[str, Any]]:
        """All results of a list, page after page."""
        while path:
            answer = self.api(role, "GET", path)
            yield from answer["results"]
            path = (answer["next"] or "").partition("/api/v1/")[2]

    @cached_property
    def preset(self) -> Preset:
        """How the files are read."""
        return load_preset(self.material.preset)

    def truth(self) -> dict[str, Row]:
        """The rows of the truth file by instance key, found by id where it has no key columns."""
        if self.material.truth is None:
            return {}
        form = replace(self.preset, inputs={}, meta=self.preset.reports, values={})
        right = self._rows(self.material.truth, form)
        if all(row.key is not None for row in right):
            return {str(row.key): row for row in right}
        by_id = {row.id: row for row in right}
        rows = self._rows(self.material.data, self.preset)
        return {str(row.key): by_id[row.id] for row in rows if row.id in by_id}

    def _rows(self, path: Path, form: Preset) -> list[Row]:
        problems = Problems(path.name)
        with open_source(path) as source:
            rows = list(read_rows(source, form, problems))
        problems.refuse()
        return rows


def _refusal(command: list[str], done: subprocess.CompletedProcess[str]) -> WalkError:
    """What a failed command said: its JSON object's message, or else all it printed."""
    try:
        told = json.loads(done.stdout)
        message, code = str(told["message"]), str(told["code"])
    except (ValueError, TypeError, KeyError):
        message, code = f"{done.stdout}{done.stderr}".strip(), ""
    return WalkError(f"`{' '.join(command[1:])}` ended with: {message}", code=code)
