"""Verifiers that tests plug in by dotted path."""

import os
import time
from collections.abc import Iterable
from pathlib import Path

from audits.verifiers.base import ABSTAIN, Ballot, Input, Item, objection


class EvenVerifier:
    """Objects to every answer that is a multiple of 20."""

    name = "even"
    version = "1"

    def look(self, item: Item) -> Input | None:
        return {"answer": item.answer}

    def judge(self, given: Input) -> Ballot:
        return objection("Divisible by twenty.") if int(given["answer"]) % 20 == 0 else ABSTAIN


class MoodyVerifier(EvenVerifier):
    """Fails on the answers named in FAILS."""

    name = "moody"
    fails: frozenset[str] = frozenset()

    def judge(self, given: Input) -> Ballot:
        if given["answer"] in type(self).fails:
            raise RuntimeError(f"no opinion on {given['answer']}")
        return ABSTAIN


class SlowVerifier(EvenVerifier):
    """Takes its time, and notes in the file ERRATA_TEST_JUDGED what it was asked."""

    name = "slow"

    def judge(self, given: Input) -> Ballot:
        with Path(os.environ["ERRATA_TEST_JUDGED"]).open("a") as file:
            file.write(f"{given['answer']}\n")
        time.sleep(float(os.environ["ERRATA_TEST_SECONDS"]))
        return ABSTAIN


class SurveyVerifier(EvenVerifier):
    """Judges each item beside the number of all."""

    name = "surveyed"

    def survey(self, items: Iterable[Item]) -> int:
        return sum(1 for _ in items)

    def look(self, item: Item) -> Input | None:
        return {"answer": item.answer, "of": item.survey[self.name]}


class NamelessVerifier:
    """No verifier at all."""
