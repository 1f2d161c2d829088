"""One ride, one cycle: what ThemeParks.wiki says becomes one row (R-4.2)."""

from datetime import UTC, datetime, timedelta

import pytest

from parks.models import Category, EntityType
from parks.tests.factories import ParkFactory, RideFactory
from snapshots.collection.run import collect
from snapshots.models import (
    DataQualityIssue,
    DataQualityLog,
    DataSource,
    IssueType,
    LogType,
    ParkActivitySnapshot,
    RideStatusChange,
    RideStatusSnapshot,
)
from snapshots.tests.live_answers import AT, INTERVAL, UNTOLD, cycle, entry, fetch_of, live, report, wiki_ride, zulu

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("reported", "status", "is_open"),
    [
        ("OPERATING", "OPERATING", True),
        ("DOWN", "DOWN", False),
        ("CLOSED", "CLOSED", False),
        ("REFURBISHMENT", "REFURBISHMENT", False),
        ("operating", "OPERATING", True),
    ],
)
def test_a_status_is_stored_as_reported_and_only_operating_is_open(reported, status, is_open):
    report(wiki_ride(), reported)
    row = RideStatusSnapshot.objects.get()
    assert (row.status, row.is_open, row.computed_is_open) == (status, is_open, is_open)


@pytest.mark.parametrize(
    ("reported", "stored"), [(35, 35), (0, 0), (20.0, 20), (None, None), (UNTOLD, None), (999, 999)]
)
def test_the_standby_wait_is_stored_as_reported(reported, stored):
    report(wiki_ride(), "OPERATING", reported)
    assert RideStatusSnapshot.objects.get().wait_time == stored


@pytest.mark.parametrize("reported", [-2, 32_768, 10**12, "35", True, 12.5, [5]])
def test_a_wait_that_is_no_number_of_minutes_is_none_and_reported(reported):
    ride = wiki_ride()
    report(ride, "OPERATING", reported)
    assert RideStatusSnapshot.objects.get().wait_time is None
    issue = DataQualityIssue.objects.get()
    assert (issue.issue_type, issue.ride) == (IssueType.INCONSISTENT_DATA, ride)
    assert "STANDBY.waitTime is not a number of minutes" in issue.details["text"]


@pytest.mark.parametrize(("wait", "issues"), [(300, 0), (301, 1), (480, 1), (999, 1)])
def test_a_wait_past_five_hours_is_kept_and_reported(wait, issues):
    report(wiki_ride(), "OPERATING", wait)
    assert RideStatusSnapshot.objects.get().wait_time == wait
    assert DataQualityIssue.objects.count() == issues


def test_a_wait_never_opens_a_ride_that_is_down():
    report(wiki_ride(), "DOWN", 20)
    row = RideStatusSnapshot.objects.get()
    assert (row.status, row.wait_time, row.is_open, row.computed_is_open) == ("DOWN", 20, False, False)


def test_a_row_says_since_when_and_from_whom():
    ride = wiki_ride()
    report(ride, "OPERATING", 5, lastUpdated="2026-07-01T11:43:21Z")
    row = RideStatusSnapshot.objects.get()
    assert (row.ride, row.park, row.recorded_at, row.duration_seconds) == (ride, ride.park, AT, 300)
    assert row.last_updated_api == datetime(2026, 7, 1, 11, 43, 21, tzinfo=UTC)
    assert (row.data_source, row.is_carried) == (DataSource.LIVE, False)


@pytest.mark.parametrize("reported", [UNTOLD, None, "yesterday", "2026-07-01T11:00:00"])
def test_without_an_instant_of_its_own_a_row_takes_that_of_the_cycle(reported):
    ride = wiki_ride()
    report(ride, "OPERATING", 5, lastUpdated=reported)
    assert RideStatusSnapshot.objects.get().last_updated_api == AT
    issue = DataQualityIssue.objects.get()
    assert (issue.ride, issue.entity_name) == (ride, ride.name)
    assert issue.issue_type == (IssueType.MISSING_DATA if reported in (UNTOLD, None) else IssueType.INCONSISTENT_DATA)


def test_all_rows_of_a_park_have_the_one_instant_of_the_cycle():
    park = ParkFactory.create()
    rides = RideFactory.create_batch(3, park=park)
    cycle({park: live(park, *(entry(ride) for ride in rides))}, AT.replace(microsecond=777_000))
    instants = set(RideStatusSnapshot.objects.values_list("recorded_at", flat=True))
    assert instants == set(ParkActivitySnapshot.objects.values_list("recorded_at", flat=True)) == {AT}


@pytest.mark.parametrize("kind", ["SHOW", "RESTAURANT", "PARK", "HOTEL", "SPACESHIP"])
def test_only_attractions_are_collected(kind):
    park = ParkFactory.create()
    ride, other = RideFactory.create_batch(2, park=park)
    cycle({park: live(park, entry(ride), entry(other, entityType=kind))})
    assert list(RideStatusSnapshot.objects.values_list("ride", flat=True)) == [ride.pk]
    assert not DataQualityLog.objects.filter(issue_type=LogType.MAPPING_FAILED).exists()


@pytest.mark.parametrize("category", Category.values)
def test_an_attraction_of_any_category_of_ours_is_stored(category):
    report(wiki_ride(category=category, entity_type=EntityType.ATTRACTION))
    assert RideStatusSnapshot.objects.count() == 1


