"""CHANGELOG.md has the headings of Keep a Changelog, and is read back without a hub."""

import re
from typing import Any

from errata.reasons import reasons

from versions.changelog import render_changelog

STANDARD = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
ENTRY: dict[str, Any] = {
    "key": "",
    "group": "g",
    "change": "changed",
    "label_changed": False,
    "before": "1",
    "after": "2",
    "limits_changed": False,
    "inputs_changed": False,
    "kind_changed": False,
    "category": "",
    "reason": "It was 2.",
    "source": "",
    "reports": [],
    "decision": "",
}
CHANGES = {"label_changes": 1, "revised": 2, "added": 1, "removed": 1, "inputs_changed": 1}
RELEASE = {
    "version": "2.0.0",
    "date": "2026-03-01",
    "bump": "major",
    "waiver": "",
    "previous": "1.0.0",
    "notes": "Read this.",
    "waived": {"labels": 0},
    "comparability": None,
    "counts": {"instances": 9, "changes": CHANGES},
    "changelog": [
        ENTRY | {"key": "wrong", "label_changed": True},
        ENTRY | {"key": "reworded", "change": "identical", "inputs_changed": True},
        ENTRY | {"key": "gone", "after": ""},
    ],
    "added": ["new"],
    "tier_moves": {"unreviewed → expert": 3},
    "held": [{"decision": "", "group": "h", "labels": 2, "reason": "One more look"}],
    "credits": [{"name": "Ada", "reports": 1}],
    "sources": [],
}


def test_headings_are_those_of_keep_a_changelog() -> None:
    """Each change stands below its own; whatever is no change stands above them all."""
    above, *found = re.split(r"^### ", render_changelog("Tea", [RELEASE]), flags=re.MULTILINE)
    sections = dict(part.split("\n\n", 1) for part in found)
    assert list(sections) == [name for name in STANDARD if name in sections]
    assert sections["Added"].strip() == "`new`."
    assert sections["Changed"].startswith("- `reworded` (g): 1 → 2 (same answer). The inputs were")
    assert sections["Changed"].endswith(
        "\n\nLooked at again, label unchanged:\n\n- unreviewed → expert: 3\n\n"
    )
    assert sections["Removed"].startswith("- `gone` (g): 1 → removed.")
    assert sections["Fixed"] == "- `wrong` (g): 1 → 2 (changed). It was 2.\n"
    places = [above.index(text) for text in ("A major release", "Read this.", "Held back:\n\n- h")]
    assert places == sorted(places)
    assert above.endswith("Thanks to:\n\n- Ada: 1 accepted report\n\n")


def test_reasons_are_read_from_what_hubs_write_and_wrote() -> None:
    for standard in (True, False):
        log = render_changelog("Tea", [RELEASE], standard=standard)
        assert ("### Fixed" in log) == standard
        assert ("### Label changes" in log) != standard
        told = reasons(log, "1.0.0", "2.0.0")
        assert told["wrong"] == "2.0.0: It was 2."
        assert told.keys() == {"wrong", "reworded", "gone"}
