"""One git + DVC repository per benchmark: data in DVC, all else in git, a tag per version.

Every date is the release's, and a commit follows from the release and the commit before alone, so
that a call which finishes a killed one, or makes a lost repository anew, comes to the same commit.
"""

import logging
import os
import shutil
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

from django.conf import settings
from errata.manifest import MANIFEST, File

from registry.errors import Immutable
from versions.publishers.base import Package

IDENTITY = b"Errata <errata@localhost>"
BRANCH = b"refs/heads/main"
REMOTE = "hub"  # as readers know it, for ever as it was when the release was frozen
_STORE = "store"  # as this machine knows it now
_FILE = 0o100644
# What readers need besides the address to find an S3-compatible store; the rest may be secret.
_PUBLIC_OPTIONS = ("endpointurl", "region", "allow_anonymous_login")
_ADDRESSES = ("url", "endpointurl")
_DVC_GITIGNORE = "/config.local\n/tmp\n/cache\n"


class DvcPublisher:
    """Ships to the repository of a benchmark and its DVC remote."""

    def has_shipped(self, slug: str, version: str) -> bool:
        """Whether the version's tag is there; it is set last."""
        path = repository_of(slug)
        if not (path / ".git").is_dir():
            return False
        with _git(path) as git:
            return _tag(version) in git.refs

    def ship(self, package: Package) -> None:
        """Add, push, commit, tag."""
        path = repository_of(package.slug)
        _prepare(path, package)
        _remove_stale_locks(path)
        with _git(path) as git:
            if _tag(package.version) in git.refs:
                _require_same(git, package)
                return
            plain = _add_data(path, package)
            commit = _commit(git, package, plain)
            _check_out(git, commit)
            _set_tag(git, package, commit)
            _tell_plain_http(git)


def repository_of(slug: str) -> Path:
    """The folder of a benchmark's repository."""
    return settings.ERRATA_REPOS / slug


def remote_of(slug: str) -> str:
    """Where DVC puts a benchmark's data: one place per benchmark, so that each has its readers."""
    if has_folder_remote():
        return str(Path(settings.ERRATA_DVC_REMOTE, slug))
    url = urlsplit(settings.ERRATA_DVC_REMOTE)
    return urlunsplit(url._replace(path=f"{url.path.rstrip('/')}/{slug}"))


def has_folder_remote() -> bool:
    """Whether the remote is a folder of this machine, which the hub then serves itself."""
    return "://" not in settings.ERRATA_DVC_REMOTE


def _remote(slug: str) -> dict[str, str]:
    """The remote as DVC is told of it: an S3 address has DVC's options for it as its query."""
    address = remote_of(slug)
    url = urlsplit(address)
    if url.scheme != "s3":
        return {"url": address}
    return dict(parse_qsl(url.query)) | {"url": urlunsplit(url._replace(query=""))}


def public_remote(slug: str, hub: str) -> dict[str, str]:
    """The remote as a repository tells its readers: never a path of this machine or a secret."""
    if has_folder_remote():
        return {"url": f"{hub}/dvc/{slug}"}
    told = _remote(slug)
    public = {name: told[name] for name in ("url", *_PUBLIC_OPTIONS) if name in told}
    return public | {name: _place(public[name]) for name in _ADDRESSES if name in public}


def _place(address: str) -> str:
    """An address without the name and password that may stand in it, and without a query."""
    url = urlsplit(address)
    return urlunsplit((url.scheme, url.netloc.rpartition("@")[2], url.path, "", ""))


@contextmanager
def _git(path: Path) -> Iterator[Any]:
    from dulwich.repo import Repo

    with Repo(str(path)) as git:
        yield git


def _prepare(path: Path, package: Package) -> None:
    """Make the repository, whole or not at all, and write where its data is."""
    from dulwich.repo import Repo

    if not (path / ".git").is_dir():
        fresh = path.with_name(f"{package.slug}.new")
        shutil.rmtree(fresh, ignore_errors=True)
        fresh.mkdir(parents=True)
        Repo.init(str(fresh), default_branch=b"main").close()
        fresh.rename(path)
    (path / ".dvc").mkdir(exist_ok=True)
    quiet = {"analytics": "false", "check_update": "false"}
    local = _config(quiet, _STORE, _remote(package.slug))
    _write(path / ".dvc/config.local", local, mode=0o600)
    for name, text in _dvc_files(package.remote).items():
        _write(path / name, text)


def _dvc_files(remote: Mapping[str, str]) -> dict[str, str]:
    return {
        ".dvc/config": _config({"remote": REMOTE}, REMOTE, remote),
        ".dvc/.gitignore": _DVC_GITIGNORE,
        ".dvcignore": "",
    }


def _config(core: dict[str, str], name: str, remote: Mapping[str, str]) -> str:
    """The text of a DVC configuration; the library quotes signs such as a comma in an address."""
    from configobj import ConfigObj

    config = ConfigObj(indent_type="    ", interpolation=False)
    config["core"], config[f'remote "{name}"'] = core, dict(remote)
    return "\n".join(config.write()) + "\n"


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    partial = path.with_name(f"{path.name}.new")
    with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "w") as file:
        file.write(text)
    partial.replace(path)


