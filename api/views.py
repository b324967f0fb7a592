"""What the views share: who asks, about which benchmark, and how lists are cut into pages.

The views themselves lie in `api/resources/`, one file for each thing that has an address.
"""

from typing import Any

from django.db.models import QuerySet
from rest_framework.generics import GenericAPIView
from rest_framework.mixins import ListModelMixin
from rest_framework.permissions import SAFE_METHODS, AllowAny, IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import Serializer

from api.pagination import KeysetPagination
from registry.errors import NotFound
from registry.models import Benchmark, Scope, User
from registry.permissions import Reader
from registry.selectors import get_benchmark


class View(GenericAPIView):
    """Reads are open, since selectors hide what a reader may not see; every write has an actor."""

    pagination_class: Any = None
    # What a token needs to write here; see api/authentication.py.
    scope: Scope = Scope.EVERYTHING

    def get_permissions(self) -> list[Any]:
        """Who may knock at all; what they may do is decided by the service."""
        return [AllowAny() if self.request.method in SAFE_METHODS else IsAuthenticated()]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Refuse what no name contains and no database takes."""
        super().initial(request, *args, **kwargs)
        if any("\x00" in value for value in kwargs.values()):
            raise NotFound("No address contains a NUL character.")

    @property
    def reader(self) -> Reader:
        """Who asks; None for a stranger."""
        return self.request.user if self.request.user.is_authenticated else None

    @property
    def actor(self) -> User:
        """Who writes: never a stranger, see `get_permissions`."""
        return self.request.user

    def benchmark(self) -> Benchmark:
        """The benchmark of the address, or NotFound where the reader may not see it."""
        return get_benchmark(self.kwargs["slug"], self.reader)

    def parsed(self, shape: type[Serializer[Any]], data: Any = None) -> dict[str, Any]:
        """The request's body (or `data`) in the given shape; another shape is refused."""
        form = shape(data=self.request.data if data is None else data)
        form.is_valid(raise_exception=True)
        return form.validated_data

    def filters(self, shape: type[Serializer[Any]]) -> dict[str, Any]:
        """The query's parameters in the given shape."""
        return self.parsed(shape, data=self.request.query_params)

    def rendered(
        self, shape: type[Serializer[Any]], thing: Any, *, status: int = 200, **lookups: Any
    ) -> Response:
        """A thing in the given shape."""
        context = self.get_serializer_context() | lookups
        return Response(shape(thing, context=context).data, status=status)


class ListView(ListModelMixin, View):
    """A list cut into pages by key. A subclass gives `rows` and what a page needs beside them."""

    pagination_class = KeysetPagination
    ordering: tuple[str, ...] = ("-id",)

    def rows(self) -> QuerySet[Any]:
        """All rows that the reader may see."""
        raise NotImplementedError

    def lookups(self, page: list[Any]) -> dict[str, Any]:
        """What the serializer needs beside the rows, read for the whole page at once."""
        return {}

    def told(self, page: list[Any]) -> list[Any]:
        """What the serializer gets of a page's rows, read for all of them at once."""
        return page

    def get_queryset(self) -> QuerySet[Any]:
        """The rows; none while only the OpenAPI document is made."""
        if getattr(self, "swagger_fake_view", False):
            return Benchmark.objects.none()
        return self.rows()

    def get(self, request: Request, **kwargs: Any) -> Response:
        """One page."""
        page: Any = self.paginate_queryset(self.get_queryset())
        context = self.get_serializer_context() | self.lookups(page)
        shape: Any = self.serializer_class
        return self.get_paginated_response(shape(self.told(page), many=True, context=context).data)


class Nowhere(View):
    """Every other address below the API."""

    schema = None

    def get(self, request: Request, **kwargs: Any) -> Response:
        """Says so in the API's form."""
        raise NotFound("There is nothing at this address; /api/v1/docs/ lists all that there are.")
