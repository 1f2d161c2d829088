"""What is known of requests besides their answers: ids, routes, times, the access log."""

import asyncio
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from prometheus_client import CollectorRegistry, Histogram

from core.monitoring import metrics
from core.monitoring.logs import JsonFormatter
from core.web.front import Front
from core.web.observed import request_id
from core.web.stored_answers import CachedApplication
from core.web.tests.test_front import Asked, run

log = logging.getLogger("ridewatch.test")


def application(environ: dict[str, Any], start_response: Any) -> list[bytes]:
    log.warning("working")
    if environ["PATH_INFO"] == "/fails":
        raise RuntimeError("it cannot")
    start_response("200 OK", [("Content-Type", "application/json")])
    return [b"{}"]


class Lines(logging.Handler):
    def __init__(self) -> None:
        super().__init__()
        self.setFormatter(JsonFormatter())
        self.lines: list[dict[str, Any]] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(json.loads(self.format(record)))


@pytest.fixture
def lines() -> Iterator[Lines]:
    handler = Lines()
    names = "ridewatch.test", "ridewatch.access", "core.web.front"
    for name in names:
        logging.getLogger(name).addHandler(handler)
    before = logging.getLogger("ridewatch.access").level
    logging.getLogger("ridewatch.access").setLevel("INFO")
    yield handler
    logging.getLogger("ridewatch.access").setLevel(before)
    for name in names:
        logging.getLogger(name).removeHandler(handler)


@pytest.fixture
def counts(settings, tmp_path) -> Iterator[CollectorRegistry]:
    """What this process counts, from nothing."""
    settings.DATA_VERSION_FILE = tmp_path / "data-version"
    settings.REDIS_URL = ""
    metrics.process_metrics.cache_clear()
    yield metrics.process_metrics().registry
    metrics.process_metrics.cache_clear()


def asked(*requests: Asked) -> None:
    async def scenario() -> None:
        front = Front(CachedApplication(application, 60, ""))
        for each in requests:
            await front.__rsgi__(each, each)
        metrics.process_metrics().add_up()

    run(scenario())


@pytest.mark.parametrize("given", ["", None, "a b", "x" * 65, "é", "a\n", "<script>"])
def test_an_id_that_may_not_stand_in_a_log_is_replaced_by_one_of_ours(given):
    first, second = request_id(given), request_id(given)
    assert first != second
    assert request_id(first) == first


def test_each_line_and_the_answer_of_a_request_carry_its_id(counts, lines):
    first, second = Asked("/x", x_request_id="from-the-proxy"), Asked("/fails")
    asked(first, second)
    ours = second.answer[0]["x-request-id"]
    assert first.answer[0]["x-request-id"] == "from-the-proxy"
    found = [(line["message"], line["request_id"]) for line in lines.lines if line["logger"] != "ridewatch.access"]
    assert found == [("working", "from-the-proxy"), ("working", ours), ("unhandled error", ours)]


def test_two_requests_at_once_keep_their_ids_apart(counts, lines):
    async def scenario() -> None:
        front = Front(CachedApplication(application, 0, ""))
        requests = [Asked("/x", x_request_id=f"r{n}") for n in range(20)]
        await asyncio.gather(*(front.__rsgi__(each, each) for each in requests))

    run(scenario())
    assert sorted(line["request_id"] for line in lines.lines if line["message"] == "working") == sorted(
        f"r{n}" for n in range(20)
    )


def test_answers_are_counted_by_route_and_whether_they_were_at_hand(counts):
    path = "/api/parks/7/details"
    asked(Asked(path), Asked(path), Asked(path, method="HEAD"), Asked("/no/such/path"), Asked("/x" * 2_000))
    value = counts.get_sample_value
    route = "/api/parks/<int:park_id>/details"
    assert value("ridewatch_stored_answers_total", {"result": "miss"}) == 1
    assert value("ridewatch_stored_answers_total", {"result": "hit"}) == 2
    assert value("ridewatch_requests_total", {"route": route, "method": "GET", "status": "200"}) == 2
    assert value("ridewatch_request_seconds_count", {"route": route}) == 3
    assert value("ridewatch_requests_total", {"route": "none", "method": "GET", "status": "414"}) == 1


def test_times_are_counted_as_prometheus_would_count_them_one_by_one():
    seconds = [0.0, 0.0005, 0.001, 0.0011, 0.02, 0.7, 30, 31, 99]
    at_once, one_by_one = (Histogram("x", "", buckets=metrics.SECONDS, registry=CollectorRegistry()) for _ in range(2))
    metrics.observe_all(at_once, seconds)
    for each in seconds:
        one_by_one.observe(each)
    first, second = (
        [sample for family in each.collect() for sample in family.samples] for each in (at_once, one_by_one)
    )
    assert [(each.name, each.labels, each.value) for each in first if not each.name.endswith("created")] == [
        (each.name, each.labels, pytest.approx(each.value)) for each in second if not each.name.endswith("created")
    ]


def test_what_was_counted_is_there_soon(counts):
    async def scenario() -> None:
        front = Front(CachedApplication(application, 0, ""))
        for _ in range(3):
            await front.__rsgi__(Asked("/x"), Asked("/x"))
        await asyncio.sleep(metrics.PENDING_SECONDS * 1.5)

    run(scenario())
    assert counts.get_sample_value("ridewatch_request_seconds_count", {"route": "none"}) == 3


def test_a_method_that_somebody_made_up_is_no_name_of_its_own(counts):
    asked(Asked("/x", method="SPY"))
    assert counts.get_sample_value("ridewatch_requests_total", {"route": "none", "method": "other", "status": "200"})


def test_the_access_log_says_what_was_answered_and_whether_it_was_stored(counts, lines, settings):
    settings.ACCESS_LOG = True
    asked(Asked("/api/health2\n"), Asked("/api/parks/7/details"), Asked("/api/parks/7/details"))
    said = [line for line in lines.lines if line["logger"] == "ridewatch.access"]
    assert [line["stored"] for line in said] == [None, False, True]
    assert said[0]["path"] == "/api/health2%0A"
    last = said[-1]
    assert (last["route"], last["status"], last["bytes"]) == ("/api/parks/<int:park_id>/details", 200, 2)
    assert last["ms"] >= 0
    assert last["request_id"]


def test_without_it_nothing_is_logged(counts, lines):
    asked(Asked("/x"))
    assert [line["message"] for line in lines.lines] == ["working"]
