"""The numbers behind the awards: waits, outages, scores (R-19, Q7, Q17, Q18, Q24)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import partial

import pytest
import time_machine

from parks.models import Park
from stats.answers.tests.award_cases import (
    DAY_IN,
    ENTITIES,
    EVERY,
    FAILURES,
    LONG,
    NOW,
    OPENING,
    STORED,
    TODAY,
    WAITS,
    YESTERDAY,
    award,
    figures,
    names,
    open_park,
    remarkable,
    reported,
)
from stats.tests.builders import (
    LOS_ANGELES,
    NEW_YORK,
    TOKYO,
    local,
    make_park,
    make_ride,
    park_day,
    recomputed,
    report,
    ride_day,
    show_park,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ask(client):
    return partial(award, client)


# -- longest waits: rides ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reported_", "average", "peak", "count"),
    [
        ([("O60", 30), ("O60", 0), ("O120", 45)], 40, 45, 18),  # 30 for one hour, 45 for two
        ([("O60", 30), ("O60", None), ("O60", 31)], 31, 31, 12),  # 30.5
        ([("O60", 30), ("O60", 480)], 30, 30, 6),  # a feed error
        ([("O60", 30), ("D60", 60)], 30, 30, 6),  # it does not run (N-4)
    ],
)
def test_the_waits_of_today_are_those_above_zero(ask, reported_, average, peak, count):
    ride = make_ride(make_park())
    at = report(ride, OPENING - timedelta(hours=1), "O60", wait=300, park_open=False)
    for story, wait in reported_:
        at = report(ride, at, story, wait=wait)
    assert figures(ask(WAITS, "today"), "avg_wait_time", "peak_wait_time", "snapshot_count") == (average, peak, count)


def test_yesterday_is_the_stored_row_with_the_count_of_its_observations(ask):
    ride = make_ride(make_park())
    ride_day(ride, YESTERDAY, avg_wait_time=Decimal("39.50"), peak_wait_time=75)
    opening = local(YESTERDAY, "09:00")
    at = report(ride, opening, "O60", wait=30)
    at = report(ride, at, "O60", wait=0)
    report(ride, at, "O60", wait=30, park_open=False)
    report(ride, local(YESTERDAY, "00:00") - timedelta(minutes=10), "O20", wait=30)
    report(ride, local(TODAY, "00:00"), "O20", wait=30)
    assert figures(ask(WAITS, "yesterday"), "avg_wait_time", "peak_wait_time", "snapshot_count") == (40, 75, 7)


@STORED
def test_closed_days_need_no_observations(ask, period):
    """Q24: the awards of a closed period rest on its daily rows."""
    park = make_park()
    park_day(park, DAY_IN[period], avg_wait_time=Decimal(30), shame_score=Decimal(2))
    ride_day(make_ride(park), DAY_IN[period])
    for path in (WAITS, FAILURES):
        for entity in ("parks", "rides"):
            assert len(ask(path, period, entity)) == 1


@LONG
def test_a_week_and_a_month_are_means_over_posted_time(ask, period, first):
    ride = make_ride(make_park())
    for number, (average, peak) in enumerate((("47.40", 90), (None, 200), ("0.00", 0), ("20.05", 150))):
        ride_day(ride, first + timedelta(days=number), avg_wait_time=average, peak_wait_time=peak)
    # 67.45 / 2
    assert figures(ask(WAITS, period), "avg_wait_time", "peak_wait_time", "days_with_data") == (34, 200, 2)


@STORED
@pytest.mark.parametrize("average", [None, "0.00"])
@ENTITIES
def test_what_has_no_wait_gets_no_award(ask, period, entity, average):
    park = make_park()
    park_day(park, DAY_IN[period], avg_wait_time=average)
    ride_day(make_ride(park), DAY_IN[period], avg_wait_time=average)
    reported("O480", 0)
    assert ask(WAITS, period, entity) == ask(WAITS, "today", entity) == []


# -- longest waits: parks ---------------------------------------------------------------------------------


def test_a_park_is_judged_by_all_waits_of_its_attractions(ask):
    park = open_park()
    reported("O120", 30, park)
    reported("O60", 46, park)
    reported("O60", 0, park)
    reported("O60", 200, park, category="SHOW")
    # (30 × 2 + 46) / 3 hours
    assert figures(ask(WAITS, "today", "parks"), "avg_wait_time", "rides_with_waits") == (35, 2)


@LONG
def test_a_park_is_judged_by_the_posted_waits_of_its_days(ask, period, first):
    park = make_park()
    rides = [make_ride(park), make_ride(park), make_ride(park, category="SHOW")]
    for number, (average, peak) in enumerate((("47.40", 90), (None, 10), ("0.00", 0), ("20.05", 150))):
        park_day(park, first + timedelta(days=number), avg_wait_time=average)
        for ride in rides[number % 2 :: 2]:
            ride_day(ride, first + timedelta(days=number), avg_wait_time=average, peak_wait_time=peak)
    assert figures(ask(WAITS, period, "parks"), "avg_wait_time", "rides_with_waits") == (34, 2)


@pytest.mark.parametrize(("entity", "make"), [("parks", park_day), ("rides", ride_day)])
@STORED
def test_the_longest_wait_is_that_before_rounding(ask, period, entity, make):
    """Q18; of equal ones the lower id comes first."""
    for name, average in (("C", "20.10"), ("B", "20.30"), ("D", "20.30"), ("A", "20.30"), ("E", "20.40")):
        park = make_park(name=name)
        owner = park if entity == "parks" else make_ride(park, name=name)
        make(owner, DAY_IN[period], avg_wait_time=Decimal(average))
    rows = ask(WAITS, period, entity)
    assert names(rows) == ["E", "B", "D", "A", "C"]
    assert {row["avg_wait_time"] for row in rows} == {20}
    assert [row["rank"] for row in rows] == [1, 2, 3, 4, 5]


# -- least reliable: rides --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("story", "reports_down", "expected"),
    [
        ("O420 D60", False, (1.0, 1, 87.5)),
        ("O60 D30 O60 D10 O60 D20 O240", False, (1.0, 3, 87.5)),
        ("O60 D30 C30 O360", False, (1.0, 1, 87.5)),  # one outage, however it is called
        ("O60 D30 C30 O360", True, (0.5, 1, 87.5)),
        ("O60 D30 C30 D30 O330", True, (1.0, 2, 81.3)),
        ("O420 C60", True, None),
        ("C480", False, None),
        ("D480", False, None),
        ("D480", True, (8.0, 1, 0.0)),  # evidence where breakdowns are reported
        ("O480", False, None),
        ("O400 D17s O10", False, None),  # rounds to no hours
        ("O400 D18s O10", False, (0.01, 1, 99.9)),
    ],
)
def test_the_outages_of_today(ask, story, reports_down, expected):
    reported(story, park=open_park(is_disney=reports_down))
    rows = ask(FAILURES, "today")
    columns = ("downtime_hours", "downtime_incidents", "uptime_percentage")
    assert [tuple(row[name] for name in columns) for row in rows] == ([] if expected is None else [expected])


def test_an_outage_of_the_closed_park_is_none(ask):
    ride = make_ride(make_park())
    at = report(ride, OPENING, "D120", park_open=False)
    report(ride, at, "O90 D30")
    assert figures(ask(FAILURES, "today"), "downtime_hours", "downtime_incidents", "uptime_percentage") == (
        0.5,
        1,
        75.0,
    )


def test_what_a_ride_did_in_another_park_is_not_reported_of_it_here(ask):
    """It was moved at noon: its former park's outages and queues are not this one's."""
    ride = reported("O60 D30 O30 D30 O30", wait=20)
    ride.park = open_park()
    ride.save()
    report(ride, OPENING + timedelta(hours=3), "O60 D30 O90", wait=40)
    assert figures(ask(FAILURES, "today"), "downtime_hours", "downtime_incidents") == (0.5, 1)
    assert figures(ask(WAITS, "today"), "avg_wait_time", "snapshot_count") == (40, 15)


def test_yesterday_is_the_stored_row_with_the_outages_of_that_day(ask):
    """N-11: also the one that began on the day before."""
    ride = make_ride(make_park())
    columns = {"downtime_minutes": 200, "uptime_minutes": 350, "outages": 2, "outages_carried": 1}
    ride_day(ride, YESTERDAY, status_changes=6, **columns)
    columns = ("downtime_hours", "downtime_incidents", "uptime_percentage", "availability_percentage")
    assert figures(ask(FAILURES, "yesterday"), *columns) == (3.33, 2, 58.3, 63.6)


@LONG
def test_a_week_and_a_month_are_sums_in_which_an_outage_over_midnight_is_one(ask, period, first):
    ride = make_ride(make_park())
    for number, (down, up, outages, carried) in enumerate(((50, 540, 2, 1), (0, 600, 0, 0), (75, 481, 3, 1))):
        counts = {"outages": outages, "outages_carried": carried, "status_changes": 9}
        ride_day(ride, first + timedelta(days=number), downtime_minutes=down, uptime_minutes=up, **counts)
    closed = {"downtime_minutes": 0, "uptime_minutes": 0, "operating_hours_minutes": 0}
    ride_day(ride, first + timedelta(days=3), **closed)
    # 125 minutes; 2 + 3 outages, of which one of the third day began before; 1621 of 1800 minutes
    columns = ("downtime_hours", "downtime_incidents", "uptime_percentage")
    assert figures(ask(FAILURES, period), *columns) == (2.08, 4, 90.1)


def test_an_outage_over_midnight_is_one_in_today_and_yesterday_and_in_the_week(ask):
    """N-11: down from 23:00 on Saturday until 01:00 on Sunday."""
    park = make_park()
    ride = make_ride(park)
    saturday, sunday = date(2025, 12, 13), date(2025, 12, 14)
    report(ride, local(saturday, "20:00"), "O180 D60")
    report(ride, local(sunday, "00:00"), "D60 O60 D30 O30")
    show_park(park, local(saturday, "20:00"), 240)
    show_park(park, local(sunday, "00:00"), 180)
    for day in (saturday, sunday):
        recomputed(park, day)
    columns = ("downtime_hours", "downtime_incidents")
    for clock, period, expected in (
        (local(saturday, "23:30"), "today", (0.5, 1)),
        (local(sunday, "08:00"), "yesterday", (1.0, 1)),
        (local(sunday, "08:00"), "today", (1.5, 2)),
        (local(sunday, "08:00") + timedelta(days=1), "yesterday", (1.5, 2)),
        (local(sunday, "08:00") + timedelta(days=7), "last_week", (1.5, 2)),
        (local(date(2026, 1, 2), "08:00"), "last_month", (2.5, 2)),
    ):
        with time_machine.travel(clock, tick=False):
            rows = ask(FAILURES, period)
        assert figures(rows, *columns) == expected, clock


@STORED
def test_rides_without_downtime_get_no_award_and_one_minute_is_enough(ask, period):
    for minutes in (0, 1):
        ride_day(make_ride(make_park()), DAY_IN[period], downtime_minutes=minutes)
    assert figures(ask(FAILURES, period), "downtime_hours") == (0.02,)


@STORED
def test_the_uptime_of_a_park_that_never_opened_is_not_known(ask, period):
    ride_day(make_ride(make_park()), DAY_IN[period], operating_hours_minutes=0)
    assert figures(ask(FAILURES, period), "downtime_hours", "uptime_percentage") == (1.0, None)


@EVERY
def test_the_least_reliable_ride_was_down_longest_and_of_equal_ones_the_lower_id_comes_first(ask, period):
    for name, figure in (("C", 6), ("B", 12), ("D", 12), ("A", 12), ("E", 18)):
        remarkable(figure, name=name)
    rows = ask(FAILURES, period)
    assert names(rows) == ["E", "B", "D", "A", "C"]
    assert [row["rank"] for row in rows] == [1, 2, 3, 4, 5]


def test_rides_of_today_are_ordered_by_seconds_and_not_by_rounded_hours(ask):
    for name, story in (("A", "O400 D3610s"), ("B", "O400 D3615s")):
        reported(story, name=name)
    rows = ask(FAILURES, "today")
    assert [(row["ride_name"], row["downtime_hours"]) for row in rows] == [("B", 1.0), ("A", 1.0)]


# -- least reliable: parks --------------------------------------------------------------------------------


def test_a_park_of_today_is_judged_by_its_score_so_far(ask):
    park = open_park()
    for classified, story in ((1, "O360 D120"), (2, "O480"), (3, "C480")):
        report(make_ride(park, classified), OPENING, story)
    report(make_ride(park, 3, category="SHOW"), OPENING, "O420 D60")
    # (3 × 2 + 1 × 1) hours of (3 + 2 + 1) × 8: the ride that never ran is no member; attractions were up 14 of 16
    assert figures(ask(FAILURES, "today", "parks"), "avg_shame_score", "uptime_percentage") == (1.5, 87.5)


def test_the_score_so_far_is_that_of_the_downtime_ranking(ask, client):
    for figure in (6, 12, 24):
        remarkable(figure)
    ranking = client.get("/api/parks/downtime?period=today").json()["data"]
    rows = ask(FAILURES, "today", "parks")
    assert [(row["park_id"], row["avg_shame_score"], row["uptime_percentage"]) for row in rows] == [
        (row["park_id"], row["shame_score"], row["uptime_percentage"]) for row in ranking
    ]


def test_a_park_that_was_never_open_today_gets_no_award(ask):
    park = make_park()
    show_park(park, OPENING, 480, is_open=False)
    report(make_ride(park), OPENING, "O240 D240", park_open=False)
    assert ask(FAILURES, "today", "parks") == []


@LONG
def test_a_week_and_a_month_are_means_of_all_days_on_which_the_park_opened(ask, period, first):
    park = make_park()
    for number, (score, uptime) in enumerate((("3.0", "90.00"), ("0.4", "100.00"), ("0.0", "80.20"))):
        columns = {"shame_score": Decimal(score), "avg_uptime_percentage": Decimal(uptime)}
        park_day(park, first + timedelta(days=number), **columns)
    closed = {"shame_score": 0, "avg_uptime_percentage": 0, "operating_hours_minutes": 0}
    park_day(park, first + timedelta(days=3), **closed)
    # 3.4 / 3 and 270.2 / 3
    assert figures(ask(FAILURES, period, "parks"), "avg_shame_score", "uptime_percentage") == (1.1, 90.1)


@pytest.mark.parametrize(("story", "is_listed"), [("O480", False), ("O475 D5", True), ("O478 D2", False)])
def test_a_park_of_today_is_listed_from_a_score_of_a_tenth_on(ask, story, is_listed):
    """N-12: 0.104 is, 0.04 is not."""
    reported(story)
    assert bool(ask(FAILURES, "today", "parks")) == is_listed


@LONG
@pytest.mark.parametrize(("scores", "is_listed"), [(("0.1", "0.0"), True), (("0.1", "0.0", "0.0"), False)])
def test_a_park_is_listed_from_a_mean_score_of_a_tenth_on(ask, period, first, scores, is_listed):
    park = make_park()
    for number, score in enumerate(scores):
        park_day(park, first + timedelta(days=number), shame_score=Decimal(score))
    assert bool(ask(FAILURES, period, "parks")) == is_listed


def test_parks_of_today_are_ordered_by_what_the_score_is_rounded_from(ask):
    for name, down in (("C", 95), ("B", 97), ("A", 95), ("D", 102)):
        reported(f"O{480 - down} D{down}", park=open_park(name=name))
    rows = ask(FAILURES, "today", "parks")
    assert [(row["park_name"], row["avg_shame_score"]) for row in rows] == [
        ("D", 2.1),
        ("B", 2.0),
        ("C", 2.0),  # as unreliable as A, and known longer
        ("A", 2.0),
    ]


@STORED
def test_a_park_without_a_score_or_a_day_gets_no_award(ask, period):
    park_day(make_park(), DAY_IN[period], shame_score=0)
    park_day(make_park(), DAY_IN[period], shame_score=Decimal(9), operating_hours_minutes=0)
    make_park()
    assert ask(FAILURES, period, "parks") == []


@LONG
def test_parks_are_ordered_by_the_score_before_rounding_and_of_equal_ones_the_lower_id_comes_first(ask, period, first):
    for name, scores in (("C", "22"), ("B", "23"), ("A", "23"), ("E", "44"), ("F", "24")):
        park = make_park(name=name)
        for number, score in enumerate(scores):
            park_day(park, first + timedelta(days=number), shame_score=Decimal(score) / 10 + 1)
    rows = ask(FAILURES, period, "parks")
    assert [(row["park_name"], row["avg_shame_score"]) for row in rows] == [
        ("E", 1.4),
        ("F", 1.3),
        ("B", 1.3),
        ("A", 1.3),
        ("C", 1.2),
    ]


# -- today and yesterday -----------------------------------------------------------------------------------


def test_a_finished_day_is_reported_the_same_when_it_has_become_yesterday(ask):
    """The observations of the day and the daily rows computed from them."""
    for wait, story in ((40, "O300 D120 O30 D30"), (25, "O240 D90 O150"), (70, "O470 D10")):
        park = open_park()
        report(make_ride(park, 1), OPENING, story, wait=wait)
        reported("O400 D30 O50", wait, park)
        reported("O480", 0, park)
    lists = [(path, entity) for path in (WAITS, FAILURES) for entity in ("parks", "rides")]
    with time_machine.travel(local(TODAY, "23:59"), tick=False):
        today = [ask(path, "today", entity) for path, entity in lists]
    for park in Park.objects.all():
        recomputed(park, TODAY)
    with time_machine.travel(local(TODAY, "23:59") + timedelta(hours=9), tick=False):
        yesterday = [ask(path, "yesterday", entity) for path, entity in lists]
    assert [len(rows) for rows in today] == [3, 6, 3, 6]
    for rows, is_complete in ((today, False), (yesterday, True)):
        assert {row.pop("is_complete") for each in rows for row in each} == {is_complete}
    assert yesterday == today


# -- the parks' own days ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "period", "inside", "outside"),
    [
        ("2025-12-23T22:32Z", "yesterday", "2025-12-22", "2025-12-23"),
        ("2025-12-21T00:30Z", "last_week", "2025-12-07", "2025-12-14"),
        ("2025-12-01T05:00Z", "last_month", "2025-10-31", "2025-11-30"),
    ],
)
def test_a_list_has_one_set_of_dates(ask, now, period, inside, outside):
    """N-1: the site's dates, though Tokyo is a day, a week or a month further."""
    for zone in (TOKYO, LOS_ANGELES):
        park = make_park(timezone=zone)
        ride = make_ride(park)
        for day, figure in ((inside, 2), (outside, 5)):
            waits = {"avg_wait_time": Decimal(figure), "peak_wait_time": figure}
            park_day(park, date.fromisoformat(day), shame_score=Decimal(figure), **waits)
            ride_day(ride, date.fromisoformat(day), downtime_minutes=figure * 60, **waits)
            report(ride, local(date.fromisoformat(day), "09:00", zone), "O30", wait=figure)
    with time_machine.travel(now, tick=False):
        for path, entity, column in (
            (WAITS, "parks", "avg_wait_time"),
            (WAITS, "rides", "avg_wait_time"),
            (FAILURES, "parks", "avg_shame_score"),
            (FAILURES, "rides", "downtime_hours"),
        ):
            rows = ask(path, period, entity)
            assert [row[column] for row in rows] == [2, 2]
            assert all(row["start_date"] <= inside <= row["end_date"] and row["is_complete"] for row in rows)
            assert {row.get("snapshot_count", 3) for row in rows} == {3}


