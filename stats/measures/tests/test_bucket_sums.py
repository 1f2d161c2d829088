"""Sums of a bucket and the numbers that follow from them (R-8, R-10, N-2 to N-4)."""

from decimal import Decimal

import pytest

from snapshots.score import ScoredTime
from stats.measures.bucket_sums import Figures
from stats.measures.ride_measures import RideMeasures, WaitTotals

SECONDS = ("open_seconds", "up_seconds", "down_seconds", "unknown_seconds", "opening_delay_seconds")
SUMS = (*SECONDS, "rows", "attraction_up_seconds", "attraction_down_seconds")
ONE, TWO = ScoredTime(1, 1, 10), ScoredTime(2, 1, 10)


def figures(factor: int, **other: object) -> Figures:
    """Each sum another number."""
    return Figures(**{name: factor * (n + 1) for n, name in enumerate(SUMS)}, **other)  # type: ignore[arg-type]


def test_sums_add_up_and_extremes_are_kept():
    one = figures(1, waits=WaitTotals(60, 300, 5, 20, 7), posted=[{5: 60}], scores=[ONE], hours=frozenset({1, 2}))
    more = WaitTotals(60, 180, 3, 10, 8)
    one.add(figures(100, waits=more, posted=[{3: 60}], scores=[TWO], hours=frozenset({2, 3}), operated=True))
    assert {name: getattr(one, name) for name in SUMS} == {name: 101 * (n + 1) for n, name in enumerate(SUMS)}
    assert one.waits == WaitTotals(120, 480, 3, 20, 15)
    assert (one.posted, one.scores) == ([{5: 60}, {3: 60}], [ONE, TWO])
    assert (one.hours, one.operated, one.is_of_park) == ({1, 2, 3}, True, False)
    one.add(Figures(is_of_park=True))
    assert one.is_of_park


@pytest.mark.parametrize(("ours", "others"), [(None, 7), (7, None)])
def test_an_extreme_of_one_side_alone_is_kept(ours, others):
    one = Figures(waits=WaitTotals(least=ours, greatest=ours))
    one.add(Figures(waits=WaitTotals(least=others, greatest=others)))
    assert (one.wait_min, one.wait_max) == (7, 7)


def ride(**columns: object) -> RideMeasures:
    return RideMeasures(1, 1, rows=4, open_seconds=100, up_seconds=60, **columns)  # type: ignore[arg-type]


@pytest.mark.parametrize("operated", [True, False])
def test_a_days_measures_are_added_and_count_as_operated_if_the_ride_ran(operated):
    found = Figures()
    for _ in range(2):
        found.add_ride(ride(held={10: 60}), 30, operated)
    assert [getattr(found, name) for name in (*SECONDS, "rows")] == [200, 120, 60, 0, 0, 8]
    assert (found.operated, found.waits, found.posted) == (operated, WaitTotals(), [])
    assert found.uptime_percentage == (Decimal("60.0") if operated else None)


def test_waits_come_one_by_one_or_summed():
    found = Figures()
    found.add_waits(ride(held={10: 60, 30: 120, 0: 20}))
    assert (found.waits, found.posted) == (WaitTotals(180, 10 * 60 + 30 * 120, 10, 30, 20), [{10: 60, 30: 120}])
    found.add_waits(ride(summed=WaitTotals(60, 300, 5, 45, 10)))
    assert (found.waits, found.posted) == (WaitTotals(240, 4_500, 5, 45, 30), [{10: 60, 30: 120}])
    found.add_waits(ride(held={0: 60}))
    assert (found.waits.walk_on_seconds, len(found.posted)) == (90, 1)
    found.add_waits(ride())
    assert found.waits == WaitTotals(240, 4_500, 5, 45, 90)


def test_published_numbers_follow_from_the_sums():
    found = Figures(
        open_seconds=7200,
        up_seconds=3600,
        down_seconds=1200,
        unknown_seconds=600,
        opening_delay_seconds=300,
        operated=True,
        rows=24,
        waits=WaitTotals(600, 6_150, 5, 20, 200),
        posted=[{5: 300, 10: 100}, {20: 100, 5: 100}],
        scores=[ScoredTime(10, 2, 100), ScoredTime(75, 1, 300)],
    )
    published = {
        "wait_avg": Decimal("10.3"),
        "wait_min": 5,
        "wait_max": 20,
        "walk_on_percentage": Decimal("25.0"),
        "uptime_percentage": Decimal("50.0"),
        "availability_percentage": Decimal("75.0"),
        "open_minutes": 130,
        "uptime_minutes": 60,
        "downtime_minutes": 20,
        "opening_delay_minutes": 5,
        "unknown_minutes": 10,
        "closed_minutes": 40,
        "shame_score": Decimal("2.0"),  # 80 of 400 seconds: weighted by time, not the mean of 0.5 and 2.5
        "observations": 24,
    }
    assert {name: found.metric(name) for name in published} == published
    percentiles = [found.metric(f"wait_p{percent}") for percent in (10, 66, 67, 83, 84, 99)]
    assert percentiles == [5, 5, 10, 10, 20, 20]


def test_a_parks_uptime_is_that_of_its_attractions():
    found = Figures(
        is_of_park=True,
        open_seconds=1_000,
        up_seconds=900,
        down_seconds=50,
        attraction_up_seconds=300,
        attraction_down_seconds=100,
    )
    assert (found.uptime_percentage, found.availability_percentage) == (Decimal("75.0"), Decimal("75.0"))
    assert Figures(is_of_park=True, open_seconds=100).uptime_percentage is None


def test_of_nothing_there_are_no_numbers():
    found = Figures()
    nothing = {name: found.metric(name) for name in ("wait_avg", "uptime_percentage", "shame_score", "wait_p50")}
    assert set(nothing.values()) == {None}
    assert set(found.minutes.values()) == {0}


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [  # open, up, down and unknown seconds; minutes open, up, down, unknown, closed
        ((90, 90, 0, 30), (2, 2, 0, 0, 0)),  # two halves round up, and one of them gives way
        ((60, 30, 30, 0), (1, 0, 1, 0, 0)),  # what is down never does
        ((0, 0, 0, 90), (2, 0, 0, 2, 0)),
        ((150, 30, 30, 30), (3, 1, 1, 1, 0)),
        ((29, 29, 0, 0), (0, 0, 0, 0, 0)),
        ((0, 0, 0, 30), (1, 0, 0, 1, 0)),
    ],
)
def test_whole_minutes_add_up_to_the_open_ones(seconds, expected):
    opened, up, down, unknown = seconds
    found = Figures(open_seconds=opened, up_seconds=up, down_seconds=down, unknown_seconds=unknown).minutes
    names = ("open_minutes", "uptime_minutes", "downtime_minutes", "unknown_minutes", "closed_minutes")
    assert tuple(found[name] for name in names) == expected
