"""Long lists by key, as in the pages: `?cursor=` goes on where a page ended."""

from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from rest_framework.pagination import BasePagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param

from registry.errors import InvalidInput
from registry.paging import SIZE, page_of

MAX_SIZE = 200


class KeysetPagination(BasePagination):
    """50 rows by default, up to 200 with `?page_size=`.

    A view names its `ordering`: fields of the row that hold numbers, the last of them unique. The
    cursor is the key of the last row seen, so rows that come or go elsewhere move nothing.
    """

    def paginate_queryset(self, queryset: QuerySet[Any], request: Request, view: Any) -> list[Any]:
        """The rows behind the request's cursor."""
        cursor = {"after": request.query_params.get("cursor", "")}
        page = page_of(queryset, order=view.ordering, query=cursor, size=_size(request))
        here = settings.ERRATA_HUB + request.get_full_path()
        self.next = replace_query_param(here, "cursor", page.after) if page.after else None
        return page.rows

    def get_paginated_response(self, data: Any) -> Response:
        """One page and the address of the next one, if there is one."""
        return Response({"next": self.next, "results": data})

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """The same for the OpenAPI document."""
        address = {"type": "string", "format": "uri", "nullable": True}
        return {
            "type": "object",
            "required": ["next", "results"],
            "properties": {"next": address, "results": schema},
        }

    def get_schema_operation_parameters(self, view: Any) -> list[dict[str, Any]]:
        """The query parameters for the OpenAPI document."""
        sizes = {"type": "integer", "minimum": 1, "maximum": MAX_SIZE, "default": SIZE}
        return [
            {"name": "cursor", "in": "query", "required": False, "schema": {"type": "string"}},
            {"name": "page_size", "in": "query", "required": False, "schema": sizes},
        ]


def _size(request: Request) -> int:
    text = request.query_params.get("page_size", str(SIZE))
    if not (text.isascii() and text.isdecimal() and len(text) <= 9 and int(text)):
        raise InvalidInput(f"page_size is a number from 1 to {MAX_SIZE}.", code="bad_page")
    return min(int(text), MAX_SIZE)
