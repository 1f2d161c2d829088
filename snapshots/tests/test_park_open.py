"""Is the park open at an instant (R-6.1, N-9), and does a ride row know it without its park's row (R-21)?"""

from datetime import UTC, date, datetime, timedelta

import pytest

from core.tests.golden import golden_cases
from parks.models import ScheduleType
from parks.opening_windows import NO_PLAN, Plan
from parks.tests.factories import ParkFactory, RideFactory, ScheduleFactory
from snapshots.models import RideStatusSnapshot
from snapshots.park_open import is_inside, is_park_open, plans_around
from snapshots.status import down, operating
from snapshots.tests.factories import ActivityFactory, SnapshotFactory

OPENING, CLOSING = datetime(2025, 12, 10, 14, tzinfo=UTC), datetime(2025, 12, 11, 3, tzinfo=UTC)  # 9:00 to 22:00
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def schedule(park, day: date, opening, closing, kind=ScheduleType.OPERATING):
    return ScheduleFactory.create(
        park=park, schedule_date=day, opening_time=opening, closing_time=closing, schedule_type=kind
    )


def plan_around(park, instant: datetime) -> Plan:
    return plans_around([park], instant)[park.pk]


# -- open or not -----------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("case", golden_cases("alignment_and_park_open", "park_open"))
def test_the_golden_parks_are_open(case):
    given, park = case["input"], ParkFactory.create(timezone="America/Los_Angeles")
    now = at(given["now"])
    for window in given["schedules"]:
        # The cases say one evening of a schedule; the next date has its own row, or activity would decide it (N-9).
        for days in (0, 1):
            later = timedelta(days=days)
            times = (at(window["opening"]) + later, at(window["closing"]) + later)
            schedule(park, date(2025, 12, 10) + later, *times, window["type"])
    found = plan_around(park, now)
    is_open = is_park_open(found, now, given["rides_open"] > 0)
    assert is_open is case["expected"]
    if "stored_shame_score" in given:
        counted = [given["stored_shame_score"]] if is_open else []
        assert counted == [case["expected_average_score"]]


@pytest.mark.parametrize(
    ("instant", "is_open"),
    [
        (OPENING - SECOND, False),
        (OPENING, True),
        (OPENING + SECOND, True),
        (CLOSING, True),
        (CLOSING + SECOND, False),
    ],
)
def test_both_ends_of_a_window_belong_to_it(instant, is_open):
    known = Plan(((OPENING, CLOSING),), is_decided=True)
    assert is_inside(known.windows, instant) is is_open
    assert is_park_open(known, instant, is_active=False) is is_open
    assert is_park_open(known, instant, is_active=True) is is_open, "activity does not override a schedule"


def test_one_of_several_windows_is_enough():
    windows = ((OPENING, OPENING + HOUR), (CLOSING - HOUR, CLOSING))
    assert is_inside(windows, OPENING)
    assert is_inside(windows, CLOSING)
    assert not is_inside(windows, OPENING + 2 * HOUR)
    assert not is_inside((), OPENING)


@pytest.mark.parametrize("is_active", [False, True])
def test_a_park_without_a_schedule_is_open_while_its_rides_hold_it_open(is_active):
    assert is_park_open(NO_PLAN, OPENING, is_active) is is_active


def test_a_park_whose_date_has_a_schedule_but_no_window_now_is_closed():
    assert not is_park_open(Plan((), is_decided=True), OPENING, is_active=True)


@pytest.mark.parametrize("is_active", [False, True])
def test_after_the_night_of_the_date_before_activity_decides_a_date_without_a_schedule(is_active):
    night = Plan(((OPENING, CLOSING),), is_decided=False)
    assert is_park_open(night, CLOSING, is_active=False)
    assert is_park_open(night, CLOSING + SECOND, is_active) is is_active


# -- the rows around an instant --------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_park_without_rows_has_no_schedule():
    ScheduleFactory.create()  # of another park
    assert plan_around(ParkFactory.create(), OPENING) == NO_PLAN


