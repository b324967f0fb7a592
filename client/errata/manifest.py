"""Canonical JSON, digests, and what a release says of itself.

Everything that is compared by digest goes through `canonical_json` (RFC 8785), so that the same
content has the same bytes on every machine. Numbers that matter are decimal strings: floats are
refused, since their text depends on who prints them.
"""

import hashlib
import json
import os
import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Self

MANIFEST = "manifest.json"
# How far a label was looked at, the surest first; docs/releases.md tells what each means.
TIERS = ("expert-agreed", "expert", "consensus", "unreviewed", "contested")
SIGNATURE = "manifest.sig"  # signs the manifest, so the manifest cannot list it either
FORMAT = 1
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_encode_sorted = json.JSONEncoder(
    ensure_ascii=False, separators=(",", ":"), sort_keys=True, check_circular=False
).encode
_MAX_INTEGER = 2**53 - 1  # beyond it, readers that use doubles would see another number
_SHA256 = re.compile(r"[0-9a-f]{64}")
_UNSAFE = re.compile(r'[\x00-\x1f\x7f-\x9f\\:*?"<>|\u2028\u2029\ud800-\udfff]')
# Names of devices in any folder of Windows, whatever follows the first dot.
_DEVICE = re.compile(r"(?i:con|prn|aux|nul|conin\$|conout\$|(?:com|lpt)[0-9¹²³]) *(?:\..*)?")


class NotCanonical(ValueError):
    """A value that canonical JSON cannot hold; the message names it."""


class InvalidManifest(ValueError):
    """A manifest or list of files that cannot be trusted; the message says why."""


class NoTier(ValueError):
    """What is no tier, or rows that do not lie by tier; the message says which."""


def canonical_json(value: object) -> str:
    """The text of RFC 8785 for None, bool, int, str, list, tuple and dict with str keys.

    Raises NotCanonical for floats, integers beyond ±(2⁵³-1), other keys, other types, lone
    surrogates and nesting deeper than Python reads.
    """
    try:
        # ASCII keys have the same order as text and as UTF-16.
        text = _encode_sorted(value) if _has_plain_keys(value) else _encode(_ordered(value))
        text.encode()
    except UnicodeEncodeError:
        raise NotCanonical("Canonical JSON holds no lone surrogates; remove them.") from None
    except RecursionError:
        raise NotCanonical("The value is nested too deeply for canonical JSON.") from None
    return text


def sha256_hex(data: bytes | str) -> str:
    """The SHA-256 of bytes, or of a text's UTF-8, as 64 lower-case hexadecimal digits."""
    return hashlib.sha256(data.encode() if isinstance(data, str) else data).hexdigest()


def digest_of(value: object) -> str:
    """The SHA-256 of a value's canonical JSON."""
    return sha256_hex(canonical_json(value))


def history_root(heads: Iterable[tuple[str, str]]) -> str:
    """The SHA-256 over a `key TAB digest LF` line for each head, in the order of the keys' bytes.

    Raises ValueError for a key given twice or holding a tab or a line feed.
    """
    root = hashlib.sha256()
    last = None
    for key, digest in sorted((key.encode(), digest) for key, digest in heads):
        if key == last or b"\t" in key or b"\n" in key:
            raise ValueError(f"The key {key!r} stands twice or holds a tab or a line feed.")
        root.update(b"%s\t%s\n" % (key, digest.encode()))
        last = key
    return root.hexdigest()


