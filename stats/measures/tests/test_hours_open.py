"""When parks were open on local days: by schedule, else from first to last sight (R-6)."""

from datetime import date, datetime, timedelta

import pytest

from core.instants import seconds
from core.intervals import length, merged, overlap
from parks.models import Park, ScheduleType
from parks.tests.factories import ScheduleFactory
from stats.measures.buckets import ParkBucket
from stats.measures.hours_open import (
    last_seen_open,
    planned_spans,
    seen_spans,
    sight,
    spans_by_day,
)
from stats.tests.builders import DAY, TOKYO, local, make_park, show_park

NEXT = DAY + timedelta(days=1)
BEFORE = DAY - timedelta(days=1)


def span(first: datetime, last: datetime) -> tuple[int, int]:
    return seconds(first), seconds(last)


@pytest.mark.parametrize(
    ("spans", "expected"),
    [
        ([], []),
        ([(1, 2), (3, 4)], [(1, 2), (3, 4)]),
        ([(1, 3), (3, 4)], [(1, 4)]),
        ([(1, 3), (2, 5)], [(1, 5)]),
        ([(1, 9), (2, 5)], [(1, 9)]),
        ([(1, 9), (2, 5), (8, 10), (11, 12)], [(1, 10), (11, 12)]),
        ([(1, 1)], []),
        ([(4, 3)], []),
        ([(1, 1), (2, 3)], [(2, 3)]),
    ],
)
def test_merged_spans_do_not_touch_and_none_is_empty(spans, expected):
    assert merged(spans) == expected


def test_length_and_overlap_count_seconds():
    spans = [(10, 20), (30, 60)]
    assert length(spans) == 40
    ranges = ((0, 100), (15, 35), (20, 30), (0, 10), (60, 70), (40, 50), (12, 14))
    assert [overlap(spans, *each) for each in ranges] == [40, 10, 0, 0, 0, 10, 2]


def test_sights_widen_the_span_of_their_day_and_park():
    sights: dict[tuple[int, date], list[tuple[int, int]]] = {}
    for park, day, first, last in (
        (1, DAY, 50, 60),
        (1, DAY, 40, 55),
        (1, DAY, 45, 70),
        (1, NEXT, 90, 95),
        (2, DAY, 1, 2),
    ):
        sight(sights, day, ParkBucket(park, True, 0, 1, 10, first, last))
    assert sights == {(1, DAY): [(40, 70)], (1, NEXT): [(90, 95)], (2, DAY): [(1, 2)]}


def scheduled(
    park: Park, opening: datetime | None, closing: datetime | None, day: date = DAY, **columns: object
) -> None:
    ScheduleFactory.create(park=park, schedule_date=day, opening_time=opening, closing_time=closing, **columns)


@pytest.mark.django_db
def test_windows_are_cut_to_the_days_they_fall_on():
    park, other = make_park(timezone=TOKYO), make_park(timezone=TOKYO)
    opening, closing = local(DAY, "10:00", TOKYO), local(NEXT, "02:00", TOKYO)
    scheduled(park, opening, closing)
    scheduled(other, local(DAY, "09:00", TOKYO), local(DAY, "18:00", TOKYO))
    midnight = local(NEXT, "00:00", TOKYO)
    scheduled(make_park(timezone=TOKYO), opening, closing)  # of nobody who was asked about
    assert planned_spans([park, other], [DAY, NEXT]) == {
        (park.pk, DAY): [span(opening, midnight)],
        (park.pk, NEXT): [span(midnight, closing)],
        (other.pk, DAY): [span(local(DAY, "09:00", TOKYO), local(DAY, "18:00", TOKYO))],
    }
    assert planned_spans([park], [NEXT]) == {(park.pk, NEXT): [span(midnight, closing)]}, "of the night before alone"
    assert planned_spans([park], [NEXT + timedelta(days=1)]) == {}


