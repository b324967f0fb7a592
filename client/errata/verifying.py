"""Checking a release's folder without its hub: signature, digests, history root."""

from collections.abc import Collection
from dataclasses import dataclass, field
from pathlib import Path

from errata.lockfile import LOCK, read_lock
from errata.manifest import (
    MANIFEST,
    SIGNATURE,
    Finding,
    InvalidManifest,
    Manifest,
    sha256_hex,
    verify_directory,
)
from errata.trust import Source, Untrusted, Vouched, require_key, vouch


@dataclass(frozen=True, slots=True)
class Verified:
    """What a folder holds, who vouches for it, and what is wrong with it."""

    path: Path
    benchmark: str = ""
    version: str = ""
    vouched: Vouched | None = None
    findings: list[Finding] = field(default_factory=list)


def verify(folder: Path | str, *, key: str | None = None, tiers: Collection[str] = ()) -> Verified:
    """Check a folder: every digest, the history root, the signature and who made it.

    The key is `key`, else the one that `errata.lock` or the user's known keys pin. Codes of
    findings are those of `verify_directory`, other_manifest (not the one in `errata.lock`),
    unsigned, bad_signature, other_key and after_handover. `tiers` says that the folder was pulled
    with these tiers only. A key is noted only where nothing else is wrong.
    """
    require_key(key)
    path = Path(folder)
    findings = verify_directory(path, tiers)
    try:
        body = (path / MANIFEST).read_bytes()
        manifest = Manifest.from_json(body)
    except (OSError, InvalidManifest):
        return Verified(path, findings=findings)
    benchmark, version = str(manifest.benchmark.get("slug", "")), manifest.version
    findings += _differs_from_lock(benchmark, version, body)
    vouched = None
    if not findings:
        try:
            vouched = vouch(Source(benchmark, version, key=key), body, _signature(path))
        except Untrusted as error:
            findings.append(Finding(SIGNATURE, error.code, str(error)))
    return Verified(path, benchmark, version, vouched, findings)


def _differs_from_lock(benchmark: str, version: str, manifest: bytes) -> list[Finding]:
    digest = sha256_hex(manifest)
    for entry in read_lock():
        if (entry.benchmark, entry.version) == (benchmark, version) and entry.manifest != digest:
            message = (
                f"{LOCK} pins {entry} with another manifest: {entry.manifest}, not {digest}; "
                "pull the release again with errata pull --locked."
            )
            return [Finding(MANIFEST, "other_manifest", message)]
    return []


def _signature(folder: Path) -> bytes | None:
    path = folder / SIGNATURE
    return path.read_bytes() if path.is_file() else None
