"""The shape of an answer, written once: its JSON, its part of the OpenAPI schema and what pages read derive from it.

A field is a plain type, or `Annotated[type, describe("…")]`. `T | None` may be null. `T | UnsetType = UNSET` may be
absent: the key is then left out. Shapes are msgspec's structs: as frozen as frozen dataclasses, but made in a seventh
of their time (2 µs against 15 µs for a row of four fields) and encoded without a copy.
"""

from typing import Any, dataclass_transform

import msgspec
from msgspec import UNSET, UnsetType

__all__ = ["UNSET", "Shape", "UnsetType", "describe"]


class ShapeType(msgspec.StructMeta):
    """Makes subclasses keyword-only as well, which msgspec does not inherit: a field may have a default anywhere."""

    def __new__(mcls, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **config: Any) -> "ShapeType":
        return super().__new__(mcls, name, bases, namespace, **{"kw_only": True, **config})


@dataclass_transform(frozen_default=True, kw_only_default=True)
class Shape(msgspec.Struct, metaclass=ShapeType, frozen=True, kw_only=True):
    """The base of every answer and of every row in one."""


def describe(text: str = "", **schema: Any) -> msgspec.Meta:
    """What the schema says of a field beside its type: unit, meaning, when it is absent; `format="uri"`."""
    return msgspec.Meta(description=text or None, extra_json_schema=schema or None)
