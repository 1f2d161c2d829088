"""`manage.py compare_metrics_versions`: what a switch of the rule set would change, before it is made."""

import csv
from datetime import date, timedelta
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import ManagementUtility, call_command
from django.core.management.base import CommandError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

import stats.management.commands.compare_metrics_versions as command
from parks.models import Park, Ride
from stats.daily.versions import FIGURES, REASONS, Change, Scope, Summary, compare_versions, dates_of, reasons
from stats.models import ParkDailyStats, RideDailyStats
from stats.tests.builders import (
    DAY,
    TOKYO,
    local,
    make_park,
    make_ride,
    park_day,
    recomputed,
    report,
    ride_day,
    values,
)

pytestmark = pytest.mark.django_db

ONE_DAY = timedelta(days=1)
NEXT_DAY = DAY + ONE_DAY
VERSIONS = ("--from", "1", "--to", "2")
SCORE, HOURS, MINUTES, UPTIME = (
    figure
    for figure in FIGURES
    if figure.column in {"shame_score", "total_downtime_hours", "downtime_minutes", "uptime_percentage"}
)


def run(*options: str) -> str:
    out = StringIO()
    call_command("compare_metrics_versions", *options, stdout=out)
    return out.getvalue()


def table_after(out: str, title: str) -> list[list[str]]:
    """The cells of the table under the line that begins with `title`; columns are two blanks apart."""
    lines = out.splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith(title))
    found = []
    for line in lines[first + 1 :]:
        if not line:
            break
        found.append([cell.strip() for cell in line.split("  ") if cell.strip()])
    return found


def both_park_days(park: Park, day: date, old: dict[str, Any], new: dict[str, Any]) -> None:
    for version, columns in ((1, old), (2, new)):
        park_day(park, day, metrics_version=version, **columns)


def both_ride_days(ride: Ride, day: date, old: dict[str, Any], new: dict[str, Any]) -> None:
    for version, columns in ((1, old), (2, new)):
        ride_day(ride, day, metrics_version=version, **columns)


def compared(limit: int = 20, **scope: Any):
    """The comparison of versions 1 and 2, every change, and what progress was reported."""
    chosen = Scope(1, 2, **scope)
    changes: list[Change] = []
    reported: list[int] = []
    days = sorted(dates_of(chosen, 1) | dates_of(chosen, 2))
    comparison = compare_versions(chosen, days, limit, changes.append, reported.append)
    assert reported == [1] * len(days)
    return comparison, changes


# -- which rows -------------------------------------------------------------------------------------------


def test_rows_of_both_versions_and_of_only_one_are_counted():
    park, other = make_park(), make_park()
    ride = make_ride(park)
    both_park_days(park, DAY, {}, {})
    park_day(park, NEXT_DAY, metrics_version=1)
    for day in (DAY, NEXT_DAY):
        park_day(other, day, metrics_version=2)
    both_ride_days(ride, DAY, {}, {})
    both_ride_days(ride, NEXT_DAY, {}, {})
    ride_day(make_ride(park), DAY, metrics_version=1)
    park_day(park, DAY, metrics_version=3)
    comparison, changes = compared()
    assert values(comparison.presence["park"], "both", "only_old", "only_new") == (1, 1, 2)
    assert values(comparison.presence["ride"], "both", "only_old", "only_new") == (2, 1, 0)
    assert changes == []
    out = run(*VERSIONS)
    assert [line.split() for line in out.splitlines()[2:5]] == [
        ["in", "both", "only", "in", "1", "only", "in", "2"],
        ["park-days", "1", "1", "2"],
        ["ride-days", "2", "1", "0"],
    ]


def test_without_a_change_it_says_so_of_every_figure():
    park = make_park()
    both_park_days(park, DAY, {}, {})
    both_ride_days(make_ride(park), DAY, {}, {})
    out = run(*VERSIONS)
    for figure in FIGURES:
        assert f"\n{figure.name}: no change\n" in out
    assert table_after(out, "of the rows in both") == [[figure.name, "0"] for figure in FIGURES]


