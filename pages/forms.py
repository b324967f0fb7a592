"""Forms of pages that belong to no single app."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.conf import settings

from registry.errors import InvalidInput
from registry.models import Benchmark, ImportBatch, Visibility
from registry.presets import FOLDER, Preset, load_preset
from registry.selectors import preset_of
from versions.selectors import latest_releases, published_releases

CURRENT = ""


class ImportForm(forms.Form):
    """A file for a benchmark that is there, and how to read it."""

    file = forms.FileField(
        label="File",
        help_text="CSV, JSONL or Parquet, each also as .gz.",
        widget=forms.FileInput(attrs={"accept": ".csv,.jsonl,.ndjson,.parquet,.xlsx,.gz"}),
    )
    preset = forms.ChoiceField(
        label="Preset", required=False, help_text="Says which column is what."
    )
    upstream = forms.CharField(
        label="Version upstream",
        required=False,
        max_length=100,
        help_text="Names the ids of the file's rows, as in v1.1/test. Empty: they are not kept.",
    )
    align = forms.CharField(
        label="Find instances by the ids of",
        required=False,
        max_length=100,
        help_text="For a file without key columns: an earlier version's name, as in v1.0/test.",
    )
    missing = forms.ChoiceField(
        label="Instances that the file lacks",
        choices=[("keep", "keep them"), ("retire", "retire them")],
        help_text="Of the splits that are in the file.",
    )

    def __init__(self, benchmark: Benchmark | None, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.benchmark = benchmark
        self.fields["file"].help_text += f" At most {settings.ERRATA_IMPORT_MB} MB."
        self.fields["preset"].choices = list(_presets(benchmark))  # type: ignore[attr-defined]
        self.fields["preset"].required = benchmark is None

    def clean_preset(self) -> Preset | None:
        """The preset that was chosen."""
        name = self.cleaned_data["preset"]
        try:
            return load_preset(name) if name else self.benchmark and preset_of(self.benchmark)
        except InvalidInput as error:
            raise forms.ValidationError(error.message) from error


class UploadForm(forms.Form):
    """A file of reports."""

    file = forms.FileField(
        label="File",
        help_text="CSV or JSONL, with the columns of the template.",
        widget=forms.FileInput(attrs={"accept": ".csv,.jsonl,.ndjson"}),
    )
    reason = forms.CharField(
        label="Why are the labels wrong?",
        required=False,
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For all rows that give no reason of their own. It stays public.",
    )
    upstream = forms.ChoiceField(label="Rows name their instance by", required=False)

    def __init__(self, benchmark: Benchmark, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        preset = preset_of(benchmark)
        ids = " or ".join(preset.columns.get("id", ()))
        by_key = ("", " and ".join(preset.key) or "key")
        _offer(self, "upstream", [by_key, *_spaces(benchmark, ids)])

    def clean(self) -> dict[str, Any]:
        """Where there is nothing to choose rows are found by key."""
        return {"upstream": ""} | (super().clean() or {})


class PredictionsForm(forms.Form):
    """A file with one model's answers, and what they are answers to."""

    file = forms.FileField(
        label="File",
        widget=forms.FileInput(
            attrs={"accept": ".csv,.jsonl,.ndjson,.json,.eval,.parquet,.xlsx,.gz"}
        ),
    )
    model = forms.CharField(
        label="Model", max_length=200, help_text="Its name, as everybody reads it once published."
    )
    made_on = forms.ChoiceField(
        label="Made on",
        help_text="The release whose inputs the model was given. On others an answer counts only "
        "where the input is the same.",
    )
    upstream = forms.ChoiceField(label="Rows name their instance by", required=False)
    preset = forms.ChoiceField(
        label="Preset",
        required=False,
        help_text="Says which columns are id and answer, in a file without a column key.",
    )
    family = forms.CharField(
        label="Family",
        required=False,
        max_length=200,
        help_text="Models of one family (one maker, one base model) have one vote in audits.",
    )

    def __init__(self, benchmark: Benchmark, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.benchmark = benchmark
        preset = preset_of(benchmark)
        self.fields["file"].help_text = f"At most {settings.ERRATA_IMPORT_MB} MB."
        _offer(self, "made_on", list(_versions(benchmark)))
        ids = " or ".join(preset.predictions.get("id", ()))
        _offer(self, "upstream", [("", "key"), *_spaces(benchmark, ids)])
        _offer(self, "preset", list(_presets(benchmark)))

    def clean(self) -> dict[str, Any]:
        """With the preset itself; where there is nothing to choose, what there is."""
        given = {"upstream": "", "made_on": ""} | (super().clean() or {})
        name = given.get("preset", "")
        return given | {"preset": load_preset(name) if name else preset_of(self.benchmark)}


class NewBenchmarkForm(ImportForm):
    """The same for a benchmark that is to be made."""

    slug = forms.SlugField(
        label="Short name", max_length=80, help_text="Part of every address, as in medcalc-bench."
    )
    title = forms.CharField(
        label="Title", required=False, max_length=200, help_text="Empty: as the preset says."
    )
    licence = forms.CharField(
        label="Licence",
        required=False,
        max_length=100,
        help_text="Its SPDX identifier, as in CC-BY-4.0. Empty: as the preset says.",
    )
    visibility = forms.ChoiceField(label="Who may see it", choices=Visibility.choices)
    field_order = ("slug", "title", "licence", "visibility")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(None, *args, **kwargs)
        for name in ("align", "missing"):  # there is nothing yet that could be found or missing
            del self.fields[name]


def _offer(form: forms.Form, name: str, choices: list[tuple[str, str]]) -> None:
    """Let people choose; a field with nothing to choose goes."""
    form.fields[name].choices = choices  # type: ignore[attr-defined]
    if len(choices) < 2:
        del form.fields[name]


def _spaces(benchmark: Benchmark, ids: str) -> Iterator[tuple[str, str]]:
    """The versions upstream that row ids may be of, newest first."""
    spaces = ImportBatch.objects.filter(benchmark=benchmark).exclude(upstream="").order_by("-pk")
    for space in dict.fromkeys(spaces.values_list("upstream", flat=True)):
        yield space, f"{ids} of {space}"


def _versions(benchmark: Benchmark) -> Iterator[tuple[str, str]]:
    """The published releases, the latest first."""
    latest = latest_releases([benchmark]).defer("snapshot").first()
    if latest is not None:
        yield latest.version, f"{latest.version}, the latest"
    for release in published_releases(benchmark).defer("snapshot"):
        if release != latest:
            yield release.version, release.version + ", withdrawn" * release.is_withdrawn


def _presets(benchmark: Benchmark | None) -> Iterator[tuple[str, str]]:
    if benchmark is not None:
        yield CURRENT, f"the current one ({preset_of(benchmark).name})"
    for file in sorted(FOLDER.glob("*.toml")):
        yield file.stem, file.stem.replace("-", " ")
