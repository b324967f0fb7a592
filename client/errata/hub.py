"""Pulling releases from a hub: every byte is checked before anything is put in place.

The hub is named by `ERRATA_HUB` and, for what only members may see, `ERRATA_TOKEN` holds a token.
The hub's word on a release lists each file with its SHA-256; files come from the cache or, piece
by piece if the connection breaks, from the hub. A pinned release that is wholly in the cache can
be used without a network.
"""

import hashlib
import os
import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self
from urllib.parse import quote, urlsplit

import httpx

from errata.cache import Cache
from errata.errors import ErrataError
from errata.manifest import MANIFEST, File, InvalidManifest, read_files

LATEST = "latest"
PUBLISHED = "published"  # the status of a release that stands
ATTEMPTS = 3  # how often a file is taken up again where the connection broke
TIMEOUT = httpx.Timeout(30, connect=10)
_REFERENCE = re.compile(r"([a-z0-9][a-z0-9-]*)@([0-9A-Za-z](?:[0-9A-Za-z_/:+-]|\.(?!\.))*)")
# All but that and `latest` is a name that upstream gave.
_VERSION = re.compile(r"[0-9]+(?:\.[0-9]+){2}[0-9A-Za-z.+-]*")

Progress = Callable[[int], object]  # told the bytes received since it was last called


class PullError(ErrataError):
    """A release could not be pulled."""


@dataclass(frozen=True, slots=True)
class Release:
    """The hub's word on one release; `files` includes the manifest.

    Of a withdrawn one `reason` says why, and `instead` which version to use, if there is one.
    """

    benchmark: str
    version: str
    status: str
    files: tuple[File, ...]
    reason: str = ""
    instead: str = ""

    @property
    def manifest(self) -> File:
        """The manifest's own entry."""
        return next(file for file in self.files if file.path == MANIFEST)

    @property
    def data(self) -> dict[str, File]:
        """The files that hold rows, by split."""
        return {file.split: file for file in self.files if file.is_data}

    @classmethod
    def from_document(cls, document: object) -> Self:
        """Read the hub's answer; raises PullError where it cannot be trusted."""
        try:
            if not isinstance(document, dict):
                raise InvalidManifest("It is not an object.")
            files = read_files(document.get("files"))
            benchmark, version, status = (
                str(document.get(name) or "") for name in ("benchmark", "version", "status")
            )
            if not (benchmark and version and status):
                raise InvalidManifest("It lacks benchmark, version or status.")
            if not _VERSION.fullmatch(version):  # folders are named by it
                raise InvalidManifest(f"{version!r} is no version.")
            if not any(file.path == MANIFEST for file in files):
                raise InvalidManifest(f"It does not list {MANIFEST}.")
        except InvalidManifest as error:
            message = f"The hub's answer cannot be used. {error} Tell the hub's maintainers."
            raise PullError("bad_answer", message) from None
        told = document.get("withdrawal")
        gone = told if isinstance(told, dict) else {}
        words = (str(gone.get(name) or "") for name in ("reason", "instead"))
        return cls(benchmark, version, status, files, *words)


def newest_first(release: Release) -> list[int]:
    """What to sort releases of a benchmark by, so that the newest comes first."""
    return [-int(number) for number in re.findall(r"[0-9]+", release.version)[:3]]


def is_version(text: str) -> bool:
    """Whether a text is a version or `latest`; everything else is a name that upstream gave."""
    return text == LATEST or _VERSION.fullmatch(text) is not None


def split_reference(reference: str) -> tuple[str, str]:
    """Benchmark and version of `slug@1.1.0`, `slug@latest` or `slug@v1.0/test`, an upstream name.

    Raises PullError for other texts.
    """
    found = _REFERENCE.fullmatch(reference)
    if not found:
        message = f"{reference!r} names no release; write it like medcalc-bench@1.1.0 or …@latest."
        raise PullError("bad_reference", message, asked_wrongly=True)
    return found[1], found[2]


