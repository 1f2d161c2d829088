"""What a park's page says whatever the period: identity, tiers, hours open, state (public-api 4.6)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from parks.tests.factories import ScheduleFactory
from snapshots.models import ParkActivitySnapshot
from snapshots.tests.factories import ActivityFactory
from stats.tests.builders import (
    LOS_ANGELES,
    NEW_YORK,
    PARIS,
    TOKYO,
    local,
    make_park,
    make_ride,
    park_day,
    report,
    ride_day,
    show_park,
)
from stats.tests.shapes import MAYBE_NUMBER, NUMBER, misfits

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 12, 23, 22, 32, tzinfo=UTC)  # Tuesday, 17:32 in New York
TODAY, YESTERDAY = date(2025, 12, 23), date(2025, 12, 22)
PERIODS = ("live", "today", "yesterday", "last_week", "last_month")

WEIGHED = {"ride_id": int, "ride_name": str, "tier": int, "tier_weight": NUMBER}
CONTRIBUTION = WEIGHED | {"downtime_hours": NUMBER, "weighted_contribution": NUMBER, "status": str}
EVERY_BREAKDOWN = {
    "breakdown_type": str,
    "shame_score": MAYBE_NUMBER,
    "total_park_weight": MAYBE_NUMBER,
    "total_excluded_weight": NUMBER,
    "rides_excluded": [WEIGHED | {"last_operated_at": str | None, "exclusion_reason": str}],
}
CLOSED_BREAKDOWN = EVERY_BREAKDOWN | {
    "total_downtime_hours": MAYBE_NUMBER,
    "weighted_downtime_hours": MAYBE_NUMBER,
    "avg_uptime_percentage": MAYBE_NUMBER,
    "rides_affected_count": int,
    "rides": [CONTRIBUTION],
}
LONG_BREAKDOWN = CLOSED_BREAKDOWN | {
    "avg_daily_downtime": MAYBE_NUMBER,
    "days_tracked": int,
    "days_in_period": int,
    "period_label": str,
    "rides": [CONTRIBUTION | {"days_with_downtime": int}],
}
BREAKDOWNS = {
    "live": EVERY_BREAKDOWN
    | {
        "is_live": bool,
        "last_updated": str | None,
        "park_is_open": bool | None,
        "total_weighted_down": MAYBE_NUMBER,
        "rides_down": [WEIGHED | {"status": str}],
        "tier_weights": {"1": int, "2": int, "3": int},
    },
    "today": CLOSED_BREAKDOWN | {"hours_tracked": int},
    "yesterday": CLOSED_BREAKDOWN | {"rides_with_downtime": int | None},
    "last_week": LONG_BREAKDOWN,
    "last_month": LONG_BREAKDOWN,
}
CHART = {"granularity": str, "labels": [str], "data": [MAYBE_NUMBER], "last_is_partial": bool}
WHOLE_CHART = CHART | {"rides_down": [int | None], "average": MAYBE_NUMBER, "shame_score": MAYBE_NUMBER}
HOURLY_CHART = WHOLE_CHART | {"avg_wait": [MAYBE_NUMBER]}
DAILY_CHART = WHOLE_CHART | {"downtime_hours": [MAYBE_NUMBER]}
CHARTS = {
    "live": CHART | {"current": MAYBE_NUMBER},
    "today": HOURLY_CHART,
    "yesterday": HOURLY_CHART,
    "last_week": DAILY_CHART,
    "last_month": DAILY_CHART,
}
STATUS = {
    "park_id": int,
    "park_name": str,
    "is_open": bool | None,
    "last_updated": str | None,
    "operating": int | None,
    "rides_open": int | None,
    "rides_closed": int | None,
    "total_rides": int,
    "avg_wait_time": MAYBE_NUMBER,
    "max_wait_time": int | None,
}
SHAPE = {
    "success": bool,
    "period": str,
    "start_date": str,
    "end_date": str,
    "is_complete": bool,
    "as_of?": str | None,
    "attribution": {"data_source": str, "url": str},
    "park": {
        "park_id": int,
        "name": str,
        "location": str,
        "operator": str | None,
        "timezone": str,
        "queue_times_url": str | None,
    },
    "tier_distribution": {
        "park_id": int,
        "park_name": str,
        "tier_1_count": int,
        "tier_2_count": int,
        "tier_3_count": int,
        "unclassified_count": int,
        "total_rides": int,
    },
    "operating_sessions": [
        {
            "park_id": int,
            "date": str,
            "first_open_at": str,
            "last_open_at": str,
            "operating_hours": NUMBER,
            "snapshot_count": int,
        }
    ],
    "current_status": STATUS,
    "excluded_rides_count": int,
    "effective_park_weight": int,
}


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ask(client):
    def answer(park: Any, period: str = "live") -> dict:
        response = client.get(f"/api/parks/{park.pk}/details", {"period": period})
        assert response.status_code == 200, response.content
        body: dict = response.json()
        return body

    return answer


def busy_park(rides: int = 3, **columns: Any) -> Any:
    """A park with something to say in every period."""
    park = make_park(**columns)
    for number in range(rides):
        ride = make_ride(park, number % 3 + 1, last_operated_at=NOW)
        make_ride(park)
        for day in (TODAY, YESTERDAY):
            report(ride, local(day, "09:00", park.timezone), "O300 D200", None, wait=20)
        for day in (YESTERDAY, date(2025, 12, 17), date(2025, 11, 11)):
            ride_day(ride, day)
    for day in (TODAY, YESTERDAY):
        show_park(park, local(day, "09:00", park.timezone), 500, "3.0")
    for day in (YESTERDAY, date(2025, 12, 17), date(2025, 11, 11)):
        park_day(park, day)
    return park


# -- shapes -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("period", PERIODS)
def test_every_period_has_exactly_its_fields(ask, period):
    park = busy_park()
    body = ask(park, period)
    assert misfits(body, SHAPE | {"shame_breakdown": BREAKDOWNS[period], "chart_data": CHARTS[period]}) == []
    assert (body["success"], body["period"], body["shame_breakdown"]["breakdown_type"]) == (True, period, period)
    assert body["attribution"] == {"data_source": "ThemeParks.wiki", "url": "https://themeparks.wiki"}
    chart = body["chart_data"]
    assert chart["labels"]
    assert {len(series) for series in chart.values() if isinstance(series, list)} == {len(chart["labels"])}
    assert chart.get("shame_score", body["shame_breakdown"]["shame_score"]) == body["shame_breakdown"]["shame_score"]


@pytest.mark.parametrize("period", PERIODS)
def test_a_park_of_which_nothing_is_known_answers_with_every_key_and_no_zero(ask, period):
    """N-6: a score or an hour that nobody observed is null; what is counted is 0."""
    park = make_park()
    body = ask(park, period)
    assert misfits(body, SHAPE | {"shame_breakdown": BREAKDOWNS[period], "chart_data": CHARTS[period]}) == []
    status = dict.fromkeys(STATUS) | {"park_id": park.pk, "park_name": park.name, "total_rides": 0}
    assert body["current_status"] == status
    assert (body["operating_sessions"], body["excluded_rides_count"], body["effective_park_weight"]) == ([], 0, 0)
    assert set(body["tier_distribution"].values()) == {park.pk, park.name, 0}
    breakdown, chart = body["shame_breakdown"], body["chart_data"]
    unknown = ("shame_score", "total_downtime_hours", "weighted_downtime_hours", "avg_uptime_percentage")
    assert {breakdown.get(name) for name in (*unknown, "avg_daily_downtime", "park_is_open")} == {None}
    assert not any(value for value in breakdown.values() if isinstance(value, list))
    assert {chart.get(name) for name in ("average", "shame_score", "current")} == {None}
    length = {"last_week": 7, "last_month": 30}.get(period, 0)
    for name, series in chart.items():
        if isinstance(series, list) and name != "labels":
            assert series == [None] * length
    assert body.get("as_of") is None


# -- the period and the park ------------------------------------------------------------------------------


@pytest.mark.parametrize("period", ["", "LIVE", "week", "7days", "30days", "all_time", "Today", "%01", "\x01"])
def test_any_other_period_is_silently_live(ask, period):
    park = busy_park()
    assert ask(park, period) == ask(park, "live")


def test_live_is_the_default_and_the_first_of_two_periods_counts(client, ask):
    park = busy_park()
    path = f"/api/parks/{park.pk}/details"
    assert client.get(path).json() == ask(park, "live")
    assert client.get(f"{path}?period=today&period=yesterday").json() == ask(park, "today")
    assert client.get(f"{path}?period=nonsense&period=today&other=1").json()["period"] == "live"


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("number", ["0", "999", "32768", "9" * 30])
def test_an_unknown_park_is_not_found(client, number, period):
    response = client.get(f"/api/parks/{number}/details", {"period": period})
    assert (response.status_code, response.json()) == (404, {"success": False, "error": f"Park {number} not found"})


@pytest.mark.parametrize("path", ["-1/details", "abc/details", "1.0/details", "1/details/", "1/Details", "1"])
def test_what_is_no_number_is_another_route(client, path):
    response = client.get(f"/api/parks/{path}")
    assert (response.status_code, response.json()["error"]) == (404, "Not Found")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_another_method_is_refused_in_json(client, method):
    response = getattr(client, method)(f"/api/parks/{make_park().pk}/details")
    assert (response.status_code, response.json()["success"]) == (405, False)


def test_head_answers_without_a_body(client):
    response = client.head(f"/api/parks/{make_park().pk}/details")
    assert (response.status_code, response.content) == (200, b"")


@pytest.mark.parametrize("period", PERIODS)
def test_an_inactive_park_is_served(ask, period):
    """Public-api Q56."""
    active, inactive = busy_park(), busy_park(is_active=False)
    figures = ("shame_score", "total_park_weight")
    reported = [[ask(park, period)["shame_breakdown"][name] for name in figures] for park in (active, inactive)]
    assert reported[0] == reported[1]
    assert reported[0] != [0, 0]


def test_the_identity(ask):
    park = make_park(name="Magic Kingdom", queue_times_id=6, operator="Walt Disney World")
    assert ask(park)["park"] == {
        "park_id": park.pk,
        "name": "Magic Kingdom",
        "location": "Orlando, Florida",
        "operator": "Walt Disney World",
        "timezone": NEW_YORK,
        "queue_times_url": "https://queue-times.com/parks/6",
    }
    bare = make_park(queue_times_id=None, city="Reykjavik", state_province=None, country="IS")
    reported = ask(bare)["park"]
    assert (reported["location"], reported["operator"], reported["queue_times_url"]) == ("Reykjavik, IS", None, None)


# -- rides ------------------------------------------------------------------------------------------------


def test_active_rides_of_every_category_are_counted_by_tier(ask):
    park = make_park()
    for tier, count in ((1, 2), (2, 1), (3, 4), (None, 3)):
        for number in range(count):
            category = "SHOW" if number else "ATTRACTION"
            make_ride(park, tier, category=category, last_operated_at=NOW if number else None)
    make_ride(park, tier=1)
    make_ride(park, 1, is_active=False)
    make_ride(make_park(), 1)
    body = ask(park)
    tiers = body["tier_distribution"]
    assert [tiers[f"{name}_count"] for name in ("tier_1", "tier_2", "tier_3", "unclassified")] == [3, 1, 4, 3]
    assert tiers["total_rides"] == 11
    # Operated within seven days: one of tier 1, three of tier 3, two unclassified.
    assert (body["excluded_rides_count"], body["effective_park_weight"]) == (5, 3 + 3 + 4)


# -- state ------------------------------------------------------------------------------------------------


def test_the_current_state_is_the_newest_observation(ask):
    """The waits are those of the live list (N-4): of operating attractions, above 0: (5 + 60) ÷ 2."""
    park = make_park()
    for state, wait, category in (("O", 5, "ATTRACTION"), ("O", 60, "ATTRACTION"), ("D", 90, "ATTRACTION")):
        report(make_ride(park, category=category), NOW - timedelta(minutes=10), f"{state}10", wait=wait)
    for wait, category in ((0, "ATTRACTION"), (None, "ATTRACTION"), (45, "SHOW")):
        report(make_ride(park, category=category), NOW - timedelta(minutes=10), "O10", wait=wait)
    columns = {"rides_open": 4, "rides_closed": 1, "avg_wait_time": "99.00", "max_wait_time": 99}
    ActivityFactory(park=park, recorded_at=NOW - timedelta(minutes=7), **columns)
    ActivityFactory(park=park, recorded_at=NOW - timedelta(minutes=12), rides_open=9)
    ActivityFactory(park=park, recorded_at=NOW + timedelta(minutes=3), rides_open=9)
    ActivityFactory(recorded_at=NOW - timedelta(minutes=1), rides_open=9)
    assert ask(park)["current_status"] == {
        "park_id": park.pk,
        "park_name": park.name,
        "is_open": True,
        "last_updated": "2025-12-23T22:25:00",
        "operating": 4,
        "rides_open": 4,
        "rides_closed": 1,
        "total_rides": 6,
        "avg_wait_time": 32.5,
        "max_wait_time": 60,
    }


def test_a_park_that_was_never_observed_has_its_rides_and_no_state(ask):
    park = make_park()
    make_ride(park)
    status = ask(park)["current_status"]
    assert (status["total_rides"], status["rides_open"], status["rides_closed"]) == (1, None, None)


@pytest.mark.parametrize(
    ("minutes_ago", "seen_open", "scheduled", "is_open"),
    [
        (10, True, False, True),
        (10, False, False, False),
        (10, False, True, True),
        (4000, True, False, None),
        (4000, False, True, None),
    ],
)
def test_a_park_is_open_by_its_schedule_or_by_what_was_seen_within_two_hours(
    ask, minutes_ago, seen_open, scheduled, is_open
):
    """R-6.4, N-6: whatever was planned, a park that is silent is neither, and has no counters."""
    park = make_park()
    at = NOW - timedelta(minutes=minutes_ago)
    ActivityFactory(park=park, recorded_at=at, park_appears_open=seen_open, rides_open=5)
    if scheduled:
        ScheduleFactory(park=park, schedule_date=TODAY)  # 13:00 to 23:00 UTC
    body = ask(park)
    rides_open = None if is_open is None else 5
    assert (body["current_status"]["is_open"], body["current_status"]["rides_open"]) == (is_open, rides_open)
    assert body["current_status"]["last_updated"] == f"{at:%Y-%m-%dT%H:%M:%S}"
    assert body["as_of"] == f"{at:%Y-%m-%dT%H:%M:%SZ}"
    assert body["shame_breakdown"]["park_is_open"] is is_open


# -- hours open -------------------------------------------------------------------------------------------


def test_a_session_is_the_first_and_last_sight_of_the_open_park(ask):
    park = make_park()
    show_park(park, local(YESTERDAY, "07:00"), 120, is_open=False)
    show_park(park, local(YESTERDAY, "09:00"), 200)
    show_park(park, local(YESTERDAY, "13:00"), 65)
    show_park(park, local(YESTERDAY, "14:05"), 120, is_open=False)
    show_park(make_park(), local(YESTERDAY, "08:00"), 900)
    assert ask(park)["operating_sessions"] == [
        {
            "park_id": park.pk,
            "date": "2025-12-22",
            "first_open_at": "2025-12-22T14:00:00",
            "last_open_at": "2025-12-22T19:05:00",
            "operating_hours": 5.08,
            "snapshot_count": 27,
        }
    ]


def test_a_row_without_length_makes_no_session_longer(ask):
    """N-10: the closing instant of a park that closes at midnight lies on the next date."""
    park = make_park()
    show_park(park, local(YESTERDAY, "15:00"), 9 * 60)
    ActivityFactory(park=park, recorded_at=local(TODAY, "00:00"), duration_seconds=0)
    show_park(park, local(TODAY, "15:00"), 60)
    sessions = ask(park)["operating_sessions"]
    assert [(row["date"], row["operating_hours"]) for row in sessions] == [("2025-12-23", 1.0), ("2025-12-22", 9.0)]


def test_the_running_session_ends_now(ask):
    park = make_park()
    show_park(park, local(TODAY, "09:00"), 900, grain=86_400)
    (session,) = ask(park)["operating_sessions"]
    assert (session["last_open_at"], session["operating_hours"]) == ("2025-12-23T22:32:00", 8.53)
    assert session["snapshot_count"] == 1


@pytest.mark.parametrize("zone", [LOS_ANGELES, NEW_YORK, PARIS, TOKYO, "Asia/Kathmandu"])
def test_a_session_lies_on_the_parks_own_date(ask, zone):
    """An evening is no part of the next date, nor a morning of the one before (Q37)."""
    park = make_park(timezone=zone)
    for days in (1, 2):
        show_park(park, local(TODAY - timedelta(days=days), "00:00", zone), 30)
        show_park(park, local(TODAY - timedelta(days=days), "08:00", zone), 16 * 60)
    sessions = ask(park)["operating_sessions"]
    assert [(row["date"], row["operating_hours"]) for row in sessions] == [("2025-12-22", 24.0), ("2025-12-21", 24.0)]


def test_seven_sessions_are_reported_newest_first_and_none_older_than_thirty_days(ask):
    park = make_park()
    for days in (1, 2, 3, 8, 9, 28, 29, 30, 31):
        show_park(park, local(TODAY - timedelta(days=days), "09:00"), 60)
    dates = ["12-22", "12-21", "12-20", "12-15", "12-14", "11-25", "11-24"]
    assert [row["date"] for row in ask(park)["operating_sessions"]] == [f"2025-{day}" for day in dates]
    ParkActivitySnapshot.objects.filter(recorded_at__gte=local(date(2025, 11, 25), "00:00")).delete()
    assert [row["date"] for row in ask(park)["operating_sessions"]] == ["2025-11-24", "2025-11-23"]


def test_the_night_in_which_the_clock_is_set_back_is_one_hour_longer(ask):
    day = date(2025, 11, 2)
    park = make_park()
    show_park(park, local(day, "00:00"), 25 * 60)
    with time_machine.travel(local(date(2025, 11, 3), "12:00"), tick=False):
        (session,) = ask(park)["operating_sessions"]
    assert (session["date"], session["operating_hours"], session["snapshot_count"]) == ("2025-11-02", 25.0, 150)


# -- queries ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "queries"), [("live", 12), ("today", 9), ("yesterday", 13), ("last_week", 10), ("last_month", 10)]
)
def test_the_number_of_queries_does_not_depend_on_the_number_of_rides(
    client, django_assert_num_queries, period, queries
):
    for rides in (1, 12):
        park = busy_park(rides)
        busy_park()
        with django_assert_num_queries(queries):
            body = client.get(f"/api/parks/{park.pk}/details", {"period": period}).json()
        assert body["tier_distribution"]["total_rides"] == rides * 2


def test_the_month_of_a_park_that_opened_all_week_is_not_read(client, django_assert_num_queries):
    park = make_park()
    make_ride(park)
    for days in range(1, 8):
        show_park(park, local(TODAY - timedelta(days=days), "09:00"), 60)
    with django_assert_num_queries(9):  # ten with the month
        sessions = client.get(f"/api/parks/{park.pk}/details", {"period": "live"}).json()["operating_sessions"]
    assert len(sessions) == 7
