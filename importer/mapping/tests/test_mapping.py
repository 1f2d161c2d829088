"""Which ride an entity of the archive is taken for (R-26.4)."""

from decimal import Decimal

import pytest

from importer.archive.files import DirectoryArchive
from importer.jobs.planning import plan
from importer.jobs.running import Work, begin, do
from importer.jobs.tests.test_importing import a_day, run
from importer.models import MappingDecision, MappingMethod
from importer.tests.archives import COASTER, DESTINATION, FLUME, PARK, ZONE, event, write_events
from parks.models import EntityType, Park, Ride
from snapshots.models import DataQualityLog, RideStatusSnapshot

pytestmark = pytest.mark.django_db


@pytest.fixture
def park():
    return Park.objects.create(themeparks_wiki_id=PARK, name="Ours", city="X", country="US", timezone=ZONE)


def ride(park, name, uuid=None, **fields):
    return Ride.objects.create(park=park, name=name, themeparks_wiki_id=uuid, **fields)


def imported(root, events, **options):
    write_events(root, events)
    return run(root, **options)


def decision(entity=COASTER):
    return MappingDecision.objects.get(entity_uuid=entity)


def named(name, entity=COASTER, day="2024-07-04"):
    return [{**each, "name": name} for each in a_day(day, entity)]


def test_the_uuid_goes_before_every_name(tmp_path, park):
    ride(park, "Big Coaster")
    ours = ride(park, "Renamed Long Ago", COASTER)
    imported(tmp_path, named("Big Coaster"))
    found = decision()
    assert (found.ride, found.method, found.confidence) == (ours, MappingMethod.UUID, 1)
    assert set(RideStatusSnapshot.objects.values_list("ride", flat=True)) == {ours.pk}


def test_an_identical_name_in_the_park_is_the_ride_and_gives_it_the_uuid(tmp_path, park):
    ours = ride(park, "BIG COASTER™!")
    imported(tmp_path, named("Big Coaster"))
    found = decision()
    assert (found.ride, found.method, found.edits, found.confidence) == (ours, MappingMethod.EXACT_NAME, 0, 1)
    ours.refresh_from_db()
    assert ours.themeparks_wiki_id == COASTER


def test_a_similar_name_is_the_ride_with_its_distance_and_confidence(tmp_path, park):
    ours = ride(park, "Pirates of the Caribbean")
    imported(tmp_path, named("Pirates of the Carribean"))
    found = decision()
    assert (found.ride, found.method, found.edits, found.confidence) == (ours, "FUZZY", 2, Decimal("0.92"))
    assert not found.is_reviewed
    assert MappingDecision.objects.to_review().get() == found


def test_a_ride_keeps_the_uuid_it_has(tmp_path, park):
    ours = ride(park, "Big Coaster", "99999999-9999-4999-8999-999999999999")
    imported(tmp_path, named("Big Coaster"))
    assert decision().ride == ours
    ours.refresh_from_db()
    assert ours.themeparks_wiki_id == "99999999-9999-4999-8999-999999999999"


def test_a_ride_of_another_park_is_not_taken(tmp_path, park):
    other = Park.objects.create(name="Other", city="X", country="US", timezone=ZONE)
    ride(other, "Big Coaster")
    imported(tmp_path, named("Big Coaster"))
    assert (decision().method, decision().ride.park) == (MappingMethod.CREATED, park)


def test_a_show_of_the_same_name_is_not_taken(tmp_path, park):
    ride(park, "Big Coaster", entity_type=EntityType.SHOW)
    imported(tmp_path, named("Big Coaster"))
    assert decision().method == MappingMethod.CREATED


def test_two_rides_of_one_name_are_no_match(tmp_path, park):
    ride(park, "Big Coaster")
    ride(park, "Big  Coaster")
    imported(tmp_path, named("Big Coaster"))
    assert decision().method == MappingMethod.CREATED


def test_what_fits_no_ride_is_created_in_tier_two(tmp_path, park):
    summary = imported(tmp_path, named("Big Coaster"))
    found = decision()
    assert (found.method, found.ride.tier, found.ride.themeparks_wiki_id) == (MappingMethod.CREATED, 2, COASTER)
    assert summary.rides_created == 1


def test_without_auto_create_what_fits_no_ride_is_reported_once_and_left_out(tmp_path, park):
    imported(tmp_path, named("Big Coaster"), auto_create=False)
    assert decision().method == MappingMethod.FAILED
    assert not Ride.objects.exists()
    assert not RideStatusSnapshot.objects.exists()
    reported = DataQualityLog.objects.get(issue_type="MAPPING_FAILED")
    assert "Big Coaster" in reported.description


def test_a_failed_entity_gets_another_try_at_the_next_import(tmp_path, park):
    imported(tmp_path, named("Big Coaster"), auto_create=False)
    ours = ride(park, "Big Coaster")
    run(tmp_path, auto_create=False)
    assert (decision().method, decision().ride) == (MappingMethod.EXACT_NAME, ours)
    assert RideStatusSnapshot.objects.filter(ride=ours).exists()


def test_an_entity_that_a_person_unmapped_stays_so(tmp_path, park):
    imported(tmp_path, named("Big Coaster"), auto_create=False)
    decision().review("somebody", "a test entry of the operator")
    run(tmp_path)
    assert decision().method == MappingMethod.FAILED
    assert not Ride.objects.exists()


def test_a_stored_decision_is_obeyed_against_uuid_and_name(tmp_path, park):
    ride(park, "Big Coaster", COASTER)
    chosen = ride(park, "Quite Another")
    MappingDecision.objects.create(
        entity_uuid=COASTER, ride=chosen, park=park, method=MappingMethod.MANUAL, confidence=1, decided_by="somebody"
    )
    imported(tmp_path, named("Big Coaster"))
    assert set(RideStatusSnapshot.objects.values_list("ride", flat=True)) == {chosen.pk}


