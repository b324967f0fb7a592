"""Publish a release in a process of its own that is killed when it has made one given call.

python -m tests.versions.killed RELEASE MODULE ATTRIBUTE before|after
"""

import os
import signal
import sys
from collections.abc import Callable
from functools import reduce
from importlib import import_module
from pathlib import Path
from typing import Any

import django
from django.conf import settings


def _die(*_: Any) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _deadly(call: Callable[..., Any], moment: str) -> Callable[..., Any]:
    def deadly(*args: Any, **kwargs: Any) -> None:
        if moment == "after":
            call(*args, **kwargs)
        _die()

    return deadly


def main(release: str, module: str, attribute: str, moment: str) -> None:
    """Publish, and die on the way."""
    django.setup()
    settings.ERRATA_REPOS = Path(os.environ["ERRATA_REPOS"])
    from versions.services.publish_release import publish_release

    *path, name = attribute.split(".")
    owner = reduce(getattr, path, import_module(module))
    setattr(owner, name, _deadly(getattr(owner, name), moment))
    publish_release(int(release))


if __name__ == "__main__":
    main(*sys.argv[1:])
