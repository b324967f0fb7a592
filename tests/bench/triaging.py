"""Triage of 100,000 labels with 10 votes each: the pure part, in one process of its own."""

import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from errata.grading import Limits

from audits.aggregation import posterior
from audits.belief import learn
from audits.evidence import Decided, Evidence, Voice
from audits.policies import load_policy
from audits.reliability import measure as measure_reliability
from audits.reliability import trust
from audits.triage import triage_all
from tests.bench.result import Result

LABELS, VOICES, GROUPS, DECIDED = 100_000, 10, 50, 300
PART = 1_000  # judged at a time, as the hub does: memory stays the same however many there are
RULE = Limits.within(relative="0.05")


def measure(folder: Path) -> list[Result]:
    """In a new process, whose peak memory is then triage's own."""
    command = [sys.executable, "-m", "tests.bench.triaging"]
    told = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    ours, theirs, peak = json.loads(told)
    return [
        Result(
            what=f"triage of {LABELS:,} labels × {VOICES} votes after {DECIDED} decisions",
            ours=ours,
            peer="json.loads of the votes",
            theirs=theirs,
            aim="< 10 s",
            note=f"with posteriors; peak {peak:.0f} MB",
        )
    ]


def triaged(labels: int) -> tuple[float, float, float]:
    """Processor seconds of triage with posteriors and of reading the votes as JSON; peak MB."""
    policy = load_policy()
    known = list(_labels(DECIDED))
    some = [
        Decided(evidence=one, wrong=place % 3 == 0, truth="12") for place, one in enumerate(known)
    ]
    belief, trusted = learn(some, policy), trust(measure_reliability(some, policy))
    ours = theirs = 0.0
    everything = _labels(labels)
    for _ in range(labels // PART):
        part = [next(everything) for _ in range(PART)]
        start = time.process_time()
        for one, finding in zip(part, triage_all(part, policy, belief), strict=True):
            posterior(one, finding.doubt, trusted, RULE)
        ours += time.process_time() - start
        written = [json.dumps([asdict(voice) for voice in one.voices]) for one in part]
        start = time.process_time()
        for text in written:
            json.loads(text)
        theirs += time.process_time() - start
    return ours, theirs, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _labels(count: int) -> Iterator[Evidence]:
    """Labels of 50 groups, votes that object name one of three answers."""
    rng = random.Random(0)
    names = [f"verifier {place}" for place in range(VOICES)]
    for place in range(count):
        answer = rng.randint(1, 10_000) / 100
        voices = []
        for name in names:
            objects = rng.random() < 0.2
            said = answer * rng.choice((0.5, 2, 10)) if objects else answer
            voices.append(
                Voice(name, "object" if objects else "support", "because", f"{said:g}", "unit")
            )
        yield Evidence(
            benchmark="bench",
            key=f"row {place}",
            group=f"group {place % GROUPS}",
            split="test",
            answer=f"{answer:g}",
            kind="number",
            voices=tuple(voices),
        )


if __name__ == "__main__":
    print(json.dumps(triaged(LABELS)))
