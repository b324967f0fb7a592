"""A benchmark's git repository and DVC remote as plain files, so that no git server is needed.

Only what a clone or `dvc get` reads is named here: never the configuration, hooks or logs.
"""

import re
from pathlib import Path

from registry.errors import NotFound
from versions.publishers.dvc import has_folder_remote, remote_of, repository_of

_GIT = re.compile(
    r"HEAD|packed-refs|info/refs|refs/heads/main|refs/tags/v[0-9.]+|objects/info/packs"
    r"|objects/[0-9a-f]{2}/[0-9a-f]{38}|objects/pack/pack-[0-9a-f]{40}\.(pack|idx)",
    re.ASCII,
)
_DVC = re.compile(r"files/md5/[0-9a-f]{2}/[0-9a-f]{30}(\.dir)?", re.ASCII)


def git_file(slug: str, path: str) -> Path:
    """A file of the repository's .git that a clone reads, or NotFound."""
    return _file(repository_of(slug) / ".git", _GIT, path)


def dvc_file(slug: str, path: str) -> Path:
    """A file of the DVC remote, where that is a folder of this machine; else NotFound."""
    if not has_folder_remote():
        raise NotFound("The data of this hub lies elsewhere; the repository names the place.")
    return _file(Path(remote_of(slug)), _DVC, path)


def never_changes(path: str) -> bool:
    """Whether what stands under this path is addressed by its content."""
    return path.startswith(("objects/", "files/")) and not path.startswith("objects/info/")


def _file(folder: Path, allowed: re.Pattern[str], path: str) -> Path:
    file = folder / path
    if not allowed.fullmatch(path) or not file.is_file():
        raise NotFound("There is no such file in the repository.")
    return file
