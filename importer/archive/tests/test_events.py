from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from importer.archive import formats
from importer.archive.events import PARK, parse_event
from importer.tests.archives import COASTER, DESTINATION, event
from importer.tests.archives import PARK as PARK_UUID
from snapshots.status import Status

NOW = datetime(2024, 7, 10, tzinfo=UTC)
AT = "2024-07-04T14:00:00.000Z"


def parsed(raw, reported=None):
    return parse_event(
        raw, DESTINATION, NOW, lambda kind, reason: (reported if reported is not None else []).append((kind, reason))
    )


def problems(raw):
    reported: list = []
    return parsed(raw, reported), [f"{kind.value}: {reason}" for kind, reason in reported]


def test_a_plain_event_is_read():
    found = parsed(event("2024-07-04T14:00:07.644Z", wait=55))
    assert found.source.entity == COASTER
    assert found.source.park == PARK_UUID
    assert found.at == int(datetime(2024, 7, 4, 14, 0, 7, tzinfo=UTC).timestamp())
    assert found.millis % 1000 == 644
    assert found.state == (Status.OPERATING, 55)
    assert found.source.kind == "ATTRACTION"


@pytest.mark.parametrize("word", ["Operating", "operating", "OPERATING", " Operating "])
def test_statuses_are_compared_without_regard_to_case(word):
    found, reported = problems(event(AT, word))
    assert found.status == Status.OPERATING
    assert reported == []


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"entityId": None}, "MISSING_FIELD: entityId is missing"),
        ({"entityId": ""}, "MISSING_FIELD: entityId is missing"),
        ({"entityId": "not-a-uuid"}, "INVALID: entityId is not usable"),
        ({"entityId": 7}, "INVALID: entityId is not usable"),
        ({"eventTime": None}, "MISSING_FIELD: eventTime is missing"),
        ({"eventTime": "yesterday"}, "INVALID: eventTime is not an ISO instant"),
        ({"eventTime": 1720101600}, "INVALID: eventTime is not an ISO instant"),
        ({"eventTime": ["2024"]}, "INVALID: eventTime is not an ISO instant"),
        ({"eventTime": "2024-07-04T14:00:00"}, "INVALID: eventTime has no zone"),
        ({"eventTime": "2024-07-10T00:06:00Z"}, "INVALID: eventTime lies in the future"),
        ({"eventTime": "0001-01-01T00:00:00+05:00"}, "INVALID: eventTime is"),
        ({"eventTime": "1969-12-31T00:00:00Z"}, "INVALID: eventTime is out of range"),
    ],
)
def test_an_event_that_cannot_be_placed_is_reported_and_left_out(change, problem):
    raw = {**event(AT), **change}
    found, reported = problems(raw)
    assert found is None
    assert reported[-1].startswith(problem)


@pytest.mark.parametrize("raw", [None, 5, "text", [], [1]])
def test_what_is_no_object_is_no_event(raw):
    found, reported = problems(raw)
    assert found is None
    assert reported == ["PARSE_ERROR: the event is not an object"]


def test_a_missing_data_object_is_reported():
    raw = event(AT)
    del raw["data"]
    assert problems(raw) == (None, ["MISSING_FIELD: data is missing"])
    raw["data"] = "closed"
    assert problems(raw)[1] == ["INVALID: data is not usable: 'closed'"]


def test_a_time_with_an_offset_is_converted_and_reported():
    found, reported = problems(event("2024-07-04T10:00:00-04:00"))
    assert found.at == int(datetime(2024, 7, 4, 14, tzinfo=UTC).timestamp())
    assert reported == ["INVALID: eventTime is not in UTC: '2024-07-04T10:00:00-04:00'; converted"]


def test_an_unknown_or_missing_status_becomes_none_and_is_reported():
    found, reported = problems(event(AT, "MAINTENANCE"))
    assert found.status is None
    assert reported == ["INVALID: data.status is unknown: 'MAINTENANCE'"]
    found, reported = problems(event(AT, None))
    assert found.status is None
    assert reported == ["MISSING_FIELD: data.status is missing"]


