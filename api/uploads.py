"""Files sent to the API, and the preset they follow."""

from typing import Any

from rest_framework import serializers
from rest_framework.parsers import MultiPartParser

from api.views import View
from registry.models import Benchmark
from registry.presets import Preset, load_preset
from registry.selectors import preset_of


class UploadShape(serializers.Serializer[Any]):
    """A file of rows that name instances."""

    file = serializers.FileField(help_text="CSV, JSONL, Parquet or XLSX, each also as .gz")
    preset = serializers.SlugField(
        required=False,
        default="",
        allow_blank=True,
        help_text="A preset that Errata ships; without one the benchmark's own",
    )
    upstream = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=100,
        help_text="The space of the file's row ids, such as v1.0/test",
    )


class UploadView(View):
    """Takes multipart forms."""

    parser_classes = (MultiPartParser,)


def preset_for(benchmark: Benchmark, name: str) -> Preset:
    """The shipped preset of that name, else the benchmark's own; never a path."""
    return load_preset(name) if name else preset_of(benchmark)
