"""Fields that several shapes share."""

import json
from decimal import Decimal
from typing import Any
from urllib.parse import quote

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from audits.money import BILLION, read_amount
from registry.errors import InvalidInput

_PERSON = {
    "type": "object",
    "nullable": True,
    "required": ["id", "name"],
    "properties": {"id": {"type": "string"}, "name": {"type": "string", "nullable": True}},
}


@extend_schema_field(_PERSON)
class PersonField(serializers.Field):
    """A public id with the name to show (context `names`); a removed person has no name."""

    def to_representation(self, value: str) -> dict[str, str | None] | None:
        """Nobody gives null."""
        return {"id": value, "name": self.context["names"].get(value)} if value else None


@extend_schema_field({"type": "string", "nullable": True})
class KeptTextField(serializers.Field):
    """The text behind a digest (context `texts`): empty if there is none, null if removed."""

    def to_representation(self, value: str) -> str | None:
        """Never the digest itself."""
        return self.context["texts"].get(value) if value else ""


@extend_schema_field({"type": "string", "format": "decimal"})
class AmountField(serializers.Field):
    """An amount of money as a decimal string; whole billionths inside."""

    def to_representation(self, value: int) -> str:
        """Without zeros at the end."""
        return f"{(Decimal(value) / BILLION).normalize():f}"

    def to_internal_value(self, data: Any) -> int:
        """Refuses what is no amount, and numbers, which a float may have rounded."""
        if not isinstance(data, str):
            raise serializers.ValidationError('An amount is a string such as "12.50".')
        try:
            return read_amount(data)
        except InvalidInput as error:
            raise serializers.ValidationError(error.message) from error


@extend_schema_field({"type": "object", "additionalProperties": {"type": "string"}})
class LimitsField(serializers.Field):
    """Limits as decimal strings: lower and upper, or a tolerance; an empty object is exact."""

    def to_representation(self, value: str) -> dict[str, str]:
        """From the text that is stored."""
        return json.loads(value)


@extend_schema_field({"type": "string", "format": "uri"})
class AddressField(serializers.Field):
    """The address of an API resource; parts that start with a dot are values of the row."""

    def __init__(self, *parts: str) -> None:
        super().__init__(source="*", read_only=True)
        self.parts = parts

    def to_representation(self, row: Any) -> str:
        """`AddressField("benchmarks", ".benchmark.slug")` gives `…/api/v1/benchmarks/SLUG/`."""
        return address(
            *(_value(row, part) if part.startswith(".") else part for part in self.parts)
        )


def address(*parts: str) -> str:
    """The full address of an API resource at this hub."""
    path = "/".join(quote(part, safe="") for part in parts)
    return f"{settings.ERRATA_HUB}/api/v1/{path}/"


def _value(row: Any, path: str) -> str:
    for name in path[1:].split("."):
        row = row[name] if isinstance(row, dict) else getattr(row, name)
    return str(row)
