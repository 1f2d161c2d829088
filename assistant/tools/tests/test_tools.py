"""Each tool gives what the functions behind the API give, with the addresses of the evidence, and refuses by name."""

from datetime import date, timedelta
from decimal import Decimal

import msgspec
import pytest
from django.test import Client

from assistant.tools.reading import MOST_BYTES
from assistant.tools.registry import MOST_TOOLS, TOOLS, called, run
from assistant.tools.shapes import ToolResult
from outages.models import Outage, Reason, State
from stats.daily.recompute import recompute_park_day
from stats.tests.builders import local, make_ride, report, show_park
from weather.tests.factories import ObservationFactory

pytestmark = pytest.mark.django_db
DAY = date(2025, 7, 5)  # a Saturday
NOW = local(DAY + timedelta(days=1), "12:00")
WINDOW = {"start": "2025-07-05", "end": "2025-07-05"}


def test_there_are_at_most_twelve_and_each_says_what_it_is_for():
    assert len(TOOLS) <= MOST_TOOLS
    for tool in TOOLS.values():
        assert 60 < len(tool.description) < 400, tool.name
        schema = msgspec.json.schema(tool.arguments)
        assert set(tool.example) <= set(schema["$defs"][tool.arguments.__name__]["properties"])


def test_a_name_is_found_with_a_typing_error_and_candidates_when_it_fits_several(world):
    make_ride(world["park"], name="Space Mountain Annex")
    found = run("find", {"text": "spcae mountain"})
    assert [item.name for item in found.items][:2] == ["Space Mountain", "Space Mountain Annex"]
    assert found.items[0].id == world["space"].pk
    assert run("find", {"text": "zzzzqqq"}).items == []


def test_downtime_is_that_of_analytics_with_its_evidence(world):
    found = run("downtime", {"ride_ids": [world["space"].pk], **WINDOW})
    (item,) = found.items
    assert item.value("downtime_minutes") == 60
    assert item.value("open_minutes") == 600
    assert item.value("unknown_minutes") == 0
    assert item.value("availability_percentage") == 90
    assert (found.timezone, found.start_date, found.is_complete) == ("America/New_York", "2025-07-05", True)
    client = Client()
    for evidence in found.evidence:
        assert client.get(evidence.link.partition("#")[0]).status_code == 200, evidence.link
    (call,) = [each.link for each in found.evidence if each.link.startswith("/api/")]
    (row,) = client.get(call).json()["data"]
    assert {figure.name: figure.value for figure in item.figures} == row["total"]
    assert client.get(item.link).status_code == 200


def test_what_nobody_observed_is_unknown_and_no_zero(world):
    found = run("downtime", {"ride_ids": [world["unseen"].pk], **WINDOW})
    assert all(item.value("availability_percentage") is None for item in found.items)
    assert not [item for item in found.items if item.value("unknown_minutes") == 0]
    before = run("downtime", {"park_ids": [world["park"].pk], "start": "2020-01-01", "end": "2020-01-02"})
    assert all(item.value("availability_percentage") is None for item in before.items)
    unknown = run("now", {"ride_id": world["unseen"].pk}).items[0]
    assert (unknown.text, unknown.figures) == ("UNKNOWN", [])


def test_ranks_are_the_worst_first_or_the_best(world):
    worst = run("rank", {"park_id": world["park"].pk, **WINDOW})
    assert [item.name for item in worst.items][:2] == ["Space Mountain", "Haunted Mansion"]
    best = run("rank", {"by": "availability_percentage", "order": "best", **WINDOW})
    assert [item.name for item in best.items] == ["Haunted Mansion", "Space Mountain"], "what is unknown has no rank"
    waits = run("rank", {"by": "wait_avg", **WINDOW})
    assert [item.value("wait_avg") for item in waits.items] == [30, 20]
    (park,) = run("rank", {"entity": "parks", **WINDOW}).items
    assert park.type == "park"


