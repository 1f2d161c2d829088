"""When a park was open is decided again when more is known: by the day's rides (N-8), by corrected hours (N-9)."""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine

from core.instants import seconds
from core.intervals import merged
from core.zones import local_date
from parks.models import ParkSchedule, ScheduleType
from parks.tests.factories import ClassificationFactory, RideFactory, ScheduleFactory
from snapshots.collection.apart import apart_before, dates_apart
from snapshots.collection.run import collect
from snapshots.models import DataQualityLog, DataSource, ParkActivitySnapshot, RideStatusSnapshot
from snapshots.reconciliation.open_again import decide_open_again, runs_of
from snapshots.tests.factories import SessionFactory, SnapshotFactory
from snapshots.tests.live_answers import fetch_of, line, queue_times, queue_times_park

pytestmark = pytest.mark.django_db

STEP = timedelta(minutes=30)
MIDNIGHT = datetime(2026, 7, 1, 4, tzinfo=UTC)  # in New York
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def half_hours(settings):
    settings.COLLECTION_INTERVAL_SECONDS = 1800


def watch(park, hours, day=0, upto=24.0):
    """A day of collection of a park; `hours`: by ride, when it runs."""
    at = start = MIDNIGHT + timedelta(days=day)
    while at < start + upto * HOUR:
        clock = (at - start) / HOUR
        lines = [
            line(ride, any(a <= clock < b for a, b in ran), 0, last_updated=f"{at:%Y-%m-%dT%H:%M:%SZ}")
            for ride, ran in hours.items()
        ]
        with time_machine.travel(at, tick=False):
            collect(at, fetch_of({park: queue_times(*lines)}), [park])
        at += STEP


def open_hours(park, day=0):
    """When the park's rows say it was open, in hours since midnight; its rides' rows say the same."""
    start = MIDNIGHT + timedelta(days=day)
    within = {"park": park, "recorded_at__gte": start, "recorded_at__lt": start + 24 * HOUR}
    rows = ParkActivitySnapshot.objects.filter(**within).order_by("recorded_at")
    rides = RideStatusSnapshot.objects.filter(**within, park_appears_open=True)
    instants = [row.recorded_at for row in rows if row.park_appears_open]
    assert sorted(set(rides.values_list("recorded_at", flat=True))) == instants
    assert all((row.shame_score is None) != row.park_appears_open for row in rows)
    spans = []
    for at in instants:
        clock = (at - start) / HOUR
        if spans and spans[-1][1] == clock:
            spans[-1][1] = clock + 0.5
        else:
            spans.append([clock, clock + 0.5])
    return [tuple(span) for span in spans]


def again(park, day=0):
    start = MIDNIGHT + timedelta(days=day)
    with time_machine.travel(start + 25 * HOUR, tick=False):
        return decide_open_again(park, local_date(start, park.timezone))


def rides_of(park, number):
    return RideFactory.create_batch(number, park=park)


def test_a_play_area_that_never_closes_holds_no_park_open_and_is_reported_once():
    park = queue_times_park()
    area, *rides = rides_of(park, 5)
    hours = {area: [(0, 24)], **{ride: [(10, 18)] for ride in rides}}
    for day in range(2):
        watch(park, hours, day)
        assert open_hours(park, day) == [(10, 18)], "the first day too"
        assert again(park, day) == 0
    row = DataQualityLog.objects.get(raw_data__reason="runs apart")
    assert (row.entity_type, row.entity_id) == ("ride", area.pk)
    assert row.raw_data["dates"] == ["2026-07-01", "2026-07-02"]
    assert (row.timestamp_start, row.timestamp_end) == (MIDNIGHT, MIDNIGHT + 48 * HOUR)


def test_what_the_first_night_could_not_know_is_put_right_and_the_second_night_knows_it():
    park = queue_times_park()
    rides = rides_of(park, 8)
    hours = {ride: [(0, 24)] if n < 3 else [(10, 18)] for n, ride in enumerate(rides)}
    watch(park, hours)
    assert open_hours(park) == [(0, 24)], "three of eight are more than a quarter"
    assert again(park) == 32
    assert open_hours(park) == [(10, 18)]
    assert again(park) == 0, "idempotent"
    watch(park, hours, day=1)
    assert open_hours(park, 1) == [(10, 18)]
    assert again(park, 1) == 0
    assert set(dates_apart([ride.pk for ride in rides])) == {ride.pk for ride in rides[:3]}


def test_a_storm_closes_the_park_only_as_long_as_nobody_can_know_better():
    park = queue_times_park()
    rides = rides_of(park, 6)
    ClassificationFactory.create(ride=rides[0], tier=1)
    hours = {ride: [(10, 12), (14, 18)] for ride in rides[1:]} | {rides[0]: [(10, 18)]}
    watch(park, hours)
    assert open_hours(park) == [(10, 12), (14, 18)]
    assert again(park) == 4
    assert open_hours(park) == [(10, 18)]
    noon = ParkActivitySnapshot.objects.get(park=park, recorded_at=MIDNIGHT + 13 * HOUR)
    assert noon.shame_score == Decimal("7.7"), "five rides of weight 2 beside one of 3"
    SessionFactory.create(park=park, session_date="2026-07-01", session_end_utc=MIDNIGHT + 18 * HOUR)
    watch(park, hours, day=1)
    assert open_hours(park, 1) == [(10, 18)], "the park never closed at noon before"
    assert again(park, 1) == 0
    watch(park, {ride: [(10, 16)] for ride in rides}, day=2)
    assert open_hours(park, 2) == [(10, 16)], "two hours before the usual closing it may well have closed"


