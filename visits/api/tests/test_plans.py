"""The plan of a visit over REST: its figures, how it is kept, planned again from now, and what is refused."""

import json
from datetime import date, time, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.tests.forgetting import forget_cached
from parks.models import ParkSchedule
from parks.tests.factories import RideFactory, ScheduleFactory
from stats.tests.builders import local, make_ride
from visits import visitors
from visits.models import PlanStop, Task
from visits.tests.factories import PlanStopFactory, TaskFactory, UserFactory, VisitFactory
from visits.tests.planned_world import NOW, SATURDAYS, VISIT_DAY, make_planned_park

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def me(db):
    forget_cached()
    client = Client()
    client.user = UserFactory.create()
    client.cookies[visitors.COOKIE] = visitors.proof_of(client.user, visitors.COOKIE_SALT)
    with time_machine.travel(NOW, tick=False) as clock:
        client.clock = clock
        yield client


@pytest.fixture
def world(me):
    park, rides = make_planned_park()
    return VisitFactory.create(user=me.user, park=park, visit_date=VISIT_DAY), rides


def posted(client, visit, body, status=200):
    answer = client.post(f"/api/visits/{visit.pk}/plan", json.dumps(body), content_type=JSON)
    assert answer.status_code == status, answer.content
    return answer.json()


def ids(rides):
    return [ride.pk for ride in rides]


def brief(plan):
    return [(stop["ride_name"], stop["arrival"], stop["walk_minutes"]) for stop in plan["stops"]]


def test_a_plan_says_when_to_be_where_how_long_the_line_is_and_by_which_days(me, world):
    visit, (space, mansion, *_) = world
    plan = posted(me, visit, {"ride_ids": ids([space, mansion])})
    # Mansion first: 5 from the gate, 10 in line, 5 on it, 3 to walk. Space: 60 and 5.
    assert brief(plan) == [("Haunted Mansion", "09:05:00", 5), ("Space Mountain", "09:23:00", 3)]
    assert (plan["start"], plan["end"], plan["ends_at"], plan["hours"]) == ("09:00:00", "19:00:00", "10:28:00", "open")
    first = plan["stops"][0]
    assert first["wait"] == {
        "minutes": 10.0,
        "days": 3,
        "basis": "same_weekday",
        "first_date": min(SATURDAYS).isoformat(),
        "last_date": max(SATURDAYS).isoformat(),
        "evidence": f"/explorer?entity=rides&ride_id={mansion.pk}&start={min(SATURDAYS)}&end={max(SATURDAYS)}"
        "&hours=09:00-09:15&weekdays=sat&bucket=1d&metrics=wait_p50,walk_on_percentage",
    }
    assert (first["availability_percentage"], first["flags"], first["ride_minutes"]) == (100.0, [], None)


def test_the_evidence_of_a_wait_shows_the_same_wait_day_by_day(me, world):
    visit, (space, *_) = world
    (stop,) = posted(me, visit, {"ride_ids": [space.pk]})["stops"]
    asked = stop["wait"]["evidence"].replace("/explorer?entity=rides&", "/api/analytics/rides?")
    (row,) = me.get(asked).json()["data"]
    assert [bucket["wait_p50"] for bucket in row["buckets"]] == [60, 60, 60]
    assert me.get(stop["wait"]["evidence"]).status_code == 200
    assert me.get(stop["evidence"]).status_code == 200


def test_rides_that_are_closed_unreliable_or_refuse_somebody_are_flagged(me, world):
    visit, (_, _, dumbo, matterhorn) = world
    visit.party_heights_cm = [180, 110]
    visit.save()
    plan = posted(me, visit, {"ride_ids": ids([matterhorn, dumbo])})
    assert [(stop["ride_name"], stop["flags"], stop["availability_percentage"]) for stop in plan["stops"]] == [
        ("Dumbo", ["unreliable", "height"], 50.0),
        ("Matterhorn", ["closed"], None),
    ]
    assert plan["stops"][1]["arrival"] is None


def test_a_wait_nobody_knows_is_null_and_planned_as_the_assumption_says(me, world):
    visit, _ = world
    new = make_ride(visit.park, 1, name="New Ride")
    plan = posted(me, visit, {"ride_ids": [new.pk]})
    (stop,) = plan["stops"]
    assert (stop["wait"], stop["flags"], stop["availability_percentage"]) == (None, ["wait_unknown"], None)
    assert plan["ends_at"] == "09:40:00"
    assert "A wait that is unknown is planned as 30 minutes." in plan["assumptions"]


