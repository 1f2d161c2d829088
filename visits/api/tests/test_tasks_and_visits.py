"""Tasks and visits over REST: what is kept, changed and deleted, how lists are paged, and what is refused."""

import json
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.tests.forgetting import forget_cached
from parks.tests.factories import NOON, ParkFactory, RideFactory
from visits import visitors
from visits.models import PlanStop, Task, Visit
from visits.tests.factories import PlanStopFactory, TaskFactory, UserFactory, VisitFactory

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def user():
    forget_cached()
    return UserFactory.create()


@pytest.fixture
def me(user) -> Client:
    client = Client()
    client.cookies[visitors.COOKIE] = visitors.proof_of(user, visitors.COOKIE_SALT)
    return client


def sent(client: Client, method: str, path: str, body: Any, status: int = 200) -> Any:
    answer = getattr(client, method)(path, body, content_type=JSON)
    assert answer.status_code == status, answer.content
    return answer.json()


# -- tasks -------------------------------------------------------------------------------------------------


def test_a_task_is_kept_read_changed_ticked_and_deleted(me, user):
    with time_machine.travel(NOON, tick=False):
        made = sent(me, "post", "/api/tasks", {"title": "  Space Mountain ", "description": "before lunch"}, 201)[
            "task"
        ]
    assert made == {
        "id": made["id"],
        "title": "Space Mountain",
        "description": "before lunch",
        "completed": False,
        "created_at": "2026-07-01T12:00:00Z",
        "updated_at": "2026-07-01T12:00:00Z",
        "stop": None,
    }
    path = f"/api/tasks/{made['id']}"
    assert me.get(path).json()["task"] == made
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        changed = sent(me, "patch", path, {"completed": True})["task"]
    assert changed == {**made, "completed": True, "updated_at": "2026-07-01T13:00:00Z"}
    assert sent(me, "patch", path, {"description": None})["task"]["description"] is None
    assert sent(me, "delete", path, None) == {"success": True}
    assert not Task.objects.exists()
    assert me.get(path).status_code == 404


def test_what_a_body_names_besides_changes_nothing(me, user):
    other = UserFactory.create()
    number = str(uuid4())
    body = {"title": "x", "user": other.pk, "user_id": other.pk, "id": number, "stop": {}, "created_at": "2000-01-01"}
    made = sent(me, "post", "/api/tasks", body, 201)["task"]
    task = Task.objects.get()
    assert (task.user, str(task.pk), made["stop"]) == (user, made["id"], None)
    assert made["id"] != number
    assert task.created_at.year > 2000


def test_a_task_of_four_bytes_a_letter_is_kept_as_it_is(me):
    title = "🎢" * 200
    made = sent(me, "post", "/api/tasks", {"title": title, "description": "é" * 1_000}, 201)["task"]
    assert Task.objects.get(pk=made["id"]).title == title


BAD_TASKS = [
    ({}, "title: "),
    ({"title": ""}, "title: "),
    ({"title": " \t\n"}, "title: "),
    ({"title": None}, "title: "),
    ({"title": "x" * 201}, "title: "),
    ({"title": "a\0b"}, "title: "),
    ({"title": ["x"]}, "title: "),
    ({"title": {"a": {"b": 1}}}, "title: "),
    ({"title": True}, "title: "),
    ({"title": "x", "description": "x" * 1_001}, "description: "),
    ({"title": "x", "description": "\0"}, "description: "),
    ({"title": "x", "completed": "yes"}, "completed: "),
    ({"title": "x", "completed": 1}, "completed: "),
    ({"title": "x", "completed": None}, "completed: "),
    ([], ""),
    ("text", ""),
    (None, ""),
    (7, ""),
]


@pytest.mark.parametrize(("body", "named"), BAD_TASKS)
def test_a_task_that_cannot_be_is_refused_by_the_name_of_its_field(body, named, me, user):
    answer = me.post("/api/tasks", json.dumps(body), content_type=JSON)
    assert answer.status_code == 400, answer.content
    assert answer.json()["error"].startswith(named)
    assert not Task.objects.exists()
    task = TaskFactory.create(user=user, title="Kept")
    if body != {}:  # a change of nothing is one
        answer = me.patch(f"/api/tasks/{task.pk}", json.dumps(body), content_type=JSON)
        assert answer.status_code == 400, answer.content
    task.refresh_from_db()
    assert (task.title, task.description, task.completed) == ("Kept", None, False)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", JSON, 400),
        (b'{"title": "\\ud800"}', JSON, 400),
        (b'{"title": NaN}', JSON, 400),
        (b"[" * 100_000, JSON, 400),
        (b'{"title": "' + b"x" * 1_048_576 + b'"}', JSON, 413),
        (b"title=x", "application/x-www-form-urlencoded", 415),
        (b'{"title": "x"}', "text/plain", 415),
        (b"<title>x</title>", "application/xml", 415),
        (b"\xff\xfe", JSON, 400),
    ],
)
def test_a_body_that_is_none_is_refused(body, kind, status, me):
    answer = me.post("/api/tasks", body, content_type=kind)
    assert answer.status_code == status
    assert answer.json()["success"] is False
    assert not Task.objects.exists()


