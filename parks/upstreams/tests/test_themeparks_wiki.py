"""Reading ThemeParks.wiki: recorded answers without a problem, bad ones with a defined result (sources 1, 3)."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tests.stub_upstream import (
    FIFTY_MEGABYTES,
    HTML_PAGE,
    NOT_FOUND,
    TRUNCATED,
    Answer,
    StubUpstream,
    answer,
    rate_limited,
)
from core.upstream.http import Limits, Reason, UpstreamError
from core.upstream.payloads import ProblemKind
from parks.models import ScheduleType
from parks.sync.tests.upstream_world import (
    DESTINATION,
    PARK,
    RIDE,
    child,
    children,
    destinations,
    entity,
    live,
    live_entry,
    schedule,
    window,
)
from parks.tests.factories import wiki_id
from parks.upstreams import themeparks_wiki
from parks.upstreams.themeparks_wiki import (
    ThemeParksWiki,
    read_children,
    read_destinations,
    read_entity,
    read_history,
    read_live,
    read_schedule,
)


def sent(value: Any) -> bytes:
    return json.dumps(value).encode()


def reported(problems: Any) -> set[tuple[str, str]]:
    return {(problem.kind, problem.field) for problem in problems}


# -- recorded answers --------------------------------------------------------------------------------------


@pytest.fixture
def recorded(shared_data_dir: Path) -> Path:
    return shared_data_dir / "real" / "themeparks_wiki_v1"


def test_the_recorded_directory_is_read_whole(recorded):
    read = read_destinations((recorded / "destinations.json").read_bytes())
    assert len(read.destinations) == 101
    assert sum(len(each.parks) for each in read.destinations) == 127
    assert any(not each.parks for each in read.destinations), "one has no park"
    assert read.problems == ()


def test_the_recorded_park_is_read_with_place_and_zone(recorded):
    read, problems = read_entity((recorded / "mk_entity.json").read_bytes())
    assert (read.name, read.entity_type, read.timezone) == ("Magic Kingdom Park", "PARK", "America/New_York")
    assert (read.latitude, read.longitude) == (28.4160036778, -81.5811902834)
    assert problems == ()


def test_the_recorded_children_are_read_whole(recorded):
    read = read_children((recorded / "mk_children.json").read_bytes())
    kinds = [each.entity_type for each in read.entities]
    assert [kinds.count(kind) for kind in ("ATTRACTION", "RESTAURANT", "SHOW")] == [35, 21, 17]
    assert all(each.latitude and each.longitude for each in read.entities)
    assert read.problems == ()


@pytest.mark.parametrize("name", ["mk_live_2026-04-14T2227Z.json", "mk_live_edited_null_queue.json"])
def test_the_recorded_live_answers_are_read_whole(recorded, name):
    document = json.loads((recorded / name).read_bytes())
    read = read_live((recorded / name).read_bytes())
    assert read.problems == ()
    assert read.park_id == document["id"]
    assert [entry.id for entry in read.entries] == [entry["id"] for entry in document["liveData"]]
    assert [entry.queue for entry in read.entries] == [entry.get("queue") or {} for entry in document["liveData"]]
    assert [entry.status for entry in read.entries] == [entry.get("status") for entry in document["liveData"]]


def test_the_recorded_hours_of_disneyland_are_read_whole(shared_data_dir):
    files = sorted((shared_data_dir / "real" / "themeparks_wiki_v1_dlr_2026-02-03").glob("*.json.gz"))
    read = [read_live(gzip.decompress(file.read_bytes())) for file in files]
    assert sum(len(feed.entries) for feed in read) == 1161
    assert [problem for feed in read for problem in feed.problems] == []


def test_the_recorded_schedule_is_read_whole(recorded):
    read = read_schedule((recorded / "mk_schedule_2026-04-14.json").read_bytes(), "UTC")
    assert len(read.windows) == 69
    assert (read.unreadable, read.repairs, read.problems) == (frozenset(), (), ())
    first = next(each for each in read.windows if each.schedule_type == ScheduleType.OPERATING)
    assert first.opening == datetime(2026, 4, 14, 13, tzinfo=UTC)
    assert first.closing == datetime(2026, 4, 15, 2, tzinfo=UTC)


def test_the_recorded_history_is_read_whole(recorded):
    read = read_history((recorded / "space_mountain_history_2026-09-26.json").read_bytes())
    assert (read.name, read.entity_type, len(read.states)) == ("Space Mountain", "ATTRACTION", 187)
    assert read.problems == ()
    assert read.opening is not None
    assert read.opening.time == datetime(2026, 9, 26, 4, tzinfo=UTC)
    assert read.opening.observed_at == datetime(2026, 9, 26, 3, 56, 53, tzinfo=UTC)
    assert read.states[0].status == "CLOSED"
    assert read.states[0].queue["STANDBY"] == {"waitTime": None}
    assert [state.time for state in read.states] == sorted(state.time for state in read.states)


# -- bad answers over HTTP ---------------------------------------------------------------------------------


@pytest.fixture
def stub() -> Iterator[StubUpstream]:
    with StubUpstream() as stub:
        yield stub


@pytest.fixture
def wiki(stub: StubUpstream, settings: Any) -> Iterator[ThemeParksWiki]:
    settings.THEMEPARKS_WIKI_URL = f"{stub.url}/v1"
    limits = Limits(timeout_seconds=1, attempts=1, deadline_seconds=1, interval_seconds=0, longest_pause_seconds=5)
    with themeparks_wiki.client(limits) as wiki:
        yield wiki


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param(NOT_FOUND, Reason.NOT_FOUND, id="404"),
        pytest.param(Answer(status=500), Reason.SERVER_ERROR, id="500"),
        pytest.param(Answer(HTML_PAGE.body, status=502, content_type="text/html"), Reason.SERVER_ERROR, id="502 page"),
        pytest.param(rate_limited("600"), Reason.RATE_LIMITED, id="429"),
        pytest.param(HTML_PAGE, Reason.NOT_JSON, id="HTML instead of JSON"),
        pytest.param(TRUNCATED, Reason.NOT_JSON, id="truncated JSON"),
        pytest.param(Answer(b""), Reason.NOT_JSON, id="empty body"),
        pytest.param(answer([]), Reason.INVALID, id="a list"),
        pytest.param(answer(None), Reason.INVALID, id="null"),
        pytest.param(answer({"id": PARK, "timezone": "UTC"}), Reason.INVALID, id="no liveData"),
        pytest.param(answer(live(id="magickingdom")), Reason.INVALID, id="no UUID"),
        pytest.param(answer(live(liveData={"a": 1})), Reason.INVALID, id="liveData is an object"),
        pytest.param(Answer(b'{"liveData":' + b"[" * 100_000), Reason.NOT_JSON, id="deep and cut"),
        pytest.param(
            Answer(sent(live()).replace(b"[]", b"[" * 900 + b"]" * 900)), Reason.INVALID, id="nested too deep"
        ),
        pytest.param(Answer(b"\xff\xfe{}"), Reason.NOT_JSON, id="not UTF-8"),
        pytest.param(FIFTY_MEGABYTES, Reason.TOO_LARGE, id="50 MB"),
        pytest.param(Answer(sent(live()), drip=0.1), Reason.TIMEOUT, id="slow drip"),
        pytest.param(Answer(sent(live()), delay=5), Reason.TIMEOUT, id="no answer"),
        pytest.param(Answer(sent(live()), cut_after=20), Reason.UNREACHABLE, id="cut connection"),
    ],
)
def test_an_answer_that_cannot_be_used_names_its_reason(stub, wiki, fault, reason):
    stub.routes[f"/v1/entity/{PARK}/live"] = fault
    with pytest.raises(UpstreamError) as raised:
        read_live(wiki.live(PARK))
    assert raised.value.reason == reason


def test_the_endpoints_are_asked_as_documented(stub, wiki):
    paths = {
        "/v1/destinations": wiki.destinations,
        f"/v1/entity/{PARK}": lambda: wiki.entity(PARK),
        f"/v1/entity/{PARK}/children": lambda: wiki.children(PARK),
        f"/v1/entity/{PARK}/live": lambda: wiki.live(PARK),
        f"/v1/entity/{PARK}/schedule": lambda: wiki.schedule(PARK),
        f"/v1/entity/{PARK}/schedule/2026/04": lambda: wiki.schedule(PARK, 2026, 4),
        f"/v1/entity/{RIDE}/history": lambda: wiki.history(RIDE, date(2026, 9, 26), date(2026, 9, 27)),
    }
    for path in paths:
        stub.routes[path] = answer({})
    assert [ask() for ask in paths.values()] == [b"{}"] * len(paths)
    assert stub.paths() == list(paths)
    assert stub.requests[-1].params == {"from": "2026-09-26", "to": "2026-09-27"}
    assert "x-api-key" not in stub.requests[0].headers


def test_a_key_is_sent_when_there_is_one(stub, settings):
    settings.THEMEPARKS_WIKI_URL = stub.url
    settings.THEMEPARKS_WIKI_KEY = "s3cret"
    stub.routes["/destinations"] = answer({})
    with themeparks_wiki.client(Limits(interval_seconds=0)) as wiki:
        wiki.destinations()
    assert stub.requests[0].headers["x-api-key"] == "s3cret"


# -- live entries ------------------------------------------------------------------------------------------


def test_an_empty_list_is_an_answer():
    read = read_live(sent(live()))
    assert (read.park_id, read.timezone, read.entries, read.problems) == (PARK, "America/New_York", (), ())


def test_a_null_wait_and_an_absent_queue_are_legal():
    null = live_entry(queue={"STANDBY": {"waitTime": None}})
    without = {name: value for name, value in live_entry(wiki_id(2)).items() if name not in ("queue", "status")}
    read = read_live(sent(live(null, without, live_entry(wiki_id(3), queue=None))))
    assert [entry.queue for entry in read.entries] == [{"STANDBY": {"waitTime": None}}, {}, {}]
    assert [entry.status for entry in read.entries] == ["OPERATING", None, "OPERATING"]
    assert read.problems == ()


@pytest.mark.parametrize("wait", [-2, 999, "15", True, 15.5])
def test_absurd_waits_are_handed_on_as_reported_for_the_collection_to_judge(wait):
    read = read_live(sent(live(live_entry(queue={"STANDBY": {"waitTime": wait}}))))
    assert read.entries[0].queue["STANDBY"]["waitTime"] == wait


def test_a_nan_costs_its_own_value_alone():
    read = read_live(sent(live(live_entry(queue={"STANDBY": {"waitTime": float("nan")}}), live_entry(wiki_id(2)))))
    assert [entry.queue["STANDBY"]["waitTime"] for entry in read.entries] == ["NaN", 15]


def test_an_unknown_status_is_handed_on_as_reported():
    assert read_live(sent(live(live_entry(status="EXPLODED")))).entries[0].status == "EXPLODED"


def test_a_status_that_is_no_word_is_reported():
    read = read_live(sent(live(live_entry(status=5), live_entry(wiki_id(2)))))
    assert [entry.status for entry in read.entries] == [None, "OPERATING"]
    assert reported(read.problems) == {(ProblemKind.INVALID, "liveData[].status")}


def test_of_duplicates_the_last_one_wins_and_is_reported():
    read = read_live(sent(live(live_entry(status="OPERATING"), live_entry(RIDE.upper(), status="DOWN"))))
    assert [(entry.id, entry.status) for entry in read.entries] == [(RIDE, "DOWN")]
    assert [(problem.kind, problem.entity) for problem in read.problems] == [(ProblemKind.DUPLICATE, RIDE)]


@pytest.mark.parametrize("bad", [None, 5, "ride", [], {}, {"id": None}, {"id": "space-mountain"}, {"id": 7}])
def test_a_bad_entry_is_left_out_and_reported_and_the_others_stay(bad):
    read = read_live(sent(live(bad, live_entry())))
    assert [entry.id for entry in read.entries] == [RIDE]
    assert len(read.problems) == 1


def test_a_wrong_zone_is_reported_and_the_entries_stay():
    for wrong in ("Mars/Olympus", "", None, 5, "../etc/passwd", "America/New_York\x00"):
        read = read_live(sent(live(live_entry(), timezone=wrong)))
        assert read.timezone is None
        assert len(read.entries) == 1
        assert {problem.field for problem in read.problems} == {"timezone"}


@pytest.mark.parametrize(
    "when", [None, "", "yesterday", 1751371200, "2026-07-01", "2026-07-01T11:55:00", "9999-99-99"]
)
def test_a_time_that_is_no_instant_is_none_and_reported(when):
    read = read_live(sent(live(live_entry(lastUpdated=when))))
    assert read.entries[0].last_updated is None
    assert {problem.field for problem in read.problems} == {"liveData[].lastUpdated"}


def test_times_with_an_offset_are_converted_to_utc():
    read = read_live(sent(live(live_entry(lastUpdated="2026-07-01T07:55:00.5-04:00"))))
    assert read.entries[0].last_updated == datetime(2026, 7, 1, 11, 55, 0, 500_000, tzinfo=UTC)


def test_unknown_fields_and_types_are_counted_not_fatal():
    entries = [live_entry(wiki_id(n), mood="good", entityType="BALLOON") for n in range(1, 4)]
    read = read_live(sent(live(*entries)))
    assert [entry.entity_type for entry in read.entries] == ["BALLOON"] * 3
    counted = {(problem.kind, problem.field): problem.count for problem in read.problems}
    assert counted == {
        (ProblemKind.UNKNOWN_FIELD, "liveData[].mood"): 3,
        (ProblemKind.UNKNOWN_VALUE, "liveData[].entityType"): 3,
    }
    assert "(3 times)" in str(read.problems[0])


def test_names_may_be_maps_of_language_and_lose_what_databases_refuse():
    reported_names = [
        ({"de": "Berg", "en": "Mountain"}, "Mountain"),
        ({"de": "Berg"}, "Berg"),
        ({"en": "", "fr": "Montagne"}, "Montagne"),
        ({}, ""),
        ("Space\x00 \ud800Mountain ", "Space Mountain"),
        ("TRON™ Lightcycle", "TRON™ Lightcycle"),
        ("x" * 300, "x" * 255),
        (5, ""),
    ]
    entries = [live_entry(wiki_id(number), name=name) for number, (name, _) in enumerate(reported_names, 1)]
    read = read_live(sent(live(*entries)))
    assert [entry.name for entry in read.entries] == [clean for _, clean in reported_names]


def test_a_queue_that_is_no_object_is_reported():
    read = read_live(sent(live(live_entry(queue=[1]))))
    assert read.entries[0].queue == {}
    assert reported(read.problems) == {(ProblemKind.INVALID, "liveData[].queue")}


def test_a_byte_order_mark_is_no_obstacle():
    assert len(read_live(b"\xef\xbb\xbf" + sent(live(live_entry()))).entries) == 1


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=20),
    lambda inside: st.lists(inside, max_size=4) | st.dictionaries(st.text(max_size=8), inside, max_size=4),
    max_leaves=10,
)
MEMBERS = (
    *("name", "entityType", "status", "queue", "lastUpdated", "location", "tags", "parks", "parkId"),
    *("date", "type", "openingTime", "closingTime", "time", "attractionType"),
)
entries_of_any_kind = st.fixed_dictionaries(
    {}, optional={"id": json_values | st.just(RIDE), **dict.fromkeys(MEMBERS, json_values)}
)


@given(st.lists(entries_of_any_kind, max_size=4))
def test_no_entry_whatever_it_holds_breaks_a_reader(entries):
    around = {"id": PARK, "timezone": "UTC"}
    assert len(read_live(sent({**around, "liveData": entries})).entries) <= len(entries)
    assert len(read_children(sent({**around, "children": entries})).entities) <= len(entries)
    assert len(read_schedule(sent({**around, "schedule": entries}), "UTC").windows) <= len(entries)
    assert len(read_history(sent({**around, "history": entries})).states) <= len(entries)
    assert len(read_destinations(sent({"destinations": entries})).destinations) <= len(entries)


@given(st.binary(max_size=200) | json_values.map(sent))
def test_no_body_whatever_it_holds_raises_anything_but_an_upstream_error(body):
    for read in (read_live, read_children, read_history, read_destinations, read_entity):
        with pytest.raises(UpstreamError):
            read(body)
    with pytest.raises(UpstreamError):
        read_schedule(body, "UTC")


# -- directory and entities --------------------------------------------------------------------------------


def test_a_destination_without_an_id_is_left_out_and_one_without_parks_stays():
    document = destinations((PARK, "A"))
    document["destinations"] += [{"name": "Nameless"}, {"id": wiki_id(9), "name": "Empty", "parks": None}]
    read = read_destinations(sent(document))
    assert [(each.id, len(each.parks)) for each in read.destinations] == [(DESTINATION, 1), (wiki_id(9), 0)]
    assert reported(read.problems) == {
        (ProblemKind.MISSING, "destinations[].id"),
        (ProblemKind.MISSING, "destinations[].parks"),
    }


@pytest.mark.parametrize(
    ("location", "place"),
    [
        (None, (None, None)),
        ({}, (None, None)),
        ({"latitude": None, "longitude": -80}, (None, -80)),
        ({"latitude": "40.5", "longitude": "-80"}, (40.5, -80)),
    ],
)
def test_each_coordinate_may_be_missing(location, place):
    read, problems = read_entity(sent(entity(location=location)))
    assert (read.latitude, read.longitude) == place
    assert problems == ()


@pytest.mark.parametrize("value", [91, -90.5, "north", True, [], float("inf"), float("nan")])
def test_what_is_no_latitude_is_none_and_reported(value):
    read, problems = read_entity(sent(entity(location={"latitude": value, "longitude": 1})))
    assert (read.latitude, read.longitude) == (None, 1)
    assert reported(problems) == {(ProblemKind.INVALID, "entity.location.latitude")}


def test_an_entity_without_an_id_cannot_be_used():
    with pytest.raises(UpstreamError) as raised:
        read_entity(sent(entity(uuid="magickingdom")))
    assert raised.value.reason == Reason.INVALID


def test_an_unknown_attraction_type_is_counted():
    read = read_children(sent(children(child(attractionType="ride"), child(wiki_id(2), attractionType="SLIDE"))))
    assert [each.attraction_type for each in read.entities] == ["RIDE", "SLIDE"]
    assert reported(read.problems) == {(ProblemKind.UNKNOWN_VALUE, "children[].attractionType")}


# -- schedules ---------------------------------------------------------------------------------------------


def test_all_windows_of_a_date_are_read():
    early = window("2026-07-02", "08:30", "09:00", type="TICKETED_EVENT", description="Early Entry")
    late = window("2026-07-02", "21:00", "23:00", type="TICKETED_EVENT")
    read = read_schedule(sent(schedule(late, early, window("2026-07-02"))), "UTC")
    assert [each.schedule_type for each in read.windows] == ["TICKETED_EVENT", "TICKETED_EVENT", "OPERATING"]
    assert {each.opening.hour for each in read.windows if each.opening} == {1, 12, 13}
    assert read.problems == ()


def test_a_time_without_offset_is_read_in_the_zone_of_the_answer_else_of_the_park():
    bare = {"date": "2026-07-02", "type": "OPERATING", "openingTime": "2026-07-02T09:00:00"}
    assert read_schedule(sent(schedule(bare)), "Europe/Paris").windows[0].opening == datetime(
        2026, 7, 2, 13, tzinfo=UTC
    )
    wrong = read_schedule(sent(schedule(bare, timezone="Mars/Olympus")), "Europe/Paris")
    assert wrong.windows[0].opening == datetime(2026, 7, 2, 7, tzinfo=UTC)
    assert reported(wrong.problems) == {(ProblemKind.INVALID, "timezone")}


def test_an_unknown_type_counts_as_operating_and_is_reported():
    read = read_schedule(sent(schedule(window("2026-07-02", type="PARTY"), window("2026-07-03", type=None))), "UTC")
    assert [each.schedule_type for each in read.windows] == [ScheduleType.OPERATING] * 2
    assert reported(read.problems) == {(ProblemKind.UNKNOWN_VALUE, "schedule[].type")}


SECOND = date(2026, 7, 2)


@pytest.mark.parametrize(
    ("bad", "dates"),
    [
        (None, set()),
        ({"type": "OPERATING"}, set()),
        (window("2026-07-02", openingTime="nine"), {SECOND}),
        (window("2026-07-02", closingTime=21), {SECOND}),
        (window("2026-07-02", "21:00", "20:00"), {SECOND}),
        (window("2026-07-02", "21:00", "09:00", closingTime="2026-06-30T09:00:00-04:00"), {SECOND}),
        (window("2026-07-02", "09:00", "09:00", type="EXTRA_HOURS"), {SECOND}),
    ],
)
def test_a_bad_window_costs_its_own_date_alone_and_is_reported(bad, dates):
    read = read_schedule(sent(schedule(bad, window("2026-07-03"))), "UTC")
    assert [each.day for each in read.windows] == [date(2026, 7, 3)]
    assert read.unreadable == dates
    assert len(read.problems) == len(read.repairs) == 1


@pytest.mark.parametrize("reported_date", ["02.07.2026", "0001-01-01", None])
def test_without_a_date_the_opening_says_it(reported_date):
    read = read_schedule(sent(schedule(window("2026-07-02", "20:30", "23:00", date=reported_date))), "UTC")
    assert [each.day for each in read.windows] == [SECOND]
    assert [each.day for each in read.repairs] == [SECOND]
    assert len(read.problems) == 1


@pytest.mark.parametrize(
    ("opens", "closes", "hours"), [("18:00", "00:00", 6), ("18:00", "01:00", 7), ("09:00", "05:00", 20)]
)
def test_a_closing_before_its_opening_lies_on_the_next_date(opens, closes, hours):
    """N-9: if that gives at most 20 hours."""
    read = read_schedule(sent(schedule(window("2026-07-02", opens, closes))), "UTC")
    (found,) = read.windows
    assert found.closing - found.opening == timedelta(hours=hours)
    assert (found.day, read.unreadable, read.problems) == (SECOND, frozenset(), ())
    assert [each.day for each in read.repairs] == [SECOND]


def test_the_next_date_is_one_of_the_parks_calendar():
    """18:00 to 2:00 over the change to winter time of New York: nine hours."""
    hours = {"openingTime": "2025-11-01T18:00:00-04:00", "closingTime": "2025-11-01T02:00:00-04:00"}
    (found,) = read_schedule(sent(schedule(window("2025-11-01", **hours))), "UTC").windows
    assert found.closing == datetime(2025, 11, 2, 7, tzinfo=UTC)


@pytest.mark.parametrize("kind", ["Closed", "CLOSED", "OPERATING", "Holiday"])
def test_an_entry_without_length_is_a_closed_day(kind):
    read = read_schedule(sent(schedule(window("2026-07-02", "11:00", "11:00", type=kind))), "UTC")
    assert [each.key for each in read.windows] == [(SECOND, ScheduleType.CLOSED, None)]
    assert [each.day for each in read.repairs] == [SECOND]


def test_a_date_with_hours_is_not_closed():
    closed = window("2026-07-02", "11:00", "11:00", type="Closed")
    read = read_schedule(sent(schedule(closed, window("2026-07-02"))), "UTC")
    assert [each.schedule_type for each in read.windows] == [ScheduleType.OPERATING]


def test_no_upstream_withdraws_hours_by_hand():
    read = read_schedule(sent(schedule(window("2026-07-02", type="UNKNOWN"))), "UTC")
    assert [each.schedule_type for each in read.windows] == [ScheduleType.OPERATING]


def test_a_window_may_lack_its_times():
    read = read_schedule(sent(schedule(window("2026-07-02", None, None, type="INFO"))), "UTC")
    assert [(each.opening, each.closing) for each in read.windows] == [(None, None)]
    assert read.problems == ()


def test_of_one_window_reported_twice_the_last_one_counts():
    read = read_schedule(sent(schedule(window("2026-07-02"), window("2026-07-02", closes="22:00"))), "UTC")
    assert [each.closing for each in read.windows] == [datetime(2026, 7, 3, 2, tzinfo=UTC)]
    assert reported(read.problems) == {(ProblemKind.DUPLICATE, "schedule[]")}
    same = read_schedule(sent(schedule(window("2026-07-02"), window("2026-07-02"))), "UTC")
    assert (len(same.windows), same.unreadable, same.problems) == (1, frozenset(), ())


# -- history -----------------------------------------------------------------------------------------------


def history(*states: Any, **changes: Any) -> bytes:
    around = {"id": RIDE, "name": "Test Coaster", "entityType": "ATTRACTION", "timezone": "America/New_York"}
    return sent({**around, "history": list(states), **changes})


def test_states_are_sorted_and_one_without_a_time_is_left_out():
    read = read_history(
        history(
            {"time": "2026-09-26T12:00:00Z", "status": "DOWN"},
            {"status": "CLOSED"},
            {"time": "2026-09-26T11:00:00Z", "status": "OPERATING", "queue": {"STANDBY": {"waitTime": 5}}},
        )
    )
    assert [state.status for state in read.states] == ["OPERATING", "DOWN"]
    assert read.opening is None
    assert reported(read.problems) == {(ProblemKind.MISSING, "history[].time")}


def test_two_states_of_one_instant_are_reported():
    at = "2026-09-26T12:00:00Z"
    read = read_history(history({"time": at, "status": "DOWN"}, {"time": at, "status": "CLOSED"}))
    assert [state.status for state in read.states] == ["CLOSED"]
    assert reported(read.problems) == {(ProblemKind.DUPLICATE, "history[]")}
