"""The interval: what it is made of, and that it covers what it says."""

import csv
import gzip
from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.periods import Days
from stats.reliability.block_sums import days_a_block
from stats.reliability.bootstrap import deviation, interval, joined, most_spread, packed, student

DAY = 12 * 3600
OUTAGE = 45 * 60
# A ride-day: the date, seconds up, seconds down.
Series = list[tuple[date, int, int]]


def blocks_of(series: Series, days_a_block: int) -> list[tuple[int, int]]:
    """Consecutive blocks from the first day on; a block without days is one of no time."""
    first = series[0][0]
    found = [(0, 0)] * ((series[-1][0] - first).days // days_a_block + 1)
    for day, up, down in series:
        block = (day - first).days // days_a_block
        found[block] = (found[block][0] + up, found[block][1] + up + down)
    return found


def every_other_month(series: Series) -> tuple[Series, Series]:
    """Two halves of the same mix of seasons."""
    months = sorted({(day.year, day.month) for day, _, _ in series})
    even = set(months[::2])
    halves: tuple[Series, Series] = ([], [])
    for each in series:
        halves[(each[0].year, each[0].month) not in even].append(each)
    return halves


def covered(worlds: list[Series]) -> tuple[int, int]:
    """(how often the interval of one half has the other half's share in it, how often it was asked)."""
    hits = asked = 0
    for series in worlds:
        one, other = every_other_month(series)
        for known, hidden in ((one, other), (other, one)):
            if len(known) < 10 or len(hidden) < 10:
                continue
            step = days_a_block(Days(known[0][0], known[-1][0]))
            ends = interval(blocks_of(known, step), step, OUTAGE)
            if ends is None:
                continue
            share = 100 * sum(up for _, up, _ in hidden) / sum(up + down for _, up, down in hidden)
            asked += 1
            hits += ends[0] - 1e-6 <= share <= ends[1] + 1e-6
    return hits, asked


# -- what it is made of ----------------------------------------------------------------------------------


def test_the_same_days_have_the_same_interval_again():
    blocks = [(DAY - 60 * n % 700, DAY) for n in range(30)]
    assert interval(blocks, 1, OUTAGE) == interval(list(blocks), 1, OUTAGE)


def test_days_that_differ_more_have_a_wider_interval():
    calm = interval([(DAY - 600, DAY), (DAY, DAY)] * 20, 1, 0)
    wild = interval([(DAY - 6000, DAY), (DAY, DAY)] * 20, 1, 0)
    assert calm is not None
    assert wild is not None
    assert calm[1] - calm[0] < wild[1] - wild[0]


def test_days_that_resemble_their_neighbours_are_drawn_together():
    days = ([(DAY - 3600, DAY)] * 28 + [(DAY, DAY)] * 28) * 3
    assert most_spread(days, 1) == joined(days, 28)


def test_a_ride_that_was_never_down_can_be():
    ends = interval([(DAY, DAY)] * 30, 1, OUTAGE)
    assert ends is not None
    assert ends[0] < 99.8
    assert ends[1] == 100


def test_nothing_is_said_of_less_than_four_blocks_or_of_nothing_known():
    assert interval([(DAY, DAY)] * 3, 1, OUTAGE) is None
    assert interval([(0, 0)] * 30, 1, OUTAGE) is None
    assert interval([(DAY, DAY)] * 3 + [(0, 0)] * 9, 1, OUTAGE) is None


@given(st.lists(st.tuples(st.integers(0, DAY), st.integers(0, DAY)), min_size=4, max_size=60))
def test_it_lies_within_the_percentages_and_has_its_share_in_it(times):
    blocks = [(up, up + down) for up, down in times]
    ends = interval(blocks, 1, OUTAGE)
    whole = sum(of for _, of in blocks)
    if ends is not None:
        assert 0 <= ends[0] <= 100 * sum(up for up, _ in blocks) / whole + 1e-6
        assert 100 * sum(up for up, _ in blocks) / whole - 1e-6 <= ends[1] <= 100


def test_drawing_blocks_finds_the_error_that_is_known_for_a_mean():
    blocks = [(DAY if n % 2 else 0, DAY) for n in range(40)]
    assert deviation(blocks, 0.5) == pytest.approx(0.5 / 39**0.5, rel=0.12)  # two hundred draws are ± 5 %


def test_a_packed_sum_is_the_sums_of_all_replicates():
    assert list(packed(5 | 7 << 64))[:3] == [5, 7, 0]


@pytest.mark.parametrize(("freedom", "value"), [(3, 3.182), (5, 2.571), (10, 2.228), (30, 2.042), (200, 1.972)])
def test_the_quantile_of_few_blocks_is_students(freedom, value):
    assert student(freedom) == pytest.approx(value, rel=0.01)


# -- that it covers what it says -------------------------------------------------------------------------


def world(random: Random, spells: bool) -> Series:
    """A year of a ride: outages at its own rate; `spells`: in some fortnights several times as often."""
    rate, length = random.choice((0.1, 0.3, 1, 2)), random.choice((1200, 2700, 5400))
    factor = 1.0
    found: Series = []
    for n in range(364):
        if spells and random.random() < 1 / 14:
            factor = random.choice((0.3, 0.7, 1, 2))
        down, at = 0.0, random.expovariate(1)
        while at < rate * factor:
            down += random.expovariate(1 / length)
            at += random.expovariate(1)
        lost = min(int(down), DAY - 3600)
        found.append((date(2023, 1, 2) + timedelta(days=n), DAY - lost, lost))
    return found


@pytest.mark.parametrize("spells", [False, True], ids=["days alone", "fortnights alike"])
def test_it_covers_the_other_months_of_simulated_worlds(spells):
    random = Random(5)
    hits, asked = covered([world(random, spells) for _ in range(300)])
    assert asked == 600
    assert 0.93 <= hits / asked <= 0.97


def touringplans(folder) -> list[Series]:
    """Two years of Walt Disney World; a row without a wait says that the ride was unexpectedly offline."""
    found: list[Series] = []
    for year in (2017, 2018):
        rows: dict[tuple[str, str], set[tuple[datetime, bool]]] = defaultdict(set)
        with gzip.open(folder / f"wdw_14_attractions_{year}.csv.gz", "rt", newline="") as lines:
            for row in csv.DictReader(lines):
                posted = row["wait_minutes_posted"]
                if posted or not row["wait_minutes_actual"]:
                    at = datetime.fromisoformat(row["local_datetime"])
                    rows[row["attraction"], row["park_day"]].add((at, bool(posted)))
        rides: dict[str, Series] = defaultdict(list)
        for (ride, day), seen in sorted(rows.items()):
            times = sorted(seen)
            ran = [n for n, (_, is_up) in enumerate(times) if is_up]
            if ran:
                rides[ride].append((date.fromisoformat(day), *seconds_of(times[ran[0] : ran[-1] + 1])))
        found += rides.values()
    return found


def seconds_of(times: list[tuple[datetime, bool]]) -> tuple[int, int]:
    """(up, down): each state holds until the next one, for two hours at most."""
    sums = [0, 0]
    for (at, is_up), (until, _) in pairwise(times):
        sums[not is_up] += min(int((until - at).total_seconds()), 7200)
    return sums[0], sums[1]


def tokyo(folder) -> list[Series]:
    """Half a year of two parks, every half hour, while a quarter of what ran that day runs; no wait: closed."""
    slots: dict[tuple[str, str, str], dict[str, bool]] = defaultdict(dict)
    with gzip.open(folder / "tokyo_2025_h1.csv.gz", "rt", newline="") as lines:
        for row in csv.DictReader(lines):
            slots[row["park"], row["date"], row["time"]][row["attraction_index"]] = row["raw_value"] != "-"
    ran: dict[tuple[str, str], set[str]] = defaultdict(set)
    for (park, day, _), states in slots.items():
        ran[park, day] |= {ride for ride, is_up in states.items() if is_up}
    sums: dict[tuple[str, str], dict[str, list[int]]] = defaultdict(dict)
    for (park, day, _), states in slots.items():
        if sum(states.values()) * 4 >= len(ran[park, day]) > 0:
            for ride in ran[park, day] & states.keys():
                sums[park, ride].setdefault(day, [0, 0])[not states[ride]] += 1800
    return [
        [(date.fromisoformat(day.replace("/", "-")), up, down) for day, (up, down) in sorted(days.items()) if up]
        for days in sums.values()
        if len(days) >= 60
    ]


@pytest.mark.slow
def test_it_covers_the_other_months_of_the_recorded_years(shared_data_dir):
    real = shared_data_dir / "real"
    worlds = touringplans(real / "touringplans") + tokyo(real / "tokyo_30min")
    hits, asked = covered(worlds)
    assert asked > 190
    assert 0.93 <= hits / asked <= 0.97
