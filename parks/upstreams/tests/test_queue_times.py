"""Reading Queue-Times: recorded answers without a problem, bad ones with a defined result (sources 4)."""

import gzip
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.tests.stub_upstream import FIFTY_MEGABYTES, HTML_PAGE, Answer, StubUpstream, answer
from core.upstream.http import Limits, Reason, UpstreamError
from core.upstream.payloads import ProblemKind
from parks.sync.tests.upstream_world import directory, directory_park, queue_times_ride
from parks.upstreams import queue_times
from parks.upstreams.queue_times import QueueTimes, read_parks, read_queue_times


def sent(value: Any) -> bytes:
    return json.dumps(value).encode()


def feed(*rides: Any, lands: Any = ()) -> bytes:
    return sent({"lands": list(lands), "rides": list(rides)})


def land(name: Any, *rides: Any) -> dict[str, Any]:
    return {"id": 22, "name": name, "rides": list(rides)}


def reported(problems: Any) -> set[tuple[str, str]]:
    return {(problem.kind, problem.field) for problem in problems}


# -- recorded answers --------------------------------------------------------------------------------------


@pytest.fixture
def recorded(shared_data_dir: Path) -> Path:
    return shared_data_dir / "real" / "queue_times_raw"


def test_the_recorded_directory_is_read_whole(recorded):
    read = read_parks((recorded / "parks_2023-11.json").read_bytes())
    assert len(read.parks) == 120
    assert len({park.operator for park in read.parks}) == 15
    assert all(park.latitude and park.longitude and park.timezone for park in read.parks)
    assert read.problems == ()


def test_the_recorded_parks_are_read_whole(recorded):
    for file in recorded.glob("park_*.json"):
        document = json.loads(file.read_bytes())
        inside = [ride for each in document["lands"] for ride in each["rides"]]
        read = read_queue_times(file.read_bytes())
        assert len(read.entries) == len(inside) + len(document["rides"]) > 0
        assert read.problems == ()


def test_the_recorded_months_of_gardaland_are_read_whole(recorded):
    lines = gzip.decompress((recorded / "park_12_gardaland_2025-09_2026-01.jsonl.gz").read_bytes()).splitlines()
    feeds = [read_queue_times(sent(json.loads(line)["response"])) for line in lines]
    assert len(feeds) == 691
    assert {entry.land for read in feeds for entry in read.entries} == {"Adrenaline", "Adventure", "Fantasy"}
    assert [problem for read in feeds for problem in read.problems] == []


# -- rides -------------------------------------------------------------------------------------------------


def test_rides_of_lands_and_of_none_are_read():
    read = read_queue_times(feed(queue_times_ride(2), lands=[land("Adrenaline", queue_times_ride(1))]))
    first, second = read.entries
    assert (first.id, first.land, first.is_open, first.wait_time) == (1, "Adrenaline", True, 35)
    assert first.last_updated == datetime(2026, 7, 1, 11, 58, tzinfo=UTC)
    assert (second.id, second.land) == (2, None)


def test_a_ride_in_both_lists_counts_once_with_its_land():
    read = read_queue_times(feed(queue_times_ride(1), lands=[land("Adrenaline", queue_times_ride(1))]))
    assert [(entry.id, entry.land) for entry in read.entries] == [(1, "Adrenaline")]
    assert read.problems == ()


def test_of_duplicates_the_last_one_wins_and_is_reported():
    read = read_queue_times(feed(queue_times_ride(1, wait_time=5), queue_times_ride(1, wait_time=10)))
    assert [entry.wait_time for entry in read.entries] == [10]
    assert reported(read.problems) == {(ProblemKind.DUPLICATE, "rides[]")}


def test_nulls_are_legal_and_negative_and_absurd_waits_are_handed_on():
    rides = [
        queue_times_ride(1, is_open=None, wait_time=None, last_updated=None),
        queue_times_ride(2, wait_time=-1),
        queue_times_ride(3, wait_time=995),
        queue_times_ride(4, wait_time=20.0),
    ]
    read = read_queue_times(feed(*rides))
    assert [entry.wait_time for entry in read.entries] == [None, -1, 995, 20]
    assert (read.entries[0].is_open, read.entries[0].last_updated) == (None, None)
    assert read.problems == ()


@pytest.mark.parametrize(
    ("member", "value"),
    [
        ("wait_time", "35"),
        ("wait_time", True),
        ("wait_time", 3.5),
        ("wait_time", float("nan")),
        ("is_open", "yes"),
        ("is_open", 1),
        ("last_updated", "soon"),
        ("last_updated", "2026-07-01T11:58:00"),
        ("last_updated", 5),
    ],
)
def test_a_member_of_the_wrong_type_is_none_and_reported(member, value):
    read = read_queue_times(feed(queue_times_ride(1, **{member: value})))
    assert getattr(read.entries[0], member) is None
    assert reported(read.problems) == {(ProblemKind.INVALID, f"rides[].{member}")}