@pytest.mark.parametrize(
    ("wait", "kept", "reported_count"),
    [
        (20, 20, 0),
        (20.0, 20, 0),
        (0, 0, 0),
        (None, None, 0),
        (300, 300, 0),
        (305, 305, 1),
        (995, 995, 1),
        (-2, None, 1),
        (20.5, None, 1),
        (True, None, 1),
        ("20", None, 1),
        (10**9, None, 1),
    ],
)
def test_waits_are_whole_minutes_and_absurd_ones_are_reported(wait, kept, reported_count):
    found, reported = problems(event(AT, wait=wait))
    assert found.wait == kept
    assert len(reported) == reported_count


def test_a_null_or_missing_queue_is_no_wait():
    for queue in (None, {}, {"STANDBY": None}):
        found, reported = problems(event(AT, data={"queue": queue}))
        assert found.wait is None
        assert reported == []


def test_all_queue_types_are_read():
    queues = {
        "SINGLE_RIDER": {"waitTime": None},
        "PAID_STANDBY": {"waitTime": 15},
        "RETURN_TIME": {"state": "AVAILABLE", "returnStart": "2024-07-04T19:20:00-04:00", "returnEnd": None},
        "PAID_RETURN_TIME": {
            "state": "FINISHED",
            "returnStart": None,
            "returnEnd": None,
            "price": {"amount": 1800, "currency": "USD", "formatted": "$18.00"},
        },
        "BOARDING_GROUP": {
            "allocationStatus": "PAUSED",
            "currentGroupStart": 34,
            "currentGroupEnd": 40,
            "nextAllocationTime": None,
            "estimatedWait": 90,
        },
    }
    found, reported = problems(event(AT, queue=queues))
    assert reported == []
    by_type = {queue.queue_type: queue for queue in found.queues}
    assert set(by_type) == set(queues)
    assert by_type["PAID_STANDBY"].wait_time_minutes == 15
    assert by_type["RETURN_TIME"].return_state == "AVAILABLE"
    assert by_type["RETURN_TIME"].return_time_start == int(datetime(2024, 7, 4, 23, 20, tzinfo=UTC).timestamp())
    assert by_type["PAID_RETURN_TIME"].price_amount == Decimal("18.00")
    assert by_type["PAID_RETURN_TIME"].price_currency == "USD"
    assert by_type["BOARDING_GROUP"].boarding_group_status == "PAUSED"
    assert by_type["BOARDING_GROUP"].boarding_group_current == "34-40"
    assert by_type["BOARDING_GROUP"].wait_time_minutes == 90


@pytest.mark.parametrize(
    ("price", "amount"),
    [
        ({"amount": 1850, "currency": "EUR"}, Decimal("18.50")),
        ({"amount": 2000, "currency": "JPY"}, Decimal("2000.00")),
        ({"amount": 0, "currency": "JPY", "formatted": "Unknown"}, None),
        ({"amount": 0, "currency": "USD", "formatted": "$0.00"}, Decimal("0.00")),
        ({"amount": None, "currency": "USD"}, None),
        ({"amount": -5, "currency": "USD"}, None),
        ({"amount": "18", "currency": "USD"}, None),
        ({"amount": 1800}, None),
        (None, None),
    ],
)
def test_prices_arrive_in_minor_units_and_unknown_ones_are_none(price, amount):
    found = parsed(event(AT, queue={"PAID_RETURN_TIME": {"state": "AVAILABLE", "price": price}}))
    assert found.queues[0].price_amount == amount


def test_an_unknown_queue_type_is_reported_and_the_others_are_kept():
    found, reported = problems(event(AT, queue={"FAST_LANE": {"waitTime": 3}, "SINGLE_RIDER": {"waitTime": 5}}))
    assert [queue.queue_type for queue in found.queues] == ["SINGLE_RIDER"]
    assert reported == ["INVALID: queue type is unknown: 'FAST_LANE'"]


