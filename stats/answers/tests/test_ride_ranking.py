"""Which rides are ranked, by which numbers, in which order (R-5.3, R-17.2, public-api 4.9)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from parks.models import ParkSchedule
from stats.tests.builders import LOS_ANGELES, TOKYO, local, make_park, make_ride, report, ride_day, show_park

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 12, 23, 22, tzinfo=UTC)  # Tuesday, 17:00 in New York
TODAY, YESTERDAY = date(2025, 12, 23), date(2025, 12, 22)
WEEK = [date(2025, 12, 14) + timedelta(days=n) for n in range(7)]
OPENING = local(TODAY, "09:00")  # eight hours before NOW
LIVE = pytest.mark.parametrize("period", ["live", "today"])
STORED = pytest.mark.parametrize("period", ["yesterday", "last_week", "last_month"])
DAY_IN = {"yesterday": YESTERDAY, "last_week": WEEK[2], "last_month": date(2025, 11, 30)}


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ask(client):
    def answer(period: str, **query: Any) -> list[dict]:
        response = client.get("/api/rides/downtime", {"period": period, **query})
        assert response.status_code == 200, response.content
        return response.json()["data"]

    return answer


def figures(rows: list[dict], *columns: str) -> tuple:
    (row,) = rows
    return tuple(row[name] for name in columns)


def names(rows: list[dict]) -> list[str]:
    return [row["ride_name"] for row in rows]


def reported(story: str, wait: int | None = None, reports_down: bool = False, **columns: Any) -> Any:
    """A ride with this story since 09:00 in a park that is open since then."""
    park = make_park(is_disney=reports_down)
    ride = make_ride(park, **columns)
    end = report(ride, OPENING, story, wait=wait)
    show_park(park, OPENING, int((end - OPENING).total_seconds()) // 60, "1.0")
    return ride


# -- live and today ---------------------------------------------------------------------------------------


def test_live_and_today_are_the_same_rows(ask):
    reported("O420 D60")
    reported("D60 O420", reports_down=True)
    assert ask("live") == ask("today") != []


@pytest.mark.parametrize(
    ("story", "reports_down", "downtime", "uptime"),
    [
        ("O420 D60", False, 1.0, 87.5),
        ("O420 C60", False, 1.0, 87.5),
        ("+420 -60", False, 1.0, 87.5),
        ("O420 D60", True, 1.0, 87.5),
        ("O360 D60 C60", True, 1.0, 75.0),
        ("O410 D10 R60", False, 0.17, 85.4),
        # only ever down: evidence where breakdowns are reported, else none (Q22)
        ("D480", True, 8.0, 0.0),
        ("C400 D80", True, 1.33, 0.0),
        ("D480", False, None, None),
        ("C480", False, None, None),
        ("-480", False, None, None),
        ("C480", True, None, None),
        ("R480", False, None, None),
        ("O480", False, None, None),
        ("O420 C60", True, None, None),
    ],
)
@LIVE
def test_downtime_of_the_day_so_far(ask, period, story, reports_down, downtime, uptime):
    reported(story, reports_down=reports_down)
    rows = ask(period)
    assert [(row["downtime_hours"], row["uptime_percentage"]) for row in rows] == (
        [] if downtime is None else [(downtime, uptime)]
    )


def test_running_while_the_park_was_closed_is_no_evidence(ask):
    ride = make_ride(make_park())
    end = report(ride, OPENING, "O60 D60", park_open=False)
    report(ride, end, "D300")
    assert ask("today") == []


def test_down_while_the_park_was_closed_is_neither_down_nor_open_time(ask):
    ride = make_ride(make_park())
    end = report(ride, OPENING, "D120", park_open=False)
    report(ride, end, "O90 D30")
    assert figures(ask("today"), "downtime_hours", "uptime_percentage") == (0.5, 75.0)


def test_an_outage_of_yesterday_evening_does_not_go_on_at_midnight(ask):
    ride = make_ride(make_park())
    report(ride, local(YESTERDAY, "20:00"), "O60 D180")
    report(ride, local(TODAY, "00:00"), "D120")
    assert ask("today") == []


@LIVE
def test_an_observation_counts_until_now_and_not_beyond(ask, period):
    """Design §4: windows clip. The row says four hours down; one of them has passed."""
    ride = make_ride(make_park())
    report(ride, NOW - timedelta(hours=2), "O60 D240", None)
    assert figures(ask(period), "downtime_hours", "uptime_percentage") == (1.0, 50.0)


@pytest.mark.parametrize(("outage", "listed"), [("17s", []), ("19s", [0.01])])
def test_downtime_that_rounds_to_no_hours_is_not_listed(ask, outage, listed):
    """R-17.2: the rounded hours are listed if > 0."""
    reported(f"O400 D{outage} O60")
    assert [row["downtime_hours"] for row in ask("today")] == listed


@pytest.mark.parametrize(
    ("story", "park_now", "status", "is_open"),
    [
        ("O300 D60 O120", True, "OPERATING", True),
        ("O300 D180", True, "DOWN", False),
        ("O300 D60 C120", True, "CLOSED", False),
        ("O300 D60 R120", True, "REFURBISHMENT", False),
        ("O300 D60 +120", True, "OPERATING", True),
        ("O300 D60 -120", True, "DOWN", False),
        ("O300 D60 O120", False, "PARK_CLOSED", False),
        # no news of the park, or of the ride, for more than two hours (N-6)
        ("O300 D60 O120", None, "UNKNOWN", None),
        ("O100 D60", None, "UNKNOWN", None),
        ("O100 D60", True, "UNKNOWN", None),
        ("O100 D60", False, "PARK_CLOSED", False),
    ],
)
@LIVE
def test_the_current_status_is_that_of_park_and_ride_now(ask, period, story, park_now, status, is_open):
    ride = make_ride(make_park())
    report(ride, OPENING, story)
    if park_now is not None:
        show_park(ride.park, NOW - timedelta(minutes=10), 10, is_open=park_now)
    columns = ("current_status", "current_is_open", "park_is_open")
    assert figures(ask(period), *columns) == (status, is_open, park_now)


def test_a_schedule_says_that_the_park_is_open_now(ask):
    ride = reported("O300 D180")
    show_park(ride.park, NOW, 10, is_open=False)
    ParkSchedule.objects.create(
        park=ride.park, schedule_date=TODAY, opening_time=OPENING, closing_time=NOW + timedelta(hours=1)
    )
    assert figures(ask("live"), "current_status", "park_is_open") == ("DOWN", True)


@pytest.mark.parametrize(
    ("waits", "expected"),
    [
        ([("O420 D60", None)], (None, None)),
        ([("O420 D60", 0)], (None, None)),
        ([("O240 D60", 0), ("O60", 40)], (40, 40)),
        ([("O60 D60", 30), ("O240", 45)], (42, 45)),  # 30 for an hour, 45 for four; what it posts while down is none
        ([("O60 D60", 30), ("O60", 31)], (31, 31)),  # 30.5
        ([("O60 D60", 30), ("O60", 480)], (30, 30)),
        ([("O640s D20s", 30), ("O630s", 29)], (30, 30)),
        # 0.488 above 29: rounded once it is 29, rounded twice it would be 30
        ([("O600s D20s", 30), ("O630s", 29)], (29, 30)),
    ],
)
@LIVE
def test_waits_are_those_above_zero_in_the_open_park(ask, period, waits, expected):
    ride = make_ride(make_park())
    at = report(ride, OPENING - timedelta(hours=2), "O60", wait=200, park_open=False)
    for story, wait in waits:
        at = report(ride, at, story, None, wait=wait)
    # A ride without a wait when it went down keeps a short outage in every case.
    if "D" not in waits[0][0]:
        report(ride, at, "D10")
    assert figures(ask(period), "avg_wait_time", "peak_wait_time") == expected


# -- closed periods ---------------------------------------------------------------------------------------


def test_yesterday_is_the_stored_row(ask):
    ride_day(
        make_ride(make_park()),
        YESTERDAY,
        uptime_minutes=350,
        downtime_minutes=200,
        opening_delay_minutes=15,
        status_changes=6,
        avg_wait_time=Decimal("33.50"),
        peak_wait_time=120,
    )
    rows = ask("yesterday")
    assert figures(rows, "downtime_hours", "uptime_percentage", "status_changes") == (3.33, 58.3, 6)  # 350 of 600
    assert figures(rows, "availability_percentage", "opening_delay_minutes") == (63.6, 15)  # 350 of 550
    assert figures(rows, "avg_wait_time", "peak_wait_time", "trend_percentage") == (34, 120, None)


@pytest.mark.parametrize(("period", "first"), [("last_week", WEEK[0]), ("last_month", date(2025, 11, 1))])
def test_a_week_and_a_month_are_sums_and_means(ask, period, first):
    ride = make_ride(make_park())
    for number, (down, up) in enumerate(((50, 540), (0, 600), (75, 480))):
        ride_day(ride, first + timedelta(days=number), downtime_minutes=down, uptime_minutes=up)
    closed = first + timedelta(days=3)
    ride_day(ride, closed, downtime_minutes=0, uptime_minutes=0, operating_hours_minutes=0, status_changes=0)
    # 125 minutes; up 1620 of 1800, and of 1745 in which it was meant to run
    assert figures(ask(period), "downtime_hours", "uptime_percentage", "status_changes") == (2.08, 90.0, 6)
    assert figures(ask(period), "availability_percentage") == (92.8,)


def test_the_uptime_of_a_week_is_that_of_its_seconds(ask):
    """N-2: 540 of 600 minutes and 30 of 60 are 570 of 660."""
    ride = make_ride(make_park())
    ride_day(ride, WEEK[0])
    ride_day(ride, WEEK[1], operating_hours_minutes=60, uptime_minutes=30, downtime_minutes=30)
    assert figures(ask("last_week"), "uptime_percentage") == (86.4,)


@STORED
def test_rides_without_downtime_are_not_listed_and_one_minute_is_enough(ask, period):
    for minutes in (0, 1):
        ride_day(make_ride(make_park()), DAY_IN[period], downtime_minutes=minutes)
    assert figures(ask(period), "downtime_hours") == (0.02,)


@STORED
@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [(60, 90, 50.0), (60, 20, -66.7), (30, 60, 100.0), (29, 60, None), (0, 60, None), (None, 60, None)],
)
def test_the_trend_is_the_change_of_downtime_in_percent(ask, period, before, now, expected):
    ride = make_ride(make_park())
    earlier = {"yesterday": date(2025, 12, 21), "last_week": date(2025, 12, 13), "last_month": date(2025, 10, 31)}
    ride_day(ride, DAY_IN[period], downtime_minutes=now)
    if before is not None:
        ride_day(ride, earlier[period], downtime_minutes=before)
        ride_day(ride, earlier[period], downtime_minutes=999, metrics_version=9)
    previous = None if before is None else round(before / 60, 2)
    assert figures(ask(period), "trend_percentage", "previous_downtime_hours") == (expected, previous)


@STORED
def test_only_rows_of_the_current_rule_set_are_read(ask, settings, period):
    ride = make_ride(make_park())
    for version in (1, 2, 3):
        ride_day(ride, DAY_IN[period], downtime_minutes=60 * version, metrics_version=version)
    settings.METRICS_VERSION = 2
    assert figures(ask(period), "downtime_hours") == (2.0,)


@pytest.mark.parametrize(
    ("now", "period", "inside", "outside"),
    [
        ("2025-12-23T22:32Z", "yesterday", "2025-12-22", "2025-12-23"),
        ("2025-12-21T00:30Z", "last_week", "2025-12-07", "2025-12-14"),
        ("2025-12-21T00:30Z", "last_week", "2025-12-13", "2025-12-20"),
        ("2025-12-01T05:00Z", "last_month", "2025-10-31", "2025-11-30"),
        ("2025-12-01T05:00Z", "last_month", "2025-10-01", "2025-11-01"),
    ],
)
def test_a_list_has_one_set_of_dates(ask, now, period, inside, outside):
    """N-1: the site's dates, though Tokyo is a day, a week or a month further."""
    for zone in (TOKYO, LOS_ANGELES):
        ride = make_ride(make_park(timezone=zone))
        ride_day(ride, date.fromisoformat(inside), downtime_minutes=60)
        ride_day(ride, date.fromisoformat(outside), downtime_minutes=600)
    with time_machine.travel(now, tick=False):
        rows = ask(period)
    assert [row["downtime_hours"] for row in rows] == [1.0, 1.0]
    assert all(row["start_date"] <= inside <= row["end_date"] and row["is_complete"] for row in rows)


