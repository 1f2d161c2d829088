"""What the quality endpoints answer (public-api 5.3), and what they refuse."""

from datetime import timedelta

import pytest
import time_machine
from django.test import Client

from core.admin_keys import AdminKey
from parks.models import EntityMetadata
from parks.tests.factories import NOON, ParkFactory, RideFactory
from snapshots.models import DataQualityLog, DataSource
from snapshots.tests.factories import ActivityFactory, QualityLogFactory

pytestmark = pytest.mark.django_db

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
READING = ("summary", "gaps", "issues", "freshness", "coverage")


@pytest.fixture
def ask(client: Client):
    key = AdminKey.issue("tests")[1]

    def asked(path, expected=200, **query):
        answer = client.get(f"/api/admin/quality/{path}", query, headers={"Authorization": f"Bearer {key}"})
        assert answer.status_code == expected, answer.json()
        return answer.json()

    return asked


@pytest.fixture
def move(client: Client):
    key = AdminKey.issue("moves")[1]

    def moved(row, body, status=200):
        answer = client.patch(
            f"/api/admin/quality/issues/{getattr(row, 'pk', row)}",
            body,
            content_type="application/json",
            headers={"Authorization": f"Bearer {key}"},
        )
        assert answer.status_code == status, answer.json()
        return answer.json()

    return moved


def ids(answer, name="gaps"):
    return [row["log_id"] for row in answer[name]]


# -- the way in ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", READING)
@pytest.mark.parametrize(("headers", "status"), [({}, 401), ({"Authorization": "Bearer rw_1_2"}, 403)])
def test_nobody_reads_without_a_good_key(client, path, headers, status):
    answer = client.get(f"/api/admin/quality/{path}", headers=headers)
    assert (answer.status_code, answer.json()["success"]) == (status, False)


@pytest.mark.parametrize(("headers", "status"), [({}, 401), ({"Authorization": "Bearer rw_1_2"}, 403)])
def test_nobody_moves_an_issue_without_a_good_key(client, headers, status):
    row = QualityLogFactory.create()
    answer = client.patch(
        f"/api/admin/quality/issues/{row.pk}",
        {"status": "INVESTIGATING"},
        content_type="application/json",
        headers=headers,
    )
    assert answer.status_code == status
    row.refresh_from_db()
    assert row.resolution_status == "OPEN"


# -- summary ---------------------------------------------------------------------------------------------


def test_a_summary_of_nothing_is_healthy(ask):
    assert ask("summary") == {
        "by_status": {},
        "by_type": {},
        "health": "HEALTHY",
        "import_id": None,
        "total_issues": 0,
    }


def test_a_summary_counts_by_type_and_status_and_is_degraded_while_something_is_open(ask):
    QualityLogFactory.create()
    QualityLogFactory.create(issue_type="PARSE_ERROR", resolution_status="RESOLVED")
    reported = ask("summary")
    assert (reported["by_status"], reported["by_type"]) == ({"OPEN": 1, "RESOLVED": 1}, {"GAP": 1, "PARSE_ERROR": 1})
    assert (reported["health"], reported["total_issues"]) == ("DEGRADED", 2)
    DataQualityLog.objects.move_to("INVESTIGATING")
    assert ask("summary")["health"] == "HEALTHY"


def test_an_import_narrows_the_types_and_the_total_alone(ask):
    QualityLogFactory.create()
    QualityLogFactory.create(issue_type="PARSE_ERROR", import_id="imp_1", resolution_status="RESOLVED")
    reported = ask("summary", import_id="imp_1")
    assert (reported["by_type"], reported["total_issues"], reported["import_id"]) == ({"PARSE_ERROR": 1}, 1, "imp_1")
    assert (reported["by_status"], reported["health"]) == ({"OPEN": 1, "RESOLVED": 1}, "DEGRADED")


def test_a_park_narrows_all_figures_to_itself_and_its_rides(ask):
    ride = RideFactory.create()
    QualityLogFactory.create(entity_id=ride.park_id, resolution_status="RESOLVED")
    QualityLogFactory.create(entity_type="ride", entity_id=ride.pk, issue_type="INVALID", resolution_status="WONTFIX")
    QualityLogFactory.create(entity_type="ride", entity_id=ride.pk + 1)
    QualityLogFactory.create(entity_id=ParkFactory.create().pk)
    reported = ask("summary", park_id=ride.park_id)
    assert (reported["by_type"], reported["health"]) == ({"GAP": 1, "INVALID": 1}, "HEALTHY")
    assert reported["by_status"] == {"RESOLVED": 1, "WONTFIX": 1}


