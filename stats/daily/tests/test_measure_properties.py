"""What holds for every day, whatever was observed (R-8, R-10.0, R-14, design §4)."""

import random
from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parks.models import Park, Ride
from snapshots.models import RideStatusSnapshot
from stats.daily.compute import ride_row
from stats.daily.recompute import recompute_park_day
from stats.measures.ride_measures import Stretch, window_score
from stats.models import ParkDailyStats, RideDailyStats
from stats.tests.builders import DAY, STATES, local, make_park, make_ride, measured

pytestmark = [pytest.mark.django_db, pytest.mark.uncounted]

OPENING = local(DAY, "00:00")

# (state, seconds, wait, park open, seconds nobody observed before it)
stretches = st.lists(
    st.tuples(
        st.sampled_from(sorted(STATES)),
        st.integers(1, 7200),
        st.none() | st.integers(0, 600),
        st.booleans(),
        st.sampled_from([0, 0, 0, 1, 900]),
    ),
    min_size=1,
    max_size=10,
)
days = st.lists(stretches, min_size=1, max_size=4)


def observations(ride: Ride, stretches: list[tuple]) -> list[RideStatusSnapshot]:
    rows = []
    at = OPENING
    for state, seconds, wait, park_open, gap in stretches:
        at += timedelta(seconds=gap)
        status, is_open = STATES[state]
        rows.append(
            RideStatusSnapshot(
                ride=ride,
                park_id=ride.park_id,
                recorded_at=at,
                duration_seconds=seconds,
                status=status,
                is_open=is_open,
                computed_is_open=is_open,
                wait_time=wait,
                park_appears_open=park_open,
            )
        )
        at += timedelta(seconds=seconds)
    return rows


def new_park(rides: int, **columns: Any) -> tuple[Park, list[Ride]]:
    park = make_park(**columns)
    return park, [make_ride(park, classified=number % 3 + 1) for number in range(rides)]


def day_of(park: Park, rides: list[Ride], rows: list[RideStatusSnapshot]) -> tuple[list[dict], dict]:
    """The daily rows these observations give, without their keys."""
    RideStatusSnapshot.objects.filter(park=park).delete()
    RideStatusSnapshot.objects.bulk_create(rows)
    recompute_park_day(park, DAY, 1)
    found = {row["ride_id"]: row for row in RideDailyStats.objects.filter(ride__park=park).values()}
    ride_rows = [without_keys(found[ride.pk]) for ride in rides if ride.pk in found]
    return ride_rows, without_keys(ParkDailyStats.objects.filter(park=park).values().get())


def without_keys(row: Mapping[str, Any]) -> dict:
    return {name: value for name, value in row.items() if name not in ("id", "ride_id", "park_id", "created_at")}


def without_counts(day: tuple[list[dict], dict]) -> tuple[list[dict], dict]:
    """A day's figures without the number of rows they come from."""
    rides, park = day
    return [{name: value for name, value in row.items() if name != "snapshot_count"} for row in rides], park


@settings(max_examples=40)
@given(days, st.booleans())
def test_up_and_down_never_exceed_the_open_time_and_scores_stay_within_zero_and_ten(day, is_disney):
    park, rides = new_park(len(day), is_disney=is_disney)
    rows = [row for ride, reported in zip(rides, day, strict=True) for row in observations(ride, reported)]
    ride_rows, park_row = day_of(park, rides, rows)
    for row in ride_rows:
        assert 0 <= row["uptime_minutes"] + row["downtime_minutes"] <= row["operating_hours_minutes"]
        assert 0 <= row["uptime_percentage"] <= 100
        assert (row["longest_downtime_minutes"] or 0) <= row["downtime_minutes"] + 1
        if row["avg_wait_time"] is not None:
            assert row["min_wait_time"] <= row["avg_wait_time"] <= row["max_wait_time"] <= row["peak_wait_time"] < 480
    assert 0 <= park_row["shame_score"] <= 10
    assert park_row["rides_with_downtime"] <= park_row["total_rides_tracked"] == len(rides)


