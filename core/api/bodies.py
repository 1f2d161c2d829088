"""Bodies of requests, and how their faults are named."""

from collections.abc import Mapping
from typing import Any

from rest_framework import exceptions, serializers
from rest_framework.request import Request


def json_body(request: Request) -> Any:
    """The body of a request that has to be JSON, which DRF does not ask of an empty one; raises APIException."""
    if (request.content_type or "").partition(";")[0].strip().lower() != "application/json":
        raise exceptions.UnsupportedMediaType(request.content_type or "")
    if not request.body.strip():
        raise exceptions.ParseError("JSON parse error - the body is empty")
    return request.data


class Given(serializers.Serializer[Any]):
    """What a client sends; a query's first value of a repeated parameter counts."""

    @classmethod
    def of(cls, data: Any) -> dict[str, Any]:
        """The checked values. Raises ValidationError, its texts beginning with the field's name."""
        checked = cls(data=data)
        if not checked.is_valid():
            raise serializers.ValidationError(named(checked.errors))
        return dict(checked.validated_data)

    @classmethod
    def read(cls, request: Request) -> dict[str, Any]:
        return cls.of({name: values[0] for name, values in request.query_params.lists()})


def named(errors: Mapping[str, Any]) -> list[str]:
    """Errors by field as texts that name it."""
    return [
        str(text) if field == "non_field_errors" or str(text).startswith(field) else f"{field}: {text}"
        for field, texts in errors.items()
        for text in (texts if isinstance(texts, list) else [texts])
    ]
