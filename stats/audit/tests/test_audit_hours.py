"""Hours that are computed on the fly have to agree with their day (R-24.3)."""

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

import stats.audit.hours
from parks.models import Park
from snapshots.score import ScoredTime
from stats.audit.comparison import Comparison
from stats.audit.hours import compare_hours
from stats.daily.compute import ParkDay, compute_park_day
from stats.measures.window_measures import ParkWindow, park_window
from stats.tests.builders import DAY, LOS_ANGELES, NEW_YORK, local, make_park, make_ride, report, show_park

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)


def compared(computed: ParkDay) -> tuple[Comparison, Comparison]:
    rides, parks = Comparison("ride hours"), Comparison("park hours")
    compare_hours(rides, parks, computed, NOW)
    return rides, parks


def outage(day: date = DAY, zone: str = NEW_YORK, **columns: Any) -> Park:
    """Two rides from 9:00 to 13:00; the flagship is down from 10:30 to 11:15."""
    park = make_park(timezone=zone, **columns)
    report(make_ride(park, 1), local(day, "09:00", zone), "O90 D45 O105")
    report(make_ride(park, 3), local(day, "09:00", zone), "O240")
    show_park(park, local(day, "09:00", zone), 240)
    return park


@pytest.fixture
def tampered(monkeypatch):
    """The hours, changed by a function before they are compared."""

    def use(change: Any) -> None:
        def read(*asked: Any, **options: Any) -> ParkWindow:
            raw = park_window(*asked, **options)
            change(raw)
            return raw

        monkeypatch.setattr(stats.audit.hours, "park_window", read)

    return use


def hour_of(raw: ParkWindow, clock: str, park: Park) -> Any:
    """The flagship's measures of the hour that begins at `clock`."""
    flagship = park.rides.get(classification__tier=1).pk
    return raw.rides[flagship, DAY, int(local(DAY, clock).timestamp())]


def test_hours_agree_with_their_day():
    rides, parks = compared(compute_park_day(outage(), DAY, 1))
    assert (rides.severity, parks.severity) == (None, None)
    assert (rides.compared, parks.compared) == (8, 4)


@pytest.mark.parametrize("day", [date(2025, 3, 9), date(2025, 11, 2), date(2025, 7, 1)])
def test_days_on_which_the_clock_changes_agree_too(day):
    park = make_park(timezone=LOS_ANGELES)
    report(make_ride(park), local(day, "00:00", LOS_ANGELES), "O50 D200 O70 C30 D400", grain=None)
    show_park(park, local(day, "00:00", LOS_ANGELES), 750, grain=1500)
    rides, parks = compared(compute_park_day(park, day, 1))
    assert (rides.severity, parks.severity) == (None, None)
    assert rides.compared == 13


@pytest.mark.parametrize("is_disney", [True, False])
def test_a_ride_that_never_ran_has_no_downtime_in_any_hour(is_disney):
    park = make_park(is_disney=is_disney)
    report(make_ride(park), local(DAY, "09:00"), "D240")
    report(make_ride(park), local(DAY, "09:00"), "O240")
    show_park(park, local(DAY, "09:00"), 240)
    rides, parks = compared(compute_park_day(park, DAY, 1))
    assert (rides.severity, parks.severity) == (None, None)


def test_a_day_without_observations_has_no_hours():
    rides, parks = compared(compute_park_day(make_park(), DAY, 1))
    assert (rides.compared, parks.compared) == (0, 0)


@pytest.mark.parametrize(("seconds", "mismatches"), [(360, 0), (361, 2), (-360, 0), (-361, 2)])
def test_downtime_of_an_hour_may_be_off_by_a_tenth(tampered, seconds, mismatches):
    """Beyond it, the hour and the sum of the hours differ."""
    park = outage()

    def change(raw: ParkWindow) -> None:
        hour_of(raw, "10:00", park).down_seconds += seconds

    tampered(change)
    rides, _ = compared(compute_park_day(park, DAY, 1))
    assert rides.mismatches == mismatches


