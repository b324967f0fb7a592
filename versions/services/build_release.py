"""Build the files of a frozen release: the same facts give the same bytes, today and later."""

import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from django.db import transaction
from errata.contract import Contract
from errata.manifest import MANIFEST, SIGNATURE, File, file_sha256, history_root
from errata.rewordings import REWORDINGS
from errata.signing import Signature as SignatureFile

from registry.chain import moment
from registry.errors import Immutable, WrongState
from registry.importers.base import Progress, no_progress
from registry.selectors import inputs_in
from versions.ahead import read_ahead
from versions.changelog import render_changelog
from versions.exports.about import About, canary_of
from versions.exports.card import card
from versions.exports.citation import bibtex, citation_cff
from versions.exports.croissant import croissant
from versions.exports.parquet import write_parquet
from versions.exports.rewards import write_rewards
from versions.exports.rewordings import write_rewordings
from versions.exports.rows import RowFiles
from versions.exports.tasks import task_files
from versions.formats import upstream_ids
from versions.models import Artifact, Release, Signature, SigningKey
from versions.same_meaning import rewordings_of
from versions.selectors import Row, Texts, in_batches, posterior_of, snapshot_of, told_rows
from versions.services.provide_signer import provide_signer
from versions.signatures import handovers_to, signature_of
from versions.snapshot_format import has
from versions.states import ReleaseStatus, check_move
from versions.storage import artifacts_of, damage_of, folder_of, releases_folder, sync_to_disk
from versions.validity import mask_of

_TEMPORARY = ".building-"


def build_release(release: Release, *, progress: Progress = no_progress) -> Path:
    """Build the folder of a release, or leave a whole one alone; return the folder.

    The caller holds `benchmark_files`. The first build stores the digest of every file; a later
    one that comes to other bytes raises Immutable, and nothing of it is kept.
    """
    folder = folder_of(release)
    if release.status != ReleaseStatus.FROZEN and folder.is_dir() and not damage_of(release):
        return folder
    parent = releases_folder(release.benchmark.slug)
    parent.mkdir(parents=True, exist_ok=True)
    for left_over in parent.glob(f"{_TEMPORARY}*"):
        shutil.rmtree(left_over)
    building = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=parent))
    building.chmod(0o755)
    files = _write_files(release, building, progress)
    signature = _signature(release, (building / MANIFEST).read_bytes())
    if signature is not None:
        (building / SIGNATURE).write_text(signature.to_json(), encoding="utf-8")
    files, is_first = _listed(building, files), release.status == ReleaseStatus.FROZEN
    if not is_first:
        _register(release, files, signature)
    sync_to_disk(building)
    if folder.exists():  # damaged, or from before a killed try: moved away, then removed
        folder.rename(parent / f"{_TEMPORARY}old-{building.name}")
    building.rename(folder)
    sync_to_disk(folder)
    if is_first:  # the files are there before their digests bind: a later hub may build others
        _register(release, files, signature)
    for left_over in parent.glob(f"{_TEMPORARY}*"):
        shutil.rmtree(left_over)
    return folder


def _write_files(release: Release, folder: Path, progress: Progress) -> list[File]:
    """Write everything but the signature; the files."""
    snapshot = snapshot_of(release)
    data = folder / "data"
    rows = _write_rows(release, snapshot, data, progress)
    splits = dict(sorted(rows.splits.items()))
    contract = Contract.from_dict(snapshot["contract"])
    formats, slug = snapshot["formats"], snapshot["benchmark"]["slug"]
    for number, (name, split) in enumerate(splits.items()):
        progress("packing", number, len(splits))
        write_parquet(data / f"{name}.jsonl", data / f"{name}.parquet", rows.fields[name])
        role = formats["roles"].get(split, "")
        if role in formats["rewards_from"]:
            (data / "rewards").mkdir(exist_ok=True)
            write_rewards(
                data / f"{name}.jsonl",
                data / f"rewards/{name}.parquet",
                contract,
                release=f"{slug}@{release.version}",
                role=role,
                allowed=formats["rewards_from"],
                canary=canary_of(snapshot),
                trust=has(snapshot, "trust"),
            )
    if has(snapshot, "rewordings") and snapshot["rewordings"]:
        write_rewordings(folder / REWORDINGS, rewordings_of(release), canary_of(snapshot))
    day = release.frozen_at.date().isoformat()
    written = _listed(folder)
    about = About(release.version, day, snapshot, splits, written)
    for path, text in _descriptions(release, about):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    written = _listed(folder, written)
    _write_json(folder / MANIFEST, _manifest(release, snapshot, written))
    return written


