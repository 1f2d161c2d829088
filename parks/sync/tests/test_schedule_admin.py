"""Planned hours in the admin site: corrected, closed, withdrawn, released; the person and the reason stay (N-9)."""

from datetime import UTC, date, datetime

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages

from parks.models import Park, ParkSchedule, ScheduleType, SupersededSchedule
from parks.tests.factories import ScheduleFactory, SupersededScheduleFactory

pytestmark = pytest.mark.django_db
LIST = "/admin/parks/parkschedule/"
DAY = date(2026, 7, 1)


@pytest.fixture
def act(admin_client):
    """Carries out an action of the list and says what the page then says."""

    def post(action: str, rows: list[ParkSchedule], client=admin_client, **fields: object) -> str:
        response = client.post(LIST, {"action": action, "_selected_action": [row.pk for row in rows], **fields})
        assert response.status_code == 302
        *_, message = get_messages(response.wsgi_request)
        return f"{message.level_tag}: {message}"

    return post


def now_of(park: Park) -> list[tuple[str, datetime | None, datetime | None, str | None, str | None]]:
    rows = park.schedules.order_by("schedule_date", "pk")
    return [(row.schedule_type, row.opening_time, row.closing_time, row.set_by, row.reason) for row in rows]


def former(park: Park) -> list[tuple[str, str, str | None, str | None]]:
    rows = park.superseded_schedules.order_by("pk")
    return [(row.schedule_type, row.cause, row.person, row.reason) for row in rows]


def test_the_list_shows_hours_by_the_parks_clock_and_who_set_them(admin_client):
    row = ScheduleFactory.create(set_by="ann", reason="their sign says so")
    page = admin_client.get(LIST).content.decode()
    for text in (row.park.name, "2026-07-01 09:00", "2026-07-01 19:00", "ann", "their sign says so"):
        assert text in page


def test_correcting_replaces_all_hours_of_the_date_and_keeps_who_and_why(act):
    row = ScheduleFactory.create()
    ScheduleFactory.create(park=row.park, opening_time=datetime(2026, 7, 1, 10, tzinfo=UTC))
    event = ScheduleFactory.create(park=row.park, schedule_type=ScheduleType.TICKETED_EVENT)
    assert act("correct", [row], opens="11:00", closes="01:00", reason=" late night ").startswith("success: 1 dates.")
    opening, closing = datetime(2026, 7, 1, 15, tzinfo=UTC), datetime(2026, 7, 2, 5, tzinfo=UTC)
    assert now_of(row.park) == [
        ("TICKETED_EVENT", event.opening_time, event.closing_time, None, None),
        ("OPERATING", opening, closing, "admin", "late night"),
    ]
    assert former(row.park) == [("OPERATING", "BY_HAND", "admin", "late night")] * 2
    assert LogEntry.objects.get().change_message == "Hours corrected: 11:00 to 01:00. late night"


@pytest.mark.parametrize(("action", "kind"), [("close_days", "CLOSED"), ("withdraw", "UNKNOWN")])
def test_a_date_is_closed_or_its_hours_are_withdrawn(act, action, kind):
    rows = [ScheduleFactory.create(), ScheduleFactory.create(schedule_date=date(2026, 7, 2))]
    assert act(action, rows, reason="storm").startswith("success: 2 dates.")
    for row in rows:
        assert now_of(row.park) == [(kind, None, None, "admin", "storm")]
        assert former(row.park) == [("OPERATING", "BY_HAND", "admin", "storm")]


def test_a_released_date_is_the_upstreams_again(act):
    row = ScheduleFactory.create()
    act("withdraw", [row], reason="not so")
    by_hand = ParkSchedule.objects.get()
    assert act("release", [by_hand], reason="so after all").startswith("success: 1 dates.")
    assert not ParkSchedule.objects.exists()
    assert former(row.park)[1:] == [("UNKNOWN", "BY_HAND", "admin", "so after all")]


@pytest.mark.parametrize(
    ("action", "fields", "says"),
    [
        ("withdraw", {"reason": "  "}, "reason: hours are set by hand with a reason"),
        ("withdraw", {"reason": "x" * 501}, "reason: a reason has at most 500 characters"),
        ("correct", {"opens": "11:00", "reason": "x"}, "opens and closes are times"),
        ("correct", {"opens": "11:00", "closes": "late", "reason": "x"}, "opens and closes are times"),
        ("correct", {"opens": "11:00", "closes": "10:00", "reason": "x"}, "closes: 10:00:00 is more than 20 hours"),
        ("correct", {"opens": "11:00", "closes": "11:00", "reason": "x"}, "closes: 11:00:00 is more than 20 hours"),
        ("release", {"reason": "x"}, "none of these dates was set by hand"),
    ],
)
def test_what_cannot_be_done_changes_nothing(act, action, fields, says):
    row = ScheduleFactory.create()
    assert act(action, [row], **fields).startswith(f"error: Nothing changed: {says}")
    assert now_of(row.park) == [("OPERATING", row.opening_time, row.closing_time, None, None)]
    assert not SupersededSchedule.objects.exists()


def test_who_may_only_look_changes_nothing(client):
    row = ScheduleFactory.create()
    reader = User.objects.create_user("reader", is_staff=True)
    reader.user_permissions.add(Permission.objects.get(codename="view_parkschedule"))
    client.force_login(reader)
    assert client.get(LIST).status_code == 200
    client.post(LIST, {"action": "withdraw", "_selected_action": [row.pk], "reason": "x"})
    assert now_of(row.park) == [("OPERATING", row.opening_time, row.closing_time, None, None)]


def test_superseded_hours_are_listed(admin_client):
    row = SupersededScheduleFactory.create()
    page = admin_client.get("/admin/parks/supersededschedule/").content.decode()
    for text in (row.park.name, "2026-07-01 09:00", "Replaced", "ann", "their sign says so"):
        assert text in page
