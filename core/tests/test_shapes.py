"""Shapes: what a field may be, what becomes of it in JSON and in the schema."""

import json
from datetime import date
from typing import Annotated, Any

import pytest
from django.db.models import TextChoices
from drf_spectacular.generators import SchemaGenerator
from drf_spectacular.utils import extend_schema
from rest_framework.response import Response
from rest_framework.views import APIView

from core.api import schema  # noqa: F401  (registers how shapes are described)
from core.api.errors import JSONRenderer
from core.shapes import UNSET, Shape, UnsetType, describe


class Colour(TextChoices):
    RED = "red"
    BLUE = "blue"


class Part(Shape):
    """A part of the whole."""

    name: str


class Whole(Shape):
    success: bool = True
    number: Annotated[float | None, describe("minutes", minimum=0)]
    word: Annotated[str, describe(enum=["a", "b"])]
    colour: Colour
    day: date
    parts: list[Part]
    by_name: dict[str, int]
    part: Annotated[Part | None, describe("the largest")]
    later: Annotated[int | UnsetType | None, describe("week only")] = UNSET


def whole(**more: Any) -> Whole:
    return Whole(
        **{
            "number": None,
            "word": "a",
            "colour": Colour.RED,
            "day": date(2025, 7, 1),
            "parts": [Part(name="é\u2028")],
            "by_name": {"x": 1},
            "part": None,
            **more,
        }
    )


def rendered(data: Any) -> Any:
    return json.loads(JSONRenderer().render(data))


def test_absent_fields_are_left_out_and_null_ones_are_not():
    assert rendered(whole()) == {
        "success": True,
        "number": None,
        "word": "a",
        "colour": "red",
        "day": "2025-07-01",
        "parts": [{"name": "é\u2028"}],
        "by_name": {"x": 1},
        "part": None,
    }
    assert rendered(whole(later=None))["later"] is None
    assert rendered([whole(later=3)])[0]["later"] == 3


def test_no_data_is_an_empty_body():
    assert JSONRenderer().render(None) == b""


def test_nobody_can_change_a_shape():
    with pytest.raises(AttributeError):
        whole().number = 1.0


def test_a_required_field_may_follow_one_with_a_default():
    with pytest.raises(TypeError, match="number"):
        Whole(word="a")


def schema_of_answer(answer: Any) -> dict[str, Any]:
    class View(APIView):
        @extend_schema(responses={200: answer})
        def get(self, request: Any) -> Response:
            return Response()

    from django.urls import path

    return SchemaGenerator(patterns=[path("thing", View.as_view())]).get_schema(public=True)["components"]["schemas"]


def test_the_schema_says_what_a_shape_says():
    found = schema_of_answer(Whole)
    assert found["Part"] == {
        "type": "object",
        "properties": {"name": {"type": "string"}},
        "required": ["name"],
        "description": "A part of the whole.",
    }
    properties = found["Whole"]["properties"]
    assert properties["number"] == {
        "type": "number",
        "format": "double",
        "nullable": True,
        "minimum": 0,
        "description": "minutes",
    }
    assert properties["parts"] == {"type": "array", "items": {"$ref": "#/components/schemas/Part"}}
    assert properties["by_name"] == {"type": "object", "additionalProperties": {"type": "integer"}}
    assert properties["part"]["allOf"] == [{"$ref": "#/components/schemas/Part"}]
    assert properties["part"]["nullable"] is True
    assert properties["day"] == {"type": "string", "format": "date"}
    assert properties["later"] == {"type": "integer", "nullable": True, "description": "week only"}
    assert found["Whole"]["required"] == sorted(set(properties) - {"later"})
    assert "description" not in found["Whole"]


def test_a_type_that_no_answer_has_is_refused():
    class Odd(Shape):
        value: complex

    with pytest.raises(TypeError, match="complex"):
        schema_of_answer(Odd)