@dataclass(frozen=True, slots=True)
class File:
    """A file of a release: path inside it, SHA-256, size in bytes."""

    path: str
    sha256: str
    size: int

    @property
    def is_data(self) -> bool:
        """True for the files that together hold every row once, as JSON lines."""
        return self._folder == "data" and self.path.endswith(".jsonl")

    @property
    def tier(self) -> str:
        """The tier whose rows of a split the file holds as JSON lines; else empty."""
        above, _, tier = self._folder.rpartition("/")
        return tier if above == "data/tiers" and self.path.endswith(".jsonl") else ""

    @property
    def split(self) -> str:
        """The name of a data file's split."""
        return PurePosixPath(self.path).stem

    @property
    def _folder(self) -> str:
        return PurePosixPath(self.path).parent.as_posix()


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `manifest.json` says of a release; the manifest itself is not among its files."""

    benchmark: dict[str, Any]
    version: str
    sequence: int
    history_root: str
    files: tuple[File, ...]
    previous: str | None = None
    frozen_at: str = ""
    bump: str | None = None
    counts: dict[str, Any] = field(default_factory=dict)
    grading: dict[str, Any] = field(default_factory=dict)
    contract: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Read a manifest; raises InvalidManifest where it is not one or names unsafe paths."""
        try:
            document = json.loads(text)
        except (ValueError, RecursionError):
            raise InvalidManifest("The manifest is not JSON; pull the release again.") from None
        if not isinstance(document, dict) or document.get("format") != FORMAT:
            raise InvalidManifest(
                f"The manifest is not of format {FORMAT}; use a newer errata to read it."
            )
        wanted = {"benchmark": dict, "version": str, "sequence": int, "history_root": str}
        for name, type_ in wanted.items():
            if not isinstance(document.get(name), type_):
                raise InvalidManifest(f"The manifest's {name} is missing or of another type.")
        files = read_files(document.get("files"))
        if any(file.path in (MANIFEST, SIGNATURE) for file in files):
            raise InvalidManifest("The manifest lists itself or its signature; no digest can.")
        known = {name: document[name] for name in cls.__slots__ if name in document}
        return cls(**{**known, "files": files})


def read_files(entries: object) -> tuple[File, ...]:
    """Read a list of path, sha256 and size; raises InvalidManifest for unsafe or doubled paths."""
    if not isinstance(entries, list):
        raise InvalidManifest("The list of files is missing.")
    files = tuple(_read_file(entry) for entry in entries)
    if len({file.path.casefold() for file in files}) != len(files):
        raise InvalidManifest("Two files have paths that some systems cannot tell apart.")
    folders = {str(each) for file in files for each in PurePosixPath(file.path.casefold()).parents}
    if folders & {file.path.casefold() for file in files}:
        raise InvalidManifest("A file has the path of a folder.")
    return files


def files_of_tiers(files: Iterable[File], tiers: Collection[str]) -> tuple[File, ...]:
    """The files that hold the rows of these tiers; a tier without rows has none.

    Raises NoTier for what is no tier, and where no file holds the rows of one.
    """
    by_tier = [file for file in files if file.tier]
    there = {file.tier for file in by_tier}
    if unknown := sorted(set(tiers) - there.union(TIERS)):
        raise NoTier(f"There is no tier {', '.join(unknown)}; the tiers are {', '.join(TIERS)}.")
    if not there:
        raise NoTier("The release has no files by tier; pull it without --tier.")
    return tuple(file for file in by_tier if file.tier in tiers)


def is_safe_path(path: str) -> bool:
    """Whether a path stays inside its folder on every system."""
    parts = path.split("/")
    # Windows drops dots and spaces at the end of a name.
    return not _UNSAFE.search(path) and not any(
        part == "" or part[-1] in " ." or _DEVICE.fullmatch(part) for part in parts
    )


def read_rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a data file; raises InvalidManifest naming the line that is no JSON object."""
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            if not isinstance(row, dict):
                raise InvalidManifest(f"Line {number} is not a JSON object.")
            yield row


def file_sha256(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong with a release's folder: the file, a stable code, and a sentence."""

    path: str
    code: str
    message: str


def verify_directory(path: Path | str, tiers: Collection[str] = ()) -> list[Finding]:
    """Check a release's folder against its manifest; no findings mean that all is well.

    Looks for missing and extra files, other sizes and digests, and, where the files are whole,
    computes the history root anew from the rows. Of a folder that holds some `tiers` only, their
    files are all that there should be, and they do not come to a history root. Codes: no_manifest,
    invalid_manifest, missing, extra, size, digest, invalid_data, history_root, no_tier.
    """
    folder = Path(path)
    try:
        manifest = Manifest.from_json((folder / MANIFEST).read_bytes())
    except OSError:
        message = "There is no manifest here; name the folder of a pulled release."
        return [Finding(MANIFEST, "no_manifest", message)]
    except InvalidManifest as error:
        return [Finding(MANIFEST, "invalid_manifest", str(error))]
    if tiers:
        return _verify_tiers(folder, manifest, tiers)
    return verify_files(folder, manifest.files) or _verify_history(folder, manifest)


def _verify_tiers(folder: Path, manifest: Manifest, tiers: Collection[str]) -> list[Finding]:
    try:
        return verify_files(folder, files_of_tiers(manifest.files, tiers))
    except NoTier as error:
        return [Finding(MANIFEST, "no_tier", str(error))]


