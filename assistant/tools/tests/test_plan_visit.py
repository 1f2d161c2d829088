"""The tool that plans a day gives the plan of the API, bounded, with evidence, and refuses by name."""

import pytest
import time_machine
from django.test import Client

from assistant.answering.composer import compose
from assistant.tools.reading import MOST_BYTES
from assistant.tools.registry import called, run
from parks.tests.factories import RideFactory
from visits.models import PlanStop
from visits.tests.planned_world import NOW, SATURDAYS, VISIT_DAY, make_planned_park

pytestmark = pytest.mark.django_db
DAY = VISIT_DAY.isoformat()


@pytest.fixture
def world():
    with time_machine.travel(NOW, tick=False):
        yield make_planned_park()


def asked(world, **more):
    park, rides = world
    return {"park_id": park.pk, "day": DAY, "ride_ids": [ride.pk for ride in rides], **more}


def test_it_gives_the_order_with_waits_their_days_and_a_page_that_shows_them(world):
    _, (space, mansion, *_) = world
    found = run("plan_visit", asked(world, ride_ids=[space.pk, mansion.pk]))
    assert [(item.name, item.start[11:16], item.value("wait_p50"), item.value("days")) for item in found.items] == [
        ("Haunted Mansion", "09:05", 10.0, 3),
        ("Space Mountain", "09:23", 60.0, 3),
    ]
    assert found.items[0].text == "median of the same weekday of the season"
    assert f"start={min(SATURDAYS)}" in found.items[0].link
    assert Client().get(found.items[0].link).status_code == 200
    assert all(Client().get(each.link).status_code == 200 for each in found.evidence)
    assert not PlanStop.objects.exists()


def test_it_flags_what_is_closed_or_unreliable(world):
    found = run("plan_visit", asked(world, party_heights_cm=[100]))
    texts = {item.name: item.text for item in found.items}
    assert texts["Matterhorn"] == "closed"
    assert texts["Dumbo"].endswith("; unreliable, height")
    answer = Client().post("/api/tools/plan_visit", asked(world), content_type="application/json").json()
    assert answer["items"][-1]["name"] == "Matterhorn"
    assert "start" not in answer["items"][-1]


def test_many_rides_stay_within_four_kilobytes_and_a_cursor_leads_on(world):
    park, rides = world
    many = [ride.pk for ride in (*rides, *RideFactory.create_batch(26, park=park))]
    seen, cursor = [], ""
    while cursor is not None:
        body = asked(world, ride_ids=many, limit=50, cursor=cursor)
        answer = Client().post("/api/tools/plan_visit", body, content_type="application/json")
        assert answer.status_code == 200, answer.content
        assert len(answer.content) <= MOST_BYTES
        seen += [item["id"] for item in answer.json()["items"]]
        cursor = answer.json().get("next")
    assert sorted(seen) == sorted(many)


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"park_id": 9_999}, "park_id"),
        ({"day": "soon"}, "day"),
        ({"day": "1800-01-01"}, "day"),
        ({"ride_ids": []}, "ride_ids"),
        ({"ride_ids": [2_147_483_647]}, "ride_ids"),
        ({"ride_ids": list(range(1, 32))}, "ride_ids"),
        ({"ride_ids": [1, 1]}, "ride_ids"),
        ({"start_time": "9 o'clock"}, "start_time"),
        ({"start_time": "09:00", "end_time": "09:00"}, "end_time"),
        ({"party_heights_cm": [5]}, "party_heights_cm"),
        ({"pace": "run"}, "pace"),
    ],
)
def test_it_names_the_argument_that_cannot_be(given, named, world):
    assert called("plan_visit", asked(world, **given)).error.startswith(f"{named}: ")


@pytest.mark.parametrize(
    "text",
    [
        "Plan Space Mountain and Haunted Mansion on 12 July 2025",
        "plan haunted mansion, space mountain on Saturday",
        "What is the best order for Space Mountain and Haunted Mansion on July 12?",
    ],
)
def test_a_question_for_a_plan_is_answered_with_footnotes(text, world):
    _, (space, mansion, *_) = world
    answer = compose(text, NOW)
    (call,) = answer.calls
    assert (call.name, call.arguments["day"], set(call.arguments["ride_ids"])) == (
        "plan_visit",
        DAY,
        {space.pk, mansion.pk},
    )
    assert "• 09:05 Haunted Mansion: usual wait 10 minutes [1]" in answer.content
    assert answer.notes[0].permalink.startswith("/explorer?")


def test_a_plan_without_rides_says_where_to_choose_them(world):
    answer = compose("Plan a day at Magic Kingdom", NOW)
    assert answer.is_refusal
    assert answer.notes[0].permalink == "/visits"