def test_a_range_and_a_park_restrict_what_is_compared():
    parks = [make_park(), make_park()]
    for park in parks:
        ride = make_ride(park)
        for n in range(4):
            both_park_days(park, DAY + n * ONE_DAY, {"shame_score": n}, {"shame_score": n + 1})
            both_ride_days(ride, DAY + n * ONE_DAY, {"downtime_minutes": n}, {"downtime_minutes": n + 1})
    comparison, changes = compared(first=NEXT_DAY, last=DAY + 2 * ONE_DAY, park=parks[1])
    assert comparison.presence["park"].both == comparison.presence["ride"].both == 2
    assert {(change.figure, change.day) for change in changes} == {
        (figure, day) for figure in (SCORE, MINUTES) for day in (NEXT_DAY, DAY + 2 * ONE_DAY)
    }
    assert {change.entity_id for change in changes} == {parks[1].pk, parks[1].rides.get().pk}
    out = run(*VERSIONS, "--start-date", str(NEXT_DAY), "--park-id", str(parks[0].pk))
    place = f"park {parks[0].pk} ({parks[0].name})"
    assert out.startswith(f"Metrics versions 1 and 2, {NEXT_DAY} to {DAY + 3 * ONE_DAY}, {place}\n")
    assert run(*VERSIONS).startswith(f"Metrics versions 1 and 2, {DAY} to {DAY + 3 * ONE_DAY}, all parks\n")


def test_rows_of_deleted_parks_and_rides_are_left_out():
    both_park_days(make_park(), DAY, {}, {})
    for version in (1, 2):
        ParkDailyStats.objects.create(park=None, stat_date=DAY, metrics_version=version, shame_score=version)
        RideDailyStats.objects.create(ride=None, stat_date=DAY, metrics_version=version, downtime_minutes=version)
    comparison, changes = compared()
    assert changes == []
    assert (comparison.presence["park"].both, comparison.presence["ride"].both) == (1, 0)


# -- what changed -----------------------------------------------------------------------------------------


def test_every_figure_is_summed_up_over_the_rows_that_differ():
    park = make_park()
    for n, (old, new) in enumerate([("1.0", "1.0"), ("1.0", "1.4"), ("3.0", "1.0"), ("2.000", "2.001")]):
        score = {"shame_score": Decimal(old)}, {"shame_score": Decimal(new)}
        both_park_days(park, DAY + n * ONE_DAY, *score)
    ride = make_ride(park)
    both_ride_days(ride, DAY, {"downtime_minutes": 60}, {"downtime_minutes": 75})
    both_ride_days(ride, NEXT_DAY, {"uptime_percentage": Decimal("90.00")}, {"uptime_percentage": Decimal("90.01")})
    comparison, changes = compared()
    summary = comparison.summaries[SCORE]
    assert values(summary, "differ", "mean", "most") == (3, Decimal("2.401") / 3, Decimal("2.000"))
    assert values(comparison.summaries[MINUTES], "differ", "mean", "most") == (1, 15, 15)
    assert values(comparison.summaries[UPTIME], "differ", "mean", "most") == (1, Decimal("0.01"), Decimal("0.01"))
    assert values(comparison.summaries[HOURS], "differ", "mean") == (0, None)
    assert len(changes) == 5
    out = run(*VERSIONS)
    summed = {
        "park shame_score": ["3", "0.800", "2.000"],
        "ride downtime_minutes": ["1", "15.000", "15"],
        "ride uptime_percentage": ["1", "0.010", "0.01"],
    }
    rows = table_after(out, "of the rows in both")
    assert {name: cells for name, *cells in rows} == {
        figure.name: summed.get(figure.name, ["0"]) for figure in FIGURES
    }
    assert [name for name, *_ in rows][:3] == list(summed), "what moved most comes first"


def test_a_value_that_only_one_version_has_is_counted_apart():
    ride = make_ride(make_park())
    both_ride_days(ride, DAY, {"peak_wait_time": 25}, {"peak_wait_time": None})
    both_ride_days(ride, NEXT_DAY, {"peak_wait_time": 25}, {"peak_wait_time": 15})
    assert ["ride peak_wait_time", "2", "1", "10.000", "10"] in table_after(run(*VERSIONS), "of the rows in both")


