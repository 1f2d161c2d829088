"""The benchmark of the API: what it asks, of which server, and what it makes of the answers."""

import http.server
import importlib
import json
import shutil
import sys
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from django.conf import settings
from drf_spectacular.generators import SchemaGenerator

from config.tests.processes import ROOT, python

pytestmark = pytest.mark.bench

sys.path.append(str(settings.BASE_DIR / "script" / "lib"))
api, report, rows, traffic = (
    importlib.import_module(f"bench.{name}") for name in ("api", "report", "rows", "traffic")
)
cycles, writing = (importlib.import_module(f"bench.{name}") for name in ("cycles", "writing"))

SCHEMA = SchemaGenerator().get_schema(request=None, public=True)
ASKS = list(traffic.asks(SCHEMA))
SET = rows.Parameters(parks=4, rides=6, days=3, history_days=0)
Ask, Answers = traffic.Ask, traffic.Answers


def asked(endpoint: str, name: str) -> set[str]:
    """The values of a parameter with which an endpoint is asked."""
    queries = [parse_qs(urlsplit(ask.target).query) for ask in ASKS if ask.endpoint == endpoint]
    return {value for query in queries for value in query.get(name, [])}


# -- what is asked ---------------------------------------------------------------------------------------


def test_every_endpoint_that_reads_is_asked_and_the_audit_that_is_posted_to():
    elsewhere = {path for path in SCHEMA["paths"] if path.startswith(("/api/analytics/", "/api/admin/"))}
    assert {ask.endpoint for ask in ASKS} == set(SCHEMA["paths"]) - elsewhere
    assert {ask.endpoint for ask in ASKS if ask.method == "POST"} == {
        path for path, operations in SCHEMA["paths"].items() if "post" in operations and path not in elsewhere
    }
    assert len(set(ASKS)) == len(ASKS)


@pytest.mark.parametrize(
    ("endpoint", "name", "values"),
    [
        ("/api/parks/downtime", "period", "live today yesterday 7days 30days last_week last_month"),
        ("/api/rides/waittimes", "period", "live today yesterday 7days 30days last_week last_month"),
        ("/api/parks/{park_id}/details", "period", "live today yesterday last_week last_month"),
        ("/api/parks/{park_id}/rides/charts", "type", "downtime wait_times"),
        ("/api/trends/chart-data", "type", "parks rides waittimes ridewaittimes"),
        ("/api/trends/heatmap-data", "type", "parks parks-shame rides-downtime rides-waittimes"),
        ("/api/trends/least-reliable", "entity", "parks rides"),
        ("/api/trends", "category", "parks-improving parks-declining rides-improving rides-declining"),
        ("/api/live/status-summary", "filter", "all-parks disney-universal"),
    ],
)
def test_every_choice_is_asked(endpoint, name, values):
    assert asked(endpoint, name) == set(values.split())


def test_choices_are_combined():
    found = [ask for ask in ASKS if ask.endpoint == "/api/trends/heatmap-data"]
    assert len(found) == 4 * 4 * 2, "period, type, filter"


def test_the_busy_ones_are_rankings_charts_heatmaps_and_details():
    assert {ask.endpoint for ask in ASKS if ask.is_busy} == {
        "/api/parks/downtime",
        "/api/parks/waittimes",
        "/api/parks/{park_id}/details",
        "/api/parks/{park_id}/rides/charts",
        "/api/rides/downtime",
        "/api/rides/waittimes",
        "/api/rides/{ride_id}/details",
        "/api/trends/chart-data",
        "/api/trends/heatmap-data",
    }


def test_every_park_and_ride_of_the_set_is_asked_in_turn_and_no_other():
    park = Ask("GET", "/p", "/p/{park_id}")
    ride = Ask("GET", "/r", "/r/{ride_id}?period=today")
    assert {park.sent_to(n, SET) for n in range(99)} == {f"/p/{n}" for n in range(1, 5)}
    assert {ride.sent_to(n, SET) for n in range(99)} == {f"/r/{n}?period=today" for n in range(1, 25)}


