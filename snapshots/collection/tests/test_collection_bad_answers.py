"""Every bad answer an upstream has given or could give, over real HTTP: one park fails, the others are stored."""

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest

from core.tests.stub_upstream import (
    FIFTY_MEGABYTES,
    GZIP_BOMB,
    HTML_PAGE,
    NOT_FOUND,
    TRUNCATED,
    Answer,
    StubUpstream,
    answer,
    gzipped,
    rate_limited,
)
from core.upstream import http
from core.upstream.http import Limits
from parks.models import Park, Ride
from parks.tests.factories import RideFactory
from parks.upstreams import themeparks_wiki
from snapshots.collection.run import CycleResult, collect
from snapshots.models import (
    DataQualityIssue,
    DataQualityLog,
    IssueType,
    LogType,
    ParkActivitySnapshot,
    QueueData,
    Resolution,
    RideStatusSnapshot,
)
from snapshots.tests.live_answers import AT, INTERVAL, entry, line, live, queue_times, queue_times_park, wiki_ride

pytestmark = pytest.mark.django_db


@dataclass
class Upstream:
    """Three parks: two of ThemeParks.wiki, of which the first may misbehave, and one of Queue-Times."""

    stub: StubUpstream
    bad: Ride
    good: Ride
    other: Ride

    def path(self, park: Park) -> str:
        if park.themeparks_wiki_id:
            return f"/v1/entity/{park.themeparks_wiki_id}/live"
        return f"/parks/{park.queue_times_id}/queue_times.json"

    def cycle(self, at=AT) -> CycleResult:
        return collect(at, parks=[self.bad.park, self.good.park, self.other.park])


@pytest.fixture
def upstream(settings, monkeypatch) -> Iterator[Upstream]:
    settings.UPSTREAM_MIN_INTERVAL_MS = 0
    monkeypatch.setattr(http, "back_off", lambda state: 0.01)
    with StubUpstream() as stub:
        settings.THEMEPARKS_WIKI_URL, settings.QUEUE_TIMES_URL = f"{stub.url}/v1", stub.url
        found = Upstream(stub, wiki_ride(), wiki_ride(), RideFactory.create(park=queue_times_park()))
        for ride in (found.bad, found.good):
            stub.routes[found.path(ride.park)] = Answer(live(ride.park, entry(ride, "OPERATING", 20)))
        stub.routes[found.path(found.other.park)] = Answer(queue_times(line(found.other)))
        yield found


def hurry(monkeypatch, **limits) -> None:
    """A client that is less patient than the real one."""
    real = themeparks_wiki.client
    monkeypatch.setattr(themeparks_wiki, "client", lambda: real(replace(Limits(), **limits)))


def stored() -> set[int]:
    rides = set(RideStatusSnapshot.objects.values_list("park", flat=True))
    assert rides == set(ParkActivitySnapshot.objects.values_list("park", flat=True))
    return rides


def test_good_answers_of_both_sources_are_stored(upstream):
    result = upstream.cycle()
    assert stored() == {upstream.bad.park_id, upstream.good.park_id, upstream.other.park_id}
    assert (result.failed, len(result.stored)) == ({}, 3)
    assert not DataQualityLog.objects.exists()
    reported = {request.headers["user-agent"] for request in upstream.stub.requests}
    assert all("ridewatch" in agent for agent in reported)


# -- answers that cost the park its row of this cycle ----------------------------------------------------

LOST = {
    "unknown park": (NOT_FOUND, "NOT_FOUND: HTTP 404"),
    "server error": (Answer(b"oops", status=500), "SERVER_ERROR: HTTP 500"),
    "bad gateway in HTML": (replace(HTML_PAGE, status=502), "SERVER_ERROR: HTTP 502"),
    "overloaded": (Answer(status=503), "SERVER_ERROR: HTTP 503"),
    "too many requests": (rate_limited("3600"), "RATE_LIMITED"),
    "forbidden": (Answer(b"no", status=403), "REFUSED: HTTP 403"),
    "moved": (Answer(status=302, headers={"Location": "/elsewhere"}), "REFUSED: HTTP 302"),
    "HTML": (HTML_PAGE, "NOT_JSON"),
    "truncated JSON": (TRUNCATED, "NOT_JSON"),
    "nothing at all": (Answer(b""), "NOT_JSON"),
    "a list": (answer([]), "INVALID: an object was expected"),
    "an error of ours": (answer({"success": False, "error": {}}), "INVALID: id is not a UUID"),
    "50 MB": (FIFTY_MEGABYTES, "TOO_LARGE"),
    "50 MB in 49 kB": (GZIP_BOMB, "TOO_LARGE"),
    "cut off": (Answer(b'{"id": "x"}', cut_after=5), "UNREACHABLE"),
    "deep": (Answer(b"[" * 50_000 + b"]" * 50_000), "N"),
}