@LIVE
def test_a_row_of_the_present_day_says_when_it_was_heard_of(ask, period):
    reported("O360 D60")  # silent for an hour
    columns = ("as_of", "start_date", "end_date", "is_complete")
    assert figures(ask(period), *columns) == ("2025-12-23T20:50:00Z", "2025-12-23", "2025-12-23", False)


@LIVE
@pytest.mark.parametrize(
    ("before", "trend", "previous"),
    [
        ("O30 D60 O450 D60", 50.0, 1.0),  # the second hour was after this time of the day
        ("O460 D20", None, 0.33),
        ("D480 O60", -81.3, 8.0),  # it ran later that day
        ("D600", None, 0.0),
        (None, None, None),
    ],
)
def test_the_trend_of_a_day_that_runs_compares_with_the_same_time_of_the_day_before(
    ask, period, before, trend, previous
):
    """N-5: until 17:00 of each day; an hour and a half down today."""
    ride = reported("O390 D90")
    if before:
        report(ride, OPENING - timedelta(days=1), before)
    assert figures(ask(period), "trend_percentage", "previous_downtime_hours") == (trend, previous)


@LIVE
def test_what_was_not_observed_in_the_open_park_the_day_before_is_no_zero(ask, period):
    ride = reported("O390 D90")
    report(ride, OPENING - timedelta(days=1), "O450", park_open=False)
    assert figures(ask(period), "trend_percentage", "previous_downtime_hours") == (None, None)


