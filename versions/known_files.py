"""Which files releases have: looked up once, so that pulling a public release costs no query."""

from collections.abc import Callable
from dataclasses import dataclass

from django.core.cache import cache
from errata.manifest import digest_of

from registry.models import Benchmark, Visibility
from registry.permissions import Reader
from registry.remembering import remembered
from registry.selectors import get_benchmark
from versions.selectors import artifact, get_release

# A benchmark that stops being public may be served for so long by who looked it up before.
SECONDS = 60


@dataclass(frozen=True, slots=True)
class KnownFile:
    """A file of a published release: where it belongs, SHA-256, size in bytes, who may keep it."""

    slug: str
    version: str
    path: str
    sha256: str
    size: int
    public: bool


def is_public(slug: str, reader: Callable[[], Reader]) -> bool:
    """Whether everybody may read a benchmark; NotFound where it is not for this reader.

    Who asks is found out only where that is not known, since it may take queries of its own.
    """
    key = "public:" + digest_of(slug)
    if cache.get(key):
        return True
    public = get_benchmark(slug, reader()).visibility == Visibility.PUBLIC
    if public:
        cache.set(key, True, SECONDS)
    return public


def known_file(reader: Reader, slug: str, version: str, path: str) -> KnownFile:
    """The file for whom its benchmark is visible; NotFound for what is not there or not for them.

    Files of releases never change, so after the first time only who may see them is looked up.
    """
    public = is_public(slug, lambda: reader)
    place = (slug, version, path)
    sha256, size = remembered(["file", *place], lambda: _looked_up(*place))
    return KnownFile(*place, sha256, size, public)


def _looked_up(slug: str, version: str, path: str) -> tuple[str, int]:
    found = artifact(get_release(Benchmark.objects.get(slug=slug), version), path)
    return found.sha256, found.size
