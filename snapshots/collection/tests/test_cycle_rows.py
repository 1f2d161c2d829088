"""How long a row of a cycle holds, what counts as a change, and whose last row reaches over an instant (design §4)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from parks.models import Park
from parks.opening_windows import Plan
from parks.tests.factories import ParkFactory
from snapshots.collection.rows import Span, differs, overhanging, parks_before, score_at, seconds_of_row, seconds_until
from snapshots.models import ParkActivitySnapshot, nominal_interval
from snapshots.status import Status

INTERVAL = nominal_interval()


def clock(hour: int, minute: int = 0, second: int = 0, day: int = 1) -> datetime:
    """An instant of July 2026 by the park's clock, which is UTC."""
    return datetime(2026, 7, day, hour, minute, second, tzinfo=UTC)


def seconds(at: datetime, *windows: tuple[datetime, datetime]) -> int:
    return seconds_of_row(Park(timezone="UTC"), Plan(tuple(windows), is_decided=bool(windows)), at)


DAY = (clock(9), clock(20))


@pytest.mark.parametrize(
    ("at", "windows", "expected"),
    [
        # open: until closing, however many windows meet, overlap or lie inside each other, in whatever order
        (clock(19, 58), [DAY], 120),
        (clock(19, 59, 59), [DAY], 1),
        (clock(12), [DAY], INTERVAL),
        (clock(11, 58), [DAY, (clock(10), clock(12))], INTERVAL),
        (clock(11, 58), [(clock(10), clock(12)), DAY], INTERVAL),
        (clock(19, 58), [(clock(10), clock(12)), DAY], 120),
        (clock(11, 58), [(clock(9), clock(12)), (clock(11), clock(20))], INTERVAL),
        (clock(11, 58), [(clock(12), clock(20)), (clock(9), clock(12))], INTERVAL),
        (clock(11, 58), [(clock(9), clock(12)), (clock(12, 1), clock(20))], 120),
        # a row at the very instant of closing still says open, for no time
        (clock(20), [DAY], 0),
        (clock(12), [(clock(9), clock(12)), (clock(12), clock(20))], INTERVAL),
        # closed: until the next opening, the first of several
        (clock(8, 59), [DAY], 60),
        (clock(8, 59, 59), [DAY], 1),
        (clock(9), [DAY], INTERVAL),
        (clock(8, 58), [(clock(9, 1), clock(20)), (clock(9), clock(10))], 120),
        (clock(20, 0, 1), [DAY], INTERVAL),
        (clock(12, 59), [(clock(9), clock(12)), (clock(13), clock(20))], 60),
        # until midnight, with a window over it and without any
        (clock(23, 58), [(clock(18), clock(2, day=2))], 120),
        (clock(23, 58), [DAY], 120),
        (clock(23, 58), [], 120),
        (clock(0), [], INTERVAL),
    ],
)
def test_a_row_holds_for_the_interval_cut_at_opening_closing_and_midnight(at, windows, expected):
    assert seconds(at, *windows) == expected


def test_midnight_is_the_parks():
    park = Park(timezone="Asia/Tokyo")
    assert seconds_of_row(park, Plan((), is_decided=False), clock(14, 58)) == 120


def test_an_end_that_is_not_known_is_far_away():
    assert seconds_until(None, clock(9)) > 10**9
    assert seconds_until(clock(9, 1), clock(9)) == 60


def seen(status: Status | None, is_open: bool = False) -> SimpleNamespace:
    return SimpleNamespace(status=status, computed_is_open=is_open)


@pytest.mark.parametrize(
    ("before", "now", "expected"),
    [
        (None, seen(Status.DOWN), False),
        (seen(Status.DOWN), seen(Status.DOWN, True), False),
        (seen(Status.DOWN), seen(Status.CLOSED), True),
        (seen(None, True), seen(None, True), False),
        (seen(None, True), seen(None, False), True),
        (seen(None, True), seen(Status.OPERATING, True), False),
        (seen(Status.OPERATING, True), seen(None, False), True),
        (seen(Status.OPERATING, False), seen(None, False), False),
    ],
)
def test_a_change_is_of_the_status_or_without_one_of_the_open_flag(before, now, expected):
    assert differs(before, now) is expected


def test_rows_that_reach_over_an_instant_are_found_by_their_own_instant():
    at, minute = clock(9), timedelta(minutes=1)
    early, late = at - 4 * minute, at - 2 * minute
    before = {
        1: Span(early, at + minute),
        2: Span(late, at + minute),
        3: Span(early, at + timedelta(seconds=1)),
        4: Span(early, at),
        5: Span(early, at - minute),
        6: Span(early, at + minute),
    }
    assert overhanging(before, [1, 2, 3, 4, 5, 7], at) == {early: [1, 3], late: [2]}


@pytest.mark.django_db
def test_each_park_has_its_own_latest_row_before_an_instant():
    early, late, never = ParkFactory.create(), ParkFactory.create(), ParkFactory.create()
    for park, minute in ((early, 0), (late, 0), (early, 5), (late, 10), (early, 15)):
        ParkActivitySnapshot.objects.create(
            park=park, recorded_at=clock(9, minute), duration_seconds=60 + minute, park_appears_open=minute < 10
        )
    parks = [early.pk, late.pk, never.pk]
    first, second, third = clock(9), clock(9, 5), clock(9, 10)
    assert parks_before(parks, clock(9, 15)) == {
        early.pk: Span(second, second + timedelta(seconds=65)),
        late.pk: Span(third, third + timedelta(seconds=70)),
    }
    assert parks_before([late.pk], clock(9, 10)) == {late.pk: Span(first, first + timedelta(minutes=1))}
    assert parks_before([late.pk], clock(9, 15), park_appears_open=True)[late.pk].at == first
    assert parks_before(parks, first) == {}


@pytest.mark.parametrize(("reports_down", "score"), [(False, "8.0"), (True, "3.0")])
def test_the_score_is_the_weight_of_what_is_down_in_that_of_all_that_count(reports_down, score):
    rides = [
        seen(Status.OPERATING),
        seen(Status.DOWN),
        seen(Status.CLOSED),
        seen(None, True),
        seen(None, False),
        seen(Status.REFURBISHMENT),
        seen(Status.DOWN),  # does not count
    ]
    for number, ride in enumerate(rides):
        ride.ride = SimpleNamespace(pk=number)
    reading: Any = SimpleNamespace(park=Park(is_disney=reports_down), readings=rides)
    weights = {0: 1, 1: 6, 2: 4, 3: 1, 4: 6, 5: 1, 99: 1}
    assert score_at(reading, weights) == Decimal(score)