@STORED
def test_a_period_before_of_which_nothing_is_known_is_no_zero(ask, period):
    ride = make_ride(make_park())
    earlier = {"yesterday": date(2025, 12, 21), "last_week": date(2025, 12, 13), "last_month": date(2025, 10, 31)}
    ride_day(ride, DAY_IN[period])
    ride_day(ride, earlier[period], uptime_minutes=0, downtime_minutes=0, operating_hours_minutes=0)
    assert figures(ask(period), "trend_percentage", "previous_downtime_hours") == (None, None)


@LIVE
def test_yesterday_up_to_this_time_is_that_of_each_parks_clock(ask, period):
    """It is 17:00 in New York and 07:00 in Tokyo: an outage of yesterday at 06:00 counts, one at 08:00 does not."""
    ride = make_ride(make_park(timezone=TOKYO))
    day = date(2025, 12, 24)  # in Tokyo
    report(ride, local(day - timedelta(days=1), "05:00", TOKYO), "O60 D60 O60 D60")
    report(ride, local(day, "05:00", TOKYO), "O30 D90")
    assert figures(ask(period), "downtime_hours", "previous_downtime_hours") == (1.5, 1.0)


@LIVE
def test_over_the_change_of_clocks_the_same_time_is_that_of_the_clock(ask, period):
    """New York, Sunday 2 November 2025, 12:00 EST: yesterday's 12:00 was 25 hours ago."""
    ride = make_ride(make_park())
    saturday, sunday = date(2025, 11, 1), date(2025, 11, 2)
    report(ride, local(saturday, "09:00"), "O120 D120")  # down 11:00 to 13:00
    report(ride, local(sunday, "09:00"), "O90 D90")
    with time_machine.travel(local(sunday, "12:00"), tick=False):
        assert figures(ask(period), "trend_percentage", "previous_downtime_hours") == (50.0, 1.0)


