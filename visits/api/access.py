"""Who may use the addresses of visitors: everybody, each for what is his own."""

import uuid
from typing import Any, TypeVar

from django.contrib.auth.models import User
from django.core.cache import cache
from django.db import models
from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiResponse
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from core.api.errors import Error
from core.web.clients import client_of
from core.web.rate_limit import count
from visits import visitors
from visits.models import TOKEN_PREFIX, VisitorToken

SAFE = ("GET", "HEAD", "OPTIONS")
# What one address may begin in an hour: visitors that are new, and mails.
MOST_NEW_VISITORS, MOST_MAILS, HOUR = 60, 5, 3_600

BAD_BODY = OpenApiResponse(Error, description="a field is not acceptable; the text begins with its name")
BAD_QUERY = OpenApiResponse(Error, description="a parameter is not acceptable")
NOT_YOURS = OpenApiResponse(Error, description="there is none, or it is somebody else’s")
WRONG_TOKEN = OpenApiResponse(Error, description="the token is wrong or revoked")
FROM_ELSEWHERE = OpenApiResponse(Error, description="the page of another site sent it, without a token")
TOO_LARGE = OpenApiResponse(Error, description="the body is larger than a megabyte")
NOT_JSON = OpenApiResponse(Error, description="the content type is not JSON")
FULL = OpenApiResponse(Error, description="a visitor keeps no more than that")
READS: dict[int, Any] = {401: WRONG_TOKEN}
WRITES: dict[int, Any] = {401: WRONG_TOKEN, 403: FROM_ELSEWHERE}
TAKES: dict[int, Any] = {**WRITES, 400: BAD_BODY, 413: TOO_LARGE, 415: NOT_JSON}

Kept = TypeVar("Kept", bound=models.Model)


class VisitorAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`, else the cookie. A wrong token is 401; a cookie of nobody is nobody's."""

    def authenticate(self, request: Request) -> tuple[User, str] | None:
        scheme, _, text = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() == "bearer" and text.strip():
            user = VisitorToken.find(text.strip(), timezone.now())
            if user is None:
                raise exceptions.AuthenticationFailed("This token is not valid; make another at /api/visitor/tokens")
            return user, "token"
        found = visitors.visitor_of(request._request)
        return None if found is None else (found, "cookie")

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="ridewatch visitor"'


class VisitorViewSet(ViewSet):
    """The base of every view of what visitors keep; nobody but they may keep its answers."""

    authentication_classes = [VisitorAuthentication]
    permission_classes = []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        is_foreign = request.auth != "token" and visitors.is_from_elsewhere(request._request)
        if request.method not in SAFE and is_foreign:
            raise exceptions.PermissionDenied("Another site’s page sent this; use a token: Authorization: Bearer …")

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        response = super().finalize_response(request, response, *args, **kwargs)
        response.headers["Cache-Control"] = "private, no-store"
        made: User | None = getattr(self, "made", None)
        if made is not None and response.status_code < 400:
            visitors.remember(response, made)
        return response

    def keeper(self, request: Request) -> User:
        """The visitor who saves something, made now if there is none; raises Throttled. Call it when all is checked,
        in the transaction that saves."""
        if isinstance(request.user, User):
            return request.user
        check_pace(request, "visitors", MOST_NEW_VISITORS)
        self.made = visitors.new_visitor()
        return self.made


def check_pace(request: Request, what: str, most: int) -> None:
    """Raises Throttled when the client's address did this too often within the hour."""
    if count(f"visits:{what}:{client_of(request.META)}", 1, HOUR) > most:
        raise exceptions.Throttled(wait=HOUR)


def uncount(request: Request, what: str) -> None:
    cache.delete(f"visits:{what}:{client_of(request.META)}")


def own(request: Request, rows: "models.QuerySet[Kept]", text: str) -> Kept:
    """The row of this id among the visitor's own; raises NotFound for another's as for one that nobody has."""
    found = None
    if isinstance(request.user, User) and (number := uuid_from(text)) is not None:
        found = rows.filter(user=request.user, pk=number).first()
    if found is None:
        raise exceptions.NotFound(f"There is no such {rows.model._meta.verbose_name}")
    return found


def uuid_from(text: str) -> uuid.UUID | None:
    """A UUID as we write it; None for anything else, other spellings included."""
    try:
        found = uuid.UUID(text)
    except ValueError:
        return None
    return found if str(found) == text.lower() else None


class VisitorScheme(OpenApiAuthenticationExtension):
    """How the schema reports tokens and the cookie."""

    target_class = VisitorAuthentication
    name = ["visitorToken", "visitorCookie"]
    optional = True

    def get_security_definition(self, auto_schema: Any) -> list[dict[str, str]]:
        bearer = f"a token of /api/visitor/tokens, `{TOKEN_PREFIX}_…`"
        cookie = "set by the first save"
        return [
            {"type": "http", "scheme": "bearer", "description": bearer},
            {"type": "apiKey", "in": "cookie", "name": visitors.COOKIE, "description": cookie},
        ]
