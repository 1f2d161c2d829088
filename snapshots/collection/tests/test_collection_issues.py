"""What is wrong with the data is reported as issues, each once while it lasts or once an hour (R-22.1)."""

from datetime import timedelta

import pytest

from parks.tests.factories import ParkFactory, RideFactory, ScheduleFactory
from snapshots.models import DataQualityIssue, DataQualityLog, IssueSource, IssueType, RideStatusSnapshot
from snapshots.tests.live_answers import AT, INTERVAL, cycle, entry, line, live, queue_times, report, wiki_ride, zulu

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)


def stale(ride, status="OPERATING", at=AT, minutes=90):
    return report(ride, status, 5, at, lastUpdated=zulu(AT - minutes * MINUTE))


def issues(kind):
    return DataQualityIssue.objects.filter(issue_type=kind)


# -- stale -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("minutes", "count"), [(59, 0), (60, 0), (60.02, 1), (61, 1), (60 * 24 * 400, 1)])
def test_a_ride_that_was_not_updated_for_an_hour_is_reported_as_stale(minutes, count):
    stale(wiki_ride(), minutes=minutes)
    assert issues(IssueType.STALE_DATA).count() == count
    assert DataQualityIssue.objects.count() == count


def test_a_stale_ride_is_stored_like_any_other():
    stale(wiki_ride())
    row = RideStatusSnapshot.objects.get()
    assert (row.status, row.wait_time, row.computed_is_open) == ("OPERATING", 5, True)


def test_an_issue_reports_who_what_and_how_old():
    ride = wiki_ride()
    stale(ride, "DOWN", minutes=95)
    issue = DataQualityIssue.objects.get()
    assert (issue.data_source, issue.detected_at) == (IssueSource.THEMEPARKS_WIKI, AT)
    assert (issue.park, issue.ride, issue.entity_name) == (ride.park, ride, ride.name)
    assert (issue.themeparks_wiki_id, issue.queue_times_id) == (ride.themeparks_wiki_id, ride.queue_times_id)
    assert (issue.data_age_minutes, issue.reported_status) == (95, "DOWN")
    assert issue.last_updated_api == AT - 95 * MINUTE
    assert not issue.is_resolved


def test_it_is_one_issue_while_it_lasts_extended_once_an_hour():
    ride = wiki_ride()
    results = [stale(ride, "DOWN" if n > 11 else "CLOSED", at=AT + n * INTERVAL, minutes=90) for n in range(25)]
    assert [n for n, result in enumerate(results) if result.issues] == [0]
    issue = DataQualityIssue.objects.get()
    assert (issue.detected_at, issue.last_detected_at) == (AT, AT + 24 * INTERVAL)
    assert (issue.data_age_minutes, issue.reported_status) == (90 + 120, "DOWN")
    assert issue.last_updated_api == AT - 90 * MINUTE
    assert not issue.is_resolved


def test_it_is_resolved_when_it_is_over_and_another_one_when_it_comes_back():
    ride = wiki_ride()
    stale(ride)
    report(ride, "OPERATING", 5, AT + INTERVAL)
    issue = DataQualityIssue.objects.get()
    assert (issue.is_resolved, issue.resolved_at, issue.last_detected_at) == (True, AT + INTERVAL, AT)
    assert stale(ride, at=AT + 2 * INTERVAL).issues == 1
    assert list(DataQualityIssue.objects.order_by("pk").values_list("is_resolved", flat=True)) == [True, False]


def test_a_park_that_was_not_asked_keeps_its_issue():
    ride = wiki_ride()
    stale(ride)
    report(wiki_ride(), "OPERATING", 5, AT + INTERVAL)
    assert not issues(IssueType.STALE_DATA).get().is_resolved


def test_a_cycle_that_is_run_late_changes_nothing_of_what_a_later_one_knew():
    ride = wiki_ride()
    stale(ride, at=AT + 12 * INTERVAL)
    report(ride, "OPERATING", 5, AT)
    issue = DataQualityIssue.objects.get()
    assert (issue.is_resolved, issue.detected_at) == (False, AT + 12 * INTERVAL)


def test_every_ride_has_its_own_issue():
    park = ParkFactory.create()
    first, second = RideFactory.create_batch(2, park=park)
    old = zulu(AT - 90 * MINUTE)
    cycle({park: live(park, entry(first, lastUpdated=old), entry(second))})
    both = live(park, entry(first, lastUpdated=old), entry(second, lastUpdated=old))
    cycle({park: both}, AT + INTERVAL)
    assert list(DataQualityIssue.objects.order_by("pk").values_list("ride", flat=True)) == [first.pk, second.pk]


# -- unknown status --------------------------------------------------------------------------------------


