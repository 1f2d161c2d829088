"""Stored answers: served without Django, dropped with the data version, computed once (public-api 2.8)."""

import os
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

import pytest
import redis

from core import data_version
from core.web.stored_answers import MOST_ANSWERS, AnswersAtHand, CachedApplication
from core.web.stored_paths import key_of, stored_paths

RANKING = "/api/parks/downtime"


class Counting:
    """A WSGI application that answers with the number of calls so far."""

    def __init__(self, status: str = "200 OK", delay: float = 0) -> None:
        self.calls = 0
        self.status = status
        self.delay = delay

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        self.calls += 1
        time.sleep(self.delay)
        headers = [
            ("Content-Type", "application/json"),
            ("X-Frame-Options", "SAMEORIGIN"),
            ("Access-Control-Allow-Origin", environ.get("HTTP_ORIGIN") or "*"),
            ("Content-Length", "1"),
        ]
        start_response(self.status, headers)
        return [str(self.calls).encode()]


def ask(
    app: Any, path: str = RANKING, query: str = "", method: str = "GET", **environ: str
) -> tuple[str, dict, bytes]:
    reported: list[Any] = []
    request = {"PATH_INFO": path, "QUERY_STRING": query, "REQUEST_METHOD": method, "wsgi.url_scheme": "http"}
    request |= {"HTTP_HOST": "localhost", "SERVER_NAME": "localhost"}
    body = b"".join(app({**request, **environ}, lambda *args: reported.append(args)))
    status, headers = reported[-1][:2]
    return status, {name.lower(): value for name, value in headers}, body


@pytest.fixture(autouse=True)
def _own_version(settings, tmp_path):
    settings.DATA_VERSION_FILE = tmp_path / "data-version"
    settings.REDIS_URL = ""


@pytest.fixture
def app() -> CachedApplication:
    return CachedApplication(Counting(), 300, "")


# -- what is kept ----------------------------------------------------------------------------------------


def test_the_second_answer_is_the_stored_first(app):
    first, second = ask(app), ask(app)
    assert first == second
    assert first[0] == "200 OK"
    assert first[2] == b"1"
    assert first[1]["x-frame-options"] == "SAMEORIGIN"
    assert first[1]["content-length"] == "1"
    assert first[1]["cache-control"] == "public, no-cache"


def test_newer_data_drop_every_answer(app):
    ask(app)
    data_version.move()
    assert ask(app)[2] == b"2"


def test_an_answer_is_dropped_when_it_is_too_old(app, monkeypatch):
    ask(app)
    monkeypatch.setattr("core.web.stored_answers.time.time", lambda clock=time.time: clock() + 299)
    assert ask(app)[2] == b"1"
    monkeypatch.setattr("core.web.stored_answers.time.time", lambda clock=time.time: clock() + 601)
    assert ask(app)[2] == b"2"


