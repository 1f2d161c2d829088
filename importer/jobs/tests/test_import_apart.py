"""An import of a park without a schedule: who holds it open, and who runs apart (N-8)."""

from datetime import date, datetime, timedelta

import pytest

from importer.archive.files import DirectoryArchive
from importer.jobs import running
from importer.jobs.planning import plan
from importer.tests.archives import DESTINATION, event, write_events
from parks.models import Ride
from snapshots.models import DataQualityLog, ParkActivitySnapshot, RideStatusSnapshot

pytestmark = pytest.mark.django_db

AREA, *RIDES = (f"{n}0000000-0000-4000-8000-00000000000{n}" for n in range(1, 6))
MIDNIGHT = datetime.fromisoformat("2024-07-03T04:00:00")  # in New York


def write_park(root, days):
    """Four rides that run from 10:00 to 18:00, and a play area with news around the clock."""
    found = []
    for day in range(days):
        start = MIDNIGHT + timedelta(days=day)
        for hour in range(24):
            at = f"{start + timedelta(hours=hour):%Y-%m-%dT%H:%M:%S}.000Z"
            found.append(event(at, "OPERATING", hour % 5 * 5, AREA, name="Play Area"))
            if 10 <= hour <= 18:
                state = ("CLOSED", None) if hour == 18 else ("OPERATING", hour)
                found += [event(at, *state, ride, name=f"Ride {ride[0]}") for ride in RIDES]
    write_events(root, found)


def run(root, **options):
    return running.run(plan(DirectoryArchive(root), DESTINATION, source=str(root), is_again=True, **options))


def apart():
    return DataQualityLog.objects.filter(raw_data__reason="runs apart")


def stored():
    return sorted(
        RideStatusSnapshot.objects.values_list("ride", "recorded_at", "duration_seconds", "park_appears_open")
    )


def test_the_play_area_holds_no_park_open_and_is_reported_once(tmp_path):
    write_park(tmp_path, 3)
    run(tmp_path)
    open_rows = ParkActivitySnapshot.objects.filter(park_appears_open=True)
    seconds = sum(open_rows.values_list("duration_seconds", flat=True))
    assert seconds == 3 * 8 * 3600
    row = apart().get()
    assert row.entity_id == Ride.objects.get(name="Play Area").pk
    assert row.raw_data["dates"] == ["2024-07-03", "2024-07-04", "2024-07-05"]


def test_slices_and_a_second_import_give_the_same(tmp_path, settings):
    write_park(tmp_path, 4)
    settings.IMPORT_SLICE_DAYS = 1
    run(tmp_path)
    first, dates = stored(), apart().get().raw_data
    run(tmp_path)
    assert (stored(), apart().get().raw_data) == (first, dates)


def test_an_import_that_goes_on_later_knows_who_ran_apart(tmp_path):
    write_park(tmp_path, 4)
    run(tmp_path, end_date=date(2024, 7, 4))
    assert apart().get().raw_data["dates"][-1] == "2024-07-04"
    run(tmp_path, start_date=date(2024, 7, 5))
    assert apart().get().raw_data["dates"][-1] >= "2024-07-06"