def test_where_the_weekday_is_not_known_its_neighbours_are_asked_then_all_days(me):
    fridays = [day - timedelta(days=1) for day in SATURDAYS]
    mondays = [day - timedelta(days=5) for day in SATURDAYS]
    for days, basis, known in (
        (fridays, "neighbouring_weekdays", 3),
        (mondays, "all_days", 3),
        (mondays[:2], None, 0),
    ):
        park, (space, *_) = make_planned_park(days)
        visit = VisitFactory.create(user=me.user, park=park, visit_date=VISIT_DAY)
        wait = posted(me, visit, {"ride_ids": [space.pk]})["stops"][0]["wait"]
        assert (wait and wait["basis"], wait["days"] if wait else 0) == (basis, known)


def test_a_shorter_line_later_is_waited_for_when_that_ends_earlier(me, world):
    visit, (space, *_) = world
    visit.start_time = time(11, 30)
    visit.save()
    plan = posted(me, visit, {"ride_ids": [space.pk]})
    assert (brief(plan), plan["ends_at"]) == ([("Space Mountain", "12:00:00", 5)], "12:15:00")


def test_hours_nobody_knows_are_said_to_be_unknown_and_a_closed_day_has_no_plan(me, world):
    visit, (space, *_) = world
    ParkSchedule.objects.filter(schedule_date=VISIT_DAY).delete()
    plan = posted(me, visit, {"ride_ids": [space.pk]})
    assert (plan["hours"], plan["start"], plan["end"]) == ("unknown", "10:00:00", "18:00:00")
    assert any("unknown; 10:00 to 18:00 is assumed" in text for text in plan["assumptions"])
    ScheduleFactory.create(
        park=visit.park, schedule_date=VISIT_DAY, schedule_type="CLOSED", opening_time=None, closing_time=None
    )
    plan = posted(me, visit, {"ride_ids": [space.pk]})
    assert (plan["hours"], plan["ends_at"], plan["stops"][0]["flags"]) == ("closed", None, ["no_time"])


def test_what_does_not_fit_comes_last_without_an_arrival(me, world):
    visit, (space, mansion, *_) = world
    visit.end_time = time(9, 40)
    visit.save()
    plan = posted(me, visit, {"ride_ids": ids([space, mansion])})
    assert brief(plan) == [("Haunted Mansion", "09:05:00", 5), ("Space Mountain", None, None)]
    assert plan["stops"][1]["flags"] == ["no_time"]


# -- kept --------------------------------------------------------------------------------------------------


def rows():
    columns = ("task_id", "position", "ride__name", "wanted_arrival", "task__title", "task__completed")
    return list(PlanStop.objects.order_by("position").values_list(*columns))


def test_a_plan_is_kept_as_stops_with_tasks_and_the_same_plan_changes_nothing(me, world):
    visit, (space, mansion, *_) = world
    first = posted(me, visit, {"ride_ids": ids([space, mansion])})
    kept = rows()
    assert [row[1:5] for row in kept] == [
        (1, "Haunted Mansion", time(9, 5), "Haunted Mansion"),
        (2, "Space Mountain", time(9, 23), "Space Mountain"),
    ]
    assert [stop["task_id"] for stop in first["stops"]] == [str(row[0]) for row in kept]
    assert posted(me, visit, {"ride_ids": ids([mansion, space])}) == first
    assert posted(me, visit, {}) == first
    assert rows() == kept
    assert me.get(f"/api/visits/{visit.pk}/plan").json() == first


def test_another_plan_replaces_the_open_stops_and_leaves_what_is_ticked(me, world):
    visit, (space, mansion, dumbo, _) = world
    posted(me, visit, {"ride_ids": ids([space, mansion])})
    done, left = (stop.task for stop in PlanStop.objects.order_by("position"))
    me.patch(f"/api/tasks/{done.pk}", {"completed": True, "title": "My words"}, content_type=JSON)
    other = TaskFactory.create(user=me.user)
    posted(me, visit, {"ride_ids": ids([mansion, dumbo])})
    assert [row[1:3] + row[4:] for row in rows()] == [
        (1, "Haunted Mansion", "My words", True),
        (2, "Dumbo", "Dumbo", False),
    ]
    assert not Task.objects.filter(pk=left.pk).exists()
    assert Task.objects.filter(pk=other.pk).exists()