def test_an_unknown_status_is_reported_with_its_word():
    ride = wiki_ride()
    report(ride, "WEATHER_DELAY", 5)
    issue = DataQualityIssue.objects.get()
    assert (issue.issue_type, issue.ride, issue.reported_status) == (IssueType.INVALID_STATUS, ride, "WEATHER_DELAY")


def test_the_same_word_is_reported_once_an_hour_and_another_word_at_once():
    ride = wiki_ride()
    for n, word in enumerate(["DELAYED", "DELAYED", "FLOODED", "DELAYED"]):
        report(ride, word, 5, AT + n * INTERVAL)
    words = DataQualityIssue.objects.order_by("pk").values_list("reported_status", flat=True)
    assert list(words) == ["DELAYED", "FLOODED"]


@pytest.mark.parametrize("word", ["x" * 500, "'; DROP TABLE rides; --", "\x00DOWN\x00x", "\ud800", "关闭"])
def test_no_word_can_cost_the_park_its_rows(word):
    park = ParkFactory.create()
    odd, sound = RideFactory.create_batch(2, park=park)
    cycle({park: live(park, entry(odd, word, 5), entry(sound))})
    assert RideStatusSnapshot.objects.get().ride == sound


@pytest.mark.parametrize("word", [5, True, ["DOWN"]])
def test_a_status_that_is_no_word_is_reported(word):
    park = ParkFactory.create()
    ride, sound = RideFactory.create_batch(2, park=park)
    cycle({park: live(park, entry(ride, word, 5), entry(sound))})
    assert RideStatusSnapshot.objects.get().ride == sound
    texts = [issue.details["text"] for issue in DataQualityIssue.objects.filter(ride=ride)]
    assert any("status: is not a word" in text for text in texts)


# -- running in a closed park ----------------------------------------------------------------------------


def frozen(status, minutes, is_open):
    ride = wiki_ride()
    opening = AT - timedelta(hours=2) if is_open else AT + timedelta(hours=2)
    ScheduleFactory.create(park=ride.park, opening_time=opening, closing_time=opening + timedelta(hours=3))
    stale(ride, status, minutes=minutes)
    return issues(IssueType.INCONSISTENT_DATA)


def test_a_ride_that_operates_long_unchanged_in_a_closed_park_is_flagged():
    issue = frozen("OPERATING", 90, is_open=False).get()
    assert "closed park" in issue.details["text"]
    assert (issue.data_age_minutes, issue.reported_status) == (90, "OPERATING")
    assert issues(IssueType.STALE_DATA).count() == 1


@pytest.mark.parametrize(
    ("status", "minutes", "is_open"),
    [("OPERATING", 90, True), ("CLOSED", 90, False), ("DOWN", 90, False), ("OPERATING", 30, False)],
)
def test_nothing_else_is_flagged(status, minutes, is_open):
    assert not frozen(status, minutes, is_open).exists()


def test_the_flag_too_is_raised_once_an_hour():
    ride = wiki_ride()
    ScheduleFactory.create(park=ride.park)
    for n in range(13):
        stale(ride, at=AT - timedelta(hours=2) + n * INTERVAL, minutes=300)
    assert issues(IssueType.INCONSISTENT_DATA).count() == 2


def test_a_reading_that_was_reported_twice_in_one_answer_is_one_issue():
    ride = wiki_ride()
    broken = entry(ride, "OPERATING", queue={"TELEPORT": {}})
    cycle({ride.park: live(ride.park, broken, broken, broken)})
    texts = [issue.details["text"] for issue in DataQualityIssue.objects.order_by("pk")]
    assert len(texts) == len(set(texts)) == 2  # reported twice; unknown line


# -- text that is no Unicode -----------------------------------------------------------------------------

LONE = "\ud800"


def test_a_lone_surrogate_costs_one_text_and_not_the_park():
    park = ParkFactory.create()
    odd, sound = RideFactory.create_batch(2, park=park)
    members = {
        "name": f"Space {LONE}Mountain",
        LONE: LONE,
        "queue": {LONE: {LONE: [LONE]}, "STANDBY": {"waitTime": 5}},
    }
    result = cycle({park: live(park, entry(odd, **members), entry(sound), name=LONE)})
    assert (result.rides, result.failed) == (2, {})
    assert RideStatusSnapshot.objects.get(ride=odd).wait_time == 5
    found = DataQualityLog.objects.filter(description__contains="is not Unicode").values_list("description", flat=True)
    assert any("liveData[].name" in text and "Space" in text for text in found)


def test_a_lone_surrogate_of_queue_times_costs_one_text_and_not_the_park():
    ride = RideFactory.create(queue_times_id=5, park__queue_times_id=1, park__themeparks_wiki_id=None)
    body = queue_times(line(ride, name=LONE), lands={LONE: []})
    assert cycle({ride.park: body}).rides == 1
    assert DataQualityLog.objects.filter(description__contains="is not Unicode").exists()
