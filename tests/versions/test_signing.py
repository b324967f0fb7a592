"""Releases are signed once; keys hand over to each other, whatever is killed in between."""

import json
import shutil
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import errata
import pytest
from django.core.management import call_command
from errata.manifest import MANIFEST, SIGNATURE, file_sha256, verify_directory
from errata.signing import Signature, Vouching, hands_over, vouching

from registry.errors import NotAllowed, WrongState
from registry.models import Event, User
from tests.versions.conftest import files_in
from versions.models import Artifact, Release, SigningKey
from versions.models import Signature as SignatureRow
from versions.services import build_release as building
from versions.services import rotate_signing_key as rotating
from versions.services.build_release import build_release
from versions.services.provide_signer import next_key_file, provide_signer
from versions.services.rotate_signing_key import rotate_signing_key
from versions.signer import Signer
from versions.states import ReleaseStatus
from versions.storage import damage_of, folder_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("ship_nowhere")]
Cut = Callable[..., Release]
CLIENT = Path(errata.__file__).parent.parent


@pytest.fixture(autouse=True)
def key_file(settings: Any, tmp_path: Path) -> Path:
    """Where this test's hub keeps its key."""
    settings.ERRATA_SIGNING_KEY = tmp_path / "keys" / "signing_key.pem"
    return settings.ERRATA_SIGNING_KEY


def _signature(release: Release) -> Signature:
    return Signature.from_json((folder_of(release) / SIGNATURE).read_bytes())


def _covered(release: Release) -> bool:
    return _signature(release).covers((folder_of(release) / MANIFEST).read_bytes())


def test_a_release_is_signed_by_a_key_that_only_its_owner_reads(cut: Cut, key_file: Path) -> None:
    release = cut()
    assert _covered(release)
    assert verify_directory(folder_of(release)) == []
    assert SIGNATURE in set(Artifact.objects.values_list("path", flat=True))
    assert stat.S_IMODE(key_file.stat().st_mode) == 0o600
    [row] = SigningKey.objects.all()
    assert (row.key, row.handover) == (_signature(release).key, "")
    private = key_file.read_text()
    assert private.startswith("-----BEGIN PRIVATE KEY-----")
    kept = [json.dumps(list(m.objects.values()), default=str) for m in (SigningKey, SignatureRow)]
    assert private.splitlines()[1] not in "".join(kept)


OFFLINE = """
import socket, sys
def refuse(*_): raise AssertionError("the network was asked")
socket.socket.connect = refuse
from errata.cli import main
code = main(sys.argv[1:])
assert not {"django", "dvc", "httpx"} & set(sys.modules)
sys.exit(code)
"""


def _elsewhere(folder: Path, *arguments: str) -> tuple[int, str]:
    """Exit code and finding of `errata verify` where there is only the client, and no network."""
    command = [sys.executable, "-c", OFFLINE, "verify", str(folder), "--json", *arguments]
    environment = {"PYTHONPATH": str(CLIENT), "HOME": str(folder.parent), "PATH": ""}
    ran = subprocess.run(
        command, env=environment, cwd=folder.parent, capture_output=True, text=True, check=False
    )
    report = json.loads(ran.stdout)
    return ran.returncode, ",".join(found["code"] for found in report["findings"])