@LIVE
def test_an_opening_delay_is_what_was_down_before_the_ride_first_ran(ask, period):
    reported("D50 O300 D70")
    assert figures(ask(period), "opening_delay_minutes", "downtime_hours") == (50, 2.0)


@LIVE
@pytest.mark.parametrize(("evening", "delay"), [("O60 D60", 0), ("D120", 30), ("O60 D50 O10", 30)])
def test_an_outage_that_ran_through_midnight_is_no_opening_delay(ask, period, evening, delay):
    """N-11: unless it did not count on the day before, or ended there."""
    ride = make_ride(make_park())
    report(ride, local(YESTERDAY, "22:00"), evening)
    report(ride, local(TODAY, "00:00"), "D30 O60 D30")
    assert figures(ask(period), "opening_delay_minutes", "downtime_hours") == (delay, 1.0)


# -- which rides, in which order --------------------------------------------------------------------------


@pytest.mark.parametrize("period", ["live", "today", "yesterday", "last_week", "last_month"])
def test_only_attractions_are_listed_and_of_the_present_day_only_active_ones(ask, period):
    """R-5.6, N-15."""
    for name, ride_columns, park_columns in (
        ("shown", {}, {}),
        ("show", {"category": "SHOW"}, {}),
        ("meet", {"category": "MEET_AND_GREET"}, {}),
        ("experience", {"category": "EXPERIENCE"}, {}),
        ("uncategorised", {"category": None}, {}),
        ("retired", {"is_active": False}, {}),
        ("in a closed-down park", {}, {"is_active": False}),
    ):
        ride = make_ride(make_park(**park_columns), name=name, **ride_columns)
        report(ride, OPENING, "O420 D60")
        for day in DAY_IN.values():
            ride_day(ride, day)
    former = ["in a closed-down park", "retired"]
    assert names(ask(period)) == (["shown"] if period in ("live", "today") else [*former, "shown"])