def test_outages_are_those_of_the_ledger_with_their_permalinks(world):
    found = run("outages", {"ride_id": world["space"].pk, **WINDOW})
    (outage,) = found.items
    (stored,) = Outage.objects.all()
    assert (outage.outage_id, outage.link) == (stored.address, f"/outages/{stored.address}")
    assert (outage.start, outage.end) == ("2025-07-05T11:00-04:00", "2025-07-05T12:00-04:00")
    assert (outage.text, outage.value("duration_minutes")) == ("Breakdown", 60)
    assert outage.value("duration_minutes") * 60 == stored.total_seconds
    assert outage.value("observations") == stored.observations
    assert found.note == "the whole open time is known"
    assert Client().get(outage.link).status_code == 200
    of_park = run("outages", {"park_id": world["park"].pk, **WINDOW})
    assert [item.outage_id for item in of_park.items] == [stored.address]
    assert Client().get(f"/api/outages/{stored.address}").json()["seconds"] == stored.total_seconds


def test_an_outage_is_found_by_its_id_and_says_what_it_rests_on(world):
    (stored,) = Outage.objects.all()
    found = run("outages", {"outage_id": stored.address})
    (item,) = found.items
    assert (item.name, item.value("duration_minutes")) == ("Space Mountain", 60)
    assert "confidence high" in found.note
    assert found.evidence[0].link == f"/outages/{stored.address}"
    for other in ("71ghp2a8r", "!", "zzzzzzzzzzzzz"):
        assert called("outages", {"outage_id": other}).error.startswith("outage_id: no outage has")


def test_an_outage_that_was_withdrawn_says_so_and_has_no_minutes(world):
    Outage.objects.update(state=State.WITHDRAWN, reason=Reason.RAN, seconds=0)
    (stored,) = Outage.objects.all()
    found = run("outages", {"outage_id": stored.address})
    assert found.items[0].figures == []
    assert found.note.startswith("it does not hold any more: the observations of its time say now")
    assert run("outages", {"ride_id": world["space"].pk, **WINDOW}).items == []


def test_outages_of_days_nobody_observed_are_unknown_and_not_none(world):
    found = run("outages", {"ride_id": world["unseen"].pk, **WINDOW})
    assert (found.items, found.total) == ([], 0)
    assert "unknown" in found.note
    before = run("outages", {"ride_id": world["space"].pk, "start": "2025-07-01", "end": "2025-07-05"})
    assert "the ledger of 4 of these days is not written" in before.note


def test_outages_that_go_on_are_found_without_dates(world, settings):
    assert run("outages", {"open_now": True}).items == []
    begin = NOW - timedelta(minutes=90)
    report(world["space"], begin, "O30 D60", wait=10)
    report(world["mansion"], begin, "O90", wait=15)
    show_park(world["park"], begin, 90)
    recompute_park_day(world["park"], NOW.date(), settings.METRICS_VERSION)
    for asked in ({}, {"park_id": world["park"].pk}, {"ride_id": world["space"].pk}):
        (item,) = run("outages", {"open_now": True, **asked}).items
        assert (item.name, item.start) == ("Space Mountain", "2025-07-06T11:00-04:00")
        assert item.end is msgspec.UNSET
    assert run("outages", {"open_now": True, "ride_id": world["mansion"].pk}).items == []
    now = run("now", {"ride_id": world["space"].pk}).items[0]
    assert now.outage_id == item.outage_id


def test_outages_are_paged_by_the_cursor_without_a_hole(world, settings):
    day = DAY - timedelta(days=1)
    report(world["mansion"], local(day, "09:00"), "O30 D30 " * 10, wait=15)
    show_park(world["park"], local(day, "09:00"), 600)
    recompute_park_day(world["park"], day, settings.METRICS_VERSION)
    seen, cursor = [], ""
    while cursor is not None:
        asked = {"park_id": world["park"].pk, "start": "2025-07-04", "end": "2025-07-05"}
        found = run("outages", {**asked, "limit": 3, "cursor": cursor})
        seen += [item.outage_id for item in found.items]
        cursor = found.next
    assert len(set(seen)) == len(seen) == found.total == Outage.objects.count() > 3


