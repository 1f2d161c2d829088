"""What the upstream sources reported wrong (public-api 4.22, 4.23)."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from snapshots.models import IssueSource, IssueType
from snapshots.tests.factories import IssueFactory
from stats.audit import quality
from stats.tests.builders import make_park, make_ride

pytestmark = pytest.mark.django_db

ISSUES, SUMMARY = "/api/audit/data-quality", "/api/audit/data-quality/summary"
NOW = datetime(2025, 12, 23, 22, 32, tzinfo=UTC)
WIKI, QUEUE_TIMES = IssueSource.THEMEPARKS_WIKI, IssueSource.QUEUE_TIMES


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


def issue(hours_ago: float = 1, **columns):
    return IssueFactory.create(detected_at=NOW - timedelta(hours=hours_ago), **columns)


def ids(client, **query) -> list[int]:
    response = client.get(ISSUES, query)
    assert response.status_code == 200, response.content
    return [row["issue_id"] for row in response.json()["issues"]]


# -- issues ----------------------------------------------------------------------------------------------


def test_an_issue_is_reported_in_full(client):
    ride = make_ride(make_park(name="Magic Kingdom"), name="Space Mountain")
    row = issue(
        3,
        data_source=QUEUE_TIMES,
        park=ride.park,
        ride=ride,
        entity_name="Space Mountain",
        themeparks_wiki_id="88197808-3c56-4198-a5a4-6066541251cf",
        queue_times_id=1100,
        reported_status="DOWN",
        data_age_minutes=43201,
        last_updated_api=datetime(2025, 11, 23, 22, 32, tzinfo=UTC),
    )
    assert client.get(ISSUES).json() == {
        "success": True,
        "total_issues": 1,
        "issues": [
            {
                "issue_id": row.pk,
                "issue_type": "STALE_DATA",
                "data_source": "queue_times",
                "detected_at": "2025-12-23T19:32:00Z",
                "entity_name": "Space Mountain",
                "park_name": "Magic Kingdom",
                "ride_name": "Space Mountain",
                "themeparks_wiki_id": "88197808-3c56-4198-a5a4-6066541251cf",
                "queue_times_id": 1100,
                "reported_status": "DOWN",
                "data_age_minutes": 43201,
                "last_updated_api": "2025-11-23T22:32:00Z",
                "is_resolved": False,
            }
        ],
    }


def test_what_lasted_into_the_window_is_listed_though_it_began_before(client):
    row = issue(72, last_detected_at=NOW - timedelta(hours=2))
    issue(72, last_detected_at=NOW - timedelta(hours=30))
    assert ids(client) == [row.pk]
    (entity,) = client.get(SUMMARY, {"days": "1"}).json()["summary"]
    assert (entity["issue_count"], entity["last_detected"]) == (1, "2025-12-23T20:32:00Z")
    assert entity["first_detected"] == "2025-12-20T22:32:00Z"


def test_what_is_not_known_is_null(client):
    issue()
    (row,) = client.get(ISSUES).json()["issues"]
    assert {name for name, value in row.items() if value is None} == {
        "entity_name",
        "park_name",
        "ride_name",
        "themeparks_wiki_id",
        "queue_times_id",
        "reported_status",
        "data_age_minutes",
        "last_updated_api",
    }


def test_the_newest_comes_first_and_a_hundred_are_reported(client):
    rows = [issue(n / 10) for n in range(103)]
    assert ids(client) == [row.pk for row in rows[:100]]
    assert client.get(ISSUES).json()["total_issues"] == 100


@pytest.mark.parametrize(
    ("hours", "count"),
    [
        (None, 2),  # 24
        ("24", 2),
        ("25", 3),
        ("1", 1),
        ("0", 0),
        ("-1", 0),
        ("%2025%20", 3),
        ("%2B25", 3),
        ("25.0", 2),  # not whole: 24
        ("abc", 2),
        ("", 2),
        ("1e3", 2),
        ("%01", 2),
        ("9" * 30, 3),
        ("-" + "9" * 30, 0),
        ("9" * 2000, 3),
        ("-" + "9" * 1999, 0),
    ],
)
def test_hours_that_are_no_whole_number_are_a_day(client, hours, count):
    for ago in (0.5, 24, 24.5):
        issue(ago)
    query = "" if hours is None else f"?hours={hours}"
    response = client.get(ISSUES + query)
    assert (response.status_code, response.json()["total_issues"]) == (200, count)


@pytest.mark.parametrize(
    ("source", "count"),
    [("themeparks_wiki", 1), ("queue_times", 2), ("QUEUE_TIMES", 0), ("", 0), ("nonsense", 0), ("\1", 0)],
)
def test_a_source_is_compared_literally(client, source, count):
    issue(data_source=WIKI)
    issue(data_source=QUEUE_TIMES)
    issue(data_source=QUEUE_TIMES)
    assert len(ids(client, source=source)) == count
    assert len(ids(client)) == 3


@pytest.mark.parametrize(
    ("unresolved", "count"),
    [(None, 1), ("true", 1), ("TRUE", 1), ("True", 1), ("false", 2), ("1", 2), ("yes", 2), ("", 2), ("\1", 2)],
)
def test_anything_but_true_shows_resolved_issues_as_well(client, unresolved, count):
    issue(is_resolved=True)
    issue(is_resolved=False)
    assert len(ids(client, **({} if unresolved is None else {"unresolved": unresolved}))) == count


def test_the_first_of_a_repeated_parameter_counts(client):
    issue(10)
    assert client.get(f"{ISSUES}?hours=5&hours=50").json()["total_issues"] == 0


def test_issues_are_one_query(client, django_assert_num_queries):
    for _ in range(3):
        ride = make_ride(make_park())
        issue(park=ride.park, ride=ride)
    with django_assert_num_queries(1):
        assert len(ids(client)) == 3


# -- stale data by entity --------------------------------------------------------------------------------


def test_stale_data_is_summed_up_by_entity(client):
    park = make_park(name="Magic Kingdom")
    place = {"park": park, "entity_name": "Space Mountain", "themeparks_wiki_id": "88197808"}
    issue(4, reported_status="OPERATING", data_age_minutes=43200, **place)
    issue(2, reported_status="CLOSED", data_age_minutes=43202, **place)
    issue(3, reported_status="CLOSED", data_age_minutes=43200, **place)
    assert client.get(SUMMARY).json() == {
        "success": True,
        "data_source": "themeparks_wiki",
        "days": 7,
        "entities_with_issues": 1,
        "summary": [
            {
                "themeparks_wiki_id": "88197808",
                "entity_name": "Space Mountain",
                "park_name": "Magic Kingdom",
                "issue_count": 3,
                "avg_staleness_minutes": 43200.6667,
                "max_staleness_minutes": 43202,
                "first_detected": "2025-12-23T18:32:00Z",
                "last_detected": "2025-12-23T20:32:00Z",
                "statuses_seen": "CLOSED,OPERATING",
            }
        ],
    }


def test_ages_that_are_not_known_enter_no_mean(client):
    issue(entity_name="a", data_age_minutes=10)
    issue(entity_name="a", data_age_minutes=None)
    issue(entity_name="b")
    first, second = client.get(SUMMARY).json()["summary"]
    assert (first["avg_staleness_minutes"], first["max_staleness_minutes"], first["issue_count"]) == (10.0, 10, 2)
    assert (second["avg_staleness_minutes"], second["max_staleness_minutes"]) == (None, None)
    assert (second["statuses_seen"], second["park_name"]) == ("", None)


def test_the_most_issues_come_first_then_the_oldest_data_then_the_name(client):
    for name, age, count in (("d", 5, 1), ("c", 5, 1), ("b", 9, 1), ("a", None, 1), ("e", 1, 2)):
        for _ in range(count):
            issue(entity_name=name, data_age_minutes=age)
    assert [row["entity_name"] for row in client.get(SUMMARY).json()["summary"]] == ["e", "b", "c", "d", "a"]


def test_other_kinds_of_issues_and_other_sources_are_left_out(client):
    issue(entity_name="stale")
    for kind in set(IssueType) - {IssueType.STALE_DATA}:
        issue(entity_name=kind, issue_type=kind)
    issue(entity_name="other", data_source=QUEUE_TIMES)
    issue(entity_name="resolved", is_resolved=True)
    names = {row["entity_name"] for row in client.get(SUMMARY).json()["summary"]}
    assert names == {"stale", "resolved"}
    body = client.get(SUMMARY, {"source": "queue_times"}).json()
    assert ([row["entity_name"] for row in body["summary"]], body["data_source"]) == (["other"], "queue_times")


@pytest.mark.parametrize("source", ["nonsense", "", "THEMEPARKS_WIKI", "\1"])
def test_an_unknown_source_is_echoed_and_has_no_entities(client, source):
    issue()
    body = client.get(SUMMARY, {"source": source}).json()
    assert (body["data_source"], body["entities_with_issues"], body["summary"]) == (source, 0, [])


@pytest.mark.parametrize(
    ("days", "echoed", "count"),
    [
        (None, 7, 1),
        ("7", 7, 1),
        ("8", 8, 2),
        ("0", 0, 0),
        ("-3", -3, 0),
        ("x", 7, 1),
        ("1.5", 7, 1),
        ("", 7, 1),
        ("9" * 30, 40_000, 2),
        ("9" * 2000, 40_000, 2),
        ("-" + "9" * 30, -40_000, 0),
    ],
)
def test_days_that_are_no_whole_number_are_a_week(client, days, echoed, count):
    issue(24 * 7, entity_name="a")
    issue(24 * 8, entity_name="b")
    body = client.get(SUMMARY, {} if days is None else {"days": days}).json()
    assert (body["days"], body["entities_with_issues"]) == (echoed, count)


def test_a_long_summary_is_cut_and_counted_in_full(client, monkeypatch):
    monkeypatch.setattr("stats.api.audit_views.MOST_ENTITIES", 2)
    for name in "abc":
        issue(entity_name=name)
    body = client.get(SUMMARY).json()
    assert (body["entities_with_issues"], len(body["summary"])) == (3, 2)
    assert quality.MOST_ENTITIES == 1000


def test_the_summary_is_one_query(client, django_assert_num_queries):
    for n in range(3):
        issue(entity_name=f"ride {n}", park=make_park(), reported_status="DOWN")
    with django_assert_num_queries(1):
        assert client.get(SUMMARY).json()["entities_with_issues"] == 3
