"""Which files releases have: looked up once, so that pulling a public release costs no query."""

from dataclasses import dataclass

from django.core.cache import cache
from errata.manifest import digest_of

from registry.models import Visibility
from registry.permissions import Reader
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


def known_file(reader: Reader, slug: str, version: str, path: str) -> KnownFile:
    """The file for whom its benchmark is visible; NotFound for what is not there or not for them.

    Only what everybody may read is remembered.
    """
    key = "released:" + digest_of([slug, version, path])
    known: KnownFile | None = cache.get(key)
    if known is None:
        benchmark = get_benchmark(slug, reader)
        found = artifact(get_release(benchmark, version), path)
        public = benchmark.visibility == Visibility.PUBLIC
        known = KnownFile(benchmark.slug, version, path, found.sha256, found.size, public)
        if public:
            cache.set(key, known, SECONDS)
    return known