def test_waits_have_a_total_and_a_profile(world):
    found = run("waits", {"ride_id": world["space"].pk, **WINDOW})
    assert found.items[0].value("wait_avg") == 30
    hours = {item.name: item.value("wait_avg") for item in found.items[1:]}
    assert hours["9:00" if "9:00" in hours else "09:00"] == 30
    assert run("waits", {"ride_id": world["space"].pk, "by": "none", **WINDOW}).total == 1


def test_now_names_what_is_down_first_and_since_when(world):
    report(world["space"], NOW - timedelta(minutes=90), "O30 D60", wait=10)
    report(world["mansion"], NOW - timedelta(minutes=90), "O90", wait=15)
    show_park(world["park"], NOW - timedelta(minutes=90), 90)
    found = run("now", {"park_id": world["park"].pk})
    assert [(item.name, item.text) for item in found.items][:2] == [
        ("Space Mountain", "DOWN"),
        ("Haunted Mansion", "OPERATING"),
    ]
    assert found.items[0].start == "2025-07-06T11:00-04:00"
    assert found.items[0].value("wait_time") is None
    assert found.items[1].value("wait_time") == 15
    assert "the park is open" in found.note


def test_comparisons_have_each_side(world):
    ids = [world["space"].pk, world["mansion"].pk]
    found = run("compare", {"ride_ids": ids, **WINDOW})
    assert {item.name: item.value("downtime_minutes") for item in found.items} == {
        "Space Mountain": 60,
        "Haunted Mansion": 0,
    }
    before = run("compare", {"ride_ids": ids[:1], "compare": "previous", **WINDOW})
    assert [item.name for item in before.items] == ["Space Mountain", "Space Mountain, 2025-07-04 to 2025-07-04"]


def test_days_of_a_park_have_hours_coverage_and_weather(world):
    ObservationFactory.create(park=world["park"], observation_time=local(DAY, "10:00"), temperature_c=Decimal("31.5"))
    asked = {"park_id": world["park"].pk, "start": "2025-07-05", "end": "2025-07-06"}
    assert [item.text for item in run("opening_hours", asked).items] == [
        "09:00–19:00",
        "unknown: no hours are published",
    ]
    assert [item.value("coverage_percentage") for item in run("coverage", asked).items] == [None, 100.0]
    (hour,) = run("weather", asked).items
    assert (hour.name, hour.value("temperature_c")) == ("2025-07-05T10:00", 31.5)
    assert Client().get(hour.link).status_code == 200


@pytest.mark.parametrize(
    ("topic", "number"),
    [("downtime", "R-5.1"), ("what is the shame score", "R-10.0"), ("r-8.2", "R-8.2"), ("queues", None)],
)
def test_a_rule_is_a_sentence_and_the_place_of_the_whole(topic, number):
    found = run("explain_rule", {"topic": topic})
    if number is None:
        assert found.items == []
        assert "downtime" in found.note
        return
    assert found.items[0].link == f"/trust/rules#{number}"
    page = Client().get("/trust/rules").content.decode()
    assert f'id="{number}"' in page


def test_every_rule_that_a_tool_names_is_on_the_page():
    from assistant.tools.rules import RULES

    page = Client().get("/trust/rules").content.decode()
    for number, _, _ in RULES.values():
        assert f'id="{number}"' in page, number


def test_a_long_answer_is_cut_at_four_kilobytes_and_goes_on_at_the_cursor(world):
    for number in range(60):
        make_ride(world["park"], name=f"Space Mountain Number {number:02}")
    seen, cursor = [], ""
    while True:
        found = run("find", {"text": "space mountain", "limit": 50, "cursor": cursor})
        assert len(msgspec.json.encode(found)) <= MOST_BYTES
        seen += [item.name for item in found.items]
        if found.next is None:
            break
        cursor = found.next
    assert len(seen) == len(set(seen)) == found.total == 50


