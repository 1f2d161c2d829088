"""Readings that answers of one moment share: read once per state of the data, and equal to reading each time."""

import threading
from dataclasses import FrozenInstanceError
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import redis
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import data_version
from core.periods import Days
from parks.models import Park
from stats.models import RunningDay
from stats.readings import shared
from stats.readings.selection import attractions_by_id, chosen_parks, park_by_attraction, parks_to_read
from stats.readings.shared import MANY_PARKS
from stats.readings.today import rides_at, rides_today
from stats.tests.builders import LOS_ANGELES, NEW_YORK, local, make_park, make_ride, report

NOON = datetime(2025, 12, 22, 17, tzinfo=UTC)


@pytest.fixture
def version(settings, monkeypatch):
    """The state of the data, to be moved by tests; sharing is on."""
    settings.SHARED_READING_SECONDS = 60
    state = ["1"]
    monkeypatch.setattr(data_version, "current", lambda: state[0])
    shared.kept.clear()
    yield state
    shared.kept.clear()


def counted():
    calls = []

    def read():
        calls.append(len(calls))
        return len(calls)

    return read


def test_what_was_read_is_shared_while_the_data_stay(version):
    read = counted()
    assert [shared.shared("a", NOON + timedelta(seconds=n), read) for n in (0, 10, 59)] == [1, 1, 1]


def test_newer_data_are_read(version):
    read = counted()
    assert shared.shared("a", NOON, read) == 1
    version[0] = "2"
    assert shared.shared("a", NOON, read) == 2


def test_after_its_time_it_is_read_again(version):
    read = counted()
    assert [shared.shared("a", NOON + timedelta(seconds=n), read) for n in (1, 60, 61, 120)] == [1, 1, 2, 2]


def test_readings_grow_old_one_by_one(version):
    first, second = counted(), counted()
    shared.shared("a", NOON, first)
    shared.shared("b", NOON + timedelta(seconds=30), second)
    later = NOON + timedelta(seconds=70)
    assert (shared.shared("a", later, first), shared.shared("b", later, second)) == (2, 1)


def test_what_was_read_before_the_clock_was_set_back_is_read_again(version):
    read = counted()
    assert [shared.shared("a", NOON - timedelta(hours=n), read) for n in (0, 1)] == [1, 2]


def test_each_reading_is_its_own(version):
    assert shared.shared("a", NOON, lambda: "a") == "a"
    assert shared.shared("b", NOON, lambda: "b") == "b"


def test_nothing_is_shared_when_it_is_switched_off_or_nobody_knows_the_version(version, settings, monkeypatch):
    read = counted()
    settings.SHARED_READING_SECONDS = 0
    assert [shared.shared("a", NOON, read) for _ in range(2)] == [1, 2]
    settings.SHARED_READING_SECONDS = 60

    def away() -> str:
        raise redis.ConnectionError

    monkeypatch.setattr(data_version, "current", away)
    assert [shared.shared("a", NOON, read) for _ in range(2)] == [3, 4]


def test_a_reading_that_fails_is_not_kept(version):
    with pytest.raises(ZeroDivisionError):
        shared.shared("a", NOON, lambda: 1 / 0)
    assert shared.shared("a", NOON, lambda: 7) == 7


def test_of_threads_that_ask_at_once_one_reads(version):
    started, release = threading.Event(), threading.Event()
    calls = []

    def read():
        calls.append(1)
        started.set()
        release.wait(5)
        return "read"

    answers: list[str] = []
    threads = [threading.Thread(target=lambda: answers.append(shared.shared("a", NOON, read))) for _ in range(5)]
    for thread in threads:
        thread.start()
    started.wait(5)
    release.set()
    for thread in threads:
        thread.join()
    assert (len(calls), answers) == (1, ["read"] * 5)


def test_the_reading_asked_for_longest_ago_makes_room(version, monkeypatch):
    monkeypatch.setattr(shared, "MOST_KEPT", 2)
    read = counted()
    for key in ("a", "b", "a", "c"):
        shared.shared(key, NOON, read)
    assert list(shared.kept) == ["a", "c"]


