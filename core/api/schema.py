"""Shapes as components of the OpenAPI schema; drf-spectacular finds the extension once this module is loaded."""

import enum
import types
import typing
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time
from typing import Any, Literal, Union, get_args, get_origin
from uuid import UUID

import msgspec
from django.db.models import Choices
from drf_spectacular.extensions import OpenApiSerializerExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import append_meta
from msgspec import UnsetType

from core.shapes import Shape

PLAIN: dict[Any, dict[str, Any]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"type": "number", "format": "double"},
    str: {"type": "string"},
    date: {"type": "string", "format": "date"},
    datetime: {"type": "string", "format": "date-time"},
    time: {"type": "string", "example": "09:00:00"},
    UUID: {"type": "string", "format": "uuid"},
    Any: {},
}


Direction = Literal["request", "response"]


class ShapeSchema(OpenApiSerializerExtension):
    """A shape as a component of the OpenAPI schema, named after its class."""

    target_class = Shape
    match_subclasses = True

    def get_name(self, auto_schema: AutoSchema, direction: Direction) -> str:
        return str(self.target.__name__)

    def map_serializer(self, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
        hints = typing.get_type_hints(self.target, include_extras=True)
        fields = msgspec.structs.fields(self.target)
        found = {
            "type": "object",
            "properties": {field.name: schema_of(hints[field.name], auto_schema, direction) for field in fields},
            "required": sorted(field.name for field in fields if UnsetType not in get_args(bare(hints[field.name]))),
            "description": (self.target.__dict__.get("__doc__") or "").strip(),  # its own, not an inherited one
        }
        return {key: value for key, value in found.items() if value}


def add_limits(result: Any, **context: Any) -> Any:
    """Each operation of a schema may answer 429 and 503, whatever its view; both say when to come again."""
    header = {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Error"}}}
    for operations in result["paths"].values():
        for operation in operations.values():
            for status, why in (("429", "the client asked too often"), ("503", "too many ask at once")):
                answer = {"description": why, "headers": header, "content": content}
                operation["responses"].setdefault(status, answer)
    return result


def bare(hint: Any) -> Any:
    return get_args(hint)[0] if get_origin(hint) is typing.Annotated else hint


def schema_of(hint: Any, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
    """The schema of one field; raises TypeError for a type that no answer has."""
    meta: dict[str, Any] = {}
    if get_origin(hint) is typing.Annotated:
        hint, *notes = get_args(hint)
        for note in notes:
            if note.description:
                meta["description"] = note.description
            meta |= note.extra_json_schema or {}
    members = [hint]
    if get_origin(hint) in (Union, types.UnionType):
        members = [member for member in get_args(hint) if member is not UnsetType]
        if type(None) in members:
            members.remove(type(None))
            meta["nullable"] = True
    schemas = [schema_of_type(member, auto_schema, direction) for member in members]
    return append_meta(schemas[0] if len(schemas) == 1 else {"oneOf": schemas}, meta)


def schema_of_type(hint: Any, auto_schema: AutoSchema, direction: Direction) -> dict[str, Any]:
    if hint in PLAIN:
        return dict(PLAIN[hint])
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is typing.Annotated:
        return schema_of(hint, auto_schema, direction)
    if origin is Literal:
        return {"type": "string", "enum": list(arguments)}
    if origin in (list, tuple, Sequence):
        return {"type": "array", "items": schema_of(arguments[0], auto_schema, direction)}
    if origin in (dict, Mapping):
        return {"type": "object", "additionalProperties": schema_of(arguments[1], auto_schema, direction)}
    if isinstance(hint, type) and issubclass(hint, Choices):
        return {"type": "string", "enum": hint.values}
    if isinstance(hint, type) and issubclass(hint, enum.Enum):
        return {"type": "string", "enum": [member.value for member in hint]}
    if isinstance(hint, type) and issubclass(hint, Shape):
        return dict(auto_schema.resolve_serializer(hint, direction).ref)  # type: ignore[arg-type]  # an extension's target
    raise TypeError(f"{hint!r} is not the type of a field of an answer")
