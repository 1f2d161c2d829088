"""Who may use `/api/admin/*`: whoever sends `Authorization: Bearer <admin key>` (design §6)."""

from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import BasePermission
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from core.admin_keys import AdminKey


class AdminKeyAuthentication(BaseAuthentication):
    """No key: 401. A key that is wrong or revoked: 403."""

    def authenticate(self, request: Request) -> tuple[None, AdminKey] | None:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not text.strip():
            return None
        key = AdminKey.find(text.strip(), timezone.now())
        if key is None:
            raise exceptions.PermissionDenied("This admin key is not valid")
        return None, key

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="ridewatch admin"'


class HasAdminKey(BasePermission):
    def has_permission(self, request: Request, view: Any) -> bool:
        if request.auth is None:
            raise exceptions.NotAuthenticated("An admin key is needed: Authorization: Bearer <admin key>")
        return True


class AdminViewSet(ViewSet):
    """The base of every view of the admin API; nobody may keep its answers."""

    authentication_classes = [AdminKeyAuthentication]
    permission_classes = [HasAdminKey]

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Cache-Control"] = "no-store"
        return response


class Refused(exceptions.APIException):
    """An error of the admin API that says more than its text: `extra` stands beside `error` (public-api 5)."""

    def __init__(self, status: int, message: str, /, **extra: Any) -> None:
        super().__init__(message)
        self.status_code = status
        self.extra = extra


class AdminKeyScheme(OpenApiAuthenticationExtension):
    """How the schema reports the keys."""

    target_class = AdminKeyAuthentication
    name = "adminKey"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "a key of `manage.py create_admin_key`"}
