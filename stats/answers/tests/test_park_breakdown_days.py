"""A park's score over days that have ended, from the stored days (R-10.3, R-10.4, R-17.4, public-api 4.6)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.conf import settings

from parks.models import Park
from parks.tests.factories import ScheduleFactory
from stats.tests.builders import TOKYO, local, make_park, make_ride, park_day, recomputed, report, ride_day, show_park

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 12, 23, 22, tzinfo=UTC)  # Tuesday, 17:00 in New York
TODAY, YESTERDAY = date(2025, 12, 23), date(2025, 12, 22)
WEEK = [date(2025, 12, 14) + timedelta(days=n) for n in range(7)]


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


# -- yesterday --------------------------------------------------------------------------------------------


def test_yesterday_is_the_stored_day_of_example_2(ask):
    """R-10.6, example 2: the contributions are the numerator of the stored score."""
    park = make_park()
    start = local(YESTERDAY, "09:00")
    for name, tier, story in (("A", 1, "O540 D60"), ("B", 2, "D150 O450"), ("C", 3, "O600"), ("D", 2, "C600")):
        report(make_ride(park, tier, name=name), start, story)
    show_park(park, start, 600, "9.9")
    recomputed(park, YESTERDAY)
    breakdown, chart = ask(park, "yesterday")
    assert figures(breakdown, *SUMS) == (1.3, 3.5, 8.0, 6)
    assert figures(breakdown, "avg_uptime_percentage", "rides_with_downtime", "rides_affected_count") == (
        88.3,
        2,
        2,
    )  # 26.5 of 30 h
    columns = ("ride_name", "tier_weight", "downtime_hours", "weighted_contribution", "status")
    assert rides_of(breakdown, *columns) == [("B", 2, 2.5, 5.0, "DOWN"), ("A", 3, 1.0, 3.0, "DOWN")]
    assert chart["labels"] == [f"{hour}:00" for hour in range(9, 19)]
    assert chart["data"] == [3.3, 3.3, 1.7, 0, 0, 0, 0, 0, 0, 5.0]
    assert chart["rides_down"] == [1, 1, 1, 0, 0, 0, 0, 0, 0, 1]
    assert figures(chart, "average", "shame_score") == (1.3, 1.3)


def test_a_day_without_a_row_of_this_version_is_unknown(ask):
    park = make_park()
    other = settings.METRICS_VERSION + 1
    park_day(park, YESTERDAY, metrics_version=other)
    ride_day(make_ride(park), YESTERDAY, metrics_version=other)
    park_day(park, TODAY - timedelta(days=2))
    breakdown, _ = ask(park, "yesterday")
    assert figures(breakdown, *SUMS, "rides") == (None, None, None, None, [])


@pytest.mark.parametrize(
    ("opening", "closing", "labels"),
    [
        (11, 14, ["11:00", "12:00", "13:00"]),
        (11, 13.5, ["11:00", "12:00", "13:00"]),
        (None, None, ["9:00", "10:00", "11:00", "12:00", "13:00", "14:00"]),
        (20, 26, []),
    ],
)
def test_the_chart_of_a_past_day_shows_the_hours_of_its_schedule(ask, opening, closing, labels):
    """R-6.6; without a schedule the hours in which the park was open."""
    park = make_park()
    start = local(YESTERDAY, "09:00")
    report(make_ride(park), start, "O360")
    show_park(park, start, 360)
    if opening is not None:
        midnight = local(YESTERDAY, "00:00")
        times = [midnight + timedelta(hours=hour) for hour in (opening, closing)]
        ScheduleFactory(park=park, schedule_date=YESTERDAY, opening_time=times[0], closing_time=times[1])
        ScheduleFactory(park=park, schedule_date=YESTERDAY, schedule_type="TICKETED_EVENT")
    assert ask(park, "yesterday")[1]["labels"] == labels


def test_an_hour_of_a_park_without_schedule_in_which_all_rides_were_down_is_shown(ask):
    park = make_park()
    start = local(YESTERDAY, "09:00")
    report(make_ride(park), start, "O60 D60 O60")
    show_park(park, start, 180, "3.0")
    _, chart = ask(park, "yesterday")
    assert figures(chart, "labels", "rides_down") == (["9:00", "10:00", "11:00"], [0, 1, 0])


# -- week and month ---------------------------------------------------------------------------------------


def test_a_week_is_the_mean_of_its_scores_and_the_sum_of_its_rides(ask):
    """R-10.6, example 6: the fourth day has no row. A ride that is no longer active stays in it (N-15)."""
    park = make_park()
    mine_train, mansion = make_ride(park, 1, name="Mine Train"), make_ride(park, name="Mansion")
    former = make_ride(park, 1, name="Former", is_active=False)
    scores = ("1.3", "0.0", "2.6", None, "0.9", "1.1", "0.7")
    for number, (day, score) in enumerate(zip(WEEK, scores, strict=True)):
        if score:
            hours = {"total_downtime_hours": Decimal("1.11") * number, "rides_with_downtime": number}
            uptime = {"avg_uptime_percentage": Decimal(90 + number)}
            park_day(park, day, shame_score=Decimal(score), **hours, **uptime)
            ride_day(mine_train, day, downtime_minutes=20)
            ride_day(mansion, day, downtime_minutes=35 if number == 2 else 0)
            ride_day(former, day, downtime_minutes=10)
    for day in (WEEK[0] - timedelta(days=1), WEEK[6] + timedelta(days=1)):
        park_day(park, day, shame_score=9)
        ride_day(mansion, day, downtime_minutes=600)
    breakdown, chart = ask(park, "last_week")
    # 1.11 × (0 + 1 + 2 + 4 + 5 + 6) h; (1.3 + 2.6 + 0.9 + 1.1 + 0.7) tenths of a weight of 20 for 10 h
    assert figures(breakdown, *SUMS) == (1.1, 19.98, 132.0, 8)
    assert breakdown["avg_uptime_percentage"] == 93.0  # (90 + 91 + 92 + 94 + 95 + 96) ÷ 6, days of one length
    assert figures(breakdown, "days_tracked", "days_in_period", "avg_daily_downtime") == (6, 6, 3.33)
    assert figures(breakdown, "period_label", "rides_affected_count") == ("Dec 14 - Dec 20, 2025", 3)
    columns = ("ride_name", "tier", "tier_weight", "downtime_hours", "weighted_contribution", "days_with_downtime")
    assert rides_of(breakdown, *columns) == [
        ("Mine Train", 1, 3, 2.0, 6.0, 6),
        ("Former", 1, 3, 1.0, 3.0, 6),
        ("Mansion", 2, 2, 0.58, 1.17, 1),
    ]
    assert {row["status"] for row in breakdown["rides"]} == {"DOWN"}
    assert chart["labels"] == [f"Dec {day}" for day in range(14, 21)]
    assert chart["data"] == [1.3, 0, 2.6, None, 0.9, 1.1, 0.7]
    assert chart["rides_down"] == [0, 1, 2, None, 4, 5, 6]
    assert chart["downtime_hours"] == [0, 1.11, 2.22, None, 4.44, 5.55, 6.66]
    assert figures(chart, "granularity", "average", "shame_score") == ("daily", 1.1, 1.1)
    assert chart["last_is_partial"] is False


def test_a_long_day_weighs_more_than_a_short_one(ask):
    """N-2: 2 h of 4 h down is 5.0, none of 12 h is 0.0: 2 of 16 h, not the mean of 5.0 and 0.0."""
    park = make_park()
    ride = make_ride(park, 2)
    for day, story, minutes in ((WEEK[0], "O120 D120", 240), (WEEK[1], "O720", 720)):
        report(ride, local(day, "09:00"), story)
        show_park(park, local(day, "09:00"), minutes)
        recomputed(park, day)
    breakdown, chart = ask(park, "last_week")
    assert chart["data"][:2] == [5.0, 0.0]
    assert breakdown["shame_score"] == chart["average"] == 1.3  # 1.25, half-up


def test_hours_of_a_week_are_summed_before_they_are_rounded(ask):
    """Seven days of 18 seconds, 0.005 h each: 0.035 h, not seven times 0.01."""
    park = make_park()
    ride = make_ride(park, 3)
    for day in WEEK:
        report(ride, local(day, "09:00"), "O3582s D18s")
        show_park(park, local(day, "09:00"), 60)
        recomputed(park, day)
    breakdown, _ = ask(park, "last_week")
    assert figures(breakdown, "total_downtime_hours", "weighted_downtime_hours") == (0.04, 0.04)
    assert rides_of(breakdown, "downtime_hours") == [(0.04,)]


def test_a_month_is_the_calendar_month_before(ask):
    park = make_park()
    for day in (date(2025, 11, 1), date(2025, 11, 30)):
        park_day(park, day, shame_score=Decimal("2.0"))
    for day in (date(2025, 10, 31), date(2025, 12, 1)):
        park_day(park, day, shame_score=9)
    breakdown, chart = ask(park, "last_month")
    assert figures(breakdown, "shame_score", "period_label") == (2.0, "Nov 01 - Nov 30, 2025")
    assert (chart["labels"][0], chart["labels"][-1], len(chart["labels"])) == ("Nov 01", "Nov 30", 30)
    assert [value for value in chart["data"] if value is not None] == [2.0, 2.0]


def test_a_week_over_new_year_is_named_by_the_year_of_its_end(ask):
    with time_machine.travel(datetime(2026, 1, 6, 22, tzinfo=UTC), tick=False):
        park = make_park()
        park_day(park, date(2025, 12, 31))
        assert ask(park, "last_week")[0]["period_label"] == "Dec 28 - Jan 03, 2026"


@pytest.mark.parametrize(("hour", "first"), [(15, "Dec 07"), (16, "Dec 14")])
def test_a_week_ends_when_it_is_sunday_in_the_parks_own_zone(ask, hour, first):
    """15:00 UTC on a Saturday is midnight in Tokyo; 14:59 is Saturday there."""
    park = make_park(timezone=TOKYO)
    for number in range(14):
        park_day(park, date(2025, 12, 7) + timedelta(days=number))
    now = datetime(2025, 12, 20, hour, tzinfo=UTC) - timedelta(minutes=1)
    with time_machine.travel(now, tick=False):
        assert ask(park, "last_week")[1]["labels"][0] == first


@pytest.mark.parametrize("period", ["last_week", "last_month"])
def test_days_on_which_the_park_stayed_closed_count_in_nothing(ask, period):
    park = make_park()
    first = WEEK[0] if period == "last_week" else date(2025, 11, 1)
    park_day(park, first, shame_score=Decimal("3.0"))
    park_day(park, first + timedelta(days=1), shame_score=0, operating_hours_minutes=0, total_downtime_hours=0)
    breakdown, chart = ask(park, period)
    assert figures(breakdown, "shame_score", "days_tracked", "avg_daily_downtime") == (3.0, 1, 2.0)
    assert (chart["data"][:2], chart["average"]) == ([3.0, None], 3.0)


def test_days_on_which_the_park_never_opened_are_no_occasion_for_another_formula(ask):
    """D-25: legacy divided weighted hours by weight, giving values such as 100."""
    park = make_park()
    for day in WEEK:
        park_day(park, day, operating_hours_minutes=0, total_downtime_hours=0)
    breakdown, chart = ask(park, "last_week")
    assert (breakdown["shame_score"], chart["average"], breakdown["avg_daily_downtime"]) == (None, None, None)
    assert figures(breakdown, "total_downtime_hours", "weighted_downtime_hours", "days_tracked") == (0, 0, 0)
    assert chart["data"] == [None] * 7


@pytest.mark.parametrize(
    ("scores", "expected"), [(["0.1", "0.2"], 0.2), (["2.4", "2.5"], 2.5), (["0.1", "0.0", "0.0"], 0)]
)
def test_the_mean_score_rounds_half_up(ask, scores, expected):
    park = make_park()
    for day, score in zip(WEEK, scores, strict=False):
        park_day(park, day, shame_score=Decimal(score))
    assert ask(park, "last_week")[0]["shame_score"] == expected


def test_a_week_reads_only_the_version_in_force(ask, settings):
    park = make_park()
    ride = make_ride(park)
    for version, score in ((1, "1.0"), (2, "4.0")):
        park_day(park, WEEK[0], shame_score=Decimal(score), metrics_version=version)
        ride_day(ride, WEEK[0], downtime_minutes=60 * version, metrics_version=version)
    settings.METRICS_VERSION = 2
    breakdown, chart = ask(park, "last_week")
    assert figures(breakdown, "shame_score", "weighted_downtime_hours", "days_tracked") == (4.0, 80.0, 1)
    assert rides_of(breakdown, "downtime_hours") == [(2.0,)]
    assert chart["data"][0] == 4.0


def test_the_week_agrees_with_the_ranking(ask, client):
    park = make_park()
    ride = make_ride(park, 1)
    for day in WEEK:
        report(ride, local(day, "09:00"), "O400 D47 O33")
        show_park(park, local(day, "09:00"), 480)
        recomputed(park, day)
    breakdown, _ = ask(park, "last_week")
    assert figures(breakdown, *SUMS, "avg_uptime_percentage") == (1.0, 5.48, 16.45, 3, 90.2)  # 433 of 480 minutes
    (row,) = client.get("/api/parks/downtime?period=last_week").json()["data"]
    assert figures(row, *SUMS[:3]) == figures(breakdown, *SUMS[:3])
    assert row["uptime_percentage"] == breakdown["avg_uptime_percentage"]
