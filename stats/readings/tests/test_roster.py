"""Which rides of a park count in its score, and which do not (R-5.5, public-api 4.5)."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine

from snapshots.current import UNKNOWN
from snapshots.status import Status
from stats.tests.builders import local, make_park, make_ride, report, show_park
from stats.tests.shapes import misfits

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 12, 23, 22, 32, tzinfo=UTC)  # Tuesday, 17:32 in New York
TODAY = date(2025, 12, 23)
ROW = {
    "ride_id": int,
    "ride_name": str,
    "tier": int | None,
    "tier_weight": int,
    "land_area": str | None,
    "last_operated_at": str | None,
}
SHAPE = {
    "success": bool,
    "park_id": int,
    "park_name": str,
    "effective_park_weight": int,
    "total_roster_weight": int,
    "rides": {
        "active": [ROW | {"current_status": str | None}],
        "excluded": [ROW | {"days_since_operation": int | None}],
    },
}


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ask(client):
    def answer(park: Any) -> dict:
        response = client.get(f"/api/parks/{park.pk}/rides")
        assert response.status_code == 200, response.content
        body = response.json()
        assert misfits(body, SHAPE) == []
        assert (body["success"], body["park_id"], body["park_name"]) == (True, park.pk, park.name)
        return body

    return answer


def names(rows: list[dict]) -> list[str]:
    return [row["ride_name"] for row in rows]


def test_the_contracts_example(ask):
    park = make_park(name="Magic Kingdom")
    make_ride(park, 2, name="Haunted Mansion", last_operated_at=NOW)
    make_ride(park, 1, name="Space Mountain", last_operated_at=NOW)
    make_ride(park, 1, name="Mine Train", last_operated_at=NOW - timedelta(hours=1), land_area="Fantasyland")
    make_ride(park, 3, name="Dumbo", last_operated_at=NOW)
    make_ride(park, name="Carousel", last_operated_at=NOW - timedelta(days=12))
    make_ride(park, name="Train")
    body = ask(park)
    assert (body["effective_park_weight"], body["total_roster_weight"]) == (9, 13)
    assert names(body["rides"]["active"]) == ["Mine Train", "Space Mountain", "Haunted Mansion", "Dumbo"]
    mine_train = body["rides"]["active"][0]
    assert (mine_train["tier"], mine_train["tier_weight"], mine_train["land_area"]) == (1, 3, "Fantasyland")
    assert mine_train["last_operated_at"] == "2025-12-23T21:32:00Z"
    carousel, train = body["rides"]["excluded"]
    assert (carousel["ride_name"], carousel["tier"], carousel["tier_weight"]) == ("Carousel", None, 2)
    assert (carousel["days_since_operation"], carousel["last_operated_at"]) == (12, "2025-12-11T22:32:00Z")
    assert (train["days_since_operation"], train["last_operated_at"]) == (None, None)


@pytest.mark.parametrize(
    ("ago", "is_counted", "days"),
    [
        (timedelta(0), True, None),
        (timedelta(days=7), True, None),
        (timedelta(days=7, seconds=1), False, 7),
        (timedelta(days=8) - timedelta(seconds=1), False, 7),
        (timedelta(days=8), False, 8),
        (timedelta(days=400), False, 400),
    ],
)
def test_the_seventh_day_is_inside_and_days_are_whole(ask, ago, is_counted, days):
    park = make_park()
    make_ride(park, last_operated_at=NOW - ago)
    rides = ask(park)["rides"]
    assert bool(rides["active"]) == is_counted
    assert [row["days_since_operation"] for row in rides["excluded"]] == ([] if is_counted else [days])


def test_rides_come_by_tier_then_name_then_number(ask):
    park = make_park()
    for tier, name in ((3, "A"), (2, "M"), (None, "L"), (None, "N"), (1, "Z"), (1, "B"), (1, "B")):
        make_ride(park, tier, name=name, last_operated_at=NOW)
        make_ride(park, tier, name=name)
    rides = ask(park)["rides"]
    for rows in rides.values():
        assert names(rows) == ["B", "B", "Z", "L", "M", "N", "A"], "unclassified rides stand among tier 2"
        assert rows[0]["ride_id"] < rows[1]["ride_id"]


def test_every_category_counts_and_inactive_or_foreign_rides_do_not(ask):
    """The members of the score (R-5.6): all categories, active only."""
    park = make_park()
    for category in ("ATTRACTION", "SHOW", "MEET_AND_GREET", "EXPERIENCE", None):
        make_ride(park, 3, category=category, last_operated_at=NOW)
    make_ride(park, 1, is_active=False, last_operated_at=NOW)
    make_ride(park, 1, is_active=False)
    make_ride(make_park(), 1, last_operated_at=NOW)
    body = ask(park)
    assert (len(body["rides"]["active"]), body["rides"]["excluded"]) == (5, [])
    assert (body["effective_park_weight"], body["total_roster_weight"]) == (5, 5)


def test_the_own_tier_is_shown_without_a_classification_but_has_no_weight(ask):
    park = make_park()
    make_ride(park, tier=1, last_operated_at=NOW)
    make_ride(park, 3, tier=1, last_operated_at=NOW)
    rows = ask(park)["rides"]["active"]
    assert [(row["tier"], row["tier_weight"]) for row in rows] == [(1, 2), (3, 1)]


@pytest.mark.parametrize(
    ("story", "columns", "expected"),
    [
        ("O10", {}, Status.OPERATING),
        ("D10", {}, Status.DOWN),
        ("C10", {}, Status.CLOSED),
        ("R10", {}, Status.REFURBISHMENT),
        ("+10", {}, Status.OPERATING),
        ("-10", {}, Status.DOWN),
        ("O10 D10", {"is_disney": True}, Status.DOWN),
        ("", {}, UNKNOWN),
    ],
)
def test_the_present_status_of_a_ride(ask, story, columns, expected):
    park = make_park(**columns)
    ride = make_ride(park, last_operated_at=NOW - timedelta(days=1))
    report(ride, NOW - timedelta(minutes=30), story)
    show_park(park, NOW - timedelta(minutes=30), 30)
    assert [row["current_status"] for row in ask(park)["rides"]["active"]] == [expected]


@pytest.mark.parametrize(("is_open", "status"), [(False, "PARK_CLOSED"), (None, UNKNOWN)])
def test_rides_of_a_closed_park_are_closed_with_it_and_of_an_unknown_one_unknown(ask, is_open, status):
    """N-6."""
    park = make_park()
    report(make_ride(park, last_operated_at=NOW), NOW - timedelta(minutes=10), "O10")
    if is_open is not None:
        show_park(park, NOW - timedelta(minutes=10), 10, is_open=is_open)
    assert [row["current_status"] for row in ask(park)["rides"]["active"]] == [status]


def test_what_was_reported_more_than_two_hours_ago_is_not_known(ask):
    park = make_park()
    report(make_ride(park, last_operated_at=NOW), NOW - timedelta(minutes=140), "O10")
    show_park(park, NOW - timedelta(minutes=10), 10)
    assert [row["current_status"] for row in ask(park)["rides"]["active"]] == [UNKNOWN]


def test_a_park_without_rides_has_an_empty_roster(ask):
    body = ask(make_park())
    assert body["rides"] == {"active": [], "excluded": []}
    assert (body["effective_park_weight"], body["total_roster_weight"]) == (0, 0)


@pytest.mark.parametrize("number", ["0", "999", "32768", "2147483648", "9" * 30])
def test_an_unknown_park_is_not_found(client, number):
    make_park()
    response = client.get(f"/api/parks/{number}/rides")
    expected = {"success": False, "error": f"Park with ID {number} not found"}
    assert (response.status_code, response.json()) == (404, expected)


def test_an_inactive_park_has_no_roster(client):
    park = make_park(is_active=False)
    response = client.get(f"/api/parks/{park.pk}/rides")
    assert (response.status_code, response.json()["error"]) == (404, f"Park with ID {park.pk} not found")


@pytest.mark.parametrize("path", ["-1/rides", "abc/rides", "1.5/rides", "%D9%A3/rides", "1/rides/", "/rides"])
def test_what_is_no_number_is_another_route(client, path):
    make_park()
    response = client.get(f"/api/parks/{path}")
    assert (response.status_code, response.json()["error"]) == (404, "Not Found")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_another_method_is_refused_in_json(client, method):
    response = getattr(client, method)(f"/api/parks/{make_park().pk}/rides")
    assert (response.status_code, response.json()["success"]) == (405, False)
    assert response["Allow"] == "GET, HEAD, OPTIONS"


def test_the_number_of_queries_does_not_depend_on_the_number_of_rides(client, django_assert_num_queries):
    park = make_park()
    opening = local(TODAY, "09:00")
    show_park(park, opening, 510)

    def add_rides(count: int) -> None:
        for number in range(count):
            ride = make_ride(park, number % 3 + 1, last_operated_at=NOW - timedelta(days=number % 2 * 10))
            report(ride, opening, "O510", None)

    for count, total in ((2, 2), (38, 40)):
        add_rides(count)
        with django_assert_num_queries(5):
            rides = client.get(f"/api/parks/{park.pk}/rides").json()["rides"]
        assert len(rides["active"]) + len(rides["excluded"]) == total