def test_planned_again_from_now_it_begins_at_this_moment_and_at_the_last_ride_done(me, world):
    visit, (space, mansion, *_) = world
    posted(me, visit, {"ride_ids": ids([space, mansion])})
    me.clock.move_to(local(VISIT_DAY, "13:00") + timedelta(seconds=20))
    done = PlanStop.objects.get(ride=mansion).task
    me.patch(f"/api/tasks/{done.pk}", {"completed": True}, content_type=JSON)
    plan = posted(me, visit, {"from_now": True})
    assert brief(plan) == [("Space Mountain", "13:04:00", 3)]
    assert plan["stops"][0]["wait"]["minutes"] == 10.0
    assert PlanStop.objects.get(ride=mansion).position == 1


def test_a_visit_that_is_not_now_is_not_planned_from_now(me, world):
    visit, (space, *_) = world
    answer = posted(me, visit, {"ride_ids": [space.pk], "from_now": True}, 400)
    assert answer["error"].startswith("from_now: ")
    assert not PlanStop.objects.exists()


# -- refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"ride_ids": []}, "ride_ids: "),
        ({"ride_ids": [0]}, "ride_ids: "),
        ({"ride_ids": ["x"]}, "ride_ids: "),
        ({"ride_ids": [True]}, "ride_ids: "),
        ({"ride_ids": 7}, "ride_ids: "),
        ({"ride_ids": {"a": 1}}, "ride_ids: "),
        ({"ride_ids": [2_147_483_647]}, "ride_ids: "),
        ({"ride_ids": [2_147_483_648]}, "ride_ids: "),
        ({"ride_ids": list(range(1, 32))}, "ride_ids: "),
        ({"from_now": 1}, "from_now: "),
        ([], ""),
        ("x", ""),
    ],
)
def test_a_plan_that_cannot_be_is_refused_by_the_name_of_its_field(body, named, me):
    visit = VisitFactory.create(user=me.user)
    answer = me.post(f"/api/visits/{visit.pk}/plan", json.dumps(body), content_type=JSON)
    assert answer.status_code == 400, answer.content
    assert answer.json()["error"].startswith(named)
    assert not PlanStop.objects.exists()


def test_rides_of_another_park_and_rides_named_twice_are_refused(me, world):
    visit, (space, *_) = world
    foreign = RideFactory.create()
    for wanted in ([space.pk, foreign.pk], [space.pk, space.pk]):
        assert posted(me, visit, {"ride_ids": wanted}, 400)["error"].startswith("ride_ids: ")
    assert not PlanStop.objects.exists()


@pytest.mark.parametrize("day", [date(1970, 1, 2), date(2100, 1, 1)])
def test_a_visit_far_from_all_history_has_a_plan_of_unknowns(day, me, world):
    visit, (space, *_) = world
    visit.visit_date = day
    visit.save()
    plan = posted(me, visit, {"ride_ids": [space.pk]})
    assert plan["hours"] == "unknown"


def test_somebody_elses_visit_has_no_plan(me, world):
    visit, (space, *_) = world
    PlanStopFactory.create(visit=visit, ride=space, task=TaskFactory.create(user=me.user))
    stranger = Client()
    stranger.cookies[visitors.COOKIE] = visitors.proof_of(UserFactory.create(), visitors.COOKIE_SALT)
    for client in (stranger, Client()):
        for path in (f"/api/visits/{visit.pk}/plan", f"/api/visits/{uuid4()}/plan"):
            assert client.get(path).status_code == 404
            assert client.post(path, {"ride_ids": [space.pk]}, content_type=JSON).status_code == 404
    assert PlanStop.objects.count() == 1


def test_the_queries_of_a_plan_do_not_grow_with_its_rides(me, world):
    visit, rides = world
    counts = []
    for chosen in (rides[:1], rides):
        PlanStop.objects.all().delete()
        with CaptureQueriesContext(
            connection,
        ) as queries:
            posted(me, visit, {"ride_ids": ids(chosen)})
        counts.append(len(queries))
    assert counts[1] <= counts[0] + 9  # the wider bases of rides of which less is known
    assert counts[1] <= 45