class Hub:
    """A connection to a hub, to be used in a `with` block."""

    def __init__(
        self, address: str | None = None, *, offline: bool = False, cache: Cache | None = None
    ) -> None:
        self.address = (address or os.environ.get("ERRATA_HUB", "")).rstrip("/")
        if not re.match(r"https?://[^/]", self.address):
            given = f"{self.address!r} is no address of a hub" if self.address else "No hub is set"
            message = f"{given}; set ERRATA_HUB to one like https://errata.example.org."
            raise PullError("no_hub", message, asked_wrongly=True)
        self.offline = offline
        self.cache = cache or Cache()
        token = os.environ.get("ERRATA_TOKEN")
        self._has_token = bool(token)
        headers = {"Accept-Encoding": "identity"}  # digests and ranges are those of the plain bytes
        if token:
            headers["Authorization"] = f"Bearer {token}"
        self._http = httpx.Client(headers=headers, timeout=TIMEOUT, follow_redirects=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._http.close()

    def release(self, slug: str, version: str) -> Release:
        """The hub's word on a release, named by version, upstream name or as latest; asked anew.

        A pinned release that was asked for before is known even while the hub is away. One that
        is no longer published is given with a warning.
        """
        address = self._address(slug, version)
        pinned = _VERSION.fullmatch(version) is not None
        document = self._document(address, f"{slug}@{version}", pinned=pinned)
        release = Release.from_document(document)
        name = f"{release.benchmark}@{release.version}"
        if release.benchmark != slug or (pinned and version != release.version):
            message = f"Asked for {slug}@{version} the hub spoke of {name}; tell its maintainers."
            raise PullError("bad_answer", message)
        if not pinned and (entry := self.cache.recall(address)):
            self.cache.remember(self._address(slug, release.version), entry)
        if release.status != PUBLISHED:
            why = release.reason or f"see {self.address} for why, and for others."
            use = f" Use {release.benchmark}@{release.instead} instead." if release.instead else ""
            message = f"{name} is {release.status}: {why}{use}"
            warnings.warn(message, stacklevel=2)
        return release

    def cached_releases(self) -> list[Release]:
        """The releases of this hub that were asked for by version, as they were then."""
        start = f"{self.address}/api/v1/benchmarks/"
        found = []
        for address, document in self.cache.answers():
            if address.startswith(start) and _VERSION.match(address.split("/")[-2]):
                with suppress(PullError):  # the cache is never trusted
                    found.append(Release.from_document(document))
        return found

    def document(self, path: str, what: str) -> dict[str, Any]:
        """An answer of the API that is not kept; `path` starts below /api/v1/.

        Looking up a field that it lacks, there or further inside, raises PullError.
        """
        return self._answer("GET", path, what)

    def listed(self, path: str, what: str) -> Iterator[dict[str, Any]]:
        """Every page of a list of the API; pages lie at this hub, whatever it calls itself."""
        here: str | None = path
        while here is not None:
            page = self._answer("GET", here, what)
            rows = page["results"]
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise self._unknown_form(what, "results")
            yield page
            query = urlsplit(str(page.get("next") or "")).query
            here = f"{path.partition('?')[0]}?{query}" if query else None

    def send(self, path: str, what: str, form: dict[str, Any]) -> dict[str, Any]:
        """Send a form to the API; a refusal is raised with the hub's own words."""
        return self._answer("POST", path, what, form)

    def _answer(
        self, method: str, path: str, what: str, form: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        if self.offline:
            raise self._not_here(what)
        try:
            response = self._http.request(method, f"{self.address}/api/v1/{path}", json=form)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise self._unreachable(error) from None
        form_of = partial(_Answer, lacking=partial(self._unknown_form, what))
        try:
            document = response.json(object_hook=form_of)
        except ValueError:
            document = None
        self._check(response, what, document)
        if not isinstance(document, dict):
            message = f"{self.address} gave no object for {what}; is it the address of a hub?"
            raise PullError("bad_answer", message)
        return document

    def _document(self, address: str, what: str, *, pinned: bool) -> object:
        known = self.cache.recall(address) or {}
        if self.offline:
            if known and pinned:
                return known.get("document")
            raise self._not_here(what)
        etag = known.get("etag")
        try:
            response = self._http.get(address, headers={"If-None-Match": etag} if etag else {})
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            if known and pinned:
                return known.get("document")
            raise self._unreachable(error) from None
        if response.status_code == httpx.codes.NOT_MODIFIED and known:
            return known.get("document")
        try:
            document = response.json()
        except ValueError:
            document = None
        self._check(response, what, document)
        if document is None:
            return None
        self.cache.remember(address, {"etag": response.headers.get("etag"), "document": document})
        return document

    def fetch(self, release: Release, file: File, progress: Progress) -> tuple[Path, bool]:
        """A checked copy of a release's file in the cache, and whether it came from the hub now."""
        if cached := self.cache.find(file):
            progress(file.size)
            return cached, False
        if self.offline:
            raise self._not_here(f"{release.benchmark}@{release.version}: {file.path}")
        address = self._address(release.benchmark, release.version) + f"files/{quote(file.path)}"
        with self.cache.writing(file) as stream:
            self._fill(address, file, _Incoming(stream, progress))
        return self.cache.path_of(file), True

    def _fill(self, address: str, file: File, incoming: "_Incoming") -> None:
        """Receive what is missing of a file and check the whole of it."""
        if incoming.size >= file.size:
            incoming.restart()
        goes_on = incoming.size > 0
        self._download(address, file, incoming)
        if goes_on and incoming.sha256 != file.sha256:  # what was kept from before was damaged
            incoming.restart()
            self._download(address, file, incoming)
        if incoming.size != file.size or incoming.sha256 != file.sha256:
            message = (
                f"{file.path}: the hub sent {incoming.size} bytes with SHA-256 {incoming.sha256}, "
                f"but the release has {file.size} bytes with SHA-256 {file.sha256}. Nothing was "
                "put in place; pull again, and if it stays so, tell the hub's maintainers and do "
                "not use this copy."
            )
            incoming.restart()
            raise PullError("changed_bytes", message)

    def _download(self, address: str, file: File, incoming: "_Incoming") -> None:
        """Receive a whole file, taking it up again where the connection broke."""
        problem: object = "the answer ended early"
        for _ in range(ATTEMPTS):
            try:
                self._receive(address, file, incoming)
            except httpx.HTTPError as error:
                problem = error
            if incoming.size >= file.size:
                break
        if incoming.size < file.size:
            kept = f"{incoming.size} of {file.size} bytes of {file.path} are here and kept"
            raise self._unreachable(problem, kept)

    def _receive(self, address: str, file: File, incoming: "_Incoming") -> None:
        """Receive what is still missing of a file; stops once more arrives than it holds."""
        start = incoming.size
        headers = {"Range": f"bytes={start}-", "If-Range": f'"{file.sha256}"'} if start else {}
        with self._http.stream("GET", address, headers=headers) as response:
            self._check(response, file.path)
            if start and response.status_code != httpx.codes.PARTIAL_CONTENT:
                incoming.restart()
            for piece in response.iter_raw():
                incoming.add(piece)
                if incoming.size > file.size:
                    return

    def _check(self, response: httpx.Response, what: str, document: object = None) -> None:
        """Raise PullError for a refusal, with the hub's own words where `document` holds some."""
        code = response.status_code
        if code < 300:
            return
        told = document if isinstance(document, dict) else {}
        said = str(told.get("message") or "")
        if code == httpx.codes.NOT_FOUND:
            said = said or f"{self.address} has no {what}; look for the name and version there."
            hint = "" if self._has_token else " Set ERRATA_TOKEN if only members may see it."
            raise PullError("not_found", said + hint, asked_wrongly=True)
        if code == httpx.codes.UNAUTHORIZED or (code == httpx.codes.FORBIDDEN and not said):
            how = "renew the token in" if self._has_token else "set your token as"
            message = f"{self.address} asks who you are ({what}); {how} ERRATA_TOKEN."
            raise PullError(str(told.get("code") or "not_allowed"), message, asked_wrongly=True)
        if code < 500 and code != httpx.codes.TOO_MANY_REQUESTS and said:
            raise PullError(str(told.get("code") or "refused"), said, asked_wrongly=True)
        message = f"{self.address} answered {code} when asked for {what}; try again later."
        raise PullError("hub_failed", message)

    def _unreachable(self, problem: object, got: str = "nothing arrived") -> PullError:
        message = (
            f"{self.address} could not be reached or broke off ({problem}): {got}. "
            "Check ERRATA_HUB and your network, then try again."
        )
        return PullError("unreachable", message)

    def _unknown_form(self, what: str, field: str) -> PullError:
        message = (
            f"{self.address} is no Errata hub of a version that this command knows: its {what} "
            f"has no usable {field!r}. Check ERRATA_HUB, or use a newer errata."
        )
        return PullError("bad_answer", message)

    def _not_here(self, what: str) -> PullError:
        message = (
            f"{what} is not in the cache, and --offline asks nobody. Pull it once with a network; "
            "offline a release is named by its version, not as latest."
        )
        return PullError("not_cached", message)

    def _address(self, slug: str, version: str) -> str:
        if not is_version(version):
            releases = f"{self.address}/api/v1/benchmarks/{slug}/releases/"
            return f"{releases}named/?name={quote(version, safe='')}"
        return f"{self.address}/api/v1/benchmarks/{slug}/releases/{quote(version)}/"


class _Answer(dict[str, Any]):
    """An object in an answer of the hub, which says so itself where a field is missing."""

    def __init__(self, told: dict[str, Any], lacking: Callable[[str], PullError]) -> None:
        super().__init__(told)
        self._lacking = lacking

    def __missing__(self, field: str) -> Any:
        raise self._lacking(field)


class _Incoming:
    """Bytes on their way into a file, counted and digested with those that it held before."""

    def __init__(self, stream: IO[bytes], progress: Progress) -> None:
        self._stream = stream
        self._progress = progress
        stream.seek(0)
        self._digest = hashlib.file_digest(stream, "sha256")  # type: ignore[arg-type]
        self.size = stream.tell()
        progress(self.size)

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def add(self, piece: bytes) -> None:
        self._stream.write(piece)
        self._digest.update(piece)
        self.size += len(piece)
        self._progress(len(piece))

    def restart(self) -> None:
        self._stream.seek(0)
        self._stream.truncate()
        self._digest = hashlib.sha256()
        self._progress(-self.size)
        self.size = 0
