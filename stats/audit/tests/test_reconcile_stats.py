"""`manage.py reconcile_stats`: daily rows that do not match their raw data are filed, once, until they do."""

from datetime import timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.core.management.base import CommandError

from snapshots.models import DataQualityLog, Resolution
from stats.audit.reconciliation import differing_days, sampled_days
from stats.daily.recompute import recompute_park_day
from stats.models import RideDailyStats
from stats.tests.builders import DAY, TOKYO, local, make_park, make_ride, report, show_park

pytestmark = pytest.mark.django_db
NOW = local(DAY, "12:00") + timedelta(days=1)
ONE_DAY = timedelta(days=1)


def day_of(park, day=DAY):
    ride = make_ride(park, classified=1)
    report(ride, local(day, "09:00", park.timezone), "O300 D60 O240")
    show_park(park, local(day, "09:00", park.timezone), 600)
    recompute_park_day(park, day, 1)
    return ride


def run(*options, now=NOW):
    out = StringIO()
    with time_machine.travel(now, tick=False):
        call_command("reconcile_stats", *options, stdout=out, stderr=StringIO(), verbosity=0)
    return out.getvalue()


def test_rows_that_match_are_no_finding():
    day_of(make_park(is_disney=True))
    assert "1 park-days recomputed: 0 differ" in run()
    assert not DataQualityLog.objects.exists()


def test_rows_that_differ_are_filed_once_with_a_sample_and_settled_when_mended():
    park = make_park(is_disney=True)
    day_of(park)
    RideDailyStats.objects.update(downtime_minutes=999)
    assert "1 differ from their daily rows; 1 findings new" in run()
    row = DataQualityLog.objects.get()
    assert (row.issue_type, row.entity_id, row.timestamp_start) == ("INVALID", park.pk, local(DAY, "00:00"))
    assert row.raw_data["sample"][0]["stored"] == 999
    assert "0 findings new" in run()
    recompute_park_day(park, DAY, 1)
    assert "1 settled" in run("--sample", "0"), "what differed is compared again, drawn or not"
    row.refresh_from_db()
    assert row.resolution_status == Resolution.RESOLVED


def test_a_day_that_nobody_computed_differs():
    park = make_park()
    day_of(park)
    RideDailyStats.objects.all().delete()
    assert "1 differ" in run()
    assert "ride_daily_stats: 0 rows differ, 1 are missing" in DataQualityLog.objects.get().description


def test_a_day_that_has_not_ended_is_not_drawn():
    park = make_park(timezone=TOKYO)
    report(make_ride(park), local(DAY, "09:00", TOKYO), "O60")
    noon = local(DAY, "12:00", TOKYO)
    assert sampled_days([park], 10, noon, "x") == []
    assert sampled_days([park], 10, noon + ONE_DAY, "x") == [(park, DAY)]


def test_the_sample_is_drawn_from_all_days_of_all_parks_the_same_for_a_seed():
    parks = [make_park(), make_park()]
    for n, park in enumerate(parks):
        report(make_ride(park), local(DAY - n * 10 * ONE_DAY, "09:00"), "O60")
    later = NOW + 9 * ONE_DAY
    everything = [(parks[0], DAY + n * ONE_DAY) for n in range(10)] + [
        (parks[1], DAY + (n - 10) * ONE_DAY) for n in range(20)
    ]
    assert sampled_days(parks, 100, later, "x") == everything
    some = sampled_days(parks, 5, later, "x")
    assert len(set(some)) == 5
    assert some == sampled_days(parks, 5, later, "x") != sampled_days(parks, 5, later, "y")
    assert set(some) <= set(everything)


def test_a_park_that_was_never_observed_has_no_days():
    assert sampled_days([make_park()], 5, NOW, "x") == []


def test_what_differed_of_one_park_or_rule_set_is_not_compared_for_another():
    park = make_park(is_disney=True)
    day_of(park)
    RideDailyStats.objects.update(downtime_minutes=999)
    run()
    assert differing_days([park], 1) == [(park, DAY)]
    assert differing_days([park], 2) == differing_days([make_park()], 1) == []


@pytest.mark.parametrize(
    ("options", "reported"),
    [
        (("--sample", "-1"), "--sample must be between 0 and 100000"),
        (("--metrics-version", "0"), "--metrics-version must be between 1 and 1000000"),
        (("--park-id", "7"), "--park-id: park 7 is not known"),
    ],
)
def test_an_option_that_cannot_be_used_is_named(options, reported):
    with pytest.raises(CommandError, match=reported) as raised:
        run(*options)
    assert raised.value.returncode == 2
