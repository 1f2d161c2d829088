"""Parameters of `/api/analytics/*`: everything that cannot be is refused, with the field and what is allowed."""

from datetime import date, timedelta
from typing import Any
from urllib.parse import urlencode

import pytest
import time_machine
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parks.models import Park
from stats.answers.analytics_rows import METRICS, WEEKDAYS
from stats.api.analytics_serializers import MOST_IDS, RANGE_CAPS
from stats.measures.windows import Bucket
from stats.tests.builders import DAY, local, make_park, make_ride, recomputed, report

pytestmark = [pytest.mark.django_db, pytest.mark.on_sqlite]

RIDES, PARKS = "/api/analytics/rides", "/api/analytics/parks"
BOTH = pytest.mark.parametrize("path", [RIDES, PARKS])
ONE_DAY = {"start": "2025-12-22", "end": "2025-12-22"}


@pytest.fixture(autouse=True)
def _three_days_later():
    with time_machine.travel(local(DAY + timedelta(days=3), "12:00"), tick=False):
        yield


@pytest.fixture
def kingdom() -> Park:
    """Two rides, seen for ten hours."""
    park = make_park()
    for _ in range(2):
        report(make_ride(park), local(DAY, "09:00"), "O600")
    return park


def ask(client: Client, path: str, **parameters: Any) -> Any:
    """The body of an answer to known good parameters."""
    response = client.get(path, {**ONE_DAY, **parameters})
    assert response.status_code == 200, response.content
    return response.json()


def refused(client: Client, path: str, **parameters: Any) -> str:
    """The error's text."""
    response = client.get(path, {**ONE_DAY, **parameters})
    assert response.status_code == 400, response.content
    assert set(response.json()) == {"success", "error"}
    assert response.json()["success"] is False
    error: str = response.json()["error"]
    return error


# -- what is refused -------------------------------------------------------------------------------------

A_MOMENT = "must be a date (2025-07-01) or an instant (2025-07-01T11:30:00Z, or without an offset)"
REFUSED = [
    ({"start": "nonsense"}, f"start: {A_MOMENT}"),
    ({"end": ""}, f"end: {A_MOMENT}"),
    ({"start": "2025-02-30"}, f"start: {A_MOMENT}"),
    ({"start": "2025-12-22T25:00"}, f"start: {A_MOMENT}"),
    ({"start": "2025-12-22T10:00+99:99"}, f"start: {A_MOMENT}"),
    ({"start": "20251222"}, f"start: {A_MOMENT}"),
    ({"start": "2025-W52-1"}, f"start: {A_MOMENT}"),
    ({"start": "\u0661\u0669\u0669\u0669-01-01"}, f"start: {A_MOMENT}"),
    ({"start": "1969-12-31"}, "start: must lie between 1970-01-02 and 2199-12-31"),
    ({"end": "9999-12-31"}, "end: must lie between 1970-01-02 and 2199-12-31"),
    ({"start": "2025-12-23"}, "start: must not be after end (2025-12-22)"),
    ({"end": "2025-12-22T10:00"}, "end: must be a date like start, or an instant like start"),
    ({"start": "2025-12-22T10:00Z", "end": "2025-12-22T11:00"}, "end: must have an offset if start has one"),
    ({"timezone": "Mars/Olympus"}, "timezone: 'Mars/Olympus' is not an IANA time zone such as America/New_York"),
    (
        {"timezone": "../../etc/passwd"},
        "timezone: '../../etc/passwd' is not an IANA time zone such as America/New_York",
    ),
    ({"hours": "lunch"}, "hours: must look like 11:30-13:45"),
    ({"hours": "25:00-26:00"}, "hours: must look like 11:30-13:45"),
    ({"hours": "23:00-24:30"}, "hours: must look like 11:30-13:45"),
    ({"hours": "11:60-12:00"}, "hours: must look like 11:30-13:45"),
    (
        {"hours": "22:00-02:00"},
        "hours: must begin before they end; ask for 22:00-24:00 and 00:00-02:00 apart",
    ),
    ({"hours": "12:00-12:00"}, "hours: must begin before they end; ask for 22:00-24:00 and 00:00-02:00 apart"),
    ({"weekdays": "sat,funday"}, f"weekdays: 'funday' is not known; choose from {', '.join(WEEKDAYS)}"),
    ({"weekdays": "SAT"}, f"weekdays: 'SAT' is not known; choose from {', '.join(WEEKDAYS)}"),
    ({"park_id": "one"}, "park_id: A valid integer is required."),
    ({"park_id": "9" * 30}, "park_id: Ensure this value is less than or equal to 2147483647."),
    ({"ride_id": "-1"}, "ride_id: Ensure this value is greater than or equal to 0."),
    ({"ride_id": list(range(MOST_IDS + 1))}, f"ride_id: Ensure this field has no more than {MOST_IDS} elements."),
    ({"park_id": 4711}, "park_id: 4711 is not known; /api/search/index lists the ids"),
    ({"ride_id": 4711}, "ride_id: 4711 is not known; /api/search/index lists the ids"),
]


@BOTH
@pytest.mark.parametrize(("parameters", "text"), REFUSED, ids=[text[:60] for _, text in REFUSED])
def test_what_cannot_be_is_refused_with_the_field_and_what_is_allowed(client, path, parameters, text):
    assert refused(client, path, **parameters) == text


@BOTH
@pytest.mark.parametrize("name", ["start", "end"])
def test_start_and_end_are_needed(client, path, name):
    response = client.get(path, {key: value for key, value in ONE_DAY.items() if key != name})
    assert (response.status_code, response.json()["error"]) == (
        400,
        f"{name}: is needed: a date (2025-07-01) or an instant (2025-07-01T11:30:00Z)",
    )


