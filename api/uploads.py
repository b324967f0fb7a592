"""Files sent to the API: where they lie while a service reads them, and the preset they follow."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser

from api.views import View
from registry.errors import InvalidInput
from registry.lengths import named_on_disk
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


@contextmanager
def stored(upload: UploadedFile) -> Iterator[Path]:
    """The uploaded file under its own name (its ending says how to read it), until the end.

    InvalidInput where it is larger than the import page takes.
    """
    if (upload.size or 0) > settings.ERRATA_IMPORT_MB * 1_000_000:
        raise InvalidInput(
            f"{upload.name} is larger than the {settings.ERRATA_IMPORT_MB} MB that this hub takes. "
            "Send it zipped (.gz), or in parts.",
            code="too_large",
            field="file",
        )
    with tempfile.TemporaryDirectory(prefix="errata-upload-") as folder:
        path = Path(folder) / named_on_disk(str(upload.name))
        with path.open("wb") as target:
            shutil.copyfileobj(upload, target)
        yield path


def preset_for(benchmark: Benchmark, name: str) -> Preset:
    """The shipped preset of that name, else the benchmark's own; never a path."""
    return load_preset(name) if name else preset_of(benchmark)
