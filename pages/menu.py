"""What maintainers do with a benchmark: one menu, behind one tab."""

from django.urls import reverse

from registry.models import Benchmark

# The tab that a page names, which is also the name of its address, and what the menu calls it.
MAINTAIN = (
    ("dashboard", "Dashboard"),
    ("draft", "Next release"),
    ("import", "Import"),
    ("policy", "Policy"),
    ("contract", "Answer contract"),
    ("schedule", "Audit schedule"),
    ("members", "Members"),
    ("moderation", "Moderation"),
)


def maintainers_menu(benchmark: Benchmark) -> list[tuple[str, str, str]]:
    """Tab, title and address of each page for maintainers."""
    return [(name, title, reverse(name, args=[benchmark.slug])) for name, title in MAINTAIN]