def test_why_a_figure_moves_is_told_of_the_versions_between_in_either_direction():
    assert reasons(SCORE, 1, 2) == reasons(SCORE, 2, 1) == REASONS[2]["shame_score"]
    assert reasons(SCORE, 2, 999) == ""
    assert {column for named in REASONS.values() for column in named} <= {figure.column for figure in FIGURES}


def test_the_largest_changes_come_first_and_say_where_and_how_much():
    park = make_park(name="Magic Kingdom")
    for n, (old, new) in enumerate([("1.000", "1.100"), ("5.000", "0.500"), ("0.000", "2.250")]):
        both_park_days(park, DAY + n * ONE_DAY, {"shame_score": Decimal(old)}, {"shame_score": Decimal(new)})
    mountain, carousel = make_ride(park, name="Space Mountain"), make_ride(park, name="Carrousel")
    both_ride_days(mountain, DAY, {"downtime_minutes": 60}, {"downtime_minutes": 50})
    both_ride_days(carousel, NEXT_DAY, {"downtime_minutes": 0}, {"downtime_minutes": 121})
    out = run(*VERSIONS)
    assert f"park shame_score: the largest 3 of 3 changes ({REASONS[2]['shame_score']})\n" in out
    assert table_after(out, "park shame_score: the") == [
        ["date", "park", "from", "to", "difference"],
        ["2025-12-23", "Magic Kingdom", "5.000", "0.500", "-4.500"],
        ["2025-12-24", "Magic Kingdom", "0.000", "2.250", "+2.250"],
        ["2025-12-22", "Magic Kingdom", "1.000", "1.100", "+0.100"],
    ]
    assert table_after(out, "ride downtime_minutes: the") == [
        ["date", "park", "ride", "from", "to", "difference"],
        ["2025-12-23", "Magic Kingdom", "Carrousel", "0", "121", "+121"],
        ["2025-12-22", "Magic Kingdom", "Space Mountain", "60", "50", "-10"],
    ]


def test_columns_stand_under_each_other():
    for name, hours in (("Up", 1), ("A park with a long name", 22)):
        both_park_days(make_park(name=name), DAY, {"total_downtime_hours": 0}, {"total_downtime_hours": hours})
    lines = run(*VERSIONS).splitlines()
    first = next(n for n, line in enumerate(lines) if line.startswith("park total_downtime_hours: the largest 2 of 2"))
    assert lines[first + 1 : first + 4] == [
        "date        park                     from     to  difference",
        "2025-12-22  A park with a long name  0.00  22.00      +22.00",
        "2025-12-22  Up                       0.00   1.00       +1.00",
    ]


@pytest.mark.parametrize("limit", [1, 2, 5])
def test_only_the_largest_are_listed_and_equal_ones_by_date(limit):
    park = make_park()
    sizes = [1, 3, 2, 3, 1]
    for n, size in enumerate(sizes):
        both_park_days(park, DAY + n * ONE_DAY, {"shame_score": 0}, {"shame_score": size})
    out = run(*VERSIONS, "--limit", str(limit))
    assert f"the largest {limit} of 5 changes" in out
    offsets = [(date.fromisoformat(row[0]) - DAY).days for row in table_after(out, "park shame_score: the")[1:]]
    assert offsets == [1, 3, 2, 0, 4][:limit]


def test_a_value_that_only_one_version_has_is_a_change_but_in_no_mean():
    parks = [make_park(name=f"Park {letter}") for letter in "ABCD"]
    for park, old, new in zip(parks, [None, Decimal(9), None, Decimal(1)], [0, None, None, Decimal(3)], strict=True):
        both_park_days(park, DAY, {"shame_score": old}, {"shame_score": new})
    comparison, _ = compared()
    assert values(comparison.summaries[SCORE], "differ", "measured", "mean", "most") == (3, 1, 2, 2)
    assert table_after(run(*VERSIONS), "park shame_score: the")[1:] == [
        ["2025-12-22", "Park B", "9.000", "none"],
        ["2025-12-22", "Park D", "1.000", "3.000", "+2.000"],
        ["2025-12-22", "Park A", "none", "0.000"],
    ]


