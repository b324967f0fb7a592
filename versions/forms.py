"""The forms that cut a release and hold something back from it."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django import forms

from versions.notes import LONGEST
from versions.states import Bump
from versions.waiving import FIELDS

_NO_HELP = {"autocomplete": "off"}


class CutForm(forms.Form):
    """Version, notes, and where contested labels go out, which ones and why.

    `draft` is the digest of the draft that the page showed.
    """

    draft = forms.RegexField(
        r"^[0-9a-f]{64}$",
        widget=forms.HiddenInput,
        error_messages={"required": "Load the page again: it lost what it showed."},
    )
    bump = forms.ChoiceField(
        label="Version",
        required=False,
        choices=[("auto", "By what changed"), *((bump.value, bump.label) for bump in Bump)],
    )
    version = forms.CharField(
        label="Or name it",
        required=False,
        max_length=30,
        help_text="Three numbers such as 1.2.0, higher than the last.",
        widget=forms.TextInput(attrs=_NO_HELP),
    )
    waiver = forms.CharField(
        label="Why contested labels may go out",
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Needed for contested labels. It is published; they carry the tier contested.",
    )
    notes = forms.CharField(
        label="Notes",
        required=False,
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="Markdown on top of the changelog; headings from ### on.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["waiver"].sometimes_needed = True

    def offer(self, waivable: Mapping[str, Mapping[str, int]]) -> None:
        """Offer to waive only some of the contested labels, where they differ in something."""
        for name in FIELDS:
            counts = waivable[name].items()
            if len(counts) > 1:
                self.fields[f"waive_{name}"] = forms.MultipleChoiceField(
                    label=f"Only of this {name}",
                    required=False,
                    choices=[
                        (value, f"{value or 'none'} ({n})") for value, n in waivable[name].items()
                    ],
                    widget=forms.CheckboxSelectMultiple,
                )

    @property
    def filters(self) -> list[Any]:
        """The fields that say which contested labels are waived."""
        return [self[f"waive_{name}"] for name in FIELDS if f"waive_{name}" in self.fields]

    def order(self, usual: str) -> dict[str, Any]:
        """What the form asks `freeze_release` for; `usual` is the bump where none is chosen."""
        given = self.cleaned_data
        where = {name: self.data.getlist(f"waive_{name}") for name in FIELDS}
        return {
            "version": given["version"].strip(),
            "bump": given["bump"] or usual,
            "waiver": given["waiver"],
            "where": {name: values for name, values in where.items() if values},
            "notes": given["notes"],
            "expected": given["draft"],
        }


class HoldForm(forms.Form):
    """What to hold back, and why."""

    NAMES: ClassVar = ("decision", "group", "reason")

    decision = forms.CharField(
        label="Decision",
        required=False,
        max_length=26,
        help_text="Its id, as the changelog and the case name it.",
        widget=forms.TextInput(attrs=_NO_HELP),
    )
    group = forms.CharField(
        label="Or a whole group",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs=_NO_HELP),
    )
    reason = forms.CharField(
        label="Why?",
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="It is published with the release.",
    )
