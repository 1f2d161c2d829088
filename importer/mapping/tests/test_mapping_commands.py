"""`map_rides` and `mapping_report`."""

import csv
import io

import pytest
from django.core.management import CommandError, call_command

from importer.jobs.tests.test_importing import a_day, run
from importer.models import MappingDecision, MappingMethod
from importer.tests.archives import COASTER, FLUME, PARK, ZONE, write_events
from parks.models import Park, Ride
from snapshots.models import RideStatusSnapshot

pytestmark = pytest.mark.django_db


@pytest.fixture
def park():
    return Park.objects.create(themeparks_wiki_id=PARK, name="Ours", city="X", country="US", timezone=ZONE)


@pytest.fixture
def ride(park):
    return Ride.objects.create(park=park, name="Quite Another")


def reported(name, *options, **more):
    out = io.StringIO()
    call_command(name, *options, stdout=out, stderr=out, **more)
    return out.getvalue()


def written(path, *lines, header="entity_uuid,ride_id,park_id,ride_name,notes"):
    path.write_text("\n".join([header, *lines]), encoding="utf-8")
    return str(path)


def map_rides(path, *options):
    return reported("map_rides", "--file", path, "--no-recompute", *options)


def test_a_line_maps_an_entity_to_a_ride_by_number(tmp_path, ride):
    map_rides(written(tmp_path / "m.csv", f'{COASTER},{ride.pk},,,"its old name, until 2019"'))
    found = MappingDecision.objects.get(entity_uuid=COASTER)
    assert (found.ride, found.method, found.notes) == (ride, MappingMethod.MANUAL, "its old name, until 2019")
    assert found.is_reviewed


def test_a_line_maps_an_entity_by_park_and_name(tmp_path, ride):
    map_rides(written(tmp_path / "m.csv", f"{COASTER.upper()},,{ride.park_id},QUITE another™,"))
    assert MappingDecision.objects.get(entity_uuid=COASTER).ride == ride


def test_columns_that_are_not_needed_may_be_left_out(tmp_path, ride):
    map_rides(written(tmp_path / "m.csv", f"{ride.pk},{COASTER}", header="ride_id,entity_uuid"))
    assert MappingDecision.objects.get(entity_uuid=COASTER).ride == ride


def test_what_came_in_before_is_moved(tmp_path, ride):
    write_events(tmp_path, a_day())
    run(tmp_path)
    out = map_rides(written(tmp_path / "m.csv", f"{COASTER},{ride.pk},,,"))
    assert set(RideStatusSnapshot.objects.values_list("ride", flat=True)) == {ride.pk}
    assert "snapshots" in out


def test_the_same_file_again_changes_nothing(tmp_path, ride):
    path = written(tmp_path / "m.csv", f"{COASTER},{ride.pk},,,")
    map_rides(path)
    before = MappingDecision.objects.values().get()
    map_rides(path)
    assert MappingDecision.objects.values().get() == before


def test_a_dry_run_writes_nothing(tmp_path, ride):
    assert "1 mappings can be used" in map_rides(written(tmp_path / "m.csv", f"{COASTER},{ride.pk},,,"), "--dry-run")
    assert not MappingDecision.objects.exists()


@pytest.mark.parametrize(
    ("line", "error"),
    [
        ("not-a-uuid,1,,,", "line 2: entity_uuid: 'not-a-uuid' is not a UUID"),
        (f"{COASTER},one,,,", "line 2: ride_id: 'one' is not a number"),
        (f"{COASTER},-1,,,", "line 2: ride_id: '-1' is not a number"),
        (f"{COASTER},999999,,,", "line 2: ride_id: ride 999999 is not known"),
        (f"{COASTER},,,,", "line 2: ride_id: is missing; give it, or park_id and ride_name"),
        (f"{COASTER},,999999,Anything,", "line 2: park_id: park 999999 is not known"),
        (f"{COASTER},{{ride}},999999,,", "line 2: park_id: ride"),
        (f"{COASTER},,{{park}},Nowhere,", "line 2: ride_name: no ride has the name 'Nowhere'"),
        (f"{COASTER},{{ride}},,,{'x' * 501}", "line 2: notes: longer than 500 characters"),
        (f"{COASTER},{{ride}},,,a,b", "line 2: more than 5 fields"),
        (f"{COASTER},{{ride}},,,\n{COASTER},{{ride}},,,", f"line 3: entity_uuid: {COASTER} stands in line 2 already"),
        (f'{COASTER},{{ride}},,,"open', "line 2: "),
    ],
)
def test_a_bad_line_is_named_with_its_column_and_nothing_is_written(tmp_path, ride, line, error):
    path = written(tmp_path / "m.csv", line.format(ride=ride.pk, park=ride.park_id))
    with pytest.raises(CommandError) as refused:
        map_rides(path)
    assert error in str(refused.value)
    assert refused.value.returncode == 2
    assert not MappingDecision.objects.exists()


