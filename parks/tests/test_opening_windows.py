"""When parks planned to be open: one reader of the stored windows, date by date (N-9)."""

from datetime import UTC, date, datetime, timedelta

import pytest

from parks.models import ScheduleType
from parks.opening_windows import NO_PLAN, ONE_DAY, Plan, decided_windows, planned_hours, plans_of_days
from parks.tests.factories import ParkFactory, ScheduleFactory

pytestmark = pytest.mark.django_db

DAY = date(2025, 12, 23)
MIDNIGHT = datetime(2025, 12, 24, 5, tzinfo=UTC)  # the end of the day in New York
OPENING, CLOSING = datetime(2025, 12, 23, 17, tzinfo=UTC), datetime(2025, 12, 24, 6, tzinfo=UTC)  # 12:00 to 1:00


def window(park, day=DAY, opening=OPENING, closing=CLOSING, kind=ScheduleType.OPERATING):
    ScheduleFactory.create(
        park=park, schedule_date=day, opening_time=opening, closing_time=closing, schedule_type=kind
    )


def test_hours_come_in_order_and_without_rows_that_decide_nothing(django_assert_num_queries):
    park, other = ParkFactory.create_batch(2)
    later = OPENING + timedelta(hours=2)
    window(park, opening=later)
    window(park)
    window(park, opening=None, closing=CLOSING)
    window(park, opening=OPENING - timedelta(hours=1), kind=ScheduleType.TICKETED_EVENT)
    window(park, day=DAY + ONE_DAY, opening=later + ONE_DAY, closing=CLOSING + ONE_DAY)
    window(other)
    with django_assert_num_queries(1):
        found = planned_hours([park], DAY, DAY)
    assert found == [(park.pk, DAY, OPENING, CLOSING), (park.pk, DAY, later, CLOSING)]


def test_windows_are_cut_to_the_local_days_they_fall_on(django_assert_num_queries):
    park = ParkFactory.create()
    window(park)
    with django_assert_num_queries(1):
        found = plans_of_days([park], [DAY, DAY + ONE_DAY, DAY + 2 * ONE_DAY])
    assert found == {
        (park.pk, DAY): Plan(((OPENING, MIDNIGHT),), is_decided=True),
        (park.pk, DAY + ONE_DAY): Plan(((MIDNIGHT, CLOSING),), is_decided=False),
    }


def test_a_date_is_decided_by_its_own_row_alone():
    closed, dry, unknown = ParkFactory.create_batch(3)
    for park in (closed, dry, unknown):
        window(park, DAY - ONE_DAY, OPENING - ONE_DAY, OPENING)
    window(closed, opening=None, closing=None, kind=ScheduleType.CLOSED)
    window(unknown, opening=OPENING, closing=None)
    found = plans_of_days([closed, dry, unknown], [DAY])
    night = ((datetime(2025, 12, 23, 5, tzinfo=UTC), OPENING),)
    assert found == {
        (closed.pk, DAY): Plan(night, is_decided=True),
        (dry.pk, DAY): Plan(night, is_decided=False),
        (unknown.pk, DAY): Plan(night, is_decided=False),
    }


@pytest.mark.parametrize("kind", sorted(set(ScheduleType) - {ScheduleType.OPERATING, ScheduleType.CLOSED}))
def test_other_kinds_of_rows_decide_nothing(kind):
    park = ParkFactory.create()
    times = {"opening": None, "closing": None} if kind == ScheduleType.UNKNOWN else {}
    window(park, kind=kind, **times)
    assert plans_of_days([park], [DAY]).get((park.pk, DAY), NO_PLAN) == NO_PLAN


def test_each_park_is_asked_for_its_own_date():
    park, other, silent = ParkFactory.create_batch(3)
    for each in (park, other):
        for days in (0, 1):
            window(each, DAY + timedelta(days=days), OPENING + timedelta(days=days), MIDNIGHT + timedelta(days=days))
    days = {park: DAY, other: DAY + ONE_DAY, silent: DAY}
    assert decided_windows(days) == {
        park.pk: [(OPENING, MIDNIGHT)],
        other.pk: [(OPENING + ONE_DAY, MIDNIGHT + ONE_DAY)],
        silent.pk: [],
    }
    assert decided_windows({}) == {}


def test_a_night_does_not_stand_for_the_hours_of_a_date_without_a_schedule():
    park = ParkFactory.create()
    window(park)
    assert decided_windows({park: DAY + ONE_DAY}) == {park.pk: []}