def test_what_recompute_stored_beside_the_old_rows_is_compared():
    park = make_park(timezone=TOKYO, is_disney=True)
    ride = make_ride(park, 1)
    report(ride, local(DAY, "09:00", TOKYO), "O480 D60")
    recomputed(park, version=1)
    recomputed(park, version=2)
    assert "park shame_score: no change" in run(*VERSIONS)
    report(ride, local(DAY, "18:00", TOKYO), "D60")
    recomputed(park, version=2)
    assert table_after(run(*VERSIONS), "ride downtime_minutes: the")[1:] == [
        [str(DAY), park.name, ride.name, "60", "120", "+60"]
    ]


amounts = st.one_of(st.none(), st.decimals(0, 10, places=3))


@given(pairs=st.lists(st.tuples(amounts, amounts), max_size=30), limit=st.integers(1, 10), cut=st.integers(0, 30))
def test_taken_in_any_portions_the_summary_is_that_of_all_changes(pairs, limit, cut):
    changes = [Change(SCORE, DAY + n * ONE_DAY, n, old, new) for n, (old, new) in enumerate(pairs) if old != new]
    at_once, in_parts = Summary(), Summary()
    at_once.take(changes, limit)
    for part in (changes[cut:], changes[:cut]):
        in_parts.take(part, limit)
    assert in_parts == at_once
    sizes = [abs(change.new - change.old) for change in changes if None not in (change.new, change.old)]
    assert at_once.differ == len(changes)
    assert at_once.most == max(sizes, default=0)
    assert at_once.mean == (sum(sizes) / len(sizes) if sizes else None)
    assert at_once.largest == sorted(changes, key=lambda change: change.order)[:limit]


# -- memory and time --------------------------------------------------------------------------------------


def test_a_day_of_both_versions_costs_two_queries_whatever_it_holds():
    park = make_park()
    for ride in [make_ride(park) for _ in range(5)]:
        for n in range(6):
            both_ride_days(ride, DAY + n * ONE_DAY, {"downtime_minutes": 1}, {"downtime_minutes": 2})
    queries = {}
    for days in (2, 6):
        with CaptureQueriesContext(connection) as captured:
            run(*VERSIONS, "--end-date", str(DAY + (days - 1) * ONE_DAY))
        queries[days] = len(captured)
    assert queries[6] - queries[2] == 4 * 2
    assert queries[2] <= 4 + 2 + 2 * 2


def test_a_long_range_shows_its_progress_in_days(monkeypatch):
    park = make_park()
    for n in (0, 3, 9):
        both_park_days(park, DAY + n * ONE_DAY, {}, {})
    bars: list[Any] = []
    bar = command.Command.bar
    monkeypatch.setattr(
        command.Command, "bar", staticmethod(lambda *args: bars.append((args, bar(*args))) or bars[0][1])
    )
    run(*VERSIONS, "--verbosity", "0")
    assert bars[0][0] == (3, "day", 0), "days without any row are not walked through"


# -- the file ---------------------------------------------------------------------------------------------


def test_the_file_holds_every_change_date_after_date(tmp_path: Path):
    park = make_park(name='The "Old", Park')
    ride = make_ride(park, name="Tränenpalast")
    for n in range(3):
        both_park_days(park, DAY + n * ONE_DAY, {"shame_score": None}, {"shame_score": Decimal(n)})
        both_ride_days(ride, DAY + n * ONE_DAY, {"downtime_minutes": 60}, {"downtime_minutes": 50 - n})
    path = tmp_path / "changes.csv"
    path.write_text("something older and longer\n" * 100)
    out = run(*VERSIONS, "--limit", "1", "--csv", str(path))
    assert "the largest 1 of 3 changes" in out
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["figure", "date", "park_id", "park", "ride_id", "ride", "from", "to", "difference"]
    assert rows[1] == ["park shame_score", str(DAY), str(park.pk), park.name, "", "", "", "0.000", ""]
    place = [str(park.pk), park.name, str(ride.pk), ride.name]
    assert rows[2] == ["ride downtime_minutes", str(DAY), *place, "60", "50", "-10"]
    assert [row[1] for row in rows[1:]] == [str(DAY + n * ONE_DAY) for n in (0, 0, 1, 1, 2, 2)]