def test_data_that_arrive_while_an_answer_is_computed_drop_it():
    def moves(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        data_version.move()
        return counting(environ, start_response)

    counting = Counting()
    app = CachedApplication(moves, 300, "")
    assert [ask(app)[2], ask(app)[2]] == [b"1", b"2"]


@pytest.mark.parametrize("status", ["400 Bad Request", "404 Not Found", "500 Internal Server Error"])
def test_errors_are_never_kept(status):
    app = CachedApplication(Counting(status), 300, "")
    assert [ask(app)[2], ask(app)[2]] == [b"1", b"2"]
    found, headers, _ = ask(app)
    assert found == status
    assert "etag" not in headers


@pytest.mark.parametrize(
    ("path", "method"),
    [(RANKING, "POST"), (RANKING, "OPTIONS"), ("/api/health", "GET"), ("/api/audit/status", "GET"), ("/", "GET")],
)
def test_other_requests_pass_through(app, path, method):
    assert [ask(app, path, method=method)[2], ask(app, path, method=method)[2]] == [b"1", b"2"]


def test_it_can_be_switched_off():
    app = CachedApplication(Counting(), 0, "")
    assert [ask(app)[2], ask(app)[2]] == [b"1", b"2"]


def test_an_overlong_query_passes_through(app):
    long = "period=" + "x" * 3000
    assert [ask(app, query=long)[2], ask(app, query=long)[2]] == [b"1", b"2"]


@pytest.mark.parametrize("host", ["", "evil.example", "localhost:x", "localhost, evil.example"])
def test_a_stored_answer_is_for_our_own_hosts_alone(app, host):
    ask(app)
    assert ask(app, HTTP_HOST="localhost:8000")[2] == b"1"
    assert ask(app, HTTP_HOST=host)[2] == b"2"  # Django sees it, and refuses


def test_a_request_that_names_no_host_is_for_the_server_it_reached(app):
    ask(app)
    request = {"PATH_INFO": RANKING, "REQUEST_METHOD": "GET", "wsgi.url_scheme": "http"}
    assert b"".join(app({**request, "SERVER_NAME": "127.0.0.1"}, lambda *_: None)) == b"1"
    assert b"".join(app({**request, "SERVER_NAME": "evil.example"}, lambda *_: None)) == b"2"


def test_a_head_request_has_the_headers_and_no_body(app):
    body = ask(app)
    head = ask(app, method="HEAD")
    assert head[2] == b""
    assert head[1] == body[1]


def test_a_head_request_fills_the_cache_for_get(app):
    assert ask(app, method="HEAD")[2] == b""
    assert ask(app)[2] == b"1"


def test_a_plain_request_never_gets_the_answer_of_a_secure_one(app):
    assert ask(app, HTTP_X_FORWARDED_PROTO="https")[2] == b"1"
    assert ask(app)[2] == b"2"


# -- clients that have it --------------------------------------------------------------------------------


@pytest.mark.parametrize("asked", ["{}", "W/{}", '"other", {}', "*"])
def test_a_client_that_has_the_answer_is_reported_so(app, asked):
    etag = ask(app)[1]["etag"]
    status, headers, body = ask(app, HTTP_IF_NONE_MATCH=asked.format(etag))
    assert (status, body) == ("304 Not Modified", b"")
    assert headers["etag"] == etag
    assert "content-length" not in headers


def test_a_client_with_an_older_answer_gets_the_new_one(app):
    etag = ask(app)[1]["etag"]
    data_version.move()
    status, headers, body = ask(app, HTTP_IF_NONE_MATCH=etag)
    assert (status, body) == ("200 OK", b"2")
    assert headers["etag"] != etag


def test_the_origin_is_that_of_the_request_and_not_of_the_first_one(app):
    ask(app, HTTP_ORIGIN="https://one.example")
    _, headers, body = ask(app, HTTP_ORIGIN="https://two.example")
    assert body == b"1"
    assert headers["access-control-allow-origin"] == "https://two.example"
    assert headers["vary"] == "Origin"
    assert ask(app)[1]["access-control-allow-origin"] == "*"


# -- one name per question -------------------------------------------------------------------------------


def named(path: str, query: str) -> str:
    stored = stored_paths().of(path)
    assert stored is not None
    return key_of(path, query, stored.parameters)


@pytest.mark.parametrize(
    "query",
    [
        "period=live",
        "limit=50&period=live",
        "period=live&limit=50",
        "period=live&period=today",  # the first of a repeated one counts
        "unknown=1",
        "weighted=false&sort_by=shame_score",
    ],
)
def test_spellings_of_one_question_share_an_answer(app, query):
    ask(app)
    assert ask(app, query=query)[2] == b"1"


@pytest.mark.parametrize("query", ["period=today", "period=", "period=LIVE", "limit=5", "weighted=true", "limit=%00"])
def test_other_questions_do_not(app, query):
    ask(app)
    assert ask(app, query=query)[2] == b"2"


def test_aliases_are_apart_because_the_answer_echoes_them(app):
    assert [ask(app, query="period=7days")[2], ask(app, query="period=last_week")[2]] == [b"1", b"2"]


def test_repeatable_parameters_have_no_order():
    one, other = (named("/api/analytics/parks", query) for query in ("park_id=1&park_id=2", "park_id=2&park_id=1"))
    assert one == other
    assert "park_id=1&park_id=2" in one


def test_of_a_parameter_that_is_not_repeatable_the_first_counts():
    path = "/api/live/status-summary"
    assert named(path, "park_id=1&park_id=2") == named(path, "park_id=1") != named(path, "park_id=2&park_id=1")


def test_a_name_has_the_parameters_in_order_and_their_defaults():
    name = named(RANKING, "weighted=true&limit=5&unknown=1")
    assert name == f"{RANKING}?filter=all-parks&limit=5&period=live&sort_by=shame_score&weighted=true"
    assert named("/api/parks/4/details", "") == "/api/parks/4/details?period=live"
    assert named("/api/analytics/rides", "") == "/api/analytics/rides?bucket=none"


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/api/parks/4/details", True),
        ("/api/parks/4/rides", True),
        ("/api/parks/4/rides/charts", True),
        ("/api/rides/12/details", True),
        ("/api/parks/x/details", False),
        ("/api/parks//details", False),
        ("/api/parks/4/details/", False),
        ("/api/admin/import/list", False),
    ],
)
def test_paths_with_an_id_are_known(path, kept):
    assert (stored_paths().of(path) is not None) is kept


def documented(schema: dict[str, Any], path: str) -> dict[str, Any]:
    parameters = schema["paths"][path]["get"].get("parameters", [])
    return {each["name"]: each["schema"] for each in parameters if each["in"] == "query"}


