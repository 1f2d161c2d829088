"""Which parks are ranked, by which numbers, in which order (R-10.2, R-10.4, R-17.1, public-api 4.3)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from stats.tests.builders import LOS_ANGELES, NEW_YORK, TOKYO, local, make_park, make_ride, park_day, report, show_park

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 12, 23, 22, tzinfo=UTC)  # Tuesday, 17:00 in New York
TODAY, YESTERDAY = date(2025, 12, 23), date(2025, 12, 22)
WEEK = [date(2025, 12, 14) + timedelta(days=n) for n in range(7)]
OPENING = local(TODAY, "09:00")  # eight hours before NOW


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ask(client):
    def answer(period: str, **query: Any) -> dict:
        response = client.get("/api/parks/downtime", {"period": period, **query})
        assert response.status_code == 200, response.content
        return response.json()

    return answer


def names(body: dict) -> list[str]:
    return [row["park_name"] for row in body["data"]]


def figures(body: dict, *columns: str) -> tuple:
    (row,) = body["data"]
    return tuple(row[name] for name in columns)


def busy_park(story: str = "O420 D60", score: str = "2.0", minutes: int = 480, **columns: Any) -> Any:
    """A park open since 09:00 with one ride of tier 1 that has this story."""
    park = make_park(**columns)
    report(make_ride(park, 1, last_operated_at=NOW), OPENING, story)
    show_park(park, OPENING, minutes, score)
    return park


# -- live -------------------------------------------------------------------------------------------------


def test_live_shows_the_score_of_this_moment_and_the_day_so_far(ask):
    """N-6: the score is that of the rides that are down, whatever the last cycle stored."""
    park = busy_park("O360 D120", "0.0")
    report(make_ride(park, 3, last_operated_at=NOW), OPENING, "O450 D30")
    report(make_ride(park, 2, last_operated_at=NOW), OPENING, "O480")
    report(make_ride(park, 2, last_operated_at=NOW, category="SHOW"), OPENING, "O470 D10")
    report(make_ride(park, 2, last_operated_at=NOW - timedelta(days=7, seconds=1)), OPENING, "R480")
    body = ask("live")
    assert figures(body, "shame_score", "total_downtime_hours", "weighted_downtime_hours") == (7.5, 2.67, 6.83)
    # Attractions that ran within seven days: three, of them two down. The score: 3 + 1 + 2 of 3 + 1 + 2 + 2.
    # Up 360 + 450 + 480 minutes of the attractions, down 120 + 30.
    assert figures(body, "total_rides", "rides_down", "uptime_percentage", "park_is_open") == (3, 2, 89.6, True)
    totals = body["aggregate_stats"]
    assert (totals["rides_down"], totals["rides_operating"], totals["total_downtime_hours"]) == (2, 1, 2.67)
    assert (totals["rides_closed"], totals["rides_refurbishment"]) == (0, 1)
    assert totals["avg_uptime_percentage"] == 89.6


def test_the_seven_days_of_the_tracked_rides_are_inclusive(ask):
    park = busy_park()
    make_ride(park, last_operated_at=NOW - timedelta(days=7))
    make_ride(park, last_operated_at=NOW - timedelta(days=7, seconds=1))
    make_ride(park)
    assert figures(ask("live"), "total_rides") == (2,)


@pytest.mark.parametrize(("story", "is_listed"), [("O420 D60", True), ("D60 O420", False), ("O480", False)])
@pytest.mark.parametrize("stored", ["9.9", None])
def test_live_lists_open_parks_with_something_down(ask, stored, story, is_listed):
    busy_park(story, stored)
    assert [row["shame_score"] for row in ask("live")["data"]] == ([10.0] if is_listed else [])


def test_a_closed_park_is_not_listed_and_its_rides_are_not_down(ask):
    park = make_park()
    report(make_ride(park, 1, last_operated_at=NOW), OPENING, "O360 D120")
    show_park(park, OPENING, 470, "5.0")
    show_park(park, NOW - timedelta(minutes=10), 10, "5.0", is_open=False)
    body = ask("live")
    assert body["data"] == []
    assert body["aggregate_stats"]["rides_down"] == 0
    assert body["aggregate_stats"]["total_parks"] == 1


@pytest.mark.parametrize(("minutes_ago", "is_listed"), [(110, True), (119, True), (131, False), (600, False)])
def test_live_knows_only_the_last_two_hours(ask, minutes_ago, is_listed):
    park = make_park()
    at = NOW - timedelta(minutes=minutes_ago)
    report(make_ride(park, 1, last_operated_at=NOW), at - timedelta(hours=1), "O60 D10")
    show_park(park, at, 10, "5.0")
    body = ask("live")
    assert bool(body["data"]) == is_listed
    assert body["aggregate_stats"]["total_parks"] == int(is_listed)


def test_the_totals_of_live_are_those_of_the_parks_that_were_heard_of(ask):
    busy_park("O420 D60")
    busy_park("O180 D120", minutes=300)  # silent for three hours
    totals = ask("live")["aggregate_stats"]
    assert (totals["total_parks"], totals["rides_down"], totals["rides_operating"]) == (1, 1, 0)
    assert (totals["total_downtime_hours"], totals["avg_uptime_percentage"]) == (1.0, 87.5)
    assert totals["parks_silent"] == 1


def test_an_open_park_without_attractions_has_no_uptime(ask):
    park = make_park()
    report(make_ride(park, category="SHOW", last_operated_at=NOW), OPENING, "O420 D60")
    show_park(park, OPENING, 480, "5.0")
    assert figures(ask("live"), "total_rides", "uptime_percentage", "total_downtime_hours") == (0, None, 1.0)
    assert ask("live")["aggregate_stats"]["avg_uptime_percentage"] is None


def test_live_counts_agree_with_the_status_summary(ask, client):
    """N-6: one reading of states. A closed ride counts as down where closures are not distinguished from breakdowns,
    unless it is out of season."""
    park, other = busy_park("O420 D60", is_disney=True), busy_park("O420 C60")
    for story in ("O480", "R480", "O420 C60"):
        report(make_ride(park, last_operated_at=NOW), OPENING, story)
    report(make_ride(other, last_operated_at=NOW - timedelta(days=30)), OPENING, "C480")
    shut = make_park()
    report(make_ride(shut, last_operated_at=NOW), OPENING, "O480")
    show_park(shut, OPENING, 480, is_open=False)
    totals = ask("live")["aggregate_stats"]
    counts = client.get("/api/live/status-summary").json()["status_summary"]
    names = ("rides_operating", "rides_refurbishment", "rides_down", "rides_closed")
    assert [totals[name] for name in names] == [1, 1, 2, 3]
    assert (counts["OPERATING"], counts["REFURBISHMENT"], counts["total"]) == (1, 1, 7)
    assert (counts["DOWN"], counts["CLOSED"], counts["PARK_CLOSED"]) == (1, 3, 1)


def test_the_score_of_this_moment_is_of_the_rides_that_count_now(ask):
    """R-10.1: two weigh 3 and 1 and are down, one that weighs 2 runs, one has not run for a month."""
    park = busy_park("O420 D60")
    report(make_ride(park, 3, last_operated_at=NOW), OPENING, "O420 C60")
    report(make_ride(park, 2, last_operated_at=NOW), OPENING, "D60 O420")
    report(make_ride(park, 1, last_operated_at=NOW - timedelta(days=30)), OPENING, "C480")
    assert figures(ask("live"), "shame_score", "rides_down", "total_rides") == (6.7, 2, 3)


def test_a_ride_that_fell_silent_is_neither_down_nor_up(ask):
    park = busy_park("O420 D60")
    report(make_ride(park, 1, last_operated_at=NOW), OPENING, "O240 D60")
    body = ask("live")
    assert figures(body, "shame_score", "rides_down") == (5.0, 1)
    totals = body["aggregate_stats"]
    assert [totals[name] for name in ("rides_down", "rides_operating", "rides_closed")] == [1, 0, 0]


@pytest.mark.parametrize("period", ["live", "today"])
def test_a_row_says_when_it_was_heard_of(ask, period):
    busy_park()
    assert figures(ask(period), "as_of") == ("2025-12-23T21:50:00Z",)


def test_a_silent_park_keeps_its_day_and_is_open_or_not_nobody_knows(ask):
    busy_park("O180 D120", minutes=300)  # until 14:00, three hours ago
    body = ask("today")
    columns = ("total_downtime_hours", "park_is_open", "as_of")
    assert figures(body, *columns) == (2.0, None, "2025-12-23T18:50:00Z")
    assert (body["aggregate_stats"]["total_parks"], body["aggregate_stats"]["parks_silent"]) == (1, 1)
    assert ask("live")["data"] == []


@pytest.mark.parametrize("period", ["live", "today"])
@pytest.mark.parametrize("story", ["R480", None])
def test_where_nothing_is_known_the_headline_has_no_uptime(ask, period, story):
    park = make_park()
    if story:
        report(make_ride(park), OPENING, story)
        show_park(park, OPENING, 480)
    totals = ask(period)["aggregate_stats"]
    assert (totals["avg_uptime_percentage"], totals["parks_silent"]) == (None, int(story is None))


@pytest.mark.parametrize("clock", ["00:05", "06:00"])
@pytest.mark.parametrize("period", ["live", "today"])
def test_parks_are_tracked_from_midnight_to_the_first_opening(ask, period, clock):
    """Known is what was heard of, open or not; before the first cycle of the day what held until midnight."""
    now = local(TODAY, clock)
    park = make_park()
    report(make_ride(park, last_operated_at=NOW), now - timedelta(minutes=30), "C20", park_open=False)
    show_park(park, now - timedelta(minutes=30), 20, is_open=False)
    with time_machine.travel(now, tick=False):
        totals = ask(period)["aggregate_stats"]
    assert (totals["total_parks_tracked"], totals["parks_silent"]) == (1, 0)


# Of the day before: down from 09:30 to 10:30 and from 18:00, an hour after this time of day.
BEFORE = "O30 D60 O450 D60"


@pytest.mark.parametrize("period", ["live", "today"])
@pytest.mark.parametrize(
    ("before", "trend", "previous"),
    [
        (BEFORE, 50.0, 1.0),
        ("O450 D30", 200.0, 0.5),
        ("O460 D20", None, 0.33),  # less than half an hour
        ("O600", None, 0.0),
        ("D480 O60", -81.3, 8.0),  # it ran later that day, so it was down all day
        ("D600", None, 0.0),  # it never ran
        (None, None, None),
    ],
)
def test_the_trend_of_a_day_that_runs_compares_with_the_same_time_of_the_day_before(
    ask, period, before, trend, previous
):
    """N-5: until 17:00 of each day; an hour and a half down today."""
    park = busy_park("O390 D90")
    if before:
        report(park.rides.get(), OPENING - timedelta(days=1), before)
    assert figures(ask(period), "trend_percentage", "previous_downtime_hours") == (trend, previous)


# -- today ------------------------------------------------------------------------------------------------


def test_today_is_the_window_from_midnight_until_now(ask):
    park = busy_park("O360 D120")
    report(make_ride(park, 2), OPENING, "O480")
    report(make_ride(park, 3, category="SHOW"), OPENING, "O450 D30")
    report(make_ride(park, 1), OPENING, "C480")
    report(make_ride(park, 1), OPENING - timedelta(days=1), "O60 D240")
    show_park(park, OPENING - timedelta(days=1), 480, "9.0")
    body = ask("today")
    # 2 h × 3 + 0.5 h × 1 = 6.5 of 6 × 8 h
    assert figures(body, "shame_score", "total_downtime_hours", "weighted_downtime_hours") == (1.4, 2.5, 6.5)
    assert figures(body, "rides_down", "rides_operating", "effective_park_weight") == (2, 3, 6.0)
    assert figures(body, "snapshot_count", "park_is_open", "uptime_percentage") == (48, True, 87.5)
    totals = body["aggregate_stats"]
    assert (totals["total_parks"], totals["rides_down"], totals["rides_operating"]) == (1, 2, 3)
    # Up and down of attractions alone: 360 + 480 of 960 minutes.
    assert (totals["total_downtime_hours"], totals["avg_uptime_percentage"]) == (2.5, 87.5)


@pytest.mark.parametrize(
    ("columns", "story", "score"),
    [
        ({"is_disney": True}, "D480", 5.0),
        ({"is_universal": True}, "D480", 5.0),
        ({}, "D480", None),
        ({}, "C480", None),
        ({"is_disney": True}, "C480", None),
        ({"is_disney": True}, "R480", None),
    ],
)
def test_a_ride_that_was_only_down_today_counts_at_parks_that_report_breakdowns(ask, columns, story, score):
    """A-9 and Q22: two rides alike, the other one runs."""
    park = make_park(**columns)
    report(make_ride(park), OPENING, story)
    report(make_ride(park), OPENING, "O480")
    show_park(park, OPENING, 480, "5.0")
    rows = ask("today")["data"]
    assert (rows[0]["shame_score"] if rows else None) == score


def test_a_park_closed_all_day_has_no_score_today(ask):
    park = make_park()
    report(make_ride(park), OPENING, "O60 D420", park_open=False)
    show_park(park, OPENING, 480, "5.0", is_open=False)
    body = ask("today")
    assert (body["data"], body["aggregate_stats"]["total_parks"]) == ([], 1)


def test_today_stays_listed_after_closing_and_says_closed(ask):
    park = busy_park("O360 D60", minutes=420)
    show_park(park, NOW - timedelta(minutes=60), 60, is_open=False)
    assert figures(ask("today"), "total_downtime_hours", "park_is_open") == (1.0, False)


@pytest.mark.parametrize("period", ["live", "today"])
def test_an_observation_counts_until_now_and_not_beyond(ask, period):
    """Design §4: windows clip. The row says four hours down; one of them has passed."""
    park = make_park()
    report(make_ride(park, last_operated_at=NOW), NOW - timedelta(hours=2), "O60 D240", None)
    show_park(park, NOW - timedelta(hours=2), 300, "5.0", grain=86_400)
    assert figures(ask(period), "total_downtime_hours") == (1.0,)


def test_the_window_score_of_today_is_clipped_to_now(ask):
    park = make_park()
    report(make_ride(park), NOW - timedelta(hours=2), "O60 D240", None)
    show_park(park, NOW - timedelta(hours=2), 300, "5.0", grain=86_400)
    assert figures(ask("today"), "shame_score", "uptime_percentage") == (5.0, 50.0)


@pytest.mark.parametrize("period", ["live", "today"])
def test_the_headline_sums_exact_minutes_not_rounded_hours(ask, period):
    """R-8.1: three times ten minutes are 0.50 hours, not 0.51."""
    for _ in range(3):
        busy_park("O470 D10")
    body = ask(period)
    assert [row["total_downtime_hours"] for row in body["data"]] == [0.17] * 3
    assert body["aggregate_stats"]["total_downtime_hours"] == 0.5


# -- closed periods ---------------------------------------------------------------------------------------


def test_yesterday_is_the_stored_row(ask):
    park = make_park()
    park_day(
        park,
        YESTERDAY,
        shame_score=Decimal("3.4"),
        total_downtime_hours=Decimal("6.88"),
        rides_with_downtime=4,
        avg_uptime_percentage=Decimal("94.25"),
        total_rides_tracked=13,
    )
    body = ask("yesterday")
    assert figures(body, "shame_score", "total_downtime_hours", "weighted_downtime_hours") == (3.4, 6.88, 68.0)
    assert figures(body, "rides_down", "uptime_percentage", "park_is_open") == (4, 94.3, None)
    totals = body["aggregate_stats"]
    assert (totals["total_parks"], totals["rides_down"], totals["rides_operating"]) == (1, 4, 9)
    assert (totals["total_downtime_hours"], totals["avg_uptime_percentage"]) == (6.88, 94.3)


@pytest.mark.parametrize(("is_open", "expected"), [(True, True), (False, False), (None, None)])
def test_yesterday_reports_whether_the_park_is_open_now(ask, is_open, expected):
    park = make_park()
    park_day(park, YESTERDAY)
    if is_open is not None:
        show_park(park, NOW - timedelta(minutes=10), 10, is_open=is_open)
    assert figures(ask("yesterday"), "park_is_open") == (expected,)


def test_a_week_is_means_sums_and_the_worst_day(ask):
    park = make_park()
    scores = ("1.3", "0.0", "2.6", None, "0.9", "1.1", "0.7")  # worked example 6; the None has no row
    for number, (day, score) in enumerate(zip(WEEK, scores, strict=True)):
        if score:
            park_day(
                park,
                day,
                shame_score=Decimal(score),
                rides_with_downtime=number,
                avg_uptime_percentage=Decimal(90 + number),
                total_downtime_hours=Decimal("1.11"),
            )
    park_day(park, WEEK[0] - timedelta(days=1), shame_score=9, rides_with_downtime=99)
    park_day(park, WEEK[6] + timedelta(days=1), shame_score=9, rides_with_downtime=99)
    body = ask("last_week")
    assert figures(body, "shame_score", "rides_down", "uptime_percentage") == (1.1, 6, 93.0)
    assert figures(body, "total_downtime_hours", "weighted_downtime_hours") == (6.66, 132.0)
    totals = body["aggregate_stats"]
    assert (totals["total_parks"], totals["rides_down"], totals["rides_operating"]) == (1, 18, 42)


@pytest.mark.parametrize("period", ["last_week", "last_month"])
def test_days_on_which_a_park_never_opened_enter_no_mean(ask, period):
    park = make_park()
    first = WEEK[0] if period == "last_week" else date(2025, 11, 1)
    park_day(park, first, shame_score=Decimal("3.0"), avg_uptime_percentage=Decimal("80.00"))
    park_day(
        park,
        first + timedelta(days=1),
        shame_score=0,
        avg_uptime_percentage=0,
        operating_hours_minutes=0,
        total_downtime_hours=0,
    )
    assert figures(ask(period), "shame_score", "uptime_percentage", "total_downtime_hours") == (3.0, 80.0, 2.0)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        (["0.1", "0.2"], 0.2),  # 0.15
        (["0.1", "0.0"], 0.1),  # 0.05
        (["0.1", "0.0", "0.0"], None),  # 0.03
        (["0.1"] * 3 + ["0.2"] * 4, 0.2),
        (["2.4", "2.5"], 2.5),  # 2.45
    ],
)
def test_the_mean_score_rounds_half_up_and_zero_is_not_listed(ask, scores, expected):
    park = make_park()
    for day, score in zip(WEEK, scores, strict=False):
        park_day(park, day, shame_score=Decimal(score))
    rows = ask("last_week")["data"]
    assert (rows[0]["shame_score"] if rows else None) == expected


@pytest.mark.parametrize("period", ["yesterday", "last_week"])
def test_a_period_is_read_from_the_seconds_of_its_days(ask, period):
    """N-2: the rounded columns may be empty or say anything."""
    park = make_park()
    for day in [YESTERDAY] if period == "yesterday" else WEEK[:2]:
        row = park_day(park, day, shame_score=Decimal("2.5"), avg_uptime_percentage=Decimal("80.00"))
        row.shame_score = row.avg_uptime_percentage = None
        row.total_downtime_hours = row.weighted_downtime_hours = Decimal(99)
        row.save()
    assert figures(ask(period), "shame_score", "uptime_percentage") == (2.5, 80.0)


def test_a_long_day_weighs_more_than_a_short_one(ask):
    """N-2: 3.0 over ten hours and 0.0 over five are 2.0, and 80 % of ten hours and 50 % of five are 70 %."""
    park = make_park()
    park_day(park, WEEK[0], shame_score=Decimal("3.0"), avg_uptime_percentage=Decimal("80.00"))
    short = {"shame_score": Decimal("0.0"), "avg_uptime_percentage": Decimal("50.00"), "operating_hours_minutes": 300}
    park_day(park, WEEK[1], **short)
    assert figures(ask("last_week"), "shame_score", "uptime_percentage") == (2.0, 70.0)


def test_the_headline_uptime_of_a_week_is_that_of_all_seconds_of_all_parks(ask):
    once, daily = make_park(), make_park()
    park_day(once, WEEK[0], avg_uptime_percentage=Decimal("50.00"))
    for day in WEEK:
        park_day(daily, day, avg_uptime_percentage=Decimal("100.00"))
    assert ask("last_week")["aggregate_stats"]["avg_uptime_percentage"] == 93.8


def test_only_rows_of_the_current_rule_set_are_read(ask, settings):
    old, new = make_park(), make_park()
    for day in (YESTERDAY, WEEK[0]):
        park_day(old, day, metrics_version=1, shame_score=9)
        park_day(new, day, metrics_version=2, shame_score=1)
        park_day(new, day, metrics_version=3, shame_score=5)
    settings.METRICS_VERSION = 2
    for period in ("yesterday", "last_week"):
        body = ask(period)
        assert [(row["park_id"], row["shame_score"]) for row in body["data"]] == [(new.pk, 1.0)]
        assert body["aggregate_stats"]["total_parks"] == 1


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        ("4.00", "5.00", 25.0),
        ("4.00", "1.00", -75.0),
        ("3.00", "3.00", 0.0),
        ("8.00", "8.01", 0.1),  # 0.125
        ("16.00", "15.99", -0.1),  # a hair less
        ("0.50", "5.00", 900.0),
        ("0.49", "5.00", None),  # half an hour at least (N-5)
        ("0.00", "5.00", None),
        (None, "5.00", None),
    ],
)
@pytest.mark.parametrize("period", ["yesterday", "last_week", "last_month"])
def test_the_trend_is_the_change_of_downtime_in_percent(ask, period, before, now, expected):
    park = make_park()
    day = {"yesterday": YESTERDAY, "last_week": WEEK[3], "last_month": date(2025, 11, 30)}[period]
    earlier = {"yesterday": date(2025, 12, 21), "last_week": date(2025, 12, 7), "last_month": date(2025, 10, 1)}[
        period
    ]
    park_day(park, day, total_downtime_hours=Decimal(now))
    if before:
        park_day(park, earlier, total_downtime_hours=Decimal(before))
        park_day(park, earlier, total_downtime_hours=Decimal("99.00"), metrics_version=9)
    previous = None if before is None else float(before)
    assert figures(ask(period), "trend_percentage", "previous_downtime_hours") == (expected, previous)


# -- whose day --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "period", "inside", "outside"),
    [
        # 14:32 in Los Angeles, 07:32 on the next day in Tokyo
        ("2025-12-23T22:32Z", "yesterday", "2025-12-22", "2025-12-23"),
        # Saturday in Los Angeles, Sunday in Tokyo
        ("2025-12-21T00:30Z", "last_week", "2025-12-07", "2025-12-14"),
        ("2025-12-21T00:30Z", "last_week", "2025-12-13", "2025-12-20"),
        # 30 November in Los Angeles, 1 December in Tokyo
        ("2025-12-01T05:00Z", "last_month", "2025-10-31", "2025-11-30"),
        ("2025-12-01T05:00Z", "last_month", "2025-10-01", "2025-11-01"),
    ],
)
def test_a_list_has_one_set_of_dates(ask, now, period, inside, outside):
    """N-1: the site's dates, of each park its own days of them."""
    parks = [make_park(timezone=zone) for zone in (TOKYO, LOS_ANGELES)]
    for park in parks:
        park_day(park, date.fromisoformat(inside), shame_score=1)
        park_day(park, date.fromisoformat(outside), shame_score=9)
    with time_machine.travel(now, tick=False):
        rows = ask(period)["data"]
    assert {row["park_id"]: row["shame_score"] for row in rows} == {park.pk: 1.0 for park in parks}
    assert all(row["start_date"] <= inside <= row["end_date"] and row["is_complete"] for row in rows)
    assert len({(row["start_date"], row["end_date"]) for row in rows}) == 1