# -- functions of many parks -----------------------------------------------------------------------------


def recorded() -> tuple[list[tuple[Any, ...]], Any, Any]:
    """What was read, and two functions that read: over parks at a moment, and over closed days."""
    calls: list[tuple[Any, ...]] = []

    @shared.over_many_parks
    def at_a_moment(parks: list[Park], now: datetime, kind: str) -> int:
        calls.append((len(parks), kind))
        return len(calls)

    @shared.over_days
    def over_days(parks: list[Park], days: Days, *, with_zeros: bool = True) -> int:
        calls.append((len(parks), days, with_zeros))
        return len(calls)

    return calls, at_a_moment, over_days


def unsaved(count: int, first: int = 0) -> list[Park]:
    return [Park(pk=first + n, timezone=NEW_YORK) for n in range(count)]


def test_the_same_question_about_many_parks_is_read_once(version):
    calls, at_a_moment, over_days = recorded()
    many, first, second = unsaved(MANY_PARKS), Days(NOON.date(), NOON.date()), Days(date(2025, 1, 1), date(2025, 1, 2))
    assert [at_a_moment(many, NOON, kind) for kind in "aba"] == [1, 2, 1]
    assert at_a_moment(unsaved(MANY_PARKS + 1), NOON, "a") == 3
    assert [over_days(many, days) for days in (first, second, first)] == [4, 5, 4]
    assert over_days(many, first, with_zeros=False) == 6
    others = [Park(pk=park.pk + 1, timezone=park.timezone) for park in many]
    assert [over_days(others, first), at_a_moment(others, NOON, "a")] == [7, 8]
    assert len(calls) == 8


def test_other_parks_on_the_same_dates_are_another_question(version):
    _, at_a_moment, over_days = recorded()
    asked = [unsaved(MANY_PARKS), unsaved(MANY_PARKS, first=1), unsaved(MANY_PARKS)]
    assert [at_a_moment(parks, NOON, "a") for parks in asked] == [1, 2, 1]
    assert [over_days(parks, Days(NOON.date(), NOON.date())) for parks in asked] == [3, 4, 3]


@pytest.mark.parametrize("midnight", [datetime(2025, 12, 23, 5, tzinfo=UTC), datetime(2025, 12, 23, 8, tzinfo=UTC)])
def test_a_midnight_in_any_zone_of_the_parks_or_of_the_site_begins_another_question(version, settings, midnight):
    settings.SITE_TIME_ZONE = LOS_ANGELES
    _, at_a_moment, _ = recorded()
    moments = [midnight + timedelta(seconds=n) for n in (-20, -1, 0, 20)]
    assert [at_a_moment(unsaved(MANY_PARKS), moment, "a") for moment in moments] == [1, 1, 2, 2]


@pytest.mark.parametrize("count", [MANY_PARKS, MANY_PARKS - 1])
def test_what_comes_back_cannot_be_changed_shared_or_not(version, count):
    @shared.over_many_parks
    def rows(parks: list[Park], now: datetime) -> Any:
        return [{"wait": 5, "kinds": {"a"}}], {1: [2]}

    (row,), lists = rows(unsaved(count), NOON)
    with pytest.raises(TypeError):
        row["wait"] = 6
    with pytest.raises(TypeError):
        lists[2] = ()
    assert (row["kinds"], lists[1]) == (frozenset("a"), (2,))


def test_few_parks_are_read_each_time(version):
    calls, at_a_moment, over_days = recorded()
    few = unsaved(MANY_PARKS - 1)
    for _ in range(2):
        at_a_moment(few, NOON, "a")
        over_days(few, Days(NOON.date(), NOON.date()))
    assert len(calls) == 4


def test_each_version_of_the_metrics_has_its_own(version, settings):
    calls, _, over_days = recorded()
    for settings.METRICS_VERSION in (1, 2, 1):
        over_days(unsaved(MANY_PARKS), Days(NOON.date(), NOON.date()))
    assert len(calls) == 2


# -- parks and attractions -------------------------------------------------------------------------------


