"""When parks planned to be open: one reader of the stored windows."""

from datetime import UTC, date, datetime, timedelta

import pytest

from parks.models import ScheduleType
from parks.opening_windows import open_by_schedule, opening_windows, windows_of_days, with_schedule
from parks.tests.factories import ParkFactory, ScheduleFactory

pytestmark = pytest.mark.django_db

DAY = date(2025, 12, 23)
OPENING, CLOSING = datetime(2025, 12, 23, 17, tzinfo=UTC), datetime(2025, 12, 24, 6, tzinfo=UTC)


def window(park, day=DAY, opening=OPENING, closing=CLOSING, kind=ScheduleType.OPERATING):
    ScheduleFactory.create(
        park=park, schedule_date=day, opening_time=opening, closing_time=closing, schedule_type=kind
    )


def test_windows_come_in_order_of_their_opening_and_without_those_that_open_nothing(django_assert_num_queries):
    park, other = ParkFactory.create_batch(2)
    later = OPENING + timedelta(hours=2)
    window(park, opening=later)
    window(park)
    window(park, opening=None, closing=CLOSING)
    window(park, opening=OPENING - timedelta(hours=1), kind=ScheduleType.TICKETED_EVENT)
    window(park, day=DAY + timedelta(days=1), opening=later + timedelta(days=1), closing=CLOSING + timedelta(days=1))
    window(other)
    with django_assert_num_queries(1):
        found = opening_windows([park], DAY, DAY)
    assert found == [(park.pk, DAY, OPENING, CLOSING), (park.pk, DAY, later, CLOSING)]


def test_each_park_is_asked_for_its_own_date():
    park, other, silent = ParkFactory.create_batch(3)
    for each in (park, other):
        for days in (0, 1):
            window(each, DAY + timedelta(days=days), OPENING + timedelta(days=days), CLOSING + timedelta(days=days))
    days = {park.pk: DAY, other.pk: DAY + timedelta(days=1), silent.pk: DAY}
    a_day = timedelta(days=1)
    assert windows_of_days(days) == {
        park.pk: [(OPENING, CLOSING)],
        other.pk: [(OPENING + a_day, CLOSING + a_day)],
        silent.pk: [],
    }
    assert windows_of_days({}) == {}


@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        (OPENING - timedelta(seconds=1), False),
        (OPENING, True),
        (CLOSING, True),
        (CLOSING + timedelta(seconds=1), False),
    ],
)
def test_a_park_is_open_from_its_opening_to_its_closing(at, is_open):
    park, event = ParkFactory.create_batch(2)
    window(park)
    window(event, kind=ScheduleType.TICKETED_EVENT)
    assert open_by_schedule([park.pk, event.pk], at) == ({park.pk} if is_open else set())


def test_a_row_without_times_is_a_schedule():
    park, event, none = ParkFactory.create_batch(3)
    window(park, opening=None, closing=None)
    window(event, kind=ScheduleType.INFO)
    assert with_schedule([park.pk, event.pk, none.pk]) == {park.pk}