def test_lists_are_paged_newest_first_and_nothing_is_shown_twice_or_left_out(me, user):
    made = []
    for number in range(7):
        with time_machine.travel(NOON + timedelta(seconds=number // 2), tick=False):  # two of each instant
            made.append(TaskFactory.create(user=user, completed=number % 3 == 0))
    TaskFactory.create()
    seen: list[str] = []
    query: dict[str, Any] = {"limit": 2}
    while True:
        answer = me.get("/api/tasks", query).json()
        assert answer["total"] == 7
        seen += [task["id"] for task in answer["items"]]
        if answer["next"] is None:
            break
        if len(seen) == 2:
            TaskFactory.create(user=user).delete()  # what comes meanwhile shifts nothing
        query["cursor"] = answer["next"]
    assert sorted(seen) == sorted(str(task.pk) for task in made)
    instants = {str(task.pk): task.created_at for task in made}
    assert seen == sorted(seen, key=lambda number: instants[number], reverse=True)
    for word, wanted in (("true", True), ("false", False)):
        answer = me.get("/api/tasks", {"completed": word}).json()
        assert {task["completed"] for task in answer["items"]} == {wanted}
        assert answer["total"] == sum(task.completed == wanted for task in made)
    assert me.get("/api/tasks", {"limit": 0}).json()["items"] == []


@pytest.mark.parametrize("path", ["/api/tasks", "/api/visits"])
@pytest.mark.parametrize(
    "query",
    [
        {"limit": "x"},
        {"limit": "-1"},
        {"cursor": "x"},
        {"cursor": ""},
        {"cursor": "\0"},
        {"cursor": "MjAyNi0wNy0wMSB4"},
        {"cursor": "é"},
        {"completed": "yes"},
        {"visit_id": "1"},
        {"park_id": "0"},
        {"park_id": "99999999999"},
    ],
)
def test_a_parameter_that_cannot_be_used_is_400(path, query, me):
    (name,) = query
    if (name in ("completed", "visit_id") and path == "/api/visits") or (name == "park_id" and path == "/api/tasks"):
        assert "unknown query parameters" in me.get(path, query)["Warning"]
        return
    answer = me.get(path, query)
    assert answer.status_code == 400, answer.content
    assert name in answer.json()["error"]


def test_the_cursor_of_one_list_is_none_of_the_other(me, user):
    for _ in range(2):
        TaskFactory.create(user=user)
        VisitFactory.create(user=user)
    tasks, visits = (me.get(path, {"limit": 1}).json()["next"] for path in ("/api/tasks", "/api/visits"))
    assert me.get("/api/visits", {"cursor": tasks}).status_code == 400
    assert me.get("/api/tasks", {"cursor": visits}).status_code == 400


def test_a_list_takes_the_same_statements_for_few_and_many(me, user):
    visit = VisitFactory.create(user=user)
    counts = []
    for _ in range(2):
        for position in range(1, 6):
            PlanStopFactory.create(task__user=user, visit=visit, position=position)
        VisitFactory.create(user=user)
        for path in ("/api/tasks", "/api/visits", f"/api/visits/{visit.pk}"):
            with CaptureQueriesContext(connection) as captured:
                assert me.get(path).status_code == 200
            counts.append(len(captured))
    assert counts[:3] == counts[3:]
    assert max(counts) <= 6


# -- visits ------------------------------------------------------------------------------------------------


def test_a_visit_is_planned_filled_ordered_ticked_and_deleted(me, user):
    park = ParkFactory.create(name="Magic Kingdom")
    rides = [RideFactory.create(park=park, name=name) for name in ("Space Mountain", "Haunted Mansion")]
    body = {
        "park_id": park.pk,
        "date": "2026-07-04",
        "start_time": "09:00",
        "end_time": "01:00",
        "party_heights_cm": [180, 112],
        "pace": "brisk",
    }
    visit = sent(me, "post", "/api/visits", body, 201)["visit"]
    assert (visit["park_name"], visit["timezone"], visit["stops"]) == ("Magic Kingdom", "America/New_York", [])
    assert (visit["start_time"], visit["end_time"], visit["date"]) == ("09:00:00", "01:00:00", "2026-07-04")
    path = f"/api/visits/{visit['id']}"
    first, second = (
        sent(me, "post", f"{path}/stops", {"ride_id": ride.pk, "wanted_arrival": "09:15"}, 201)["task"]
        for ride in rides
    )
    assert first["title"] == "Space Mountain"
    assert first["stop"] == {
        "visit_id": visit["id"],
        "position": 1,
        "ride_id": rides[0].pk,
        "ride_name": "Space Mountain",
        "wanted_arrival": "09:15:00",
    }
    ordered = sent(me, "post", f"{path}/order", {"task_ids": [second["id"], first["id"]]})["visit"]
    assert [stop["title"] for stop in ordered["stops"]] == ["Haunted Mansion", "Space Mountain"]
    assert [stop["stop"]["position"] for stop in ordered["stops"]] == [1, 2]
    sent(me, "patch", f"/api/tasks/{first['id']}", {"completed": True})
    shown = me.get(path).json()["visit"]
    assert [stop["completed"] for stop in shown["stops"]] == [False, True]
    of_visit = me.get("/api/tasks", {"visit_id": visit["id"]}).json()
    assert of_visit["total"] == 2
    sent(me, "delete", f"/api/tasks/{second['id']}", None)
    assert [stop["title"] for stop in me.get(path).json()["visit"]["stops"]] == ["Space Mountain"]
    assert sent(me, "patch", path, {"pace": "relaxed", "start_time": None})["visit"]["start_time"] is None
    sent(me, "delete", path, None)
    assert not Visit.objects.exists()
    assert not Task.objects.exists()


def test_visits_are_listed_by_date_and_park(me, user):
    park = ParkFactory.create()
    for day in (1, 3, 2):
        VisitFactory.create(user=user, park=park, visit_date=date(2026, 7, day))
    VisitFactory.create(user=user, visit_date=date(2026, 6, 1))
    dates: list[str] = []
    query: dict[str, Any] = {"limit": 2, "park_id": park.pk}
    while query.get("cursor") or not dates:
        answer = me.get("/api/visits", query).json()
        dates += [visit["date"] for visit in answer["items"]]
        query["cursor"] = answer["next"] or ""
    assert dates == ["2026-07-03", "2026-07-02", "2026-07-01"]
    assert me.get("/api/visits").json()["total"] == 4


GOOD = {"park_id": 1, "date": "2026-07-04"}


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"park_id": 999_999}, "park_id: there is no such park"),
        ({"park_id": 2**40}, "park_id: "),
        ({"park_id": "x"}, "park_id: "),
        ({"park_id": None}, "park_id: "),
        ({"date": "2026-02-30"}, "date: "),
        ({"date": "0001-01-01"}, "date: "),
        ({"date": "4 July"}, "date: "),
        ({"start_time": "25:00"}, "start_time: "),
        ({"start_time": "09:00", "end_time": "09:00"}, "end_time: "),
        ({"party_heights_cm": [20]}, "party_heights_cm"),
        ({"party_heights_cm": [180] * 21}, "party_heights_cm: "),
        ({"party_heights_cm": "tall"}, "party_heights_cm: "),
        ({"party_heights_cm": [[180]]}, "party_heights_cm"),
        ({"pace": "frantic"}, "pace: "),
    ],
)
def test_a_visit_that_cannot_be_is_refused_by_the_name_of_its_field(changed, named, me, user):
    park = ParkFactory.create()
    answer = me.post("/api/visits", {**GOOD, "park_id": park.pk, **changed}, content_type=JSON)
    assert answer.status_code == 400, answer.content
    assert answer.json()["error"].startswith(named), answer.json()
    assert not Visit.objects.exists()
    visit = VisitFactory.create(user=user, park=park)
    before = Visit.objects.values().get()
    assert me.patch(f"/api/visits/{visit.pk}", changed, content_type=JSON).status_code == 400
    assert Visit.objects.values().get() == before


