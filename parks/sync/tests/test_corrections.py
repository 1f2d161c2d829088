"""Parks and rides as persons say them: in the admin site, with a reason, and against what upstreams say later."""

import json
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.core.exceptions import ValidationError

from core import data_version
from parks.classification.classifying import classify, plan_classification
from parks.models import CatalogCorrection, Park, ParkSchedule, Ride, RideClassification
from parks.sync.corrections import PARK_FIELDS, correct, release
from parks.sync.parks import ParkSync, store_park
from parks.sync.rides import sync_queue_times_rides, sync_rides
from parks.sync.tests.upstream_world import child, children, queue_times_ride
from parks.tests.factories import ParkFactory, RideFactory, wiki_id
from parks.upstreams.queue_times import read_queue_times
from parks.upstreams.themeparks_wiki import read_children

pytestmark = pytest.mark.django_db
WHY = "their press office says so"


@pytest.fixture
def park() -> Park:
    return ParkFactory.create(
        name="Old Name", latitude=Decimal("40"), longitude=Decimal("-80"), themeparks_wiki_id=wiki_id(1)
    )


@pytest.fixture
def ride(park) -> Ride:
    return RideFactory.create(park=park, name="Old Coaster", themeparks_wiki_id=wiki_id(2), tier=2)


def history(subject: Park | Ride) -> list[tuple[str, str | None, str | None, str, str, bool]]:
    rows = subject.catalog_corrections.order_by("pk")
    return [(row.field, row.old_value, row.new_value, row.person, row.reason, row.is_release) for row in rows]


# -- what is stored -----------------------------------------------------------------------------------------


def test_a_correction_keeps_who_when_what_was_and_why(park, django_capture_on_commit_callbacks, settings, tmp_path):
    settings.DATA_VERSION_FILE, settings.REDIS_URL = tmp_path / "data-version", ""
    before = data_version.current()
    with django_capture_on_commit_callbacks(execute=True):
        assert correct(park, {"name": "New Name", "city": park.city}, "ann", f" {WHY} ") == ["name"]
    park.refresh_from_db()
    assert park.name == "New Name"
    assert history(park) == [("name", "Old Name", "New Name", "ann", WHY, False)]
    assert park.catalog_corrections.get().corrected_at is not None
    assert data_version.current() != before


