"""What the composer may not miss: pages behind a cursor, questions without a name, days ahead."""

from datetime import date, timedelta

import pytest
import time_machine

from assistant.answering.answer import Answer
from assistant.answering.composer import compose
from assistant.answering.dates import read
from assistant.conftest import NOW
from stats.daily.recompute import recompute_park_day
from stats.tests.builders import local, make_ride, report, show_park

pytestmark = pytest.mark.django_db


def test_who_names_the_most_or_the_least_sees_what_is_behind_the_cursor(world):
    for number in range(7):
        make_ride(world["park"], name=f"Pirate Ship {number}")
    answer = Answer()
    found = answer.call_all("find", text="pirate ship", limit=2)
    assert len(found.items) == found.total >= 7
    assert found.next is None
    assert [call.arguments.get("cursor") for call in answer.calls] == [None, "2", "4", "6"]


def test_the_shortest_wait_may_be_in_an_hour_of_the_last_page(world, settings):
    """Seventeen hours do not fit into four kilobytes; people leave in the evening."""
    day = date(2025, 7, 4)
    begin = local(day, "06:00")
    for hour in range(17):
        report(world["mansion"], begin + timedelta(hours=hour), "O60", wait=60 - 3 * hour)
    show_park(world["park"], begin, 17 * 60)
    recompute_park_day(world["park"], day, settings.METRICS_VERSION)
    answer = compose("When is the wait for Haunted Mansion shortest on 4 July?", NOW)
    assert len(answer.calls) > 1
    assert "shortest in the hour from 22:00: 12 minutes [1]" in answer.content
    assert "longest from 06:00: 60 minutes [2]" in answer.content


def test_what_is_down_now_needs_no_name(world, settings):
    answer = compose("What is down now?", NOW)
    assert answer.content == "Nothing is known to be down at this moment; what a silent ride does is unknown [1]."
    begin = NOW - timedelta(minutes=90)
    report(world["space"], begin, "O30 D60", wait=10)
    show_park(world["park"], begin, 90)
    recompute_park_day(world["park"], NOW.date(), settings.METRICS_VERSION)
    with time_machine.travel(NOW, tick=False):
        answer = compose("What is down now?", NOW)
    assert "• Space Mountain at Magic Kingdom since 2025-07-06 11:00 [2]" in answer.content
    assert answer.notes[1].permalink.startswith("/outages/")
    assert not answer.is_refusal


def test_tomorrow_is_a_day():
    when, rest = read("opening hours of epcot tomorrow", date(2025, 7, 5))
    assert (when.start, when.end) == (date(2025, 7, 6), date(2025, 7, 6))
    assert "tomorrow" not in rest
