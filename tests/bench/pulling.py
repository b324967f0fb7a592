"""Pull of a release of more than 50 MB from a live hub against a copy of the same files."""

import os
import shutil
import time
from pathlib import Path

from django.conf import settings
from errata.pulling import pull

from config.serve import Hub
from tests.bench.result import Result


def measure(folder: Path) -> list[Result]:
    """A cold cache, every digest checked; the copy checks nothing."""
    os.environ["ERRATA_CACHE"] = str(folder / "cache")
    os.environ["ERRATA_KNOWN_KEYS"] = str(folder / "known_keys.json")
    with Hub(home=Path(settings.ERRATA_HOME), port=0) as hub:
        start = time.perf_counter()
        pulled = pull("bench@latest", folder / "pulled", hub=hub.url)
        ours = time.perf_counter() - start
    size = sum(file.size for file in pulled.release.files)
    start = time.perf_counter()
    shutil.copytree(pulled.path, folder / "copied")
    theirs = time.perf_counter() - start
    return [
        Result(
            what=f"pull of {size / 1e6:.0f} MB",
            ours=ours,
            peer="copy of the files",
            theirs=theirs,
            aim="",
            note=f"{size / 1e6 / ours:.0f} MB/s, every digest checked",
        )
    ]
