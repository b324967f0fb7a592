"""Audit one claimed chunk: look, ask for the votes that are missing, write, triage."""

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from audits.asking import Answered, Question
from audits.catalog import verifiers
from audits.errors import BudgetSpent, RunStopped
from audits.hearing import with_voices
from audits.items import load_items
from audits.lease import Lease
from audits.models import Attempt, AuditRun, Chunk
from audits.plan import AnyVerifier, Name, Plan, asks_model, by_stage, make_plan, stage_of, why
from audits.services.ask_models import KEEP_SECONDS, Desk, ask_models
from audits.services.triage_instances import triage_instances
from audits.states import ChunkStatus
from audits.verifiers.base import ABSTAIN, Ballot
from audits.votes import Samples, Seen, require_writable, votes_on, write_votes

Told = Callable[[], None]  # what is called whenever votes were written


def audit_chunk(
    *,
    run: AuditRun,
    chunk: Chunk,
    lease: Lease,
    desk: Desk | None = None,
    told: Told = lambda: None,
) -> None:
    """Do a claimed chunk, stage by stage, in a number of queries that does not grow with it.

    Verifiers are asked without a transaction. Votes are written in groups as they arrive, so that
    a killed worker loses at most what was being asked; looks, triage and the chunk's end follow in
    transactions of their own. Each first makes sure that the chunk is still ours: LeaseLost if it
    is not. A verifier that raises leaves an Attempt and no vote, and the chunk goes on. Raises
    RunStopped and BudgetSpent (`ask_models`); votes that arrived are kept then.
    """
    work = _Work(run, chunk, lease, desk, told)
    try:
        for stage in by_stage(verifiers(run.verifiers)):
            work.do(stage)
    except (RunStopped, BudgetSpent):
        work.leave()
        raise
    work.finish()


class _Work:
    """A chunk while it is worked on."""

    def __init__(
        self, run: AuditRun, chunk: Chunk, lease: Lease, desk: Desk | None, told: Told
    ) -> None:
        self._run, self._chunk, self._lease = run, chunk, lease
        self._desk, self._told = desk, told
        self._loaded = load_items(run.benchmark, chunk.first, chunk.last, survey=run.survey or {})
        self._questions = self._reused = 0
        self._before = chunk.votes  # written by whoever held the chunk earlier
        self._plan = Plan()
        self._attempts: list[tuple[int, str, str]] = []
        self._looked = False

    def do(self, stage: Sequence[AnyVerifier]) -> None:
        """Ask the verifiers of one stage, and link what they say to the revisions."""
        loaded = with_voices(self._run.benchmark, self._loaded, stage_of(stage[0]))
        seen = Seen([v.name for v in stage], [one.revision for one in loaded])
        self._plan = plan = make_plan(stage, loaded, seen.last)
        self._attempts = list(plan.failures)
        known = votes_on(plan.inputs)
        missing = self._missing(plan, known)
        self._judge((name, sample) for name, sample in missing if not self._is_asked(name))
        self._ask([(name, sample) for name, sample in missing if self._is_asked(name)])
        with transaction.atomic():
            self._lease.lock()
            self._attempt()
            self._looked |= bool(seen.write_looks(plan.looks, votes_on(plan.inputs)))

    def finish(self) -> None:
        """Triage what was looked at and end the chunk."""
        with transaction.atomic():
            self._lease.lock()
            self._triage()
            self._update(status=ChunkStatus.DONE, lease_until=None)
        self._told()

    def leave(self) -> None:
        """Give the chunk back as if it had not been claimed; what stages said counts at once."""
        with transaction.atomic():
            self._lease.lock()
            if self._looked:
                self._triage()
            self._update(
                status=ChunkStatus.WAITING, token="", lease_until=None, claims=F("claims") - 1
            )

    def _missing(self, plan: Plan, known: dict[Name, Samples]) -> list[tuple[Name, int]]:
        """What no vote says yet; notes how many questions there are and how many are answered."""
        wanted = list(plan.wanted(self._run.round))
        missing = [(name, sample) for name, sample in wanted if sample not in known.get(name, {})]
        self._questions += len(wanted)
        self._reused += len(wanted) - len(missing)
        reused = max(self._reused - self._before, 0)
        self._update(questions=self._questions, reused=reused)
        return missing

    def _is_asked(self, name: Name) -> bool:
        verifier, given = self._plan.inputs[name]
        return given is not None and asks_model(verifier)

    def _judge(self, questions: Iterable[tuple[Name, int]]) -> None:
        """Let verifiers that ask no model vote, and keep the votes now and then."""
        said: dict[tuple[Name, int], Ballot | Exception] = {}
        kept_at = time.monotonic()
        for name, sample in questions:
            self._lease.check()
            verifier, given = self._plan.inputs[name]
            try:
                said[name, sample] = ABSTAIN if given is None else verifier.judge(given)
            except Exception as error:  # noqa: BLE001  A plug-in may raise anything.
                said[name, sample] = error
            if time.monotonic() - kept_at >= KEEP_SECONDS * 2:
                self._keep(said)
                said, kept_at = {}, time.monotonic()
        self._keep(said)

    def _ask(self, questions: Sequence[tuple[Name, int]]) -> None:
        """Let models vote."""
        if not questions:
            return
        if self._desk is None:
            raise RuntimeError("A run that asks models needs a desk.")
        asked = [
            Question(*self._plan.inputs[name], name.version, name.input, sample)
            for name, sample in questions
        ]
        ask_models(desk=self._desk, run=self._run, questions=asked, keep=self._keep_answers)

    def _keep_answers(self, answers: Sequence[Answered]) -> None:
        self._lease.check()
        self._keep(
            {
                (_name(one.question), one.question.sample): one.said
                for one in answers
                if one.said is not None
            }
        )

    def _keep(self, said: dict[tuple[Name, int], Ballot | Exception]) -> None:
        """Write these votes and failures in one transaction."""
        ballots: dict[tuple[Name, int], Ballot] = {}
        failed: dict[Name, list[str]] = defaultdict(list)
        for (name, sample), one in said.items():
            try:
                ballots[name, sample] = _writable(one)
            except Exception as error:  # noqa: BLE001  A plug-in may say anything.
                failed[name].append(why(error))
        self._attempts += (
            [
                (one.instance, name.verifier, error)
                for one, name in self._plan.looks
                for error in failed.get(name, ())
            ]
            if failed
            else []
        )
        if not said:
            return
        with transaction.atomic():
            self._lease.lock()
            written = write_votes(ballots, timezone.now())
            self._attempt()
            self._update(votes=F("votes") + written)
        self._told()

    def _attempt(self) -> None:
        Attempt.objects.bulk_create(
            Attempt(run=self._run, instance_id=instance, verifier=verifier, error=error)
            for instance, verifier, error in self._attempts
        )
        self._attempts = []

    def _triage(self) -> None:
        triage_instances(
            benchmark=self._run.benchmark,
            instance_ids=[one.instance for one in self._loaded],
            subject=("run", self._run.public_id),
        )

    def _update(self, **values: Any) -> None:
        Chunk.objects.filter(pk=self._chunk.pk, token=self._chunk.token).update(**values)


def _name(question: Question) -> Name:
    return Name(question.verifier.name, question.version, question.digest)


def _writable(said: Ballot | Exception) -> Ballot:
    if isinstance(said, Exception):
        raise said
    require_writable(said)
    return said