def test_a_least_length_leaves_out_short_gaps_and_no_other_problem(ask):
    QualityLogFactory.create(timestamp_end=NOON + HOUR)
    QualityLogFactory.create(timestamp_end=NOON + 3 * HOUR)
    QualityLogFactory.create(issue_type="INVALID")
    assert ask("summary", min_gap_hours="2.5")["by_type"] == {"GAP": 1, "INVALID": 1}


# -- gaps ------------------------------------------------------------------------------------------------


def test_a_gap_is_reported_with_its_length_its_park_and_where_it_comes_from(ask):
    park = ParkFactory.create(name="Kings Island")
    row = QualityLogFactory.create(entity_id=park.pk, timestamp_end=NOON + 90 * timedelta(minutes=1))
    reported = ask("gaps")
    assert (reported["total"], reported["has_more"]) == (1, False)
    (gap,) = reported["gaps"]
    assert gap.pop("created_at").endswith("Z")
    assert gap == {
        "log_id": row.pk,
        "entity_type": "park",
        "entity_id": park.pk,
        "external_id": row.external_id,
        "timestamp_start": "2026-07-01T12:00:00Z",
        "timestamp_end": "2026-07-01T13:30:00Z",
        "duration_minutes": 90,
        "description": "the feed was silent",
        "resolution_status": "OPEN",
        "source": "LIVE",
        "park_id": park.pk,
        "park_name": "Kings Island",
        "ride_name": None,
    }


def test_a_gap_of_a_ride_names_the_ride_and_its_park(ask):
    ride = RideFactory.create(name="Adventure Express", park__name="Kings Island")
    QualityLogFactory.create(entity_type="ride", entity_id=ride.pk)
    (gap,) = ask("gaps")["gaps"]
    assert (gap["park_id"], gap["park_name"], gap["ride_name"]) == (ride.park_id, "Kings Island", "Adventure Express")
    assert gap["duration_minutes"] is None


def test_a_gap_of_a_file_is_of_no_park_even_if_its_number_is_one(ask):
    QualityLogFactory.create(entity_type="archive_file", entity_id=ParkFactory.create().pk, import_id="imp_1")
    (gap,) = ask("gaps")["gaps"]
    assert (gap["park_id"], gap["park_name"], gap["source"]) == (None, None, "ARCHIVE")


def test_gaps_are_gaps_alone_the_latest_first_and_no_more_than_the_limit(ask):
    rows = [QualityLogFactory.create(timestamp_start=NOON - n * DAY) for n in range(3)]
    QualityLogFactory.create(issue_type="INVALID")
    assert ids(ask("gaps")) == [row.pk for row in rows]
    reported = ask("gaps", limit=2)
    assert (ids(reported), reported["has_more"], reported["total"]) == ([row.pk for row in rows[:2]], True, 3)
    assert ask("gaps", limit=3)["has_more"] is False
    assert ask("gaps", limit=0)["gaps"] == []


def test_gaps_are_reported_by_source_by_import_by_park_and_by_ride(ask):
    ride = RideFactory.create()
    live = QualityLogFactory.create(entity_id=ride.park_id)
    archive = QualityLogFactory.create(entity_id=ride.park_id, import_id="imp_1", timestamp_start=NOON - DAY)
    of_ride = QualityLogFactory.create(entity_type="ride", entity_id=ride.pk, timestamp_start=NOON - 2 * DAY)
    other = QualityLogFactory.create(entity_id=ParkFactory.create().pk, timestamp_start=NOON - 3 * DAY)
    assert ids(ask("gaps", source="LIVE")) == [live.pk, of_ride.pk, other.pk]
    assert ids(ask("gaps", source="ARCHIVE")) == ids(ask("gaps", import_id="imp_1")) == [archive.pk]
    assert ids(ask("gaps", park_id=ride.park_id)) == [live.pk, archive.pk, of_ride.pk]
    assert ids(ask("gaps", ride_id=ride.pk)) == [of_ride.pk]


