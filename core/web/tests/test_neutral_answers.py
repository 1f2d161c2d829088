"""Stored answers are everybody's: nothing of who asked gets in, nothing large is kept, and they are stored packed."""

import gzip
from collections.abc import Callable, Iterable
from typing import Any

import brotli
import pytest
from django.test import Client

from core.web import stored_answers
from core.web.compression import Packing, accepted
from core.web.requests import LONGEST_PATH, LONGEST_QUERY
from core.web.stored_answers import Answer, CachedApplication
from core.web.tests.test_cache import RANKING, ask

CALLERS = {
    "HTTP_COOKIE": "sessionid=abc",
    "HTTP_ACCEPT_LANGUAGE": "de",
    "HTTP_AUTHORIZATION": "Bearer rw_1_2",
    "HTTP_RANGE": "bytes=0-3",
    "REMOTE_ADDR": "10.0.0.9",
}


@pytest.fixture(autouse=True)
def _own_version(settings, tmp_path):
    settings.DATA_VERSION_FILE = tmp_path / "data-version"
    settings.REDIS_URL = ""


class Telling:
    """Answers with a text of some size, and remembers what it was asked."""

    def __init__(self, body: bytes = b"{}", content_type: str = "application/json") -> None:
        self.body, self.content_type = body, content_type
        self.asked: list[dict[str, Any]] = []

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.asked.append(environ)
        headers = [
            ("Content-Type", self.content_type),
            ("Content-Length", str(len(self.body))),
            ("Set-Cookie", "sessionid=; Max-Age=0"),
            ("Vary", "Cookie, Origin"),
            ("X-Of-Nobody", "1"),
            ("Referrer-Policy", "same-origin"),
        ]
        start_response("200 OK", headers)
        return [self.body]


def test_an_answer_is_computed_for_nobody_in_particular(settings):
    settings.ALLOWED_HOSTS = ["api.example", "localhost"]
    telling = Telling()
    ask(CachedApplication(telling, 300, ""), query="utm=1&limit=5", **CALLERS)
    (asked,) = telling.asked
    headers = {name for name in asked if name.startswith("HTTP_")}
    assert headers == {"HTTP_HOST"}
    assert (asked["HTTP_HOST"], asked["REMOTE_ADDR"], asked["wsgi.input"].read()) == ("api.example", "", b"")
    assert "limit=5" in asked["QUERY_STRING"]
    assert "utm" not in asked["QUERY_STRING"]


def test_only_listed_headers_are_kept_and_never_a_cookie():
    app = CachedApplication(Telling(), 300, "")
    for _ in range(2):  # computed, then stored
        headers = ask(app, **CALLERS)[1]
        assert set(headers) == {
            "content-type",
            "referrer-policy",
            "etag",
            "cache-control",
            "access-control-allow-origin",
            "content-length",
        }


@pytest.mark.django_db
def test_a_session_that_is_none_logs_nobody_out(client):
    for _ in range(2):
        answer = client.get("/api/parks/downtime", HTTP_COOKIE="sessionid=abc")
        assert answer.status_code == 200
        assert "Set-Cookie" not in answer
        assert "Cookie" not in answer.get("Vary", "")


def test_what_a_redirect_to_https_would_answer_is_never_stored(settings):
    settings.SECURE_SSL_REDIRECT = True
    telling = Telling()
    app = CachedApplication(telling, 300, "")
    for _ in range(2):
        ask(app, HTTP_HOST="localhost:8000")
    assert [asked["HTTP_HOST"] for asked in telling.asked] == ["localhost:8000"] * 2


@pytest.mark.parametrize(("size", "times"), [(1_000_000, 1), (1_000_001, 2)])
def test_an_answer_of_more_than_a_megabyte_is_not_kept(size, times):
    telling = Telling(b"x" * size)
    app = CachedApplication(telling, 300, "")
    assert [len(ask(app)[2]) for _ in range(2)] == [size, size]
    assert len(telling.asked) == times


@pytest.mark.parametrize("method", ["get", "Get", "head", "x" * 30])
def test_methods_are_case_sensitive(method):
    telling = Telling()
    status, _, body = ask(CachedApplication(telling, 300, ""), method=method)
    assert status == "405 Method Not Allowed"
    assert b'"success":false' in body
    assert telling.asked == []


@pytest.mark.parametrize(
    ("path", "query"),
    [("/api/" + "x" * LONGEST_PATH, ""), (RANKING, "x" * (LONGEST_QUERY + 1)), ("/" + "x" * 60_000, "")],
)
def test_an_overlong_request_is_refused_before_it_is_remembered(path, query):
    telling = Telling()
    app = CachedApplication(telling, 300, "")
    assert ask(app, path, query)[0] == "414 URI Too Long"
    assert (telling.asked, app.spellings) == ([], {})


def test_a_long_path_with_an_id_is_not_remembered():
    app = CachedApplication(Telling(), 300, "")
    for n in range(50):
        ask(app, f"/api/parks/{n:01000}/details")
    assert app.spellings == {}
    assert app.at_hand.answers == {}