def test_members_of_the_wrong_kind_are_reported():
    queues = {"SINGLE_RIDER": 5, "RETURN_TIME": {"returnStart": "noon", "returnEnd": "2024-07-04T10:00:00"}}
    found, reported = problems(event(AT, queue=queues))
    assert [queue.queue_type for queue in found.queues] == ["RETURN_TIME"]
    assert len(reported) == 3


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({}, "ATTRACTION"),
        ({"entityId": PARK_UUID}, PARK),
        ({"entityId": DESTINATION}, PARK),
        ({"entityType": "SHOW"}, "SHOW"),
        ({"entityType": "HOTEL"}, PARK),
        ({"internalId": "80010190;entityType=Attraction"}, "ATTRACTION"),
        ({"internalId": "90001;entityType=restaurant"}, "RESTAURANT"),
        ({"internalId": "90001;entityType=Entertainment"}, "SHOW"),
        ({"data": {"showtimes": [{"startTime": AT}]}}, "SHOW"),
        ({"data": {"showtimes": []}}, "ATTRACTION"),
        ({"data": {"diningAvailability": [{"partySize": 2}]}}, "RESTAURANT"),
    ],
)
def test_what_an_entity_is_shows_in_its_event(change, kind):
    assert parsed(event(AT, **change)).source.kind == kind


def test_another_destination_inside_the_event_is_reported_and_the_event_kept():
    found, reported = problems(event(AT, data={"destinationId": "99999999-1111-4111-8111-111111111111"}))
    assert found is not None
    assert reported[0].startswith("INVALID: data.destinationId")


def test_names_lose_what_no_database_takes():
    assert parsed(event(AT, name="A\x00B\ud800C")).source.name == "ABC"
    assert parsed(event(AT, name={"de": "Achterbahn", "en": "Coaster"})).source.name == "Coaster"
    assert parsed(event(AT, name=None)).source.name == ""


# -- variations of the format -----------------------------------------------------------------------------


def met_in(raw):
    met: Counter[str] = Counter()
    reported: list = []
    found = parse_event(raw, DESTINATION, NOW, lambda kind, reason: reported.append(reason), met)
    return found, dict(met), reported


def preview(**changes):
    """An event in the shape of the API's preview generation of 2021: capitalised words, flat lines."""
    data = {"status": "Operating", "waitTime": 35, "fastPass": False, "meta": {"type": "ATTRACTION"}, **changes}
    return {**event(AT), "data": data}


def test_the_format_as_reported_is_no_variation():
    assert met_in(event(AT, wait=20))[1] == {}


def test_the_preview_s_statuses_and_flat_waits_are_normalised_and_counted():
    found, met, reported = met_in(preview())
    assert found.state == (Status.OPERATING, 35)
    assert met == {formats.STATUS_CASE: 1, formats.FLAT_WAIT: 1, formats.PREVIEW_META: 1}
    assert reported == []


def test_the_preview_s_single_rider_and_boarding_groups_become_queues():
    group = {"allocationStatus": "PAUSED", "currentGroupStart": 34, "currentGroupEnd": 40, "estimatedWait": None}
    meta = {"type": "ATTRACTION", "singleRider": True, "singleRiderWaitTime": 10, "boardingGroup": group}
    found, _, reported = met_in(preview(meta=meta))
    by_type = {queue.queue_type: queue for queue in found.queues}
    assert by_type["SINGLE_RIDER"].wait_time_minutes == 10
    assert by_type["BOARDING_GROUP"].boarding_group_current == "34-40"
    assert reported == []


def test_the_preview_reports_what_an_entity_is():
    assert met_in(preview(meta={"type": "RESTAURANT"}))[0].source.kind == "RESTAURANT"


def test_members_of_data_beside_it_are_read():
    raw = {**event(AT), "status": "DOWN", "waitTime": None}
    del raw["data"]
    found, met, reported = met_in(raw)
    assert found.state == (Status.DOWN, None)
    assert met == {formats.FLAT_EVENT: 1, formats.FLAT_WAIT: 1}
    assert reported == []


def test_a_queue_that_is_reported_goes_before_a_flat_wait():
    raw = event(AT, wait=20, data={"waitTime": 99})
    found, met, _ = met_in(raw)
    assert found.wait == 20
    assert met == {}


@pytest.mark.parametrize(
    ("change", "variation"),
    [
        ({"entityId": COASTER.upper().replace("3", "A")}, formats.UUID_CASE),
        ({"name": {"de": "Achterbahn"}}, formats.NAME_MAP),
        ({"data": {"queue": {"STANDBY": {"waitTime": 20.0}}}}, formats.FLOAT_WAIT),
        ({"data": {"status": "operating"}}, formats.STATUS_CASE),
    ],
)
def test_each_variation_is_counted(change, variation):
    found, met, _ = met_in(event(AT, **change))
    assert found is not None
    assert met == {variation: 1}
