"""The audit's endpoints are documented: parameters, bodies, errors, examples."""

import io

import pytest
import yaml
from django.core.management import call_command

PATHS = {
    ("/api/audit/verify", "post"): ({"200", "400", "404", "413", "415"}, set()),
    ("/api/audit/status", "get"): ({"200", "400"}, {"date"}),
    ("/api/audit/anomalies", "get"): ({"200", "400"}, {"date", "severity"}),
    ("/api/audit/flagged-entities", "get"): ({"200", "400"}, {"date", "severity"}),
    ("/api/audit/run", "post"): ({"200", "400", "413", "415"}, set()),
    ("/api/audit/data-quality", "get"): ({"200", "400"}, {"hours", "source", "unresolved"}),
    ("/api/audit/data-quality/summary", "get"): ({"200", "400"}, {"days", "source"}),
}


@pytest.fixture(scope="module")
def schema():
    out = io.StringIO()
    call_command("spectacular", "--validate", stdout=out)
    return yaml.safe_load(out.getvalue())


@pytest.mark.parametrize(("path", "method"), PATHS)
def test_an_endpoint_is_documented_with_its_parameters_and_errors(schema, path, method):
    responses, parameters = PATHS[path, method]
    operation = schema["paths"][path][method]
    assert operation["summary"]
    assert operation["tags"] == ["audit"]
    assert set(operation["responses"]) - {"429", "503"} == responses
    assert {each["name"] for each in operation.get("parameters", [])} == parameters


@pytest.mark.parametrize("path", ["/api/audit/verify", "/api/audit/run"])
def test_a_body_is_documented_by_an_example(schema, path):
    (content,) = schema["paths"][path]["post"]["requestBody"]["content"].values()
    assert list(schema["paths"][path]["post"]["requestBody"]["content"]) == ["application/json"]
    assert content["examples"]


def test_the_choices_and_defaults_are_documented(schema):
    body = schema["components"]["schemas"]["VerifyBody"]
    assert set(body["required"]) == {"displayed_value", "type", "period", "entity_id"}
    parameters = schema["paths"]["/api/audit/data-quality"]["get"]["parameters"]
    assert {each["name"]: each["schema"].get("default") for each in parameters} == {
        "hours": 24,
        "source": None,
        "unresolved": "true",
    }
