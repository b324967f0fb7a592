"""Forms of what people send in. They check shape; the rules are the services'."""

from typing import Any

from django import forms
from errata.answers import UNANSWERABLE_TEXT

from registry.models import Benchmark

HINTS = {
    "number": "A number, such as 12.5.",
    "integer": "A whole number, such as 4.",
    "date": "A date, such as 2024-03-31 or 03/31/2024.",
    "duration": "Weeks and days, such as 14 weeks 1 day, or days.",
    "choice": "One of the choices: its letter or its text.",
    "text": "The answer as a text.",
}


class ReportForm(forms.Form):
    """What is wrong with one label."""

    answer = forms.CharField(
        label="Right answer",
        required=False,
        max_length=2_000,
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
    not_computable = forms.BooleanField(
        label="The question cannot be answered from what is given", required=False
    )
    category = forms.ChoiceField(label="What kind of error is it?", widget=forms.RadioSelect)
    rationale = forms.CharField(
        label="Why is the label wrong?",
        max_length=20_000,
        widget=forms.Textarea,
        help_text="The expert who decides sees this, and it stays public with the outcome.",
    )
    evidence = forms.CharField(
        label="Evidence",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="A citation, a link, the sentence in the note.",
    )
    seen_in = forms.ChoiceField(label="Release you saw it in", required=False)

    def __init__(
        self, benchmark: Benchmark, kind: str, versions: list[str], *args: Any, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.categories = list(benchmark.categories.filter(retired=False))
        self.fields["category"].choices = [(each.code, each.name) for each in self.categories]
        self.fields["answer"].help_text = HINTS[kind] + " Leave it empty if you do not know it."
        self.fields["seen_in"].choices = [("", "I do not know")] + [(v, v) for v in versions]

    def clean(self) -> dict[str, Any]:
        """An answer and 'not computable' exclude each other."""
        given = super().clean() or {}
        if given.get("not_computable"):
            if given.get("answer", "").strip():
                self.add_error("answer", "Clear the answer, or untick that there is none.")
            given["answer"] = UNANSWERABLE_TEXT
        return given


class FindForm(forms.Form):
    """Which instance a report is about."""

    instance = forms.CharField(
        label="Which instance?",
        max_length=200,
        help_text="Its key, or the number of its row upstream as space:number.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )
