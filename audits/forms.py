"""Forms of cases and audits. They check shape; the rules are the services'."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime, time
from typing import Any

from django import forms
from errata.manifest import digest_of

from audits.choosing import choose
from audits.money import read_amount
from audits.services.preview_ruling import Settled
from audits.states import First, Outcome
from registry.errors import InvalidInput, WrongState
from registry.models import Benchmark

_NO_HELP = {"autocomplete": "off"}


# Which keys a touch screen shows for an answer; the rest get all of them.
_KEYS = {"number": "decimal", "integer": "numeric"}
SURENESS = (("", "Choose …"), ("0.95", "sure"), ("0.75", "rather sure"), ("0.5", "a guess"))


def _categories(benchmark: Benchmark, empty: str = "Choose …") -> list[tuple[str, str]]:
    named = benchmark.categories.filter(retired=False)
    return [("", empty), *((each.code, each.name) for each in named)]


class FirstForm(forms.Form):
    """An expert's answer before anything but the inputs and the guide is shown."""

    outcome = forms.ChoiceField(
        label="From what you read", choices=First.choices, widget=forms.RadioSelect
    )
    answer = forms.CharField(
        label="Your answer", required=False, max_length=2_000,
        widget=forms.TextInput(attrs=_NO_HELP),
    )  # fmt: skip
    lower = forms.CharField(
        label="Lowest", required=False, max_length=200, widget=forms.TextInput(attrs=_NO_HELP)
    )
    upper = forms.CharField(
        label="Highest", required=False, max_length=200, widget=forms.TextInput(attrs=_NO_HELP)
    )
    confidence = forms.ChoiceField(label="How sure are you?", required=False, choices=SURENESS)
    category = forms.ChoiceField(label="A fault of the item itself?", required=False)
    rationale = forms.CharField(
        label="Why?",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="What you went by. It is filled in when you decide.",
    )
    entities = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput)

    def __init__(self, benchmark: Benchmark, kind: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = _categories(benchmark, "none that I see")
        _set_keys(self, kind)
        for name in ("answer", "lower", "upper"):
            self.fields[name].sometimes_needed = True

    def clean_confidence(self) -> float | None:
        """As a share."""
        said = self.cleaned_data["confidence"]
        return float(said) if said else None


def _set_keys(form: forms.Form, kind: str) -> None:
    for name in ("answer", "lower", "upper"):
        if kind in _KEYS:
            form.fields[name].widget.attrs["inputmode"] = _KEYS[kind]


class LeaveForm(forms.Form):
    """Why an expert leaves a case to others."""

    leave_reason = forms.CharField(
        label="Why do you leave it?",
        required=False,
        max_length=2_000,
        widget=forms.TextInput(attrs=_NO_HELP),
    )


class DecisionForm(forms.Form):
    """An expert's decision. What it would write is shown before it is saved."""

    outcome = forms.ChoiceField(
        label="Your decision", choices=Outcome.choices, widget=forms.RadioSelect
    )
    answer = forms.CharField(
        label="Right answer",
        required=False,
        max_length=2_000,
        widget=forms.TextInput(attrs=_NO_HELP),
        help_text="For “another answer” and “a range”. It gets limits by the benchmark's rule.",
    )
    lower = forms.CharField(
        label="Lower limit", required=False, max_length=200, widget=forms.TextInput(attrs=_NO_HELP)
    )
    upper = forms.CharField(
        label="Upper limit", required=False, max_length=200, widget=forms.TextInput(attrs=_NO_HELP)
    )
    limits_reason = forms.CharField(
        label="Why other limits than the rule's?",
        required=False,
        max_length=2_000,
        widget=forms.TextInput(attrs=_NO_HELP),
    )
    category = forms.ChoiceField(
        label="Kind of error", required=False, help_text="Needed unless the label is right."
    )
    rationale = forms.CharField(
        label="Why?",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 5}),
        help_text="It goes into the public history and is the answer to everybody who reported it.",
    )
    entities = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput)

    def __init__(self, benchmark: Benchmark, *args: Any, kind: str = "", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = _categories(benchmark)
        _set_keys(self, kind)
        for name in ("answer", "category", "rationale"):
            self.fields[name].sometimes_needed = True

    def label_texts(self) -> dict[str, str]:
        """What the label would be made of."""
        names = ("outcome", "answer", "lower", "upper")
        return {name: self.cleaned_data.get(name, "") for name in names}

    def fingerprint(self) -> str:
        """Says whether what is saved is what was shown."""
        return json.dumps(self.label_texts(), sort_keys=True)


class RulingForm(forms.Form):
    """One decision for the labels of a group that are ticked."""

    outcome = forms.ChoiceField(
        label="Your ruling",
        choices=[
            (Outcome.CORRECT, "the labels are wrong: each gets the answer beside it"),
            (Outcome.NOT_COMPUTABLE, "not computable from the inputs"),
            (Outcome.CONFIRM, "the labels are right as they are"),
        ],
        widget=forms.RadioSelect,
    )
    category = forms.ChoiceField(
        label="Kind of error", required=False, help_text="Needed unless the labels are right."
    )
    rationale = forms.CharField(
        label="Why?",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text="One reason for all of them. It goes into the public history of each label.",
    )
    revisions = forms.JSONField(required=False, widget=forms.HiddenInput)
    decided = forms.JSONField(required=False, widget=forms.HiddenInput)

    def __init__(self, benchmark: Benchmark, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].choices = _categories(benchmark)
        for name in ("category", "rationale"):
            self.fields[name].sometimes_needed = True

    def settles(self) -> list[Settled]:
        """The ticked labels as they were shown, with the answers beside them."""
        shown, decided = self._shown("revisions"), self._shown("decided")
        answers = self.cleaned_data.get("outcome") == Outcome.CORRECT
        return [
            Settled(
                key,
                shown[key] if isinstance(shown.get(key), int) else 0,
                self.data.get(f"answer:{key}", "")[:2_000] if answers else "",
                str(decided.get(key, "")),
            )
            for key in self.data.getlist("take")
        ]

    def _shown(self, name: str) -> dict[str, Any]:
        """What the page said of each label, by key."""
        shown = self.cleaned_data.get(name)
        return shown if isinstance(shown, dict) else {}

    def fingerprint(self) -> str:
        """Says whether what is saved is what was shown."""
        rows = [[s.key, s.revision, s.answer, s.overrules] for s in self.settles()]
        return digest_of({"outcome": self.cleaned_data.get("outcome", ""), "settles": rows})


class GuideForm(forms.Form):
    """The next version of a group's guide, and the version that its writer saw."""

    text = forms.CharField(
        label="Guide",
        strip=False,
        widget=forms.Textarea(attrs={"rows": 22, "class": "mono"}),
        help_text="Markdown: headings with ##, lists with -, tables with |.",
    )
    reason = forms.CharField(
        label="What changed, and why?",
        required=False,
        max_length=2_000,
        widget=forms.TextInput(attrs=_NO_HELP),
        help_text="It goes into the public history.",
    )
    after = forms.IntegerField(min_value=0, widget=forms.HiddenInput)


class SettleForm(forms.Form):
    """What a maintainer does with a flawed item: new wording of its texts, and why."""

    reason = forms.CharField(
        label="Why?",
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="It goes into the public history.",
    )

    def __init__(self, inputs: Mapping[str, Any], *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.inputs = inputs
        for name, value in inputs.items():
            if _is_editable(value):
                self.fields[f"input_{name}"] = forms.CharField(
                    label=name.replace("_", " ").capitalize(),
                    required=False,
                    strip=False,
                    initial=value if isinstance(value, str) else "\n".join(value),
                    widget=forms.Textarea(attrs={"rows": 4}),
                    help_text="" if isinstance(value, str) else "One choice on each line.",
                )
                self.fields[f"input_{name}"].sometimes_needed = True

    def wordings(self) -> list[Any]:
        """The fields of the inputs."""
        return [self[name] for name in self.fields if name.startswith("input_")]

    def reworded(self) -> dict[str, Any]:
        """All inputs, with the new wording where there is one."""
        return {name: self._new(name, value) for name, value in self.inputs.items()}

    def _new(self, name: str, value: Any) -> Any:
        if not _is_editable(value):
            return value
        # Browsers send CRLF; stored texts use LF.
        text = self.cleaned_data[f"input_{name}"].replace("\r\n", "\n")
        return text if isinstance(value, str) else [line for line in text.split("\n") if line]


class AuditForm(forms.Form):
    """Which verifiers to run, and what their models may cost."""

    verifiers = forms.MultipleChoiceField(
        label="Verifiers",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one verifier."},
    )
    fresh = forms.BooleanField(
        label="Ask models again, for new samples", required=False, initial=False
    )
    budget = forms.CharField(
        label="Budget for calls of models",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs=_NO_HELP),
        help_text="The audit stops before it costs more. Empty: no limit.",
    )

    def __init__(self, benchmark: Benchmark, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choice = choose(benchmark)
        names = [verifier.name for verifier in self.choice.chosen]
        self.fields["verifiers"].choices = [(name, self._title(name)) for name in names]
        self.fields["verifiers"].initial = names

    def clean_budget(self) -> int | None:
        """In billionths."""
        return amount_or_none(self.cleaned_data["budget"])

    def _title(self, name: str) -> str:
        host = self.choice.panel[name].get("host")
        return name.replace("_", " ") + (f" → {host}" if host else "")


class ResumeForm(forms.Form):
    """Another budget for a stopped audit."""

    budget = forms.CharField(
        label="New budget",
        required=False,
        max_length=20,
        widget=forms.TextInput(attrs=_NO_HELP),
        help_text="Of the whole audit, what is spent included. Empty: as before.",
    )

    def clean_budget(self) -> int | None:
        """In billionths."""
        return amount_or_none(self.cleaned_data["budget"])


def amount_or_none(text: str) -> int | None:
    """Billionths of what was typed, None for nothing; forms.ValidationError."""
    try:
        return read_amount(text) if text.strip() else None
    except InvalidInput as error:
        raise forms.ValidationError(error.message) from error


class ScheduleForm(forms.Form):
    """When the next audit is, and what it may spend."""

    every_days = forms.IntegerField(label="Days between audits", min_value=1, max_value=3_650)
    next_at = forms.DateField(label="Next audit", widget=forms.DateInput(attrs={"type": "date"}))
    budget = forms.CharField(
        label="Budget of one scheduled audit",
        max_length=20,
        help_text="For calls of models. With 0 it asks only the verifiers that need none.",
    )
    building_cost = forms.CharField(
        label="What making the benchmark cost",
        required=False,
        max_length=20,
        help_text="Audits then show their cost beside it.",
    )

    def clean(self) -> dict[str, Any]:
        """Dates as moments, amounts as billionths."""
        given = super().clean() or {}
        if "next_at" in given:
            given["next_at"] = datetime.combine(given["next_at"], time(), tzinfo=UTC)
        for name in ("budget", "building_cost"):
            try:
                given[name] = read_amount(given[name], name) if given.get(name) else None
            except InvalidInput as error:
                self.add_error(name, error.message)
        return given


class PolicyForm(forms.Form):
    """Another policy and why."""

    text = forms.CharField(
        label="Policy (TOML)",
        required=False,
        max_length=50_000,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 18, "class": "mono", "spellcheck": "false"}),
        help_text="What it leaves out is as in the hub's policy, which stands below.",
    )
    reason = forms.CharField(
        label="Why?",
        max_length=2_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Goes into the benchmark's history beside the new version.",
    )

    def clean_text(self) -> str:
        """With the line ends that files have: browsers send others."""
        return str(self.cleaned_data["text"]).replace("\r\n", "\n")


def _is_editable(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(each, str) and "\n" not in each for each in value)
    return isinstance(value, str)


def blame(form: Any, error: InvalidInput | WrongState) -> None:
    """Put a refusal beside the field it is about."""
    field = error.details.get("field")
    form.add_error(field if field in form.fields else None, error.message)