def test_a_window_has_the_gaps_that_reach_into_it_on_the_parks_own_days(ask):
    tokyo = ParkFactory.create(timezone="Asia/Tokyo")
    midnight = NOON - timedelta(hours=21)  # 2026-07-01 in Tokyo; 30 June in New York
    before = QualityLogFactory.create(entity_id=tokyo.pk, timestamp_start=midnight - 2 * HOUR, timestamp_end=midnight)
    over = QualityLogFactory.create(entity_id=tokyo.pk, timestamp_start=midnight - HOUR, timestamp_end=midnight + HOUR)
    inside = QualityLogFactory.create(entity_id=tokyo.pk, timestamp_start=midnight + HOUR)
    after = QualityLogFactory.create(entity_id=tokyo.pk, timestamp_start=midnight + 24 * HOUR)
    new_york = QualityLogFactory.create(
        entity_id=ParkFactory.create().pk, timestamp_start=midnight + HOUR, timestamp_end=midnight + 2 * HOUR
    )
    day = {"start_date": "2026-07-01", "end_date": "2026-07-01"}
    assert ids(ask("gaps", **day)) == ids(ask("gaps", **day, park_id=tokyo.pk)) == [inside.pk, over.pk]
    assert ids(ask("gaps", start_date="2026-06-30", end_date="2026-06-30")) == [new_york.pk, over.pk, before.pk]
    assert ids(ask("gaps", start_date="2026-07-02")) == [after.pk, inside.pk]  # it has not ended
    assert ask("summary", **day)["total_issues"] == 2


def test_a_gap_that_began_long_before_the_window_and_still_lasts_is_in_it(ask):
    old = QualityLogFactory.create(entity_id=ParkFactory.create().pk, timestamp_start=NOON - 400 * DAY)
    QualityLogFactory.create(timestamp_start=NOON - 300 * DAY, timestamp_end=NOON - 299 * DAY)
    assert ids(ask("gaps", start_date="2026-07-01", end_date="2026-07-02")) == [old.pk]


def test_a_problem_that_is_no_gap_lies_where_it_begins(ask):
    QualityLogFactory.create(issue_type="INVALID", timestamp_start=NOON - 30 * DAY)
    QualityLogFactory.create(issue_type="PARSE_ERROR")
    assert ask("summary", start_date="2026-07-01", end_date="2026-07-01")["by_type"] == {"PARSE_ERROR": 1}


@pytest.mark.parametrize(("period", "found"), [("yesterday", [1]), ("last_week", [3]), ("7days", [3]), ("today", [0])])
def test_a_period_is_the_calendars(ask, period, found):
    park = ParkFactory.create()
    rows = [QualityLogFactory.create(entity_id=park.pk, timestamp_start=NOON - n * DAY) for n in range(5)]
    DataQualityLog.objects.update(timestamp_end=NOON)
    for n, row in enumerate(rows):
        DataQualityLog.objects.filter(pk=row.pk).update(timestamp_end=NOON - n * DAY + HOUR)
    with time_machine.travel(NOON + 2 * HOUR, tick=False):  # a Wednesday
        reported = ids(ask("gaps", period=period))
    expected = {"last_week": [rows[4].pk], "7days": [rows[4].pk]}.get(period, [rows[n].pk for n in found])
    assert reported == expected


def test_a_gap_that_lasts_is_as_long_as_it_lasts_until_now(ask):
    row = QualityLogFactory.create()
    with time_machine.travel(NOON + 2 * HOUR, tick=False):
        assert ids(ask("gaps", min_gap_hours=2)) == [row.pk]
        assert ids(ask("gaps", min_gap_hours="2.01")) == []


# -- issues ----------------------------------------------------------------------------------------------


def test_issues_are_reported_with_everything_that_is_known_the_last_first(ask):
    first = QualityLogFactory.create()
    last = QualityLogFactory.create(issue_type="INVALID", import_id="imp_1", timestamp_start=NOON - DAY)
    reported = ask("issues")
    assert ids(reported, "issues") == [last.pk, first.pk]
    assert (reported["offset"], reported["total"], reported["has_more"]) == (0, 2, False)
    assert set(reported["issues"][0]) == {
        *("created_at", "description", "entity_id", "entity_type", "external_id", "import_id", "issue_type", "log_id"),
        *("resolution_notes", "resolution_status", "timestamp_end", "timestamp_start", "updated_at"),
    }


def test_issues_are_reported_by_status_and_type_and_unknown_ones_have_none(ask):
    for status in ("OPEN", "RESOLVED"):
        for kind in ("GAP", "INVALID"):
            QualityLogFactory.create(resolution_status=status, issue_type=kind)
    assert ask("issues", status="OPEN")["total"] == 2
    assert ask("issues", status="OPEN", type="GAP")["total"] == 1
    assert ask("issues", type="INVALID")["total"] == 2
    for query in ({"status": "CLOSED"}, {"type": "gap"}, {"status": "OPEN'--"}):
        assert ask("issues", **query)["issues"] == []