@pytest.mark.parametrize("header", ["", "uuid,ride", "entity_uuid,entity_uuid"])
def test_a_wrong_header_is_refused(tmp_path, header):
    with pytest.raises(CommandError, match="line 1: the header must be entity_uuid,ride_id"):
        map_rides(written(tmp_path / "m.csv", header=header))


@pytest.mark.parametrize("content", [None, b"\xff\xfe\x00"])
def test_a_file_that_cannot_be_read_is_one_line(tmp_path, content):
    path = tmp_path / "m.csv"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(CommandError) as refused:
        map_rides(str(path))
    assert refused.value.returncode == 2
    assert "\n" not in str(refused.value)


def test_a_line_that_cannot_be_applied_leaves_the_others_and_ends_with_one(tmp_path, ride):
    write_events(tmp_path, a_day())
    run(tmp_path)
    far = Park.objects.create(name="Far", city="X", country="US", timezone=ZONE)
    elsewhere = Ride.objects.create(park=far, name="Elsewhere")
    path = written(tmp_path / "m.csv", f"{COASTER},{elsewhere.pk},,,", f"{FLUME},{ride.pk},,,")
    with pytest.raises(CommandError) as partial:
        map_rides(path)
    assert partial.value.returncode == 1
    assert MappingDecision.objects.get(entity_uuid=FLUME).ride == ride
    assert MappingDecision.objects.get(entity_uuid=COASTER).ride.park.name == "Ours"


def test_interrupted_moves_are_ended(tmp_path, ride):
    write_events(tmp_path, a_day())
    run(tmp_path)
    found = MappingDecision.objects.get(entity_uuid=COASTER)
    MappingDecision.objects.filter(pk=found.pk).update(ride=ride, moving_from=found.ride)
    reported("map_rides", "--finish", "--no-recompute")
    assert set(RideStatusSnapshot.objects.values_list("ride", flat=True)) == {ride.pk}
    assert MappingDecision.objects.get(pk=found.pk).moving_from is None


# -- the report -------------------------------------------------------------------------------------------


@pytest.fixture
def imported(tmp_path, park):
    Ride.objects.create(park=park, name="Bigg Coaster")
    write_events(tmp_path, a_day() + a_day(entity=FLUME))
    run(tmp_path, auto_create=False)


def test_the_report_counts_by_method_and_names_what_to_look_at(imported):
    out = reported("mapping_report")
    assert "Ours (destination 11111111-1111-4111-8111-111111111111): 1 FUZZY, 1 FAILED." in out
    assert "'Big Coaster' -> Bigg Coaster" in out
    assert "distance 1, confidence 0.92" in out
    assert f"'Old Flume' ({FLUME}) fits no ride" in out


def test_what_a_person_has_reviewed_is_not_named_again(imported):
    for found in MappingDecision.objects.all():
        found.review("somebody")
    assert "->" not in reported("mapping_report")


def test_the_report_as_csv_holds_every_decision(imported, tmp_path):
    path = tmp_path / "report.csv"
    reported("mapping_report", "--csv", str(path))
    rows = list(csv.DictReader(path.open(encoding="utf-8")))
    assert [(row["entity"], row["method"], row["edits"], row["confidence"]) for row in rows] == [
        (COASTER, "FUZZY", "1", "0.92"),
        (FLUME, "FAILED", "", "0.00"),
    ]
    assert reported("mapping_report", "--csv", "-").splitlines() == path.read_text(encoding="utf-8").splitlines()


def test_a_part_of_the_report_can_be_chosen(imported, park):
    assert "Ours" in reported("mapping_report", "--park-id", str(park.pk))
    assert "No entity" in reported("mapping_report", "--destination", FLUME)


@pytest.mark.parametrize(
    "options", [["--destination", "x"], ["--park-id", "999999"], ["--csv", "/no/such/folder/report.csv"]]
)
def test_bad_options_of_the_report_are_refused(options):
    with pytest.raises(CommandError) as refused:
        reported("mapping_report", *options)
    assert refused.value.returncode == 2
