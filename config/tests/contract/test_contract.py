"""Every endpoint, period and parameter of the legacy API against the table of its contract (public-api 2 to 4, 7)."""

import json
from collections import defaultdict
from collections.abc import Iterator
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlencode

import pytest

from config.tests.contract.contract_bodies import POSTED, RUN, VERIFY, Posted
from config.tests.contract.contract_shapes import KINDS, leaves, misfits
from config.tests.contract.contract_table import ENDPOINTS, EVERY_PERIOD, NO_PERIODS, UNKNOWN, Check, Endpoint, Query
from config.tests.contract.contract_world import API, World, asked, over_wsgi
from config.wsgi import django_application
from core.web.stored_answers import CachedApplication

pytestmark = pytest.mark.django_db
NOT_FOUND = {"success": False, "error": "Not Found", "message": "The requested resource was not found"}
SHOWN_ERROR = {"success", "error"}


def name_of(value: Any) -> str:
    if isinstance(value, Endpoint | Posted):
        return value.path
    return urlencode(value) if isinstance(value, dict) else str(value)[:40]


def url_of(world: World, endpoint: Endpoint, query: Query) -> str:
    filled = {name: world.path(value) for name, value in query.items()}
    return f"{world.path(endpoint.path)}?{urlencode(filled)}"


def rows_at(body: Any, path: str) -> list[Any]:
    """The list at a dotted path; of several keys with `|` the one that is there."""
    for part in path.split("."):
        body = next(body[key] for key in part.split("|") if key in body)
    return list(body)


def refusal_of(response: Any, status: int = 400) -> str:
    """The error text of a refusal, which has the one shape."""
    assert (response.status_code, response["Content-Type"]) == (status, "application/json"), response.content
    body = response.json()
    assert set(body) <= SHOWN_ERROR | {"message"}
    assert body["success"] is False
    assert isinstance(body["error"], str)
    assert body["error"]
    return str(body["error"])


every_endpoint = pytest.mark.parametrize("endpoint", ENDPOINTS, ids=name_of)
with_id = pytest.mark.parametrize("endpoint", [each for each in ENDPOINTS if "{" in each.path], ids=name_of)
QUESTIONS = [(endpoint, query) for endpoint in ENDPOINTS for query in endpoint.queries()]


def test_the_table_has_every_section_of_the_contract():
    posted = {VERIFY: "4.17", RUN: "4.21"}
    sections = [endpoint.section for endpoint in ENDPOINTS] + [posted[path] for path in {each.path for each in POSTED}]
    assert sorted(sections) == sorted(f"4.{number}" for number in range(1, 25))


# -- answers ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("endpoint", "query"), QUESTIONS, ids=name_of)
def test_an_answer_has_exactly_its_fields_and_echoes_the_question(world, endpoint, query):
    body = asked(url_of(world, endpoint, query))
    assert list(misfits(body, endpoint.shape_of(query))) == []
    if endpoint.rows:
        rows = rows_at(body, endpoint.rows)
        assert rows
        if "count" in body:
            assert body["count"] == len(rows)


@pytest.mark.parametrize(("endpoint", "query"), [each for each in QUESTIONS if "{" in each[0].path], ids=name_of)
def test_a_park_of_which_less_is_known_has_the_same_fields(world, endpoint, query):
    body = asked(url_of(world.elsewhere(), endpoint, query))
    assert list(misfits(body, endpoint.shape_of(query))) == []
    assert rows_at(body, endpoint.rows)


def test_every_place_is_reported_in_the_same_words(world):
    """City and state, or city and country, wherever a location is (Q25)."""
    places = {
        value
        for endpoint, query in QUESTIONS
        for path, value in leaves(asked(url_of(world, endpoint, query)))
        if path.endswith(".location")
    }
    assert places == {"Anaheim, California", "Fujiyoshida, JP", "Orlando, Florida"}


@pytest.mark.parametrize(
    "endpoint", [each for each in ENDPOINTS if each.rows and "filter" in each.values], ids=name_of
)
def test_the_filter_leaves_disney_and_universal_parks(world, endpoint):
    others = {"Fuji-Q Highland", "Takabisha", "Fujiyama", "Tea Cups"}
    for query in endpoint.queries():
        everywhere, chosen = (
            {
                value
                for _, value in leaves(asked(url_of(world, endpoint, {**query, "filter": each})))
                if value in others
            }
            for each in ("all-parks", "disney-universal")
        )
        gets_better = query.get("category", "").endswith("improving")  # the other park does not
        assert everywhere or gets_better, query
        assert not chosen, query