@pytest.mark.parametrize("period", ["live", "yesterday", "last_week"])
def test_the_filter_keeps_rides_of_parks_with_either_flag(ask, period):
    for flags in ({}, {"is_disney": True}, {"is_universal": True}):
        ride = make_ride(make_park(**flags), name=next(iter(flags), "none"))
        report(ride, OPENING, "O420 D60")
        for day in DAY_IN.values():
            ride_day(ride, day)
    assert names(ask(period)) == ["is_disney", "is_universal", "none"]
    assert names(ask(period, filter="disney-universal")) == ["is_disney", "is_universal"]


@pytest.mark.parametrize("period", ["live", "yesterday", "last_week"])
@pytest.mark.parametrize(("own", "classified", "shown"), [(None, None, None), (1, None, 1), (3, 1, 1), (None, 2, 2)])
def test_the_tier_is_the_classified_one_else_the_rides_own(ask, period, own, classified, shown):
    ride = make_ride(make_park(), classified, tier=own)
    report(ride, OPENING, "O420 D60")
    for day in DAY_IN.values():
        ride_day(ride, day)
    assert figures(ask(period), "tier") == (shown,)


@pytest.mark.parametrize(
    ("sort_by", "expected"),
    [
        (None, ["B", "A", "C", "D"]),
        ("downtime_hours", ["B", "A", "C", "D"]),
        ("uptime_percentage", ["D", "A", "C", "B"]),
        ("trend_percentage", ["D", "A", "C", "B"]),
        ("current_is_open", ["B", "A", "C", "D"]),
        ("opening_delay_minutes", ["A", "C", "B", "D"]),
    ],
)
@STORED
def test_stored_rows_are_ranked_by_every_key_with_ties_by_name(ask, period, sort_by, expected):
    before = {"yesterday": date(2025, 12, 21), "last_week": date(2025, 12, 13), "last_month": date(2025, 10, 31)}
    for name, minutes, up, earlier, delay in (
        ("D", 45, 300, 30, 0),
        ("C", 60, 480, 50, 20),
        ("B", 90, 510, None, 10),
        ("A", 60, 480, 50, 20),
    ):
        ride = make_ride(make_park(), name=name)
        figures = {"downtime_minutes": minutes, "uptime_minutes": up, "opening_delay_minutes": delay}
        ride_day(ride, DAY_IN[period], **figures)
        if earlier:
            ride_day(ride, before[period], downtime_minutes=earlier)
    rows = ask(period, **({"sort_by": sort_by} if sort_by else {}))
    assert names(rows) == expected
    assert [row["rank"] for row in rows] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("sort_by", "expected"),
    [
        (None, ["silent", "up", "down", "idle"]),
        ("downtime_hours", ["silent", "up", "down", "idle"]),
        # what is down first, then what runs, then what is not known
        ("current_is_open", ["down", "idle", "up", "silent"]),
        ("uptime_percentage", ["silent", "up", "down", "idle"]),
        ("trend_percentage", ["silent", "up", "down", "idle"]),
        ("opening_delay_minutes", ["silent", "up", "down", "idle"]),
    ],
)
@LIVE
def test_live_and_today_are_ranked_by_every_key_with_ties_by_name(ask, period, sort_by, expected):
    for name, story in (
        ("idle", "O420 D60"),
        ("up", "O300 D120 O60"),
        ("silent", "O60 D180"),
        ("down", "O420 D60"),
    ):
        ride = make_ride(make_park(), name=name)
        report(ride, OPENING, story)
        show_park(ride.park, OPENING, 480, "1.0")
    assert names(ask(period, **({"sort_by": sort_by} if sort_by else {}))) == expected