@pytest.mark.parametrize(
    ("period", "dates"),
    [
        ("yesterday", ("2025-12-22",) * 2),
        ("last_week", ("2025-12-14", "2025-12-20")),
        ("last_month", ("2025-11-01", "2025-11-30")),
    ],
)
def test_a_row_says_which_dates_it_covers(ask, period, dates):
    for day in (YESTERDAY, WEEK[0], date(2025, 11, 1)):
        park_day(make_park(), day)
    assert figures(ask(period), "start_date", "end_date", "is_complete") == (*dates, True)


@pytest.mark.parametrize("period", ["live", "today"])
def test_the_present_day_of_a_park_is_its_own_and_not_complete(ask, period):
    park = make_park(timezone=TOKYO)
    report(make_ride(park, last_operated_at=NOW), NOW - timedelta(hours=2), "O60 D60")
    show_park(park, NOW - timedelta(hours=2), 120)
    dates = figures(ask(period), "start_date", "end_date", "is_complete")
    assert dates == ("2025-12-24", "2025-12-24", False)


def test_a_day_that_has_not_ended_at_the_park_is_compared_with_none(ask):
    """At 00:30 in Los Angeles it is 22:30 of the day before in Honolulu."""
    park = make_park(timezone="Pacific/Honolulu")
    park_day(park, date(2025, 12, 22), total_downtime_hours=Decimal("4.00"))
    park_day(park, date(2025, 12, 23), total_downtime_hours=Decimal("2.00"))
    with time_machine.travel("2025-12-24T08:30Z", tick=False):
        row = figures(ask("yesterday"), "start_date", "is_complete", "trend_percentage", "previous_downtime_hours")
    assert row == ("2025-12-23", False, None, 4.0)
    with time_machine.travel("2025-12-24T10:00Z", tick=False):
        row = figures(ask("yesterday"), "start_date", "is_complete", "trend_percentage", "previous_downtime_hours")
    assert row == ("2025-12-23", True, -50.0, 4.0)


