"""Canonical JSON, digests, manifests and checking folders."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import rfc8785
from errata.manifest import (
    InvalidManifest,
    Manifest,
    NotCanonical,
    canonical_json,
    digest_of,
    history_root,
    read_files,
    sha256_hex,
    verify_directory,
)
from hypothesis import given
from hypothesis import strategies as st

from tests.client.releases import make_release, write_release

texts = st.text(st.characters(codec="utf-8"), max_size=8)
documents = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
)


@given(documents)
def test_canonical_json_is_rfc_8785(document: object) -> None:
    text = canonical_json(document)
    assert text.encode() == rfc8785.dumps(document)  # type: ignore[arg-type]
    assert canonical_json(json.loads(text)) == text


def test_keys_are_ordered_by_utf_16() -> None:
    assert canonical_json({"\ufb33": 1, "\U0001f600": 2, "b": 3, "a": (4,)}) == (
        '{"a":[4],"b":3,"\U0001f600":2,"\ufb33":1}'
    )


@pytest.mark.parametrize(
    "value", [1.0, float("nan"), 2**53, -(2**53), {1: 2}, "\ud800", {"\udfff": 1}, b"x", {1, 2}]
)
def test_what_is_not_canonical(value: object) -> None:
    with pytest.raises(NotCanonical):
        canonical_json([value])


def test_nesting_too_deep_is_not_canonical() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(NotCanonical, match="deeply"):
        canonical_json(deep)


def test_digests() -> None:
    empty = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert sha256_hex("") == sha256_hex(b"") == history_root([]) == empty
    assert digest_of({"é": None}) == sha256_hex('{"é":null}'.encode())


def test_the_history_root_orders_keys_by_their_bytes() -> None:
    expected = sha256_hex("B\td1\na\td2\nz\td4\né\td3\n".encode())
    assert history_root([("é", "d3"), ("a", "d2"), ("z", "d4"), ("B", "d1")]) == expected
    for keys in (["a", "a"], ["a\tb"], ["a\n"]):
        with pytest.raises(ValueError, match="stands twice or holds"):
            history_root((key, "d") for key in keys)


@pytest.mark.parametrize(
    "path",
    [
        "../x",
        "/etc/passwd",
        "data/../../x",
        "./x",
        "data//x",
        "",
        "data/",
        "..\\x",
        "C:/x",
        "a\0b",
        "a\nb",
        "a\x1b[2Jb",
        "a\x9bb",
        "a\u2028b",
        "...",
        "data./x",
        "data/x ",
        "NUL",
        "data/con.jsonl",
        "Aux .jsonl/x",
        "com¹",
        7,
        None,
    ],
)
def test_paths_that_lead_elsewhere_are_refused(path: object) -> None:
    with pytest.raises(InvalidManifest, match="leads outside"):
        read_files([{"path": path, "sha256": "0" * 64, "size": 1}])


@pytest.mark.parametrize(
    "change",
    [
        {"sha256": "0"},
        {"sha256": None},
        {"sha256": "A" * 64},
        {"size": -1},
        {"size": "1"},
        {"size": True},
    ],
)
def test_files_are_checked(change: dict[str, object]) -> None:
    with pytest.raises(InvalidManifest):
        read_files([{"path": "x", "sha256": "0" * 64, "size": 1} | change])
    with pytest.raises(InvalidManifest):
        read_files([change, "x"])


@pytest.mark.parametrize("path", ["data/.x", "console", "auxiliary.txt", "com", "nul%20", "é/x.y"])
def test_paths_that_every_system_takes_are_kept(path: str) -> None:
    [file] = read_files([{"path": path, "sha256": "0" * 64, "size": 1}])
    assert file.path == path


def test_paths_that_only_differ_in_case_are_refused() -> None:
    with pytest.raises(InvalidManifest, match="tell apart"):
        read_files([{"path": path, "sha256": "0" * 64, "size": 1} for path in ("a", "A")])
    with pytest.raises(InvalidManifest, match="path of a folder"):
        read_files([{"path": path, "sha256": "0" * 64, "size": 1} for path in ("a", "A/b/c")])


def test_what_is_no_manifest() -> None:
    for text in ("", "[]", "{}", '{"format":2}', '{"format":1}', "[" * 100_000):
        with pytest.raises(InvalidManifest):
            Manifest.from_json(text)


def test_a_manifest_is_read_whole_and_may_hold_more() -> None:
    files = make_release()
    document = json.loads(files["manifest.json"])
    manifest = Manifest.from_json(json.dumps(document | {"later": 1}))
    assert manifest.benchmark["slug"] == "tea"
    assert manifest.version == "1.1.0"
    assert manifest.counts == {"test": 2, "train": 1}
    assert {file.path for file in manifest.files} == set(files) - {"manifest.json", "manifest.sig"}
    assert {file.split for file in manifest.files if file.is_data} == {"test", "train"}
    document["files"].append({"path": "manifest.json", "sha256": "0" * 64, "size": 1})
    with pytest.raises(InvalidManifest, match="itself"):
        Manifest.from_json(json.dumps(document))


def change_byte(folder: Path) -> None:
    path = folder / "data" / "test.jsonl"
    path.write_bytes(path.read_bytes().replace(b"green", b"Green"))


def cut_off(folder: Path) -> None:
    path = folder / "data" / "test.jsonl"
    path.write_bytes(path.read_bytes()[:-1])


def cut_chain(folder: Path) -> None:
    write_release(folder, make_release(history_root="0" * 64))


def break_rows(folder: Path) -> None:
    write_release(folder, make_release(test=b'{"key":"a","digest":"d"}\n{"key":'))


def forget_keys(folder: Path) -> None:
    write_release(folder, make_release(test=b'{"digest":"d"}\n'))


def repeat_key(folder: Path) -> None:
    write_release(folder, make_release(test=b'{"key":"a","digest":"d"}\n' * 2))


@pytest.mark.parametrize(
    ("harm", "path", "code"),
    [
        (change_byte, "data/test.jsonl", "digest"),
        (cut_off, "data/test.jsonl", "size"),
        (lambda folder: (folder / "CHANGELOG.md").unlink(), "CHANGELOG.md", "missing"),
        (lambda folder: (folder / "data" / "more").write_text(""), "data/more", "extra"),
        (lambda folder: (folder / "up").symlink_to(folder.parent), "up", "extra"),
        (lambda folder: (folder / "manifest.json").unlink(), "manifest.json", "no_manifest"),
        (lambda f: (f / "manifest.json").write_text("{"), "manifest.json", "invalid_manifest"),
        (cut_chain, "manifest.json", "history_root"),
        (break_rows, "data/test.jsonl", "invalid_data"),
        (forget_keys, "data/test.jsonl", "invalid_data"),
        (repeat_key, "data", "invalid_data"),
    ],
)
def test_each_harm_to_a_folder_is_found(
    harm: Callable[[Path], object], path: str, code: str, tmp_path: Path
) -> None:
    folder = tmp_path / "release"
    write_release(folder, make_release())
    assert verify_directory(folder) == []
    harm(folder)
    [finding] = verify_directory(str(folder))
    assert (finding.path, finding.code) == (path, code)
    assert finding.message.endswith(".")


def test_what_python_compiles_in_a_release_is_said(tmp_path: Path) -> None:
    write_release(tmp_path, make_release())
    compiled = tmp_path / "tasks/__pycache__/utils.pyc"
    compiled.parent.mkdir(parents=True)
    compiled.write_bytes(b"")
    [finding] = verify_directory(tmp_path)
    assert finding.code == "extra"
    assert "delete the folder __pycache__" in finding.message
