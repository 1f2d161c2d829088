"""Parameters, errors and shapes of the audit's endpoints (public-api 4.18 to 4.21)."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
import time_machine

from stats.models import ParkDailyStats, RideDailyStats
from stats.tests.builders import DAY, TOKYO, make_park, make_ride, park_day, ride_day

pytestmark = pytest.mark.django_db

STATUS, ANOMALIES, FLAGGED = "/api/audit/status", "/api/audit/anomalies", "/api/audit/flagged-entities"
RUN, VERIFY = "/api/audit/run", "/api/audit/verify"
ISSUES, SUMMARY = "/api/audit/data-quality", "/api/audit/data-quality/summary"
DATED = pytest.mark.parametrize("path", [STATUS, ANOMALIES, FLAGGED])
GETS = [STATUS, ANOMALIES, FLAGGED, ISSUES, SUMMARY]
POSTS = [RUN, VERIFY]

BAD_DATE = "Invalid date format. Use YYYY-MM-DD"
BAD_SEVERITY = "Invalid severity. Must be CRITICAL, WARNING, or INFO"
NOW = datetime(2025, 12, 23, 22, 32, tzinfo=UTC)

VALIDATION_KEYS = {
    "success",
    "target_date",
    "total_checks",
    "passed",
    "failed",
    "critical_failures",
    "status",
    "failures",
}


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


def post(client, path, body, content_type="application/json"):
    data = body if isinstance(body, str | bytes) else json.dumps(body)
    # Said outright: the test client drops the content type of an empty body.
    return client.post(path, data=data, content_type=content_type, CONTENT_TYPE=content_type)


def impossible_day():
    """A park and a ride with a critical row, a park without any row."""
    park = make_park()
    ride_day(make_ride(park), DAY, downtime_minutes=1500, uptime_minutes=0, operating_hours_minutes=1500)
    park_day(park, DAY, total_downtime_hours=Decimal(25))
    return park, make_park()


# -- dates -----------------------------------------------------------------------------------------------


@DATED
@pytest.mark.parametrize(
    ("query", "day"),
    [
        ("", "2025-12-22"),
        ("?date=", "2025-12-22"),
        ("?date=2025-12-01", "2025-12-01"),
        ("?date=2025-12-1", "2025-12-01"),
        ("?date=2025-1-2", "2025-01-02"),
        ("?date=2024-02-29", "2024-02-29"),
        ("?date=0001-01-01", "0001-01-01"),
        ("?date=9999-12-31", "9999-12-31"),
        ("?date=2025-12-01&date=nonsense", "2025-12-01"),
    ],
)
def test_a_date_may_be_unpadded_and_without_one_it_is_yesterday(client, path, query, day):
    response = client.get(path + query)
    assert (response.status_code, response.json()["target_date"]) == (200, day)


@DATED
@pytest.mark.parametrize(
    "text",
    [
        "2025-13-01",
        "2025-02-29",
        "2025-00-10",
        "0000-01-01",
        "22-12-2025",
        "12/22/2025",
        "20251222",
        "2025-12-22T00:00:00",
        "%202025-12-22",
        "2025-12-22%20",
        "2025-12-22%0A",
        "2025-12-22%00",
        "%00",
        "%FF",
        "yesterday",
        "-2025-12-22",
        "99999-01-01",
        "2025-" + "1" * 1_900 + "-01",
        "%D9%A2%D9%A0%D9%A2%D9%A5-12-22",  # Arabic digits
        "null",
    ],
)
def test_anything_else_is_no_date(client, path, text):
    response = client.get(f"{path}?date={text}")
    assert (response.status_code, response.json()) == (400, {"success": False, "error": BAD_DATE})


@pytest.mark.parametrize(
    ("now", "zone", "day"),
    [
        (datetime(2025, 12, 24, 7, 59, tzinfo=UTC), "America/Los_Angeles", "2025-12-22"),
        (datetime(2025, 12, 24, 8, 0, tzinfo=UTC), "America/Los_Angeles", "2025-12-23"),
        (datetime(2025, 12, 24, 14, 59, tzinfo=UTC), TOKYO, "2025-12-23"),
        (datetime(2025, 12, 24, 15, 0, tzinfo=UTC), TOKYO, "2025-12-24"),
    ],
)
@DATED
def test_yesterday_is_that_of_the_site(client, settings, path, now, zone, day):
    settings.SITE_TIME_ZONE = zone
    with time_machine.travel(now, tick=False):
        assert client.get(path).json()["target_date"] == day


# -- status ----------------------------------------------------------------------------------------------


def test_a_good_day_passes(client):
    assert client.get(STATUS).json() == {
        "success": True,
        "target_date": "2025-12-22",
        "total_checks": 13,
        "passed": 13,
        "failed": 0,
        "critical_failures": 0,
        "status": "PASS",
        "failures": [],
    }


def test_a_bad_day_fails_with_evidence(client):
    park, _ = impossible_day()
    body = client.get(STATUS).json()
    assert set(body) == VALIDATION_KEYS
    assert (body["status"], body["passed"], body["failed"], body["critical_failures"]) == ("FAIL", 12, 1, 1)
    ride = park.rides.get()
    assert body["failures"] == [
        {
            "check_name": "downtime_exceeds_24h",
            "severity": "CRITICAL",
            "passed": False,
            "violations": 1,
            "max_allowed": 0,
            "message": "A ride was down for more than 24 hours of one day",
            "sample": [
                {
                    "ride_id": ride.pk,
                    "ride_name": ride.name,
                    "park_name": park.name,
                    "stat_date": "2025-12-22",
                    "downtime_hours": 25.0,
                }
            ],
        }
    ]


def test_only_rows_of_the_configured_version_are_audited(client, settings):
    impossible_day()
    RideDailyStats.objects.update(metrics_version=2)
    ParkDailyStats.objects.update(metrics_version=2)
    assert client.get(STATUS).json()["status"] == "PASS"
    assert client.get(ANOMALIES).json()["total_anomalies"] == 2
    settings.METRICS_VERSION = 2
    assert client.get(STATUS).json()["status"] == "FAIL"
    assert client.get(ANOMALIES).json()["total_anomalies"] == 1


# -- anomalies and flags ---------------------------------------------------------------------------------


def test_a_day_without_anomalies(client):
    assert client.get(ANOMALIES).json() == {
        "success": True,
        "target_date": "2025-12-22",
        "total_anomalies": 0,
        "critical_count": 0,
        "warning_count": 0,
        "anomalies": [],
    }
    assert client.get(FLAGGED).json() == {
        "success": True,
        "target_date": "2025-12-22",
        "flagged_parks": [],
        "flagged_rides": [],
        "methodology_url": "/about#methodology",
    }


@pytest.mark.parametrize(("severity", "count"), [("WARNING", 1), ("CRITICAL", 0), ("INFO", 0), (None, 1)])
def test_anomalies_can_be_filtered_by_severity(client, severity, count):
    make_park()
    body = client.get(ANOMALIES, {"severity": severity} if severity else {}).json()
    assert (body["total_anomalies"], body["warning_count"], len(body["anomalies"])) == (count, count, count)


@pytest.mark.parametrize("severity", ["", "critical", "Warning", "ERROR", "%20CRITICAL", "CRITICAL%00", "x" * 1_900])
def test_an_unknown_severity_is_an_error_of_anomalies(client, severity):
    response = client.get(f"{ANOMALIES}?severity={severity}")
    assert (response.status_code, response.json()) == (400, {"success": False, "error": BAD_SEVERITY})


def test_the_date_is_checked_before_the_severity(client):
    assert client.get(ANOMALIES, {"date": "x", "severity": "x"}).json()["error"] == BAD_DATE


@pytest.mark.parametrize(
    ("severity", "is_flagged"),
    [("CRITICAL", False), ("WARNING", True), ("INFO", True), ("critical", True), ("", True), ("%01", True)],
)
def test_flags_take_any_severity_and_only_one_word_narrows(client, severity, is_flagged):
    park = make_park()
    response = client.get(f"{FLAGGED}?severity={severity}")
    assert response.status_code == 200
    assert response.json()["flagged_parks"] == ([park.pk] if is_flagged else [])
    assert client.get(FLAGGED).json()["flagged_parks"] == [park.pk], "the default is WARNING"


# -- run -------------------------------------------------------------------------------------------------


def test_a_run_is_both_answers_in_one_and_stores_nothing(client):
    impossible_day()
    before = ParkDailyStats.objects.count(), RideDailyStats.objects.count()
    body = post(client, RUN, {"date": "2025-12-22"}).json()
    assert set(body) == VALIDATION_KEYS | {"anomalies_detected", "anomalies"}
    status, anomalies = client.get(STATUS).json(), client.get(ANOMALIES).json()
    assert {name: body[name] for name in VALIDATION_KEYS} == status
    assert (body["anomalies_detected"], body["anomalies"]) == (1, anomalies["anomalies"])
    assert (ParkDailyStats.objects.count(), RideDailyStats.objects.count()) == before


@pytest.mark.parametrize(
    ("body", "day"),
    [
        ({}, "2025-12-22"),
        ({"date": None}, "2025-12-22"),
        ({"date": ""}, "2025-12-22"),
        ({"date": "2025-1-2"}, "2025-01-02"),
        ({"day": "2025-01-02", "severity": "x"}, "2025-12-22"),
    ],
)
def test_a_run_without_a_date_is_one_of_yesterday(client, body, day):
    response = post(client, RUN, body)
    assert (response.status_code, response.json()["target_date"]) == (200, day)


@pytest.mark.parametrize("value", ["x", "2025-02-30", 20251222, 1.5, True, ["2025-12-22"], {}, "2025-12-22\0"])
def test_a_run_refuses_what_is_no_date(client, value):
    response = post(client, RUN, {"date": value})
    assert (response.status_code, response.json()) == (400, {"success": False, "error": BAD_DATE})


# -- transport -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize(
    "body", ["{", "", "   ", b"\xff\xfe", '{"date": NaN}', "{'date': 1}", '{"date": ' + "9" * 5000 + "}"]
)
def test_a_body_that_is_no_json_is_refused(client, path, body):
    response = post(client, path, body)
    assert response.status_code == 400
    assert response.json()["success"] is False
    assert response.json()["error"].startswith("JSON parse error")


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("body", ["[]", "null", "1", '"2025-12-22"', "true"])
def test_a_body_that_is_no_object_is_refused(client, path, body):
    response = post(client, path, body)
    assert (response.status_code, response.json()["success"]) == (400, False)


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("body", ["", "{}"])
@pytest.mark.parametrize(
    "content_type",
    ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", "application/json5", ""],
)
def test_a_body_that_does_not_say_it_is_json_is_refused_even_an_empty_one(client, path, body, content_type):
    response = post(client, path, body, content_type)
    assert response.status_code == 415
    assert response.json()["success"] is False
    assert response.json()["error"].startswith("Unsupported media type")


@pytest.mark.parametrize("content_type", ["application/json", "application/json; charset=utf-8", "Application/JSON"])
def test_json_is_json_in_any_spelling(client, content_type):
    assert post(client, RUN, {}, content_type).status_code == 200


@pytest.mark.parametrize("path", GETS)
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_what_is_read_cannot_be_written(client, path, method):
    response = getattr(client, method)(path)
    assert (response.status_code, response["Allow"]) == (405, "GET, HEAD, OPTIONS")
    assert response.json() == {"success": False, "error": f'Method "{method.upper()}" not allowed.'}


@pytest.mark.parametrize("path", POSTS)
@pytest.mark.parametrize("method", ["get", "put", "patch", "delete"])
def test_what_is_posted_cannot_be_read(client, path, method):
    response = getattr(client, method)(path)
    assert (response.status_code, response["Allow"]) == (405, "POST, OPTIONS")
    assert response.json() == {"success": False, "error": f'Method "{method.upper()}" not allowed.'}


@pytest.mark.parametrize("path", GETS)
def test_the_head_of_an_answer_can_be_asked_for(client, path):
    response = client.head(path)
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("path", ["/api/audit", "/api/audit/", "/api/audit/status/", "/api/audit/Status"])
def test_other_paths_are_unknown(client, path):
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    ("path", "queries"),
    [(STATUS, 13), (ANOMALIES, 4), (FLAGGED, 4)],
)
def test_the_number_of_queries_is_fixed(client, django_assert_num_queries, path, queries):
    for _ in range(3):
        impossible_day()
    with django_assert_num_queries(queries):
        client.get(path)


def test_a_run_costs_both(client, django_assert_num_queries):
    impossible_day()
    with django_assert_num_queries(17):
        post(client, RUN, {})


@pytest.mark.parametrize("day", [date(2025, 12, 21), date(2025, 12, 23)])
def test_another_day_is_another_answer(client, day):
    impossible_day()
    assert client.get(STATUS, {"date": day.isoformat()}).json()["critical_failures"] == 0