@pytest.mark.django_db
def test_the_stored_answers_that_are_asked_for_are_kept_by_the_cache():
    from core.web.stored_paths import stored_paths

    assert all(stored_paths().of(urlsplit(path).path) is not None for path in traffic.CACHED)


def test_a_schema_may_refer_to_its_choices():
    schema = {
        "components": {"schemas": {"PeriodEnum": {"enum": ["today", "live"]}}},
        "paths": {
            "/x": {
                "get": {
                    "parameters": [
                        {"name": "period", "schema": {"allOf": [{"$ref": "#/components/schemas/PeriodEnum"}]}},
                        {"name": "sort_by", "schema": {"enum": ["a", "b"]}},
                    ]
                }
            }
        },
    }
    assert [ask.target for ask in traffic.asks(schema) if ask.method == "GET"] == [
        "/x?period=today",
        "/x?period=live",
    ]


def test_the_small_set_is_nine_parks_and_never_larger_than_the_large_one():
    small = api.small_set(rows.Parameters())
    assert (small.parks, small.days, small.history_days, small.last) == (9, 47, 0, rows.Parameters().last)
    assert small.parks * small.rides >= 77
    assert 540_000 <= small.ride_rows < 700_000
    assert api.small_set(SET) == SET


# -- clients ---------------------------------------------------------------------------------------------


