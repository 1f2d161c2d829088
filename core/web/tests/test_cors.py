"""Cross-origin headers of the public API (public-api 2.9)."""

import pytest
from rest_framework.exceptions import ValidationError

pytestmark = pytest.mark.django_db
URL, ORIGIN = "/api/search/index", "https://app.example.org"
PREFIX = "access-control-"


def cors(response) -> dict[str, str]:
    """The cross-origin headers of a response, without their common beginning."""
    return {
        name.lower().removeprefix(PREFIX): value for name, value in response.items() if name.lower().startswith(PREFIX)
    }


def preflight(client, url, method, headers=None, origin=ORIGIN):
    asked = {"Access-Control-Request-Method": method, "Origin": origin}
    if headers is not None:
        asked["Access-Control-Request-Headers"] = headers
    return client.options(url, headers=asked)


def test_the_origin_is_echoed_and_the_answer_varies_by_it(client):
    response = client.get(URL, headers={"Origin": ORIGIN})
    assert cors(response) == {"allow-origin": ORIGIN}
    assert "Origin" in response["Vary"]


def test_without_an_origin_anybody_may_read(client):
    response = client.get(URL)
    assert cors(response) == {"allow-origin": "*"}
    assert "Origin" not in response.get("Vary", "")


def fail(*args, **kwargs):
    raise RuntimeError("broken")


def refuse(*args, **kwargs):
    raise ValidationError("no")


@pytest.mark.parametrize(
    ("method", "url", "status"),
    [
        ("get", "/api/nothing-here", 404),
        ("get", "/api/search/index/", 404),
        ("post", URL, 405),
        ("get", "/api/rides/downtime?period=never", 400),
        ("head", URL, 200),
        ("options", URL, 200),
    ],
)
def test_errors_and_other_methods_are_readable_too(client, method, url, status):
    response = getattr(client, method)(url, headers={"Origin": ORIGIN})
    assert response.status_code == status
    assert cors(response) == {"allow-origin": ORIGIN}
    assert cors(getattr(client, method)(url)) == {"allow-origin": "*"}


@pytest.mark.parametrize(("act", "status"), [(fail, 500), (refuse, 400)])
def test_failures_inside_a_view_are_readable_too(client, monkeypatch, act, status):
    monkeypatch.setattr("parks.api.views.search_index", act)
    response = client.get(URL, headers={"Origin": ORIGIN})
    assert response.status_code == status
    assert cors(response) == {"allow-origin": ORIGIN}


def test_an_unknown_host_is_refused_readably(client):
    response = client.get(URL, headers={"Host": "evil.example.org", "Origin": ORIGIN})
    assert response.status_code == 400
    assert cors(response) == {"allow-origin": ORIGIN}


@pytest.mark.parametrize("method", ["GET", "POST", "OPTIONS"])
def test_a_preflight_for_an_allowed_method_is_granted(client, method):
    response = preflight(client, URL, method)
    assert (response.status_code, response.content) == (200, b"")
    assert cors(response) == {"allow-origin": ORIGIN, "allow-methods": "GET, OPTIONS, POST"}


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "PUT", "get", "", "GET, DELETE"])
def test_a_preflight_for_another_method_is_not_granted(client, method):
    response = preflight(client, URL, method, headers="Content-Type")
    assert (response.status_code, response.content) == (200, b"")
    assert cors(response) == {"allow-origin": ORIGIN}


@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        ("Content-Type", "Content-Type"),
        ("x-api-key, content-type", "Content-Type, X-API-Key"),
        ("X-API-KEY,X-Evil,Authorization", "X-API-Key"),
        ("Authorization", None),
        ("", None),
        ("Content-Type-Extra", None),
        (None, None),
    ],
)
def test_a_preflight_grants_the_known_headers_among_those_asked_for(client, asked, granted):
    assert cors(preflight(client, URL, "GET", headers=asked)).get("allow-headers") == granted


@pytest.mark.parametrize("method", ["DELETE", "PATCH", "POST", "GET"])
def test_the_admin_api_lets_pages_change_and_cancel_with_a_key(client, method):
    response = preflight(client, "/api/admin/import/list", method, headers="authorization, content-type, x-evil")
    assert cors(response) == {
        "allow-origin": ORIGIN,
        "allow-methods": "DELETE, GET, OPTIONS, PATCH, POST",
        "allow-headers": "Authorization, Content-Type",
    }


def test_the_admin_api_allows_no_other_method(client):
    assert cors(preflight(client, "/api/admin/import/list", "PUT")) == {"allow-origin": ORIGIN}


def test_a_preflight_needs_no_route_and_no_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        assert preflight(client, "/api/later", "GET").status_code == 200


@pytest.mark.parametrize("url", [URL, "/api/parks/1/details", "/api/audit/run", "/api/admin/import/list"])
def test_a_preflight_reports_the_methods_of_its_route_as_a_plain_options_does(client, url):
    reported = preflight(client, url, "GET")["Allow"]
    assert reported == ("POST, OPTIONS" if url == "/api/audit/run" else "GET, HEAD, OPTIONS")
    if "/admin/" not in url:  # which says nobody without a key
        assert client.options(url)["Allow"] == reported


@pytest.mark.parametrize("url", ["/api/later", "/api/schema/", "/api/parks/x/details"])
def test_a_preflight_of_no_route_of_the_api_is_answered_too(client, url):
    response = preflight(client, url, "GET")
    assert (response.status_code, "Allow" in response) == (200, False)


def test_options_without_a_requested_method_is_no_preflight(client):
    response = client.options(URL, headers={"Origin": ORIGIN})
    assert cors(response) == {"allow-origin": ORIGIN}
    assert response["Allow"]


@pytest.mark.parametrize("url", ["/", "/api", "/apis/x", "/API/search/index", "/elsewhere"])
def test_paths_outside_the_api_have_none_of_it(client, url):
    assert cors(client.get(url, headers={"Origin": ORIGIN})) == {}
    assert cors(preflight(client, url, "GET")) == {}


def test_credentials_are_never_allowed_and_nothing_is_exposed_or_kept(client):
    for response in (client.get(URL, headers={"Origin": ORIGIN}), preflight(client, URL, "POST", "X-API-Key")):
        assert not {"allow-credentials", "expose-headers", "max-age"} & cors(response).keys()


def test_a_line_break_in_the_origin_writes_no_header(client):
    response = client.get(URL, HTTP_ORIGIN="null")
    assert cors(response) == {"allow-origin": "null"}
