"""An import is done when the daily statistics of what it wrote are (design §2: it asks by name)."""

from datetime import date

import pytest
from django.core.management import call_command

from importer.jobs.tests.test_importing import three_days
from importer.tests.archives import write_events
from parks.models import Park
from snapshots.models import RideStatusSnapshot
from stats.models import ParkDailyStats, RecomputeRun, RideDailyStats

pytestmark = pytest.mark.django_db

DAYS = [date(2024, 7, 3), date(2024, 7, 4), date(2024, 7, 5)]


def test_an_import_computes_the_days_it_wrote_and_no_day_twice(tmp_path, capsys):
    write_events(tmp_path, three_days())
    call_command("import_historical", "--source", str(tmp_path))
    assert "Computed 6 ride-days in 3 park-days of testpark from 2024-07-03 to 2024-07-05" in capsys.readouterr().out
    assert list(ParkDailyStats.objects.order_by("stat_date").values_list("stat_date", flat=True)) == DAYS
    assert set(RideDailyStats.objects.values_list("downtime_minutes", flat=True)) == {60}
    run = RecomputeRun.objects.get()
    assert (run.park, run.first_date, run.last_date, run.status) == (Park.objects.get(), DAYS[0], DAYS[-1], "success")

    call_command("import_historical", "--source", str(tmp_path))
    assert "Computed" not in capsys.readouterr().out
    assert RecomputeRun.objects.get() == run


def test_new_days_are_added(tmp_path):
    write_events(tmp_path, three_days())
    call_command("import_historical", "--source", str(tmp_path), "--end-date", "2024-07-03")
    assert list(ParkDailyStats.objects.values_list("stat_date", flat=True)) == DAYS[:1]
    call_command("import_historical", "--source", str(tmp_path))
    assert list(ParkDailyStats.objects.order_by("stat_date").values_list("stat_date", flat=True)) == DAYS


def test_the_statistics_can_be_left_for_later(tmp_path):
    write_events(tmp_path, three_days())
    call_command("import_historical", "--source", str(tmp_path), "--no-recompute")
    assert RideStatusSnapshot.objects.exists()
    assert not ParkDailyStats.objects.exists()
    assert not RecomputeRun.objects.exists()
