"""How a score came about (R-24.4), as rows and as `manage.py trace_score` prints it."""

from datetime import timedelta
from decimal import Decimal
from io import StringIO
from typing import Any

import pytest
from django.core.management import ManagementUtility, call_command
from django.core.management.base import CommandError
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from parks.models import Park
from stats.audit.trace import trace_score
from stats.daily.compute import compute_park_day
from stats.models import ParkDailyStats, RideDailyStats
from stats.tests.builders import DAY, local, make_park, make_ride, park_day, recomputed, report

pytestmark = pytest.mark.django_db

NEXT_DAY = DAY + timedelta(days=1)


def example_park(**columns: Any) -> Park:
    """Example 2 of R-10.6 at a park that distinguishes DOWN from CLOSED, with an hour before opening."""
    park = make_park(is_disney=True, name="Magic Kingdom", **columns)
    for name, tier, story in (
        ("Big Mine", 1, "O540 D60"),
        ("Jungle Boats", 2, "O450 D150"),
        ("Carousel", 3, "O600"),
        ("Rapids", 2, "C600"),
    ):
        ride = make_ride(park, tier, name=name)
        report(ride, local(DAY, "08:00"), "C60", park_open=False)
        report(ride, local(DAY, "09:00"), story)
    return park


def store(park: Park, **columns: Any) -> None:
    recomputed(park)
    ParkDailyStats.objects.update(**columns)


def test_every_ride_is_shown_with_its_part_largest_first():
    park = example_park()
    trace = trace_score(park, DAY, 1)
    assert [(ride.name, ride.weight, ride.contribution, ride.counts) for ride in trace.rides] == [
        ("Jungle Boats", 2, Decimal(5), True),
        ("Big Mine", 3, Decimal(3), True),
        ("Carousel", 1, Decimal(0), True),
        ("Rapids", 2, Decimal(0), False),
    ]
    boats = trace.rides[0]
    assert (boats.total_snapshots, boats.open_snapshots, boats.up_snapshots, boats.down_snapshots) == (66, 60, 45, 15)
    assert (boats.total_seconds, boats.open_seconds) == (39_600, 36_000)
    assert (boats.up_seconds, boats.down_seconds) == (27_000, 9_000)
    assert boats.counted_seconds == 9_000


def test_the_parts_give_the_score():
    trace = trace_score(example_park(), DAY, 1)
    assert (trace.numerator, trace.denominator, trace.hours) == (Decimal(8), 6, Decimal(10))
    assert (trace.rate, trace.score) == (Decimal("1.3333"), Decimal("1.3"))


@pytest.mark.parametrize(
    ("stored", "agrees"),
    [("1.3", True), ("1.35", True), ("1.351", False), ("1.25", True), ("1.249", False), ("0", False), (None, False)],
)
def test_a_stored_score_may_deviate_by_the_tolerance(stored, agrees):
    park = example_park()
    store(park, shame_score=None if stored is None else Decimal(stored))
    trace = trace_score(park, DAY, 1)
    assert trace.agrees is agrees
    assert trace.difference == (None if stored is None else Decimal(stored) - Decimal("1.3"))


def test_a_day_that_is_not_stored_deviates():
    trace = trace_score(example_park(), DAY, 1)
    assert (trace.is_stored, trace.difference, trace.agrees) == (False, None, False)


def test_a_day_without_observations_agrees_unless_something_is_stored():
    park = make_park()
    trace = trace_score(park, DAY, 1)
    assert (trace.rides, trace.score, trace.rate, trace.agrees) == ([], None, None, True)
    park_day(park, DAY, shame_score=0)
    assert not trace_score(park, DAY, 1).agrees


def test_the_stored_row_of_the_version_is_compared():
    park = example_park()
    recomputed(park, version=2)
    assert trace_score(park, DAY, 2).agrees
    assert not trace_score(park, DAY, 1).agrees


