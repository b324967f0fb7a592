"""Who signed a release: keys given, locked, known, handed over; and everything else is refused."""

import json
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from errata.cli import main
from errata.known_keys import Pin, file_of_known_keys, known_pins, remember_pin
from errata.lockfile import Locked, write_lock

from tests.client.commands import run
from tests.client.keys import handover, key, sign_with, signature
from tests.client.releases import FakeHub, listing, make_release, write_release

Capsys = pytest.CaptureFixture[str]
REFERENCE = "tea@1.1.0"


def signed_by(number: int, *handovers: Any) -> Callable[[bytes], bytes]:
    return lambda manifest: signature(manifest, number, *handovers)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a release signed by key 1; no hub is set."""
    monkeypatch.chdir(tmp_path)
    write_release(tmp_path / "tea", make_release())
    return tmp_path / "tea"


def sign_again(folder: Path, number: int, *handovers: Any) -> None:
    body = (folder / "manifest.json").read_bytes()
    (folder / "manifest.sig").write_bytes(signature(body, number, *handovers))


def trust(capsys: Capsys, *arguments: str) -> str:
    """Why the folder's key is trusted, or the code of the only finding."""
    code, report, _ = run(capsys, "verify", "tea", *arguments)
    if code == 0:
        assert report["findings"] == []
        return str(report["trust"])
    [finding] = report["findings"]
    assert (code, finding["path"], report["trust"]) == (1, "manifest.sig", None)
    return str(finding["code"])


def test_the_key_is_pinned_at_first_use(folder: Path, capsys: Capsys) -> None:
    assert trust(capsys) == "first_use"
    assert trust(capsys) == "known"
    sign_again(folder, 2)
    assert trust(capsys) == "other_key"
    assert [pin.key for pin in known_pins("tea")] == [key(1)]
    assert main(["verify", "tea"]) == 1
    told = capsys.readouterr().err
    assert key(1) in told
    assert key(2) in told
    assert f"name it with --key, or correct {file_of_known_keys()}." in told
    assert trust(capsys, "--key", key(2)) == "given"
    assert trust(capsys) == "other_key"  # naming a key once changes nothing for good


def test_the_given_key_decides(folder: Path, capsys: Capsys) -> None:
    assert trust(capsys, "--key", key(2)) == "other_key"
    assert main(["verify", "tea", "--key", key(2)]) == 1
    assert "then name it with --key." in capsys.readouterr().err
    assert known_pins("tea") == []
    assert trust(capsys, "--key", key(1)) == "given"
    assert trust(capsys) == "known"
    for text in ("", "abc", key(1).upper()):
        code, report, _ = run(capsys, "verify", "tea", "--key", text)
        assert (code, report["code"]) == (2, "bad_key")


def test_a_new_key_needs_a_statement_of_the_old_one(folder: Path, capsys: Capsys) -> None:
    assert trust(capsys) == "first_use"
    for forged in (handover(1, 2, by_old=2), handover(3, 2)):
        sign_again(folder, 2, forged)
        assert trust(capsys) == "other_key"
    sign_again(folder, 2, handover(1, 2))
    assert trust(capsys) == "handed_over"
    assert trust(capsys) == "known"
    [pin] = known_pins("tea")
    assert pin.key == key(2)


def manifest(folder: Path) -> bytes:
    return (folder / "manifest.json").read_bytes()


def test_who_begins_with_the_new_key_reads_old_releases_too(folder: Path, capsys: Capsys) -> None:
    told = (handover(1, 2), handover(2, 3, {1: [manifest(folder)], 2: []}))
    sign_again(folder, 3, *told)
    assert trust(capsys) == "first_use"
    sign_again(folder, 1)
    assert trust(capsys) == "earlier_key"
    assert trust(capsys, "--key", key(3)) == "earlier_key"
    assert [pin.key for pin in known_pins("tea")] == [key(3)]
    # Whoever stole key 1 or 2 may hand it over to key 9, or say that 9 was before: not by key 3.
    for forged in (handover(1, 9), handover(9, 2)):
        sign_again(folder, 9, forged)
        assert trust(capsys) == "other_key"


def test_what_an_old_key_signs_after_the_handover_is_refused(folder: Path, capsys: Capsys) -> None:
    assert trust(capsys) == "first_use"
    lock_key(key(1), version="1.0.0")
    sign_again(folder, 2, handover(1, 2, {1: [manifest(folder)]}))
    Path("errata.lock").rename("kept")
    assert trust(capsys) == "handed_over"
    write_release(folder, make_release(counts={"test": 2}))  # made by who stole key 1
    assert trust(capsys) == "after_handover"
    sign_again(folder, 1, handover(1, 2, {1: [manifest(folder)]}, by_new=1))
    assert trust(capsys) == "after_handover"
    assert trust(capsys, "--key", key(2)) == "after_handover"
    Path("kept").rename("errata.lock")  # pins key 1, but the handover is known
    assert trust(capsys) == "after_handover"
    assert trust(capsys, "--key", key(1)) == "given"


def test_a_handover_from_before_hubs_listed_releases_is_told_apart(
    folder: Path, capsys: Capsys
) -> None:
    sign_again(folder, 3, handover(1, 2), handover(2, 3))
    assert trust(capsys) == "first_use"
    sign_again(folder, 1)
    assert trust(capsys) == "earlier_key_unlisted"
    assert main(["verify", "tea"]) == 0
    assert "compare the SHA-256 of manifest.json" in capsys.readouterr().out


def lock_key(pinned: str, version: str) -> None:
    write_lock([Locked("tea", version, "http://hub", "0" * 64, pinned)])


