"""The benchmark's made-up history: the same every time, possible, and in the form that the tables take."""

import importlib
import json
import random
import sys
import time
from collections import defaultdict
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.conf import settings

from parks.models import Park, Ride, RideClassification
from snapshots.models import ParkActivitySnapshot, RideStatusChange, RideStatusSnapshot
from snapshots.status import Status, is_operating
from snapshots.storage.bulk import insert_new

pytestmark = pytest.mark.bench

sys.path.append(str(settings.BASE_DIR / "script" / "lib"))
made, loading, report = (importlib.import_module(f"bench.{name}") for name in ("rows", "loading", "report"))

MODELS = {model._meta.db_table: model for model in (RideStatusSnapshot, ParkActivitySnapshot, RideStatusChange)}
# Three weeks around the end of summer time; with the park of long history (Los Angeles).
SMALL = made.Parameters(parks=2, rides=12, days=14, history_days=7, last_day="2026-11-07")
SPEC = made.park_specs(1)[0]


def lines(directory: Path, table: str) -> list[list[str]]:
    """Every line of a table's files, cut into columns."""
    paths = sorted(directory.glob(f"{table}-*.tsv"))
    return [line.split("\t") for path in paths for line in path.read_text().splitlines()]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    directory = tmp_path_factory.mktemp("rows")
    for chunk in made.chunks_of(SMALL):
        made.write_chunk(chunk, SMALL, directory)
    return directory


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


# -- a day -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("reports_down", [True, False])
def test_stretches_cover_a_day_without_gaps_and_differ_from_their_neighbours(seed, reports_down):
    for ride in made.ride_specs(1, 10, seed):
        day = made.ride_day(random.Random(seed), ride, reports_down)
        assert day[0].first == 0
        assert day[-1].end == made.SLOTS_A_DAY == 168
        for one, following in pairwise(day):
            assert one.first < one.end == following.first
            assert (one.status, one.wait) != (following.status, following.wait)


def test_waits_go_in_steps_of_five_and_only_a_ride_that_operates_posts_one():
    seen = set()
    for ride in made.ride_specs(1, 40, 3):
        for stretch in made.ride_day(random.Random(ride.number), ride, True):
            seen.add(stretch.wait)
            assert stretch.wait is None or is_operating(stretch.status, False)
    assert {wait % 5 for wait in seen if wait is not None} == {0}
    assert min(wait for wait in seen if wait is not None) >= 5


def test_outages_last_from_ten_minutes_to_three_hours_and_come_in_both_kinds():
    lengths = defaultdict(list)
    for ride in made.ride_specs(1, 60, 3):
        if ride.in_refurbishment or ride.opens_late:
            continue
        for stretch in made.ride_day(random.Random(ride.number), ride, True):
            if not is_operating(stretch.status, False) and stretch.end < made.SLOTS_A_DAY:
                lengths[stretch.status].append(5 * (stretch.end - stretch.first))
    assert set(lengths) == {Status.DOWN, Status.CLOSED}
    assert all(10 <= length <= 180 for found in lengths.values() for length in found)


def test_some_rides_are_in_refurbishment_and_some_open_late():
    rides = [ride for park in range(1, 6) for ride in made.ride_specs(park, 47, 1)]
    assert 0 < sum(ride.in_refurbishment for ride in rides) < 20
    assert 0 < sum(ride.opens_late for ride in rides) < 40
    assert {ride.tier for ride in rides} == {1, 2, 3}
    assert [ride.number for ride in rides] == list(range(1, 5 * 47 + 1))


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Europe/Paris", "Australia/Adelaide", "Asia/Kolkata"])
@pytest.mark.parametrize("day", [date(2026, 10, 4), date(2026, 10, 25), date(2026, 11, 1), date(2026, 11, 15)])
def test_a_day_is_fourteen_hours_from_nine_on_the_parks_clock(zone, day):
    starts = made.slot_starts(day, zone)
    assert starts[0].astimezone(ZoneInfo(zone)).strftime("%Y-%m-%d %H:%M:%S") == f"{day} 09:00:00"
    assert starts[-1] - starts[0] == timedelta(hours=14) - timedelta(minutes=5)