def test_a_silent_hour_of_the_feed_closes_nothing():
    park = queue_times_park()
    watch(park, {ride: [(10, 18)] for ride in rides_of(park, 3)})
    hour = {"recorded_at__gte": MIDNIGHT + 12 * HOUR, "recorded_at__lt": MIDNIGHT + 13 * HOUR}
    for model in (RideStatusSnapshot, ParkActivitySnapshot):
        model.objects.filter(**hour).delete()
    assert again(park) == 0
    assert open_hours(park) == [(10, 12), (13, 18)], "unknown"


def test_corrected_hours_decide_the_day_again():
    park = queue_times_park()
    hours = {"schedule_date": "2026-07-01", "opening_time": MIDNIGHT + 10 * HOUR}
    schedule = ScheduleFactory.create(park=park, closing_time=MIDNIGHT + 23 * HOUR, **hours)
    watch(park, {ride: [(9, 19)] for ride in rides_of(park, 3)})
    closing = {"recorded_at": MIDNIGHT + 23 * HOUR}
    assert ParkActivitySnapshot.objects.get(**closing).park_appears_open, "the closing instant belongs to the window"
    ParkSchedule.objects.filter(pk=schedule.pk).update(
        opening_time=MIDNIGHT + 11 * HOUR, closing_time=MIDNIGHT + 18.75 * HOUR
    )
    assert again(park) == 11
    assert open_hours(park) == [(11, 19)]
    assert again(park) == 0
    ParkSchedule.objects.filter(pk=schedule.pk).update(
        schedule_type=ScheduleType.CLOSED, opening_time=None, closing_time=None
    )
    assert again(park) == 16
    assert open_hours(park) == []


def test_rows_of_the_archive_and_other_parks_are_left_alone(django_assert_num_queries):
    park = queue_times_park()
    watch(park, {ride: [(10, 18)] for ride in rides_of(park, 3)}, upto=12)
    ParkActivitySnapshot.objects.update(data_source=DataSource.ARCHIVE, park_appears_open=True)
    with django_assert_num_queries(1):
        assert again(park) == 0
    assert again(queue_times_park()) == 0


def test_a_day_that_is_decided_by_activity_takes_eleven_queries_at_the_beginning_of_a_season(
    django_assert_num_queries,
):
    park = queue_times_park()
    watch(park, {ride: [(10, 18)] for ride in rides_of(park, 3)})
    with django_assert_num_queries(11):
        assert again(park) == 0


def test_runs_are_joined_where_rows_follow_each_other_or_overlap():
    """Against a plain merging of the rows."""
    park = queue_times_park()
    rng = random.Random(7)
    for ride in rides_of(park, 6):
        at = MIDNIGHT
        for _ in range(60):
            length = rng.choice([0, 300, 600, 600, 900])
            SnapshotFactory.create(
                ride=ride, recorded_at=at, duration_seconds=length, computed_is_open=rng.random() < 0.7, status=None
            )
            at += timedelta(seconds=rng.choice([300, 600, 600, 600]))
    rows = RideStatusSnapshot.objects.filter(park=park)
    by_hand: dict[int, list[tuple[int, int]]] = {}
    for row in rows:
        if row.computed_is_open and row.duration_seconds:
            start = seconds(row.recorded_at)
            by_hand.setdefault(row.ride_id, []).append((start, start + row.duration_seconds))
    assert runs_of(rows.order_by()) == {ride: merged(ran) for ride, ran in by_hand.items()}
    assert sum(map(len, by_hand.values())) > 2 * sum(map(len, runs_of(rows.order_by()).values()))


def test_a_running_day_reports_no_ride_yet():
    park = queue_times_park()
    area, *rides = rides_of(park, 5)
    watch(park, {area: [(0, 24)], **{ride: [(10, 18)] for ride in rides}}, upto=12)
    with time_machine.travel(MIDNIGHT + 12 * HOUR, tick=False):
        decide_open_again(park, local_date(MIDNIGHT, park.timezone))
    assert not dates_apart([area.pk])
    assert open_hours(park) == [(10, 12)]


def test_a_day_that_is_decided_anew_takes_its_dates_back():
    park = queue_times_park()
    area, *rides = rides_of(park, 4)
    watch(park, {area: [(0, 24)], **{ride: [(10, 18)] for ride in rides}})
    again(park)
    assert dates_apart([area.pk])
    RideStatusSnapshot.objects.filter(ride=area).update(status="CLOSED")
    again(park)
    assert not dates_apart([area.pk])
    assert not DataQualityLog.objects.filter(raw_data__reason="runs apart").exists()


def test_a_ride_that_ran_apart_is_a_witness_again_after_seven_days():
    dates = {1: [date(2026, 7, 1)], 2: [date(2026, 7, 8)]}
    assert apart_before(dates, date(2026, 7, 8)) == {1}
    assert apart_before(dates, date(2026, 7, 9)) == {2}


def test_who_ran_in_a_park_that_was_closed_after_all_operated_last_before_it():
    park = queue_times_park()
    rides = rides_of(park, 8)
    evening = {ride: [(10, 18)] for ride in rides[3:]}
    watch(park, {ride: [(10, 16)] for ride in rides})
    watch(park, {**{ride: [(0, 24)] for ride in rides[:3]}, **evening}, day=1)
    again(park)
    for ride in rides:
        ride.refresh_from_db()
    assert {ride.last_operated_at for ride in rides[:3]} == {MIDNIGHT + 47.5 * HOUR}
    again(park, day=1)
    for ride in rides:
        ride.refresh_from_db()
    assert {ride.last_operated_at for ride in rides} == {MIDNIGHT + 41.5 * HOUR}, "the park's last open half hour"