def swap(folder: Path) -> None:
    other = make_release(version="1.0.0")["manifest.json"]
    (folder / "manifest.sig").write_bytes(signature(other))


def cut(folder: Path) -> None:
    path = folder / "manifest.sig"
    path.write_bytes(path.read_bytes()[:-10])


def flip(folder: Path) -> None:
    path = folder / "manifest.sig"
    document = json.loads(path.read_bytes())
    document["signature"] = sign_with(1)(b"something else").hex()
    path.write_text(json.dumps(document))


def touch_manifest(folder: Path) -> None:
    path = folder / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b'"Tea"', b'"TEA"'))


@pytest.mark.parametrize("harm", [swap, cut, flip, touch_manifest])
def test_a_signature_that_does_not_fit(
    folder: Path, capsys: Capsys, harm: Callable[[Path], None]
) -> None:
    harm(folder)
    assert trust(capsys) == "bad_signature"
    assert known_pins("tea") == []


def test_what_is_not_signed_or_not_whole_pins_nothing(folder: Path, capsys: Capsys) -> None:
    (folder / "manifest.sig").rename("kept")
    assert trust(capsys) == "unsigned"
    shutil.move("kept", folder / "manifest.sig")
    data = folder / "data" / "test.jsonl"
    data.write_bytes(data.read_bytes().replace(b"green", b"Green"))
    code, report, _ = run(capsys, "verify", "tea")
    assert (code, report["trust"]) == (1, None)
    assert [finding["code"] for finding in report["findings"]] == ["digest"]
    assert known_pins("tea") == []


def test_known_keys_that_cannot_be_read_or_written(
    capsys: Capsys, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ERRATA_KNOWN_KEYS", str(Path(__file__) / "no-folder"))
    code, report, errors = run(capsys, "verify", "tea")
    assert (code, report["trust"]) == (0, "first_use")
    assert "could not be kept" in errors
    monkeypatch.setenv("ERRATA_KNOWN_KEYS", "known.json")
    for text in ("{", "[]", '{"format": 2}', '{"format": 1, "keys": [{"benchmark": "tea"}]}'):
        Path("known.json").write_text(text)
        code, report, _ = run(capsys, "verify", "tea")
        assert (code, report["code"]) == (1, "bad_known_keys")
        assert Path("known.json").read_text() == text


def test_no_key_is_lost_where_many_are_met_at_once() -> None:
    names = [f"tea-{number}" for number in range(40)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda name: remember_pin(Pin(name, "", key(1))), names))
    assert [name for name in names if not known_pins(name)] == []
    file = file_of_known_keys()
    assert list(file.parent.glob(f"{file.name}*")) == [file]


def test_known_keys_lie_with_the_user_s_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ERRATA_KNOWN_KEYS")
    monkeypatch.setenv("XDG_CONFIG_HOME", "settings")
    monkeypatch.setattr("sys.platform", "linux")
    assert file_of_known_keys() == Path("settings/errata/known_keys.json")
    monkeypatch.setattr("sys.platform", "darwin")
    assert file_of_known_keys().parts[-4:-2] == ("Library", "Application Support")
    monkeypatch.setattr("sys.platform", "win32")
    monkeypatch.setenv("APPDATA", "roaming")
    assert file_of_known_keys() == Path("roaming/errata/known_keys.json")


def serve(hub: FakeHub, **release: Any) -> None:
    """Have the hub serve another tea@1.1.0."""
    hub.files = hub.sent = make_release(**release)
    hub.listed = listing(hub.files)


def test_a_pull_goes_by_the_key_of_the_hub(hub: FakeHub, tmp_path: Path, capsys: Capsys) -> None:
    code, report, _ = run(capsys, "pull", REFERENCE)
    assert (code, report["key"], report["trust"]) == (0, key(1), "first_use")
    shutil.rmtree("tea-1.1.0")
    for release, name in (
        ({"signed": signed_by(2)}, "other_key"),
        ({"signed": lambda _: b""}, "unsigned"),
        ({"signed": lambda _: signature(b"another manifest")}, "bad_signature"),
    ):
        serve(hub, **release)
        hub.asked.clear()
        code, report, _ = run(capsys, "pull", REFERENCE)
        assert (code, report["code"]) == (1, name)
        assert not any("data" in path for path in hub.asked_files)
        assert not Path("tea-1.1.0").exists()
    serve(hub, signed=signed_by(2))
    assert run(capsys, "pull", REFERENCE, "--key", key(2))[1]["trust"] == "given"
    shutil.rmtree("tea-1.1.0")
    serve(hub, signed=signed_by(2, handover(1, 2)))
    assert run(capsys, "pull", REFERENCE)[1]["trust"] == "handed_over"


def test_another_hub_has_another_key(hub: FakeHub, capsys: Capsys) -> None:
    run(capsys, "pull", REFERENCE)
    serve(hub, signed=signed_by(2))
    other = hub.address.replace("127.0.0.1", "localhost")
    os.environ["NO_PROXY"] = "127.0.0.1,localhost"
    code, report, _ = run(capsys, "pull", REFERENCE, "--to", "other", "--hub", other)
    assert (code, report["trust"]) == (0, "first_use")
    for place in ("tea-1.1.0", "other"):  # a folder does not say which hub it is from
        assert run(capsys, "verify", place)[1]["trust"] == "known"


def test_what_is_not_signed_is_taken_with_a_warning(hub: FakeHub, capsys: Capsys) -> None:
    serve(hub, signed=lambda _: b"")
    code, report, errors = run(capsys, "pull", REFERENCE)
    assert (code, report["key"]) == (0, None)
    assert "tea@1.1.0 is not signed" in errors
    assert main(["pull", REFERENCE]) == 0
    assert "It is not signed." in capsys.readouterr().out
