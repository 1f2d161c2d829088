"""The generated schema is valid, names the five endpoints, and its page needs no other host."""

import io
import re

import pytest
import yaml
from django.core.management import call_command

from stats.api.serializers import RIDE_SORTS

ENDPOINTS = {"/", "/api/health", "/api/parks/downtime", "/api/rides/downtime", "/api/search/index"}


@pytest.fixture(scope="module")
def schema():
    out = io.StringIO()
    call_command("spectacular", "--validate", "--fail-on-warn", stdout=out)
    return yaml.safe_load(out.getvalue())


def test_the_schema_is_valid_without_a_warning_and_names_the_five_endpoints(schema):
    assert set(schema["paths"]) >= ENDPOINTS
    for path in ENDPOINTS:
        assert schema["paths"][path]["get"]["summary"]


@pytest.mark.parametrize(
    ("kind", "default", "sorts"),
    [
        ("parks", 50, ["shame_score", "total_downtime_hours", "uptime_percentage", "rides_down"]),
        ("rides", 100, [*RIDE_SORTS]),
    ],
)
def test_the_parameters_and_the_error_of_a_ranking_are_documented(schema, kind, default, sorts):
    operation = schema["paths"][f"/api/{kind}/downtime"]["get"]
    parameters = {each["name"]: each["schema"] for each in operation["parameters"]}
    dates = {"start_date", "end_date"}
    assert set(parameters) == {"period", "filter", "limit", "sort_by"} | dates | (
        {"weighted"} if kind == "parks" else set()
    )
    assert parameters["limit"]["default"] == default
    assert parameters["limit"]["type"] == "integer"
    assert sorted(parameters["sort_by"]["enum"]) == sorted(sorts)
    assert set(operation["responses"]) - {"429", "503"} == {"200", "400"}


def test_the_schema_is_served(client):
    response = client.get("/api/schema/", headers={"accept": "application/json"})
    assert response.status_code == 200
    assert response["Content-Type"].startswith(("application/json", "application/vnd.oai.openapi"))


def test_the_documentation_page_refers_to_no_other_host(client):
    response = client.get("/api/docs/")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/html")
    page = response.content.decode()
    references = re.findall(r"""(?:src|href)\s*=\s*["']([^"']+)""", page)
    assert references
    assert [each for each in references if not each.startswith(("/", "data:")) or each.startswith("//")] == []
    assert not re.findall(r"""["'](?:https?:)?//[^"']+""", page)


def test_what_the_documentation_page_refers_to_is_there(client, settings):
    settings.WHITENOISE_USE_FINDERS = True  # as without collectstatic
    page = client.get("/api/docs/").content.decode()
    for path in re.findall(r"""(?:src|href)\s*=\s*["'](/[^"']+)""", page):
        assert client.get(path).status_code == 200, path