# -- packed -----------------------------------------------------------------------------------------------

BODY = b'{"ride_name": "Space Mountain", "wait": 35}' * 1_000
UNPACK = {"gzip": gzip.decompress, "br": brotli.decompress}


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", ()),
        ("gzip", ("gzip",)),
        ("gzip, deflate, br, zstd", ("br", "gzip")),
        ("*", ("br", "gzip")),
        ("br;q=0, *;q=0.1", ("gzip",)),
        ("identity", ()),
        ("GZIP;q=0.5", ("gzip",)),
        ("gzip;q=much", ()),
        (";;,,=", ()),
    ],
)
def test_encodings_are_those_the_client_names(header, expected):
    assert accepted(header) == expected


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_a_stored_answer_is_packed_once_and_served_as_it_is(encoding, monkeypatch):
    app = CachedApplication(Telling(BODY), 300, "")
    plain = ask(app)
    monkeypatch.setattr("core.web.compression.PACKERS", {"br": None, "gzip": None})
    _, headers, body = ask(app, HTTP_ACCEPT_ENCODING=encoding)
    assert UNPACK[encoding](body) == plain[2] == BODY
    assert headers["content-encoding"] == encoding
    assert headers["content-length"] == str(len(body))
    assert len(body) < len(BODY) / 10
    assert headers["vary"] == plain[1]["vary"] == "Accept-Encoding"
    assert headers["etag"] != plain[1]["etag"]
    for tag in (headers["etag"], plain[1]["etag"]):  # one answer in two forms
        found = ask(app, HTTP_ACCEPT_ENCODING=encoding, HTTP_IF_NONE_MATCH=tag)
        assert (found[0], found[1]["etag"], found[2]) == ("304 Not Modified", headers["etag"], b"")
    assert ask(app, HTTP_ORIGIN="https://one.example")[1]["vary"] == "Accept-Encoding, Origin"


@pytest.mark.parametrize("body", [b"{}", BODY])
def test_what_goes_to_redis_comes_back_and_is_small(body):
    app = CachedApplication(Telling(body), 300, "")
    ask(app)
    (answer,) = app.at_hand.answers.values()
    stored = answer.to_bytes()
    assert Answer.from_bytes(stored) == answer
    assert len(stored) < 5_000


@pytest.mark.parametrize("stored", [b"", b"[1]\nx", b"not json\n", b'["1",2,"e",[]]\n{}'])
def test_what_another_version_stored_is_computed_anew(stored, monkeypatch):
    class Old:
        get = staticmethod(lambda name: stored)

    monkeypatch.setattr("core.data_version.client", lambda url: Old)
    assert stored_answers.SharedAnswers("redis://r").get("key") is None


@pytest.mark.parametrize("encoding", ["br", "gzip"])
def test_pages_and_other_answers_are_packed_too(encoding):
    status, headers, body = ask(Packing(Telling(BODY, "text/html")), "/", HTTP_ACCEPT_ENCODING=encoding)
    assert (status, UNPACK[encoding](body)) == ("200 OK", BODY)
    assert headers["content-encoding"] == encoding
    assert headers["vary"] == "Cookie, Origin, Accept-Encoding"
    assert headers["content-length"] == str(len(body))


@pytest.mark.parametrize(
    ("path", "body", "content_type"),
    [("/admin/", BODY, "text/html"), ("/", b"small", "text/html"), ("/static/x.png", BODY, "image/png")],
)
def test_secrets_small_texts_and_pictures_are_not_packed(path, body, content_type):
    packing = Packing(Telling(body, content_type))
    assert ask(packing, path, HTTP_ACCEPT_ENCODING="br, gzip")[2] == body


# -- parameters nobody knows ------------------------------------------------------------------------------


def test_unknown_parameters_are_named_and_change_nothing():
    telling = Telling()
    app = CachedApplication(telling, 300, "")
    for _ in range(2):
        assert ask(app, query="limt=5&period=live&x%0d%0a=1")[1]["warning"] == (
            '299 - "unknown query parameters: limt, x??"'
        )
    assert "warning" not in ask(app, query="period=live")[1]
    assert len(telling.asked) == 1


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/audit/anomalies", "/api/analytics/parks", "/api/live/status-summary"])
def test_unknown_parameters_are_named_wherever_parameters_are_read(path, client):
    for client_ in (client, Client()):
        named = client_.get(f"{path}?limt=5&start=2025-07-01&end=2025-07-01")["Warning"]
        assert named.startswith('299 - "unknown query parameters: limt')
    assert "Warning" not in client.get(f"{path}?")


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/api/health", "/api/tools", "/api/visitor"])
def test_unknown_parameters_are_named_where_there_are_none(path, client):
    assert client.get(f"{path}?limt=5")["Warning"] == '299 - "unknown query parameters: limt"'
    assert "Warning" not in client.get(path)
    assert "Warning" not in client.get("/api/schema/?format=json&limt=5")