def test_to_say_what_is_known_changes_nothing(park):
    assert correct(park, {"name": "Old Name"}, "ann", WHY) == []
    assert not CatalogCorrection.objects.exists()


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"latitude": None}, "latitude"),
        ({"latitude": Decimal("91")}, "__all__"),
        ({"timezone": "Mars/Olympus"}, "timezone"),
        ({"country": "usa"}, "country"),
        ({"country": "u1"}, "country"),
        ({"name": ""}, "name"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_written(park, values, field):
    with pytest.raises(ValidationError) as caught:
        correct(park, values, "ann", WHY)
    assert field in caught.value.message_dict
    assert not CatalogCorrection.objects.exists()
    assert Park.objects.get().name == "Old Name"


@pytest.mark.parametrize("reason", ["", "  ", "x" * 501])
def test_a_correction_has_a_reason(park, reason):
    for act in (lambda: correct(park, {"name": "x"}, "ann", reason), lambda: release([park], "ann", reason)):
        with pytest.raises(ValidationError) as caught:
            act()
        assert "reason" in caught.value.message_dict


# -- what upstreams say later --------------------------------------------------------------------------------


def synced(park: Park, **reported: Any) -> ParkSync:
    done = ParkSync(park.name)
    store_park(done, Park.objects.get(pk=park.pk), reported)
    return done


def test_a_sync_leaves_what_a_person_said_and_reports_that_it_was_told_otherwise(park):
    correct(park, {"name": "New Name"}, "ann", WHY)
    done = synced(park, name="Old Name", latitude=40.5, longitude=-80.0)
    park.refresh_from_db()
    assert (park.name, park.latitude, done.changed) == ("New Name", Decimal("40.5"), ["latitude"])
    assert [each.text for each in done.problems] == [
        "name of New Name is reported as Old Name; New Name stays, as ann said"
    ]
    assert not synced(park, name="New Name").problems


def test_a_place_is_one_thing_whichever_half_was_corrected(park):
    correct(park, {"latitude": Decimal("41")}, "ann", WHY)
    synced(park, latitude=40.5, longitude=-80.5)
    park.refresh_from_db()
    assert (park.latitude, park.longitude) == (41, -80)


def test_what_is_released_follows_the_upstream_again_and_the_history_stays(park):
    correct(park, {"name": "New Name"}, "ann", WHY)
    assert release([park], "ben", "they were right") == 1
    assert release([park], "ben", "again") == 0
    synced(park, name="Old Name")
    park.refresh_from_db()
    assert park.name == "Old Name"
    assert [row[-3:] for row in history(park)] == [("ann", WHY, False), ("ben", "they were right", True)]
    correct(park, {"name": "Third Name"}, "ann", WHY)
    synced(park, name="Old Name")
    assert Park.objects.get().name == "Third Name"


def test_rides_keep_what_a_person_said_of_them_whichever_upstream_speaks(park, ride):
    correct(ride, {"name": "New Coaster", "land_area": "Our Land", "is_active": False}, "ann", WHY)
    listed = children(child(wiki_id(2), name="Old Coaster", parentId=wiki_id(1)), uuid=wiki_id(1))
    done = sync_rides(park, read_children(json.dumps(listed).encode()))
    assert [each.text for each in done.problems] == [
        "name of New Coaster is reported as Old Coaster; New Coaster stays, as ann said"
    ]
    Ride.objects.filter(pk=ride.pk).update(queue_times_id=450)
    feed = {"lands": [{"id": 1, "name": "Their Land", "rides": [queue_times_ride(450)]}], "rides": []}
    sync_queue_times_rides(park, read_queue_times(json.dumps(feed).encode()).entries)
    ride.refresh_from_db()
    assert (ride.name, ride.land_area, ride.is_active) == ("New Coaster", "Our Land", False)


def test_the_kind_of_a_ride_is_an_override_that_classification_leaves(park, ride):
    assert correct(ride, {"tier": 1, "category": "SHOW"}, "ann", WHY) == ["category", "tier"]
    found = RideClassification.objects.get(ride=ride)
    assert (found.tier, found.tier_weight, found.category, found.override_reason) == (1, 3, "SHOW", WHY)
    classify(plan_classification(Ride.objects.filter(pk=ride.pk)))
    ride.refresh_from_db()
    assert (ride.tier, ride.category) == (1, "SHOW")


def test_the_category_of_a_ride_without_a_tier_needs_one(park):
    ride = RideFactory.create(park=park, tier=None)
    with pytest.raises(ValidationError, match="both, tier and category"):
        correct(ride, {"category": "SHOW"}, "ann", WHY)
    assert not RideClassification.objects.exists()


# -- the admin site ------------------------------------------------------------------------------------------


def form_of(admin_client: Any, subject: Park | Ride, **changes: Any) -> Any:
    """What the page of a row posts: its own values, but for the changes."""
    name = type(subject).__name__.lower()
    fields = PARK_FIELDS if name == "park" else ("name", "category", "tier", "land_area", "is_active")
    values = {field: getattr(subject, field) for field in fields} | changes
    posted = {field: "on" if value is True else value for field, value in values.items() if value not in (None, False)}
    management = {f"catalog_corrections-{part}": "0" for part in ("TOTAL_FORMS", "INITIAL_FORMS")}
    return admin_client.post(f"/admin/parks/{name}/{subject.pk}/change/", posted | management)


def test_the_page_of_a_park_corrects_it_and_shows_what_was(admin_client, park):
    assert form_of(admin_client, park, name="New Name", country="CA", reason=WHY).status_code == 302
    park.refresh_from_db()
    assert (park.name, park.country) == ("New Name", "CA")
    assert [row[:2] for row in history(park)] == [("name", "Old Name"), ("country", "US")]
    assert LogEntry.objects.get().change_message == f"Corrected name: New Name, country: CA. {WHY}"
    page = admin_client.get(f"/admin/parks/park/{park.pk}/change/").content.decode()
    for text in ("Old Name", "New Name", "admin", WHY):
        assert text in page


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"name": "New Name"}, "This field is required"),
        ({"name": "New Name", "reason": "  "}, "This field is required"),
        ({"country": "usa", "reason": WHY}, "at most 2 characters"),
        ({"country": "u1", "reason": WHY}, "two capital letters"),
        ({"latitude": "", "reason": WHY}, "both, latitude and longitude"),
        ({"timezone": "Mars", "reason": WHY}, "is not an IANA time zone"),
    ],
)
def test_a_page_that_cannot_be_stored_says_why(admin_client, park, changes, says):
    answer = form_of(admin_client, park, **changes)
    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert not CatalogCorrection.objects.exists()