@pytest.mark.parametrize("name", LOST)
def test_an_answer_that_cannot_be_used_costs_that_park_alone(upstream, name):
    reported, cause = LOST[name]
    upstream.stub.routes[upstream.path(upstream.bad.park)] = reported
    result = upstream.cycle()
    if name == "too many requests":  # binds the whole host
        assert upstream.other.park_id in stored()
        assert upstream.bad.park_id not in stored()
    else:
        assert stored() == {upstream.good.park_id, upstream.other.park_id}
    gap = DataQualityLog.objects.get(entity_id=upstream.bad.park_id)
    assert (gap.issue_type, gap.timestamp_start, gap.resolution_status) == (LogType.GAP, AT, Resolution.OPEN)
    assert cause in gap.description
    assert cause in result.failed[upstream.bad.park]


def test_data_that_return_close_the_gap(upstream):
    path = upstream.path(upstream.bad.park)
    good = upstream.stub.routes[path]
    upstream.stub.routes[path] = TRUNCATED
    upstream.cycle()
    upstream.stub.routes[path] = good
    upstream.cycle(AT + INTERVAL)
    gap = DataQualityLog.objects.get()
    assert (gap.timestamp_end, gap.resolution_status) == (AT + INTERVAL, Resolution.RESOLVED)
    assert RideStatusSnapshot.objects.filter(ride=upstream.bad).count() == 1


def test_a_park_the_source_does_not_know_is_an_issue_too(upstream):
    upstream.stub.routes[upstream.path(upstream.bad.park)] = NOT_FOUND
    upstream.cycle()
    issue = DataQualityIssue.objects.get()
    assert (issue.issue_type, issue.park) == (IssueType.MISSING_DATA, upstream.bad.park)


@pytest.mark.parametrize(
    "trouble", [Answer(status=500), Answer(status=503), rate_limited("0"), Answer(b"{}", cut_after=1)]
)
def test_what_goes_wrong_once_is_tried_again_and_nobody_notices(upstream, trouble):
    path = upstream.path(upstream.bad.park)
    upstream.stub.routes[path] = [trouble, upstream.stub.routes[path]]
    result = upstream.cycle()
    assert (result.failed, len(stored())) == ({}, 3)
    assert not DataQualityLog.objects.exists()


@pytest.mark.parametrize("drip", ["drip", "drip_head"])
def test_a_slow_drip_is_cut_off(upstream, monkeypatch, drip):
    hurry(monkeypatch, deadline_seconds=0.4)
    path = upstream.path(upstream.bad.park)
    upstream.stub.routes[path] = replace(upstream.stub.routes[path], **{drip: 0.05})
    began = time.monotonic()
    result = upstream.cycle()
    assert time.monotonic() - began < 5
    assert "TIMEOUT" in result.failed[upstream.bad.park]
    assert stored() == {upstream.good.park_id, upstream.other.park_id}


def test_a_host_that_hangs_up_fails_its_parks_and_not_the_other_source(upstream, settings):
    settings.THEMEPARKS_WIKI_URL = "http://127.0.0.1:9"  # nobody listens
    result = upstream.cycle()
    assert stored() == {upstream.other.park_id}
    assert all("UNREACHABLE" in cause for cause in result.failed.values())
    assert DataQualityLog.objects.count() == 2


