"""What every route has in common: JSON, HEAD, OPTIONS, headers (public-api 2.1, 4.1)."""

import pytest
from django.test import Client
from django.urls import resolve

pytestmark = pytest.mark.django_db
ROUTES = ["/", "/api/health", "/api/parks/downtime", "/api/rides/downtime", "/api/search/index"]
every_route = pytest.mark.parametrize("url", ROUTES)


ACCEPTS = [None, "application/xml", "*/*", "nonsense", "application/json;q=0", "application/json, text/html"]
# Where a person gets a page, a client that would rather have HTML is taken for one.
BY_ACCEPT = [(url, accept) for url in ROUTES for accept in (*ACCEPTS, *(["text/html"] if url != "/" else []))]


@pytest.mark.parametrize(("url", "accept"), BY_ACCEPT)
def test_whatever_a_client_accepts_it_gets_json(client, url, accept):
    response = client.get(url, headers={"Accept": accept} if accept else {})
    assert response["Content-Type"] == "application/json"
    assert isinstance(response.json(), dict)


@every_route
def test_a_format_in_the_query_changes_nothing(client, url):
    response = client.get(f"{url}?format=api")
    assert response["Content-Type"] == "application/json"


@every_route
def test_head_has_the_headers_of_get_and_no_body(client, url):
    get, head = client.get(url), client.head(url)
    assert head.status_code == get.status_code
    assert head.content == b""
    assert head["Content-Type"] == get["Content-Type"]
    assert int(head["Content-Length"]) == pytest.approx(len(get.content), abs=20)  # times differ in length


@every_route
def test_options_names_the_methods_with_an_empty_body(client, url):
    response = client.options(url)
    assert (response.status_code, response.content) == (200, b"")
    assert response["Allow"] == "GET, HEAD, OPTIONS"


@every_route
def test_the_contracts_security_headers_are_there_and_before_an_answer_is_stored_no_caching_ones(url):
    response = Client().get(url)
    assert response["X-Frame-Options"] == "SAMEORIGIN"
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Referrer-Policy"] == "strict-origin-when-cross-origin"
    for name in ("Cache-Control", "ETag", "Expires", "Last-Modified", "Set-Cookie"):
        assert name not in response


def test_numbers_are_numbers_and_letters_are_letters(client):
    response = client.get("/")
    assert response["Content-Type"] == "application/json"
    assert int(response["Content-Length"]) == len(response.content)


def test_the_identity_document_names_addresses_that_answer(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        body = client.get("/").json()
    endpoints = body.pop("endpoints")
    assert body == {"name": "Theme Park Downtime Tracker API", "version": "1.0.0", "status": "running"}
    assert list(endpoints) == ["health", "parks", "rides", "trends", "audit", "search", "docs", "schema"]
    assert {name: resolve(path).route for name, path in endpoints.items()}


def test_the_schema_describes_every_route(client):
    text = client.get("/api/schema/").content.decode()
    for url in ROUTES:
        assert f"\n  {url}:\n" in text
    assert "\n  /api/schema/:\n" not in text


def test_the_documentation_page_needs_no_other_site(client):
    response = client.get("/api/docs/")
    assert response.status_code == 200
    assert response["Content-Type"].startswith("text/html")
    assert b"cdn." not in response.content
    assert b'src="http' not in response.content