@BOTH
@pytest.mark.parametrize("start", ["2025-12-22T10:00", "2025-12-22T10:00:01"])
def test_instants_must_be_apart(client, path, start):
    assert refused(client, path, start=start, end="2025-12-22T10:00").startswith("start: must ")


@BOTH
@pytest.mark.parametrize(
    ("name", "allowed"), [("bucket", [bucket.value for bucket in Bucket]), ("compare", ["previous", "last_year"])]
)
@pytest.mark.parametrize("value", ["", "1H", "%"])
def test_an_unknown_choice_is_refused_with_all_that_are_allowed(client, path, name, allowed, value):
    text = refused(client, path, **{name: value})
    assert text.startswith(f"{name}: ")
    assert all(word in text for word in allowed)


@BOTH
@pytest.mark.parametrize(
    "metric", ["", "waits", "wait_p0", "wait_p100", "wait_p5.5", "wait_p", "WAIT_AVG", "wait_p\u0669"]
)
def test_an_unknown_metric_is_refused_with_all_that_are_allowed(client, path, metric):
    text = refused(client, path, metrics=f"wait_avg,{metric}")
    assert text.startswith(f"metrics: {metric!r} is not known; choose from ")
    assert all(name in text for name in METRICS)


def test_a_ride_outside_the_parks_that_are_named_is_not_known(client, kingdom):
    other = make_ride(make_park())
    text = refused(client, RIDES, park_id=kingdom.pk, ride_id=other.pk)
    assert text == f"ride_id: {other.pk} is not known; /api/search/index lists the ids"


@pytest.mark.parametrize("what", ["ride", "park"])
def test_what_is_not_active_can_be_named(client, what):
    """N-15."""
    park = make_park(is_active=what != "park")
    ride = make_ride(park, is_active=what != "ride")
    for path in (RIDES, PARKS):
        assert client.get(path, {**ONE_DAY, "ride_id": ride.pk}).status_code == 200
        assert client.get(path, {**ONE_DAY, "park_id": park.pk}).status_code == 200


@pytest.mark.parametrize("bucket", list(Bucket))
def test_every_bucket_has_its_longest_range(client, bucket):
    most = RANGE_CAPS[bucket]
    end = date(2025, 12, 22)
    first = end - timedelta(days=most - 1)
    assert ask(client, PARKS, start=str(first), bucket=bucket.value)["data"] == []
    text = refused(client, PARKS, start=str(first - timedelta(days=1)), bucket=bucket.value)
    assert text.startswith(f"bucket: {bucket.value} allows a range of {most} days at most, not {most + 1}; ")


def test_the_longest_range_holds_for_instants_and_the_text_never_contradicts_itself(client):
    week = {"start": "2025-12-10T00:00", "bucket": "5m"}
    assert ask(client, PARKS, **week, end="2025-12-18T00:00")["data"] == []
    text = refused(client, PARKS, **week, end="2025-12-18T00:01")
    assert "8 days at most" in text
    assert "not 8;" not in text


def test_a_question_that_would_read_too_much_is_refused(client, monkeypatch, kingdom):
    monkeypatch.setattr("stats.api.analytics_views.MOST_RIDE_HOURS", 47)
    text = refused(client, RIDES)
    assert text.startswith("end: this would read 48 hours of rides and 47 is the most; ")
    assert ask(client, RIDES, hours="00:00-23:30")["data"]
    recomputed(kingdom)
    assert ask(client, RIDES)["data"], "daily rows cost nothing"
    assert refused(client, RIDES, metrics="wait_p50").startswith("end: ")
    assert refused(client, RIDES, compare="previous").startswith("end: "), "the comparison counts too"


def test_an_answer_of_too_many_buckets_is_refused(client, monkeypatch, kingdom):
    monkeypatch.setattr("stats.api.analytics_views.MOST_BUCKETS", 20)
    assert ask(client, RIDES, bucket="1h")["data"]
    assert refused(client, RIDES, bucket="30m").startswith("bucket: the answer would have more than 20 buckets")


NASTY = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            "\0",
            "a\0b",
            "",
            " ",
            "9" * 400,
            "-0",
            "1e9",
            "NaN",
            "null",
            "[]",
            "%00",
            "2025-12-22",
            "1h,1h",
            "wait_avg,,",
        ]
    ),
    st.integers().map(str),
)
NAMES = [
    "park_id",
    "ride_id",
    "start",
    "end",
    "timezone",
    "hours",
    "weekdays",
    "bucket",
    "metrics",
    "compare",
    "other",
]


@settings(max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(NAMES), NASTY), min_size=1, max_size=4), st.booleans())
def test_nothing_that_is_sent_is_a_server_error(client, parameters, with_defaults):
    pairs = [*parameters, *(ONE_DAY.items() if with_defaults else ())]
    response = client.get(f"{RIDES}?{urlencode(pairs, errors='surrogatepass')}")
    assert response.status_code in (200, 400)
    body = response.json()
    assert body["success"] is (response.status_code == 200)
    if response.status_code == 400:
        assert body["error"].split(":")[0] in NAMES


@BOTH
def test_of_a_repeated_parameter_the_first_counts_and_unknown_ones_are_ignored(client, kingdom, path):
    plain = ask(client, path)
    assert ask(client, path, bucket=["none", "nonsense"], other="1", Bucket="x", limit="-5") == plain
    assert refused(client, path, bucket=["nonsense", "none"]).startswith("bucket: ")


@BOTH
@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_another_method_is_refused_in_json(client, path, method):
    response = getattr(client, method)(path)
    assert (response.status_code, response.json()["success"]) == (405, False)