class Target(http.server.BaseHTTPRequestHandler):
    """Remembers who asked what; `/broken` answers 500, `/gone` not at all."""

    protocol_version = "HTTP/1.1"
    seen: list[tuple[str, str, bytes, int]] = []

    def answer(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.seen.append((self.command, self.path, body, self.client_address[1]))
        if self.path == "/gone":
            self.close_connection = True
            return
        time.sleep(0.002)
        text = b"x" * 300
        self.send_response(500 if self.path == "/broken" else 200)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        with suppress(OSError):
            self.wfile.write(text)

    do_GET = do_POST = answer  # noqa: N815

    def log_message(self, *args: object) -> None:
        """Say nothing."""


class Listening(http.server.ThreadingHTTPServer):
    def handle_error(self, *args: object) -> None:
        """A client that went away is no news."""


@pytest.fixture
def port() -> Iterator[int]:
    Target.seen = []
    with Listening(("127.0.0.1", 0), Target) as listening:
        threading.Thread(target=listening.serve_forever, daemon=True).start()
        yield listening.server_port
        listening.shutdown()


GOOD = Ask("GET", "/good", "/good/{park_id}")
POSTED = Ask("POST", "/posted", "/posted", b"{}")
BROKEN, GONE = Ask("GET", "/broken", "/broken"), Ask("GET", "/gone", "/gone")


def test_one_client_asks_each_kind_as_often_as_reported_after_one_request_that_does_not_count(port):
    reported: list[int] = []
    found = traffic.one_after_another(traffic.Served(port, 0), [GOOD, POSTED], SET, 5, lambda: reported.append(1))
    assert [len(found[ask].times) for ask in (GOOD, POSTED)] == [5, 5]
    assert len(reported) == 10
    assert Counter(path for _, path, _, _ in Target.seen)["/posted"] == 6
    assert {path for _, path, _, _ in Target.seen if path != "/posted"} == {f"/good/{n}" for n in range(1, 5)}
    assert {(method, body) for method, path, body, _ in Target.seen if path == "/posted"} == {("POST", b"{}")}
    assert len({who for *_, who in Target.seen}) == 1, "one connection, kept"
    assert min(found[GOOD].times) >= 2, "milliseconds"
    assert (found[GOOD].largest, found[GOOD].wrong) == (300, "")


def test_many_clients_ask_every_kind_in_every_round_each_in_an_order_of_its_own(port):
    reported: list[int] = []
    found = traffic.at_once(port, [GOOD, POSTED], SET, 3, lambda: reported.append(1))
    assert [len(found[ask].times) for ask in (GOOD, POSTED)] == [traffic.USERS * 3] * 2
    assert len(reported) == traffic.USERS * 6
    orders: dict[int, list[str]] = {}
    for method, _, _, who in Target.seen:
        orders.setdefault(who, []).append(method)
    assert len(orders) == traffic.USERS
    assert all(Counter(order) == {"GET": 3, "POST": 3} for order in orders.values())
    assert len({tuple(order) for order in orders.values()}) > 1


def test_what_went_wrong_is_reported_and_does_not_end_the_rest(port):
    found = traffic.one_after_another(traffic.Served(port, 0), [BROKEN, GONE, GOOD], SET, 2, lambda: None)
    assert found[BROKEN].wrong.startswith("HTTP 500: b'xxx")
    assert "RemoteDisconnected" in found[GONE].wrong
    assert found[GONE].times == []
    assert len(found[GOOD].times) == 2
    assert found[GOOD].wrong == ""


def test_the_figures_of_wrk_are_read_from_its_last_line():
    latencies = "[[2000, 38900], [6543, 2050], [9000, 50]]"
    last = f'{{"requests": 41000, "microseconds": 10250000, "failed": 0, "latencies": {latencies}}}'
    reported = f"Running 10s test\n  2 threads and 20 connections\n{last}\n"
    assert traffic.throughput(reported) == (4000.0, 6.543, 9.0, 0)


def reported_by_wrk(sent: Counter[int], every: int) -> dict[int, int]:
    """As wrk's `stats_correct` counts."""
    reported = Counter(sent)
    for took, count in sent.items():
        if took >= 2 * every:
            for made_up in range(took - every, every, -every):
                reported[made_up] += count
    return dict(reported)


@pytest.mark.parametrize(
    "sent",
    [
        {},
        {400: 10},
        {400: 900, 100_400: 1},
        {400: 900, 1_000: 3, 2_000: 2, 2_001: 5, 5_000: 4, 50_000: 20, 50_400: 7, 99_999: 1},
    ],
)
def test_the_latencies_that_wrk_makes_up_are_left_out(sent):
    assert traffic.really_sent(reported_by_wrk(Counter(sent), 1_000), 1_000) == sent


def test_latencies_that_do_not_add_up_are_no_figure():
    reported = '{"requests": 400, "microseconds": 10000000, "failed": 0, "latencies": [[2000, 399]]}'
    with pytest.raises(ValueError, match="399 latencies of 400 requests"):
        traffic.throughput(reported)


@pytest.mark.parametrize(("share", "expected"), [(50, 10), (95, 20), (96, 30), (100, 30)])
def test_a_share_of_latencies_is_reported_by_nearest_rank(share, expected):
    assert traffic.share_below(Counter({10: 90, 20: 5, 30: 5}), share) == expected


def test_without_an_answer_there_is_no_latency():
    assert traffic.share_below(Counter(), 95) == 0


@pytest.mark.skipif(shutil.which("wrk") is None, reason="needs wrk")
def test_wrk_asks_for_all_paths_and_counts_failures(port):
    found = traffic.hammer(port, ["/good", "/good?b=2"], 1)
    assert {path for _, path, _, _ in Target.seen} == {"/good", "/good?b=2"}
    assert found.failed == 0
    assert 0 < found.per_second <= len(Target.seen)
    assert 2 <= found.p95 < 1_000
    assert traffic.hammer(port, ["/broken"], 1).failed > 0


# -- the server ------------------------------------------------------------------------------------------


def test_the_evening_is_that_of_the_last_day():
    assert rows.evening(rows.Parameters(last_day="2026-11-15")).astimezone(UTC) == datetime(
        2026, 11, 16, 1, tzinfo=UTC
    )


def test_the_project_believes_that_it_is_the_evening():
    found = python(
        "-c",
        "import django; django.setup(); from django.utils import timezone; print(timezone.now().isoformat())",
        DJANGO_SETTINGS_MODULE="bench.evening",
        BENCH_NOW="2026-11-15T20:00:00-05:00",
        PYTHONPATH=f"{ROOT}:{ROOT}/script/lib",
    )
    assert found.stdout.startswith("2026-11-16T01:00:0"), found.stderr


def test_the_real_server_answers_on_that_evening(tmp_path):
    variables = {
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": f"sqlite:///{tmp_path}/none.sqlite3",
        "PYTHONPATH": f"{ROOT}:{ROOT}/script/lib",
        "API_CACHE_SECONDS": "0",
    }
    log = tmp_path / "server.log"
    with traffic.serving(log, SET, variables) as served:
        request = f"http://127.0.0.1:{served.port}/api/docs/"
        assert b"Ridewatch" in urllib.request.urlopen(request).read()
        with pytest.raises(urllib.error.HTTPError) as found:  # the database is empty
            urllib.request.urlopen(f"http://127.0.0.1:{served.port}/api/health")
        assert served.cpu_ms() > 0
    assert json.loads(found.value.read())["timestamp"].startswith("2026-11-16T01:00:")
    assert traffic.slow_queries(log) == []


def test_a_server_that_does_not_serve_is_reported_at_once(tmp_path):
    with (
        pytest.raises(RuntimeError, match=r"server\.log"),
        traffic.serving(tmp_path / "server.log", SET, {"WEB_CONCURRENCY": "none"}),
    ):
        pytest.fail("it served")


def test_slow_statements_are_found_in_the_log(tmp_path: Path):
    log = tmp_path / "large.log"
    log.write_text(
        "2026-11-16 01:00:00,1 WARNING django.request: Not Found: /x\n"
        "2026-11-16 01:00:01,1 WARNING ridewatch.slow_queries: 1204 ms, GET /api/parks/downtime: SELECT 1\n"
    )
    assert traffic.slow_queries(log) == ["1204 ms, GET /api/parks/downtime: SELECT 1"]


# -- figures ---------------------------------------------------------------------------------------------


def answers(*times: float, wrong: str = "") -> object:
    return Answers(list(times), 1234, wrong)


def test_an_endpoint_is_as_slow_as_its_slowest_kind():
    quick, slow = Ask("GET", "/a", "/a?period=live"), Ask("GET", "/a", "/a?period=today")
    found = api.worst({quick: answers(1, 2, 90), slow: answers(30, 31, 32), GOOD: answers(5)}, 50)
    assert {endpoint: each[:2] for endpoint, each in found.items()} == {
        "/a": (31, "/a?period=today, 1,234 bytes"),
        "/good": (5, "/good/{park_id}, 1,234 bytes"),
    }
    assert api.worst({quick: answers(1, 2, 90), slow: answers(30, 31, 32)}, 100)["/a"].milliseconds == 90


def test_a_kind_that_failed_is_the_worst_of_all_and_misses():
    failed = Ask("GET", "/a", "/a?period=live")
    found = {Ask("GET", "/a", "/a"): answers(900), failed: answers(1, 1, wrong="HTTP 500: b''")}
    (figure,) = api.large_figures(found, {})
    assert (figure.measured, figure.verdict) == (None, "MISS")
    assert "/a?period=live: HTTP 500" in figure.note


@pytest.mark.parametrize(
    ("times", "verdicts"),
    [((9, 10, 39), ["pass", "pass"]), ((11, 11, 11), ["MISS", "pass"]), ((1, 1, 41), ["pass", "MISS"])],
)
def test_one_client_waits_ten_milliseconds_as_a_rule_and_forty_at_most(times, verdicts):
    assert [figure.verdict for figure in api.small_figures({GOOD: answers(*times)}, {})] == verdicts


@pytest.mark.parametrize(("last", "verdict"), [(150, "pass"), (151, "MISS")])
def test_many_clients_wait_150_milliseconds_in_nineteen_of_twenty_cases(last, verdict):
    (figure,) = api.large_figures({GOOD: answers(*[1] * 18, last, 5_000)}, {})
    assert (figure.measured, figure.verdict) == (last, verdict)


@pytest.mark.parametrize(("measured", "verdict"), [(3_500, "pass"), (3_499.9, "MISS"), (None, "MISS")])
def test_a_figure_may_have_a_least_value(measured, verdict):
    figure = report.Figure("stored answers", "/s", 3_500, measured, at_least=True)
    assert figure.verdict == verdict
    assert "≥ 3,500 /s" in report.table([figure])


@pytest.mark.parametrize(("endpoint", "verdict"), [("/api/parks/downtime", "MISS"), ("/api/other", "pass")])
def test_who_asks_first_for_a_list_of_the_large_set_waits_25_milliseconds(endpoint, verdict):
    ask = Ask("GET", endpoint, endpoint)
    (figure,) = api.large_figures({ask: answers(5)}, {ask: answers(20, 26, 300)})
    assert (figure.measured, figure.first, figure.verdict) == (5, 26, verdict)


def test_the_table_has_a_column_for_the_first_asker_the_processor_and_the_load():
    figure = report.Figure("a name", "ms", 10, 4, first=7, cpu_ms=3, load=1.5)
    heading, line = report.table([figure]).splitlines()
    assert heading.split() == ["target", "measured", "DuckDB", "first", "asker", "CPU", "load"]
    assert line.split() == ["a", "name", "≤", "10", "ms", "4.0", "ms", "-", "7.0", "ms", "3.0", "ms", "1.5", "pass"]


def test_what_a_process_computes_is_counted():
    before = report.own_cpu_ms()
    end = time.monotonic() + 0.05
    while time.monotonic() < end:
        pass
    assert 0 < report.own_cpu_ms() - before < 60_000
    assert report.cpu_ms(2**31 - 1) == 0, "a process that is gone"


# -- uncached, cycles, growth ----------------------------------------------------------------------------


def test_uncached_means_neither_answers_nor_readings():
    assert api.UNCACHED == {"API_CACHE_SECONDS": "0", "SHARED_READING_SECONDS": "0"}


def test_a_quick_run_asks_some_kinds_of_every_endpoint(monkeypatch):
    monkeypatch.setenv("BENCH_KINDS", "2")
    few = Counter(ask.endpoint for ask in api.schema_asks())
    assert set(few) == {ask.endpoint for ask in ASKS}
    assert max(few.values()) == 2


def test_growth_has_sets_of_rides_and_months():
    found = api.worlds(api.WORLDS, rows.Parameters())
    assert {name: (each.parks * each.rides, each.days) for name, each in found.items()} == {
        "77x1": (77, 30),
        "700x1": (700, 30),
        "2100x1": (2_100, 30),
        "77x4": (77, 120),
        "700x4": (700, 120),
    }
    with pytest.raises(ValueError, match="78x1"):
        api.worlds("78x1", rows.Parameters())


def test_the_growth_table_has_three_columns_for_each_set():
    grown = {"77x1": {"/a": {"uncached": 3, "cpu": 2, "first": 1}}, "700x1": {"/a": {"uncached": None}}}
    heading, line = report.growth_table(grown).splitlines()
    assert heading.split("  ")[0] == "milliseconds"
    assert line.split() == ["/a", "3.0", "2.0", "1.0", "-", "-", "-"]


@pytest.mark.django_db
def test_a_cycle_stores_what_the_set_would_have_had_there():
    from bench.loading import make_catalogue

    from parks.models import Park
    from snapshots.collection.run import collect
    from snapshots.models import RideStatusSnapshot

    make_catalogue(SET)
    at = rows.evening(SET)
    specs = {rows.wiki_key(1, park.number): park for park in rows.park_specs(SET.parks)}

    def fetch(park: Park) -> bytes:
        return json.dumps(cycles.live_answer(specs[park.themeparks_wiki_id], SET, at)).encode()

    with time_machine.travel(at, tick=False):
        found = collect(at, fetch)
    assert (len(found.stored), found.failed, found.created, found.unmapped) == (SET.parks, {}, 0, 0)
    assert RideStatusSnapshot.objects.filter(recorded_at=at).count() == SET.parks * SET.rides
    writing.undo_cycles(SET)
    assert not RideStatusSnapshot.objects.exists()