def test_every_decision_is_stored_once(tmp_path, park):
    imported(tmp_path, named("Big Coaster") + named("Old Flume", FLUME))
    first = list(MappingDecision.objects.order_by("pk").values())
    run(tmp_path)
    assert list(MappingDecision.objects.order_by("pk").values()) == first
    assert len(first) == 2
    assert first[0]["destination_uuid"] == DESTINATION
    assert first[0]["decided_by"].startswith("imp_")


def test_a_decision_keeps_from_when_to_when_its_entity_was_reported_of(tmp_path, park):
    imported(tmp_path, named("Big Coaster") + named("Big Coaster", day="2024-07-06"))
    found = decision()
    assert (found.first_event_at.isoformat(), found.last_event_at.isoformat()) == (
        "2024-07-04T13:00:00+00:00",
        "2024-07-07T01:00:00+00:00",
    )


def test_an_entity_that_replaces_a_retired_one_is_the_same_ride(tmp_path, park):
    imported(tmp_path, named("Big Coaster") + named("Big Coaster", FLUME, "2024-07-08"))
    assert Ride.objects.count() == 1
    assert decision(FLUME).ride == decision(COASTER).ride
    assert decision(FLUME).method == MappingMethod.EXACT_NAME


def test_two_entities_of_one_name_that_report_at_the_same_time_are_two_rides(tmp_path, park):
    imported(tmp_path, named("Railway") + named("Railway", FLUME))
    assert Ride.objects.count() == 2
    assert decision(FLUME).ride != decision(COASTER).ride


def test_a_second_entity_of_a_ride_is_left_out_while_the_first_reports(tmp_path, park):
    ours = ride(park, "Big Coaster", COASTER)
    MappingDecision.objects.create(
        entity_uuid=FLUME, ride=ours, park=park, method=MappingMethod.MANUAL, confidence=1, decided_by="somebody"
    )
    late = [event("2024-07-04T18:10:00.000Z", "CLOSED", None, FLUME, name="Other")]
    late.append(event("2024-07-04T18:20:00.000Z", "CLOSED", None, FLUME, name="Other"))
    imported(tmp_path, named("Big Coaster") + late)
    assert not RideStatusSnapshot.objects.filter(recorded_at__hour=18, recorded_at__minute__in=[10, 20]).exists()
    assert DataQualityLog.objects.filter(issue_type="MAPPING_FAILED", description__contains=FLUME).count() == 1


def test_a_deleted_ride_is_decided_anew(tmp_path, park):
    imported(tmp_path, named("Big Coaster"))
    Ride.objects.all().delete()
    run(tmp_path)
    assert decision().ride is not None
    assert decision().method == MappingMethod.CREATED


# -- shows -----------------------------------------------------------------------------------------------


def show(at, has_times, entity=FLUME):
    times = {"showtimes": [{"type": "Performance Time"}]} if has_times else {}
    return event(at, "OPERATING", None, entity, name="Parade of Stars", data=times)


@pytest.mark.parametrize("kind", [EntityType.SHOW, EntityType.RESTAURANT])
def test_what_the_catalogue_knows_as_no_ride_is_skipped_and_counted_as_that(tmp_path, park, kind):
    ride(park, "Parade of Stars", FLUME, entity_type=kind)
    summary = imported(tmp_path, [*a_day(), show("2024-07-04T15:00:00.000Z", False)])
    assert set(RideStatusSnapshot.objects.values_list("ride__themeparks_wiki_id", flat=True)) == {COASTER}
    assert summary.skipped == {kind.value: 1}
    assert not MappingDecision.objects.filter(entity_uuid=FLUME).exists()


def test_a_ride_that_became_a_show_is_skipped_unless_a_person_mapped_it(tmp_path, park):
    ours = ride(park, "Parade of Stars", FLUME)
    events = [*a_day(), show("2024-07-04T15:00:00.000Z", False)]
    imported(tmp_path, events)
    Ride.objects.filter(pk=ours.pk).update(entity_type=EntityType.SHOW)
    run(tmp_path)
    assert not RideStatusSnapshot.objects.filter(ride=ours).exists()
    MappingDecision.objects.filter(entity_uuid=FLUME).update(method=MappingMethod.MANUAL)
    run(tmp_path)
    assert RideStatusSnapshot.objects.filter(ride=ours).exists()


@pytest.mark.parametrize("marked", [0, 1], ids=["first event", "last event"])
def test_one_event_of_a_file_with_show_times_reports_that_an_entity_is_a_show(tmp_path, park, marked):
    shows = [show(f"2024-07-04T{13 + hour}:00:00.000Z", hour == marked) for hour in (0, 1)]
    summary = imported(tmp_path, [*a_day(), *shows])
    assert summary.rides_created == 1
    assert summary.skipped == {"SHOW": 2}


@pytest.mark.parametrize("same_process", [True, False])
def test_a_show_without_times_is_known_from_the_slice_before(tmp_path, park, settings, same_process):
    """Days later it says no times any more; whoever does that slice, it is no ride."""
    settings.IMPORT_SLICE_DAYS = 2
    days = [f"2024-07-{day:02}" for day in range(1, 15)]
    events = [each for day in days for each in a_day(day)]
    write_events(tmp_path, events + [show(f"{day}T15:00:00.000Z", day == days[0]) for day in days])
    job = plan(DirectoryArchive(tmp_path), DESTINATION, source=str(tmp_path))
    work = Work.for_import(job)
    while begin(job) and (piece := job.claim_slice()) is not None:
        do(work if same_process else Work.for_import(job), piece)
    assert list(Ride.objects.values_list("name", flat=True)) == ["Big Coaster"]
