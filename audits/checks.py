"""System checks: a panel that is not there, or cannot be used, is said when a process starts."""

from typing import Any

from django.conf import settings
from django.core import checks

from audits.panel import load_panel
from registry.errors import InvalidInput


@checks.register()
def the_panel_can_be_used(**kwargs: Any) -> list[checks.Error]:
    """Report a panel that the environment names and that is missing, or one that is bad."""
    path = settings.ERRATA_PANEL
    if not path.is_file() and path != settings.ERRATA_HOME / "panel.toml":
        told = f"ERRATA_PANEL names {path}, and there is no such file."
        return [checks.Error(told, hint="Write it, or unset ERRATA_PANEL.", id="errata.E002")]
    try:
        load_panel(path)
    except InvalidInput as error:
        return [checks.Error(error.message, id="errata.E003")]
    return []