def _remove_stale_locks(path: Path) -> None:
    """A killed process leaves these behind; under our own lock nobody else can hold them."""
    (path / ".dvc/tmp/rwlock").unlink(missing_ok=True)
    for lock in (path / ".git").rglob("*.lock"):
        lock.unlink(missing_ok=True)


def _add_data(path: Path, package: Package) -> dict[str, bytes]:
    """Put the data into DVC and its remote; return what is left for git, by path."""
    data = [file for file in package.files if file.path.startswith("data/")]
    shutil.rmtree(path / "data", ignore_errors=True)
    for file in data:
        (path / file.path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(package.folder / file.path, path / file.path)
    ignored = _ignored(data)
    for name, text in ignored.items():
        _write(path / name, text)
    targets = [str(path / file.path) for file in data]
    with _dvc(path) as dvc:
        dvc.add(targets)
        dvc.push(targets, remote=_STORE)
    plain = {file.path: package.folder / file.path for file in package.files if file not in data}
    plain |= {f"{file.path}.dvc": path / f"{file.path}.dvc" for file in data}
    texts = _dvc_files(package.remote) | ignored
    return {name: source.read_bytes() for name, source in plain.items()} | {
        name: text.encode() for name, text in texts.items()
    }


def _ignored(data: list[File]) -> dict[str, str]:
    """What git leaves to DVC, in a file for each folder."""
    names: dict[str, str] = {}
    for file in data:
        folder, _, name = file.path.rpartition("/")
        ignore = f"{folder}/.gitignore"
        names[ignore] = names.get(ignore, "") + f"/{name}\n"
    return names


@contextmanager
def _dvc(path: Path) -> Iterator[Any]:
    """The repository as DVC sees it. Imported here: it is slow, and only workers need it."""
    os.environ.setdefault("DVC_NO_ANALYTICS", "1")
    os.environ.setdefault("DVC_SITE_CACHE_DIR", str(settings.ERRATA_HOME / "dvc-site"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # its own libraries' affair
        from dvc.repo import Repo

        logging.getLogger("dvc").setLevel(logging.WARNING)  # it tells what to type next
        with Repo(str(path)) as dvc:
            yield dvc


def _commit(git: Any, package: Package, plain: dict[str, bytes]) -> bytes:
    """The commit of this release on top of the one before, whether or not it is there already."""
    from dulwich.index import commit_tree
    from dulwich.objects import Blob, Commit

    blobs = []
    for name, body in sorted(plain.items()):
        blob = Blob.from_string(body)
        git.object_store.add_object(blob)
        blobs.append((name.encode(), blob.id, _FILE))
    commit = Commit()
    commit.tree = commit_tree(git.object_store, blobs)
    commit.parents = [git.get_peeled(_tag(package.previous))] if package.previous else []
    commit.author = commit.committer = IDENTITY
    commit.author_time = commit.commit_time = int(package.frozen_at.timestamp())
    commit.author_timezone = commit.commit_timezone = 0
    commit.encoding = b"UTF-8"
    commit.message = f"{package.title} {package.version}\n".encode()
    git.object_store.add_object(commit)
    return commit.id


def _check_out(git: Any, commit: bytes) -> None:
    git.refs[BRANCH] = commit
    git.refs.set_symbolic_ref(b"HEAD", BRANCH)
    git.get_worktree().reset_index(git[commit].tree)


def _set_tag(git: Any, package: Package, commit: bytes) -> None:
    from dulwich.objects import Tag

    tag = Tag()
    tag.tagger = IDENTITY
    tag.message = f"{package.title} {package.version}\n".encode()
    tag.name = f"v{package.version}".encode()
    tag.object = (type(git[commit]), commit)
    tag.tag_time = int(package.frozen_at.timestamp())
    tag.tag_timezone = 0
    git.object_store.add_object(tag)
    git.refs[_tag(package.version)] = tag.id


def _tell_plain_http(git: Any) -> None:
    """Have a plain file server suffice for `git clone`; missing after a kill, written next time."""
    from dulwich.server import update_server_info

    update_server_info(git)


def _require_same(git: Any, package: Package) -> None:
    from dulwich.object_store import tree_lookup_path

    tree = git[git.get_peeled(_tag(package.version))].tree
    with suppress(KeyError):
        _, blob = tree_lookup_path(git.get_object, tree, MANIFEST.encode())
        if git[blob].data == (package.folder / MANIFEST).read_bytes():
            _tell_plain_http(git)
            return
    raise Immutable(
        f"The repository of {package.slug} has another {package.version} under that tag. Find out "
        "who set it; a published version is never replaced.",
        code="other_tag",
    )


def _tag(version: str) -> bytes:
    return f"refs/tags/v{version}".encode()