def test_a_folder_is_checked_where_there_is_no_hub(
    cut: Cut, correct: Any, system: User, tmp_path: Path
) -> None:
    other = tmp_path / "other"
    shutil.copytree(folder_of(cut()), other)
    correct("n1", "12")
    folder = tmp_path / "away" / "small"
    shutil.copytree(folder_of(cut()), folder)
    key = Signature.from_json((folder / SIGNATURE).read_bytes()).key
    assert _elsewhere(folder) == (0, "")
    assert _elsewhere(folder, "--key", key) == (0, "")
    assert _elsewhere(folder, "--key", "0" * 64) == (1, "other_key")

    parquet = folder / "data/test.parquet"
    whole = parquet.read_bytes()
    parquet.write_bytes(whole[:100] + bytes([whole[100] ^ 1]) + whole[101:])
    assert _elsewhere(folder) == (1, "digest")
    parquet.unlink()
    assert _elsewhere(folder) == (1, "missing")
    parquet.write_bytes(whole)
    signature = (folder / SIGNATURE).read_bytes()
    shutil.copy(other / SIGNATURE, folder / SIGNATURE)
    assert _elsewhere(folder) == (1, "bad_signature")
    (folder / SIGNATURE).unlink()
    assert _elsewhere(folder) == (1, "unsigned")

    # Somebody else signs the same manifest; the key was pinned when it was first seen.
    forger = Signer.new()
    forged = forger.sign((folder / MANIFEST).read_bytes()).hex()
    (folder / SIGNATURE).write_text(Signature(forger.key, forged).to_json())
    assert _elsewhere(folder) == (1, "other_key")
    (folder / SIGNATURE).write_bytes(signature)
    assert _elsewhere(folder) == (0, "")
    thief = provide_signer()
    rotate_signing_key(actor=system)
    correct("n2", "-3")
    shutil.rmtree(folder)
    shutil.copytree(folder_of(cut()), folder)
    assert _elsewhere(folder) == (0, "")

    # Earlier releases are still the hub's; what the old key signs now is not.
    folder = folder.rename(folder.with_name("newest"))
    shutil.copytree(other, folder.with_name("first"))
    assert _elsewhere(folder.with_name("first")) == (0, "")
    late = (folder / MANIFEST).read_bytes()
    (folder / SIGNATURE).write_text(Signature(thief.key, thief.sign(late).hex()).to_json())
    assert _elsewhere(folder) == (1, "after_handover")


def test_a_rotated_key_changes_no_release_and_needs_no_old_key(
    cut: Cut, correct: Any, system: User
) -> None:
    first = cut()
    before = files_in(folder_of(first))
    old = _signature(first).key
    row = rotate_signing_key(actor=system)
    shutil.rmtree(folder_of(first))
    build_release(first)
    assert files_in(folder_of(first)) == before
    correct("n1", "12")
    second = _signature(cut())
    assert (second.key, old != row.key) == (row.key, True)
    assert hands_over(old, second.key, second.handovers)
    manifest = file_sha256(folder_of(first) / MANIFEST)
    assert vouching(second.key, old, manifest, second.handovers) is Vouching.LISTED
    assert vouching(second.key, old, "0" * 64, second.handovers) is Vouching.LATE
    third_key = rotate_signing_key(actor=system).key
    correct("n2", "-3")
    third = _signature(cut())
    assert (third.key, len(third.handovers)) == (third_key, 2)
    assert hands_over(old, third.key, third.handovers)
    assert vouching(third_key, old, manifest, third.handovers) is Vouching.LISTED
    listed = third.handovers[1].releases or {}
    assert {key: len(each) for key, each in listed.items()} == {old: 1, second.key: 1}
    assert Event.objects.filter(kind="signing_key.rotated").count() == 2