def test_pages_of_issues_follow_each_other_without_overlap(ask):
    rows = [QualityLogFactory.create().pk for _ in range(5)]
    pages = [ask("issues", limit=2, offset=offset) for offset in (0, 2, 4, 6)]
    assert [key for page in pages for key in ids(page, "issues")] == rows[::-1]
    assert [page["has_more"] for page in pages] == [True, True, False, False]
    # N-16: every page says how many there are, also one behind the last, and one of a choice.
    assert [page["total"] for page in pages] == [5, 5, 5, 5]
    QualityLogFactory.create(resolution_status="RESOLVED")
    assert (ask("issues", limit=1)["total"], ask("issues", limit=1, status="OPEN")["total"]) == (6, 5)
    assert (ask("issues", limit=0)["total"], ask("gaps", limit=0)["total"]) == (6, 6)


# -- transitions -----------------------------------------------------------------------------------------


def test_an_issue_is_moved_and_keeps_the_notes(ask, move):
    row = QualityLogFactory.create()
    assert move(row, {"status": "RESOLVED", "notes": "imported again"}) == {
        "log_id": row.pk,
        "message": "Issue updated to RESOLVED",
        "status": "RESOLVED",
    }
    (issue,) = ask("issues")["issues"]
    assert (issue["resolution_status"], issue["resolution_notes"]) == ("RESOLVED", "imported again")


@pytest.mark.parametrize(
    ("body", "reported"),
    [
        ({}, "status is required"),
        ({"status": None}, "status is required"),
        ({"status": ""}, "status is required"),
        ({"status": "OPEN"}, "Invalid status: OPEN. Must be INVESTIGATING, RESOLVED, or WONTFIX"),
        ({"status": ["RESOLVED"]}, "Invalid status: ['RESOLVED']. Must be INVESTIGATING, RESOLVED, or WONTFIX"),
        ({"status": "RESOLVED"}, "notes are required when setting status to RESOLVED"),
        ({"status": "WONTFIX", "notes": "  "}, "notes are required when setting status to WONTFIX"),
        ({"status": "WONTFIX", "notes": None}, "notes are required when setting status to WONTFIX"),
        ({"status": "RESOLVED", "notes": {"a": 1}}, "Invalid notes. Must be text"),
        ({"status": "RESOLVED", "notes": "x" * 10_001}, "Invalid notes. Must be at most 10000 characters"),
    ],
)
def test_a_body_that_cannot_be_used_is_reported_before_the_issue_is_looked_for(move, body, reported):
    row = QualityLogFactory.create()
    for target in (row, row.pk + 1):
        assert move(target, body, 400) == {"success": False, "error": reported}
    row.refresh_from_db()
    assert row.resolution_status == "OPEN"


def test_an_issue_that_does_not_exist_is_not_found(move):
    assert move(1, {"status": "INVESTIGATING"}, 404) == {"success": False, "error": "Issue not found"}


def test_a_step_that_is_not_open_is_a_conflict_naming_both_states(move):
    row = QualityLogFactory.create(resolution_status="WONTFIX", resolution_notes="no")
    reported = move(row, {"status": "RESOLVED", "notes": "yes"}, 409)
    assert reported["error"] == f"issue {row.pk} is WONTFIX, it cannot become RESOLVED"
    assert (reported["log_id"], reported["status"]) == (row.pk, "WONTFIX")
    assert move(row, {"status": "INVESTIGATING"}, 409)["error"].endswith("INVESTIGATING without notes")
    assert move(row, {"status": "INVESTIGATING", "notes": "it is back"})["status"] == "INVESTIGATING"


# -- freshness -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("minutes", "status"), [(0, "FRESH"), (29, "FRESH"), (30, "STALE"), (119, "STALE"), (120, "VERY_STALE")]
)
def test_a_park_is_as_fresh_as_its_newest_observation(ask, minutes, status):
    park = ParkFactory.create()
    for ago in (minutes, 500):
        ActivityFactory.create(park=park, recorded_at=NOON - ago * timedelta(minutes=1))
    with time_machine.travel(NOON, tick=False):
        reported = ask("freshness")
    (row,) = reported["parks"]
    assert (row["park_id"], row["age_minutes"], row["status"]) == (park.pk, minutes, status)
    assert reported["summary"][status.lower()] == 1
    assert reported["timestamp"] == "2026-07-01T12:00:00Z"