def test_today_begins_at_three_midnights(ask):
    """At 22:00 UTC it is the 24th in Tokyo (since 15:00), the 23rd in New York (05:00) and Los Angeles (08:00)."""
    for zone, begins in ((TOKYO, 15), (NEW_YORK, 5), (LOS_ANGELES, 8)):
        midnight = datetime(2025, 12, 23, begins, tzinfo=UTC)
        park = make_park(name=zone, timezone=zone)
        ride = make_ride(park)
        report(ride, midnight - timedelta(hours=1), "O30 D30", wait=200)
        report(ride, midnight, f"O60 D{begins * 10}", wait=begins)
        show_park(park, midnight - timedelta(hours=1), 60 + 60 + begins * 10)
    assert [row["avg_wait_time"] for row in ask(WAITS, "today", "parks")] == [15, 8, 5]
    assert [row["avg_wait_time"] for row in ask(WAITS, "today", "rides")] == [15, 8, 5]
    down = ask(FAILURES, "today", "rides")
    assert [(row["downtime_hours"], row["downtime_incidents"]) for row in down] == [(2.5, 1), (1.33, 1), (0.83, 1)]
    # 150 of 210 minutes, 80 of 140, 50 of 110
    assert [row["avg_shame_score"] for row in ask(FAILURES, "today", "parks")] == [7.1, 5.7, 4.5]
