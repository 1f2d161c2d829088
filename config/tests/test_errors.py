"""Every error is JSON of one shape and leaks nothing (design §6)."""

import json
import logging

import pytest
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.test import RequestFactory
from django.test.utils import override_settings
from django.urls import path
from rest_framework import exceptions, serializers
from rest_framework.decorators import api_view
from rest_framework.request import Request
from rest_framework.response import Response

from config.urls import handler400, handler404, handler500
from config.urls import urlpatterns as routes
from core.api import errors

pytestmark = pytest.mark.django_db
SECRET = "mysql://rw:hunter2@10.0.0.7"
VIEWS = {
    "/api/search/index": "parks.api.views.search_index",
    "/api/parks/downtime": "stats.api.views.park_downtime",
    "/api/rides/downtime": "stats.api.views.ride_downtime",
    "/api/health": "stats.api.views.health",
}


def error_of(response) -> str:
    """The error text of a response, whose body has the one shape."""
    assert response["Content-Type"] == "application/json"
    body = response.json()
    assert body["success"] is False
    assert set(body) <= {"success", "error", "message"}
    assert isinstance(body["error"], str)
    assert body["error"]
    return str(body["error"])


@pytest.mark.parametrize(
    "url",
    [
        "/nothing",
        "/api",
        "/api/",
        "/api/nothing",
        "/api/health/",  # a trailing slash is another path
        "/api/parks/downtime/",
        "/api/search/index.json",
        "/API/health",
        "/api/schema",
        "//api/health",
        "/api/%00",
        "/api/%ff%fe",
        "/api/../api/health",
        "/admin",
        "/static/nothing.js",
        "/favicon.png",
    ],
)
@pytest.mark.parametrize("method", ["get", "post", "delete"])
def test_an_unknown_route_is_not_found_and_never_redirected(client, url, method):
    response = getattr(client, method)(url)
    assert response.status_code == 404
    assert error_of(response) == "Not Found"
    assert response.json()["message"] == "The requested resource was not found"


@pytest.mark.parametrize("url", ["/", *VIEWS])
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "trace"])
def test_another_method_is_not_allowed(client, url, method):
    response = getattr(client, method)(url)
    assert response.status_code == 405
    assert response["Allow"] == "GET, HEAD, OPTIONS"
    assert error_of(response) == f'Method "{method.upper()}" not allowed.'


@pytest.mark.parametrize(("url", "function"), VIEWS.items())
def test_an_unexpected_failure_reports_nothing_of_its_cause(client, monkeypatch, caplog, url, function):
    def fail(*args, **kwargs):
        raise RuntimeError(f"cannot connect to {SECRET}")

    monkeypatch.setattr(function, fail)
    with caplog.at_level(logging.ERROR):
        response = client.get(url)
    assert response.status_code == 500
    assert error_of(response) == "Internal server error"
    assert response.json() == {"success": False, "error": "Internal server error"}
    assert SECRET.encode() not in response.content
    assert SECRET in caplog.text, "the log has it all"
    assert "Traceback" in caplog.text


def test_a_failure_outside_the_views_reports_nothing_either(client, monkeypatch):
    def fail(self, request):
        raise RuntimeError(SECRET)

    monkeypatch.setattr("core.web.cors.CorsMiddleware.__call__", fail)
    client.raise_request_exception = False
    response = client.get("/api/health")
    assert response.status_code == 500
    assert response.json() == {"success": False, "error": "Internal server error"}


def test_an_unknown_host_is_a_bad_request(client):
    response = client.get("/api/search/index", headers={"Host": "evil.example.org"})
    assert response.status_code == 400
    assert error_of(response) == "Bad Request: this host is not one of ALLOWED_HOSTS"
    assert b"evil" not in response.content


# -- a route that reads JSON; ours have none yet ---------------------------------------------------------


class Order(serializers.Serializer):
    park = serializers.IntegerField(min_value=1)
    names = serializers.ListField(child=serializers.CharField(max_length=5))


@api_view(["POST"])
def order(request: Request) -> Response:
    query = Order(data=request.data)
    query.is_valid(raise_exception=True)
    return Response(query.validated_data)


@api_view(["GET"])
def absent(request: Request) -> Response:
    raise Http404("Park 999 not found")


