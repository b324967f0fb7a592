"""Forms of what people send in. They check shape; the rules are the services'."""

import json
from collections.abc import Sequence
from typing import Any

from django import forms
from errata.answers import LETTERS, UNANSWERABLE_TEXT

from registry.models import Benchmark

HINTS = {
    "number": "A number, such as 12.5.",
    "integer": "A whole number, such as 4.",
    "date": "",
    "duration": "Weeks and days, such as 14 weeks 1 day, or days.",
    "choice": "",
    "text": "The answer as a text.",
}
KEYPADS = {"number": "decimal", "integer": "numeric"}


def answer_field(kind: str, choices: Sequence[str] = ()) -> forms.Field:
    """The field for an answer of a kind, as fingers and keyboards like it."""
    label, hint = "Right answer", HINTS[kind] + " Leave it empty if you do not know it."
    if kind == "choice" and 0 < len(choices) <= len(LETTERS):
        options = [("", "I do not know")]
        options += [
            (letter, f"{letter}. {text}") for letter, text in zip(LETTERS, choices, strict=False)
        ]
        return forms.ChoiceField(
            label=label, required=False, choices=options, widget=forms.RadioSelect
        )
    widget: forms.Widget = forms.TextInput(
        attrs={"autocomplete": "off", "inputmode": KEYPADS.get(kind, "text")}
    )
    if kind == "date":
        widget = forms.DateInput(attrs={"type": "date"})
    if kind == "text":
        widget = forms.Textarea(attrs={"rows": 2})
    return forms.CharField(
        label=label, required=False, max_length=2_000, widget=widget, help_text=hint.strip()
    )


class ReportForm(forms.Form):
    """What is wrong with one label, or without a `kind` with those of a whole group."""

    answer = forms.CharField(required=False)
    not_computable = forms.BooleanField(
        label="The question cannot be answered from what is given", required=False
    )
    category = forms.ChoiceField(label="What kind of error is it?", widget=forms.RadioSelect)
    rationale = forms.CharField(
        label="Why is the label wrong?",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="The expert who decides sees this, and it stays public with the outcome.",
    )
    quotes = forms.CharField(
        label="Where does it stand?",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3, "data-quotes": ""}),
        help_text="Sentences of the inputs that show it, word by word, one a line.",
    )
    places = forms.CharField(required=False, max_length=60_000, widget=forms.HiddenInput)
    evidence = forms.CharField(
        label="Other evidence",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="A citation, a link, a guideline.",
    )
    seen_in = forms.ChoiceField(label="Release you saw it in", required=False)
    affects_model = forms.BooleanField(
        label="A change of this label affects a model of mine", required=False
    )

    def __init__(
        self,
        benchmark: Benchmark,
        kind: str,
        versions: list[str],
        *args: Any,
        choices: Sequence[str] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.categories = list(benchmark.categories.filter(retired=False))
        self.fields["category"].choices = [(each.code, each.name) for each in self.categories]
        self.fields["seen_in"].choices = [("", "I do not know")] + [(v, v) for v in versions]
        if kind:
            self.fields["answer"] = answer_field(kind, choices)
        else:
            for name in ("answer", "not_computable", "quotes", "places"):
                del self.fields[name]
            self.fields["rationale"].label = "Why are all of these labels wrong?"

    def clean(self) -> dict[str, Any]:
        """An answer and 'not computable' exclude each other; quotes become spans."""
        given = super().clean() or {}
        if given.get("not_computable"):
            if given.get("answer", "").strip():
                self.add_error("answer", "Clear the answer, or untick that there is none.")
            given["answer"] = UNANSWERABLE_TEXT
        places = _places(given.pop("places", ""))
        lines = (line.strip() for line in given.pop("quotes", "").splitlines())
        given["spans"] = [places.get(line, {}) | {"text": line} for line in lines if line]
        return given

    def report(self) -> dict[str, Any]:
        """What `file_report` takes."""
        names = ("answer", "category", "rationale", "evidence", "seen_in", "spans", "affects_model")
        return {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}


class FindForm(forms.Form):
    """Which instance a report is about."""

    instance = forms.CharField(
        label="Which instance?",
        max_length=200,
        help_text="Its key, or the number of its row upstream as space:number.",
        widget=forms.TextInput(attrs={"autocomplete": "off"}),
    )


def _places(text: str) -> dict[str, dict[str, Any]]:
    """Where the script saw each quote; it only helps to tell equal sentences apart."""
    try:
        found = json.loads(text or "[]")
        return {
            str(each["text"]): {"input": str(each["input"]), "start": int(each["start"])}
            for each in found
        }
    except (ValueError, TypeError, KeyError):
        return {}