# -- refusals ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--from", "1", "--to", "1"), "--from and --to are the same version, 1: there is nothing to compare"),
        (("--from", "0", "--to", "1"), "--from must be between 1 and 1000000, not 0"),
        (("--from", "1", "--to", "-2"), "--to must be between 1 and 1000000, not -2"),
        (("--from", "1", "--to", "9" * 30), "--to must be between 1 and 1000000"),
        (
            ("--from", "1", "--to", "3"),
            "--to: metrics version 3 has no daily rows; recompute_daily_stats --metrics-ver",
        ),
        (
            ("--from", "3", "--to", "1"),
            "--from: metrics version 3 has no daily rows; recompute_daily_stats --metrics-",
        ),
        ((*VERSIONS, "--start-date", "2025-12-23"), "--from: metrics version 1 has no daily rows from 2025-12-23;"),
        ((*VERSIONS, "--end-date", "2025-12-21"), "--from: metrics version 1 has no daily rows until 2025-12-21;"),
        ((*VERSIONS, "--park-id", "4711"), "--park-id: park 4711 is not known"),
        ((*VERSIONS, "--park-id", "9" * 30), "is not known"),
        ((*VERSIONS, "--start-date", "2025-02-30"), "--start-date: '2025-02-30' is not a date"),
        ((*VERSIONS, "--end-date", "soon"), "--end-date: 'soon' is not a date"),
        ((*VERSIONS, "--start-date", "2025-12-23", "--end-date", "2025-12-22"), "2025-12-23 lies after --end-date"),
        ((*VERSIONS, "--limit", "0"), "--limit must be between 1 and 1000, not 0"),
        ((*VERSIONS, "--limit", "1001"), "--limit must be between 1 and 1000, not 1001"),
        (
            (*VERSIONS, "--csv", "/nowhere/changes.csv"),
            "--csv: '/nowhere/changes.csv' cannot be written: No such file",
        ),
        ((*VERSIONS, "--csv", ""), "--csv: '' cannot be written: No such file"),
    ],
)
def test_it_refuses_what_it_cannot_use_with_one_line_and_exit_code_2(options, says):
    both_park_days(make_park(), DAY, {}, {})
    with pytest.raises(CommandError) as refusal:
        run(*options)
    assert refusal.value.returncode == 2
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_a_park_without_rows_of_a_version_is_refused_and_named():
    park = make_park()
    both_park_days(make_park(), DAY, {}, {})
    park_day(park, DAY, metrics_version=1)
    with pytest.raises(CommandError, match=f"--to: metrics version 2 has no daily rows of park {park.pk};"):
        run(*VERSIONS, "--park-id", str(park.pk))


@pytest.mark.parametrize(
    "options", [(), VERSIONS[:2], VERSIONS[2:], ("--from", "one", "--to", "2"), (*VERSIONS, "--limit", "all")]
)
def test_missing_and_unknown_options_end_with_exit_code_2(options, capsys):
    with pytest.raises(SystemExit) as exit_:
        ManagementUtility(["manage.py", "compare_metrics_versions", *options]).execute()
    assert exit_.value.code == 2
    (line,) = capsys.readouterr().err.splitlines()
    assert "error:" in line


def test_help_shows_examples(capsys):
    with pytest.raises(SystemExit) as exit_:
        ManagementUtility(["manage.py", "compare_metrics_versions", "--help"]).execute()
    assert not exit_.value.code
    assert "  compare_metrics_versions --from 1 --to 2 --start-date 2024-07-01" in capsys.readouterr().out