def _descriptions(release: Release, about: About) -> Iterator[tuple[str, str]]:
    """Path and text of every file that tells of the data."""
    yield "CHANGELOG.md", f"{_changelog(release)}\n{about.canary}\n"
    yield "README.md", card(about)
    yield "CITATION.cff", f"{citation_cff(about)}# {about.canary}\n"
    yield "CITATION.bib", f"{bibtex(about)}% {about.canary}\n"
    yield "croissant.json", _json(croissant(about))
    for name in ("quality", "methods"):
        yield f"{name}.json", _json(about.snapshot[name] | {"canary": about.canary})
    yield from task_files(about, release.history_root)


def _write_rows(
    release: Release, snapshot: dict[str, Any], data: Path, progress: Progress
) -> RowFiles:
    """Write what is written row by row."""
    heads, done, canary = [], 0, canary_of(snapshot)
    columns, count = snapshot["formats"]["columns"], snapshot["counts"]["instances"]
    has_ids = any(part == "id" for _, part, _ in columns)
    data.mkdir()
    with RowFiles(data, columns, canary, trust=has(snapshot, "trust")) as files:
        for batch in read_ahead(in_batches(told_rows(release))):
            places = ((row.instance, row.split) for row, _ in batch)
            ids = upstream_ids(snapshot, places) if has_ids else {}
            for row, texts in batch:
                kept = _kept(row, texts)
                files.write(_document(row, kept, canary), kept, ids.get(row.instance, ""))
                heads.append((row.key, row.digest))
            done += len(batch)
            progress("building", done, count)
    if history_root(heads) != release.history_root:
        raise Immutable(
            f"The rows of {release.version} do not come to its history root, so facts were "
            f"changed; find them with: manage.py verify_history {release.benchmark.slug}",
            code="other_history",
        )
    return files


def _kept(row: Row, texts: Texts) -> dict[str, str]:
    """Those fields of a row that are kept as canonical JSON."""
    return {
        # None where a person's or patient's text was removed.
        "inputs": "null" if texts.content is None else inputs_in(texts.content),
        "limits": row.limits,
        "derivation": texts.derivation or "null",
        "meta": texts.meta or "{}",
        "posterior": posterior_of(row),
    }


def _document(row: Row, kept: Mapping[str, str], canary: str) -> dict[str, Any]:
    nested = dict(zip(kept, json.loads(f"[{','.join(kept.values())}]"), strict=True))
    mask = mask_of(
        tier=row.tier,
        posterior=nested["posterior"],
        kind=row.kind,
        answer=row.answer,
        limits=row.limits,
        has_inputs=nested["inputs"] is not None,
    )
    return {
        "key": row.key,
        "split": row.split,
        "position": row.position,
        "kind": row.kind,
        "answer": row.answer,
        "group": row.group,
        "revision": row.revision,
        "digest": row.digest,
        "tier": row.tier,
        "valid": not mask,
        "mask": mask,
        "canary": canary,
        **nested,
    }


def _changelog(release: Release) -> str:
    snapshot = snapshot_of(release)
    withdrawn = snapshot["withdrawn"] if has(snapshot, "withdrawn") else ()
    title, standard = snapshot["benchmark"]["title"], has(snapshot, "headings")
    return render_changelog(title, _history(release), withdrawn, standard=standard)