def verify_files(folder: Path, files: Iterable[File]) -> list[Finding]:
    """Check that a folder holds exactly these files beside the manifest and its signature."""
    findings = []
    there = set(_paths_in(folder))
    for file in files:
        there.discard(file.path)
        if finding := _verify_file(folder / file.path, file):
            findings.append(finding)
    extras = sorted(there - {MANIFEST, SIGNATURE})
    return findings + [Finding(extra, "extra", _of_extra(extra)) for extra in extras]


def _of_extra(path: str) -> str:
    if "__pycache__/" in path:
        return "Python left this when a task of the release ran; delete the folder __pycache__."
    return "This file does not belong to the release; move it elsewhere."


def _verify_file(path: Path, file: File) -> Finding | None:
    again = "delete the folder and pull the release again."
    if not path.is_file():
        return Finding(file.path, "missing", f"The file is missing; {again}")
    size = path.stat().st_size
    if size != file.size:
        message = f"The file has {size} bytes and should have {file.size}; {again}"
        return Finding(file.path, "size", message)
    digest = file_sha256(path)
    if digest != file.sha256:
        message = f"The file was changed: its SHA-256 is {digest}, not {file.sha256}; {again}"
        return Finding(file.path, "digest", message)
    return None


def _verify_history(folder: Path, manifest: Manifest) -> list[Finding]:
    heads = []
    for file in manifest.files:
        if file.is_data:
            try:
                heads += [(str(r["key"]), str(r["digest"])) for r in read_rows(folder / file.path)]
            except (InvalidManifest, KeyError) as error:
                message = f"The rows cannot be read ({error}); tell the benchmark's maintainers."
                return [Finding(file.path, "invalid_data", message)]
    try:
        root = history_root(heads)
    except ValueError as error:
        return [Finding("data", "invalid_data", f"{error} Tell the benchmark's maintainers.")]
    if root == manifest.history_root:
        return []
    message = (
        f"The rows come to the history root {root}, the manifest says {manifest.history_root}: "
        "rows and history do not belong together; tell the benchmark's maintainers."
    )
    return [Finding(MANIFEST, "history_root", message)]


def _paths_in(folder: Path) -> Iterator[str]:
    """Every file below a folder, and every link to a folder, as a path inside it."""
    for base, folders, names in os.walk(folder):
        links = [name for name in folders if Path(base, name).is_symlink()]
        for name in names + links:
            yield Path(base, name).relative_to(folder).as_posix()


def _read_file(entry: object) -> File:
    if not isinstance(entry, dict):
        raise InvalidManifest("The list of files holds something that is no file.")
    path, digest, size = entry.get("path"), entry.get("sha256"), entry.get("size")
    if not isinstance(path, str) or not is_safe_path(path):
        message = f"The path {path!r} leads outside the release or names no file on some systems."
        raise InvalidManifest(message)
    if not isinstance(digest, str) or not _SHA256.fullmatch(digest):
        raise InvalidManifest(f"The SHA-256 of {path} is missing or malformed.")
    if not isinstance(size, int) or isinstance(size, bool) or size < 0:
        raise InvalidManifest(f"The size of {path} is missing or malformed.")
    return File(path, digest, size)


def _has_plain_keys(value: object) -> bool:
    """Whether all keys inside are ASCII; raises NotCanonical for what has no canonical JSON."""
    if isinstance(value, str) or value is None or isinstance(value, bool):
        return True
    if isinstance(value, int):
        if abs(value) > _MAX_INTEGER:
            raise NotCanonical(f"The integer {value} is too large; write it as a string.")
        return True
    if isinstance(value, list | tuple):
        return _all_plain(value)
    if isinstance(value, dict):
        try:
            plain = "".join(value).isascii()
        except TypeError:
            raise NotCanonical("Canonical JSON has only strings as keys.") from None
        return _all_plain(value.values()) and plain
    raise NotCanonical(f"{type(value).__name__} has no canonical JSON; write it as a string.")


def _all_plain(values: Iterable[object]) -> bool:
    plain = True
    for value in values:  # all of them are looked at, whatever the first ones are
        if type(value) is not str and not _has_plain_keys(value):
            plain = False
    return plain


def _ordered(value: object) -> object:
    """The value with the keys of every dict in the order of their UTF-16 code units."""
    if isinstance(value, list | tuple):
        return [_ordered(item) for item in value]
    if isinstance(value, dict):
        return {key: _ordered(value[key]) for key in sorted(value, key=_utf16)}
    return value


def _utf16(text: str) -> bytes:
    return text.encode("utf-16-be")
