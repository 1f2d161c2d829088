"""What a park's score is made of now and today, with numbers computed by hand (R-10, R-17.4, public-api 4.6)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from parks.models import Park
from parks.tests.factories import ScheduleFactory
from stats.tests.builders import (
    LOS_ANGELES,
    NEW_YORK,
    PARIS,
    TOKYO,
    local,
    make_park,
    make_ride,
    recomputed,
    report,
    show_park,
)

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 12, 23, 22, tzinfo=UTC)  # Tuesday, 17:00 in New York
TODAY, YESTERDAY = date(2025, 12, 23), date(2025, 12, 22)
OPENING = local(TODAY, "09:00")  # eight hours before NOW
ZONES = pytest.mark.parametrize("zone", [LOS_ANGELES, NEW_YORK, PARIS, TOKYO, "Asia/Kathmandu"])


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ask(client):
    def answer(park: Park, period: str) -> tuple[dict, dict]:
        response = client.get(f"/api/parks/{park.pk}/details", {"period": period})
        assert response.status_code == 200, response.content
        return response.json()["shame_breakdown"], response.json()["chart_data"]

    return answer


def figures(row: dict, *names: str) -> tuple:
    return tuple(row[name] for name in names)


def rides_of(breakdown: dict, *names: str) -> list[tuple]:
    return [figures(row, *names) for row in breakdown["rides"]]


SUMS = ("shame_score", "total_downtime_hours", "weighted_downtime_hours", "total_park_weight")


# -- live -------------------------------------------------------------------------------------------------


def park_of_example_1(score: str, **columns: Any) -> Park:
    """R-10.6, example 1."""
    park = make_park(**columns)
    rides = (("A", 1, "O"), ("B", 1, "D"), ("C", 2, "O"), ("D", 2, "C"), ("E", 3, "O"), ("F", None, "O"))
    for name, tier, state in rides:
        ride = make_ride(park, tier, name=name, last_operated_at=NOW)
        report(ride, OPENING, f"O400 {state}80")
    refurbished = make_ride(park, 2, name="G", last_operated_at=NOW - timedelta(days=40, hours=3))
    report(refurbished, OPENING, "R480")
    show_park(park, OPENING, 480, score)
    return park


@pytest.mark.parametrize(
    ("columns", "score", "down"),
    [
        ({"is_disney": True}, "2.3", [("B", 1, 3, "DOWN")]),
        ({"is_universal": True}, "2.3", [("B", 1, 3, "DOWN")]),
        ({}, "3.8", [("B", 1, 3, "DOWN"), ("D", 2, 2, "CLOSED")]),
    ],
)
def test_live_is_the_score_of_the_very_rides_it_names(ask, columns, score, down):
    """N-6: whatever an earlier cycle stored."""
    breakdown, chart = ask(park_of_example_1("9.9", **columns), "live")
    assert chart["current"] == float(score)
    assert figures(breakdown, "shame_score", "park_is_open", "is_live") == (float(score), True, True)
    shown = [figures(row, "ride_name", "tier", "tier_weight", "status") for row in breakdown["rides_down"]]
    assert shown == down
    weight = sum(row[2] for row in down)
    assert figures(breakdown, "total_park_weight", "total_weighted_down") == (13, weight)
    assert round(weight / 13 * 10, 1) == float(score), "the numerator and denominator of the score"
    assert breakdown["tier_weights"] == {"1": 3, "2": 2, "3": 1}
    (excluded,) = breakdown["rides_excluded"]
    assert figures(excluded, "ride_name", "tier", "tier_weight") == ("G", 2, 2)
    assert figures(excluded, "last_operated_at", "exclusion_reason") == (
        "2025-11-13T19:00:00Z",
        "Last operated 40 days ago",
    )
    assert breakdown["total_excluded_weight"] == 2


def test_a_ride_excluded_from_the_score_is_not_down_in_it(ask):
    park = make_park()
    report(make_ride(park, 1, last_operated_at=NOW - timedelta(days=8)), OPENING, "D480")
    report(make_ride(park, 2, last_operated_at=NOW), OPENING, "O480")
    show_park(park, OPENING, 480, "0.0")
    breakdown, _ = ask(park, "live")
    assert figures(breakdown, "rides_down", "total_weighted_down", "total_park_weight") == ([], 0, 2)
    assert breakdown["rides_excluded"][0]["exclusion_reason"] == "Last operated 8 days ago"


@pytest.mark.parametrize("period", ["live", "today", "yesterday", "last_week", "last_month"])
def test_every_period_reports_which_rides_are_excluded_now(ask, period):
    park = make_park()
    show_park(park, OPENING, 480)
    make_ride(park, 3, name="Train")
    make_ride(park, name="Carousel")
    make_ride(park, 1, name="Coaster", last_operated_at=NOW - timedelta(days=7))
    breakdown, _ = ask(park, period)
    shown = [figures(row, "ride_name", "tier", "tier_weight") for row in breakdown["rides_excluded"]]
    assert shown == [("Carousel", 2, 2), ("Train", 3, 1)], "by tier, unclassified ones as the second"
    assert {row["exclusion_reason"] for row in breakdown["rides_excluded"]} == {"Never operated"}
    assert {row["last_operated_at"] for row in breakdown["rides_excluded"]} == {None}
    assert breakdown["total_excluded_weight"] == 3


def test_nothing_is_down_in_a_closed_park(ask):
    park = park_of_example_1("3.8")
    show_park(park, NOW - timedelta(minutes=5), 5, "5.0", is_open=False)
    breakdown, _ = ask(park, "live")
    assert figures(breakdown, "park_is_open", "shame_score", "total_weighted_down") == (False, None, 0)
    assert figures(breakdown, "rides_down", "total_park_weight", "total_excluded_weight") == ([], 13, 2)


def test_of_a_park_not_seen_for_two_hours_nothing_is_known(ask):
    """N-6: neither open nor closed, and no score; who counts is known all the same."""
    park = make_park()
    report(make_ride(park, 1, last_operated_at=NOW), NOW - timedelta(hours=4), "D60")
    make_ride(park)
    show_park(park, NOW - timedelta(hours=4), 60, "9.0")
    breakdown, _ = ask(park, "live")
    assert figures(breakdown, "park_is_open", "shame_score", "total_weighted_down") == (None, None, None)
    assert figures(breakdown, "rides_down", "total_park_weight", "total_excluded_weight") == ([], 3, 2)
    assert breakdown["last_updated"] == "2025-12-23T18:50:00"


@pytest.mark.parametrize(
    ("zone", "labels"),
    [
        (NEW_YORK, ["16:00", "16:10", "16:20", "16:30", "16:40", "16:50"]),
        (TOKYO, ["06:00", "06:10", "06:20", "06:30", "06:40", "06:50"]),
        ("Asia/Kathmandu", ["02:40", "02:50", "03:00", "03:10", "03:20", "03:30", "03:40"]),
    ],
)
def test_the_live_chart_is_the_last_hour_by_ten_minutes_of_the_parks_clock(ask, zone, labels):
    """R-10.2 in each of them: down in the last 25 minutes, half of the weight."""
    park = make_park(timezone=zone)
    report(make_ride(park, 2), NOW - timedelta(minutes=80), "O55 D45")
    report(make_ride(park, 2), NOW - timedelta(minutes=80), "O100")
    show_park(park, NOW - timedelta(minutes=80), 100, "9.0", grain=1200)
    _, chart = ask(park, "live")
    assert chart["labels"] == labels
    if len(labels) == 6:
        assert (chart["data"], chart["last_is_partial"]) == ([0, 0, 0, 2.5, 5.0, 5.0], False)
    else:  # from 2:40 on, five minutes of the last ten
        assert (chart["data"], chart["last_is_partial"]) == ([0, 0, 0, 0, 5.0, 5.0, 5.0], True)
    assert chart["granularity"] == "minutes"


@pytest.mark.parametrize(
    ("seconds", "last", "is_partial"), [(0, "16:50", False), (59, "16:50", False), (60, "17:00", True)]
)
def test_ten_minutes_that_have_just_begun_are_no_point_of_the_live_chart(ask, seconds, last, is_partial):
    """N-16: never a zero."""
    park = make_park()
    report(make_ride(park, last_operated_at=NOW), NOW - timedelta(minutes=80), "O20 D90")
    show_park(park, NOW - timedelta(minutes=80), 110)
    with time_machine.travel(NOW + timedelta(seconds=seconds), tick=False):
        breakdown, chart = ask(park, "live")
    assert (chart["labels"][-1], chart["data"][-1], chart["current"]) == (last, 10.0, 10.0)
    assert chart["last_is_partial"] is is_partial
    assert breakdown["shame_score"] == 10.0


def test_ten_minutes_in_which_the_park_was_closed_have_no_score(ask):
    park = make_park()
    report(make_ride(park), NOW - timedelta(minutes=30), "D10 O20")
    show_park(park, NOW - timedelta(minutes=30), 30)
    assert ask(park, "live")[1]["data"] == [None, None, None, 10.0, 0, 0]


def test_the_live_labels_follow_daylight_saving_time(ask):
    """Q21: no fixed offset."""
    now = datetime(2025, 7, 1, 22, tzinfo=UTC)
    with time_machine.travel(now, tick=False):
        park = make_park(timezone=LOS_ANGELES)
        report(make_ride(park), now - timedelta(minutes=10), "O10")
        show_park(park, now - timedelta(minutes=10), 10)
        assert ask(park, "live")[1]["labels"][-1] == "14:50"


# -- today ------------------------------------------------------------------------------------------------


def busy_park(**columns: Any) -> Park:
    """Open since 09:00: 2 h of tier 1 in the last two hours, 0.5 h of a show of tier 3 in the first."""
    park = make_park(**columns)
    start = local(TODAY, "09:00", park.timezone)
    report(make_ride(park, 1, name="Coaster"), start, "O360 D120", wait=40)
    report(make_ride(park, 3, name="Show", category="SHOW"), start, "D30 O450", wait=0)
    report(make_ride(park, 2, name="Flume"), start, "O480", wait=20)
    report(make_ride(park, 1, name="Closed"), start, "C480")
    report(make_ride(park, 1, name="Gone", is_active=False), start, "O60 D420")
    report(make_ride(park, 2, name="Yesterday"), start - timedelta(days=1), "O60 D240")
    show_park(park, start, 480, "9.9")
    show_park(park, start - timedelta(days=1), 480, "9.9")
    return park


def test_today_adds_up_to_the_score(ask):
    breakdown, _ = ask(busy_park(), "today")
    # (2 h × 3 + 0.5 h × 1) of (3 + 1 + 2) × 8 h
    assert figures(breakdown, *SUMS) == (1.4, 2.5, 6.5, 6)
    assert figures(breakdown, "hours_tracked", "rides_affected_count") == (8, 2)
    columns = ("ride_name", "tier", "tier_weight", "downtime_hours", "weighted_contribution", "status")
    assert rides_of(breakdown, *columns) == [
        ("Coaster", 1, 3, 2.0, 6.0, "DOWN"),
        ("Show", 3, 1, 0.5, 0.5, "OPERATING"),
    ]
    contributions = sum(row["weighted_contribution"] for row in breakdown["rides"])
    assert round(contributions / (breakdown["total_park_weight"] * 8) * 10, 1) == breakdown["shame_score"]


def test_today_agrees_with_the_ranking(ask, client):
    breakdown, _ = ask(busy_park(), "today")
    (row,) = client.get("/api/parks/downtime?period=today").json()["data"]
    assert figures(row, *SUMS[:3], "effective_park_weight") == figures(breakdown, *SUMS)
    assert row["rides_down"] == breakdown["rides_affected_count"]


def test_the_hours_of_today_are_computed_from_its_rides(ask):
    """D-11: R-10.2 and the waits over each hour, whatever the cycles stored; weights 3, 1 and 2."""
    _, chart = ask(busy_park(), "today")
    assert chart["labels"] == ["9:00", "10:00", "11:00", "12:00", "13:00", "14:00", "15:00", "16:00"]
    # Half an hour of the show, 0.5 × 1 of 6; the coaster's last two hours, 3 of 6.
    assert chart["data"] == [0.8, 0, 0, 0, 0, 0, 5.0, 5.0]
    assert chart["avg_wait"] == [30.0, 30.0, 30.0, 30.0, 30.0, 30.0, 20.0, 20.0]
    assert chart["rides_down"] == [1, 0, 0, 0, 0, 0, 1, 1]
    assert figures(chart, "granularity", "average", "shame_score") == ("hourly", 1.4, 1.4)
    assert chart["last_is_partial"] is False


def test_the_running_hour_is_that_so_far(ask):
    """Fifteen minutes up and thirty down of the 45 that have passed."""
    park = make_park()
    report(make_ride(park), NOW, "O15 D60", wait=20)
    show_park(park, NOW, 75)
    with time_machine.travel(NOW + timedelta(minutes=45), tick=False):
        breakdown, chart = ask(park, "today")
    assert (chart["data"], chart["avg_wait"], chart["last_is_partial"]) == ([6.7], [20.0], True)
    assert breakdown["shame_score"] == chart["average"] == 6.7
    assert breakdown["avg_uptime_percentage"] == 33.3


@ZONES
def test_hours_are_those_of_the_parks_own_clock(ask, zone):
    park = make_park(timezone=zone)
    start = local(YESTERDAY, "10:00", zone)
    report(make_ride(park, 2), start, "O60 D60 O60")
    show_park(park, start, 180)
    show_park(park, local(YESTERDAY, "00:00", zone) - timedelta(minutes=10), 10, "9.0")
    with time_machine.travel(local(YESTERDAY, "20:00", zone), tick=False):
        breakdown, chart = ask(park, "today")
    assert figures(breakdown, "shame_score", "hours_tracked") == (3.3, 3)
    assert figures(chart, "labels", "data") == (["10:00", "11:00", "12:00"], [0, 10.0, 0])
    assert chart["rides_down"] == [0, 1, 0]


@pytest.mark.parametrize(
    ("columns", "story", "score"),
    [
        ({"is_disney": True}, "D480", 5.0),
        ({}, "D480", 0),
        ({}, "C480", 0),
        ({"is_disney": True}, "C480", 0),
        ({"is_universal": True}, "R480", 0),
    ],
)
def test_a_ride_that_was_only_down_counts_today_where_breakdowns_are_reported(ask, columns, story, score):
    """A-9: the other of two like rides runs."""
    park = make_park(**columns)
    report(make_ride(park), OPENING, story)
    report(make_ride(park), OPENING, "O480")
    show_park(park, OPENING, 480)
    breakdown, chart = ask(park, "today")
    assert figures(breakdown, "shame_score", "rides_affected_count") == (score, int(score > 0))
    assert chart["rides_down"] == [int(score > 0)] * 8


def test_contributions_are_rounded_once(ask):
    """R-8.1: three times ten minutes of weight 1 are 0.50 weighted hours, not 0.51."""
    park = make_park()
    for name in "CAB":
        report(make_ride(park, 3, name=name), OPENING, "O470 D10")
    show_park(park, OPENING, 480)
    breakdown, _ = ask(park, "today")
    assert figures(breakdown, "total_downtime_hours", "weighted_downtime_hours") == (0.5, 0.5)
    shown = rides_of(breakdown, "ride_name", "downtime_hours", "weighted_contribution")
    assert shown == [("A", 0.17, 0.17), ("B", 0.17, 0.17), ("C", 0.17, 0.17)], "ties by name"


def test_contributions_come_most_weighted_first_then_longest(ask):
    park = make_park()
    for tier, name, down in ((1, "A", 20), (3, "B", 60), (2, "C", 29), (None, "D", 31)):
        report(make_ride(park, tier, name=name), OPENING, f"O{480 - down} D{down}")
    show_park(park, OPENING, 480)
    columns = ("ride_name", "tier", "tier_weight", "weighted_contribution")
    assert rides_of(ask(park, "today")[0], *columns) == [
        ("D", 2, 2, 1.03),
        ("B", 3, 1, 1.0),
        ("A", 1, 3, 1.0),
        ("C", 2, 2, 0.97),
    ]


@pytest.mark.parametrize(
    ("last_state", "park_open", "status"),
    [
        ("O10", True, "OPERATING"),
        ("R10", True, "REFURBISHMENT"),
        ("C10", True, "CLOSED"),
        ("O10", False, "PARK_CLOSED"),
    ],
)
def test_today_reports_what_a_ride_is_doing_now(ask, last_state, park_open, status):
    """Q41."""
    park = make_park()
    report(make_ride(park), OPENING, f"O400 D70 {last_state}")
    show_park(park, OPENING, 470)
    show_park(park, NOW - timedelta(minutes=10), 10, is_open=park_open)
    assert rides_of(ask(park, "today")[0], "status") == [(status,)]


@pytest.mark.parametrize("period", ["today", "yesterday"])
def test_a_park_closed_all_day_has_no_data(ask, period):
    park = make_park()
    for day in (TODAY, YESTERDAY):
        report(make_ride(park), local(day, "09:00"), "O60 D360 C60", park_open=False)
        show_park(park, local(day, "09:00"), 480, "5.0", is_open=False)
    recomputed(park, YESTERDAY)
    breakdown, chart = ask(park, period)
    assert figures(breakdown, *SUMS, "rides", "avg_uptime_percentage") == (None, 0, 0, 0, [], None)
    counted = "hours_tracked" if period == "today" else "rides_with_downtime"
    assert figures(breakdown, counted, "rides_affected_count") == (0, 0)
    assert figures(chart, "labels", "data", "rides_down", "avg_wait", "average") == ([], [], [], [], None)


def test_closed_hours_have_no_place_in_the_chart_and_partly_open_ones_count_their_open_time(ask):
    park = make_park()
    ride = make_ride(park)
    report(ride, OPENING - timedelta(hours=1), "D90", park_open=False)
    start = report(ride, OPENING + timedelta(minutes=30), "D15 O15")
    report(ride, start, "O60", park_open=False)
    show_park(park, OPENING - timedelta(hours=1), 90, "9.0", is_open=False)
    show_park(park, OPENING + timedelta(minutes=30), 30, "4.0")
    breakdown, chart = ask(park, "today")
    assert figures(breakdown, *SUMS[:2], "hours_tracked") == (5.0, 0.25, 1)
    assert figures(chart, "labels", "data") == (["9:00"], [5.0])


def test_an_observation_counts_until_now_and_not_beyond(ask):
    park = make_park()
    report(make_ride(park), NOW - timedelta(minutes=90), "O60 D240", None)
    show_park(park, NOW - timedelta(minutes=90), 300, "4.0", grain=86_400)
    breakdown, chart = ask(park, "today")
    assert figures(breakdown, *SUMS[:2]) == (3.3, 0.5)  # 30 of 90 minutes
    assert figures(chart, "labels", "data", "rides_down") == (["15:00", "16:00"], [0, 5.0], [0, 1])


@pytest.mark.parametrize(
    ("day", "clock", "labels", "data"),
    [
        (date(2025, 3, 9), "01:30", ["1:00", "3:00", "4:00", "5:00"], [0, 10.0, 0, 0]),
        (date(2025, 11, 2), "00:30", ["0:00", "1:00", "2:00"], [0, 5.0, 0]),
    ],
    ids=["spring", "autumn"],
)
def test_on_the_day_on_which_the_clock_is_changed_an_hour_is_one_label(ask, day, clock, labels, data):
    """In spring 2:00 is missing; in autumn 1:00 comes twice and is one hour of the chart, of two hours' length."""
    park = make_park()
    start = local(day, clock)
    report(make_ride(park, 2), start, "O30 D60 O90")
    show_park(park, start, 180)
    with time_machine.travel(local(day, "20:00"), tick=False):
        breakdown, chart = ask(park, "today")
    assert figures(breakdown, *SUMS[:2], "hours_tracked") == (3.3, 1.0, len(labels))
    assert figures(chart, "labels", "data") == (labels, data)


def test_the_schedule_does_not_cut_today(ask):
    park = busy_park()
    ScheduleFactory(park=park, schedule_date=TODAY, opening_time=OPENING + timedelta(hours=4))
    assert len(ask(park, "today")[1]["labels"]) == 8