def test_a_closed_park_has_nothing_to_divide_by():
    park = make_park()
    report(make_ride(park), local(DAY, "09:00"), "C600", park_open=False)
    recomputed(park)
    trace = trace_score(park, DAY, 1)
    assert (trace.rate, trace.score, trace.agrees) == (None, Decimal("0.0"), True)


def test_nothing_is_written():
    trace_score(example_park(), DAY, 1)
    assert not ParkDailyStats.objects.exists()
    assert not RideDailyStats.objects.exists()


@pytest.mark.parametrize("rides", [1, 5])
def test_it_costs_three_queries_more_than_the_computation(django_assert_num_queries, rides):
    park = make_park()
    for _ in range(rides):
        report(make_ride(park), local(DAY, "09:00"), "O60 D60")
    recomputed(park)
    with django_assert_num_queries(3 + computation_queries(park)):
        trace_score(park, DAY, 1)


def computation_queries(park: Park) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        compute_park_day(park, DAY, 1)
    return len(captured)


STORIES = st.lists(st.tuples(st.sampled_from("ODCR"), st.integers(1, 120)), min_size=1, max_size=5)


class AnyDay(TestCase):
    @settings(max_examples=25)
    @given(st.lists(st.tuples(STORIES, st.sampled_from([None, 1, 2, 3])), min_size=1, max_size=4), st.booleans())
    def test_the_arithmetic_is_production_s_whatever_the_day_was_like(self, rides, is_disney):
        park = make_park(is_disney=is_disney)
        for story, tier in rides:
            report(make_ride(park, tier), local(DAY, "09:00"), " ".join(f"{state}{number}" for state, number in story))
        computed = compute_park_day(park, DAY, 1)
        trace = trace_score(park, DAY, 1)
        assert computed.total is not None
        assert trace.denominator == computed.total.effective_park_weight
        assert abs(trace.numerator - computed.total.weighted_downtime_hours) <= Decimal("0.005")
        assert abs(trace.hours * 60 - computed.total.operating_hours_minutes) <= 1
        if trace.rate is None:
            assert trace.score == 0
        else:
            assert trace.score is not None
            assert abs(min(trace.rate, Decimal(10)) - trace.score) <= Decimal("0.0501")


# -- the command -----------------------------------------------------------------------------------------


def run(*options: str) -> str:
    out = StringIO()
    call_command("trace_score", *options, stdout=out)
    return out.getvalue()


def test_the_command_prints_the_table_and_the_arithmetic():
    park = example_park()
    store(park)
    assert run("--park", "magic kingdom", "--date", "2025-12-22").splitlines() == [
        f"Magic Kingdom (park {park.pk}), 2025-12-22, America/New_York, metrics version 1",
        "",
        "ride          weight  snapshots  open  up  down  seconds  open s   up s  down s  counted s"
        "  weighted h  counts",
        "Jungle Boats       2         66    60  45    15    39600   36000  27000    9000       9000"
        "      5.0000     yes",
        "Big Mine           3         66    60  54     6    39600   36000  32400    3600       3600"
        "      3.0000     yes",
        "Carousel           1         66    60  60     0    39600   36000  36000       0          0"
        "      0.0000     yes",
        "Rapids             2         66    60   0     0    39600   36000      0       0          0"
        "      0.0000      no",
        "",
        "numerator    8.0000 h = Σ counted s / 3600 × weight",
        "denominator  6 = Σ weight of the rides that operated",
        "hours        10.0000 h = mean of open s / 3600",
        "score        8.0000 / (6 × 10.0000) × 10 = 1.3333, rounded and capped 1.3",
        "stored       1.3",
        "difference   0, tolerance 0.05: agrees",
        "",
    ]


def test_a_deviation_ends_with_exit_code_1_after_every_date_was_shown(capsys):
    park = example_park()
    store(park, shame_score=Decimal("9.9"))
    report(park.rides.first(), local(NEXT_DAY, "09:00"), "O60")
    recomputed(park, NEXT_DAY)
    with pytest.raises(CommandError) as deviation:
        call_command("trace_score", "--park", str(park.pk), "--date", "2025-12-22", "--date", "2025-12-23")
    assert deviation.value.returncode == 1
    assert str(deviation.value) == "the stored score deviates on 2025-12-22"
    out = capsys.readouterr().out
    assert "difference   8.6, tolerance 0.05: DEVIATES" in out
    assert "difference   0, tolerance 0.05: agrees" in out


