"""Make a benchmark, and keep its preset and categories up to date."""

from django.db import transaction
from django.db.models import ProtectedError
from django.utils.text import slugify

from registry.errors import InvalidInput
from registry.events import record
from registry.lengths import require_fits
from registry.models import Benchmark, Category, User, Visibility
from registry.permissions import require_staff
from registry.presets import Preset


@transaction.atomic
def create_benchmark(
    *,
    actor: User,
    slug: str,
    preset: Preset,
    title: str = "",
    licence: str = "",
    visibility: str = Visibility.PUBLIC,
) -> Benchmark:
    """Make an empty benchmark; what is not given comes from the preset."""
    require_staff(actor, "create a benchmark")
    licence = licence or preset.benchmark.get("licence", "")
    if slug != slugify(slug):
        raise InvalidInput(
            f"'{slug}' cannot name a benchmark; use lower-case letters, digits and hyphens, "
            f"as in {slugify(slug) or 'my-benchmark'}."
        )
    require_fits(Benchmark, slug=slug, title=title, licence=licence)
    if not licence:
        raise InvalidInput(
            "A new benchmark needs a licence: give its SPDX identifier with --licence.",
            code="licence_missing",
        )
    check_visibility(visibility)
    if Benchmark.objects.filter(slug=slug).exists():
        raise InvalidInput(f"There is a benchmark '{slug}' already; choose another name.")
    benchmark = Benchmark.objects.create(
        slug=slug,
        title=title or preset.benchmark.get("title", slug),
        licence=licence,
        citation=preset.benchmark.get("citation", ""),
        upstream_url=preset.benchmark.get("upstream_url", ""),
        intended_use=preset.benchmark.get("intended_use", ""),
        visibility=visibility,
        preset=preset.text,
    )
    sync_categories(benchmark, preset)
    record(
        "benchmark.created",
        actor=actor,
        benchmark=benchmark,
        subject=("benchmark", slug),
        data={"licence": licence, "preset": preset.name},
    )
    return benchmark


def check_visibility(visibility: str) -> None:
    """Refuse what is no visibility."""
    if visibility not in Visibility.values:
        raise InvalidInput(
            f"'{visibility}' is no visibility; choose one of {', '.join(Visibility.values)}."
        )


def sync_categories(benchmark: Benchmark, preset: Preset) -> None:
    """Bring the categories in line with a preset; a used code is retired, never removed."""
    for position, (code, sentence) in enumerate(preset.categories.items()):
        Category.objects.update_or_create(
            benchmark=benchmark,
            code=code,
            defaults={"sentence": sentence, "position": position, "retired": False},
        )
    for category in benchmark.categories.exclude(code__in=preset.categories):
        try:
            with transaction.atomic():
                category.delete()
        except ProtectedError:
            category.retired = True
            category.save(update_fields=["retired"])