@settings(max_examples=30)
@given(days, st.booleans(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(day, is_disney, shuffler: random.Random):
    park, rides = new_park(len(day), is_disney=is_disney)
    rows = [row for ride, reported in zip(rides, day, strict=True) for row in observations(ride, reported)]
    expected = day_of(park, rides, rows)
    shuffler.shuffle(rows)
    assert day_of(park, rides, rows) == expected


@settings(max_examples=30)
@given(days, st.booleans(), st.integers(1, 3600))
def test_rows_cut_into_shorter_ones_give_the_same_day(day, is_disney, grain):
    park, rides = new_park(len(day), is_disney=is_disney)
    rows = [row for ride, reported in zip(rides, day, strict=True) for row in observations(ride, reported)]
    expected = without_counts(day_of(park, rides, rows))
    grain = max(grain, max(row.duration_seconds for row in rows) // 20 + 1)
    pieces = []
    for row in rows:
        for offset in range(0, row.duration_seconds, grain):
            piece = RideStatusSnapshot(**{field.attname: getattr(row, field.attname) for field in row._meta.fields})
            piece.recorded_at = row.recorded_at + timedelta(seconds=offset)
            piece.duration_seconds = min(grain, row.duration_seconds - offset)
            pieces.append(piece)
    assert without_counts(day_of(park, rides, pieces)) == expected


@settings(max_examples=30)
@given(st.data(), st.integers(2, 6), st.sampled_from([1, 3, 5, 10, 15]), st.integers(1, 3))
def test_the_same_score_at_every_snapshot_is_the_score_of_the_day(data, rides_count, interval, tier):
    """R-10.0: of n rides alike, k others are down each time, and each runs at some time."""
    down_count = data.draw(st.integers(0, rides_count - 1))
    snapshots = data.draw(st.integers(rides_count, 40))
    park = make_park()
    rides = [make_ride(park, classified=tier) for _ in range(rides_count)]
    rows = [
        row
        for number, ride in enumerate(rides)
        for row in observations(
            ride,
            [
                ("D" if (number - at) % rides_count < down_count else "O", interval * 60, None, True, 0)
                for at in range(snapshots)
            ],
        )
    ]
    _, park_row = day_of(park, rides, rows)
    weight = 4 - tier
    instant = window_score([(measured(1, int(n < down_count)), weight) for n in range(rides_count)], 1)
    assert park_row["shame_score"] == instant.score
    assert park_row["effective_park_weight"] == weight * rides_count


@settings(max_examples=100)
@given(st.integers(0, 90_000), st.integers(0, 90_000), st.integers(0, 90_000))
def test_a_ride_row_keeps_its_sums_for_any_seconds(up, down, other):
    row = ride_row(measured(up, down, up + down + other), DAY, 1, 0, [Stretch(OPENING, down)], 0)
    assert row.uptime_minutes + row.downtime_minutes <= row.operating_hours_minutes
    assert 0 <= row.uptime_percentage <= 100
    assert (row.longest_downtime_minutes or 0) <= row.downtime_minutes + 1
    if not up:
        assert row.downtime_minutes == row.uptime_percentage == 0


@settings(max_examples=50)
@given(
    st.lists(st.tuples(st.integers(0, 3600), st.integers(1, 3)), min_size=1, max_size=8),
    st.integers(1, 10),
)
def test_a_window_score_is_a_rate_and_does_not_depend_on_the_length(rides, times):
    once = window_score([(measured(1, down), weight) for down, weight in rides], 3600)
    longer = window_score([(measured(1, down * times), weight) for down, weight in rides], 3600 * times)
    assert once.score == longer.score
    assert once.score is not None
    assert Decimal(0) <= once.score <= 10


def test_a_ride_that_ran_for_a_moment_is_in_numerator_and_denominator_alike():
    """Two seconds of twelve hours are 0.00 % of uptime, and yet the ride operated (R-5.3, R-10.0)."""
    park = make_park()
    briefly, always = make_ride(park, classified=1), make_ride(park, classified=1)
    rows = observations(briefly, [("O", 2, None, True, 0), ("D", 43_198, None, True, 0)])
    rows += observations(always, [("O", 43_200, None, True, 0)])
    _, park_row = day_of(park, [briefly, always], rows)
    assert park_row["shame_score"] == Decimal("5.0")