@pytest.mark.parametrize("bad", [None, 7, {}, {"id": None}, {"id": "450"}, {"id": True}, {"id": -1}, {"id": 10**12}])
def test_a_bad_ride_is_left_out_and_reported_and_the_others_stay(bad):
    read = read_queue_times(feed(bad, queue_times_ride(1)))
    assert [entry.id for entry in read.entries] == [1]
    assert len(read.problems) == 1


def test_lists_may_be_empty_or_missing():
    assert read_queue_times(feed()).entries == ()
    assert read_queue_times(sent({"rides": [queue_times_ride()]})).problems == ()
    wrong = read_queue_times(sent({"lands": 5, "rides": [queue_times_ride()]}))
    assert (len(wrong.entries), reported(wrong.problems)) == (1, {(ProblemKind.INVALID, "lands")})


def test_unknown_fields_are_counted():
    read = read_queue_times(feed(queue_times_ride(1, mood=1), queue_times_ride(2, mood=2)))
    assert [(problem.field, problem.count) for problem in read.problems] == [("rides[].mood", 2)]


# -- parks -------------------------------------------------------------------------------------------------


def test_a_park_has_its_operator_and_numbers_from_text():
    read = read_parks(sent(directory(directory_park(57), directory_park(58, latitude="", longitude=None))))
    first, second = read.parks
    assert (first.id, first.operator, first.country) == (57, "Test Parks Company", "United States")
    assert (first.latitude, first.longitude, first.timezone) == (40.002, -80.002, "America/New_York")
    assert (second.latitude, second.longitude) == (None, None)
    assert read.problems == ()


def test_a_wrong_zone_is_reported_and_the_park_stays():
    read = read_parks(sent(directory(directory_park(timezone="Mars/Olympus"))))
    assert [park.timezone for park in read.parks] == [None]
    assert reported(read.problems) == {(ProblemKind.INVALID, "[].parks[].timezone")}


def test_parks_without_number_or_name_and_groups_that_are_none_are_left_out():
    groups = [None, *directory(directory_park(None), directory_park(5, name=""), directory_park(6))]
    read = read_parks(sent(groups))
    assert [park.id for park in read.parks] == [6]
    assert len(read.problems) == 3


# -- whole answers -----------------------------------------------------------------------------------------


@pytest.fixture
def stub() -> Iterator[StubUpstream]:
    with StubUpstream() as stub:
        yield stub


@pytest.fixture
def times(stub: StubUpstream, settings: Any) -> Iterator[QueueTimes]:
    settings.QUEUE_TIMES_URL = stub.url
    with queue_times.client(Limits(attempts=1, interval_seconds=0, deadline_seconds=1)) as times:
        yield times


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        pytest.param(Answer(HTML_PAGE.body, status=404, content_type="text/html"), Reason.NOT_FOUND, id="404 page"),
        pytest.param(Answer(status=500), Reason.SERVER_ERROR, id="500"),
        pytest.param(HTML_PAGE, Reason.NOT_JSON, id="HTML"),
        pytest.param(Answer(b'{"lands": [{"id"'), Reason.NOT_JSON, id="truncated"),
        pytest.param(answer([]), Reason.INVALID, id="a list"),
        pytest.param(answer({}), Reason.INVALID, id="neither lands nor rides"),
        pytest.param(FIFTY_MEGABYTES, Reason.TOO_LARGE, id="50 MB"),
        pytest.param(Answer(b'{"lands": []}', drip=0.2), Reason.TIMEOUT, id="slow drip"),
    ],
)
def test_an_answer_that_cannot_be_used_names_its_reason(stub, times, fault, reason):
    stub.routes["/parks/12/queue_times.json"] = fault
    with pytest.raises(UpstreamError) as raised:
        read_queue_times(times.queue_times(12))
    assert raised.value.reason == reason


def test_a_list_of_parks_that_is_none_names_its_reason(stub, times):
    stub.routes["/parks.json"] = answer({"parks": []})
    with pytest.raises(UpstreamError) as raised:
        read_parks(times.parks())
    assert raised.value.reason == Reason.INVALID


def test_it_is_asked_one_request_at_a_time():
    with queue_times.client() as times:
        assert times.upstream.limits.at_a_time == 1


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=10),
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(st.sampled_from(["id", "name", "rides"]), inside),
    max_leaves=8,
)


@given(st.lists(json_values, max_size=4), st.lists(json_values, max_size=4))
def test_no_entry_whatever_it_holds_breaks_a_reader(lands, rides):
    read_queue_times(sent({"lands": lands, "rides": rides}))
    read_parks(sent([*lands, {"name": "X", "parks": rides}]))
