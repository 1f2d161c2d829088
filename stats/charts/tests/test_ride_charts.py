"""A park's attractions side by side, by hour or by day (R-20.2, public-api 4.7)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from parks.tests.factories import ScheduleFactory
from stats.tests.builders import (
    LOS_ANGELES,
    NEW_YORK,
    PARIS,
    TOKYO,
    local,
    make_park,
    make_ride,
    recomputed,
    report,
    ride_day,
    show_park,
)
from stats.tests.shapes import MAYBE_NUMBER, misfits

pytestmark = pytest.mark.django_db

NOW = datetime(2025, 12, 23, 22, tzinfo=UTC)  # Tuesday, 17:00 in New York
TODAY, YESTERDAY = date(2025, 12, 23), date(2025, 12, 22)
WEEK = [date(2025, 12, 14) + timedelta(days=n) for n in range(7)]
OPENING = local(YESTERDAY, "09:00")
HOURS = [f"{hour}:00" for hour in range(6, 24)]
WEEK_LABELS = [f"Dec {day}" for day in range(14, 21)]
BAD_PERIOD = "Invalid period. Must be 'today', 'yesterday', 'last_week', or 'last_month'"
BAD_TYPE = "Invalid type. Must be 'downtime' or 'wait_times'"
ALL = [
    (period, kind)
    for period in ("today", "yesterday", "last_week", "last_month")
    for kind in ("downtime", "wait_times")
]
EVERY = pytest.mark.parametrize(("period", "kind"), ALL)
SHAPE = {
    "success": bool,
    "park_id": int,
    "period": str,
    "chart_type": str,
    "granularity": str,
    "labels": [str],
    "start_date": str,
    "end_date": str,
    "is_complete": bool,
    "last_is_partial": bool,
    "datasets": [
        {"label": str, "ride_id": int, "tier": int, "data": [MAYBE_NUMBER], "walk_on_percentage?": MAYBE_NUMBER}
    ],
}


@pytest.fixture(autouse=True)
def _clock():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def ask(client):
    def answer(park_id: int, period: str = "yesterday", kind: str = "downtime") -> dict:
        response = client.get(f"/api/parks/{park_id}/rides/charts", {"period": period, "type": kind})
        assert response.status_code == 200, response.content
        body: dict = response.json()
        assert misfits(body, SHAPE) == []
        assert (body["success"], body["park_id"]) == (True, park_id)
        assert (body["period"], body["chart_type"]) == (period, kind)
        assert {len(each["data"]) for each in body["datasets"]} <= {len(body["labels"])}
        return body

    return answer


def series(body: dict) -> dict[str, list]:
    return {each["label"]: each["data"] for each in body["datasets"]}


def hours(first: int, *values: Any) -> list:
    """The 18 hours from 6:00, null but for those from `first` on."""
    return [None] * (first - 6) + list(values) + [None] * (24 - first - len(values))


def open_park(zone: str = NEW_YORK, day: date = YESTERDAY, minutes: int = 300, **columns: Any) -> Any:
    park = make_park(timezone=zone, **columns)
    show_park(park, local(day, "09:00", zone), minutes)
    return park


# -- hours ------------------------------------------------------------------------------------------------


def test_the_downtime_of_each_hour(ask):
    park = open_park()
    report(make_ride(park, 1, name="Space Mountain"), OPENING, "O90 D75 O55 D80")
    report(make_ride(park, 2, name="Haunted Mansion"), OPENING, "O300")
    body = ask(park.pk)
    assert (body["granularity"], body["labels"]) == ("hourly", HOURS)
    assert series(body) == {
        "Space Mountain": hours(9, 0, 0.5, 0.75, 0.33, 1.0),
        "Haunted Mansion": hours(9, 0, 0, 0, 0, 0),
    }
    assert [each["tier"] for each in body["datasets"]] == [1, 2]


def test_the_wait_of_each_hour_is_a_whole_number_half_up(ask):
    park = open_park()
    ride = make_ride(park, name="Coaster")
    at = OPENING
    for story, wait in (("O30", 15), ("O30", 20), ("O60", 0), ("D60", 99), ("O60", None), ("O60", 500)):
        at = report(ride, at, story, wait=wait)
    body = ask(park.pk, "yesterday", "wait_times")
    # 17.5; an hour of walk-ons has no wait; what a stopped ride posts does not count, nor a feed error
    assert series(body) == {"Coaster": hours(9, 18)}
    assert body["datasets"][0]["walk_on_percentage"] == 50.0
    assert type(body["datasets"][0]["data"][3]) is int


@pytest.mark.parametrize("period", ["yesterday", "last_week"])
def test_a_ride_whose_only_waits_are_zero_is_listed(ask, period):
    """N-4: it is a walk-on all along; of a ride that posted nothing at all there is nothing to compare."""
    day = YESTERDAY if period == "yesterday" else WEEK[2]
    park = open_park(day=day)
    for name, wait in (("Walk-on", 0), ("Silent", None)):
        report(make_ride(park, name=name), local(day, "09:00"), "O300", wait=wait)
    recomputed(park, day)
    (line,) = ask(park.pk, period, "wait_times")["datasets"]
    assert (line["label"], line["walk_on_percentage"], set(line["data"])) == ("Walk-on", 100.0, {None})
    assert len(ask(park.pk, period)["datasets"]) == 2


def test_only_rides_that_operated_in_the_open_park_are_compared_by_downtime(ask):
    park = open_park()
    report(make_ride(park, name="Closed"), OPENING, "C300")
    report(make_ride(park, name="Refurbished"), OPENING, "R300")
    report(make_ride(park, name="Test run"), OPENING - timedelta(hours=2), "O120", park_open=False)
    report(make_ride(park, name="Day before"), OPENING - timedelta(days=1), "O300")
    make_ride(park, name="Silent")
    report(make_ride(park, name="Late"), OPENING, "D290 O10")
    assert series(ask(park.pk)) == {"Late": hours(9, 1.0, 1.0, 1.0, 1.0, 0.83)}


@pytest.mark.parametrize(
    ("columns", "period", "is_shown"),
    [({"is_disney": True}, "today", True), ({"is_disney": True}, "yesterday", False), ({}, "today", False)],
)
def test_a_ride_that_was_only_down_is_shown_on_the_day_itself(ask, columns, period, is_shown):
    """R-5.3 with its exception for parks that report breakdowns (A-9)."""
    day = TODAY if period == "today" else YESTERDAY
    park = open_park(day=day, **columns)
    report(make_ride(park, name="Coaster"), local(day, "09:00"), "D300")
    assert series(ask(park.pk, period)) == ({"Coaster": hours(9, 1.0, 1.0, 1.0, 1.0, 1.0)} if is_shown else {})


def test_hours_in_which_the_park_was_closed_or_that_are_to_come_have_no_value(ask):
    park = make_park()
    ride = make_ride(park, name="Coaster")
    opening = local(TODAY, "13:00")
    report(ride, opening - timedelta(hours=2), "D120", park_open=False)
    report(ride, opening, "O180 D120", None)
    show_park(park, opening, 300, grain=86_400)
    # 17:00 in New York: the last hour of the row lies in the future
    assert series(ask(park.pk, "today")) == {"Coaster": hours(13, 0, 0, 0, 1.0)}


def test_yesterday_is_shown_in_the_hours_of_its_schedule(ask, client):
    """R-6.6, as in the chart of many parks; today is not filtered."""
    park = make_park()
    ride = make_ride(park, name="Coaster")
    for day in (TODAY, YESTERDAY):
        ScheduleFactory(
            park=park, schedule_date=day, opening_time=local(day, "10:00"), closing_time=local(day, "13:00")
        )
        report(ride, local(day, "09:00"), "O60", wait=10, park_open=False)  # test cycles (N-4)
        report(ride, local(day, "10:00"), "O150 D30", wait=20)
        report(ride, local(day, "13:00"), "D30 O30", wait=30)  # the feed was late to say that it closed
        recomputed(park, day)
    assert series(ask(park.pk, "yesterday", "wait_times")) == {"Coaster": hours(10, 20, 20, 20)}
    assert series(ask(park.pk, "yesterday", "downtime")) == {"Coaster": hours(10, 0, 0, 0.5)}
    assert series(ask(park.pk, "today", "wait_times")) == {"Coaster": hours(10, 20, 20, 20, 30)}
    assert series(ask(park.pk, "today", "downtime")) == {"Coaster": hours(10, 0, 0, 0.5, 0.5)}
    for kind, many in (("wait_times", "ridewaittimes"), ("downtime", "rides")):
        for period in ("today", "yesterday"):
            asked = {"period": period, "type": many, "filter": "all-parks"}
            (line,) = client.get("/api/trends/chart-data", asked).json()["chart_data"]["datasets"]
            assert line["data"] == series(ask(park.pk, period, kind))["Coaster"], (period, kind)


def test_yesterday_without_a_schedule_is_shown_while_the_park_was_seen_open(ask):
    park = make_park()
    ride = make_ride(park, name="Coaster")
    report(ride, local(YESTERDAY, "09:00"), "O60", wait=10, park_open=False)
    report(ride, local(YESTERDAY, "10:00"), "O60", wait=20)
    report(make_ride(park, name="Early"), local(YESTERDAY, "09:00"), "O60", wait=10, park_open=False)
    assert series(ask(park.pk, "yesterday", "wait_times")) == {"Coaster": hours(10, 20)}


@pytest.mark.parametrize("zone", [LOS_ANGELES, NEW_YORK, PARIS, TOKYO, "Asia/Kathmandu"])
@pytest.mark.parametrize("kind", ["downtime", "wait_times"])
def test_an_hour_is_one_of_the_parks_own_clock_and_date(ask, zone, kind):
    """Q9: neither UTC hours nor Pacific days."""
    park = make_park(timezone=zone)
    ride = make_ride(park, name="Coaster")
    for day, wait in ((YESTERDAY - timedelta(days=1), 10), (YESTERDAY, 30)):
        start = local(day, "00:00", zone)
        show_park(park, start, 24 * 60)
        report(ride, start, f"O{22 * 60} D{wait} O{120 - wait}", wait=wait)
    now = local(YESTERDAY + timedelta(days=1), "03:00", zone)
    with time_machine.travel(now, tick=False):
        data = series(ask(park.pk, "yesterday", kind))["Coaster"]
    assert data == ([0] * 22 + [0.5, 0] if kind == "downtime" else [30] * 24), "open all night"


@pytest.mark.parametrize("day", [date(2025, 3, 9), date(2025, 11, 2)], ids=["spring", "autumn"])
def test_the_hours_of_a_day_on_which_the_clock_is_changed(ask, day):
    park = make_park()
    start, length = local(day, "00:00"), 23 if day.month == 3 else 25
    show_park(park, start, length * 60)
    down_from = int((local(day, "22:00") - start).total_seconds()) // 60
    report(make_ride(park, name="Coaster"), start, f"O{down_from} D30 O90", None, wait=5)
    with time_machine.travel(local(day + timedelta(days=1), "12:00"), tick=False):
        shown = 23 if day.month == 3 else 24  # hours of the clock: 2:00 is missing in spring
        downtime = series(ask(park.pk))["Coaster"]
        assert [value for value in downtime if value is not None] == [0] * (shown - 2) + [0.5, 0]
        waits = series(ask(park.pk, "yesterday", "wait_times"))["Coaster"]
        assert [value for value in waits if value is not None] == [5] * shown
        assert len(waits) == 24


def test_a_day_begins_in_the_night_where_its_observations_do(ask):
    """The case `night`: open until 3:00, down from 0:30 to 2:30; without the night the labels begin at 6:00."""
    park = make_park()
    report(make_ride(park, name="Coaster"), local(YESTERDAY, "00:00"), "O30 D120 O30", wait=10)
    report(make_ride(park, name="Flume"), local(YESTERDAY, "10:00"), "O60", wait=20)
    show_park(park, local(YESTERDAY, "00:00"), 180)
    show_park(park, local(YESTERDAY, "10:00"), 60)
    body = ask(park.pk)
    assert body["labels"] == [f"{hour}:00" for hour in range(24)]
    assert series(body)["Coaster"][:4] == [0.5, 1.0, 0.5, None]
    assert series(body)["Flume"][9:12] == [None, 0, None]
    assert ask(park.pk, "yesterday", "wait_times")["labels"][0] == "0:00"


def test_an_hour_that_has_just_begun_is_no_point_and_a_running_one_says_so(ask):
    """N-16: the ride is down since 16:30."""
    park = open_park(day=TODAY, minutes=600)
    report(make_ride(park, name="Coaster"), local(TODAY, "16:00"), "O30 D120")
    for clock, data, is_partial in (("17:00", [0.5], False), ("17:30", [0.5, 0.5], True)):
        with time_machine.travel(local(TODAY, clock) + timedelta(seconds=30 if clock == "17:00" else 0), tick=False):
            body = ask(park.pk, "today")
        assert (series(body)["Coaster"], body["last_is_partial"]) == (hours(16, *data), is_partial)


# -- days -------------------------------------------------------------------------------------------------


def test_the_days_of_a_week_are_the_stored_ones(ask):
    """Of waits the sums of the day: an hour at a third of 10, 20 … minutes."""
    park = make_park()
    train, mountain = make_ride(park, 1, name="Train"), make_ride(park, 1, name="Mountain")
    for number, day in enumerate(WEEK):
        if number != 3:
            ride_day(train, day, downtime_minutes=number * 10, avg_wait_time=Decimal(number * 10) / 3)
    ride_day(mountain, WEEK[6], avg_wait_time=None)
    for day in (WEEK[0] - timedelta(days=1), WEEK[6] + timedelta(days=1)):
        ride_day(train, day, downtime_minutes=600)
    downtime, waits = (ask(park.pk, "last_week", kind) for kind in ("downtime", "wait_times"))
    assert (downtime["granularity"], downtime["labels"]) == ("daily", WEEK_LABELS)
    assert series(downtime) == {
        "Mountain": [None] * 6 + [1.0],
        "Train": [0, 0.17, 0.33, None, 0.67, 0.83, 1.0],
    }
    assert series(waits) == {"Train": [None, 3.33, 6.67, None, 13.33, 16.67, 20.0]}, "no wait is no value"
    assert [downtime[name] for name in ("start_date", "end_date", "is_complete")] == ["2025-12-14", "2025-12-20", True]


def test_a_month_has_a_label_for_every_date(ask):
    park = make_park()
    ride = make_ride(park, name="Coaster")
    ride_day(ride, date(2025, 11, 1), downtime_minutes=90)
    ride_day(ride, date(2025, 11, 30), downtime_minutes=30)
    body = ask(park.pk, "last_month")
    assert body["labels"] == [f"Nov {day:02}" for day in range(1, 31)]
    assert series(body) == {"Coaster": [1.5] + [None] * 28 + [0.5]}


def test_a_closed_day_has_no_value_and_a_ride_that_never_took_part_no_series(ask):
    park = make_park()
    ride, idle = make_ride(park, name="Coaster"), make_ride(park, name="Idle")
    zeros = {"uptime_minutes": 0, "downtime_minutes": 0, "uptime_percentage": 0, "avg_wait_time": None}
    ride_day(ride, WEEK[0])
    ride_day(ride, WEEK[1], **zeros)
    ride_day(ride, WEEK[2], **zeros, operating_hours_minutes=0)
    ride_day(idle, WEEK[0], **zeros)
    assert series(ask(park.pk, "last_week")) == {"Coaster": [1.0, 0, None, None, None, None, None]}


@pytest.mark.parametrize("in_force", [1, 2])
def test_days_are_read_in_the_version_in_force(ask, settings, in_force):
    park = make_park()
    ride = make_ride(park, name="Coaster")
    for version in (1, 2):
        ride_day(ride, WEEK[0], downtime_minutes=60 * version, metrics_version=version)
    settings.METRICS_VERSION = in_force
    assert series(ask(park.pk, "last_week"))["Coaster"][0] == in_force


def test_the_hours_of_a_day_add_up_to_its_stored_downtime(ask):
    park = open_park()
    ride = make_ride(park, name="Coaster")
    report(ride, OPENING, "O45 D30 O60 D90 O75")
    recomputed(park, YESTERDAY)
    hourly = series(ask(park.pk))["Coaster"]
    with time_machine.travel(NOW + timedelta(days=7), tick=False):
        daily = series(ask(park.pk, "last_week"))["Coaster"]
    assert sum(filter(None, hourly)) == sum(filter(None, daily)) == 2.0


# -- which rides, in which order --------------------------------------------------------------------------


@EVERY
def test_attractions_by_tier_and_name(ask, period, kind):
    """Also those that are no longer active (N-15)."""
    park = make_park()
    day = {"today": TODAY, "yesterday": YESTERDAY, "last_week": WEEK[2], "last_month": date(2025, 11, 5)}[period]

    def ride(name: str, tier: int | None = None, **columns: Any) -> None:
        each = make_ride(columns.pop("park", park), tier, name=name, **columns)
        report(each, local(day, "09:00"), "O120", wait=20)
        ride_day(each, day)

    show_park(park, local(day, "09:00"), 120)
    for name, tier in (("C", 3), ("B", 2), ("A", None), ("D", None), ("Z", 1), ("Y", 1)):
        ride(name, tier)
    ride("Show", category="SHOW")
    ride("Inactive", is_active=False)
    ride("Elsewhere", park=make_park())
    body = ask(park.pk, period, kind)
    shown = [(each["label"], each["tier"]) for each in body["datasets"]]
    assert shown == [("Y", 1), ("Z", 1), ("A", 2), ("B", 2), ("D", 2), ("Inactive", 2), ("C", 3)]


# -- parameters -------------------------------------------------------------------------------------------


def test_yesterday_and_downtime_are_the_defaults(client, ask):
    park = open_park()
    report(make_ride(park), OPENING, "O300", wait=5)
    path = f"/api/parks/{park.pk}/rides/charts"
    assert client.get(path).json() == ask(park.pk, "yesterday", "downtime")
    assert client.get(f"{path}?type=wait_times&type=x&other=1").json() == ask(park.pk, "yesterday", "wait_times")


@pytest.mark.parametrize("period", ["", "live", "TODAY", "7days", "30days", "week", "all_time", "%00", "today,"])
def test_other_periods_are_refused(client, period):
    response = client.get(f"/api/parks/{make_park().pk}/rides/charts", {"period": period, "type": "x"})
    assert (response.status_code, response.json()) == (400, {"success": False, "error": BAD_PERIOD})


@pytest.mark.parametrize("kind", ["", "Downtime", "waits", "wait-times", "downtime "])
def test_other_types_are_refused(client, kind):
    response = client.get(f"/api/parks/{make_park().pk}/rides/charts", {"type": kind})
    assert (response.status_code, response.json()) == (400, {"success": False, "error": BAD_TYPE})


@EVERY
@pytest.mark.parametrize("number", [0, 999, 32_768, 9_999_999_999])
def test_an_unknown_park_has_labels_and_no_datasets(ask, period, kind, number):
    """Q43: no look-up decides the status."""
    body = ask(number, period, kind)
    assert body["datasets"] == []
    assert body["labels"] == {"last_week": WEEK_LABELS, "last_month": [f"Nov {n:02}" for n in range(1, 31)]}.get(
        period, HOURS
    )


@EVERY
def test_a_park_without_data_has_no_datasets_and_an_inactive_one_those_of_its_days(ask, period, kind):
    """N-15."""
    assert ask(make_park().pk, period, kind)["datasets"] == []
    inactive = open_park(is_active=False)
    ride = make_ride(inactive, name="Coaster", is_active=False)
    report(ride, OPENING, "O300", wait=5)
    for day in (WEEK[0], date(2025, 11, 1)):
        ride_day(ride, day)
    assert list(series(ask(inactive.pk, period, kind))) == ([] if period == "today" else ["Coaster"])


@pytest.mark.parametrize("path", ["-1/rides/charts", "abc/rides/charts", "1/rides/charts/", "1/rides/Charts"])
def test_what_is_no_number_is_another_route(client, path):
    response = client.get(f"/api/parks/{path}")
    assert (response.status_code, response.json()["error"]) == (404, "Not Found")


@pytest.mark.parametrize("method", ["post", "put", "patch", "delete"])
def test_another_method_is_refused_in_json(client, method):
    response = getattr(client, method)(f"/api/parks/{make_park().pk}/rides/charts")
    assert (response.status_code, response.json()["success"]) == (405, False)


# -- queries ----------------------------------------------------------------------------------------------


@EVERY
def test_the_number_of_queries_does_not_depend_on_the_number_of_rides(client, django_assert_num_queries, period, kind):
    park = make_park()
    for day in (TODAY, YESTERDAY):
        show_park(park, local(day, "09:00"), 300)
    queries = {"today": 5, "yesterday": 7}.get(period, 3)
    for count, total in ((1, 1), (11, 12)):
        for _ in range(count):
            ride = make_ride(park)
            report(make_ride(park), local(TODAY, "09:00"), "C300")
            for day in (TODAY, YESTERDAY):
                report(ride, local(day, "09:00"), "O200 D100", None, wait=10)
            for day in (WEEK[0], date(2025, 11, 1)):
                ride_day(ride, day)
        with django_assert_num_queries(queries):
            body = client.get(f"/api/parks/{park.pk}/rides/charts", {"period": period, "type": kind}).json()
        assert len(body["datasets"]) == total
