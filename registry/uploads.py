"""Files that people send with a request: where they lie while a service reads them."""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from registry.errors import InvalidInput
from registry.lengths import named_on_disk


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