@pytest.mark.django_db
def test_the_night_belongs_to_the_window_of_the_date_before():
    park = ParkFactory.create()  # New York
    closing = datetime(2025, 12, 11, 6, tzinfo=UTC)  # 1:00 of the 11th
    schedule(park, date(2025, 12, 10), OPENING, closing)
    at_night = plan_around(park, closing - MINUTE)
    assert at_night.windows == ((OPENING, closing),)
    assert is_park_open(at_night, closing - MINUTE, is_active=False)


@pytest.mark.django_db
def test_the_dates_are_the_parks_own():
    """4:30 UTC of the 11th is still the 10th in New York, and long the 11th in Tokyo."""
    instant = datetime(2025, 12, 11, 4, 30, tzinfo=UTC)
    for zone, dates in (("America/New_York", (9, 10)), ("Asia/Tokyo", (10, 11))):
        park = ParkFactory.create(timezone=zone)
        for day in range(8, 13):
            noon = datetime(2025, 12, day, 12, tzinfo=UTC)
            schedule(park, date(2025, 12, day), noon, noon + HOUR)
        found = plan_around(park, instant)
        assert [opening.day for opening, _ in found.windows] == list(dates), zone
        assert found.is_decided


@pytest.mark.django_db
def test_several_windows_of_a_date_come_in_order():
    park = ParkFactory.create()
    evening = schedule(park, date(2025, 12, 10), CLOSING - HOUR, CLOSING)
    morning = schedule(park, date(2025, 12, 10), OPENING, OPENING + HOUR)
    assert plan_around(park, OPENING).windows == tuple(
        (row.opening_time, row.closing_time) for row in (morning, evening)
    )


@pytest.mark.django_db
@pytest.mark.parametrize("times", [(None, None), (OPENING, None), (None, CLOSING)])
def test_a_row_without_both_times_decides_nothing(times):
    park = ParkFactory.create()
    schedule(park, date(2025, 12, 10), *times)
    assert plan_around(park, OPENING + HOUR) == NO_PLAN


@pytest.mark.django_db
def test_a_closed_day_is_decided_whatever_runs():
    park = ParkFactory.create()
    schedule(park, date(2025, 12, 10), None, None, ScheduleType.CLOSED)
    assert not is_park_open(plan_around(park, OPENING), OPENING, is_active=True)


@pytest.mark.django_db
def test_a_row_of_another_date_decides_nothing(django_assert_num_queries):
    """A schedule that ran dry does not shut the park for good."""
    park = ParkFactory.create()
    schedule(park, date(2024, 1, 1), OPENING - timedelta(days=700), OPENING - timedelta(days=699))
    schedule(park, date(2025, 12, 11), CLOSING + HOUR, CLOSING + 2 * HOUR)
    with django_assert_num_queries(1):
        assert plan_around(park, OPENING) == NO_PLAN


# -- rows whose clocks were read apart -------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("case", golden_cases("alignment_and_park_open", "timestamp_drift"))
def test_the_golden_drift_of_two_seconds_loses_no_row(case):
    """A ride row carries its park's state: the park's own row may be of any instant."""
    given, expected = case["input"], case["expected"]
    park = ParkFactory.create(is_disney=True)
    ride = RideFactory.create(park=park)
    for row, other in zip(given["ride_snapshots"], given["park_snapshots"], strict=True):
        ActivityFactory.create(park=park, recorded_at=at(other["recorded_at"]))
        SnapshotFactory.create(
            ride=ride,
            recorded_at=at(row["recorded_at"]),
            status=row["status"],
            park_appears_open=other["park_appears_open"],
        )
    counted = RideStatusSnapshot.objects.filter(park_appears_open=True)
    assert counted.count() == expected["matches_same_minute"]
    assert counted.filter(operating()).count() == expected["operating"]
    assert counted.filter(down()).count() == expected["down"]
