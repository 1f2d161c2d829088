"""`detect_gaps`: silences of live collection become open gaps, vanished rides become issues, each once (R-22.3)."""

from datetime import timedelta

import pytest
import time_machine
from django.core.management import call_command

from parks.tests.factories import NOON, ParkFactory, RideFactory
from snapshots.collection.gaps import note_failures, note_returns
from snapshots.collection.rows import parks_before
from snapshots.models import DataQualityIssue, DataQualityLog, Resolution
from snapshots.tests.watching import INTERVAL, watch

pytestmark = pytest.mark.django_db

HALF_HOUR, DAY = timedelta(minutes=30), timedelta(days=1)


def detect(at, capsys) -> str:
    with time_machine.travel(at, tick=False):
        call_command("detect_gaps")
    return capsys.readouterr().out.strip()


@pytest.mark.parametrize(("late", "news"), [(timedelta(0), 0), (timedelta(seconds=1), 1)])
def test_more_than_half_an_hour_of_silence_is_a_gap(capsys, late, news):
    park = ParkFactory.create()
    watch(park, [], NOON - INTERVAL, NOON)
    reported = detect(NOON + HALF_HOUR + late, capsys)
    assert reported == f"1 parks: {news} newly silent; 0 rides vanished, 0 returned."
    gaps = DataQualityLog.objects.values_list("entity_id", "timestamp_start", "timestamp_end", "resolution_status")
    assert list(gaps) == [(park.pk, NOON, None, Resolution.OPEN)] * news


def test_again_it_writes_nothing_and_the_return_of_data_closes_the_gap(capsys):
    park = ParkFactory.create()
    watch(park, [], NOON - INTERVAL, NOON)
    detect(NOON + 2 * HALF_HOUR, capsys)
    assert "0 newly silent" in detect(NOON + 3 * HALF_HOUR, capsys)
    back = NOON + 4 * HALF_HOUR
    note_returns([park], parks_before([park.pk], back), back)
    gap = DataQualityLog.objects.get()
    assert (gap.timestamp_end, gap.resolution_status) == (back, Resolution.RESOLVED)


def test_parks_that_are_not_collected_or_were_never_seen_have_no_gap(capsys):
    ParkFactory.create()
    for columns in ({"is_active": False}, {"themeparks_wiki_id": None, "queue_times_id": None}):
        watch(ParkFactory.create(**columns), [], NOON - INTERVAL, NOON)
    assert detect(NOON + DAY, capsys) == "1 parks: 0 newly silent; 0 rides vanished, 0 returned."
    assert not DataQualityLog.objects.exists()


def test_the_end_of_the_archive_begins_no_gap_of_live_collection(capsys):
    park = ParkFactory.create()
    watch(park, [], NOON - DAY, NOON - DAY + HALF_HOUR, source="ARCHIVE")
    assert "0 newly silent" in detect(NOON, capsys)
    note_returns([park], parks_before([park.pk], NOON), NOON)
    assert not DataQualityLog.objects.exists()
    note_failures({park: "HTTP 500"}, NOON + INTERVAL)
    assert DataQualityLog.objects.get().timestamp_start == NOON + INTERVAL


def test_an_import_does_not_hide_that_live_collection_is_silent(capsys):
    park = ParkFactory.create()
    watch(park, [], NOON - INTERVAL, NOON)
    watch(park, [], NOON, NOON + DAY, source="ARCHIVE")
    assert "1 newly silent" in detect(NOON + DAY, capsys)
    assert DataQualityLog.objects.get().timestamp_start == NOON


def test_vanished_rides_are_listed_with_it(capsys):
    park = ParkFactory.create()
    with time_machine.travel(NOON - DAY):
        stays, goes = RideFactory.create_batch(2, park=park)
    watch(park, [stays, goes], NOON - INTERVAL, NOON)
    watch(park, [stays], NOON, NOON + DAY)
    assert detect(NOON + DAY, capsys) == "1 parks: 0 newly silent; 1 rides vanished, 0 returned."
    watch(park, [stays, goes], NOON + DAY + INTERVAL, NOON + DAY + 2 * INTERVAL)
    assert detect(NOON + DAY + HALF_HOUR, capsys).endswith("0 rides vanished, 1 returned.")
    assert DataQualityIssue.objects.get().is_resolved