@pytest.fixture
def many_parks(db) -> list[Park]:
    """Parks of two zones and two kinds; one ride has moved to another park since the morning."""
    parks = [make_park(timezone=(NEW_YORK, LOS_ANGELES)[n % 2], is_disney=n % 3 == 0) for n in range(MANY_PARKS + 2)]
    for n, park in enumerate(parks):
        for story in ("O60 D20 O30", "C30 O20 D90", "-30 +10"):
            ride = make_ride(park, category="ATTRACTION" if n % 4 else "SHOW")
            report(ride, local(NOON.date(), "06:00", park.timezone), story, wait=n)
    moved = make_ride(parks[0])
    report(moved, local(NOON.date(), "07:00"), "O60")
    moved.park = parks[1]
    moved.save()
    return parks


@pytest.mark.parametrize("disney_only", [False, True])
def test_shared_attractions_are_those_read_for_the_question(many_parks, version, settings, disney_only):
    every = [ride.pk for park in many_parks for ride in park.rides.all()]
    found = []
    for seconds in (0, 60):
        settings.SHARED_READING_SECONDS = seconds
        with time_machine.travel(NOON, tick=False):
            parks = chosen_parks(disney_only)
            found.append((parks, park_by_attraction(parks), attractions_by_id(parks, every)))
    assert found[0] == found[1]
    assert 0 < len(found[0][1]) == len(found[0][2]) < len(every), "of some parks, and no shows"


def test_parks_and_attractions_are_read_once_for_all_choices_of_parks(many_parks, version):
    with time_machine.travel(NOON, tick=False):
        everything = chosen_parks(False)
        every = park_by_attraction(everything)
        with CaptureQueriesContext(connection) as queries:
            found = attractions_by_id(chosen_parks(False)[1:], park_by_attraction(everything[1:]))
    assert found.keys() == {pk for pk, park in every.items() if park != everything[0].pk}
    assert not queries.captured_queries


def test_an_attraction_of_a_park_that_was_not_asked_for_is_left_out(many_parks, version):
    here, *others = chosen_parks(False)
    with time_machine.travel(NOON, tick=False):
        assert attractions_by_id(others, park_by_attraction([here])) == {}


def test_many_parks_are_answered_from_the_reading_of_all(many_parks, version):
    with time_machine.travel(NOON, tick=False):
        everything = chosen_parks(False)
        assert parks_to_read(everything[:MANY_PARKS]) == everything
        assert parks_to_read(everything[: MANY_PARKS - 1]) == everything[: MANY_PARKS - 1]


# -- today's rides ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("disney_only", [False, True])
def test_shared_measures_are_those_read_for_the_question(many_parks, version, settings, disney_only):
    parks = chosen_parks(disney_only)
    found = []
    for seconds in (0, 60):
        settings.SHARED_READING_SECONDS = seconds
        with time_machine.travel(NOON, tick=False):
            found.append([reading(parks, park_by_attraction(parks), NOON) for reading in (rides_today, rides_at)])
    assert found[0] == found[1]
    assert all(found[0])


def test_measures_that_answers_share_refuse_a_change(many_parks, version):
    parks = chosen_parks(False)
    measures = next(ride for ride in rides_today(parks, park_by_attraction(parks), NOON).values() if ride.held)
    with pytest.raises(FrozenInstanceError):
        measures.down_seconds = 0
    with pytest.raises(FrozenInstanceError):
        measures.add(measures)
    with pytest.raises(TypeError):
        measures.held[5, True, True] = 1


def test_the_second_question_reads_running_days_alone(many_parks, version):
    def ask() -> None:
        parks = chosen_parks(False)
        rides_today(parks, park_by_attraction(parks), NOON)
        rides_at(parks, park_by_attraction(parks), NOON)

    with time_machine.travel(NOON, tick=False):
        ask()
        with CaptureQueriesContext(connection) as queries:
            ask()
    of_days = f" FROM {connection.ops.quote_name(RunningDay._meta.db_table)} WHERE"
    assert [of_days in query["sql"] for query in queries] == [True, True]


def test_a_question_about_few_parks_reads_only_theirs(many_parks, version):
    rides_today(many_parks[:2], park_by_attraction(many_parks[:2]), NOON)
    assert not shared.kept
