"""Rides that their park's feed no longer reports are listed once, and struck off when they return (R-22.1)."""

from datetime import timedelta

import pytest
import time_machine

from parks.tests.factories import NOON, ParkFactory, RideFactory
from snapshots.collection.vanished import VanishedNews, note_vanished
from snapshots.models import DataQualityIssue, IssueSource, IssueType
from snapshots.tests.watching import INTERVAL, watch

pytestmark = pytest.mark.django_db

DAY, HOUR = timedelta(hours=24), timedelta(hours=1)
GONE = NOON  # the first cycle without the ride


@pytest.fixture
def park():
    return ParkFactory.create()


@pytest.fixture
def rides(park):
    """One that stays and one that goes; both were seen for an hour."""
    with time_machine.travel(NOON - 30 * DAY):
        found = RideFactory.create_batch(2, park=park)
    watch(park, found, GONE - HOUR, GONE)
    return found


def vanished(now, park) -> tuple[int, int]:
    news = note_vanished(now, [park])
    return news.vanished, news.returned


def listed() -> set[int]:
    issues = DataQualityIssue.objects.filter(issue_type=IssueType.MISSING_DATA, is_resolved=False)
    return set(issues.values_list("ride_id", flat=True))


def test_a_ride_is_listed_after_24_hours_of_fetches_without_it_and_not_before(park, rides):
    watch(park, rides[:1], GONE, GONE + DAY - INTERVAL)
    assert vanished(GONE + DAY, park) == (0, 0)
    watch(park, rides[:1], GONE + DAY - INTERVAL, GONE + DAY)
    assert vanished(GONE + DAY, park) == (1, 0)
    issue = DataQualityIssue.objects.get()
    assert (issue.ride, issue.park, issue.data_source) == (rides[1], park, IssueSource.THEMEPARKS_WIKI)
    assert issue.themeparks_wiki_id == rides[1].themeparks_wiki_id
    assert issue.details["text"] == "in no answer for 24 hours of successful fetches; last seen 2026-07-01 11:55Z"
    assert issue.data_age_minutes == 24 * 60 + 5


def test_it_is_listed_once(park, rides):
    watch(park, rides[:1], GONE, GONE + DAY)
    assert [vanished(GONE + DAY + n * HOUR, park) for n in range(3)] == [(1, 0), (0, 0), (0, 0)]
    assert listed() == {rides[1].pk}


def test_it_is_struck_off_when_it_returns_and_may_vanish_again(park, rides):
    watch(park, rides[:1], GONE, GONE + DAY)
    vanished(GONE + DAY, park)
    watch(park, rides, GONE + DAY, GONE + DAY + INTERVAL)
    # Seen at the very instant at which it was listed is not seen since.
    assert vanished(GONE + DAY, park) == (0, 0)
    watch(park, rides, GONE + DAY + INTERVAL, GONE + DAY + 2 * INTERVAL)
    assert vanished(GONE + DAY + HOUR, park) == (0, 1)
    issue = DataQualityIssue.objects.get()
    assert (issue.is_resolved, issue.resolved_at) == (True, GONE + DAY + HOUR)
    watch(park, rides[:1], GONE + DAY + HOUR, GONE + 2 * DAY + HOUR)
    assert vanished(GONE + 2 * DAY + HOUR, park) == (1, 0)
    assert DataQualityIssue.objects.count() == 2


def test_time_in_which_the_park_could_not_be_read_does_not_count(park, rides):
    watch(park, rides[:1], GONE, GONE + DAY / 2)
    week_later = GONE + 7 * DAY
    assert vanished(week_later, park) == (0, 0)
    watch(park, rides[:1], week_later, week_later + DAY / 2 - INTERVAL)
    assert vanished(week_later + DAY, park) == (0, 0)
    watch(park, rides[:1], week_later + DAY / 2 - INTERVAL, week_later + DAY / 2)
    assert vanished(week_later + DAY, park) == (1, 0)


def test_a_feed_that_was_silent_lists_nobody(park, rides):
    assert vanished(GONE + 20 * DAY, park) == (0, 0)