def test_the_parameters_of_stored_paths_are_those_that_their_views_document():
    """A path that is stored under another view's parameters would give the answer of another question."""
    from drf_spectacular.generators import SchemaGenerator

    schema = SchemaGenerator().get_schema(request=None, public=True)
    stored = stored_paths()
    paths = {**stored.plain, **{f"{before}{{id}}{after}": known for (before, after), known in stored.with_id.items()}}
    assert len(paths) == 21
    ids = {path.replace("{park_id}", "{id}").replace("{ride_id}", "{id}"): path for path in schema["paths"]}
    for path, known in paths.items():
        asked = documented(schema, ids[path])
        assert set(asked) == set(known.parameters), path
        for name, parameter in known.parameters.items():
            default = asked[name].get("default")
            if parameter.default is not None:
                assert str(default).lower() == parameter.default, (path, name)
            else:
                assert default is None or name == "metrics", (path, name)
            is_list = asked[name].get("type") == "array" and name not in ("metrics", "weekdays")
            assert parameter.is_repeatable == is_list, (path, name)


# -- many at once ----------------------------------------------------------------------------------------


def test_of_many_requests_at_once_one_computes():
    counting = Counting(delay=0.2)
    app = CachedApplication(counting, 300, "")
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda: found.append(ask(app)[2])) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [b"1"] * 12
    assert app.computing == {}


def test_different_questions_do_not_wait_for_each_other():
    app = CachedApplication(Counting(delay=0.3), 300, "")
    began = time.monotonic()
    threads = [threading.Thread(target=ask, args=(app, RANKING, f"limit={n}")) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert time.monotonic() - began < 3  # one after the other would take 3.6


def test_an_application_that_fails_lets_the_next_request_try():
    def fails(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        raise RuntimeError("broken")

    app = CachedApplication(fails, 300, "")
    for _ in range(2):
        with pytest.raises(RuntimeError):
            ask(app)
    assert app.computing == {}


def test_what_a_process_keeps_is_bounded(app):
    for n in range(MOST_ANSWERS + 50):
        ask(app, query=f"limit={n}")
    assert len(app.at_hand.answers) == MOST_ANSWERS
    assert len(app.spellings) <= MOST_ANSWERS
    assert app.at_hand.bytes == sum(len(answer.body) for answer in app.at_hand.answers.values())


def test_the_least_recently_stored_answer_goes_first(monkeypatch):
    monkeypatch.setattr("core.web.stored_answers.MOST_BYTES", 3)
    app = CachedApplication(Counting(), 300, "")
    for n in range(5):
        ask(app, query=f"limit={n}")
    assert isinstance(app.at_hand, AnswersAtHand)
    assert len(app.at_hand.answers) == 3
    assert [key[-1] for key in app.at_hand.answers] != []
    assert app.at_hand.bytes == 3


# -- several processes -----------------------------------------------------------------------------------


@pytest.fixture
def redis_url(settings) -> str:
    """A database of this process's own: others of the run keep counts in theirs."""
    process = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
    url = urlsplit(os.environ["REDIS_URL"])._replace(path=f"/{1 + process}").geturl()
    settings.REDIS_URL = url
    data_version.client(url).flushdb()
    return url


@pytest.mark.redis
def test_processes_share_answers_and_drop_them_together(redis_url):
    counting = Counting()
    one, other = (CachedApplication(counting, 300, redis_url) for _ in range(2))
    first = ask(one)
    assert ask(other) == first
    data_version.move()
    assert [ask(other)[2], ask(one)[2]] == [b"2", b"2"]


@pytest.mark.redis
def test_of_many_processes_one_computes(redis_url):
    counting = Counting(delay=0.3)
    apps = [CachedApplication(counting, 300, redis_url) for _ in range(4)]
    found: list[bytes] = []
    threads = [threading.Thread(target=lambda app=app: found.append(ask(app)[2])) for app in apps for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [b"1"] * 12


@pytest.mark.redis
def test_a_process_that_died_while_computing_is_waited_for_and_then_replaced(redis_url, monkeypatch):
    monkeypatch.setattr("core.web.stored_answers.LONGEST_WAIT", 0.3)
    app = CachedApplication(Counting(), 300, redis_url)
    key = app.key({"PATH_INFO": RANKING, "QUERY_STRING": "", "REQUEST_METHOD": "GET"})
    assert app.shared.claim(str(key), data_version.current())
    assert ask(app)[2] == b"1"


def test_without_its_redis_the_service_still_answers(settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    app = CachedApplication(Counting(), 300, settings.REDIS_URL)
    assert [ask(app)[2], ask(app)[2]] == [b"1", b"2"]


def test_a_cache_that_cannot_be_written_spoils_no_answer(settings, monkeypatch, tmp_path):
    def refuses(*args: Any, **how: Any) -> None:
        raise redis.ConnectionError("gone")

    class Half:
        get = staticmethod(lambda name: None)
        set = staticmethod(lambda name, value, **how: True if how.get("nx") else refuses())
        delete = staticmethod(refuses)

    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr("core.data_version.client", lambda url: Half)
    app = CachedApplication(Counting(), 300, settings.REDIS_URL)
    assert ask(app)[2] == b"1"