def test_a_key_that_was_rotated_meanwhile_signs_no_release(
    cut: Cut, correct: Any, system: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    cut()
    correct("n1", "12")
    with monkeypatch.context() as patch:
        made = building._signature

        def rotated_after(*arguments: Any) -> Signature | None:
            signature = made(*arguments)
            rotate_signing_key(actor=system)
            return signature

        patch.setattr(building, "_signature", rotated_after)
        with pytest.raises(WrongState, match="built again"):
            cut()
    release = Release.objects.get(sequence=2)
    assert release.status == ReleaseStatus.FROZEN
    build_release(release)
    assert _signature(release).key == provide_signer().key
    assert _covered(release)


def test_a_swapped_or_missing_signature_is_mended(cut: Cut) -> None:
    release = cut()
    path = folder_of(release) / SIGNATURE
    whole = path.read_bytes()
    for harm in (lambda: path.write_bytes(whole.replace(b"0", b"1")), path.unlink):
        harm()
        assert [finding.path for finding in damage_of(release)] == [SIGNATURE]
        build_release(release)
        assert path.read_bytes() == whole


def test_a_release_built_before_hubs_signed_stays_as_it_was(
    cut: Cut, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("versions.services.build_release._signature", lambda *_: None)
    release = cut()
    before = files_in(folder_of(release))
    monkeypatch.undo()
    monkeypatch.setattr("versions.services.ship_release.PUBLISHER", None)
    shutil.rmtree(folder_of(release))
    build_release(release)
    assert files_in(folder_of(release)) == before
    assert SIGNATURE not in before


@pytest.mark.parametrize("step", ["_write_down", "finish_rotation"])
def test_a_rotation_that_was_stopped_is_finished_or_undone(
    system: User, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    old = provide_signer().key

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(rotating, step, stop)
    with pytest.raises(KeyboardInterrupt):
        rotate_signing_key(actor=system)
    monkeypatch.undo()
    newest = SigningKey.objects.last()
    assert newest is not None
    assert (newest.key == old) is (step == "_write_down")
    assert provide_signer().key == newest.key
    assert rotate_signing_key(actor=system).key == provide_signer().key
    assert not next_key_file().exists()


def test_a_rotation_that_was_killed_while_it_wrote_the_new_key_leaves_the_old_one(
    system: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = provide_signer().key

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("registry.keeping.os.fdopen", stop)
    with pytest.raises(KeyboardInterrupt):
        rotate_signing_key(actor=system)
    monkeypatch.undo()
    assert provide_signer().key == old
    assert rotate_signing_key(actor=system).key == provide_signer().key != old


def test_a_lost_key_is_never_replaced_in_silence(cut: Cut, key_file: Path, system: User) -> None:
    with pytest.raises(WrongState, match="not signed anything yet"):
        rotate_signing_key(actor=system, lost=True)
    old = _signature(cut()).key
    with pytest.raises(WrongState, match="not lost"):
        rotate_signing_key(actor=system, lost=True)
    key_file.rename(key_file.with_name("elsewhere"))
    for _ in range(2):
        with pytest.raises(WrongState, match="rotate --lost"):
            provide_signer()
    assert not key_file.exists()
    row = rotate_signing_key(actor=system, lost=True)
    assert row.handover == ""
    assert provide_signer().key == row.key != old
    key_file.with_name("elsewhere").replace(key_file)
    with pytest.raises(WrongState, match="Put that one back"):
        provide_signer()


@pytest.mark.parametrize("content", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n"])
def test_a_file_that_holds_no_key_is_refused(key_file: Path, content: str) -> None:
    provide_signer()
    key_file.write_text(content)
    with pytest.raises(WrongState, match="cannot be read"):
        provide_signer()
    assert key_file.read_text() == content


def test_only_staff_rotates(system: User) -> None:
    key = provide_signer().key
    with pytest.raises(NotAllowed):
        rotate_signing_key(actor=User.objects.create(username="somebody"))
    assert provide_signer().key == key
    assert SigningKey.objects.count() == 1


def test_the_command_shows_and_rotates(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("signing_key", "show", "--json")
    [first] = json.loads(capsys.readouterr().out)["keys"]
    assert first["handover"] is None
    call_command("signing_key", "rotate", "--json")
    newer, older = json.loads(capsys.readouterr().out)["keys"]
    assert older == first
    assert (newer["handover"]["old"], newer["handover"]["new"]) == (first["key"], newer["key"])
    call_command("signing_key", "show")
    shown = capsys.readouterr().out
    assert f"signed with {newer['key']}" in shown
    assert f"Before: {first['key']}" in shown