@LIVE
def test_sorted_by_state_what_is_down_comes_first_and_what_is_unknown_last(ask, period):
    """N-12. Longer downtime first among equals, whatever the name."""
    for name, story, park_is_open in (
        ("closed", "O240 D60 C180", True),
        ("park closed", "O240 D180 O60", False),
        ("unknown", "O60 D240", True),
        ("refurbishment", "O360 D60 R60", True),
        ("operating", "O240 D180 O60", True),
        ("down", "O420 D60", True),
    ):
        ride = make_ride(make_park(is_disney=True), name=name)
        report(ride, OPENING, story)
        show_park(ride.park, OPENING, 480, is_open=park_is_open)
    expected = ["down", "operating", "park closed", "closed", "refurbishment", "unknown"]
    assert names(ask(period, sort_by="current_is_open")) == expected


@LIVE
def test_sorted_by_opening_delay_the_longest_comes_first(ask, period):
    for name, story in (("short", "D20 O400 D60"), ("none", "O300 D180"), ("long", "D50 O420 D10")):
        reported(story, name=name)
    assert names(ask(period, sort_by="opening_delay_minutes")) == ["long", "short", "none"]


@pytest.mark.parametrize("period", ["live", "last_week"])
def test_a_list_that_was_cut_says_how_many_there_are(client, period):
    for _ in range(3):
        ride_day(reported("O420 D60"), DAY_IN["last_week"])
    body = client.get("/api/rides/downtime", {"period": period, "limit": 2}).json()
    assert (len(body["data"]), body["total"]) == (2, 3)
