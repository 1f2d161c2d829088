"""Sums of a bucket and the numbers that follow from them (R-8, R-10, R-11)."""

from decimal import Decimal

import pytest

from stats.measures.bucket_sums import Figures
from stats.measures.ride_measures import RideMeasures, WaitTotals

SECONDS = ("open_seconds", "up_seconds", "down_seconds", "operated_seconds", "unknown_seconds")
SUMS = (*SECONDS, "rows", "wait_seconds", "wait_minute_seconds")


def figures(factor: int, **other: object) -> Figures:
    """Each sum another number."""
    return Figures(**{name: factor * (n + 1) for n, name in enumerate(SUMS)}, **other)  # type: ignore[arg-type]


def test_sums_add_up_and_extremes_are_kept():
    one = figures(1, wait_min=5, wait_max=20, waits=[{5: 60}], scores=[Decimal(1)], hours=frozenset({1, 2}))
    one.add(figures(100, wait_min=3, wait_max=10, waits=[{3: 60}], scores=[Decimal(2)], hours=frozenset({2, 3})))
    assert {name: getattr(one, name) for name in SUMS} == {name: 101 * (n + 1) for n, name in enumerate(SUMS)}
    assert (one.wait_min, one.wait_max) == (3, 20)
    assert (one.waits, one.scores) == ([{5: 60}, {3: 60}], [Decimal(1), Decimal(2)])
    assert one.hours == {1, 2, 3}


@pytest.mark.parametrize(("ours", "others"), [(None, 7), (7, None)])
def test_an_extreme_of_one_side_alone_is_kept(ours, others):
    one = Figures(wait_min=ours, wait_max=ours)
    one.add(Figures(wait_min=others, wait_max=others))
    assert (one.wait_min, one.wait_max) == (7, 7)


def ride(**columns: object) -> RideMeasures:
    return RideMeasures(1, 1, rows=4, open_seconds=100, up_seconds=60, **columns)  # type: ignore[arg-type]


@pytest.mark.parametrize(("operated", "expected"), [(True, 200), (False, 0)])
def test_a_days_measures_are_added_and_count_as_operated_if_the_ride_ran(operated, expected):
    found = Figures()
    for _ in range(2):
        found.take(ride(), 30, operated)
    assert [getattr(found, name) for name in (*SECONDS, "rows")] == [200, 120, 60, expected, 0, 8]
    assert (found.wait_seconds, found.wait_min, found.waits) == (0, None, [])


def test_waits_come_one_by_one_or_summed():
    found = Figures()
    held = {(10, True, True): 60, (30, True, False): 120, (90, False, True): 60}  # the last one of a ride that stood
    found.take(ride(held=held), 0, True)
    assert (found.wait_seconds, found.wait_minute_seconds) == (180, 10 * 60 + 30 * 120)
    assert (found.wait_min, found.wait_max, found.waits) == (10, 30, [{10: 60, 30: 120}])
    found.take(ride(summed=WaitTotals(60, 300, 5, 45)), 0, True)
    assert (found.wait_seconds, found.wait_minute_seconds) == (240, 10 * 60 + 30 * 120 + 300)
    assert (found.wait_min, found.wait_max, found.waits) == (5, 45, [{10: 60, 30: 120}])
    found.take(ride(held={(90, False, True): 60}), 0, True)
    assert (found.wait_seconds, found.wait_max, len(found.waits)) == (240, 45, 1)
    found.take(ride(held={(20, True, True): 60}), 0, True)
    assert (found.wait_seconds, found.wait_min, found.wait_max) == (300, 5, 45)


def test_published_numbers_follow_from_the_sums():
    found = Figures(
        open_seconds=7200,
        up_seconds=3600,
        down_seconds=1200,
        operated_seconds=5400,
        unknown_seconds=600,
        rows=24,
        wait_seconds=600,
        wait_minute_seconds=6_150,
        wait_min=5,
        wait_max=20,
        waits=[{5: 300, 10: 100}, {20: 100, 5: 100}],
        scores=[Decimal("1.0"), Decimal("2.5")],
    )
    published = {
        "wait_avg": Decimal("10.3"),
        "wait_min": 5,
        "wait_max": 20,
        "uptime_percentage": Decimal("66.7"),
        "open_minutes": 130,
        "uptime_minutes": 60,
        "downtime_minutes": 20,
        "unknown_minutes": 10,
        "other_minutes": 40,
        "shame_score": Decimal("1.8"),
        "observations": 24,
    }
    assert {name: found.metric(name) for name in published} == published
    percentiles = [found.metric(f"wait_p{percent}") for percent in (10, 66, 67, 83, 84, 99)]
    assert percentiles == [5, 5, 10, 10, 20, 20]


def test_of_nothing_there_are_no_numbers():
    found = Figures()
    nothing = {name: found.metric(name) for name in ("wait_avg", "uptime_percentage", "shame_score", "wait_p50")}
    assert set(nothing.values()) == {None}
    assert set(found.minutes.values()) == {0}


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [  # open, up, down and unknown seconds; minutes open, up, down, unknown, other
        ((90, 90, 0, 30), (2, 1, 0, 1, 0)),  # two halves round up, and one of them gives way
        ((60, 30, 30, 0), (1, 1, 0, 0, 0)),
        ((0, 0, 0, 90), (2, 0, 0, 2, 0)),
        ((150, 30, 30, 30), (3, 1, 1, 1, 0)),
        ((29, 29, 0, 0), (0, 0, 0, 0, 0)),
        ((0, 0, 0, 30), (1, 0, 0, 1, 0)),
    ],
)
def test_whole_minutes_add_up_to_the_open_ones(seconds, expected):
    opened, up, down, unknown = seconds
    found = Figures(open_seconds=opened, up_seconds=up, down_seconds=down, unknown_seconds=unknown).minutes
    names = ("open_minutes", "uptime_minutes", "downtime_minutes", "unknown_minutes", "other_minutes")
    assert tuple(found[name] for name in names) == expected
