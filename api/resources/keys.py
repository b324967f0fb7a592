"""The keys that sign releases."""

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from api.views import View
from versions.signatures import keys


class HandoverShape(serializers.Serializer[Any]):
    """The statement by which one key hands over to the next, signed by both."""

    old = serializers.CharField()
    new = serializers.CharField()
    at = serializers.CharField()
    old_signature = serializers.CharField()
    new_signature = serializers.CharField()
    releases = serializers.DictField(
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="SHA-256 of the manifests that were signed until then, by key; the new key "
        "vouches for these alone. Missing in statements of earlier versions of the hub",
    )


class KeyShape(serializers.Serializer[Any]):
    """An Ed25519 key, 32 bytes in hexadecimal, which is its own fingerprint."""

    key = serializers.CharField()
    since = serializers.DateTimeField()
    handover = HandoverShape(
        allow_null=True, help_text="Null: the first key, or the one before was lost"
    )


class KeysShape(serializers.Serializer[Any]):
    """Newest first."""

    keys = KeyShape(many=True)


class KeyList(View):
    """The hub's keys."""

    serializer_class = KeysShape

    def get(self, request: Request, **kwargs: Any) -> Response:
        """To compare with the key that a release is signed with; the first one signs now."""
        return self.rendered(KeysShape, {"keys": keys()})