@api_view(["GET"])
def forbidden(request: Request) -> Response:
    raise PermissionDenied(SECRET)


urlpatterns = [
    *routes,
    path("api/order", order),
    path("api/parks/999", absent),
    path("api/forbidden", forbidden),
]
with_routes = override_settings(ROOT_URLCONF=__name__)
__all__ = ["handler400", "handler404", "handler500", "urlpatterns"]


@pytest.mark.parametrize(
    ("body", "content_type", "status", "says"),
    [
        ('{"park": 1, "names": []}', "application/json", 200, None),
        ('{"park": 1, "names": []}', "application/json; charset=utf-8", 200, None),
        ("{", "application/json", 400, "JSON parse error"),
        ("", "application/json", 400, ""),
        ("[1, 2]", "application/json", 400, "Invalid data"),
        ("null", "application/json", 400, ""),
        ('{"park": NaN, "names": []}', "application/json", 400, "JSON parse error"),
        ('{"park": 0, "names": []}', "application/json", 400, "greater than or equal to 1"),
        ('{"park": 1, "names": ["x", "too long"]}', "application/json", 400, "no more than 5 characters"),
        ("{}", "application/json", 400, "required"),
        (b"\xff\xfe", "application/json", 400, "JSON parse error"),
        ("park=1", "application/x-www-form-urlencoded", 415, "Unsupported media type"),
        ("<park/>", "text/xml", 415, "Unsupported media type"),
        ('{"park": 1}', "application/json-patch+json", 415, "Unsupported media type"),
        ("x", "multipart/form-data; boundary=x", 415, "Unsupported media type"),
    ],
)
@with_routes
def test_a_body_that_cannot_be_read_is_refused_as_json(client, body, content_type, status, says):
    response = client.post("/api/order", data=body, content_type=content_type)
    assert response.status_code == status
    if status != 200:
        assert says in error_of(response)


@with_routes
def test_unknown_ids_and_forbidden_things_have_the_same_shape(client):
    response = client.get("/api/parks/999")
    assert response.status_code == 404
    assert response.json() == {"success": False, "error": "Park 999 not found"}
    response = client.get("/api/forbidden")
    assert response.status_code == 403
    assert SECRET not in error_of(response)


# -- the functions themselves ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("detail", "message"),
    [
        ("no", "no"),
        (["first", "second"], "first"),
        ({"period": ["Invalid period."], "limit": ["Not a number."]}, "Invalid period."),
        ({"rows": [{"id": ["missing"]}, {}]}, "missing"),
        ([], "Invalid request"),
        ({}, "Invalid request"),
        ({"rows": [[]]}, "Invalid request"),
    ],
)
def test_the_first_message_of_a_nested_error_is_reported(detail, message):
    assert errors.first_message(detail) == message


@pytest.mark.parametrize(
    ("error", "status", "message"),
    [
        (Http404("Ride 5 not found"), 404, "Ride 5 not found"),
        (Http404(), 404, "Not found."),
        (exceptions.NotFound(), 404, "Not found."),
        (PermissionDenied(SECRET), 403, "You do not have permission to perform this action."),
        (exceptions.NotAuthenticated("Missing key"), 401, "Missing key"),
        (exceptions.Throttled(), 429, "Request was throttled."),
        (exceptions.ValidationError({"limit": ["bad"]}), 400, "bad"),
        (KeyError(SECRET), 500, "Internal server error"),
    ],
)
def test_every_exception_becomes_the_one_shape(error, status, message):
    response = errors.error_response(error, {})
    assert response is not None
    assert response.status_code == status
    assert response.data == {"success": False, "error": message}


@pytest.mark.parametrize(
    ("handler", "status"), [(errors.bad_request, 400), (errors.not_found, 404), (errors.server_error, 500)]
)
def test_the_handlers_answer_without_a_view(handler, status):
    request: HttpRequest = RequestFactory().get("/")
    response = handler(request)
    assert response.status_code == status
    assert json.loads(response.content)["success"] is False


def test_an_unknown_host_gets_no_page_but_the_setting_to_look_at(client):
    response = client.get("/", headers={"Host": "evil.example.org", "Accept": "text/html"})
    assert (response.status_code, response["Content-Type"]) == (400, "application/json")
    assert b"ALLOWED_HOSTS" in response.content