def test_the_page_of_a_ride_corrects_its_kind(admin_client, ride):
    assert form_of(admin_client, ride, tier=1, category="SHOW", reason=WHY).status_code == 302
    ride.refresh_from_db()
    assert (ride.tier, ride.category, ride.classification.override_reason) == (1, "SHOW", WHY)


def act(client: Any, rows: list[Any], action: str, **fields: str) -> str:
    name = type(rows[0]).__name__.lower()
    answer = client.post(
        f"/admin/parks/{name}/", {"action": action, "_selected_action": [r.pk for r in rows], **fields}
    )
    *_, message = get_messages(answer.wsgi_request)
    return f"{message.level_tag}: {message}"


def test_rides_and_parks_are_switched_off_on_and_released_from_the_list(admin_client, park, ride):
    for row in (park, ride):
        assert act(admin_client, [row], "switch_off") == "error: Nothing changed: reason: a correction needs a reason"
        assert act(admin_client, [row], "switch_off", reason=WHY).startswith("success: 1 switched off.")
        row.refresh_from_db()
        assert not row.is_active
        assert act(admin_client, [row], "switch_off", reason=WHY).startswith("error: Nothing changed: nothing there")
        assert act(admin_client, [row], "release", reason=WHY).startswith("success: 1 released.")
        assert act(admin_client, [row], "switch_on", reason=WHY).startswith("success: 1 switched on.")
        assert [each[1:3] for each in history(row)] == [("True", "False"), ("False", "False"), ("False", "True")]


def test_who_may_only_look_corrects_nothing(client, park):
    user = User.objects.create_user("eve", password="x", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_park"))
    client.force_login(user)
    assert form_of(client, park, name="New Name", reason=WHY).status_code == 403
    assert "switch_off" not in client.get("/admin/parks/park/").content.decode()
    assert Park.objects.get().name == "Old Name"


# -- hours of a date without a row ---------------------------------------------------------------------------


def added(admin_client: Any, park: Park, **fields: str) -> Any:
    said = {"park": park.pk, "schedule_date": "2026-07-01", "reason": WHY, **fields}
    return admin_client.post("/admin/parks/parkschedule/add/", said)


def test_hours_are_added_to_a_date_that_has_none(admin_client, park):
    assert admin_client.get("/admin/parks/parkschedule/add/").status_code == 200
    assert added(admin_client, park, opens="10:00", closes="01:00").status_code == 302
    row = ParkSchedule.objects.get()
    assert (row.schedule_type, row.set_by, row.reason) == ("OPERATING", "admin", WHY)
    assert f"{row.opening_time:%d %H:%M} {row.closing_time:%d %H:%M}" == "01 14:00 02 05:00"
    assert LogEntry.objects.get().object_id == str(row.pk)
    assert added(admin_client, park).status_code == 302
    assert ParkSchedule.objects.get().schedule_type == "CLOSED"
    assert admin_client.get(f"/admin/parks/parkschedule/{row.pk + 1}/change/").status_code == 200


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        ({"opens": "10:00"}, "both times, or none"),
        ({"opens": "10:00", "closes": "09:00"}, "more than 20 hours after"),
        ({"opens": "late", "closes": "09:00"}, "Enter a valid time"),
        ({"reason": ""}, "This field is required"),
        ({"schedule_date": "soon"}, "Enter a valid date"),
    ],
)
def test_hours_that_cannot_be_are_not_added(admin_client, park, fields, says):
    answer = added(admin_client, park, **fields)
    assert answer.status_code == 200
    assert says in answer.content.decode()
    assert not ParkSchedule.objects.exists()
