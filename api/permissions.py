"""Who may use an API view at all; what they may do with it is the services' matter."""

from typing import TYPE_CHECKING

from rest_framework.permissions import BasePermission

if TYPE_CHECKING:  # The framework imports this module while it makes APIView itself.
    from rest_framework.request import Request
    from rest_framework.views import APIView


class Nobody(BasePermission):
    """The default: a view that does not say who may use it can be used by nobody."""

    def has_permission(self, request: "Request", view: "APIView") -> bool:
        return False
