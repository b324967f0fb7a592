"""The form that cuts a release."""

from typing import Any

from django import forms

from versions.states import Bump


class CutForm(forms.Form):
    """Version and, where contested labels go out, the reason why."""

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
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    waiver = forms.CharField(
        label="Why contested labels may go out",
        required=False,
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Needed for contested labels. It is published; they carry the tier contested.",
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["waiver"].sometimes_needed = True