def test_a_slot_counts_its_rides():
    rides = [made.RideSpec(n, tier, 20, False, False) for n, tier in ((1, 1), (2, 2), (3, 3))]
    stretch = made.Stretch
    day = [
        [stretch(0, 168, Status.OPERATING, 20)],
        [stretch(0, 1, Status.CLOSED, None), stretch(1, 168, Status.OPERATING, 45)],
        [stretch(0, 167, Status.OPERATING, None), stretch(167, 168, Status.DOWN, None)],
    ]
    columns = made.activity_columns(SPEC, rides, day)
    assert SPEC.reports_down, "CLOSED is no downtime of this park"
    assert columns[0].split("\t") == ["3", "2", "1", "20.00", "20", "1", "0.0"]
    assert columns[1].split("\t") == ["3", "3", "0", "32.50", "45", "1", "0.0"]
    assert columns[167].split("\t") == ["3", "2", "1", "32.50", "45", "1", "1.7"], "weight 1 of 6 is down"


# -- files -----------------------------------------------------------------------------------------------


def test_the_same_parameters_write_the_same_bytes_and_another_seed_others(files, tmp_path):
    chunk = made.chunks_of(SMALL)[0]
    other = made.Parameters(**{name: getattr(SMALL, name) for name in SMALL.__slots__} | {"seed": 2})
    again, different = tmp_path / "again", tmp_path / "different"
    for directory, chosen in ((again, SMALL), (different, other)):
        directory.mkdir()
        made.write_chunk(chunk, chosen, directory)
    for table in made.TABLES:
        before = chunk.path(files, table).read_bytes()
        assert chunk.path(again, table).read_bytes() == before
        assert chunk.path(different, table).read_bytes() != before


def test_every_ride_has_one_row_for_every_open_slot_until_the_evening_and_the_files_are_in_key_order(files):
    rows = lines(files, "ride_status_snapshots")
    assert len(rows) == SMALL.ride_rows == ((2 * 14 + 7) * 168 - 2 * 72) * 12, (
        "what lies after the evening is left out"
    )
    assert len({(row[0], row[1]) for row in rows}) == len(rows)
    for path in files.glob("ride_status_snapshots-*.tsv"):
        keys = [(int(line.split("\t")[0]), line.split("\t")[1]) for line in path.read_text().splitlines()]
        assert keys == sorted(keys)
        assert {key[1][:7].replace("-", "") for key in keys} == {path.name.split("-")[1]}


def test_a_chunk_says_how_many_ride_rows_it_wrote(files, tmp_path):
    counts = [made.write_chunk(chunk, SMALL, tmp_path) for chunk in made.chunks_of(SMALL)]
    assert sum(counts) == SMALL.ride_rows


def test_changes_are_what_the_rows_show(files):
    zone = ZoneInfo(SPEC.zone)
    by_ride = defaultdict(list)
    for row in lines(files, "ride_status_snapshots"):
        by_ride[row[0]].append((row[1], row[5]))
    shown = {
        (ride, at, before, after)
        for ride, rows in by_ride.items()
        for (_, before), (at, after) in pairwise(sorted(rows))
        if before != after
    }
    changes = lines(files, "ride_status_changes")
    assert {(row[0], row[1], row[4], row[5]) for row in changes} == shown
    assert any(instant(row[1]).astimezone(zone).hour == 9 for row in changes), "some ended overnight"


def test_the_live_week_holds_the_last_rows_by_time(files, tmp_path):
    path, count = loading.live_week(SMALL, files)
    keys = [(row[1], int(row[0])) for row in (line.split("\t") for line in path.read_text().splitlines())]
    path.unlink()
    assert keys == sorted(keys)
    assert count == len(keys) > 6 * 24 * 168
    assert keys[0][0] >= "2026-10-31 12:00:00"


@pytest.mark.django_db
def test_the_tables_take_the_rows_as_they_are(files):
    loading.make_catalogue(SMALL)
    for table, model in MODELS.items():
        rows = [[None if value == "\\N" else value for value in row] for row in lines(files, table)]
        insert_new(model, rows)
        assert model._default_manager.count() == len(rows)
    assert (Park.objects.count(), Ride.objects.count(), RideClassification.objects.count()) == (2, 24, 24)
    assert not RideStatusSnapshot.objects.exclude(ride__park=1, park=1).exclude(ride__park=2, park=2).exists()
    opened = RideStatusSnapshot.objects.filter(recorded_at=instant("2026-11-02 20:00:00"), park=1, is_open=True)
    activity = ParkActivitySnapshot.objects.get(recorded_at=instant("2026-11-02 20:00:00"), park=1)
    assert activity.rides_open == opened.count() > 0


