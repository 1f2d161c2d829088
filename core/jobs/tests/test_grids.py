"""Instants of a grid: the slot of a moment, and the next one."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.jobs.grids import DAY, HOUR, MINUTE, Grid

grids = st.builds(
    lambda every, share: Grid(every, int(every * share)),
    st.sampled_from([MINUTE, 5 * MINUTE, HOUR, 6 * HOUR, DAY, 7 * DAY]),
    st.floats(0, 0.99),
)
moments = st.integers(0, 4_000_000_000).map(lambda at: datetime.fromtimestamp(at, UTC))


@pytest.mark.parametrize(
    ("grid", "now", "last"),
    [
        (Grid(5 * MINUTE), "2026-11-21T12:04:59", "2026-11-21T12:00:00"),
        (Grid(5 * MINUTE), "2026-11-21T12:05:00", "2026-11-21T12:05:00"),
        (Grid(HOUR, 10 * MINUTE), "2026-11-21T12:09:59", "2026-11-21T11:10:00"),
        (Grid(DAY, 6 * HOUR), "2026-11-21T05:59:59", "2026-11-20T06:00:00"),
        (Grid(DAY, 6 * HOUR), "2026-11-21T06:00:00", "2026-11-21T06:00:00"),
        (Grid(7 * DAY), "2026-11-21T06:00:00", "2026-11-19T00:00:00"),  # a Thursday
    ],
)
def test_the_slot_of_a_moment_is_the_latest_instant_that_has_come(grid, now, last):
    assert grid.last(datetime.fromisoformat(f"{now}+00:00")) == datetime.fromisoformat(f"{last}+00:00")


@given(grids, moments)
def test_a_moment_lies_between_its_slot_and_the_next_one(grid, now):
    assert grid.last(now) <= now < grid.next(now)
    assert grid.next(now) - grid.last(now) == timedelta(seconds=grid.every)


@given(grids, moments)
def test_a_slot_is_its_own_slot(grid, now):
    assert grid.last(grid.last(now)) == grid.last(now)
    assert grid.last(grid.next(now)) == grid.next(now)
