"""Which query parameters the rankings accept, and what they say to others (public-api 2.1, 2.5, 4.3, 4.9)."""

from datetime import date

import pytest
import time_machine

from stats.tests.builders import local, make_park, make_ride, park_day, ride_day

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]

PARKS, RIDES = "/api/parks/downtime", "/api/rides/downtime"
BOTH = pytest.mark.parametrize("path", [PARKS, RIDES])

BAD_LIMIT = "Invalid limit. Must be a non-negative integer"
BAD_PERIOD = "Invalid period. Must be one of: live, today, yesterday, 7days, 30days, last_week, last_month"
BAD_FILTER = "Invalid filter. Must be 'disney-universal' or 'all-parks'"
BAD_SORT = {
    PARKS: "Invalid sort_by. Must be one of: shame_score, total_downtime_hours, uptime_percentage, rides_down",
    RIDES: "Invalid sort_by. Must be one of: current_is_open, downtime_hours, uptime_percentage, trend_percentage,"
    " opening_delay_minutes",
}


@pytest.fixture
def three_of_each():
    """Three parks and three rides ranked for yesterday."""
    with time_machine.travel(local(date(2025, 12, 23), "12:00"), tick=False):
        for _ in range(3):
            park = make_park()
            park_day(park, date(2025, 12, 22))
            ride_day(make_ride(park), date(2025, 12, 22))
        yield


@BOTH
@pytest.mark.parametrize(
    ("limit", "rows"),
    [
        ("0", 0),
        ("00", 0),
        ("2", 2),
        ("%202", 2),
        ("2%20%20", 2),
        ("%2B2", 2),
        ("+2", 2),
        ("002", 2),
        ("100", 3),
        ("101", 3),
        ("201", 3),
        ("999999999999999999", 3),
        ("9999999999999999999", 3),
        ("1" + "0" * 100, 3),
    ],
)
def test_a_limit_is_a_whole_number_and_capped_silently(three_of_each, client, path, limit, rows):
    response = client.get(f"{path}?period=yesterday&limit={limit}")
    assert response.status_code == 200, response.content
    assert len(response.json()["data"]) == rows


@BOTH
@pytest.mark.parametrize(
    "limit",
    [
        *(
            "-1",
            "-0001",
            "abc",
            "5.5",
            "5.0",
            "",
            "%20",
            "1e3",
            "0x10",
            "1_0",
            "1,000",
            "NaN",
            "%2B%2B1",
            "+",
            "%2B-1",
        ),
        *("%D9%A3", "%EF%BC%93", "%C2%B2", "3%00", "%FF", "1%202", "null", "true"),  # other digits
    ],
)
def test_anything_else_as_limit_is_an_error(client, path, limit):
    response = client.get(f"{path}?limit={limit}")
    assert (response.status_code, response.json()) == (400, {"success": False, "error": BAD_LIMIT})


@pytest.mark.parametrize(("path", "default", "most"), [(PARKS, 50, 100), (RIDES, 100, 200)])
def test_the_default_and_the_cap_of_the_limit(client, path, default, most):
    with time_machine.travel(local(date(2025, 12, 23), "12:00"), tick=False):
        park = make_park()
        for _ in range(most + 1):
            if path == PARKS:
                park = make_park()
                park_day(park, date(2025, 12, 22))
            else:
                ride_day(make_ride(park), date(2025, 12, 22))
        for query, rows in (("", default), ("&limit=1000", most), (f"&limit={most}", most), ("&limit=1", 1)):
            data = client.get(f"{path}?period=yesterday{query}").json()["data"]
            assert [row["rank"] for row in data] == list(range(1, rows + 1))


@BOTH
def test_the_totals_and_ranks_do_not_depend_on_the_limit(three_of_each, client, path):
    whole, part = (client.get(f"{path}?period=yesterday&limit={limit}").json() for limit in (3, 1))
    assert part["data"] == whole["data"][:1]
    assert part.get("aggregate_stats") == whole.get("aggregate_stats")


