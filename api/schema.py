"""The OpenAPI document says of every operation which form its errors have."""

from typing import Any

_ERROR = {
    "type": "object",
    "required": ["code", "message", "details"],
    "properties": {
        "code": {"type": "string", "description": "Stable, for programs"},
        "message": {"type": "string", "description": "A sentence that says what to do"},
        "details": {"type": "object", "additionalProperties": {}},
    },
}
_RESPONSE = {
    "description": "Refused; nothing was changed",
    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}},
}


def add_errors(result: dict[str, Any], **_: Any) -> dict[str, Any]:
    """Add the error form to every operation as its default response."""
    result["components"].setdefault("schemas", {})["Error"] = _ERROR
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = _RESPONSE
    return result
