"""The pages of a visit: made, planned and ticked off by plain forms; nobody else's."""

import re
from uuid import uuid4

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from core.tests.forgetting import forget_cached
from stats.tests.builders import local
from visits import visitors
from visits.models import PlanStop, Task, Visit
from visits.tests.factories import UserFactory, VisitFactory
from visits.tests.planned_world import NOW, VISIT_DAY, make_planned_park

pytestmark = pytest.mark.django_db


@pytest.fixture
def client(db):
    forget_cached()
    with time_machine.travel(NOW, tick=False) as clock:
        client = Client()
        client.clock = clock
        yield client


@pytest.fixture
def world(client):
    """A visit of a new visitor, made by the form."""
    park, rides = make_planned_park()
    answer = client.post(
        "/visits", {"park_id": park.pk, "date": VISIT_DAY, "party_heights_cm": "180, 110", "pace": ""}
    )
    return answer["Location"], rides


def words(answer):
    assert answer.status_code == 200, answer.content[:500]
    text = re.sub(r"</?bdi>", "", answer.content.decode())
    return " ".join(re.sub(r"<[^>]*>", " ", text).split())


def plan(client, path, rides):
    answer = client.post(path, {"action": "plan", "ride_id": [ride.pk for ride in rides]})
    assert answer.status_code == 302, answer.content
    return words(client.get(path))


def test_a_visit_is_made_by_a_form_which_makes_the_visitor_known(client, world):
    path, _ = world
    visit = Visit.objects.get()
    assert path == f"/visits/{visit.pk}"
    assert (visit.party_heights_cm, visit.pace, visit.start_time) == ([180, 110], "normal", None)
    assert client.cookies[visitors.COOKIE]["httponly"]
    text = words(client.get(path))
    assert "Choose rides" in text
    assert "Space Mountain" in text
    assert "Saturday 12 July 2025" in text
    assert "Magic Kingdom, Sat 12 Jul 2025" in words(client.get("/visits"))


def test_the_plan_is_shown_with_times_waits_their_days_and_flags(client, world):
    path, rides = world
    text = plan(client, path, rides)
    assert "Haunted Mansion 5 min walk, 10 min wait (median of 3 days, same weekday and season)" in text
    assert "Dumbo" in text
    assert "unreliable; its height limits refuse somebody of the party; available 50.0 % over 90 days" in text
    assert "– Matterhorn closed: it ran on none of its last known days" in text
    page = client.get(path).content.decode()
    for address in re.findall(r'href="(/explorer[^"]*)"', page)[:1]:
        assert client.get(address.replace("&amp;", "&")).status_code == 200


def test_a_stop_is_ticked_and_unticked_by_a_plain_form(client, world):
    path, (space, mansion, *_) = world
    plan(client, path, [space, mansion])
    task = PlanStop.objects.get(ride=mansion).task_id
    for _ in range(2):  # sent twice, it does no harm
        answer = client.post(path, {"action": "tick", "task_id": task, "completed": "true"})
        assert answer["Location"] == f"{path}#plan"
        assert Task.objects.get(pk=task).completed
    assert "Done ✓ Haunted Mansion Undo" in words(client.get(path))
    client.post(path, {"action": "tick", "task_id": task, "completed": "false"})
    assert not Task.objects.get(pk=task).completed


def test_the_rest_is_planned_from_now_on_the_day_itself(client, world):
    path, (space, mansion, *_) = world
    assert "on the day itself" in plan(client, path, [space, mansion])
    assert client.post(path, {"action": "from_now"}).status_code == 400
    client.clock.move_to(local(VISIT_DAY, "13:00"))
    client.post(path, {"action": "tick", "task_id": PlanStop.objects.get(ride=mansion).task_id, "completed": "true"})
    assert client.post(path, {"action": "from_now"}).status_code == 302
    text = words(client.get(path))
    assert "13:03 Space Mountain 5 min walk, 10 min wait" in text or "13:03 Space Mountain 3 min walk" in text
    assert "on the day itself" not in text


def test_a_visit_is_deleted_with_its_tasks(client, world):
    path, (space, *_) = world
    plan(client, path, [space])
    assert client.post(path, {"action": "delete"})["Location"] == "/visits"
    assert not Task.objects.exists()
    assert client.get(path).status_code == 404


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"action": "nonsense"},
        {"action": "plan"},
        {"action": "plan", "ride_id": "x"},
        {"action": "plan", "ride_id": "999999"},
        {"action": "plan", "ride_id": ["1"] * 31},
    ],
)
def test_a_form_that_cannot_be_is_a_friendly_400(given, client):
    user = UserFactory.create()
    client.cookies[visitors.COOKIE] = visitors.proof_of(user, visitors.COOKIE_SALT)
    visit = VisitFactory.create(user=user)
    answer = client.post(f"/visits/{visit.pk}", given)
    assert answer.status_code == 400
    assert b"That does not work" in answer.content
    assert not PlanStop.objects.exists()


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"date": "soon"}, "date"),
        ({"date": "1800-01-01"}, "date"),
        ({"date": ""}, "date"),
        ({"park_id": "0"}, "park_id"),
        ({"start_time": "25:00"}, "start_time"),
        ({"start_time": "09:00", "end_time": "09:00"}, "end_time"),
        ({"party_heights_cm": "tall"}, "party_heights_cm"),
        ({"party_heights_cm": "5"}, "party_heights_cm"),
        ({"pace": "run"}, "pace"),
    ],
)
def test_a_visit_that_cannot_be_is_refused_and_makes_nobody(given, named, client):
    park = VisitFactory.create().park
    answer = client.post("/visits", {"park_id": park.pk, "date": "2025-07-12", **given})
    assert answer.status_code == 400
    assert named in answer.content.decode()
    assert Visit.objects.count() == 1
    assert not answer.cookies


def test_somebody_elses_visit_is_404_by_every_method(client, world):
    path, (space, *_) = world
    plan(client, path, [space])
    task = PlanStop.objects.get().task_id
    stranger = Client()
    stranger.cookies[visitors.COOKIE] = visitors.proof_of(UserFactory.create(), visitors.COOKIE_SALT)
    for other in (stranger, Client()):
        for address in (path, f"/visits/{uuid4()}", "/visits/1"):
            assert other.get(address).status_code == 404
            for action in ("plan", "from_now", "tick", "delete"):
                given = {"action": action, "task_id": task, "completed": "true", "ride_id": space.pk}
                assert other.post(address, given).status_code == 404
        assert "Magic Kingdom, Sat" not in words(other.get("/visits"))
    assert not Task.objects.get(pk=task).completed
    mine = VisitFactory.create(user=UserFactory.create())
    stranger.cookies[visitors.COOKIE] = visitors.proof_of(mine.user, visitors.COOKIE_SALT)
    tick = {"action": "tick", "task_id": task, "completed": "true"}
    assert stranger.post(f"/visits/{mine.pk}", tick).status_code == 404


def test_the_page_of_another_site_changes_nothing(client, world):
    path, (space, *_) = world
    plan(client, path, [space])
    for address, given in ((path, {"action": "delete"}), ("/visits", {"park_id": space.park_id, "date": VISIT_DAY})):
        assert client.post(address, given, headers={"origin": "https://evil.example"}).status_code == 403
    assert Visit.objects.count() == 1


def test_the_page_keeps_nothing_in_a_cache_and_asks_a_bounded_number_of_queries(client, world):
    path, rides = world
    plan(client, path, rides)
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    assert answer["Cache-Control"] == "private, no-store"
    assert len(queries) <= 30