def test_what_an_archive_reported_is_no_fetch_and_no_sighting(park, rides):
    watch(park, rides[:1], GONE, GONE + DAY, source="ARCHIVE")
    assert vanished(GONE + DAY, park) == (0, 0)
    watch(park, rides[:1], GONE + DAY, GONE + 2 * DAY)
    watch(park, rides, GONE + 2 * DAY, GONE + 2 * DAY + HOUR, source="ARCHIVE")
    assert vanished(GONE + 2 * DAY + HOUR, park) == (1, 0)
    assert listed() == {rides[1].pk}


@pytest.mark.parametrize(
    ("columns", "news"),
    [
        ({}, 1),
        ({"is_active": False}, 0),
        ({"themeparks_wiki_id": None}, 0),
        ({"entity_type": "SHOW"}, 0),
        ({"entity_type": None}, 1),
        ({"category": "EXPERIENCE"}, 1),
    ],
)
def test_only_active_attractions_that_the_source_knows_can_vanish(park, rides, columns, news):
    for name, value in columns.items():
        setattr(rides[1], name, value)
    rides[1].save()
    watch(park, rides[:1], GONE, GONE + DAY)
    assert vanished(GONE + DAY, park) == (news, 0)


def test_a_ride_that_never_was_in_the_feed_is_listed_when_it_was_known_all_the_time(park, rides):
    watch(park, rides, GONE, GONE + DAY)
    with time_machine.travel(GONE + 2 * INTERVAL):
        young = RideFactory.create(park=park)
    with time_machine.travel(GONE):
        old = RideFactory.create(park=park)
    assert vanished(GONE + DAY, park) == (1, 0)
    assert listed() == {old.pk}
    assert DataQualityIssue.objects.get().details["text"].endswith("; never seen")
    watch(park, rides, GONE + DAY, GONE + DAY + HOUR)
    assert vanished(GONE + DAY + HOUR, park) == (1, 0)
    assert listed() == {old.pk, young.pk}


def test_a_park_of_queue_times_is_judged_by_its_numbers():
    park = ParkFactory.create(themeparks_wiki_id=None)
    with time_machine.travel(NOON - 30 * DAY):
        stays, goes, wiki_alone = RideFactory.create_batch(3, park=park)
        wiki_alone.queue_times_id = None
        wiki_alone.save()
    watch(park, [stays, goes], GONE - HOUR, GONE)
    watch(park, [stays], GONE, GONE + DAY)
    assert vanished(GONE + DAY, park) == (1, 0)
    issue = DataQualityIssue.objects.get()
    assert (issue.ride, issue.data_source, issue.queue_times_id) == (
        goes,
        IssueSource.QUEUE_TIMES,
        goes.queue_times_id,
    )


def test_parks_are_judged_each_by_its_own_fetches(park, rides):
    """The other park's last 24 hours began earlier: a ride seen since then may still be missing in this one."""
    other = ParkFactory.create()
    with time_machine.travel(NOON - 30 * DAY):
        calm = RideFactory.create(park=other)
    watch(other, [calm], GONE - DAY, GONE - DAY + HOUR)
    watch(other, [calm], GONE + INTERVAL, GONE + DAY)
    watch(park, rides[:1], GONE, GONE + DAY)
    assert note_vanished(GONE + DAY, [park, other]) == VanishedNews(1, 0)
    assert listed() == {rides[1].pk}


def test_the_number_of_queries_does_not_grow_with_the_parks(park, rides, django_assert_max_num_queries):
    watch(park, rides[:1], GONE, GONE + DAY)
    parks = [park, *ParkFactory.create_batch(4)]
    for each in parks[1:]:
        watch(each, RideFactory.create_batch(3, park=each), GONE, GONE + DAY)
    with django_assert_max_num_queries(11):  # two of them are the transaction's
        note_vanished(GONE + DAY, parks)


def test_a_ride_that_was_seen_can_vanish_whenever_its_row_was_made(park):
    """Recorded cycles may be older than the catalogue they are replayed over."""
    stays, goes = RideFactory.create_batch(2, park=park)  # made now, long after
    assert goes.created_at > GONE + DAY
    watch(park, [stays, goes], GONE - HOUR, GONE)
    watch(park, [stays], GONE, GONE + DAY)
    assert vanished(GONE + DAY, park) == (1, 0)
