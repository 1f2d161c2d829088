"""Reviewing problems in the admin site: found by filters, settled with notes, never edited; fast on a million rows."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission, User
from django.contrib.messages import get_messages
from django.db import connection
from django.test.utils import CaptureQueriesContext

from core import admin_base
from snapshots.models import DataQualityIssue, DataQualityLog, IssueSource, IssueType, LogType, Resolution

pytestmark = pytest.mark.django_db
LIST = "/admin/snapshots/dataqualitylog/"
AT = datetime.now(UTC) - timedelta(days=6)


def problem(number: int = 0, **fields: object) -> DataQualityLog:
    reported = {
        "issue_type": LogType.GAP,
        "entity_type": "park",
        "external_id": f"wdw/2026/03/{number:02}.json.gz",
        "timestamp_start": AT,
        "description": f"silence {number}",
        **fields,
    }
    return DataQualityLog.objects.create(**reported)


@pytest.fixture
def act(admin_client):
    """Carries out an action of the list and says what the page then says."""

    def post(action: str, rows: list[DataQualityLog], client=admin_client, **fields: object) -> str:
        response = client.post(LIST, {"action": action, "_selected_action": [row.pk for row in rows], **fields})
        assert response.status_code == 302
        *_, message = get_messages(response.wsgi_request)
        return f"{message.level_tag}: {message}"

    return post


def states(*rows: DataQualityLog) -> list[str]:
    return [DataQualityLog.objects.get(pk=row.pk).resolution_status for row in rows]


def shown(response) -> list[DataQualityLog]:
    return list(response.context["cl"].result_list)


# -- the list --------------------------------------------------------------------------------------------


def test_the_newest_problem_comes_first_with_what_a_reviewer_needs(admin_client):
    first, second = problem(1), problem(2, import_id="imp_0123456789abcdef")
    response = admin_client.get(LIST)
    assert shown(response) == [second, first]
    page = response.content.decode()
    for text in ("silence 2", "OPEN", "wdw/2026/03/02.json.gz", "imp_0123456789abcdef"):
        assert text in page


@pytest.mark.parametrize(
    "query",
    [
        {"review": "needed"},
        {"resolution_status": "OPEN"},
        {"issue_type": "GAP"},
        {"q": "imp_0123456789abcdef"},
        {"days": "7"},
        {"entity_id": "7"},
    ],
)
def test_it_can_be_filtered(admin_client, query):
    wanted = problem(1, import_id="imp_0123456789abcdef", entity_id=7)
    problem(
        2,
        issue_type=LogType.INVALID,
        resolution_status=Resolution.RESOLVED,
        timestamp_start=datetime(2025, 1, 1, tzinfo=UTC),
    )
    assert shown(admin_client.get(LIST, query)) == [wanted]


def test_a_problem_is_found_by_its_number(admin_client):
    wanted, _ = problem(1), problem(2)
    assert shown(admin_client.get(LIST, {"q": str(wanted.pk)})) == [wanted]


@pytest.mark.parametrize("query", ["", "?review=needed", "?resolution_status=OPEN&issue_type=GAP", "?p=3"])
def test_no_page_of_the_list_counts_its_rows(admin_client, query):
    for number in range(120):
        problem(number)
    with CaptureQueriesContext(connection) as captured:
        assert admin_client.get(LIST + query).status_code == 200
    statements = [each["sql"] for each in captured.captured_queries]
    assert len(statements) <= 5
    assert not [sql for sql in statements if "COUNT(" in sql.upper() and "data_quality_log" in sql]


def test_the_next_page_is_offered_without_a_count(admin_client):
    rows = [problem(number) for number in range(60)]
    assert shown(admin_client.get(LIST, {"p": "2"})) == rows[9::-1]


def test_a_stretch_of_time_is_shown_by_time_which_the_index_of_time_answers(admin_client):
    """By number a page of the last days would read all that an import of old years logged since."""
    late, early = problem(1, timestamp_start=AT + timedelta(days=5)), problem(2)
    problem(3, timestamp_start=AT - timedelta(days=400))
    assert shown(admin_client.get(LIST, {"days": "7"})) == [late, early]
    newest_first = DataQualityLog.objects.order_by("-timestamp_start", "-pk")
    plan = newest_first.filter(timestamp_start__gte=AT)[:51].explain()
    assert "quality_log_time" in plan


def test_a_problem_is_read_and_not_edited(admin_client):
    row = problem(1, raw_data={"status": "??"})
    page = admin_client.get(f"{LIST}{row.pk}/change/")
    assert page.status_code == 200
    assert 'name="description"' not in page.content.decode()
    admin_client.post(f"{LIST}{row.pk}/change/", {"description": "nothing happened"})
    row.refresh_from_db()
    assert row.description == "silence 1"


@pytest.mark.parametrize("page", ["add/", "{pk}/delete/"])
def test_problems_are_neither_made_nor_deleted_there(admin_client, page):
    row = problem(1)
    assert admin_client.get(LIST + page.format(pk=row.pk)).status_code == 403


# -- settling --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("action", "state"), [("resolve", "RESOLVED"), ("wont_fix", "WONTFIX")])
def test_problems_are_settled_together_with_notes_and_the_history_knows_by_whom(act, action, state):
    rows = [problem(1), problem(2, resolution_status=Resolution.INVESTIGATING)]
    assert act(action, rows, notes=" the feed was down ") == f"success: 2 now {state}."
    assert states(*rows) == [state, state]
    assert {row.resolution_notes for row in DataQualityLog.objects.all()} == {"the feed was down"}
    assert sorted(LogEntry.objects.values_list("object_id", flat=True)) == sorted(str(row.pk) for row in rows)
    assert "the feed was down" in LogEntry.objects.first().change_message


@pytest.mark.parametrize("action", ["resolve", "wont_fix"])
@pytest.mark.parametrize("fields", [{}, {"notes": "   "}])
def test_nobody_settles_a_problem_without_notes(act, action, fields):
    row = problem(1)
    assert act(action, [row], **fields).startswith("error: Nothing changed: notes are required")
    assert states(row) == ["OPEN"]
    assert not LogEntry.objects.exists()


def test_what_may_not_take_the_step_stays_and_is_reported(act):
    settled, still_open = problem(1, resolution_status=Resolution.WONTFIX), problem(2)
    said = act("resolve", [settled, still_open], notes="again")
    assert said.startswith("success: 1 now RESOLVED. 1 stayed what they were")
    assert states(settled, still_open) == ["WONTFIX", "RESOLVED"]
    assert list(LogEntry.objects.values_list("object_id", flat=True)) == [str(still_open.pk)]


def test_a_settled_problem_is_taken_up_again_with_notes_alone(act):
    row = problem(1, resolution_status=Resolution.RESOLVED)
    assert act("investigate", [row]).startswith("error: Nothing changed: none of 1 may become INVESTIGATING")
    assert act("investigate", [row], notes="it came back") == "success: 1 now INVESTIGATING."
    assert states(row) == ["INVESTIGATING"]


def test_more_than_a_statement_can_name_are_refused(act, monkeypatch):
    monkeypatch.setattr("snapshots.admin.MOST_AT_ONCE", 2)
    rows = [problem(number) for number in range(3)]
    assert act("resolve", rows, notes="all") == "error: Nothing changed: at most 2 problems at a time"
    assert states(*rows) == ["OPEN"] * 3
    assert admin_base.MOST_AT_ONCE == 1_000


def test_who_may_only_look_is_offered_no_action(client):
    user = User.objects.create_user("reader", is_staff=True)
    user.user_permissions.add(Permission.objects.get(codename="view_dataqualitylog"))
    client.force_login(user)
    row = problem(1)
    assert client.get(LIST).status_code == 200
    client.post(LIST, {"action": "resolve", "_selected_action": [row.pk], "notes": "mine"})
    assert states(row) == ["OPEN"]


# -- issues of the upstreams -----------------------------------------------------------------------------


def test_issues_of_the_upstreams_are_listed_and_filtered(admin_client):
    issue = DataQualityIssue.objects.create(
        data_source=IssueSource.THEMEPARKS_WIKI, issue_type=IssueType.STALE_DATA, entity_name="Space Mountain"
    )
    DataQualityIssue.objects.create(
        data_source=IssueSource.QUEUE_TIMES, issue_type=IssueType.MISSING_DATA, is_resolved=True
    )
    url = "/admin/snapshots/dataqualityissue/"
    assert "Space Mountain" in admin_client.get(url).content.decode()
    assert shown(admin_client.get(url, {"is_resolved__exact": "0"})) == [issue]
    assert admin_client.get(f"{url}{issue.pk}/change/").status_code == 200
