"""What a day of observations becomes in the daily rows (R-5, R-8, R-10.3, R-11, R-14), computed by hand."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.periods import Days
from parks.models import Category
from snapshots.models import RideStatusSnapshot
from stats.daily.compute import compute_park_days, ride_row
from stats.measures.ride_measures import Stretch, WindowScore, window_score
from stats.models import ParkDailyStats, RideDailyStats
from stats.tests.builders import (
    DAY,
    change,
    local,
    make_park,
    make_ride,
    measured,
    park_row_of,
    recomputed,
    report,
    ride_row_of,
    show_park,
    values,
)

pytestmark = pytest.mark.django_db

GRAINS = pytest.mark.parametrize("grain", [300, 600, None], ids=["five-minutes", "ten-minutes", "archive"])
MINUTES = ("uptime_minutes", "downtime_minutes", "operating_hours_minutes", "uptime_percentage")
PARK_FIGURES = (
    "total_rides_tracked",
    "avg_uptime_percentage",
    "total_downtime_hours",
    "weighted_downtime_hours",
    "effective_park_weight",
    "rides_with_downtime",
    "operating_hours_minutes",
    "shame_score",
)
OPENING = local(DAY, "09:00")


def golden(shared_data_dir, name: str) -> Any:
    return json.loads((shared_data_dir / "golden" / name).read_text(), parse_float=Decimal)


def one_ride(story: str, reports_down: bool = False, **how: Any) -> RideDailyStats:
    """The daily row of a ride with this story from 09:00."""
    ride = make_ride(make_park(is_disney=reports_down))
    report(ride, OPENING, story, **how)
    recomputed(ride.park)
    return ride_row_of(ride)


# -- worked examples and golden cases ---------------------------------------------------------------------


@GRAINS
@pytest.mark.parametrize("is_disney", [True, False])
def test_worked_example_2_comes_out_to_the_digit(grain, is_disney):
    park = make_park(is_disney=is_disney)
    rides = [make_ride(park, tier) for tier in (1, 2, 3, 2)]
    for ride, story in zip(rides, ("O300 D60 O240", "D60 O450 D90", "O600", "C600"), strict=True):
        report(ride, OPENING, story, grain)
    recomputed(park)
    assert [values(ride_row_of(ride), *MINUTES) for ride in rides] == [
        (540, 60, 600, Decimal("90.00")),
        (450, 150, 600, Decimal("75.00")),
        (600, 0, 600, Decimal("100.00")),
        (0, 0, 600, Decimal("0.00")),
    ]
    assert values(park_row_of(park), *PARK_FIGURES) == (
        4,
        Decimal("66.25"),
        Decimal("3.50"),
        Decimal("8.00"),
        6,
        2,
        600,
        Decimal("1.3"),
    )


@GRAINS
@pytest.mark.parametrize(("is_disney", "expected"), [(True, "2.3"), (False, "3.8")])
def test_worked_example_1_held_all_day_gives_the_same_score(grain, is_disney, expected):
    # Every snapshot of the day is the example's; its one hour of operation at the start makes all members.
    park = make_park(is_disney=is_disney)
    rides = [make_ride(park, tier) for tier in (1, 1, 2, 2, 3, None, 2)]
    for ride, state in zip(rides, "ODOCOOR", strict=True):
        report(ride, OPENING, f"{state}900", grain)
    for ride in (rides[1], rides[3]):
        report(ride, OPENING - timedelta(seconds=60), "O60s")
    recomputed(park)
    assert park_row_of(park).shame_score == Decimal(expected)


def test_worked_example_3_a_reference_day_of_weight_47():
    # 39.33 weighted hours in 14 open hours: 787 + 1 minutes down at weight 3, weight 47 in all.
    park = make_park()
    for number in range(15):
        ride = make_ride(park, 1)
        report(ride, OPENING, "D787 O53" if number == 0 else "O840", None)
    ride = make_ride(park, 2)
    report(ride, OPENING, "O840", None)
    recomputed(park)
    row = park_row_of(park)
    assert values(row, "effective_park_weight", "operating_hours_minutes") == (47, 840)
    assert values(row, "weighted_downtime_hours", "shame_score") == (Decimal("39.35"), Decimal("0.6"))


@pytest.mark.parametrize("long_rows", [False, True], ids=["grid", "archive"])
def test_the_golden_daily_scenarios_hold(shared_data_dir, long_rows):
    for scenario in golden(shared_data_dir, "daily_scenarios.json")["scenarios"]:
        expected = scenario["authoritative_expected"]
        interval = 5 if "interval_5" in expected else 10
        park = make_park(is_disney=scenario["is_disney"])
        rides = {}
        for case in scenario["input"]["rides"]:
            ride = rides[str(case["ride_id"])] = make_ride(park, case["tier"])
            states = ("operating", "down", "closed", "refurbishment")
            counts = [f"{state[0].upper()}{case[f'{state}_snapshots'] * interval}" for state in states]
            end = report(ride, local(DAY, "04:00"), " ".join(counts), None if long_rows else interval * 60)
            # Readings while the park is closed count for nothing, whatever they say.
            outside = case["total_snapshots"] - case["park_open_snapshots"]
            report(ride, end, f"O{outside // 2} D{outside // 2}", 60, park_open=False)
        recomputed(park)
        figures = expected[f"interval_{interval}"]
        for number, row in figures["rides"].items():
            assert values(ride_row_of(rides[number]), *row) == tuple(row.values()), (scenario["id"], number)
        found = values(park_row_of(park), *figures["park"])
        assert found == tuple(figures["park"].values()), scenario["id"]


def sequence(snapshots: int, not_open: set[int]) -> str:
    return " ".join("-10" if n in not_open else "+10" for n in range(snapshots))


def test_the_golden_snapshot_sequences_hold(shared_data_dir):
    for case in golden(shared_data_dir, "daily_snapshot_sequences.json")["cases"]:
        given, expected = case["input"], dict(case["authoritative_expected"])
        snapshots, indexes = given["snapshots"], given["not_open_indexes"]
        ride = make_ride(make_park())
        if isinstance(indexes, str):
            if indexes != "all":  # "seven of 84, replacing the previous row"
                report(ride, OPENING, f"O{snapshots * 10}")
                recomputed(ride.park)
                RideStatusSnapshot.objects.filter(ride=ride).delete()
            indexes = range(snapshots if indexes == "all" else 7)
        report(ride, OPENING, sequence(snapshots, set(indexes)))
        recomputed(ride.park)
        expected.pop("open_snapshots")
        assert values(ride_row_of(ride), *expected) == tuple(expected.values()), case["id"]


def test_the_golden_park_of_three_rides_holds(shared_data_dir):
    case = golden(shared_data_dir, "daily_snapshot_sequences.json")["three_rides"]
    park = make_park()
    rides = []
    for given in case["input"]:
        ride = make_ride(park)
        report(ride, OPENING, sequence(given["snapshots"], set(range(given["not_open_first"]))))
        rides.append(ride)
    recomputed(park)
    for ride, expected in zip(rides, case["authoritative_expected"]["rides"], strict=True):
        row = ride_row_of(ride)
        assert values(row, *MINUTES) == tuple(expected[name] for name in MINUTES)
    expected = case["authoritative_expected"]["park"]
    assert values(park_row_of(park), *expected) == tuple(expected.values())


# -- up, down, open ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("reports_down", [True, False])
@pytest.mark.parametrize("flag", ["is_disney", "is_universal"])
@pytest.mark.parametrize(
    ("state", "up", "down_where_reported", "down_elsewhere"),
    [("O", 660, 0, 0), ("D", 600, 60, 60), ("C", 600, 0, 60), ("R", 600, 0, 0), ("+", 660, 0, 0), ("-", 600, 0, 60)],
)
def test_the_park_type_decides_what_is_down(reports_down, flag, state, up, down_where_reported, down_elsewhere):
    ride = make_ride(make_park(**{flag: reports_down}))
    report(ride, OPENING, f"O600 {state}60")
    recomputed(ride.park)
    down = down_where_reported if reports_down else down_elsewhere
    assert values(ride_row_of(ride), "uptime_minutes", "downtime_minutes") == (up, down)


def test_a_row_that_says_down_is_not_operating_even_with_an_open_flag():
    ride = make_ride(make_park())
    report(ride, OPENING, "D600")
    RideStatusSnapshot.objects.update(computed_is_open=True)
    recomputed(ride.park)
    assert values(ride_row_of(ride), "uptime_minutes", "downtime_minutes") == (0, 0)


@pytest.mark.parametrize("reports_down", [True, False])
@pytest.mark.parametrize("story", ["D600", "C600", "R600", "-600", "D300 C300"])
def test_a_ride_that_never_ran_has_no_downtime_at_any_park(reports_down, story):
    row = one_ride(story, reports_down)
    assert values(row, *MINUTES, "longest_downtime_minutes") == (0, 0, 600, 0, None)
    assert values(ParkDailyStats.objects.get(), "shame_score", "effective_park_weight", "rides_with_downtime") == (
        0,
        0,
        0,
    )


def test_one_short_run_is_evidence_enough():
    row = one_ride("D590 O10")
    assert values(row, *MINUTES) == (10, 590, 600, Decimal("1.67"))


def test_running_in_the_closed_park_is_no_evidence():
    ride = make_ride(make_park())
    end = report(ride, local(DAY, "08:00"), "O60", park_open=False)
    report(ride, end, "D600")
    recomputed(ride.park)
    assert values(ride_row_of(ride), *MINUTES) == (0, 0, 600, 0)


def test_a_closed_park_counts_for_nothing():
    ride = make_ride(make_park())
    report(ride, OPENING, "O300 D300", wait=20, park_open=False)
    recomputed(ride.park)
    row = ride_row_of(ride)
    assert values(row, *MINUTES, "longest_downtime_minutes") == (0, 0, 0, 0, None)
    assert values(row, "avg_wait_time", "max_wait_time", "peak_wait_time") == (None, None, None)
    day = park_row_of(ride.park)
    assert values(day, "shame_score", "operating_hours_minutes", "effective_park_weight") == (0, 0, 0)


def test_time_nobody_observed_is_in_no_denominator():
    ride = make_ride(make_park())
    report(ride, OPENING, "O90")
    report(ride, OPENING + timedelta(hours=5), "D30")
    recomputed(ride.park)
    assert values(ride_row_of(ride), *MINUTES) == (90, 30, 120, Decimal("75.00"))


def test_the_open_minutes_of_the_park_are_the_truncated_mean_of_its_rides():
    park = make_park()
    for story in ("O600", "O599", "O599"):
        report(make_ride(park), OPENING, story, None)
    recomputed(park)
    assert park_row_of(park).operating_hours_minutes == 599


def test_rides_of_every_category_make_the_park_day():
    park = make_park()
    for category in ("ATTRACTION", "SHOW", "MEET_AND_GREET", "EXPERIENCE", None):
        report(make_ride(park, category=category), OPENING, "O540 D60")
    recomputed(park)
    assert values(park_row_of(park), "total_rides_tracked", "total_downtime_hours") == (5, Decimal("5.00"))


def test_a_ride_without_classification_weighs_two_whatever_its_own_tier():
    park = make_park()
    report(make_ride(park, tier=1), OPENING, "O60 D60")
    recomputed(park)
    assert values(park_row_of(park), "weighted_downtime_hours", "effective_park_weight") == (2, 2)


# -- rounding ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("story", "expected"),
    [
        ("O29s", (0, 0, 0, 100)),
        ("O30s", (1, 0, 1, 100)),
        ("O90s", (2, 0, 2, 100)),
        # Each half rounds up; together they would be more than the open minutes.
        ("O30s D30s", (1, 0, 1, 50)),
        ("O90s D90s", (2, 1, 3, 50)),
        ("O149s D150s", (2, 3, 5, Decimal("49.83"))),
        # 799 of 800: 99.875 is a tie and goes up.
        ("O47940s D60s", (799, 1, 800, Decimal("99.88"))),
        ("O30s R29s", (1, 0, 1, Decimal("50.85"))),
    ],
)
def test_minutes_and_percentages_round_half_up_and_never_exceed_the_open_time(story, expected):
    assert values(one_ride(story, grain=None), *MINUTES) == expected


@pytest.mark.parametrize(
    ("down", "score"), [("D60", "1.0"), ("D57", "1.0"), ("D33", "0.6"), ("D3", "0.1"), ("D2", "0.0")]
)
def test_the_day_score_rounds_half_up_to_one_decimal(down, score):
    # Minutes of 600: 57 → 0.95, 33 → 0.55, 3 → 0.05 are ties.
    park = make_park()
    report(make_ride(park), OPENING, f"{down} O{600 - int(down[1:])}", None)
    recomputed(park)
    assert park_row_of(park).shame_score == Decimal(score)


def test_a_day_score_on_a_tie_rounds_up_though_the_mean_of_the_open_minutes_is_no_decimal():
    park = make_park()
    for tier, story in ((2, "O40"), (1, "O50 D55 R45"), (1, "R10")):
        report(make_ride(park, classified=tier), OPENING, story, 300)
    recomputed(park)
    # 10 × (55 × 3) ÷ (5 × 200 ÷ 3) = 4.95
    assert park_row_of(park).shame_score == Decimal("5.0")


def test_the_average_uptime_of_a_park_rounds_half_up():
    park = make_park()
    for story in ("O1 D0", "O7999s R1s", "O1", "O1"):  # 100, 99.99, 100, 100 → 99.9975
        report(make_ride(park), OPENING, story, None)
    recomputed(park)
    assert park_row_of(park).avg_uptime_percentage == Decimal("100.00")


def test_a_score_never_passes_ten():
    members = [(measured(1, 9000, 600), 3)]
    assert window_score(members, 600).score == Decimal("10.0")


@pytest.mark.parametrize(("up", "down", "open_seconds"), [(30, 30, 60), (90, 90, 180), (150, 3450, 3600)])
def test_ride_row_is_pure_arithmetic(up, down, open_seconds):
    measures = measured(up, down, open_seconds, ride=7)
    row = ride_row(measures, DAY, 3, 4, [Stretch(OPENING, down)], 0)
    assert row.uptime_minutes + row.downtime_minutes <= row.operating_hours_minutes
    assert values(row, "ride_id", "stat_date", "metrics_version", "status_changes") == (7, DAY, 3, 4)


def test_the_golden_windows_hold(shared_data_dir):
    for case in golden(shared_data_dir, "shame_score.json")["window"]:
        given, expected = case["input"], case["expected"]
        open_seconds = given["open_park_snapshots"] * 600
        members = []
        for ride in given["rides"]:
            down = ride["down_open_snapshots"] * 600 if open_seconds else 0
            if ride["operated_that_day"]:
                weight = {1: 3, 2: 2, 3: 1, None: 2}[ride["tier"]]
                members.append((measured(1, down), weight))
        found: WindowScore = window_score(members, open_seconds)
        assert found.score == expected["shame_score"], case["id"]
        assert found.weight == expected["effective_park_weight"], case["id"]
        assert Decimal(found.weighted_down_seconds) / 3600 == expected["weighted_downtime_hours"], case["id"]


# -- waits ------------------------------------------------------------------------------------------------

WAITS = ("avg_wait_time", "min_wait_time", "max_wait_time", "peak_wait_time")


@pytest.mark.parametrize(
    ("stories", "expected"),
    [
        ([("O60", None)], (None, None, None, None)),
        ([("O60", 0)], (None, None, None, None)),
        ([("O60", 0), ("O60", 30)], (30, 30, 30, 30)),
        ([("O60", None), ("O60", 30)], (30, 30, 30, 30)),
        # weighted by time, not by rows
        ([("O90", 10), ("O10", 60)], (15, 10, 60, 60)),
        ([("O10", 10), ("O20", 15)], (Decimal("13.33"), 10, 15, 15)),
        ([("O7", 10), ("O1", 11)], (Decimal("10.13"), 10, 11, 11)),  # 10.125 is a tie
        # a ride that is not running has no wait, whatever it posts (N-4)
        ([("O60", 20), ("D60", 45)], (20, 20, 20, 20)),
        ([("C60", 45)], (None, None, None, None)),
        ([("+60", 25), ("-60", 5)], (25, 25, 25, 25)),
        # 480 minutes and more are feed errors
        ([("O60", 479)], (479, 479, 479, 479)),
        ([("O60", 480)], (None, None, None, None)),
        ([("O60", 40), ("O60", 480), ("D60", 65535)], (40, 40, 40, 40)),
    ],
)
def test_waits_are_weighted_by_time_and_only_of_the_running_ride(stories, expected):
    ride = make_ride(make_park())
    at = OPENING
    for story, wait in stories:
        at = report(ride, at, story, None, wait=wait)
    recomputed(ride.park)
    assert values(ride_row_of(ride), *WAITS) == expected


def test_a_parks_wait_is_the_mean_over_the_time_of_its_attractions():
    park = make_park()
    for story, wait in (("O600", 10), ("O60", 21), ("O600", None), ("D600", 99), ("O30", 0)):
        report(make_ride(park, 1), OPENING, story, wait=wait)
    report(make_ride(park, category=Category.SHOW), OPENING, "O600", wait=55)
    recomputed(park)
    row = park_row_of(park)
    assert values(row, "avg_wait_time", "peak_wait_time") == (Decimal("11.00"), 21)
    sums = ("wait_seconds", "wait_minute_seconds", "walk_on_seconds")
    assert values(row, *sums) == (660 * 60, (600 * 10 + 60 * 21) * 60, 30 * 60)


def test_a_park_without_waits_has_none_not_zero():
    park = make_park()
    report(make_ride(park), OPENING, "O600")
    recomputed(park)
    assert values(park_row_of(park), "avg_wait_time", "peak_wait_time") == (None, None)


# -- outages and changes ----------------------------------------------------------------------------------


@GRAINS
@pytest.mark.parametrize(
    ("reports_down", "story", "expected"),
    [
        (True, "O600", None),
        (True, "O60 D30 O60 D90 O60", 90),
        (True, "O60 D30 C30 D40 O60", 40),
        (False, "O60 D30 C30 D40 O60", 100),
        (False, "O60 D30 R30 D40 O60", 40),
        (False, "D600", None),
    ],
)
def test_the_longest_outage_is_one_unbroken_stretch(grain, reports_down, story, expected):
    assert one_ride(story, reports_down, grain=grain).longest_downtime_minutes == expected


def test_an_outage_ends_where_nothing_was_observed_or_the_park_closed():
    ride = make_ride(make_park())
    at = report(ride, OPENING, "O60 D30")
    at = report(ride, at + timedelta(hours=3), "D40")
    at = report(ride, at, "D120", park_open=False)
    report(ride, at, "D20")
    recomputed(ride.park)
    assert ride_row_of(ride).longest_downtime_minutes == 40


def test_status_changes_of_the_local_day_are_counted():
    ride, other = (make_ride(make_park()) for _ in range(2))
    report(ride, OPENING, "O60")
    for clock in ("00:00", "12:00", "23:59"):
        change(ride, local(DAY, clock))
    change(ride, local(DAY + timedelta(days=1), "00:00"))
    change(ride, local(DAY, "00:00") - timedelta(seconds=1))
    change(other, local(DAY, "12:00"))
    recomputed(ride.park)
    assert ride_row_of(ride).status_changes == 3


def test_no_observation_no_row():
    park = make_park()
    make_ride(park)
    show_park(park, OPENING, 600, "0.0")
    recomputed(park)
    assert not RideDailyStats.objects.exists()
    assert not ParkDailyStats.objects.exists()


# -- the sums behind the figures --------------------------------------------------------------------------

SUMS = ("snapshot_count", "open_seconds", "up_seconds", "down_seconds", "wait_seconds", "wait_minute_seconds")


def test_a_row_keeps_the_sums_that_its_figures_come_from():
    row = one_ride("O90 D30 O60", wait=15)
    assert values(row, *SUMS) == (18, 10_800, 9000, 1800, 9000, 15 * 9000)


def test_a_ride_that_never_ran_has_no_downtime_in_its_sums_either():
    row = one_ride("C60 D60")
    assert values(row, *SUMS) == (12, 7200, 0, 0, 0, 0)


def test_rows_of_several_days_at_once_leave_out_what_does_not_add_up():
    park = make_park()
    ride = make_ride(park)
    report(ride, OPENING, "O60 D60 O60", wait=15)
    change(ride, OPENING)
    [found] = compute_park_days(park, Days(DAY, DAY), 1)
    assert values(found.rides[0], "status_changes", "longest_downtime_minutes", "avg_wait_time") == (0, None, None)