def test_a_date_that_was_not_computed_deviates():
    park = example_park()
    with pytest.raises(CommandError, match="deviates on 2025-12-22"):
        run("--park", str(park.pk), "--date", "2025-12-22")


def test_a_day_without_observations_is_said_to_have_none():
    out = run("--park", str(make_park().pk), "--date", "2025-12-22")
    assert "No observations." in out
    assert "score        none: nothing to divide by" in out
    assert "difference   none, tolerance 0.05: agrees" in out


def test_another_version_can_be_traced_and_a_date_given_twice_is_shown_once():
    park = example_park()
    recomputed(park, version=3)
    date = ("--date", "2025-12-22")
    out = run("--park", str(park.pk), *date, *date, "--metrics-version", "3")
    assert out.count("metrics version 3") == 1


def test_a_park_may_have_a_number_for_a_name():
    park = make_park(name="4711")
    assert f"(park {park.pk})" in run("--park", "4711", "--date", "2025-12-22")
    named_like_it = make_park(name=str(park.pk))
    assert f"(park {park.pk})" in run("--park", str(park.pk), "--date", "2025-12-22"), "the number comes first"
    assert named_like_it.pk != park.pk


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--park", "Nowhere", "--date", "2025-12-22"), "--park: park 'Nowhere' is not known"),
        (("--park", "", "--date", "2025-12-22"), "--park: park '' is not known"),
        (("--park", "0", "--date", "2025-12-22"), "--park: park '0' is not known"),
        (("--park", "9" * 20, "--date", "2025-12-22"), "is not known"),
        (("--park", "9" * 6000, "--date", "2025-12-22"), "is not known"),
        (("--park", "٣", "--date", "2025-12-22"), "is not known"),
        (("--park", "Twin", "--date", "2025-12-22"), "--park: 'Twin' names more than one park; use a number: "),
        (("--park", "Magic Kingdom", "--date", "2025-2-30"), "--date: '2025-2-30' is not a date"),
        (("--park", "Magic Kingdom", "--date", "2025-12-22", "--date", "x"), "--date: 'x' is not a date"),
        (("--park", "Magic Kingdom", "--date", "9999-12-31"), "--date: '9999-12-31' is out of range"),
        (("--park", "Magic Kingdom", "--date", ""), "--date: '' is not a date"),
        (
            ("--park", "Magic Kingdom", "--date", "2025-12-22", "--metrics-version", "0"),
            "--metrics-version must be between 1 and 1000000, not 0",
        ),
        (("--park", "Magic Kingdom", "--date", "2025-12-22", "--metrics-version", "9" * 30), "--metrics-version"),
    ],
)
def test_bad_input_costs_one_line_and_exit_code_2(options, says):
    example_park()
    make_park(name="Twin")
    make_park(name="TWIN")
    with pytest.raises(CommandError) as refusal:
        run(*options)
    assert refusal.value.returncode == 2
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    "options", [(), ("--park", "1"), ("--date", "2025-12-22"), ("--park", "1", "--date", "2025-12-22", "--all")]
)
def test_missing_and_unknown_options_end_with_exit_code_2(options, capsys):
    with pytest.raises(SystemExit) as exit_:
        ManagementUtility(["manage.py", "trace_score", *options]).execute()
    assert exit_.value.code == 2
    assert "error:" in capsys.readouterr().err.splitlines()[-1]


def test_help_shows_examples(capsys):
    with pytest.raises(SystemExit) as exit_:
        ManagementUtility(["manage.py", "trace_score", "--help"]).execute()
    assert not exit_.value.code
    assert 'trace_score --park "Magic Kingdom" --date 2024-07-04' in capsys.readouterr().out