def test_parks_are_reported_the_freshest_first_and_those_without_data_only_counted(ask):
    old, fresh, _never = ParkFactory.create_batch(3)
    ParkFactory.create(is_active=False)
    ActivityFactory.create(park=old, recorded_at=NOON - 3 * HOUR)
    ActivityFactory.create(park=fresh, recorded_at=NOON)
    with time_machine.travel(NOON, tick=False):
        reported = ask("freshness")
    assert [row["park_id"] for row in reported["parks"]] == [fresh.pk, old.pk]
    assert reported["summary"] == {"fresh": 1, "stale": 0, "very_stale": 1, "no_data": 1}


def test_what_an_import_wrote_makes_no_watched_park_fresh(ask):
    watched, imported = ParkFactory.create_batch(2)
    ActivityFactory.create(park=watched, recorded_at=NOON - 5 * HOUR)
    for park in (watched, imported):
        ActivityFactory.create(park=park, recorded_at=NOON, data_source=DataSource.ARCHIVE)
    with time_machine.travel(NOON, tick=False):
        found = {row["park_id"]: (row["status"], row["source"]) for row in ask("freshness")["parks"]}
    assert found == {watched.pk: ("VERY_STALE", "LIVE"), imported.pk: ("FRESH", "ARCHIVE")}


# -- coverage of the catalogue ---------------------------------------------------------------------------


def test_coverage_counts_what_is_known_of_the_rides_that_have_an_upstream_id(ask):
    rides = RideFactory.create_batch(3)
    RideFactory.create(themeparks_wiki_id=None)
    reported = [{"latitude": 1, "longitude": 2, "height_max_cm": 190}, {"latitude": 1}]
    for ride, known in zip(rides[:2], reported, strict=True):
        EntityMetadata.objects.create(
            ride=ride, themeparks_wiki_id=ride.themeparks_wiki_id, entity_name="x", entity_type="x", **known
        )
    reported = ask("coverage")
    assert reported["coverage"] == {"coordinate_pct": 33.3, "metadata_pct": 66.7}
    assert reported["total_rides"] == 3
    assert (reported["with_coordinates"], reported["with_metadata"]) == (1, 2)
    assert (reported["with_height_requirement"], reported["with_indoor_outdoor"]) == (1, 0)
    assert ask("coverage", park_id=rides[2].park_id)["coverage"] == {"coordinate_pct": 0, "metadata_pct": 0}


def test_coverage_of_no_ride_is_zero(ask):
    reported = ask("coverage")
    assert (reported["coverage"], reported["total_rides"], reported["days"]) == (
        {"coordinate_pct": 0, "metadata_pct": 0},
        0,
        [],
    )


# -- bad input -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", ["summary", "gaps", "coverage"])
@pytest.mark.parametrize(
    ("query", "reported"),
    [
        ({"park_id": 99}, "park_id: 99 is not known; /api/search/index lists the ids"),
        ({"park_id": "x"}, "Invalid park_id. Must be a whole number"),
        ({"period": "fortnight"}, "Invalid period. Must be one of: "),
        ({"period": "today", "start_date": "2026-07-01"}, "Give either period, or start_date and end_date"),
        ({"start_date": "2026-7-1"}, "Invalid start_date. Must be a date (YYYY-MM-DD)"),
        ({"end_date": "2026-02-30"}, "Invalid end_date. Must be a date (YYYY-MM-DD)"),
        ({"start_date": "0001-01-01"}, "Invalid start_date. Must be between 1970-01-02 and 2199-12-31"),
        ({"start_date": "2026-07-02", "end_date": "2026-07-01"}, "Invalid start_date. 2026-07-02 lies after end_date"),
        ({"min_gap_hours": "-1"}, "Invalid min_gap_hours. Must be a number of hours, such as 1.5"),
        ({"min_gap_hours": "NaN"}, "Invalid min_gap_hours. Must be a number of hours, such as 1.5"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_named(ask, path, query, reported):
    assert ask(path, 400, **query)["error"].startswith(reported)


@pytest.mark.parametrize(
    ("path", "query", "reported"),
    [
        ("gaps", {"limit": -1}, "Invalid limit. Must be a non-negative integer"),
        ("gaps", {"source": "live"}, "Invalid source. Must be one of: LIVE, ARCHIVE"),
        ("gaps", {"ride_id": 5}, "ride_id: 5 is not known"),
        ("issues", {"limit": "x"}, "Invalid limit. Must be a non-negative integer"),
        ("issues", {"offset": -1}, "Invalid offset. Must be a whole number up to 1000000"),
        ("issues", {"offset": 1_000_001}, "Invalid offset. Must be a whole number up to 1000000"),
    ],
)
def test_a_parameter_of_a_list_that_cannot_be_used_is_named(ask, path, query, reported):
    assert ask(path, 400, **query)["error"].startswith(reported)