def test_a_ride_that_is_missing_from_the_feed_gives_no_row_and_no_change():
    park = ParkFactory.create()
    reported, missing = RideFactory.create_batch(2, park=park)
    cycle({park: live(park, entry(reported), entry(missing))})
    cycle({park: live(park, entry(reported))}, AT + INTERVAL)
    assert RideStatusSnapshot.objects.filter(ride=reported).count() == 2
    assert RideStatusSnapshot.objects.filter(ride=missing).count() == 1
    assert not RideStatusChange.objects.exists()
    assert list(ParkActivitySnapshot.objects.values_list("total_rides_tracked", "rides_closed")) == [(2, 0), (1, 0)]


def test_an_entity_we_do_not_know_is_logged_once_for_good_where_none_is_created():
    ride = wiki_ride()
    stranger = RideFactory.build(park=ride.park)
    answer = {ride.park: live(ride.park, entry(ride), entry(stranger))}
    for n in range(3):
        result = collect(AT + n * timedelta(hours=5), fetch_of(answer), [ride.park], auto_create=False)
        assert (result.unmapped, result.created) == (1, 0)
    row = DataQualityLog.objects.get(issue_type=LogType.MAPPING_FAILED)
    assert (row.external_id, row.timestamp_start) == (stranger.themeparks_wiki_id, AT)
    assert stranger.name in row.description
    assert set(RideStatusSnapshot.objects.values_list("ride", flat=True)) == {ride.pk}


def test_a_ride_of_another_park_of_ours_is_reported_and_left_alone():
    here, there = wiki_ride(), wiki_ride()
    cycle({here.park: live(here.park, entry(here), entry(there))})
    assert list(RideStatusSnapshot.objects.values_list("ride", "park")) == [(here.pk, here.park_id)]
    issue = DataQualityIssue.objects.get()
    assert (issue.ride, issue.park) == (there, here.park)


def test_of_an_entity_reported_twice_the_last_counts_and_the_entity_is_named():
    ride = wiki_ride()
    cycle({ride.park: live(ride.park, entry(ride, "DOWN"), entry(ride, "OPERATING", 15))})
    row = RideStatusSnapshot.objects.get()
    assert (row.status, row.wait_time) == ("OPERATING", 15)
    issue = DataQualityIssue.objects.get()
    assert (issue.ride, issue.themeparks_wiki_id) == (ride, ride.themeparks_wiki_id)
    assert "listed twice" in issue.details["text"]


def test_members_nobody_knows_are_counted_once_for_all_parks_and_never_fatal():
    first, second = wiki_ride(), wiki_ride()
    answers = {ride.park: live(ride.park, entry(ride, mood="cheerful")) for ride in (first, second)}
    cycle(answers)
    cycle(answers, AT + timedelta(hours=2))
    assert RideStatusSnapshot.objects.count() == 4
    row = DataQualityLog.objects.get(entity_type="feed")
    assert "mood" in row.description
    assert not DataQualityIssue.objects.exclude(issue_type=IssueType.STALE_DATA).exists()


def test_what_is_wrong_with_a_restaurant_is_nobodys_business():
    ride = wiki_ride()
    lunch = entry(RideFactory.build(park=ride.park), entityType="RESTAURANT", lastUpdated=None, status=5)
    cycle({ride.park: live(ride.park, entry(ride), lunch)})
    assert not DataQualityIssue.objects.exists()


def test_ids_are_the_same_in_capital_letters():
    ride = wiki_ride(themeparks_wiki_id="0abcdef0-0000-4000-8000-0000000000ab")
    reported = entry(ride, id="0ABCDEF0-0000-4000-8000-0000000000AB")
    cycle({ride.park: live(ride.park, reported)})
    assert RideStatusSnapshot.objects.get().ride == ride


def test_a_report_from_the_future_of_a_past_cycle_is_stored_and_reported():
    ride = wiki_ride()
    report(ride, "OPERATING", 999, lastUpdated=zulu(AT + timedelta(hours=9)))
    assert RideStatusSnapshot.objects.get().wait_time == 999
    texts = [issue.details["text"] for issue in DataQualityIssue.objects.order_by("pk")]
    assert len(texts) == 2
    assert any("future" in text for text in texts)
    assert set(DataQualityIssue.objects.values_list("data_age_minutes", flat=True)) == {0}


def test_a_report_made_while_the_cycle_ran_is_not_from_the_future():
    report(wiki_ride(), lastUpdated=zulu(AT + timedelta(minutes=9)))
    assert not DataQualityIssue.objects.exists()


def test_a_park_in_another_zone_than_ours_is_reported_and_ours_is_kept():
    ride = wiki_ride()
    cycle({ride.park: live(ride.park, entry(ride), timezone="Asia/Tokyo")})
    assert RideStatusSnapshot.objects.count() == 1
    ride.park.refresh_from_db()
    assert ride.park.timezone == "America/New_York"
    issue = DataQualityIssue.objects.get()
    assert "Asia/Tokyo" in issue.details["text"]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", None, 7])
def test_a_zone_that_is_none_is_reported(zone):
    ride = wiki_ride()
    cycle({ride.park: live(ride.park, entry(ride), timezone=zone)})
    assert RideStatusSnapshot.objects.count() == 1
    assert "timezone" in DataQualityIssue.objects.get().details["text"]
