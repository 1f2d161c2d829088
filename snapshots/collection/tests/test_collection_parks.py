"""What a cycle says of a park: open or not, rides and waits, the score, and what operated (R-6, R-7.2, R-10.1)."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from core.zones import local_date
from parks.models import DECIDING, WITHOUT_TIMES, Category, ScheduleType
from parks.tests.factories import ClassificationFactory, ParkFactory, RideFactory, ScheduleFactory
from snapshots.models import ParkActivitySnapshot, RideStatusSnapshot
from snapshots.tests.live_answers import AT, INTERVAL, UNTOLD, cycle, entry, live, report, wiki_ride

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)
OPENING, CLOSING = datetime(2026, 7, 1, 13, tzinfo=UTC), datetime(2026, 7, 1, 23, tzinfo=UTC)  # 9:00 to 19:00


def park_with(*states, at=AT, **columns):
    """The park row of a cycle in which rides say (status, wait)."""
    park = ParkFactory.create(**columns)
    rides = RideFactory.create_batch(len(states), park=park)
    cycle({park: live(park, *(entry(ride, *state) for ride, state in zip(rides, states, strict=True)))}, at)
    return ParkActivitySnapshot.objects.get(park=park)


# -- columns ---------------------------------------------------------------------------------------------


def test_rides_are_counted_by_their_state():
    row = park_with(("OPERATING",), ("OPERATING",), ("DOWN",), ("CLOSED",), ("REFURBISHMENT",))
    assert (row.total_rides_tracked, row.rides_open, row.rides_closed) == (5, 2, 3)
    assert (row.recorded_at, row.duration_seconds, row.data_source) == (AT, 300, "LIVE")


@pytest.mark.parametrize(
    ("waits", "mean", "longest"),
    [
        ([10, 20, 45], "25.00", 45),
        ([0, 0, 25], "8.33", 25),
        ([0, 0, 50], "16.67", 50),
        ([None, 10], "10.00", 10),
        ([UNTOLD, None], None, None),
        ([0], "0.00", 0),
        ([479, 480, 999], "479.00", 479),
        ([999], None, None),
    ],
)
def test_waits_of_operating_rides_count_zeros_included_and_feed_errors_left_out(waits, mean, longest):
    row = park_with(*(("OPERATING", wait) for wait in waits))
    assert row.avg_wait_time == (None if mean is None else Decimal(mean))
    assert row.max_wait_time == longest


def test_waits_of_rides_that_do_not_operate_are_left_out():
    row = park_with(("OPERATING", 10), ("DOWN", 60), ("CLOSED", 90))
    assert (row.avg_wait_time, row.max_wait_time) == (Decimal("10.00"), 10)


# -- open or not -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["OPERATING", "CLOSED"])
@pytest.mark.parametrize(
    ("at", "is_open"),
    [
        (OPENING - INTERVAL, False),
        (OPENING, True),
        (OPENING + 3 * INTERVAL, True),
        (CLOSING, True),
        (CLOSING + INTERVAL, False),
    ],
)
def test_the_schedule_opens_a_park_whatever_its_rides_do(at, is_open, status):
    ride = wiki_ride()
    ScheduleFactory.create(park=ride.park)
    report(ride, status, 5, at)
    assert ParkActivitySnapshot.objects.get().park_appears_open is is_open
    assert RideStatusSnapshot.objects.get().park_appears_open is is_open


@pytest.mark.parametrize(("states", "is_open"), [(["OPERATING", "CLOSED"], True), (["DOWN", "CLOSED"], False)])
def test_a_park_without_a_schedule_is_open_while_a_ride_operates(states, is_open):
    row = park_with(*((state,) for state in states))
    assert row.park_appears_open is is_open
    assert set(RideStatusSnapshot.objects.values_list("park_appears_open", flat=True)) == {is_open}


@pytest.mark.parametrize("kind", [kind for kind in ScheduleType if kind not in (*DECIDING, *WITHOUT_TIMES)])
def test_events_are_no_opening_hours(kind):
    ride = wiki_ride()
    ScheduleFactory.create(park=ride.park)
    early = {"opening_time": OPENING - timedelta(hours=1), "closing_time": OPENING, "schedule_type": kind}
    ScheduleFactory.create(park=ride.park, **early)
    report(ride, "OPERATING", 5, OPENING - 2 * INTERVAL)
    assert ParkActivitySnapshot.objects.get().park_appears_open is False


def test_a_night_that_began_yesterday_is_open_after_midnight():
    ride = wiki_ride()
    after_midnight = datetime(2026, 7, 2, 5, tzinfo=UTC)  # 1:00
    ScheduleFactory.create(park=ride.park, closing_time=after_midnight)
    ScheduleFactory.create(park=ride.park, schedule_date=date(2026, 7, 2))
    report(ride, "OPERATING", 5, after_midnight - 2 * INTERVAL)
    assert ParkActivitySnapshot.objects.get().park_appears_open is True
    report(ride, "OPERATING", 5, after_midnight + INTERVAL)
    assert ParkActivitySnapshot.objects.latest("recorded_at").park_appears_open is False


def test_a_date_without_hours_is_decided_by_activity_whatever_other_dates_have():
    ride = wiki_ride()
    ScheduleFactory.create(park=ride.park, schedule_date=date(2026, 6, 20))
    ScheduleFactory.create(park=ride.park, schedule_date=date(2026, 7, 9))
    report(ride)
    assert ParkActivitySnapshot.objects.get().park_appears_open is True


def test_a_closed_day_is_closed_though_rides_are_tested():
    ride = wiki_ride()
    ScheduleFactory.create(park=ride.park, schedule_type=ScheduleType.CLOSED)
    report(ride)
    assert ParkActivitySnapshot.objects.get().park_appears_open is False


# -- how long a row holds --------------------------------------------------------------------------------


def seconds(at, *windows, **columns):
    """How long the rows of a cycle hold in a park with these hours."""
    ride = wiki_ride(**columns)
    for opening, closing in windows:
        ScheduleFactory.create(park=ride.park, opening_time=opening, closing_time=closing)
    report(ride, "OPERATING", 5, at)
    held = RideStatusSnapshot.objects.get().duration_seconds
    assert ParkActivitySnapshot.objects.get().duration_seconds == held
    return held


def after(minutes: float) -> datetime:
    return AT + timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("windows", "expected"),
    [
        ([], 300),
        ([(-60, 60)], 300),
        ([(-60, 5)], 300),
        ([(-60, 2)], 120),
        ([(-60, 0)], 0),
        ([(3, 60)], 180),
        ([(0, 60)], 300),
        ([(-60, 2), (4, 60)], 120),
        ([(-60, 0), (0, 60)], 300),
        ([(-60, 2), (2, 60)], 300),
        ([(-60, 30), (1, 60)], 300),
        ([(-60, 2), (-30, 4)], 240),
        ([(-90, -60), (60, 90)], 300),
    ],
)
def test_a_row_ends_where_the_park_opens_or_closes(windows, expected):
    assert seconds(AT, *((after(start), after(end)) for start, end in windows)) == expected


@pytest.mark.parametrize(("zone", "hour"), [("America/New_York", 3), ("America/Los_Angeles", 6), ("Europe/Paris", 21)])
def test_a_row_ends_at_the_parks_own_midnight(zone, hour):
    assert seconds(datetime(2026, 7, 2, hour, 58, 20, tzinfo=UTC), park__timezone=zone) == 100


def test_midnight_moves_with_the_clock():
    before_the_25_hour_day_ends = datetime(2026, 11, 2, 4, 58, tzinfo=UTC)  # 23:58 EST, an hour later than in summer
    assert seconds(before_the_25_hour_day_ends) == 120


@pytest.mark.parametrize("interval", [60, 900])
def test_a_row_holds_for_the_interval_of_its_time(settings, interval):
    settings.COLLECTION_INTERVAL_SECONDS = interval
    assert seconds(AT) == interval


def test_the_next_row_ends_the_one_before():
    ride = wiki_ride()
    for moment in (0, 2, 10):
        report(ride, "OPERATING", 5, after(moment))
    for rows in (RideStatusSnapshot, ParkActivitySnapshot):
        held = rows.objects.order_by("recorded_at").values_list("duration_seconds", flat=True)
        assert list(held) == [120, 300, 300]


def test_a_row_reported_later_ends_where_the_next_one_stands():
    ride = wiki_ride()
    for moment in (0, 4, 3):
        report(ride, "OPERATING", 5, after(moment))
    for rows in (RideStatusSnapshot, ParkActivitySnapshot):
        held = rows.objects.order_by("recorded_at").values_list("duration_seconds", flat=True)
        assert list(held) == [180, 60, 300]


def test_a_ride_the_feed_leaves_out_is_not_cut():
    park = ParkFactory.create()
    reported, missing = RideFactory.create_batch(2, park=park)
    cycle({park: live(park, entry(reported), entry(missing))})
    cycle({park: live(park, entry(reported))}, after(2))
    held = RideStatusSnapshot.objects.filter(recorded_at=AT).values_list("ride", "duration_seconds")
    assert dict(held) == {reported.pk: 120, missing.pk: 300}


# -- score -----------------------------------------------------------------------------------------------


def rode(park, tier, days=1.0, **columns):
    """A ride of a tier that last operated so many days before the cycle."""
    operated_at = None if days is None else AT - timedelta(days=days)
    ride = RideFactory.create(park=park, last_operated_at=operated_at, **columns)
    if tier is not None:
        ClassificationFactory.create(ride=ride, tier=tier)
    return ride


def score(park, *reported):
    cycle({park: live(park, *(entry(ride, status) for ride, status in reported))})
    return ParkActivitySnapshot.objects.get(park=park).shame_score


def test_the_score_is_the_share_of_weight_that_is_down():
    park = ParkFactory.create(is_disney=True)
    day = local_date(AT, park.timezone)
    ScheduleFactory.create(park=park, schedule_date=day, opening_time=AT, closing_time=AT + timedelta(hours=1))
    reported = [
        (rode(park, 1), "DOWN"),
        (rode(park, 2), "OPERATING"),
        (rode(park, 3), "DOWN"),
        (rode(park, 3), "CLOSED"),
    ]
    assert score(park, *reported) == Decimal("5.7")  # (3 + 1) of (3 + 2 + 1 + 1)


@pytest.mark.parametrize(("columns", "expected"), [({}, "5.0"), ({"is_disney": True}, "0.0")])
def test_closed_counts_where_the_park_does_not_report_a_breakdown(columns, expected):
    park = ParkFactory.create(**columns)
    assert score(park, (rode(park, 2), "CLOSED"), (rode(park, 2), "OPERATING")) == Decimal(expected)


def test_refurbishment_is_never_down():
    park = ParkFactory.create()
    assert score(park, (rode(park, 2), "REFURBISHMENT"), (rode(park, 2), "OPERATING")) == Decimal("0.0")


def test_a_ride_without_classification_weighs_two():
    park = ParkFactory.create()
    assert score(park, (rode(park, None), "DOWN"), (rode(park, 1), "OPERATING")) == Decimal("4.0")


@pytest.mark.parametrize(
    ("days", "expected"),
    [(1, "5.0"), (7, "5.0"), (7.0001, "0.0"), (None, "0.0")],
)
def test_only_rides_that_operated_within_seven_days_count(days, expected):
    park = ParkFactory.create()
    assert score(park, (rode(park, 2, days), "DOWN"), (rode(park, 2), "OPERATING")) == Decimal(expected)


def test_a_ride_the_feed_leaves_out_still_counts_in_the_capacity():
    park = ParkFactory.create()
    rode(park, 2)
    assert score(park, (rode(park, 2), "DOWN"), (rode(park, 2), "OPERATING")) == Decimal("3.3")


def test_inactive_rides_do_not_count():
    park = ParkFactory.create()
    reported = [(rode(park, 1, is_active=False), "DOWN"), (rode(park, 2), "DOWN"), (rode(park, 2), "OPERATING")]
    assert score(park, *reported) == Decimal("5.0")


def test_rides_of_every_category_count():
    park = ParkFactory.create()
    meeting = rode(park, 3, category=Category.MEET_AND_GREET)
    assert score(park, (meeting, "DOWN"), (rode(park, 1), "OPERATING")) == Decimal("2.5")


def test_the_first_operation_counts_from_the_next_cycle_on():
    park = ParkFactory.create()
    new, broken = rode(park, 1, None), rode(park, 3)
    assert score(park, (new, "OPERATING"), (broken, "DOWN")) == Decimal("10.0")
    cycle({park: live(park, entry(new), entry(broken, "DOWN"))}, AT + INTERVAL)
    assert ParkActivitySnapshot.objects.latest("recorded_at").shame_score == Decimal("2.5")


def test_a_park_where_nothing_ever_operated_scores_nothing():
    park = ParkFactory.create()
    assert score(park, (rode(park, 1, None), "DOWN"), (rode(park, 1, None), "OPERATING")) == Decimal("0.0")


def test_a_closed_park_has_no_score():
    park = ParkFactory.create()
    ScheduleFactory.create(park=park)
    assert score(park, (rode(park, 1), "DOWN"), (rode(park, 2), "OPERATING")) is None


def test_an_instant_that_is_reported_again_knows_what_had_operated_by_then():
    park = ParkFactory.create()
    early, late, steady = RideFactory.create_batch(3, park=park)
    everything = [entry(early, "DOWN"), entry(late, "DOWN"), entry(steady)]
    cycle({park: live(park, entry(early), entry(late, "DOWN"), entry(steady))}, AT - DAY)
    cycle({park: live(park, entry(early), entry(late), entry(steady))}, AT + DAY)
    cycle({park: live(park, *everything)}, AT)
    assert ParkActivitySnapshot.objects.get(recorded_at=AT).shame_score == Decimal("5.0"), "late had never run by then"


# -- last operated ---------------------------------------------------------------------------------------


def operated_at(ride):
    ride.refresh_from_db()
    return ride.last_operated_at


@pytest.mark.parametrize(("status", "expected"), [("OPERATING", OPENING), ("DOWN", None), ("CLOSED", None)])
def test_a_ride_that_operates_in_the_open_park_is_remembered(status, expected):
    ride = wiki_ride()
    ScheduleFactory.create(park=ride.park)
    report(ride, status, 5, OPENING)
    assert operated_at(ride) == expected


def test_a_test_run_in_the_closed_park_is_not_remembered():
    ride = wiki_ride()
    ScheduleFactory.create(park=ride.park)
    report(ride, "OPERATING", 5, OPENING - INTERVAL)
    assert operated_at(ride) is None


def test_what_is_reported_later_never_moves_it_back():
    ride = wiki_ride()
    report(ride, "OPERATING", 5, AT)
    report(ride, "OPERATING", 5, AT - DAY)
    assert operated_at(ride) == AT
    report(ride, "OPERATING", 5, AT + INTERVAL)
    assert operated_at(ride) == AT + INTERVAL
