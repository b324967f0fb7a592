"""Which releases have a file."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.views import View
from versions.file_matches import file_matches


class FileMatchShape(serializers.Serializer[Any]):
    """A release with exactly this file, or the first one after the file was imported."""

    benchmark = serializers.CharField()
    version = serializers.CharField()
    path = serializers.CharField(help_text="Empty: it is no file of the release but was imported")
    upstream = serializers.CharField(help_text="The space of row ids it was imported under")
    corrected_since = serializers.IntegerField(help_text="Labels that are other ones by now")


class FileMatchesShape(serializers.Serializer[Any]):
    """Newest first, 20 at most; none where no release has it."""

    matches = FileMatchShape(many=True)


class FileMatches(View):
    """What a file is, by its SHA-256."""

    serializer_class = FileMatchesShape

    def get(self, request: Request, sha256: str, **kwargs: Any) -> Response:
        """The releases that have it, of benchmarks that you may see."""
        return self.rendered(FileMatchesShape, {"matches": file_matches(sha256, self.reader)})