def test_the_status_summary_counts_each_ride_once(world):
    url = "/api/live/status-summary"
    counts = {park: asked(f"{url}?park_id={park}")["status_summary"] for park in (world.park, world.other_park)}
    assert counts[world.park] == {
        "OPERATING": 2,
        "DOWN": 2,
        "CLOSED": 0,
        "REFURBISHMENT": 1,
        "PARK_CLOSED": 0,
        "total": 5,
    }
    everywhere = asked(url)["status_summary"]
    assert everywhere == {name: sum(each[name] for each in counts.values()) for name in everywhere}
    assert everywhere == asked(f"{url}?park_id=0")["status_summary"] == asked(f"{url}?park_id=abc")["status_summary"]
    assert set(asked(f"{url}?park_id={UNKNOWN}")["status_summary"].values()) == {0}


@pytest.mark.parametrize(
    ("endpoint", "also"), [(endpoint, also) for endpoint in ENDPOINTS for also in endpoint.also], ids=name_of
)
def test_special_questions_are_answered_too(world, endpoint, also):
    body = asked(url_of(world, endpoint, {**endpoint.base(), **also.query}))
    assert list(misfits(body, endpoint.shape_of_special(also))) == []
    if endpoint.rows:
        assert bool(rows_at(body, endpoint.rows)) is also.has_rows


@every_endpoint
def test_a_question_without_parameters_has_their_defaults(world, endpoint):
    shown = {**endpoint.base(), **endpoint.defaults}
    if endpoint.default_period:
        shown["period"] = endpoint.default_period
    if endpoint.limit:
        shown["limit"] = str(endpoint.limit.default)
    assert asked(url_of(world, endpoint, endpoint.base())) == asked(url_of(world, endpoint, shown))


@every_endpoint
def test_unknown_parameters_are_ignored_and_of_a_repeated_one_the_first_counts(world, endpoint):
    url = url_of(world, endpoint, {**endpoint.base(), **endpoint.defaults})
    repeated = urlencode(dict.fromkeys([*endpoint.base(), *endpoint.defaults, "unknown"], "nonsense"))
    assert asked(f"{url}&{repeated}&format=html") == asked(url)


@every_endpoint
def test_every_field_of_the_contract_is_seen_with_a_value(world, endpoint):
    """Where a number is expected a null proves nothing: somewhere in the answers each field has a value."""
    seen: dict[str, bool] = defaultdict(bool)
    for query in endpoint.queries():
        for path, value in leaves(asked(url_of(world, endpoint, query))):
            seen[path] |= value is not None
    assert len(seen) > 1
    assert {path for path, has_value in seen.items() if not has_value} == set()


# -- order -----------------------------------------------------------------------------------------------


def sort_key(row: Any, by: str) -> tuple[Any, ...]:
    """What a row is sorted by: `-field` descending, `+field` ascending, null last."""
    key = []
    for part in by.split():
        value = row[part[1:]]
        if isinstance(value, str) and KINDS["http"](value):
            value = parsedate_to_datetime(value).timestamp()
        elif isinstance(value, str):
            value = value.casefold()
        key.append((value is None, Descending(value) if part[0] == "-" else value))
    return tuple(key)


