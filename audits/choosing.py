"""Which verifiers a run asks, and who receives the benchmark's text by that."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Max
from errata.manifest import sha256_hex

from audits import catalog
from audits.evidence import Policy
from audits.models import AuditRun
from audits.panel import Panel
from audits.plan import AnyVerifier, asks_model
from audits.selectors import current_policy
from registry.errors import InvalidInput, NotAllowed
from registry.models import Benchmark, Visibility


@dataclass(frozen=True, slots=True)
class Choice:
    """The verifiers of a run, and why others of the hub are left out, by name."""

    chosen: Sequence[AnyVerifier]
    left_out: dict[str, str]
    panel: dict[str, dict[str, Any]]  # as AuditRun.panel keeps it

    @property
    def hosts(self) -> list[str]:
        """The hosts that will receive the text."""
        return sorted({told["host"] for told in self.panel.values() if told.get("host")})


def choose(
    benchmark: Benchmark, names: Sequence[str] | None = None, *, budget: int | None = None
) -> Choice:
    """The verifiers of these names, or all that may be asked.

    Refuses one that is named and may not be asked: NotAllowed where the policy does not let the
    text go to its endpoint, InvalidInput without a key or a budget. Unnamed ones are left out.
    """
    panel, policy = catalog.the_panel(), current_policy(benchmark)
    chosen, left_out, told = [], {}, {}
    for verifier in catalog.verifiers(names):
        told[verifier.name] = {"version": verifier.version, **_seat(verifier, panel)}
        try:
            _require(verifier, benchmark, panel, policy, budget)
        except (NotAllowed, InvalidInput) as refusal:
            if names is not None:
                raise
            left_out[verifier.name] = refusal.message
            told[verifier.name] = {"version": verifier.version, "left_out": refusal.message}
        else:
            chosen.append(verifier)
    return Choice(chosen, left_out, told)


def prompt_of(verifier: AnyVerifier) -> str:
    """What a verifier tells its model to do; empty for one that asks none or does not say it."""
    return str(verifier.prompt_text()) if hasattr(verifier, "prompt_text") else ""


def next_round(benchmark: Benchmark, *, fresh: bool) -> int:
    """The round of a run that is started now."""
    rounds = AuditRun.objects.filter(benchmark=benchmark).aggregate(last=Max("round", default=0))
    return int(rounds["last"]) + fresh


def _require(
    verifier: AnyVerifier, benchmark: Benchmark, panel: Panel, policy: Policy, budget: int | None
) -> None:
    """Raise where this verifier may not be asked."""
    if not asks_model(verifier):
        return
    endpoint = panel.endpoint_of(verifier.model)  # type: ignore[union-attr]
    public = benchmark.visibility == Visibility.PUBLIC
    if not policy.may_ask(endpoint.name, public=public):
        raise NotAllowed(
            f"{verifier.name} would send the text of {benchmark.slug} to {endpoint.host}, which "
            f"its policy does not allow. Name {endpoint.name} in the policy's endpoints to allow "
            "it, or choose other verifiers.",
            code="endpoint_not_allowed",
        )
    if budget == 0:
        raise InvalidInput(
            f"{verifier.name} asks a model, and the budget is 0.", code="no_budget", field="budget"
        )
    endpoint.key(os.environ)


def _seat(verifier: AnyVerifier, panel: Panel) -> dict[str, str]:
    if not asks_model(verifier):
        return {}
    model: str = verifier.model  # type: ignore[union-attr]
    prompt = prompt_of(verifier)
    return {
        "prompt": sha256_hex(prompt) if prompt else "",
        "model": model,
        "endpoint": panel.models[model].endpoint,
        "host": panel.endpoint_of(model).host,
    }