@BOTH
@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(
            ("period", text)
            for text in ("", "LIVE", "Live", "%20live", "all_time", "week", "live,today", "%00", "7Days")
        ),
        *(("filter", text) for text in ("", "All-Parks", "disney", "all", "disney-parks", "all_parks")),
        *(("sort_by", text) for text in ("", "SHAME_SCORE", "name", "-downtime_hours", "rank", "__class__")),
    ],
)
def test_values_are_case_sensitive_and_an_empty_one_is_an_error(client, path, name, value):
    response = client.get(f"{path}?{name}={value}")
    text = {"period": BAD_PERIOD, "filter": BAD_FILTER, "sort_by": BAD_SORT[path]}[name]
    assert (response.status_code, response.json()) == (400, {"success": False, "error": text})


@pytest.mark.parametrize(("path", "value"), [(PARKS, "downtime_hours"), (RIDES, "shame_score"), (RIDES, "rides_down")])
def test_the_sort_keys_of_one_ranking_are_not_those_of_the_other(client, path, value):
    assert client.get(path, {"sort_by": value}).json()["error"] == BAD_SORT[path]


@BOTH
def test_the_first_parameter_that_is_wrong_decides_the_text(client, path):
    wrong = {"limit": "x", "period": "x", "filter": "x", "sort_by": "x"}
    for name, text in zip(wrong, (BAD_LIMIT, BAD_PERIOD, BAD_FILTER, BAD_SORT[path]), strict=True):
        left = {
            key: value for key, value in reversed(wrong.items()) if list(wrong).index(key) >= list(wrong).index(name)
        }
        response = client.get(path, left)
        assert (response.status_code, response.json()["error"]) == (400, text)


@BOTH
@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("period=today&period=nonsense", 200),
        ("period=nonsense&period=today", 400),
        ("period=&period=today", 400),
        ("limit=1&limit=x", 200),
        ("limit=x&limit=1", 400),
        ("period", 400),
        ("limit", 400),
        ("unknown=1&mode=2&format=xml", 200),
        ("Period=nonsense&LIMIT=x", 200),
    ],
)
def test_the_first_of_a_repeated_parameter_wins_and_unknown_ones_are_ignored(client, path, query, status):
    assert client.get(f"{path}?{query}").status_code == status


@BOTH
def test_a_thousand_parameters_are_no_server_error(client, path):
    response = client.get(path + "?" + "&".join(f"a{n}=1" for n in range(2000)))
    assert response.status_code in (200, 400)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        *((text, True) for text in ("true", "True", "TRUE", "tRuE")),
        *((text, False) for text in ("false", "1", "yes", "", "%01", "truee", "wahr", "x" * 2000)),
    ],
)
def test_weighted_is_echoed_and_never_an_error(three_of_each, client, value, expected):
    response = client.get(f"{PARKS}?period=yesterday&weighted={value}")
    assert response.status_code == 200
    plain = client.get(f"{PARKS}?period=yesterday").json()
    assert response.json() == {**plain, "weighted": expected}


def test_parks_echo_their_parameters_and_rides_only_two_of_them(client):
    query = {"period": "30days", "filter": "disney-universal", "limit": "5", "weighted": "true"}
    parks = client.get(PARKS, {**query, "sort_by": "rides_down"}).json()
    rides = client.get(RIDES, {**query, "sort_by": "trend_percentage"}).json()
    assert {name: parks[name] for name in ("period", "filter", "sort_by", "weighted")} == {
        "period": "30days",
        "filter": "disney-universal",
        "sort_by": "rides_down",
        "weighted": True,
    }
    assert (rides["period"], rides["filter"], "sort_by" in rides, "weighted" in rides) == (
        "30days",
        "disney-universal",
        False,
        False,
    )


@BOTH
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_another_method_is_refused_in_json(client, path, method):
    response = getattr(client, method)(path)
    assert (response.status_code, response.json()["success"]) == (405, False)


@BOTH
@pytest.mark.parametrize("accept", ["text/html", "application/xml", "nonsense"])
def test_the_answer_is_json_whatever_is_accepted(client, path, accept):
    response = client.get(path, headers={"accept": accept})
    assert (response.status_code, response["Content-Type"]) == (200, "application/json")


@pytest.mark.parametrize("path", [f"{PARKS}/", f"{RIDES}/", "/api/parks", "/api/rides", "/api/Parks/downtime"])
def test_other_paths_are_unknown(client, path):
    response = client.get(path)
    assert (response.status_code, response.json()["success"], response.json()["error"]) == (404, False, "Not Found")