# -- parameters and figures -------------------------------------------------------------------------------


def test_the_whole_set_is_about_thirty_two_million_rows_besides_the_history():
    whole = made.Parameters()
    assert 31_700_000 < whole.ride_rows - whole.history_days * whole.rides * 168 < 31_978_800
    assert len(made.park_specs(whole.parks)) == 45
    assert whole.first_of(1) == whole.last - timedelta(days=729), "two years, to compare one with the other"
    assert whole.first_of(2) == whole.first == date(2026, 8, 18)


def test_parameters_come_from_the_environment():
    chosen = made.parameters_from({"BENCH_PARKS": "3", "BENCH_LAST_DAY": "2026-10-01", "BENCH_DAYS": ""})
    assert (chosen.parks, chosen.days, chosen.last) == (3, 90, date(2026, 10, 1))


@pytest.mark.parametrize(
    "bad", [{"BENCH_PARKS": "0"}, {"BENCH_DAYS": "many"}, {"BENCH_LAST_DAY": "x"}, {"BENCH_HISTORY_DAYS": "-1"}]
)
def test_nonsense_in_the_environment_is_refused(bad):
    with pytest.raises(ValueError, match=r"."):
        made.parameters_from(bad)


def test_how_to_measure_comes_from_the_environment_too():
    main = importlib.import_module("bench.__main__")
    assert main.how_to_measure({}) == (30, 2, ["size", "recompute", "analytics", "api", "import"])
    assert main.how_to_measure({"BENCH_RUNS": "5", "BENCH_STEPS": "size"}) == (5, 2, ["size"])
    for bad in ({"BENCH_RUNS": "0"}, {"BENCH_WORKERS": "two"}, {"BENCH_STEPS": "speed"}):
        with pytest.raises(ValueError, match=r"."):
            main.how_to_measure(bad)


def test_a_changed_parameter_makes_a_kept_set_stale(tmp_path):
    main = importlib.import_module("bench.__main__")
    assert not main.is_current(tmp_path, SMALL, ["size"])
    (tmp_path / "set.json").write_text(f'{{"parameters": {SMALL.as_json()}, "live": [1, 2]}}')
    assert main.is_current(tmp_path, SMALL, ["size"])
    assert not main.is_current(tmp_path, made.Parameters(), [])
    (tmp_path / "set.json").write_text(f'{{"parameters": {SMALL.as_json()}, "live": null}}')
    assert main.is_current(tmp_path, SMALL, ["api"])
    assert not main.is_current(tmp_path, SMALL, ["size"]), "the week of live collection is missing"


@pytest.mark.parametrize(("share", "value"), [(1, 1), (50, 15), (95, 29), (100, 30)])
def test_a_percentile_is_a_value_that_was_measured(share, value):
    runs = list(range(1, 31))
    random.Random(1).shuffle(runs)
    assert report.percentile(runs, share) == value


def test_a_call_is_timed_as_often_as_asked_after_some_calls_to_warm_up():
    pauses = [0.2] * report.WARM_UPS + [0.0] * 7
    reported: list[int] = []
    times = report.timed(lambda: time.sleep(pauses.pop(0)), 7, lambda: reported.append(1))
    assert pauses == []
    assert len(reported) == 7 + report.WARM_UPS
    assert 0 <= times.p50 <= times.p95 <= times.longest < 200, "milliseconds, without the slow first calls"


@pytest.mark.parametrize(
    ("target", "measured", "verdict"),
    [(60, 60, "pass"), (60, 60.1, "MISS"), (60, None, "MISS"), (None, 5, "-"), (None, None, "-"), (0, 0, "pass")],
)
def test_a_figure_passes_up_to_its_target_and_misses_when_nothing_was_measured(target, measured, verdict):
    figure = report.Figure("a name", "ms", target, measured)
    assert figure.verdict == verdict
    row = report.table([figure]).splitlines()[1]
    assert row.startswith("a name")
    assert row.endswith(verdict)


def test_the_report_is_kept_as_json(tmp_path):
    report.write_json(tmp_path / "results.json", [report.Figure("a", "s", 180, 200.5, 3)], {"runs": 30})
    kept = json.loads((tmp_path / "results.json").read_text())
    assert kept["runs"] == 30
    assert (kept["figures"][0]["measured"], kept["figures"][0]["verdict"]) == (200.5, "MISS")