BAD = [
    ("find", {}, "text: is needed"),
    ("find", {"text": ""}, "text: "),
    ("find", {"text": "x" * 101}, "text: "),
    ("find", {"text": "a\0"}, "text: "),
    ("find", {"text": 1}, "text: "),
    ("find", {"text": "x", "limit": 0}, "limit: "),
    ("find", {"text": "x", "limit": 51}, "limit: "),
    ("find", {"text": "x", "cursor": "-1"}, "cursor: "),
    ("downtime", WINDOW, "ride_ids: "),
    ("downtime", {"ride_ids": [1], "park_ids": [1], **WINDOW}, "ride_ids: "),
    ("downtime", {"ride_ids": [999_999], **WINDOW}, "ride_id: 999999 is not known"),
    ("downtime", {"ride_ids": ["1"], **WINDOW}, "ride_ids: "),
    ("downtime", {"ride_ids": list(range(1, 30)), **WINDOW}, "ride_ids: "),
    ("downtime", {"park_ids": [1], "start": "2025-07-05", "end": "2025-02-30"}, "end: "),
    ("rank", {"start": "2025-07-06", "end": "2025-07-05"}, "start: "),
    ("rank", {"start": "0001-01-01", "end": "2025-07-05"}, "start: "),
    ("rank", {"by": "beauty", **WINDOW}, "by: "),
    ("rank", {"hours": "25:00-26:00", **WINDOW}, "hours: "),
    ("rank", {"weekdays": ["someday"], **WINDOW}, "weekdays: "),
    ("outages", {"ride_id": 999_999, **WINDOW}, "ride_id: "),
    ("outages", {}, "ride_id: "),
    ("outages", {"ride_id": 1, "park_id": 1, **WINDOW}, "ride_id: "),
    ("outages", {"outage_id": ""}, "outage_id: "),
    ("outages", {"outage_id": "x" * 14}, "outage_id: "),
    ("outages", {"ride_id": 1, "start": "2020-01-01", "end": "2025-01-01"}, "end: "),
    ("outages", {"ride_id": 1, "start": "2025-01-02", "end": "2025-01-01"}, "start: "),
    ("now", {}, "ride_id: "),
    ("now", {"ride_id": 1, "park_id": 1}, "ride_id: "),
    ("now", {"ride_id": 2**40}, "ride_id: "),
    ("weather", {"park_id": 1, "start": "2025-01-01", "end": "2025-02-01"}, "end: "),
    ("coverage", {"park_id": 0, **WINDOW}, "park_id: "),
    ("explain_rule", {"topic": ""}, "topic: "),
    ("find", [], "arguments: "),
    ("find", None, "arguments: "),
    ("fly", {}, "tool: 'fly' is not known"),
]


@pytest.mark.parametrize(("name", "given", "text"), BAD)
def test_what_cannot_be_asked_is_refused_by_the_name_of_the_argument(name, given, text):
    found = called(name, given)
    assert found.result is None
    assert found.error.startswith(text), found.error
    if name in TOOLS:
        answer = Client().post(f"/api/tools/{name}", given, content_type="application/json")
        assert answer.status_code == 400
        assert answer.json()["error"] == found.error or given is None


def test_a_tool_answers_over_rest_and_the_list_describes_it(world):
    answer = Client().post("/api/tools/now", {"ride_id": world["space"].pk}, content_type="application/json")
    assert answer.status_code == 200
    assert msgspec.convert(answer.json(), ToolResult).tool == "now"
    listed = Client().get("/api/tools").json()
    assert [tool["name"] for tool in listed["tools"]] == list(TOOLS)
    assert Client().post("/api/tools/fly", {}, content_type="application/json").status_code == 404