def _history(release: Release) -> Iterator[dict[str, Any]]:
    until = Release.objects.filter(
        benchmark=release.benchmark_id, sequence__lte=release.sequence
    ).order_by("-sequence")
    for each in until:
        yield snapshot_of(each) | {
            "version": each.version,
            "date": each.frozen_at.date().isoformat(),
            "bump": each.bump,
            "waiver": each.waiver,
        }


def _manifest(release: Release, snapshot: dict[str, Any], files: list[File]) -> dict[str, Any]:
    gates = {"gates": snapshot["gates"]} if has(snapshot, "gates") else {}
    return gates | {
        "format": 1,
        "benchmark": snapshot["benchmark"],
        "version": release.version,
        "sequence": release.sequence,
        "previous": snapshot["previous"],
        "frozen_at": moment(release.frozen_at),
        "bump": release.bump,
        "history_root": release.history_root,
        "counts": snapshot["counts"],
        "comparability": snapshot["comparability"],
        "held": snapshot["held"],
        "waived": snapshot["waived"] | {"reason": release.waiver},
        "grading": snapshot["grading"],
        "contract": snapshot["contract"],
        "files": [{"path": f.path, "sha256": f.sha256, "size": f.size} for f in files],
    }


def _write_json(path: Path, document: dict[str, Any]) -> None:
    path.write_text(_json(document), encoding="utf-8")


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, ensure_ascii=False, indent=2, sort_keys=True) + "\n"


def _listed(folder: Path, known: Iterable[File] = ()) -> list[File]:
    """Every file below a folder, in the order of their paths; `known` ones are not read again."""
    digested = {file.path: file for file in known}
    found = [path for path in folder.rglob("*") if path.is_file()]
    places = {path.relative_to(folder).as_posix(): path for path in found}
    new = [name for name in places if name not in digested]
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # digests are made without Python's lock
        for name, sha256 in zip(new, pool.map(file_sha256, map(places.get, new)), strict=True):
            digested[name] = File(name, sha256, places[name].stat().st_size)
    return [digested[name] for name in sorted(places)]


def _signature(release: Release, manifest: bytes) -> SignatureFile | None:
    """Made with the first build and then kept, so that a rotated key changes no release."""
    if release.status != ReleaseStatus.FROZEN:
        return signature_of(release)
    signer = provide_signer()
    key = SigningKey.objects.get(key=signer.key)
    return SignatureFile(signer.key, signer.sign(manifest).hex(), handovers_to(key))


@transaction.atomic
def _register(release: Release, files: list[File], signature: SignatureFile | None) -> None:
    """Store signature and digests with the first build; compare them with any later one."""
    locked = Release.objects.select_for_update().get(pk=release.pk)
    if locked.status == ReleaseStatus.FROZEN:
        check_move(locked.status, ReleaseStatus.BUILT)
        Artifact.objects.bulk_create(
            Artifact(release=locked, path=f.path, sha256=f.sha256, size=f.size) for f in files
        )
        if signature is not None:
            key = _newest(signature.key)
            Signature.objects.create(release=locked, key=key, signature=signature.signature)
        locked.status = ReleaseStatus.BUILT
        locked.save(update_fields=["status"])
    else:
        _require_same(locked, files)
    release.status = locked.status


def _newest(key: str) -> SigningKey:
    """The key, held against a rotation; raises WrongState where another one signs by now."""
    held = SigningKey.objects.select_for_update().get(key=key)
    if SigningKey.objects.filter(pk__gt=held.pk).exists():
        raise WrongState(
            "The signing key was rotated while the release was built; it is built again.",
            code="key_rotated",
        )
    return held


def _require_same(release: Release, files: list[File]) -> None:
    known = {artifact.path: artifact.sha256 for artifact in artifacts_of(release)}
    built = {file.path: file.sha256 for file in files}
    other = sorted(p for p in known.keys() | built.keys() if known.get(p) != built.get(p))
    if other:
        raise Immutable(
            f"Building {release.version} again came to other bytes in {', '.join(other)}. Nothing "
            "was kept. A text of it was removed since, or another version of this hub or "
            "of pyarrow is installed: restore the files from the release's repository.",
            code="other_bytes",
            files=other,
        )
