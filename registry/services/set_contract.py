"""Put the next version of a benchmark's answer contract in force."""

from django.db import transaction
from django.utils import timezone
from errata.contract import Contract, version_key
from errata.manifest import canonical_json

from registry.contracts import contract_in_force, last_version
from registry.errors import InvalidInput
from registry.events import record
from registry.locks import lock_benchmark
from registry.models import Benchmark, ContractVersion, Role, User
from registry.permissions import require_role
from registry.selectors import preset_of
from registry.services.keep_text import keep_text


@transaction.atomic
def set_contract(
    *, actor: User, benchmark: Benchmark, contract: Contract, reason: str = ""
) -> ContractVersion | None:
    """Keep a contract as the one in force; releases frozen from now on carry it.

    None where it is the one in force already. Raises InvalidInput where its version is not higher
    than that one's, or where the template asks for an input that the preset does not know.
    """
    require_role(actor, benchmark, Role.MAINTAINER, "set its answer contract")
    benchmark = lock_benchmark(benchmark.pk)
    _require_inputs(contract, benchmark)
    if contract_in_force(benchmark) == contract:
        return None
    last = last_version(benchmark)
    if last is not None:
        _require_higher(contract.version, last.version)
    return _write(actor, benchmark, contract, reason)


@transaction.atomic
def keep_contract(*, actor: User, benchmark: Benchmark) -> Contract:
    """The contract in force, written down if it still was what the preset comes to.

    For whoever makes something that names its version: from then on that version stays the same,
    whatever becomes of the preset. The caller answers for the permission.
    """
    lock_benchmark(benchmark.pk)
    contract = contract_in_force(benchmark)
    if last_version(benchmark) is None:
        _write(actor, benchmark, contract, "From the preset, as nobody had set one.")
    return contract


def _write(actor: User, benchmark: Benchmark, contract: Contract, reason: str) -> ContractVersion:
    reason = reason.strip()
    made = ContractVersion.objects.create(
        benchmark=benchmark,
        version=contract.version,
        document=canonical_json(contract.to_dict()),
        reason=keep_text(reason),
        actor=actor.public_id,
        at=timezone.now(),
    )
    record(
        "contract.set",
        actor=actor,
        benchmark=benchmark,
        subject=("benchmark", benchmark.slug),
        reason=reason,
        data={"version": contract.version, "digest": contract.digest},
        at=made.at,
    )
    return made


def _require_inputs(contract: Contract, benchmark: Benchmark) -> None:
    known = preset_of(benchmark).inputs
    if unknown := sorted(contract.places - set(known)):
        raise InvalidInput(
            f"The template asks for {{{unknown[0]}}}, which no instance has. It may name "
            f"{', '.join(known)}, or {{inputs}} for all.",
            code="unknown_input",
        )


def _require_higher(version: str, last: str) -> None:
    if version_key(version) <= version_key(last):
        raise InvalidInput(
            f"Version {last} is in force, and a contract with another text is another version: "
            f"name one higher than {last}.",
            code="version_not_higher",
        )
