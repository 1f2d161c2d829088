"""Whoever reads the schema finds each parameter described, and an example of each answer that fits its shape."""

from typing import Any

import jsonschema
import pytest
from drf_spectacular.generators import SchemaGenerator


@pytest.fixture(scope="module")
def schema() -> Any:
    return SchemaGenerator().get_schema(request=None, public=True)


def operations(schema: Any) -> list[tuple[str, Any]]:
    return [
        (f"{method} {path}", operation)
        for path, methods in schema["paths"].items()
        for method, operation in methods.items()
    ]


def test_every_parameter_has_a_description(schema):
    found = [(name, each) for name, operation in operations(schema) for each in operation.get("parameters", [])]
    assert len(found) > 130
    assert [(name, each["name"]) for name, each in found if not each.get("description")] == []


def test_every_operation_has_a_summary_and_an_example_of_its_answer(schema):
    for name, operation in operations(schema):
        answers = [answer for status, answer in operation["responses"].items() if status.startswith("2")]
        contents = [content for answer in answers for content in answer.get("content", {}).values()]
        assert contents, name
        assert all({"example", "examples"} & content.keys() for content in contents), name


def nullable(found: Any) -> Any:
    """OpenAPI 3.0's `nullable` as JSON Schema has it."""
    if isinstance(found, list):
        return [nullable(each) for each in found]
    if not isinstance(found, dict):
        return found
    rest = {key: nullable(value) for key, value in found.items() if key not in ("nullable", "example")}
    return {"anyOf": [rest, {"type": "null"}]} if found.get("nullable") is True else rest


def test_an_example_is_an_answer_of_its_shape(schema):
    components = {"components": nullable(schema["components"])}
    checked = 0
    for name, operation in operations(schema):
        for status, answer in operation["responses"].items():
            content = answer.get("content", {}).get("application/json", {})
            if status.startswith("2") and "example" in content:
                shape = nullable(content["schema"]) | components
                errors = [
                    error.message for error in jsonschema.Draft202012Validator(shape).iter_errors(content["example"])
                ]
                assert errors == [], name
                checked += 1
    assert checked > 30
