"""`manage.py audit_stats`: what it finds, what it says, how it ends."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from io import StringIO

import pytest
import time_machine
from django.core.management import ManagementUtility, call_command
from django.core.management.base import CommandError

import stats.audit.validation
from parks.models import Park
from stats.models import ParkDailyStats, RideDailyStats
from stats.tests.builders import DAY, TOKYO, local, make_park, make_ride, recomputed, report, ride_day

pytestmark = pytest.mark.django_db

SPAN = ("--start-date", "2025-12-22", "--end-date", "2025-12-22")
NEXT_DAY = DAY + timedelta(days=1)


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(datetime(2025, 12, 26, 12, tzinfo=UTC), tick=False):
        yield


def run(*options: str) -> tuple[int, str, str]:
    """Exit code, what it printed, and its last word on stderr."""
    out = StringIO()
    try:
        call_command("audit_stats", *options, stdout=out)
    except CommandError as end:
        return end.returncode, out.getvalue(), str(end)
    return 0, out.getvalue(), ""


def sound_park(day: date = DAY) -> Park:
    """A park whose statistics are right: its ride ran, and was down for an hour."""
    park = make_park()
    report(make_ride(park), local(day, "09:00"), "O540 D60", wait=20)
    recomputed(park, day)
    return park


def test_sound_statistics_pass():
    sound_park()
    sound_park()
    reported = "Audit of 1 days of 2 parks: PASS, 0 critical findings, 0 warnings.\n"
    assert run(*SPAN) == (0, reported, "")


def test_a_warning_ends_with_exit_code_1():
    sound_park()
    make_park(name="Silent")
    code, out, error = run(*SPAN)
    assert (code, error) == (1, "Audit of 1 days of 2 parks: WARN, 0 critical findings, 1 warnings.")
    (line,) = out.splitlines()
    assert line.startswith("2025-12-22 WARNING  anomaly: park ")
    assert line.endswith("Silent: No daily stats recorded (park may be closed)")


def test_a_critical_finding_ends_with_exit_code_2():
    sound_park()
    RideDailyStats.objects.update(uptime_percentage=Decimal("101.00"))
    code, out, error = run(*SPAN)
    assert (code, error) == (2, "Audit of 1 days of 1 parks: FAIL, 1 critical findings, 0 warnings.")
    first, second = out.splitlines()
    assert first == (
        "2025-12-22 CRITICAL validation: uptime_percentage_out_of_bounds:"
        " A ride's uptime is not between 0 and 100 percent (1 rows)"
    )
    assert "uptime_percentage 101.0" in second


def test_rows_that_the_observations_do_not_give_are_found():
    park = sound_park()
    RideDailyStats.objects.update(downtime_minutes=20)
    ParkDailyStats.objects.update(total_downtime_hours=Decimal("0.33"), shame_score=Decimal("0.3"))
    code, out, _ = run(*SPAN)
    assert code == 1
    lines = out.splitlines()
    assert lines[0] == "2025-12-22 WARNING  verification: ride_daily_stats: 1 mismatches and 0 missing of 1 rows"
    assert lines[1] == (
        f"    e.g. park_name {park.name}, ride_id {park.rides.get().pk}, stat_date 2025-12-22,"
        " column downtime_minutes, stored 20, computed 60"
    )
    assert lines[2] == "2025-12-22 WARNING  verification: park_daily_stats: 1 mismatches and 0 missing of 1 rows"


def test_a_rule_that_lost_downtime_is_critical():
    park = make_park(is_disney=True)
    report(make_ride(park), local(DAY, "09:00"), "O540 D60", wait=20)
    recomputed(park)
    RideDailyStats.objects.update(downtime_minutes=0)
    code, out, _ = run(*SPAN)
    assert code == 2
    assert f"2025-12-22 CRITICAL verification: down_recognised: park {park.pk} {park.name}: ride " in out


def test_awards_that_cannot_be_true_are_reported():
    sound_park()
    RideDailyStats.objects.update(avg_wait_time=Decimal(301))
    code, out, _ = run(*SPAN)
    assert code == 1
    assert "2025-12-22 WARNING  award: Ride " in out


def test_every_day_of_the_range_is_audited():
    park = sound_park()
    report(park.rides.get(), local(NEXT_DAY, "09:00"), "O540 D60", wait=20)
    recomputed(park, NEXT_DAY)
    ParkDailyStats.objects.filter(stat_date=NEXT_DAY).update(shame_score=Decimal(-1))
    code, out, error = run("--start-date", "2025-12-22", "--end-date", "2025-12-23")
    assert (code, "Audit of 2 days of 1 parks" in error) == (2, True)
    assert {line[:10] for line in out.splitlines() if line.startswith("2025")} == {"2025-12-23"}


def test_one_park_can_be_audited_alone():
    sound, other = sound_park(), sound_park()
    RideDailyStats.objects.filter(ride__park=other).update(downtime_minutes=-1)
    assert run(*SPAN, "--park-id", str(sound.pk))[0] == 0
    assert run(*SPAN, "--park-id", str(other.pk))[0] == 2


def test_another_version_can_be_audited_before_the_switch():
    park = sound_park()
    recomputed(park, version=2)
    RideDailyStats.objects.filter(metrics_version=2).update(downtime_minutes=-1)
    assert run(*SPAN)[0] == 0
    assert run(*SPAN, "--metrics-version", "2")[0] == 2


def test_a_check_that_breaks_is_critical(monkeypatch):
    def fails(scope):
        raise RuntimeError("broken")

    sound_park()
    broken = stats.audit.validation.Check("broken", stats.audit.validation.Severity.INFO, 0, "", fails)
    monkeypatch.setattr(stats.audit.validation, "CHECKS", (broken,))
    code, out, _ = run(*SPAN)
    assert code == 2
    assert "broken: Check failed with error: RuntimeError" in out


def test_of_each_kind_the_gravest_ten_are_printed_and_all_are_counted():
    for _ in range(13):
        make_park()
    grave = make_park()
    for n in range(1, 15):
        ParkDailyStats.objects.create(park=grave, stat_date=DAY - timedelta(days=n), total_rides_tracked=40)
    ParkDailyStats.objects.create(park=grave, stat_date=DAY, total_rides_tracked=1)
    code, out, error = run(*SPAN)
    assert code == 2
    lines = [line for line in out.splitlines() if "anomaly" in line]
    assert len(lines) == 11
    assert lines[0].startswith("2025-12-22 CRITICAL anomaly: park ")
    assert lines[10] == "2025-12-22          anomaly: 4 more"
    assert "1 critical findings, 15 warnings" in error  # 13 silent parks, no awards, a row without observations


def test_nothing_is_written():
    ride = make_ride(make_park())
    report(ride, local(DAY, "09:00"), "O60")
    run(*SPAN)
    assert not ParkDailyStats.objects.exists()
    ride_day(ride, DAY, downtime_minutes=-1)
    run(*SPAN)
    assert RideDailyStats.objects.get().downtime_minutes == -1


@pytest.mark.parametrize(
    ("zone", "end", "is_future"),
    [
        (TOKYO, "2025-12-26", False),
        (TOKYO, "2025-12-27", True),
        ("Pacific/Kiritimati", "2025-12-27", False),  # there it is the 27th already
    ],
)
def test_a_day_that_has_not_begun_is_refused(zone, end, is_future):
    make_park(timezone=zone)
    code, _, error = run("--start-date", "2025-12-26", "--end-date", end)
    assert (error == f"--end-date {end} lies in the future") is is_future
    assert code == (2 if is_future else 1)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--start-date", "2025-02-30", "--end-date", "2025-12-22"), "--start-date: '2025-02-30' is not a date"),
        (("--start-date", "2025-12-22", "--end-date", ""), "--end-date: '' is not a date"),
        (("--start-date", "2025-12-23", "--end-date", "2025-12-22"), "2025-12-23 lies after --end-date 2025-12-22"),
        (("--start-date", "2025-12-22", "--end-date", "2199-12-31"), "--end-date 2199-12-31 lies in the future"),
        (("--start-date", "0001-01-01", "--end-date", "2025-12-22"), "--start-date: '0001-01-01' is out of range"),
        ((*SPAN, "--park-id", "4711"), "park 4711 is not known"),
        ((*SPAN, "--park-id", "9" * 30), "is not known"),
        ((*SPAN, "--metrics-version", "0"), "--metrics-version must be between 1 and 1000000, not 0"),
        ((*SPAN, "--metrics-version", "9" * 30), "--metrics-version"),
    ],
)
def test_an_option_that_cannot_be_used_costs_one_line_of_another_kind_and_audits_nothing(
    options, says, django_assert_max_num_queries
):
    sound_park()
    RideDailyStats.objects.update(downtime_minutes=-1)
    with django_assert_max_num_queries(1):
        code, out, error = run(*options)
    assert (code, out) == (2, "")
    assert says in error
    assert "\n" not in error
    assert not error.startswith("Audit of")


@pytest.mark.parametrize("options", [(), SPAN[:2], (*SPAN, "--park-id", "four"), (*SPAN, "--all")])
def test_missing_and_unknown_options_end_with_exit_code_2(options, capsys):
    with pytest.raises(SystemExit) as exit_:
        ManagementUtility(["manage.py", "audit_stats", *options]).execute()
    assert exit_.value.code == 2
    assert "error:" in capsys.readouterr().err.splitlines()[-1]


def test_help_shows_examples_and_exit_codes(capsys):
    with pytest.raises(SystemExit) as exit_:
        ManagementUtility(["manage.py", "audit_stats", "--help"]).execute()
    assert not exit_.value.code
    out = capsys.readouterr().out
    assert "audit_stats --start-date 2024-07-04" in out
    assert "Exit code 0: passed. 1: warnings. 2: critical findings" in out