def test_today_begins_at_each_parks_own_midnight(ask):
    parks = [make_park(timezone=zone) for zone in (TOKYO, NEW_YORK)]
    start = datetime(2025, 12, 23, 14, tzinfo=UTC)  # 23:00 in Tokyo, 09:00 in New York
    for park in parks:
        end = report(make_ride(park), start, "O30 D30")  # before and …
        report(park.rides.get(), end, "O30 D90")  # … after midnight in Tokyo
        show_park(park, start, 180)
    rows = {row["park_id"]: row["total_downtime_hours"] for row in ask("today")["data"]}
    assert rows == {parks[0].pk: 1.5, parks[1].pk: 2.0}


# -- which parks, in which order --------------------------------------------------------------------------


@pytest.mark.parametrize("period", ["live", "today", "yesterday", "last_week"])
def test_the_filter_keeps_parks_with_either_flag(ask, period):
    kinds: list[dict[str, Any]] = [
        {"name": "Disney", "is_disney": True},
        {"name": "Universal", "is_universal": True},
        {"name": "Both", "is_disney": True, "is_universal": True},
        {"name": "Disney in name only"},
        {"name": "Gone", "is_disney": True, "is_active": False},
    ]
    for kind in kinds:
        park = busy_park(**kind)
        for day in (YESTERDAY, WEEK[0]):
            park_day(park, day)
    # Days that are over know parks that are no longer active, too (N-15).
    former = ["Gone"] if period in ("yesterday", "last_week") else []
    assert names(ask(period)) == ["Both", "Disney", "Disney in name only", *former, "Universal"]
    body = ask(period, filter="disney-universal")
    assert names(body) == ["Both", "Disney", *former, "Universal"]
    totals = body["aggregate_stats"]
    assert (totals["total_parks"], totals["filter_disney_universal"]) == (3 + len(former), True)


