"""POST /api/audit/verify: a displayed number is computed again, step by step (public-api 4.17)."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from parks.models import Park, Ride
from stats.models import ParkDailyStats, RideDailyStats
from stats.tests.builders import (
    LOS_ANGELES,
    TOKYO,
    local,
    make_park,
    make_ride,
    park_day,
    recomputed,
    report,
    show_park,
)

pytestmark = pytest.mark.django_db

VERIFY = "/api/audit/verify"
NOW = datetime(2025, 12, 23, 22, tzinfo=UTC)  # Tuesday, 17:00 in New York
TODAY = date(2025, 12, 23)
# The last calendar week, Sunday to Saturday, and the last calendar month.
WEEK = [date(2025, 12, 14) + timedelta(days=n) for n in range(7)]
MONTH = [date(2025, 11, 1) + timedelta(days=n) for n in range(30)]

KEYS = {
    "success",
    "verified",
    "displayed_value",
    "computed_value",
    "tolerance",
    "entity_type",
    "entity_id",
    "entity_name",
    "metric",
    "period",
    "computation_trace",
    "data_quality",
    "anomalies_detected",
    "methodology_url",
}
STEP_KEYS = {"step", "name", "description", "formula", "inputs", "output_label", "output"}
GOOD: dict[str, Any] = {"type": "park_shame_score", "entity_id": 1, "period": "today", "displayed_value": 1}


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ask(client):
    def answer(**claim: Any) -> dict[str, Any]:
        response = client.post(VERIFY, json.dumps({**GOOD, **claim}), content_type="application/json")
        assert response.status_code == 200, response.content
        body: dict[str, Any] = response.json()
        return body

    return answer


@pytest.fixture
def refused(client):
    def error(body: Any) -> tuple[int, str]:
        response = client.post(VERIFY, json.dumps(body), content_type="application/json")
        assert set(response.json()) == {"success", "error"}
        assert response.json()["success"] is False
        return response.status_code, response.json()["error"]

    return error


def steps(body: dict[str, Any]) -> dict[str, Any]:
    """What each step gave, by name."""
    return {step["name"]: step["output"] for step in body["computation_trace"]}


def example_day(park: Park, day: date, minutes: int = 600) -> list[Ride]:
    """Example 2 of R-10.6 from 9:00: 6/6 of a flagship down an hour, a ride 150 minutes, one never, one closed."""
    start = local(day, "09:00", park.timezone)
    rides = list(park.rides.order_by("pk")) or [make_ride(park, tier) for tier in (1, 2, 3, 2)]
    for ride, story in zip(rides, ("O540 D60", "O450 D150", "O600", "C600"), strict=True):
        report(ride, start, story)
    show_park(park, start, minutes)
    return rides


# -- a park's score --------------------------------------------------------------------------------------


def test_a_score_of_several_days_is_the_mean_of_the_open_days(ask):
    park = make_park(is_disney=True, name="Magic Kingdom")
    example_day(park, WEEK[0])  # 1.3
    ride = park.rides.get(classification__tier=3)
    report(ride, local(WEEK[3], "09:00"), "O300 D300")  # 5.0
    report(ride, local(WEEK[5], "09:00"), "C600", park_open=False)  # closed
    body = ask(entity_id=park.pk, period="7days", displayed_value="3.2")
    assert set(body) == KEYS
    assert (body["computed_value"], body["displayed_value"], body["verified"]) == (3.2, 3.2, True)  # (1.3 + 5.0) / 2
    assert (body["entity_type"], body["entity_id"], body["entity_name"]) == ("park", park.pk, "Magic Kingdom")
    assert (body["metric"], body["period"], body["tolerance"]) == ("shame_score", "7days", 0.05)
    assert body["methodology_url"] == "/about#methodology"
    assert body["data_quality"] == {
        "days_with_data": 3,
        "expected_days": 7,
        "data_completeness": 42.9,
        "avg_rides_tracked": 2.0,
        # N-3: the rides that operated ran 540 + 450 + 600 and 300 of 1800 and 600 minutes
        "avg_uptime_percentage": 78.8,
        "total_downtime_hours": 8.5,
    }


def test_a_short_day_counts_less_than_a_long_one(ask):
    """N-2: 1 h down in 2 h (5.0), none in 8 h (0.0): 1 of 10 h is 1.0, not 2.5."""
    park = make_park()
    ride = make_ride(park)
    report(ride, local(WEEK[0], "09:00"), "O60 D60")
    report(ride, local(WEEK[1], "09:00"), "O480")
    assert ask(entity_id=park.pk, period="7days", displayed_value=1)["computed_value"] == 1.0


def test_hours_are_rounded_once(ask):
    """N-2: three days with 70 s down each are 210 s, 0.06 h; rounded to minutes each they would be 0.05."""
    ride = make_ride(make_park())
    for day in WEEK[:3]:
        end = report(ride, local(day, "09:00"), "O60")
        report(ride, end, "D1")
        ride.snapshots.filter(recorded_at=end).update(duration_seconds=70)
    body = ask(type="ride_downtime", entity_id=ride.pk, period="7days", displayed_value=0.06)
    assert body["computed_value"] == 0.06


def test_the_steps_lead_from_the_observations_to_the_score(ask, settings):
    settings.COLLECTION_INTERVAL_SECONDS = 300
    park = make_park(is_disney=True, name="Magic Kingdom")
    a, b, c, d = example_day(park, WEEK[0])
    body = ask(entity_id=park.pk, period="7days", displayed_value=1.3)
    assert [step["step"] for step in body["computation_trace"]] == [1, 2, 3, 4, 5]
    assert all(set(step) == STEP_KEYS for step in body["computation_trace"])
    assert all(step["description"] for step in body["computation_trace"])
    inputs = {step["name"]: step["inputs"] for step in body["computation_trace"]}
    outputs = steps(body)
    assert list(outputs) == [
        "Park Identification",
        "Raw Snapshot Collection",
        "Ride-Level Downtime Calculation",
        "Apply Tier Weights",
        "Calculate Shame Score",
    ]
    assert outputs["Park Identification"] == {"park_id": park.pk, "park_name": "Magic Kingdom"}
    assert inputs["Raw Snapshot Collection"] == {
        "park_id": park.pk,
        "start_date": "2025-12-14",
        "end_date": "2025-12-20",
    }
    assert outputs["Raw Snapshot Collection"] == {"total_snapshots": 240, "rides_tracked": 4, "days_with_data": 1}
    assert inputs["Ride-Level Downtime Calculation"] == {"snapshot_interval_minutes": 5.0, "rides_counted": 4}
    assert outputs["Ride-Level Downtime Calculation"] == [
        {
            "ride_id": ride.pk,
            "ride_name": ride.name,
            "tier": tier,
            "tier_weight": 4 - tier,
            "downtime_hours": minutes / 60,
            "downtime_minutes": minutes,
            "downtime_seconds": 60 * minutes,
            "operating_minutes": 600,
        }
        for ride, tier, minutes in ((b, 2, 150), (a, 1, 60), (c, 3, 0), (d, 2, 0))
    ]
    assert inputs["Apply Tier Weights"] == {"tier_weights": {"tier_1": 3, "tier_2": 2, "tier_3": 1, "default": 2}}
    assert outputs["Apply Tier Weights"] == {
        "weighted_downtime_hours": 8.0,
        "total_park_weight": 6,
        "total_rides": 4,
    }
    assert inputs["Calculate Shame Score"] == {
        "weighted_downtime_hours": 8.0,
        "total_park_weight": 6,
        "daily_scores": [
            {
                "date": "2025-12-14",
                "weighted_downtime_hours": 8.0,
                "weighted_downtime_seconds": 28_800,
                "park_weight": 6,
                "open_hours": 10.0,
                "shame_score": 1.3,
            }
        ],
    }
    assert outputs["Calculate Shame Score"] == body["computed_value"] == 1.3


def test_five_rides_with_the_most_downtime_are_shown(ask):
    park = make_park()
    rides = [make_ride(park) for _ in range(7)]
    for n, ride in enumerate(rides):
        report(ride, local(WEEK[0], "09:00"), f"O300 D{10 * (n + 1)}")
    body = ask(entity_id=park.pk, period="7days")
    shown = steps(body)["Ride-Level Downtime Calculation"]
    assert [row["ride_id"] for row in shown] == [ride.pk for ride in reversed(rides[2:])]
    assert shown[0]["tier"] is None
    assert shown[0]["tier_weight"] == 2, "a ride without classification weighs 2"


def test_the_score_of_today_is_that_of_the_ranking(ask, client):
    park = make_park(is_disney=True)
    start = local(TODAY, "09:00")  # eight hours ago
    report(make_ride(park, 1), start, "D480")  # never ran, but its DOWN is evidence today
    report(make_ride(park, 2), start, "O420 D65")  # five minutes lie ahead
    report(make_ride(park, 3), start, "C480")
    show_park(park, start, 480, "3.0")
    (ranked,) = client.get("/api/parks/downtime", {"period": "today"}).json()["data"]
    body = ask(entity_id=park.pk, period="today", displayed_value=ranked["shame_score"])
    assert (body["verified"], body["computed_value"]) == (True, ranked["shame_score"])
    assert body["computed_value"] == 6.5  # (8 × 3 + 1 × 2) / (5 × 8) × 10
    quality = body["data_quality"]
    assert (quality["expected_days"], quality["total_downtime_hours"]) == (1, ranked["total_downtime_hours"])
    assert quality["avg_uptime_percentage"] == ranked["uptime_percentage"]
    assert steps(body)["Apply Tier Weights"]["weighted_downtime_hours"] == ranked["weighted_downtime_hours"]


@pytest.mark.parametrize(("period", "days"), [("7days", WEEK), ("30days", MONTH)])
def test_a_score_that_a_ranking_displays_is_verified(ask, client, period, days):
    park = make_park(is_disney=True)
    for n, day in enumerate(days[::3]):
        report(next(iter(park.rides.all()), None) or make_ride(park), local(day, "09:00"), f"O{500 - 30 * n} D100")
        recomputed(park, day)
    for outside in (days[0] - timedelta(days=1), days[-1] + timedelta(days=1)):
        report(park.rides.get(), local(outside, "09:00"), "O10 D600")
        recomputed(park, outside)
    (ranked,) = client.get("/api/parks/downtime", {"period": period}).json()["data"]
    body = ask(entity_id=park.pk, period=period, displayed_value=ranked["shame_score"])
    assert (body["verified"], body["computed_value"]) == (True, ranked["shame_score"])
    assert body["data_quality"]["expected_days"] == len(days)
    (ride,) = client.get("/api/rides/downtime", {"period": period}).json()["data"]
    claim = {"type": "ride_downtime", "entity_id": ride["ride_id"], "period": period}
    body = ask(**claim, displayed_value=ride["downtime_hours"])
    assert (body["verified"], body["computed_value"]) == (True, ride["downtime_hours"])


def test_a_stored_score_that_is_wrong_is_not_verified(ask):
    park = make_park(is_disney=True)
    example_day(park, WEEK[0])
    recomputed(park, WEEK[0])
    ParkDailyStats.objects.update(shame_score=Decimal("9.9"))
    body = ask(entity_id=park.pk, period="7days", displayed_value=9.9)
    assert (body["verified"], body["computed_value"]) == (False, 1.3)


@pytest.mark.parametrize(
    ("displayed", "verified"),
    [
        (1.3, True),
        ("1.3", True),
        (" 1.30 ", True),
        (1.35, True),  # exactly the tolerance
        ("1.350001", False),
        (1.25, True),
        (1.2499, False),
        (13, False),
        (-1.3, False),
        ("0.13e1", True),
    ],
)
def test_a_number_is_verified_within_the_tolerance(ask, displayed, verified):
    park = make_park(is_disney=True)
    example_day(park, WEEK[0])
    assert ask(entity_id=park.pk, period="7days", displayed_value=displayed)["verified"] is verified


def test_the_days_are_those_of_the_park(ask):
    for zone, days in ((TOKYO, ("2025-12-24", "2025-12-24")), (LOS_ANGELES, ("2025-12-23", "2025-12-23"))):
        body = ask(entity_id=make_park(timezone=zone).pk, period="today")
        inputs = body["computation_trace"][1]["inputs"]
        assert (inputs["start_date"], inputs["end_date"]) == days


@pytest.mark.parametrize("period", ["today", "7days", "30days"])
def test_without_observations_there_is_no_score_to_verify(ask, period):
    body = ask(entity_id=make_park().pk, period=period, displayed_value=0)
    assert (body["computed_value"], body["verified"]) == (None, False)
    assert steps(body)["Calculate Shame Score"] is None
    assert body["data_quality"] == {
        "days_with_data": 0,
        "expected_days": {"today": 1, "7days": 7, "30days": 30}[period],
        "data_completeness": 0.0,
        "avg_rides_tracked": None,
        "avg_uptime_percentage": None,
        "total_downtime_hours": 0.0,
    }


def test_an_inactive_park_can_be_asked_about(ask):
    park = make_park(is_active=False, is_disney=True)
    example_day(park, WEEK[0])
    assert ask(entity_id=park.pk, period="7days")["computed_value"] == 1.3


def test_anomalies_of_the_entity_come_along(ask):
    park, other = make_park(), make_park()
    make_ride(park)
    (today,) = ask(entity_id=park.pk, period="today")["anomalies_detected"]
    assert (today["metric"], today["entity_id"], today["stat_date"]) == ("missing_daily_stats", park.pk, "2025-12-23")
    (week,) = ask(entity_id=other.pk, period="7days")["anomalies_detected"]
    assert (week["entity_id"], week["stat_date"]) == (other.pk, "2025-12-22"), "yesterday"
    park_day(park, date(2025, 12, 22))
    assert ask(entity_id=park.pk, period="30days")["anomalies_detected"] == []


# -- a ride's downtime -----------------------------------------------------------------------------------


def test_a_ride_s_downtime_is_the_sum_of_its_days(ask):
    park = make_park(is_disney=True, name="Magic Kingdom")
    ride = make_ride(park, name="Space Mountain")
    report(ride, local(WEEK[0], "09:00"), "O300 D100 C50")
    report(ride, local(WEEK[0], "20:00"), "C60", park_open=False)
    report(ride, local(WEEK[6], "09:00"), "O100 D25")
    report(ride, local(WEEK[3], "09:00"), "D600")  # never ran that day: no downtime
    body = ask(type="ride_downtime", entity_id=ride.pk, period="7days", displayed_value=2.08)
    assert set(body) == KEYS
    assert (body["computed_value"], body["verified"]) == (2.08, True)  # 125 minutes
    assert (body["entity_type"], body["entity_name"], body["metric"]) == ("ride", "Space Mountain", "downtime_hours")
    assert [step["step"] for step in body["computation_trace"]] == [1, 2, 3]
    assert all(set(step) == STEP_KEYS for step in body["computation_trace"])
    assert steps(body) == {
        "Ride Identification": {
            "ride_id": ride.pk,
            "ride_name": "Space Mountain",
            "park_name": "Magic Kingdom",
        },
        "Snapshot Breakdown": {
            "total_snapshots": 30 + 10 + 5 + 6 + 10 + 3 + 60,
            "park_open_snapshots": 30 + 10 + 5 + 10 + 3 + 60,
            "operating_snapshots": 40,
            "down_snapshots": 10 + 3 + 60,
            "other_snapshots": 5,
            "operating_minutes": 450 + 125 + 600,
            "uptime_minutes": 400,
            "downtime_minutes": 125,
            "downtime_seconds": 7_500,
        },
        "Convert to Hours": 2.08,
    }
    assert (body["data_quality"]["total_snapshots"], body["data_quality"]["park_open_snapshots"]) == (124, 118)


def test_coverage_is_the_share_of_the_opening_time_in_which_the_ride_was_seen(ask):
    park = make_park()
    ride = make_ride(park)
    for day in (WEEK[0], TODAY):
        report(ride, local(day, "09:00"), "O300")
        show_park(park, local(day, "09:00"), 400)
    for period in ("7days", "today"):
        body = ask(type="ride_downtime", entity_id=ride.pk, period=period)
        assert body["data_quality"] == {
            "coverage_percentage": 75.0,
            "park_open_snapshots": 30,
            "total_snapshots": 30,
        }


def test_a_ride_s_downtime_of_today_is_that_of_the_ranking(ask, client):
    park = make_park(is_disney=True)
    ride = make_ride(park)
    report(ride, local(TODAY, "09:00"), "D485")
    show_park(park, local(TODAY, "09:00"), 480)
    (ranked,) = client.get("/api/rides/downtime", {"period": "today"}).json()["data"]
    body = ask(type="ride_downtime", entity_id=ride.pk, period="today", displayed_value=ranked["downtime_hours"])
    assert (body["computed_value"], body["verified"]) == (8.0, True)


def test_of_a_ride_without_observations_nothing_is_verified(ask):
    """N-6: nobody knows."""
    body = ask(type="ride_downtime", entity_id=make_ride(make_park()).pk, period="30days", displayed_value=0)
    assert (body["computed_value"], body["verified"]) == (None, False)
    assert steps(body)["Convert to Hours"] is None
    assert body["data_quality"] == {"coverage_percentage": None, "park_open_snapshots": 0, "total_snapshots": 0}


def test_only_anomalies_of_the_ride_itself_come_along(ask):
    ride = make_ride(make_park())
    assert ask(type="ride_downtime", entity_id=ride.pk)["anomalies_detected"] == []


def test_nothing_is_stored(ask):
    park = make_park()
    ride = make_ride(park)
    report(ride, local(WEEK[0], "09:00"), "O300 D100")
    ask(entity_id=park.pk, period="7days")
    ask(type="ride_downtime", entity_id=ride.pk, period="7days")
    assert not ParkDailyStats.objects.exists()
    assert not RideDailyStats.objects.exists()


# -- what is refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "missing"),
    [
        ({}, "type, entity_id, period, displayed_value"),
        ({"displayed_value": "x", "period": "x", "entity_id": "x"}, "type"),
        ({"type": "x", "displayed_value": None}, "entity_id, period, displayed_value"),
        ({"type": None, "entity_id": None, "period": None, "displayed_value": 0}, "type, entity_id, period"),
        ({"Type": "x", "entity_id": 0, "period": "", "displayed_value": False}, "type"),
    ],
)
def test_missing_fields_are_named_in_order(refused, body, missing):
    assert refused(body) == (400, f"Missing required fields: {missing}")


BAD_VALUE = "Invalid displayed_value. Must be a number"
BAD_TYPE = "Invalid type. Must be one of: park_shame_score, ride_downtime, wait_time"
BAD_PERIOD = "Invalid period. Must be one of: today, 7days, 30days"
BAD_ENTITY = "Invalid entity_id. Must be an integer"
NO_WAITS = "Wait time tracing not yet implemented"


@pytest.mark.parametrize(
    "value",
    [
        *("abc", "", " ", "NaN", "-Infinity", "sNaN", "1e999999", "1e13", "1,5", "1" * 101, "1\0", "0x10", "--1"),
        *(1e300, 10**13, 10**400, True, [], {}, [1]),
    ],
)
def test_what_is_no_number_cannot_have_been_displayed(refused, value):
    assert refused({**GOOD, "displayed_value": value}) == (400, BAD_VALUE)


@pytest.mark.parametrize("value", ["shame", "PARK_SHAME_SCORE", "", 1, True, [], ["wait_time"], {}, "wait_time\0"])
def test_an_unknown_type_is_refused(refused, value):
    assert refused({**GOOD, "type": value}) == (400, BAD_TYPE)


@pytest.mark.parametrize(
    "value", ["live", "yesterday", "last_week", "last_month", "all_time", "7DAYS", "", 7, [], {}, "today\0"]
)
def test_an_unknown_period_is_refused(refused, value):
    assert refused({**GOOD, "period": value}) == (400, BAD_PERIOD)


@pytest.mark.parametrize("value", ["abc", "", 1.5, True, [], {}, "1\0", "9" * 2000, "NaN"])
def test_an_entity_that_is_no_integer_is_refused(refused, value):
    assert refused({**GOOD, "entity_id": value}) == (400, BAD_ENTITY)


@pytest.mark.parametrize("period", ["today", "7days", "30days"])
def test_waits_cannot_be_traced_yet(refused, period):
    assert refused({**GOOD, "type": "wait_time", "period": period}) == (400, NO_WAITS)


def test_the_first_field_that_is_wrong_decides_the_text(refused):
    body = {"type": "x", "entity_id": "x", "period": "x", "displayed_value": "x"}
    for name, good, text in (
        ("displayed_value", 1, BAD_VALUE),
        ("type", "wait_time", BAD_TYPE),
        ("period", "today", BAD_PERIOD),
    ):
        assert refused(body) == (400, text)
        body[name] = good
    assert refused(body) == (400, NO_WAITS)
    body["type"] = "ride_downtime"
    assert refused(body) == (400, BAD_ENTITY)


@pytest.mark.parametrize("entity_id", [0, -1, 4711, "4711", 2**31, 2**63, 10**30])
@pytest.mark.parametrize(("kind", "name"), [("park_shame_score", "Park"), ("ride_downtime", "Ride")])
def test_an_unknown_entity_is_not_found(refused, kind, name, entity_id):
    assert refused({**GOOD, "type": kind, "entity_id": entity_id}) == (404, f"{name} {entity_id} not found")


@pytest.mark.parametrize("body", [[], [1], "x", 1, None, True])
def test_a_body_that_is_no_object_is_refused(refused, body):
    assert refused(body)[0] == 400


# -- cost ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rides", [1, 6])
def test_the_queries_do_not_grow_with_the_rides(ask, django_assert_max_num_queries, rides):
    park = make_park()
    for _ in range(rides):
        ride = make_ride(park)
        report(ride, local(TODAY, "09:00"), "O300 D60")
    with django_assert_max_num_queries(9):
        ask(entity_id=park.pk, period="today")
    with django_assert_max_num_queries(7):
        ask(type="ride_downtime", entity_id=ride.pk, period="today")
