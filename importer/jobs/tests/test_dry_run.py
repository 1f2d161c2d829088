"""A dry run says what the import will do, whatever comes up in a later slice, and stores nothing."""

from datetime import date, timedelta

import pytest
from django.core.management import call_command

from importer.jobs.running import summary_of
from importer.jobs.tests.test_importing import TABLES, a_day
from importer.models import ImportCheckpoint, MappingDecision
from importer.tests.archives import COASTER, DESTINATION, FLUME, PARK, event, write_events
from parks.models import Park, Ride
from snapshots.models import DataQualityLog

pytestmark = pytest.mark.django_db

OTHER_PARK, OTHER_RIDE = "77777777-7777-4777-8777-777777777777", "99999999-9999-4999-8999-999999999999"
STORED = (*TABLES, Park, Ride, MappingDecision, DataQualityLog, ImportCheckpoint)


@pytest.fixture
def source(tmp_path, settings):
    """Twelve days: a second ride from the fourth on, the park's own name on the seventh, a second park on the tenth,
    with a ride of the same name."""
    settings.IMPORT_SLICE_DAYS = 3
    days = [str(date(2024, 7, 1) + timedelta(days=n)) for n in range(12)]
    events = [each for day in days for each in a_day(day)]
    events += [each for day in days[4:] for each in a_day(day, FLUME)]
    other = {"parkId": OTHER_PARK, "parkSlug": "otherpark", "name": "Big Coaster"}
    events += [{**each, **other} for day in days[9:] for each in a_day(day, OTHER_RIDE)]
    events.append(event(f"{days[6]}T15:00:00.000Z", entity=PARK, name="Park of Tests"))
    write_events(tmp_path, events)
    return str(tmp_path)


def rehearsed(source, capsys, *options):
    call_command("import_historical", "--source", source, "--dry-run", *options)
    return capsys.readouterr().out


def test_it_counts_what_the_import_then_stores(source, capsys):
    reported = rehearsed(source, capsys)
    call_command("import_historical", "--source", source, "--no-recompute")
    done = summary_of(ImportCheckpoint.objects.get())
    assert f"{done.events:,} events in {done.files} files, {done.rows['created']:,} rows." in reported
    assert "Of what is no ride: 1 PARK." in reported
    assert "Entities by mapping: 3 CREATED." in reported


def test_it_stores_nothing_and_can_be_repeated(source, capsys):
    first = rehearsed(source, capsys)
    assert not any(model.objects.exists() for model in STORED)
    assert rehearsed(source, capsys) == first


def test_it_names_each_entity_that_would_be_created_also_when_two_have_one_name(source, capsys):
    assert "3 names would be created: Big Coaster; Old Flume; Big Coaster." in rehearsed(source, capsys)


def test_it_names_what_fits_no_ride(source, capsys):
    ours = Park.objects.create(
        themeparks_wiki_id=PARK, name="Ours", city="X", country="US", timezone="America/New_York"
    )
    Ride.objects.create(park=ours, name="Big Coaster")
    reported = rehearsed(source, capsys, "--no-auto-create")
    assert "2 names fit no ride: Old Flume; Big Coaster." in reported
    assert f"{DESTINATION}: " in reported
    assert not Ride.objects.filter(themeparks_wiki_id=COASTER).exists()