def test_a_wrong_hour_is_named_with_both_figures(tampered):
    park = outage()

    def change(raw: ParkWindow) -> None:
        hour_of(raw, "10:00", park).down_seconds = 0

    tampered(change)
    rides, parks = compared(compute_park_day(park, DAY, 1))
    flagship = park.rides.get(classification__tier=1).pk
    place = {"park_name": park.name, "stat_date": "2025-12-22"}
    assert rides.sample == [
        {
            **place,
            "hour": "2025-12-22T15:00:00Z",
            "ride_id": flagship,
            "column": "downtime_hours",
            "computed": 0.0,
            "expected": 0.5,
        },
        {**place, "ride_id": flagship, "column": "downtime_hours", "computed": 0.25, "expected": 0.75},
    ]
    assert parks.sample == [
        {
            **place,
            "hour": "2025-12-22T15:00:00Z",
            "column": "total_downtime_hours",
            "computed": 0.0,
            "expected": 0.5,
        }
    ]
    assert rides.severity == parks.severity == "WARNING", "never critical"


@pytest.mark.parametrize(("seconds", "mismatches"), [(280, 0), (300, 1)])
def test_uptime_of_the_hours_may_be_off_by_two_points(tampered, seconds, mismatches):
    park = outage()

    def change(raw: ParkWindow) -> None:
        hour_of(raw, "09:00", park).up_seconds -= seconds  # of four hours: 1.94 or 2.08 points

    tampered(change)
    rides, _ = compared(compute_park_day(park, DAY, 1))
    assert rides.mismatches == mismatches
    assert [row["column"] for row in rides.sample] == ["uptime_percentage"] * mismatches


def test_an_hour_that_is_missing_is_missed(tampered):
    park = outage()
    flagship = park.rides.get(classification__tier=1).pk
    tampered(lambda raw: raw.rides.pop((flagship, DAY, int(local(DAY, "10:00").timestamp()))))
    rides, _ = compared(compute_park_day(park, DAY, 1))
    (row,) = rides.sample
    assert (row["column"], row["computed"], row["expected"]) == ("downtime_hours", 0.25, 0.75)


@pytest.mark.parametrize(
    ("figure", "by", "mismatches"),
    [("down_seconds", 900, 0), ("down_seconds", -901, 1), ("scores", "0.3", 0), ("scores", "-0.4", 1)],
)
def test_published_hours_of_a_park_have_a_tolerance(monkeypatch, figure, by, mismatches):
    park = outage()
    key = int(local(DAY, "10:00").timestamp())
    published = stats.audit.hours.park_figures

    def changed(raw: ParkWindow, weights: dict[int, int], attractions: set[int]) -> Any:
        found = published(raw, weights, attractions)
        if figure == "scores":
            more = Decimal(by) * 360 * sum(weights.values())  # an hour of all rides is a score of 10
            found[key].scores = [
                score._replace(weighted_down=score.weighted_down + int(more)) for score in found[key].scores
            ]
        else:
            found[key].down_seconds += by
        return found

    monkeypatch.setattr(stats.audit.hours, "park_figures", changed)
    _, parks = compared(compute_park_day(park, DAY, 1))
    assert parks.mismatches == mismatches


def test_a_score_of_an_hour_that_should_have_none_is_a_mismatch(monkeypatch):
    park = make_park()
    report(make_ride(park), local(DAY, "09:00"), "O60", park_open=False)
    published = stats.audit.hours.park_figures

    def changed(raw: ParkWindow, weights: dict[int, int], attractions: set[int]) -> Any:
        found = published(raw, weights, attractions)
        for figures in found.values():
            figures.scores = [ScoredTime(0, 2, 3600)]
        return found

    monkeypatch.setattr(stats.audit.hours, "park_figures", changed)
    _, parks = compared(compute_park_day(park, DAY, 1))
    assert (parks.mismatches, parks.sample[0]["expected"]) == (1, None)


def test_the_queries_do_not_grow_with_the_rides(django_assert_max_num_queries):
    for rides in (1, 8):
        park = make_park()
        for _ in range(rides):
            report(make_ride(park), local(DAY, "09:00"), "O60 D60")
        computed = compute_park_day(park, DAY, 1)
        with django_assert_max_num_queries(6):
            compared(computed)
