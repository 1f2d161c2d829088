"""API plumbing: every answer is JSON, and every error has one shape (design §6)."""

import logging
import math
from collections.abc import Iterable
from typing import Any

import msgspec
from django.core.exceptions import DisallowedHost, PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.http import Http404, HttpRequest, JsonResponse
from rest_framework import exceptions, status
from rest_framework.metadata import BaseMetadata
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.parsers import BaseParser, JSONParser
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from core.shapes import Shape

log = logging.getLogger(__name__)


class AlwaysJson(BaseContentNegotiation):
    """Whatever a client says it accepts, it gets JSON, as the legacy API's clients do."""

    def select_parser(self, request: Request, parsers: Iterable[BaseParser]) -> BaseParser | None:
        media_type = (request.content_type or "").partition(";")[0].strip().lower()
        return next((parser for parser in parsers if parser.media_type == media_type), None)

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        renderer = next(iter(renderers))
        return renderer, str(renderer.media_type)


class JSONRenderer(BaseRenderer):
    """Shapes, mappings and lists as JSON; raises TypeError for what is neither."""

    media_type = "application/json"
    format = "json"
    charset = None
    encoder = msgspec.json.Encoder()

    def render(self, data: Any, accepted_media_type: str | None = None, renderer_context: Any = None) -> bytes:
        return b"" if data is None else self.encoder.encode(data)


class BoundedJsonParser(JSONParser):
    """JSON, as deep as the interpreter goes; what is deeper is malformed like any other bad body."""

    def parse(self, *args: Any, **kwargs: Any) -> Any:
        try:
            return super().parse(*args, **kwargs)
        except RecursionError as error:
            raise exceptions.ParseError("JSON parse error - nested too deeply") from error


class NoMetadata(BaseMetadata):
    """OPTIONS answers with an empty body; the schema describes the API (public-api 2.1)."""

    def determine_metadata(self, request: Request, view: Any) -> None:
        return None


class Error(Shape):
    """Every error; some of the admin API have further keys, such as `import_id`."""

    success: bool = False
    error: str


def first_message(detail: Any) -> str:
    """The first text inside a DRF error detail, in the order the fields are declared."""
    while isinstance(detail, list | dict):
        if not detail:
            return "Invalid request"
        detail = detail[0] if isinstance(detail, list) else next(iter(detail.values()))
    return str(detail)


def error_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """DRF's exception handler: `{"success": false, "error": …}` with the right status."""
    if isinstance(error, Http404):
        error = exceptions.NotFound(str(error) or None)
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    elif isinstance(error, RequestDataTooBig):
        return Response(failure("The request body is too large"), status=413)
    elif isinstance(error, SuspiciousOperation):
        error = exceptions.ParseError("Bad Request")
    if isinstance(error, exceptions.APIException):
        body = {**failure(first_message(error.detail)), **getattr(error, "extra", {})}
        return Response(body, status=error.status_code, headers=headers_of(error))
    log.exception("unhandled error", exc_info=error)
    return Response(failure("Internal server error"), status=status.HTTP_500_INTERNAL_SERVER_ERROR)


def headers_of(error: exceptions.APIException) -> dict[str, str]:
    """When to come again, for a client that asked too often; how to prove who one is, for one that did not."""
    wait, scheme = getattr(error, "wait", None), getattr(error, "auth_header", None)
    return {
        **({"Retry-After": str(math.ceil(wait))} if wait else {}),
        **({"WWW-Authenticate": scheme} if scheme else {}),
    }


def failure(message: str) -> dict[str, Any]:
    return {"success": False, "error": message}


def not_found(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """Unknown routes."""
    body = {**failure("Not Found"), "message": "The requested resource was not found"}
    return JsonResponse(body, status=404)


def bad_request(request: HttpRequest, exception: Exception | None = None) -> JsonResponse:
    """Requests refused before a view is reached, such as one for an unknown host."""
    if isinstance(exception, DisallowedHost):
        return JsonResponse(failure("Bad Request: this host is not one of ALLOWED_HOSTS"), status=400)
    return JsonResponse(failure("Bad Request"), status=400)


def server_error(request: HttpRequest) -> JsonResponse:
    """Errors outside a view; nothing of the cause is reported."""
    return JsonResponse(failure("Internal server error"), status=500)
