"""`manage.py recompute_daily_stats`: options, refusals, what it says."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import ManagementUtility, call_command
from django.core.management.base import CommandError

import stats.daily.compute
from snapshots.models import RideStatusSnapshot
from stats.models import AggregationLog, ParkDailyStats, RideDailyStats
from stats.tests.builders import DAY, local, make_park, make_ride, report, ride_row_of

pytestmark = pytest.mark.django_db

SPAN = ("--start-date", "2025-12-22", "--end-date", "2025-12-22")


def run(*options: str) -> str:
    out = StringIO()
    call_command("recompute_daily_stats", *options, stdout=out)
    return out.getvalue()


def test_it_computes_every_active_park_and_says_how_much():
    for active in (True, True, False):
        park = make_park(is_active=active)
        for _ in range(2):
            report(make_ride(park), local(DAY, "09:00"), "O60")
    assert run(*SPAN) == ("Computed 4 ride-days in 2 park-days from 2025-12-22 to 2025-12-22 (metrics version 1).\n")
    assert ParkDailyStats.objects.count() == 2


def test_it_computes_one_park_under_another_version():
    park, other = make_park(), make_park()
    for each in (park, other):
        report(make_ride(each), local(DAY, "09:00"), "O60")
    run(*SPAN, "--park-id", str(park.pk), "--metrics-version", "2")
    assert set(RideDailyStats.objects.values_list("ride__park", "metrics_version")) == {(park.pk, 2)}


def test_the_version_is_the_configured_one_unless_reported(settings):
    ride = make_ride(make_park())
    report(ride, local(DAY, "09:00"), "O60")
    run(*SPAN)
    assert ride_row_of(ride).metrics_version == settings.METRICS_VERSION


@pytest.mark.parametrize("park_exists", [True, False])
def test_without_observations_it_says_so(park_exists):
    if park_exists:
        make_ride(make_park())
    assert run(*SPAN) == "No observations from 2025-12-22 to 2025-12-22: nothing to compute.\n"


def test_observations_that_are_gone_take_their_rows_with_them():
    ride = make_ride(make_park())
    report(ride, local(DAY, "09:00"), "O60")
    run(*SPAN)
    RideStatusSnapshot.objects.all().delete()
    run(*SPAN)
    assert not RideDailyStats.objects.exists()
    assert not ParkDailyStats.objects.exists()


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("--start-date", "22.12.2025", "--end-date", "2025-12-22"), "--start-date: '22.12.2025' is not a date"),
        (("--start-date", "2025-12-22", "--end-date", "2025-02-30"), "--end-date: '2025-02-30' is not a date"),
        (("--start-date", "", "--end-date", "2025-12-22"), "--start-date: '' is not a date"),
        (("--start-date", "today", "--end-date", "2025-12-22"), "--start-date: 'today' is not a date"),
        (("--start-date", "0001-01-01", "--end-date", "2025-12-22"), "--start-date: '0001-01-01' is out of range"),
        (("--start-date", "2025-12-22", "--end-date", "9999-12-31"), "--end-date: '9999-12-31' is out of range"),
        (("--start-date", "2025-12-23", "--end-date", "2025-12-22"), "2025-12-23 lies after --end-date 2025-12-22"),
        ((*SPAN, "--park-id", "4711"), "park 4711 is not known"),
        ((*SPAN, "--park-id", "-1"), "park -1 is not known"),
        ((*SPAN, "--park-id", "9" * 30), f"park {'9' * 30} is not known"),
        ((*SPAN, "--metrics-version", "0"), "--metrics-version must be between 1 and 1000000, not 0"),
        ((*SPAN, "--metrics-version", "-3"), "--metrics-version must be between 1 and 1000000, not -3"),
        ((*SPAN, "--metrics-version", "2147483648"), "--metrics-version"),
        ((*SPAN, "--metrics-version", "9" * 30), "--metrics-version"),
    ],
)
def test_it_refuses_what_it_cannot_use_with_one_line_and_exit_code_2(options, says):
    report(make_ride(make_park()), local(DAY, "09:00"), "O60")
    with pytest.raises(CommandError) as refusal:
        run(*options)
    assert refusal.value.returncode == 2
    assert says in str(refusal.value)
    assert "\n" not in str(refusal.value)
    assert not AggregationLog.objects.exists()


@pytest.mark.parametrize(
    "options",
    [(), SPAN[:2], SPAN[2:], (*SPAN, "--park-id", "four"), (*SPAN, "--metrics-version", "new"), (*SPAN, "--all")],
)
def test_unknown_and_missing_options_end_with_exit_code_2(options, capsys):
    with pytest.raises(SystemExit) as exit_:
        ManagementUtility(["manage.py", "recompute_daily_stats", *options]).execute()
    assert exit_.value.code == 2
    assert "error:" in capsys.readouterr().err.splitlines()[-1]


def test_a_failed_day_ends_with_exit_code_1_after_all_days_were_tried(monkeypatch):
    ride = make_ride(make_park())
    for day in (DAY, DAY + timedelta(days=1)):
        report(ride, local(day, "09:00"), "O60")
    compute = stats.daily.compute.park_row

    def fails_on_the_first_day(computed):
        if computed.day == DAY:
            raise ValueError("broken")
        return compute(computed)

    monkeypatch.setattr(stats.daily.compute, "park_row", fails_on_the_first_day)
    with pytest.raises(CommandError, match="Some days failed") as failure:
        run("--start-date", "2025-12-22", "--end-date", "2025-12-23")
    assert failure.value.returncode == 1
    statuses = AggregationLog.objects.order_by("aggregation_date").values_list("status", flat=True)
    assert list(statuses) == ["failed", "success"]
    assert ride_row_of(ride, DAY + timedelta(days=1)).uptime_minutes == 60
