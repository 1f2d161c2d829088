"""Every line besides the standby line becomes a row of queue_data (R-26.5, sources 1.5)."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from snapshots.models import DataQualityIssue, QueueData, RideStatusSnapshot
from snapshots.tests.live_answers import AT, INTERVAL, cycle, live, report, wiki_ride

pytestmark = pytest.mark.django_db

NOTHING = dict.fromkeys(
    (
        "wait_time_minutes",
        "return_state",
        "return_time_start",
        "return_time_end",
        "price_amount",
        "price_currency",
        "boarding_group_status",
        "boarding_group_current",
    )
)


def stored(queue, **members):
    """The one queue row of a ride that reports `queue`, as a mapping."""
    report(wiki_ride(), "OPERATING", 10, queue=queue, **members)
    return QueueData.objects.values("queue_type", *NOTHING).get()


def utc(year: int, month: int, day: int, hour: int, minute: int) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "reported", "expected"),
    [
        ("SINGLE_RIDER", {"waitTime": 15}, {"wait_time_minutes": 15}),
        ("SINGLE_RIDER", {"waitTime": None}, {}),
        ("SINGLE_RIDER", {}, {}),
        ("PAID_STANDBY", {"waitTime": 25.0}, {"wait_time_minutes": 25}),
        (
            "RETURN_TIME",
            {"state": "AVAILABLE", "returnStart": "2026-07-01T14:10:00-04:00", "returnEnd": None},
            {"return_state": "AVAILABLE", "return_time_start": utc(2026, 7, 1, 18, 10)},
        ),
        (
            "RETURN_TIME",
            {
                "state": "TEMP_FULL",
                "returnStart": "2026-07-01T23:50:00-04:00",
                "returnEnd": "2026-07-02T00:50:00-04:00",
            },
            {
                "return_state": "TEMP_FULL",
                "return_time_start": utc(2026, 7, 2, 3, 50),
                "return_time_end": utc(2026, 7, 2, 4, 50),
            },
        ),
        (
            "RETURN_TIME",
            {"state": "FINISHED", "returnStart": None, "returnEnd": None},
            {"return_state": "FINISHED"},
        ),
        (
            "PAID_RETURN_TIME",
            {
                "state": "AVAILABLE",
                "returnStart": "2026-07-01T12:15:00+09:00",
                "returnEnd": None,
                "price": {"amount": 1800, "currency": "USD", "formatted": "$18.00"},
            },
            {
                "return_state": "AVAILABLE",
                "return_time_start": utc(2026, 7, 1, 3, 15),
                "price_amount": Decimal("18.00"),
                "price_currency": "USD",
            },
        ),
        (
            "BOARDING_GROUP",
            {
                "allocationStatus": "PAUSED",
                "currentGroupStart": 41,
                "currentGroupEnd": 48,
                "nextAllocationTime": None,
                "estimatedWait": 35,
            },
            {"boarding_group_status": "PAUSED", "boarding_group_current": "41-48", "wait_time_minutes": 35},
        ),
        ("BOARDING_GROUP", {"currentGroupStart": 7, "currentGroupEnd": None}, {"boarding_group_current": "7"}),
        ("BOARDING_GROUP", {"currentGroupStart": None, "currentGroupEnd": 9}, {"boarding_group_current": "9"}),
        (
            "BOARDING_GROUP",
            dict.fromkeys(
                (
                    "allocationStatus",
                    "currentGroupStart",
                    "currentGroupEnd",
                    "nextAllocationTime",
                    "estimatedWait",
                )
            ),
            {},
        ),
    ],
)
def test_a_line_is_stored_as_reported(name, reported, expected):
    assert stored({name: reported}) == {**NOTHING, "queue_type": name, **expected}
    assert not DataQualityIssue.objects.exists()


@pytest.mark.parametrize(
    ("price", "amount", "currency"),
    [
        ({"amount": 2500, "currency": "EUR", "formatted": "€25.00"}, "25.00", "EUR"),
        ({"amount": 1999, "currency": "gbp", "formatted": "£19.99"}, "19.99", "GBP"),
        ({"amount": 1500, "currency": "JPY", "formatted": "¥1,500"}, "1500.00", "JPY"),
        ({"amount": 0, "currency": "JPY", "formatted": "Unknown"}, None, "JPY"),
        ({"amount": 0, "currency": "USD", "formatted": "$0.00"}, "0.00", "USD"),
        ({"amount": None, "currency": "USD"}, None, "USD"),
        ({"amount": 1800}, None, None),
        ({}, None, None),
        (None, None, None),
        ("$18", None, None),
    ],
)
def test_prices_come_in_minor_units_and_an_unknown_price_is_none(price, amount, currency):
    row = stored({"PAID_RETURN_TIME": {"state": "AVAILABLE", "price": price}})
    assert row["price_amount"] == (None if amount is None else Decimal(amount))
    assert row["price_currency"] == currency
    assert not DataQualityIssue.objects.exists()


@pytest.mark.parametrize("amount", [-100, "1800", True, 10**15, float("1e300")])
def test_a_price_that_is_no_amount_is_none_and_reported(amount):
    row = stored({"PAID_RETURN_TIME": {"price": {"amount": amount, "currency": "USD"}}})
    assert (row["price_amount"], row["price_currency"]) == (None, "USD")
    assert "price.amount" in DataQualityIssue.objects.get().details["text"]


@pytest.mark.parametrize("reported", ["soon", "2026-07-01T14:10:00", 1_700_000_000, "0001-01-01T00:00:00Z", {"at": 5}])
def test_a_return_time_that_is_no_instant_is_none_and_reported(reported):
    row = stored({"RETURN_TIME": {"state": "AVAILABLE", "returnStart": reported}})
    assert (row["return_state"], row["return_time_start"]) == ("AVAILABLE", None)
    assert "RETURN_TIME.returnStart" in DataQualityIssue.objects.get().details["text"]


@pytest.mark.parametrize(
    ("queue", "reported"),
    [
        ({"TELEPORT": {"waitTime": 1}}, "queue type is unknown"),
        ({"SINGLE_RIDER": 15}, "queue SINGLE_RIDER is not an object"),
        ({"STANDBY": [5]}, "queue STANDBY is not an object"),
    ],
)
def test_a_line_that_cannot_be_read_is_reported_and_skipped(queue, reported):
    ride = wiki_ride()
    report(ride, "OPERATING", queue=queue)
    assert RideStatusSnapshot.objects.get().wait_time is None
    assert not QueueData.objects.exists()
    issue = DataQualityIssue.objects.get()
    assert (issue.ride, reported in issue.details["text"]) == (ride, True)


def test_an_unknown_state_of_a_line_is_none_and_reported():
    assert stored({"RETURN_TIME": {"state": "MAYBE"}})["return_state"] is None
    assert "RETURN_TIME.state" in DataQualityIssue.objects.get().details["text"]


@pytest.mark.parametrize("queue", [None, [], "long", 5])
def test_a_queue_that_is_no_map_leaves_the_ride_without_waits(queue):
    ride = wiki_ride()
    reported = {"id": ride.themeparks_wiki_id, "entityType": "ATTRACTION", "status": "OPERATING", "queue": queue}
    reported["lastUpdated"] = "2026-07-01T11:59:00Z"
    cycle({ride.park: live(ride.park, reported)})
    assert RideStatusSnapshot.objects.get().wait_time is None
    assert DataQualityIssue.objects.exists() is (queue is not None)


def test_a_line_that_is_null_or_the_standby_line_gives_no_row():
    report(wiki_ride(), "OPERATING", 10, queue={"SINGLE_RIDER": None})
    assert not QueueData.objects.exists()
    assert not DataQualityIssue.objects.exists()


def test_all_lines_of_a_ride_are_stored_at_the_instant_of_its_row_in_every_cycle():
    ride = wiki_ride()
    lines = {"SINGLE_RIDER": {"waitTime": 5}, "RETURN_TIME": {"state": "FINISHED"}, "PAID_STANDBY": {"waitTime": 1}}
    for n in range(2):
        report(ride, "OPERATING", 10, AT + n * INTERVAL, queue=lines)
    keys = sorted(QueueData.objects.values_list("recorded_at", "queue_type"))
    assert keys == [(AT + n * timedelta(minutes=5), name) for n in range(2) for name in sorted(lines)]


def test_a_ride_that_is_down_keeps_its_lines():
    report(wiki_ride(), "DOWN", queue={"RETURN_TIME": {"state": "TEMP_FULL"}})
    assert QueueData.objects.get().return_state == "TEMP_FULL"