def test_stops_are_rides_of_the_visits_park(me, user):
    visit = VisitFactory.create(user=user)
    other = RideFactory.create()
    for ride_id in (other.pk, 999_999):
        answer = sent(me, "post", f"/api/visits/{visit.pk}/stops", {"ride_id": ride_id}, 400)
        assert answer["error"].startswith("ride_id: ")
    PlanStopFactory.create(task__user=user, visit=visit, ride=RideFactory.create(park=visit.park))
    answer = sent(me, "patch", f"/api/visits/{visit.pk}", {"park_id": other.park_id}, 400)
    assert answer["error"].startswith("park_id: ")
    assert Task.objects.count() == 1


def test_an_order_names_each_stop_once(me, user):
    visit = VisitFactory.create(user=user)
    tasks = [str(PlanStopFactory.create(task__user=user, visit=visit, position=n).task_id) for n in (1, 2)]
    for wrong in ([], tasks[:1], [tasks[0], tasks[0]], [*tasks, tasks[0]], [*tasks, str(uuid4())], ["x"], "x"):
        answer = sent(me, "post", f"/api/visits/{visit.pk}/order", {"task_ids": wrong}, 400)
        assert "task_ids" in answer["error"]
    assert list(PlanStop.objects.order_by("position").values_list("position", flat=True)) == [1, 2]


def test_what_is_kept_is_bounded(me, user, monkeypatch):
    monkeypatch.setattr("visits.api.views.MOST_TASKS", 1)
    monkeypatch.setattr("visits.api.views.MOST_VISITS", 1)
    monkeypatch.setattr("visits.api.views.MOST_STOPS", 1)
    visit = VisitFactory.create(user=user)
    PlanStopFactory.create(task__user=user, visit=visit)
    ride = RideFactory.create(park=visit.park)
    assert "delete some" in sent(me, "post", "/api/tasks", {"title": "x"}, 409)["error"]
    sent(me, "post", "/api/visits", {"park_id": visit.park_id, "date": "2026-07-04"}, 409)
    sent(me, "post", f"/api/visits/{visit.pk}/stops", {"ride_id": ride.pk}, 409)
    assert Task.objects.count() == Visit.objects.count() == 1
