"""The history endpoint has a budget and a window; a run ends politely and the next one goes on (sources 3)."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from core.tests.stub_upstream import HTML_PAGE, NOT_FOUND, Answer, StubUpstream, answer, rate_limited
from core.upstream.http import Reason, UpstreamError
from importer.healing.heal import heal, works
from importer.healing.histories import ask, calls_left, claim, forget_old_calls, history_client
from importer.healing.tests.gap_world import CLOSED, DAY, END, HOUR, NOW, START, UP, World, at, rows_of
from importer.healing.tests.histories import FakeWiki, history, refusal, state
from importer.healing.tests.test_heal_gaps import COASTER, FLUME, healed
from importer.models import HistoryCall, HistoryOutcome
from importer.tests.factories import HistoryCallFactory
from snapshots.models import DataQualityLog, Resolution, RideStatusSnapshot

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
NO_ANSWER = UpstreamError(Reason.TIMEOUT, "no answer in time")
GONE = refusal(404, Reason.NOT_FOUND, type="NOT_FOUND")


@pytest.fixture
def world():
    return World()


def untouched() -> bool:
    return not RideStatusSnapshot.objects.filter(data_source="ARCHIVE").exists()


def window_exceeded(earliest: str | None = None) -> UpstreamError:
    reported: dict[str, Any] = {"earliestAllowedDate": earliest} if earliest else {}
    return refusal(400, type="HISTORY_WINDOW_EXCEEDED", **reported)


# -- the budget ----------------------------------------------------------------------------------------------


def test_a_run_ends_when_the_budget_is_spent_and_the_next_hour_goes_on(world, settings):
    settings.HISTORY_CALLS_PER_HOUR = 1
    wiki = world.wiki()
    summary, asked = healed(wiki)
    assert (summary.calls, len(wiki.asked), asked, untouched()) == (1, 1, [], True)
    assert summary.left == ["1 parks wait: the budget of 1 calls in 60 minutes (HISTORY_CALLS_PER_HOUR) is spent"]
    # A second run within the hour shares it.
    assert healed(wiki, NOW + 59 * MINUTE)[0].gaps == 0
    assert len(wiki.asked) == 1
    summary, asked = healed(wiki, NOW + HOUR)
    assert (summary.gaps, len(wiki.asked), len(asked)) == (1, 2, 1)
    assert (rows_of(world.coaster), rows_of(world.flume)) == (COASTER, FLUME)
    assert wiki.asked == [(ride.themeparks_wiki_id, DAY, DAY) for ride in world.rides]


def test_a_budget_of_nothing_asks_nothing(world, settings):
    settings.HISTORY_CALLS_PER_HOUR = 0
    wiki = world.wiki()
    assert healed(wiki)[0].left
    assert wiki.asked == []
    assert not HistoryCall.objects.exists()


def test_calls_count_for_an_hour_whatever_came_of_them(settings):
    settings.HISTORY_CALLS_PER_HOUR = 10
    for outcome in HistoryOutcome:
        HistoryCallFactory.create(outcome=outcome, asked_at=NOW)
    assert [calls_left(NOW + n * MINUTE) for n in (0, 59, 60)] == [5, 5, 10]


def test_a_call_of_an_instant_to_come_is_not_paid_for(settings):
    settings.HISTORY_CALLS_PER_HOUR = 10
    HistoryCallFactory.create(asked_at=NOW + 120 * MINUTE)
    assert calls_left(NOW) == 10


def test_a_call_is_noted_before_it_is_made(world):
    """So a process that is killed meanwhile has spent it."""
    seen = []

    class Watching(FakeWiki):
        def history(self, *args):
            seen.append(list(HistoryCall.objects.values_list("ride", "outcome")))
            return super().history(*args)

    with time_machine.travel(NOW):
        ask(Watching(world.wiki().answers), claim(world.coaster, DAY, DAY))
    assert seen == [[(world.coaster.pk, HistoryOutcome.ASKED)]]
    assert HistoryCall.objects.get().outcome == HistoryOutcome.ANSWERED


def test_what_was_begun_is_finished_before_a_newer_gap_is_looked_at(world, settings):
    settings.HISTORY_CALLS_PER_HOUR = 1
    wiki = world.wiki()
    healed(wiki)
    later = world.missed(at("17:30"), at("17:40"))
    DataQualityLog.objects.filter(pk=later.pk).update(timestamp_end=NOW + 30 * MINUTE)
    summary, _ = healed(wiki, NOW + HOUR)
    assert (summary.gaps, len(wiki.asked)) == (1, 2)
    world.gap.refresh_from_db()
    assert world.gap.raw_data["rides"] == 2
    (work,) = works(NOW + HOUR)
    assert [hole.gap for hole in work.holes] == [later]
    assert work.settled() == {}  # what was asked before its end says not all of it


def test_answers_that_nobody_used_and_old_calls_are_forgotten():
    kept = HistoryCallFactory.create(asked_at=NOW - timedelta(days=7), body=b"x")
    unused = HistoryCallFactory.create(asked_at=NOW - timedelta(days=9), body=b"x")
    HistoryCallFactory.create(asked_at=NOW - timedelta(days=32))
    forget_old_calls(NOW)
    assert set(HistoryCall.objects.values_list("pk", "body")) == {(kept.pk, b"x"), (unused.pk, None)}


# -- no, not now ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "error",
    [
        refusal(429, Reason.RATE_LIMITED, message="…"),
        refusal(400, type="HISTORY_RATE_LIMITED", retryAfter=1800),
        refusal(401, type="Authentication failed"),
        refusal(403),
        UpstreamError(Reason.RATE_LIMITED, "the host wants a pause of 1800 s"),
    ],
    ids=["429", "by word", "key", "forbidden", "paused"],
)
def test_a_refusal_that_holds_for_all_ends_the_run_and_marks_nothing(world, error):
    other = World()
    wiki = FakeWiki({**other.wiki().answers, **world.wiki(flume=[error, history(world.flume, None)]).answers})
    summary, asked = healed(wiki)
    assert (len(wiki.asked), asked, untouched()) == (2, [], True)
    assert summary.left[0].startswith("2 parks wait: the upstream wants no more calls now: ")
    world.gap.refresh_from_db()
    assert (world.gap.raw_data, world.gap.resolution_status) == (None, Resolution.RESOLVED)
    # Later it goes on where it was: the coaster is not asked again.
    assert healed(wiki, NOW + HOUR)[0].gaps == 2
    assert len(wiki.asked) == 5


def test_calls_without_answer_are_made_again_by_later_runs_and_given_up_after_three(world):
    wiki = world.wiki(coaster=NO_ANSWER)
    for n in range(2):
        summary, _ = healed(wiki, NOW + n * HOUR)
        assert summary.left == [f"{world.park.name}: 1 rides were not answered"]
        assert untouched()
    summary, _ = healed(wiki, NOW + 2 * HOUR)
    assert (summary.gaps, summary.left) == (1, [])
    assert (rows_of(world.coaster), rows_of(world.flume)) == ([], FLUME)
    assert [uuid for uuid, *_ in wiki.asked].count(world.flume.themeparks_wiki_id) == 1


def test_an_answer_in_the_second_try_is_an_answer(world):
    good = world.wiki().answers[world.coaster.themeparks_wiki_id]
    wiki = world.wiki(coaster=[refusal(503, Reason.SERVER_ERROR), good])
    healed(wiki)
    assert healed(wiki, NOW + HOUR)[0].gaps == 1
    assert rows_of(world.coaster) == COASTER


def test_three_calls_in_a_row_without_answer_end_the_run(world):
    for _ in range(3):
        world.ride()
    wiki = FakeWiki({ride.themeparks_wiki_id: NO_ANSWER for ride in world.park.rides.all()})
    summary, _ = healed(wiki)
    assert (len(wiki.asked), summary.left) == (3, ["1 parks wait: 3 calls in a row got no answer"])


def test_failures_with_answers_between_them_end_no_run(world):
    rides = [*world.rides, *(world.ride() for _ in range(3))]
    good = world.wiki().answers[world.flume.themeparks_wiki_id]
    wiki = FakeWiki({ride.themeparks_wiki_id: NO_ANSWER for ride in rides} | {rides[1].themeparks_wiki_id: good})
    wiki.answers[rides[4].themeparks_wiki_id] = GONE
    summary, _ = healed(wiki)
    assert (len(wiki.asked), summary.left) == (5, [f"{world.park.name}: 3 rides were not answered"])


@pytest.mark.parametrize(
    "bad",
    [
        GONE,
        refusal(400, type="INVALID_RANGE"),
        b"<html>",
        b'{"id": "x"}',
        UpstreamError(Reason.TOO_LARGE, "more than 10000000 bytes"),
    ],
    ids=["gone", "refused", "no JSON", "no history", "too large"],
)
def test_a_ride_without_usable_history_does_not_keep_its_park(world, bad):
    wiki = world.wiki(coaster=bad)
    assert healed(wiki)[0].gaps == 1
    assert (rows_of(world.coaster), rows_of(world.flume)) == ([], FLUME)


def test_an_answer_about_another_ride_is_none(world):
    wiki = world.wiki(coaster=world.wiki().answers[world.flume.themeparks_wiki_id])
    healed(wiki)
    assert rows_of(world.coaster) == []


def test_a_park_whose_rides_have_no_history_at_all_is_given_up(world):
    summary, asked = healed(world.wiki(coaster=GONE, flume=GONE))
    assert (summary.given_up, summary.gaps, asked, summary.left) == (1, 0, [], [])
    world.gap.refresh_from_db()
    assert (world.gap.resolution_status, world.gap.resolution_notes) == (
        Resolution.WONTFIX,
        "data returned; not filled: the upstream has no history of any ride of the park",
    )
    assert works(NOW) == []


# -- the window ----------------------------------------------------------------------------------------------


def test_a_gap_before_the_upstreams_window_is_given_up_with_the_reason(world):
    wiki = world.wiki(coaster=window_exceeded("2026-07-02"))
    summary, _ = healed(wiki)
    assert (summary.given_up, summary.left, len(wiki.asked), untouched()) == (1, [], 1, True)
    world.gap.refresh_from_db()
    assert world.gap.resolution_status == Resolution.WONTFIX
    assert world.gap.resolution_notes == "data returned; not filled: the upstream's history begins 2026-07-02"
    assert works(NOW) == []


@pytest.mark.parametrize("earliest", ["2026-07-02", None], ids=["reported", "not reported"])
def test_what_lies_inside_the_window_is_filled(world, earliest):
    """Two gaps, and the first day is too old; reported or not, it is found out."""
    second = world.missed(at("03:00", 2), at("05:00", 2))
    later = history(world.coaster, state(at("04:00", 2), (UP, 5)), state(at("04:30", 2), (UP, 15)))
    wiki = world.wiki(coaster=[window_exceeded(earliest), later], flume=GONE)
    summary, asked = healed(wiki, at("06:00", 2))
    assert (summary.given_up, summary.gaps) == (1, 1)
    assert asked == [(world.park, date(2026, 7, 2), date(2026, 7, 2))]
    assert [days for _, *days in wiki.asked] == [[DAY, date(2026, 7, 2)]] + [[date(2026, 7, 2)] * 2] * 2
    # The second gap from the local midnight on, 04:00; without a schedule its park is open while the ride runs.
    assert [row[0] for row in rows_of(world.coaster, at("03:00", 2), at("05:00", 2))] == ["04:00:00", "04:30:00"]
    second.refresh_from_db()
    assert second.resolution_notes.endswith("; from 2026-07-02 04:00Z on")
    world.gap.refresh_from_db()
    assert world.gap.resolution_status == Resolution.WONTFIX


def test_an_upstream_that_refuses_every_day_is_asked_once_for_each(world):
    world.missed(at("03:00", 3), at("05:00", 3))
    wiki = world.wiki(coaster=window_exceeded())
    summary, _ = healed(wiki, at("06:00", 3))
    assert (summary.given_up, len(wiki.asked)) == (2, 3)


def test_the_window_is_a_week_and_nothing_older_is_asked_for(world):
    assert [hole.start for hole in works(at("12:00", 8))[0].holes] == [START]
    assert works(at("12:00", 9)) == []
    world.gap.timestamp_end = at("17:00", 2)
    world.gap.save()
    (hole,) = works(at("12:00", 9))[0].holes
    assert hole.start == at("04:00", 2)  # the local midnight


# -- over HTTP -----------------------------------------------------------------------------------------------


@pytest.fixture
def stub(settings):
    settings.UPSTREAM_MIN_INTERVAL_MS = 0
    with StubUpstream() as running:
        settings.THEMEPARKS_WIKI_URL = running.url
        yield running


def path_of(ride) -> str:
    return f"/entity/{ride.themeparks_wiki_id}/history"


def run_over_http():
    with time_machine.travel(NOW), history_client() as wiki:
        return heal(wiki, works(NOW), lambda *_: True)


def test_the_endpoint_is_asked_for_local_days(world, stub):
    for ride in world.rides:
        stub.routes[path_of(ride)] = Answer(world.wiki().answers[ride.themeparks_wiki_id])
    assert run_over_http().gaps == 1
    assert [(each.path, each.params) for each in stub.requests] == [
        (path_of(ride), {"from": "2026-07-01", "to": "2026-07-01"}) for ride in world.rides
    ]
    assert rows_of(world.coaster) == COASTER


@pytest.mark.parametrize("shape", ["nested", "flat"])
def test_the_words_of_a_refusal_are_understood_wherever_they_stand(world, stub, shape):
    error = {"type": "HISTORY_WINDOW_EXCEEDED", "message": "…", "earliestAllowedDate": "2026-07-05"}
    reported = {"success": False, "error": error} if shape == "nested" else {**error, "error": error["type"]}
    stub.routes[path_of(world.coaster)] = answer(reported, status=403)
    assert run_over_http().given_up == 1
    world.gap.refresh_from_db()
    assert "begins 2026-07-05" in world.gap.resolution_notes
    assert len(stub.requests) == 1


@pytest.mark.parametrize("reported", [rate_limited(), answer({"error": "HISTORY_RATE_LIMITED"}, status=400)])
def test_a_limit_is_obeyed_at_once(world, stub, reported):
    stub.routes[path_of(world.coaster)] = reported
    assert run_over_http().left
    assert len(stub.requests) == 1
    assert untouched()


@pytest.mark.parametrize(
    "reported", [Answer(status=500), answer({"error": "HISTORY_BACKEND_UNAVAILABLE"}, status=503), Answer(cut_after=1)]
)
def test_a_call_is_one_request(world, stub, reported):
    """Live collection tries again at once; here each try would cost."""
    stub.routes[path_of(world.coaster)] = reported if reported.status != 200 else Answer(b"{}" * 99, cut_after=5)
    stub.routes[path_of(world.flume)] = Answer(world.wiki().answers[world.flume.themeparks_wiki_id])
    assert run_over_http().left == [f"{world.park.name}: 1 rides were not answered"]
    assert len(stub.requests) == 2


@pytest.mark.parametrize("reported", [HTML_PAGE, NOT_FOUND, Answer(b"{}"), Answer(b"[" * 100)])
def test_whatever_else_comes_is_no_history(world, stub, reported):
    stub.routes[path_of(world.coaster)] = reported
    stub.routes[path_of(world.flume)] = Answer(world.wiki().answers[world.flume.themeparks_wiki_id])
    assert run_over_http().gaps == 1
    assert (rows_of(world.coaster), rows_of(world.flume)) == ([], FLUME)


def test_the_states_of_the_opening_hold_until_the_first_change(world, stub):
    for ride in world.rides:
        closed = history(ride, state(at("04:00"), (CLOSED, None)), state(END + HOUR / 6, (UP, 5)))
        stub.routes[path_of(ride)] = Answer(closed)
    run_over_http()
    assert rows_of(world.coaster) == [("15:00:00", 120.0, CLOSED, None, True)]
