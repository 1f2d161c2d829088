"""Bodies of requests."""

from typing import Any

from rest_framework import exceptions
from rest_framework.request import Request


def json_body(request: Request) -> Any:
    """The body of a request that has to be JSON, which DRF does not ask of an empty one; raises APIException."""
    if (request.content_type or "").partition(";")[0].strip().lower() != "application/json":
        raise exceptions.UnsupportedMediaType(request.content_type or "")
    if not request.body.strip():
        raise exceptions.ParseError("JSON parse error - the body is empty")
    return request.data
