"""Requests before they get a thread: lanes, queues, clients that leave, bodies."""

import asyncio
import threading
import time
from typing import Any

import pytest
import redis
from django.db import connection

from core import data_version
from core.web import front, stored_answers
from core.web.abandoned import Abandoned, gone, unless_gone
from core.web.front import Front, environ_of, lane_of
from core.web.stored_answers import CachedApplication

DEAR = "/api/analytics/parks"


class Asked:
    """granian's side of a request."""

    def __init__(self, path: str, method: str = "GET", body: tuple[bytes, ...] = (), **headers: str) -> None:
        self.path, self.method, self.query_string = path, method, ""
        self.scheme, self.http_version, self.authority = "http", "1.1", None
        self.server, self.client = "localhost:8000", "10.0.0.1:4711"
        self.headers = {"host": "localhost", **{name.replace("_", "-"): value for name, value in headers.items()}}
        self.body = body
        self.left = asyncio.Event()
        self.status = 0
        self.answer: tuple[dict[str, str], bytes] = ({}, b"")

    async def client_disconnect(self) -> None:
        await self.left.wait()

    async def __aiter__(self) -> Any:
        for part in self.body:
            if not part:
                await asyncio.sleep(60)
            yield part

    def response_bytes(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status, self.answer = status, ({name.lower(): value for name, value in headers}, body)

    def response_empty(self, status: int, headers: list[tuple[str, str]]) -> None:
        self.response_bytes(status, headers, b"")


class Working:
    """A WSGI application that works until it is released."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.bodies: list[bytes] = []
        self.release = threading.Event()

    def __call__(self, environ: dict[str, Any], start_response: Any) -> list[bytes]:
        self.begun.append(environ["PATH_INFO"])
        self.bodies.append(environ["wsgi.input"].read())
        if environ["PATH_INFO"] != "/quick" and not environ["PATH_INFO"].startswith("/api/health"):
            assert self.release.wait(10)
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [b"done"]


@pytest.fixture
def working(settings, tmp_path) -> Working:
    settings.DATA_VERSION_FILE = tmp_path / "data-version"
    settings.REDIS_URL = ""
    return Working()


def made(working: Working) -> Front:
    return Front(CachedApplication(working, 0, ""))


def run(scenario: Any) -> None:
    asyncio.run(asyncio.wait_for(scenario, 20))


def asking(application: Front, *requests: Asked) -> list["asyncio.Task[None]"]:
    return [asyncio.ensure_future(application.__rsgi__(each, each)) for each in requests]


def test_dear_questions_and_logins_keep_nobody_else_waiting(working):
    async def scenario() -> None:
        application = made(working)
        slow = [Asked(DEAR) for _ in range(5)] + [Asked("/admin/login/", "POST") for _ in range(5)]
        tasks = asking(application, *slow)
        await asyncio.sleep(0.2)
        assert sorted(working.begun) == ["/admin/login/", DEAR]  # one of each at once
        quick = [Asked("/quick"), Asked("/api/health")]
        await asyncio.gather(*asking(application, *quick))
        assert [each.status for each in quick] == [200, 200]
        working.release.set()
        await asyncio.gather(*tasks)
        assert {each.status for each in slow} == {200}

    run(scenario())


def test_who_waits_too_long_is_told_when_to_come_again(working):
    async def scenario() -> None:
        application = made(working)
        application.lanes["dear"].patience = 0.1
        asked = [Asked(DEAR, origin="https://one.example"), Asked(DEAR, origin="https://one.example")]
        tasks = asking(application, *asked)
        await tasks[1]
        headers, body = asked[1].answer
        assert (asked[1].status, headers["content-type"]) == (503, "application/json")
        assert int(headers["retry-after"]) >= 0
        assert headers["access-control-allow-origin"] == "https://one.example"
        assert b"dear questions" in body
        working.release.set()
        await tasks[0]
        assert asked[0].status == 200

    run(scenario())


def test_a_full_queue_is_told_so_at_once(working):
    async def scenario() -> None:
        application = made(working)
        application.lanes["dear"].longest_queue = 3
        asked = [Asked(DEAR) for _ in range(6)]
        tasks = asking(application, *asked)
        await asyncio.sleep(0.1)
        assert [each.status for each in asked] == [0, 0, 0, 0, 503, 503]
        working.release.set()
        await asyncio.gather(*tasks)

    run(scenario())


def test_what_nobody_waits_for_is_not_begun(working):
    async def scenario() -> None:
        application = made(working)
        asked = [Asked(DEAR) for _ in range(4)]
        tasks = asking(application, *asked)
        await asyncio.sleep(0.1)
        for each in asked[1:]:
            each.left.set()
        await asyncio.gather(*tasks[1:])
        working.release.set()
        await tasks[0]
        assert working.begun == [DEAR]
        assert application.lanes["dear"].waiting == 0
        last = Asked(DEAR)
        await asyncio.gather(*asking(application, last))
        assert last.status == 200

    run(scenario())


def test_a_client_that_leaves_sets_the_flag_that_ends_its_work(working):
    seen: list[Any] = []

    def waits(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        left = gone.get()
        assert left is not None
        seen.append(left.wait(10))
        raise Abandoned

    async def scenario() -> None:
        application = Front(CachedApplication(waits, 0, ""))
        asked = Asked(DEAR)
        (task,) = asking(application, asked)
        await asyncio.sleep(0.1)
        asked.left.set()
        await task
        while not application.lanes["dear"].free._value:
            await asyncio.sleep(0.01)
        assert (seen, asked.status) == ([True], 0)

    run(scenario())


@pytest.mark.django_db
def test_an_abandoned_request_reads_nothing_more_and_finishes_what_it_writes():
    left = threading.Event()
    token = gone.set(left)
    try:
        with connection.execute_wrapper(unless_gone), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            left.set()
            cursor.execute("DELETE FROM ride_status_snapshots WHERE 1 = 0")
            with pytest.raises(Abandoned):
                cursor.execute(" SELECT 1")
    finally:
        gone.reset(token)


def test_a_body_reaches_the_application_whole(working):
    async def scenario() -> None:
        working.release.set()
        asked = Asked("/x", "POST", (b"{", b'"a"', b":1}"), content_length="7")
        await asyncio.gather(*asking(made(working), asked))
        assert (asked.status, working.bodies) == (200, [b'{"a":1}'])

    run(scenario())


@pytest.mark.parametrize(
    ("headers", "body", "status"),
    [
        ({"content_length": "1048577"}, (), 413),
        ({"content_length": "1"}, (b"ab",), 413),
        ({"transfer_encoding": "chunked"}, (b"x" * 600_000,) * 2, 413),
        ({"content_length": "9"}, (b"a", b""), 408),
        ({"content_length": "-1"}, (), 400),
    ],
)
def test_a_body_that_is_not_as_it_should_be_takes_no_thread(working, monkeypatch, headers, body, status):
    monkeypatch.setattr(front, "BODY_SECONDS", 0.1)

    async def scenario() -> None:
        application = made(working)
        asked = Asked("/admin/login/", "POST", body, **headers)
        await asyncio.gather(*asking(application, asked))
        assert (asked.status, working.begun, application.buffered) == (status, [], 0)

    run(scenario())


def test_all_bodies_together_have_a_bound(working, monkeypatch):
    monkeypatch.setattr(front, "MOST_BUFFERED", 2_000_000)

    async def scenario() -> None:
        application = made(working)
        asked = [Asked("/x", "POST", (b"", b""), content_length="1000000") for _ in range(3)]
        tasks = asking(application, *asked)
        await tasks[2]
        assert asked[2].status == 503
        for task in tasks[:2]:
            task.cancel()

    run(scenario())


def test_headers_become_the_variables_of_a_request():
    asked = Asked("/käse", x_forwarded_for="10.0.0.9", content_type="text/plain")
    asked.headers |= {"x_forwarded_for": "1.1.1.1", "cookie": "a=1"}
    environ = environ_of(asked)
    assert environ["PATH_INFO"].encode("latin-1").decode() == "/käse"
    assert (environ["REMOTE_ADDR"], environ["HTTP_X_FORWARDED_FOR"]) == ("10.0.0.1", "10.0.0.9")
    assert (environ["CONTENT_TYPE"], environ["HTTP_COOKIE"]) == ("text/plain", "a=1")


@pytest.mark.parametrize(
    ("path", "method", "lane"),
    [
        ("/api/analytics/rides", "GET", "dear"),
        ("/explorer.csv", "GET", "dear"),
        ("/admin/login/", "POST", "login"),
        ("/admin/login/", "GET", "usual"),
        ("/api/health", "GET", "health"),
        ("/api/parks/downtime", "GET", "usual"),
    ],
)
def test_lanes_are_by_path(path, method, lane):
    assert lane_of({"PATH_INFO": path, "REQUEST_METHOD": method}) == lane


def test_an_application_that_fails_answers_as_an_error(working):
    def fails(environ: dict[str, Any], start_response: Any) -> list[bytes]:
        time.sleep(0)
        raise RuntimeError("secret")

    async def scenario() -> None:
        asked = Asked("/x")
        await asyncio.gather(*asking(Front(CachedApplication(fails, 0, "")), asked))
        assert asked.status == 500
        assert b"secret" not in asked.answer[1]

    run(scenario())


def test_redis_is_asked_by_another_thread_and_once_for_all_who_wait(working, settings, monkeypatch):
    settings.REDIS_URL = "redis://r"
    asked: list[str] = []

    def slow() -> str:
        asked.append(threading.current_thread().name)
        time.sleep(0.1)
        return "7"

    monkeypatch.setattr("core.data_version.current", slow)

    async def scenario() -> None:
        versions = front.Versions()
        assert versions.known() == ""
        assert await asyncio.gather(*(versions.read() for _ in range(5))) == ["7"] * 5
        assert [name.startswith("version") for name in asked] == [True]
        assert versions.known() == "7"
        await asyncio.sleep(front.HELD_SECONDS * 2)
        assert versions.known() == ""

    run(scenario())


def test_a_redis_that_is_away_is_left_alone_for_a_second(working, settings, monkeypatch):
    settings.REDIS_URL = "redis://r"
    asked: list[int] = []

    def away() -> str:
        asked.append(1)
        raise redis.ConnectionError("gone")

    monkeypatch.setattr("core.data_version.current", away)

    async def scenario() -> None:
        application = made(working)
        quick = [Asked("/quick") for _ in range(5)]
        for each in quick:
            await application.__rsgi__(each, each)
        assert {each.status for each in quick} == {200}
        assert len(asked) == 1

    run(scenario())


STORED = "/api/search/index"


def answers_of(application: Front, *asked: Asked) -> list[tuple[int, str | None, bytes]]:
    """Ask one after the other: status, to whom it is opened, body."""

    async def scenario() -> None:
        for each in asked:
            await application.__rsgi__(each, each)

    run(scenario())
    return [(each.status, each.answer[0].get("access-control-allow-origin"), each.answer[1]) for each in asked]


def storing(working: Working) -> Front:
    working.release.set()
    return Front(CachedApplication(working, 60, ""))


def test_a_stored_answer_is_made_ready_for_those_who_ask_with_the_same_words(working):
    first, again, other, head = (
        Asked(STORED),
        Asked(STORED),
        Asked(STORED, origin="https://one.example"),
        Asked(STORED, "HEAD"),
    )
    application = storing(working)
    found = answers_of(application, first, again, other, again, head)
    mine, theirs = (200, "*", b"done"), (200, "https://one.example", b"done")
    assert found == [mine, mine, theirs, mine, (200, "*", b"")]
    known = Asked(STORED, if_none_match=first.answer[0]["etag"])
    assert answers_of(application, known, known, again) == [(304, "*", b""), (304, "*", b""), mine]
    assert working.begun == [STORED]
    assert len(application.application.at_hand.ready) == 4


def test_a_ready_answer_ends_with_the_data_it_was_computed_from(working, monkeypatch):
    monkeypatch.setattr(front, "HELD_SECONDS", 0.0)
    application = storing(working)
    answers_of(application, Asked(STORED), Asked(STORED))
    data_version.move()
    answers_of(application, Asked(STORED), Asked(STORED))
    assert working.begun == [STORED, STORED]
    assert len(application.application.at_hand.ready) == 1


def test_who_writes_reads_it_at_once_though_the_version_holds_for_a_while(working, monkeypatch):
    monkeypatch.setattr(front, "HELD_SECONDS", 60.0)
    application = storing(working)
    answers_of(application, Asked(STORED), Asked("/quick", "POST"))
    data_version.move()
    answers_of(application, Asked("/quick", "POST"), Asked(STORED))
    assert working.begun == [STORED, "/quick", "/quick", STORED]


def test_ready_answers_are_bounded_however_many_ways_there_are_to_ask(working, monkeypatch):
    monkeypatch.setattr(stored_answers, "MOST_ANSWERS", 5)
    application = storing(working)
    answers_of(application, *(Asked(STORED, origin=f"https://{number}.example") for number in range(20)))
    answers_of(application, Asked(STORED, origin="o" * stored_answers.LONGEST_ASKED))
    ready = application.application.at_hand.ready
    assert len(ready) <= 5
    assert all(len(asked[6] or "") < 30 for asked in ready)