class Descending:
    """A value that comes before smaller ones."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: "Descending") -> bool:
        return bool(self.value > other.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Descending) and self.value == other.value

    def __hash__(self) -> int:
        return hash(self.value)


@pytest.mark.parametrize(
    ("endpoint", "order"), [(endpoint, order) for endpoint in ENDPOINTS for order in endpoint.orders], ids=name_of
)
def test_rows_are_in_order(world, endpoint, order):
    distinct = 0
    for query in filter(order.applies, endpoint.queries()):
        rows = rows_at(asked(url_of(world, endpoint, query)), order.rows)
        keys = [sort_key(row, order.by) for row in rows]
        assert keys == sorted(keys), query
        distinct = max(distinct, len(set(keys)))
    assert distinct > 1, "nothing to sort"


@pytest.mark.parametrize(
    "endpoint", [each for each in ENDPOINTS if "rank" in {order.by[1:] for order in each.orders}], ids=name_of
)
def test_ranks_are_the_positions_in_the_list(world, endpoint):
    for query in endpoint.queries():
        rows = rows_at(asked(url_of(world, endpoint, query)), endpoint.rows)
        assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1)), query


SERIES = {
    "/api/parks/{park}/details": lambda body: body["chart_data"],
    "/api/parks/{park}/rides/charts": lambda body: body,
    "/api/trends/chart-data": lambda body: body["chart_data"],
    "/api/trends/heatmap-data": lambda body: {**body, "labels": body["time_labels"]},
}


@pytest.mark.parametrize("endpoint", [each for each in ENDPOINTS if each.path in SERIES], ids=name_of)
def test_a_series_has_a_value_for_each_label(world, endpoint):
    for query in endpoint.queries():
        body = asked(url_of(world, endpoint, query))
        chart = SERIES[endpoint.path](body)
        series = [chart[name] for name in ("data", "rides_down", "avg_wait", "downtime_hours") if name in chart]
        series += [dataset["data"] for dataset in chart.get("datasets", [])] + chart.get("matrix", [])
        assert series
        assert {len(each) for each in series} == {len(chart["labels"])}, query
        if body.get("granularity") == "hourly":
            assert chart["labels"] == [f"{hour}:00" for hour in range(6, 24)]
        if "matrix" in chart:
            assert len(chart["matrix"]) == len(chart["entities"])
            assert body["title"].startswith(f"Top {len(chart['entities'])} ")


# -- refusals --------------------------------------------------------------------------------------------


def refused_questions() -> Iterator[tuple[Endpoint, Query, str | None]]:
    """Each check alone, with values of other letter case, empty ones, and the periods of other endpoints."""
    for endpoint in ENDPOINTS:
        for check in endpoint.checks:
            for bad in bad_values(endpoint, check):
                yield endpoint, {**endpoint.base(), check.parameter: bad}, check.text


def bad_values(endpoint: Endpoint, check: Check) -> list[str]:
    if check.bad != "nonsense" or check.parameter == "date":
        return [check.bad]
    values = endpoint.values.get(check.parameter, ())
    bad = ["nonsense", *(value.upper() for value in values if value != value.upper()), ""]
    if check.parameter == "period":
        bad = [each for each in (*EVERY_PERIOD, *NO_PERIODS) if each not in endpoint.periods]
    return [each for each in bad if each or check.parameter not in endpoint.needed]


@pytest.mark.parametrize(("endpoint", "query", "text"), list(refused_questions()), ids=name_of)
def test_a_value_that_is_not_known_is_refused_with_its_text(world, endpoint, query, text):
    error = refusal_of(API.get(url_of(world, endpoint, query)))
    if text is not None:
        assert error == text


@pytest.mark.parametrize(
    ("endpoint", "name"), [(endpoint, name) for endpoint in ENDPOINTS for name in endpoint.needed], ids=name_of
)
def test_a_parameter_that_is_needed_is_asked_for(world, endpoint, name):
    query = {key: value for key, value in endpoint.base().items() if key != name}
    assert refusal_of(API.get(url_of(world, endpoint, query))) == f"Missing required parameter: {name}"


@pytest.mark.parametrize(
    ("endpoint", "place"),
    [(endpoint, place) for endpoint in ENDPOINTS for place in range(len(endpoint.checks))],
    ids=name_of,
)
def test_of_several_bad_values_the_first_check_decides_the_text(world, endpoint, place):
    decisive = endpoint.checks[place]
    query = endpoint.base()
    for check in reversed(endpoint.checks[place:]):
        query[check.parameter] = check.bad
    error = refusal_of(API.get(url_of(world, endpoint, query)))
    assert error == decisive.text if decisive.text else decisive.parameter in error


# -- ids, methods, paths, headers ------------------------------------------------------------------------


@with_id
def test_an_unknown_id_is_not_found(world, endpoint):
    for unknown in (0, UNKNOWN, 2**31, 2**63, 10**40):
        path = endpoint.path.format(park=unknown, ride=unknown)
        if endpoint.has_shape_of_unknown:
            body = asked(path)
            assert list(misfits(body, endpoint.shape_of({**endpoint.defaults, "period": "yesterday"}))) == []
            assert rows_at(body, endpoint.rows) == []
        else:
            assert refusal_of(API.get(path), 404) == endpoint.unknown.format(id=unknown)


@with_id
@pytest.mark.parametrize("no_id", ["abc", "-1", "1.0", "+1", "", "%31%00", "1x"])
def test_an_id_that_is_no_number_is_an_unknown_route(world, endpoint, no_id):
    response = API.get(endpoint.path.format(park=no_id, ride=no_id))
    assert (response.status_code, response.json()) == (404, NOT_FOUND)


@pytest.mark.parametrize("path", [endpoint.path for endpoint in ENDPOINTS] + [VERIFY, RUN])
def test_other_methods_are_refused_and_options_report_the_right_ones(world, path):
    url, is_posted = world.path(path), path in (VERIFY, RUN)
    allowed = "POST, OPTIONS" if is_posted else "GET, HEAD, OPTIONS"
    for method in ("get" if is_posted else "post", "put", "patch", "delete", "trace"):
        response = getattr(API, method)(url)
        refusal_of(response, 405)
        assert response["Allow"] == allowed
    options = API.options(url)
    assert (options.status_code, options.content, options["Allow"]) == (200, b"", allowed)


@every_endpoint
def test_head_has_the_headers_of_get_and_no_body(world, endpoint):
    url = url_of(world, endpoint, endpoint.base())
    get, head = API.get(url), API.head(url)
    assert (head.status_code, head.content) == (200, b"")
    assert dict(head.items()) == dict(get.items())
    assert get["Content-Type"] == "application/json"
    assert int(get["Content-Length"]) == len(get.content)


@pytest.mark.parametrize("path", [endpoint.path for endpoint in ENDPOINTS if endpoint.path != "/"] + [VERIFY, RUN])
def test_paths_are_exact(world, path):
    known = world.path(path)
    for unknown in (f"{known}/", f"{known}.json", known.replace("/api", "/API"), known.removeprefix("/api")):
        response = API.get(unknown)
        assert (response.status_code, response.json()) == (404, NOT_FOUND), unknown


@pytest.mark.parametrize(
    "path", ["/api", "/api/", "/api/parks", "/api/rides", "/api/search", "/api/audit", "/api/trends/"]
)
def test_what_the_root_document_advertises_is_no_endpoint(path):
    response = API.get(path)
    assert (response.status_code, response.json()) == (404, NOT_FOUND)


@pytest.mark.parametrize("path", [endpoint.path for endpoint in ENDPOINTS] + [VERIFY, RUN])
def test_pages_of_any_origin_may_read_answers_and_errors(world, path):
    url, origin = world.path(path), "https://app.example.org"
    ways = [API.get, API.post, API.delete, API.options]
    for response in [way(url, headers={"Origin": origin}) for way in ways]:
        if path == "/":
            assert "Access-Control-Allow-Origin" not in response
        else:
            assert response["Access-Control-Allow-Origin"] == origin
            assert "Origin" in response["Vary"]
            assert "Access-Control-Allow-Credentials" not in response
    if path != "/":
        assert API.get(url)["Access-Control-Allow-Origin"] == "*"
        asking = {"Origin": origin, "Access-Control-Request-Method": "GET"}
        assert API.options(url, headers=asking)["Access-Control-Allow-Methods"] == "GET, OPTIONS, POST"


@every_endpoint
def test_answers_of_which_nothing_is_newer_are_not_sent_twice(world, settings, tmp_path, endpoint):
    settings.DATA_VERSION_FILE, settings.REDIS_URL = tmp_path / "data-version", ""
    application = CachedApplication(django_application, 300, "")
    url, origin = url_of(world, endpoint, endpoint.base()), "https://app.example.org"
    status, headers, body = over_wsgi(application, url, headers={"Origin": origin})
    assert (status, json.loads(body)) == (200, asked(url))
    if not endpoint.is_stored:
        assert not {"etag", "cache-control", "expires", "last-modified"} & set(headers)
        return
    assert headers["cache-control"] == "public, no-cache"
    status, again, body = over_wsgi(application, url, headers={"Origin": origin, "If-None-Match": headers["etag"]})
    assert (status, body, again["etag"]) == (304, b"", headers["etag"])
    assert again["access-control-allow-origin"] == origin
    for check in endpoint.checks[:1]:
        status, headers, _ = over_wsgi(application, url_of(world, endpoint, {check.parameter: check.bad}))
        assert status == 400
        assert "etag" not in headers


# -- bodies ----------------------------------------------------------------------------------------------


def filled(world: World, body: Any) -> Any:
    if not isinstance(body, dict):
        return body
    return {k: int(world.path(v)) if isinstance(v, str) and v.startswith("{") else v for k, v in body.items()}


@pytest.mark.parametrize("posted", POSTED, ids=name_of)
def test_a_body_is_answered_or_refused(world, posted):
    body = json.dumps(filled(world, posted.body))
    response = API.post(posted.path, body, content_type="application/json")
    if posted.status != 200:
        error = refusal_of(response, posted.status)
        assert error == posted.error
        return
    assert response.status_code == 200, response.content
    assert list(misfits(response.json(), posted.shape)) == []


@pytest.mark.parametrize("path", [VERIFY, RUN])
@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        ("{}", "text/plain", 415),
        ("date=2025-12-22", "application/x-www-form-urlencoded", 415),
        ("", "text/plain", 415),
        ("{", "application/json", 400),
        ("", "application/json", 400),
        (b"\xff", "application/json", 400),
    ],
)
def test_a_body_that_is_no_json_is_refused(path, body, content_type, status):
    headers = {"Content-Type": content_type}  # the test client would leave it out of an empty request
    refusal_of(API.post(path, body, content_type=content_type, headers=headers), status)
