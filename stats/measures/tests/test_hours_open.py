"""When a park was open on a local day: each date by its own schedule, one without by what was seen (N-9)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from core.instants import seconds
from parks.models import Park, ScheduleType
from parks.opening_windows import decided_windows
from parks.tests.factories import ParkFactory, ScheduleFactory
from snapshots.tests.factories import ActivityFactory
from stats.measures.hours import chart_hours
from stats.measures.hours_open import spans_by_day

pytestmark = pytest.mark.django_db
DAY, NEXT = date(2026, 7, 1), date(2026, 7, 2)
HOUR = timedelta(hours=1)
MIDNIGHT = datetime(2026, 7, 2, 4, tzinfo=UTC)  # between the two, in New York


def at(hours: float) -> datetime:
    """By the clock of the second day."""
    return MIDNIGHT + hours * HOUR


def seen(park: Park, *hours: float) -> None:
    for each in hours:
        ActivityFactory.create(park=park, recorded_at=at(each), duration_seconds=3_600, park_appears_open=True)


def spans(park: Park, day: date) -> list[tuple[float, float]] | None:
    """In hours of the second day; None: nobody says."""
    found = spans_by_day([park], [DAY, NEXT]).get((park.pk, day))
    start = seconds(MIDNIGHT)
    return None if found is None else [((a - start) / 3_600, (b - start) / 3_600) for a, b in found]


def test_a_date_with_a_schedule_is_open_by_it_whatever_was_seen():
    park = ParkFactory.create()
    ScheduleFactory.create(park=park, schedule_date=NEXT, opening_time=at(10), closing_time=at(20))
    seen(park, 3, 12, 21)
    assert spans(park, NEXT) == [(10, 20)]
    assert spans(park, DAY) is None


def test_a_closed_day_is_open_for_no_time():
    park = ParkFactory.create()
    ScheduleFactory.create(park=park, schedule_date=NEXT, schedule_type=ScheduleType.CLOSED)
    seen(park, 12)
    assert spans(park, NEXT) == []


def test_the_date_after_the_last_planned_one_is_open_as_seen():
    park = ParkFactory.create()
    ScheduleFactory.create(park=park, schedule_date=DAY)
    seen(park, 10, 19)
    assert spans(park, NEXT) == [(10, 20)]


def test_a_planned_night_does_not_reach_to_the_first_sight_of_a_date_without_a_schedule():
    park = ParkFactory.create()
    ScheduleFactory.create(park=park, schedule_date=DAY, opening_time=at(-6), closing_time=at(2))
    seen(park, 0, 1, 10, 19)
    ActivityFactory.create(park=park, recorded_at=at(2), duration_seconds=0, park_appears_open=True)
    assert spans(park, DAY) == [(-6, 0)]
    assert spans(park, NEXT) == [(0, 2), (10, 20)]


def test_a_chart_of_a_day_begins_with_the_night_before_over_the_change_to_winter_time():
    """Hours until 3:00 of the second of November, when New York has 1:00 twice, and from 10:00 to 22:00."""
    park = ParkFactory.create()
    day = date(2025, 11, 2)
    for filed, opening, closing in (
        (date(2025, 11, 1), datetime(2025, 11, 1, 14, tzinfo=UTC), datetime(2025, 11, 2, 8, tzinfo=UTC)),
        (day, datetime(2025, 11, 2, 15, tzinfo=UTC), datetime(2025, 11, 3, 3, tzinfo=UTC)),
    ):
        ScheduleFactory.create(park=park, schedule_date=filed, opening_time=opening, closing_time=closing)
    windows = decided_windows({park: day})[park.pk]
    shown = chart_hours(windows, park.timezone, is_today=False, active_hours=[])
    assert shown == [0, 1, 2, *range(10, 22)]
    eve = decided_windows({park: date(2025, 11, 1)})[park.pk]
    assert chart_hours(eve, park.timezone, is_today=False, active_hours=[]) == [*range(10, 24)]