def test_bad_answers_of_queue_times_fail_that_park_alone(upstream):
    path = upstream.path(upstream.other.park)
    for n, reported in enumerate((HTML_PAGE, TRUNCATED, replace(HTML_PAGE, status=404), Answer(status=500))):
        upstream.stub.routes[path] = reported
        result = upstream.cycle(AT + n * INTERVAL)
        assert list(result.failed) == [upstream.other.park]
    assert stored() == {upstream.good.park_id, upstream.bad.park_id}
    gap = DataQualityLog.objects.get()
    assert (gap.entity_id, gap.timestamp_end) == (upstream.other.park_id, None)


# -- answers of which the good part is kept --------------------------------------------------------------


def reported_of(upstream, *entries, **members):
    """The row and the issues after the first park answered with these entries."""
    upstream.stub.routes[upstream.path(upstream.bad.park)] = Answer(live(upstream.bad.park, *entries, **members))
    result = upstream.cycle()
    assert result.failed == {}
    return RideStatusSnapshot.objects.get(ride=upstream.bad)


@pytest.mark.parametrize(
    ("wait", "kept", "issues"),
    [
        (None, None, 0),
        (-5, None, 1),
        (10**9, None, 1),
        (1_000, 1_000, 1),
        ("long", None, 1),
        (0.5, None, 1),
        (float("nan"), None, 1),
    ],
)
def test_waits_that_are_none_cost_the_wait_at_most(upstream, wait, kept, issues):
    assert reported_of(upstream, entry(upstream.bad, "OPERATING", wait)).wait_time == kept
    assert DataQualityIssue.objects.count() == issues
    assert ParkActivitySnapshot.objects.get(park=upstream.bad.park).max_wait_time is None


def test_of_an_entity_reported_twice_the_last_counts(upstream):
    row = reported_of(upstream, entry(upstream.bad, "DOWN"), entry(upstream.bad, "OPERATING", 15))
    assert (row.status, row.wait_time) == ("OPERATING", 15)
    assert "twice" in DataQualityIssue.objects.get().details["text"]


def test_entries_that_are_none_are_left_out(upstream):
    row = reported_of(upstream, entry(upstream.bad), *({"id": value} for value in (None, 5, "x")), {})
    assert row.status == "OPERATING"
    assert ParkActivitySnapshot.objects.get(park=upstream.bad.park).total_rides_tracked == 1


@pytest.mark.parametrize("zone", ["Asia/Tokyo", "Nowhere/At all", None])
def test_the_wrong_zone_moves_no_window(upstream, zone):
    window = {"RETURN_TIME": {"state": "AVAILABLE", "returnStart": "2026-07-01T14:10:00-04:00"}}
    reported_of(upstream, entry(upstream.bad, queue=window), timezone=zone)
    assert QueueData.objects.get().return_time_start == AT + timedelta(hours=6, minutes=10)
    assert "timezone" in DataQualityIssue.objects.get().details["text"] or zone == "Asia/Tokyo"


def test_compressed_answers_are_read(upstream):
    upstream.stub.routes[upstream.path(upstream.bad.park)] = gzipped(live(upstream.bad.park, entry(upstream.bad)))
    assert upstream.cycle().failed == {}


def test_an_empty_answer_is_a_gap_and_closes_no_ride(upstream):
    upstream.cycle()
    upstream.stub.routes[upstream.path(upstream.bad.park)] = Answer(live(upstream.bad.park))
    result = upstream.cycle(AT + INTERVAL)
    assert (result.failed, list(result.silent)) == ({}, [upstream.bad.park])
    assert RideStatusSnapshot.objects.filter(ride=upstream.bad).count() == 1
    gap = DataQualityLog.objects.get()
    assert (gap.entity_id, gap.timestamp_start) == (upstream.bad.park_id, AT + INTERVAL)


def test_half_an_answer_stores_half_the_rides_and_invents_none(upstream):
    second = RideFactory.create(park=upstream.bad.park)
    broken = json.loads(live(upstream.bad.park, entry(upstream.bad), entry(second)))
    broken["liveData"][1]["id"] = "gone"
    upstream.stub.routes[upstream.path(upstream.bad.park)] = answer(broken)
    upstream.cycle()
    assert list(RideStatusSnapshot.objects.filter(park=upstream.bad.park).values_list("ride", flat=True)) == [
        upstream.bad.pk
    ]