@pytest.mark.django_db
def test_a_window_may_carry_the_date_before_it_opens_or_the_one_before():
    park = make_park()
    for day, hour in ((BEFORE, "01:00"), (NEXT, "10:00")):
        scheduled(park, local(DAY, hour), local(DAY, f"{int(hour[:2]) + 2:02}:00"), day)
    expected = [span(local(DAY, "01:00"), local(DAY, "03:00")), span(local(DAY, "10:00"), local(DAY, "12:00"))]
    assert planned_spans([park], [DAY]) == {(park.pk, DAY): expected}


@pytest.mark.django_db
def test_a_window_that_ends_or_begins_at_midnight_is_of_one_day():
    park = make_park()
    scheduled(park, local(DAY, "10:00"), local(NEXT, "00:00"))
    scheduled(park, local(BEFORE, "20:00"), local(DAY, "00:00"), BEFORE)
    assert planned_spans([park], [DAY]) == {(park.pk, DAY): [span(local(DAY, "10:00"), local(NEXT, "00:00"))]}


@pytest.mark.django_db
def test_windows_that_overlap_are_one_and_half_reported_or_other_ones_open_nothing():
    park = make_park()
    scheduled(park, local(DAY, "12:00"), local(DAY, "20:00"))
    scheduled(park, local(DAY, "09:00"), local(DAY, "13:00"), schedule_type=ScheduleType.OPERATING)
    scheduled(park, local(DAY, "21:00"), None)
    scheduled(park, None, local(DAY, "23:00"))
    scheduled(park, local(DAY, "07:00"), local(DAY, "09:00"), schedule_type=ScheduleType.EXTRA_HOURS)
    assert planned_spans([park], [DAY]) == {(park.pk, DAY): [span(local(DAY, "09:00"), local(DAY, "20:00"))]}


@pytest.mark.django_db
def test_without_a_schedule_a_park_was_open_from_first_to_last_sight():
    planned, seen = make_park(), make_park()
    scheduled(planned, local(DAY, "09:00"), local(DAY, "20:00"))
    for park in (planned, seen):
        show_park(park, local(DAY, "10:00"), 60)
        show_park(park, local(DAY, "11:00"), 60, is_open=False)
        show_park(park, local(DAY, "12:00"), 60)
        show_park(park, local(DAY, "20:00"), 60, is_open=False)
    sights = {(park.pk, DAY): [span(local(DAY, "10:00"), local(DAY, "13:00"))] for park in (planned, seen)}
    assert seen_spans([planned, seen], [DAY]) == sights
    plan = {(planned.pk, DAY): [span(local(DAY, "09:00"), local(DAY, "20:00"))]}
    assert spans_by_day([planned, seen], [DAY]) == sights | plan
    assert spans_by_day([planned], [DAY, NEXT]) == plan
    given = {(seen.pk, DAY): [(1, 2)]}
    assert spans_by_day([planned, seen], [DAY], given) == given | plan


@pytest.mark.django_db
def test_only_the_days_that_are_asked_for_are_seen():
    park = make_park()
    for day in (BEFORE, DAY, NEXT):
        show_park(park, local(day, "10:00"), 60)
    assert seen_spans([park], [BEFORE, NEXT]).keys() == {(park.pk, BEFORE), (park.pk, NEXT)}


@pytest.mark.django_db
def test_what_is_planned_of_all_is_not_looked_for(django_assert_num_queries):
    park = make_park()
    scheduled(park, local(DAY, "09:00"), local(DAY, "20:00"))
    with django_assert_num_queries(1):
        spans_by_day([park], [DAY])
    with django_assert_num_queries(2):
        spans_by_day([park], [DAY, NEXT])


@pytest.mark.django_db
def test_when_a_park_was_last_seen_open():
    park = make_park()
    assert last_seen_open(park, local(DAY, "12:00")) is None
    show_park(park, local(DAY, "10:00"), 30)
    show_park(park, local(DAY, "10:30"), 30, is_open=False)
    show_park(make_park(), local(DAY, "10:40"), 30)
    assert last_seen_open(park, local(DAY, "12:00")) == local(DAY, "10:20")
    assert last_seen_open(park, local(DAY, "10:10")) == local(DAY, "10:10")