@pytest.mark.parametrize("period", ["live", "today"])
def test_retired_rides_count_for_nothing(ask, period):
    park = busy_park("O420 D60")
    report(make_ride(park, 1, is_active=False, last_operated_at=NOW), OPENING, "O60 D420")
    assert figures(ask(period), "total_downtime_hours", "rides_down") == (1.0, 1)


ORDERS = pytest.mark.parametrize(
    ("sort_by", "expected"),
    [
        ("shame_score", ["C", "A", "B", "D"]),
        ("total_downtime_hours", ["B", "A", "C", "D"]),
        ("uptime_percentage", ["D", "B", "A", "C"]),
        ("rides_down", ["D", "A", "B", "C"]),
        (None, ["C", "A", "B", "D"]),
    ],
)


@ORDERS
@pytest.mark.parametrize("period", ["yesterday", "last_week", "last_month"])
def test_stored_rows_are_ranked_by_every_key_with_ties_by_name(ask, period, sort_by, expected):
    day = {"yesterday": YESTERDAY, "last_week": WEEK[0], "last_month": date(2025, 11, 5)}[period]
    for name, score, downtime, uptime, down in (
        ("D", 1, 1, 70, 9),
        ("B", 2, 5, 80, 2),
        ("C", 3, 2, 90, 2),
        ("A", 2, 2, 90, 2),
    ):
        park_day(
            make_park(name=name),
            day,
            shame_score=score,
            total_downtime_hours=downtime,
            avg_uptime_percentage=uptime,
            rides_with_downtime=down,
        )
    body = ask(period, **({"sort_by": sort_by} if sort_by else {}))
    assert names(body) == expected
    assert [row["rank"] for row in body["data"]] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    ("period", "sort_by", "expected"),
    [
        ("live", "shame_score", ["A", "B", "C"]),  # 10.0, 5.0, 2.5
        ("live", "total_downtime_hours", ["B", "A", "C"]),
        ("live", "uptime_percentage", ["B", "A", "C"]),
        ("live", "rides_down", ["A", "B", "C"]),
        ("today", "shame_score", ["B", "A", "C"]),  # 2.5, 0.6, 0.1
        ("today", "total_downtime_hours", ["B", "A", "C"]),
        ("today", "uptime_percentage", ["B", "A", "C"]),  # 75.0, 93.8, 99.0
        ("today", "rides_down", ["A", "B", "C"]),
    ],
)
def test_live_and_today_are_ranked_by_every_key_with_ties_by_name(ask, period, sort_by, expected):
    for name, stories in (
        ("C", ["O460 D20", "O480", "O480", "O480"]),
        ("B", ["O240 D240", "O480"]),
        ("A", ["O450 D30"] * 3),
    ):
        park = make_park(name=name)
        for story in stories:
            report(make_ride(park, last_operated_at=NOW), OPENING, story)
        show_park(park, OPENING, 480)
    assert names(ask(period, sort_by=sort_by)) == expected


def test_a_list_that_was_cut_says_how_many_there_are(ask):
    for _ in range(3):
        busy_park()
    body = ask("live", limit=2)
    assert (len(body["data"]), body["total"]) == (2, 3)


@pytest.mark.parametrize("period", ["live", "today"])
@pytest.mark.parametrize(
    ("new_home", "query"),
    [({"is_active": False}, {}), ({"is_active": True}, {"filter": "disney-universal"})],
    ids=["to a closed-down park", "out of the filter"],
)
def test_a_ride_that_moved_away_today_is_no_server_error(ask, period, new_home, query):
    park = busy_park(is_disney=True)
    ride = make_ride(park, last_operated_at=NOW)
    report(ride, OPENING, "O420 D60")
    ride.park = make_park(**new_home)
    ride.save()
    assert [row["park_id"] for row in ask(period, **query)["data"]] == [park.pk]
