"""The identity document leads to addresses that answer; the schema comes as it is asked for."""

import json

import pytest
import yaml

pytestmark = pytest.mark.django_db


def test_every_address_of_the_identity_document_answers(client):
    endpoints = client.get("/").json()["endpoints"]
    assert {"docs", "schema"} < set(endpoints)
    for address in endpoints.values():
        assert client.get(address).status_code == 200, address


@pytest.mark.parametrize(
    ("query", "accept"), [("?format=json", "*/*"), ("", "application/json"), ("?format=json", "text/html")]
)
def test_the_schema_is_json_where_json_is_asked_for(client, query, accept):
    response = client.get(f"/api/schema/{query}", headers={"accept": accept})
    assert "json" in response["Content-Type"]
    assert json.loads(response.content)["openapi"].startswith("3.")


@pytest.mark.parametrize("query", ["", "?format=yaml", "?format=nonsense"])
def test_the_schema_is_yaml_otherwise(client, query):
    response = client.get(f"/api/schema/{query}")
    assert response.content.startswith(b"openapi: ")
    assert yaml.safe_load(response.content)["openapi"].startswith("3.")
