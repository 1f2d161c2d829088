"""The golden days that no other test says: figures without a calendar, empty days, sessions, closed parks."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from core.tests.golden import golden_cases
from core.zones import local_date
from parks.models import TIER_WEIGHTS, Park
from snapshots.models import ParkOperatingSession, RideStatusSnapshot
from snapshots.score import score_over
from snapshots.status import STATUSES, is_down, is_operating
from stats.daily.compute import ParkDay, park_row, ride_row
from stats.daily.tests.golden_windows import EVIDENCE, report_evidence
from stats.measures.ride_measures import RideMeasures
from stats.models import ParkDailyStats, RideDailyStats
from stats.readings.period_sums import scored_day
from stats.tests.builders import (
    DAY,
    LOS_ANGELES,
    NEW_YORK,
    STATES,
    local,
    make_park,
    make_ride,
    measured,
    recomputed,
    report,
    ride_row_of,
    show_park,
    values,
)

INTERVAL = 600  # seconds
OPENING = local(DAY, "09:00")


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


# -- scenarios at ten minutes ----------------------------------------------------------------------------


def scenario_ride(ride: dict[str, Any], reports_down: bool) -> RideMeasures:
    """A ride whose snapshots are counted, not reported."""
    seconds = {
        name: ride[f"{name.lower()}_snapshots"] * INTERVAL
        for name in STATUSES  # the counts are of the open park
    }
    up = sum(held for name, held in seconds.items() if is_operating(name, False))
    down = sum(held for name, held in seconds.items() if is_down(name, False, reports_down))
    return measured(up, down, ride["park_open_snapshots"] * INTERVAL, ride["ride_id"])


@pytest.mark.parametrize("scenario", golden_cases("daily_scenarios", "scenarios"))
def test_the_golden_scenarios_hold_at_ten_minutes_too(scenario):
    """Their days have up to 33 hours then: arithmetic alone, which no calendar could hold."""
    park, rides = Park(is_disney=scenario["is_disney"]), scenario["input"]["rides"]
    found = [scenario_ride(ride, park.reports_down) for ride in rides]
    weights = {ride["ride_id"]: TIER_WEIGHTS[ride["tier"]] for ride in rides}
    assert weights == {ride["ride_id"]: ride["tier_weight"] for ride in rides}
    expected = scenario["authoritative_expected"]["interval_10"]
    day = ParkDay(park, DAY, 1, measures={each.ride_id: each for each in found}, weights=weights)
    day.rides = [ride_row(each, DAY, 1, 0, [], 0) for each in found]
    for row in day.rides:
        figures = expected["rides"][str(row.ride_id)]
        assert values(row, *figures) == tuple(figures.values()), row.ride_id
    total = park_row(day)
    assert values(total, *expected["park"]) == tuple(expected["park"].values())


# -- days without anything to say -----------------------------------------------------------------------


def no_snapshots(park: Park) -> None:
    make_ride(park)


def no_rides(park: Park) -> None:
    show_park(park, OPENING, 600, "0.0")


def closed_all_day(park: Park) -> None:
    show_park(park, OPENING, 600, is_open=False)
    report(make_ride(park), OPENING, "O300 D300", park_open=False)


EMPTY_DAYS = {
    "no snapshots in the range": no_snapshots,
    "park without rides": no_rides,
    "park closed all day": closed_all_day,
}


@pytest.mark.django_db
@pytest.mark.parametrize("case", golden_cases("shame_score", "no_data"))
def test_the_golden_days_without_data_have_no_average(case):
    park = make_park()
    EMPTY_DAYS[case["description"]](park)
    recomputed(park)
    assert score_over(map(scored_day, ParkDailyStats.objects.all())) == case["expected_average"]


@pytest.mark.django_db
@pytest.mark.parametrize("case", golden_cases("daily_snapshot_sequences", "no_operating_day"))
def test_the_golden_day_without_snapshots_has_no_rows(case):
    park = make_park()
    make_ride(park)
    recomputed(park)
    rows = {"ride_rows": RideDailyStats.objects.count(), "park_rows": ParkDailyStats.objects.count()}
    assert rows == case["expected"]


@pytest.mark.django_db
@pytest.mark.parametrize("case", golden_cases("daily_snapshot_sequences", "timezones"))
def test_the_golden_parks_of_two_zones_share_their_local_date(case):
    for zone in (NEW_YORK, LOS_ANGELES):
        park = make_park(timezone=zone)
        report(make_ride(park), local(DAY, "09:00", zone), f"O{73 * 10}")
        recomputed(park)
    rows = ParkDailyStats.objects.values_list("stat_date", "operating_hours_minutes")
    assert list(rows) == [(DAY, 730)] * case["expected"]["park_rows"]


# -- sessions --------------------------------------------------------------------------------------------


def session_of(first: datetime, last: datetime) -> ParkOperatingSession:
    """The session of a park whose rides run at the first and until the last moment, and stand in between."""
    park = make_park()
    day = local_date(first, park.timezone)
    report(make_ride(park), first, "O10 D20")
    report(make_ride(park), last - timedelta(minutes=5), "O5")
    recomputed(park, day)
    return ParkOperatingSession.objects.get(park=park, session_date=day)


@pytest.mark.django_db
@pytest.mark.parametrize("case", golden_cases("time_and_periods", "session_minutes"))
def test_the_golden_sessions_have_their_minutes(case):
    first, last = at(case["first"]), at(case["last"])
    session = session_of(first, last)
    assert (session.session_start_utc, session.session_end_utc) == (first, last)
    assert session.operating_minutes == case["expected_minutes"]


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "minutes"), [(0, 600), (59, 600), (60, 601), (-1, 599)])
def test_the_minutes_of_a_session_are_truncated(seconds, minutes):
    assert session_of(OPENING, OPENING + timedelta(hours=10, seconds=seconds)).operating_minutes == minutes


# -- the park first --------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("park_open", [True, False], ids=["open", "closed"])
@pytest.mark.parametrize("case", golden_cases("ride_status", "operating_and_down"))
def test_the_golden_states_count_while_the_park_is_open_and_for_nothing_while_it_is_closed(case, park_open):
    """R-5.2: a ride that ran for an hour reports the state for another."""
    ride = make_ride(make_park(is_disney=case["is_disney"], is_universal=case["is_universal"]))
    end = report(ride, OPENING, "O60")
    letter = next(letter for letter, state in STATES.items() if state == (case["status"], case["computed_is_open"]))
    report(ride, end, f"{letter}60", park_open=park_open)
    recomputed(ride.park)
    closed = case["expected_counts_when_park_closed"]
    operates, fails = (
        (case["expected_operating"], case["expected_down"]) if park_open else (closed["operating"], closed["down"])
    )
    row = ride_row_of(ride)
    assert (row.uptime_minutes, row.downtime_minutes) == (60 + 60 * operates, 60 * fails)
    assert row.operating_hours_minutes == 60 + 60 * park_open


@pytest.mark.django_db
@pytest.mark.parametrize("case", EVIDENCE)
def test_the_golden_evidence_of_operation_is_strict_over_a_day(case):
    """R-5.3: neither a breakdown nor a run while the park was closed makes a ride one that operated."""
    reported = report_evidence(case["input"])
    assert RideStatusSnapshot.objects.filter(ride=reported.ride).count() >= 6
    recomputed(reported.park)
    row = ride_row_of(reported.ride)
    found = {"daily_uptime_minutes": row.uptime_minutes, "daily_downtime_minutes": row.downtime_minutes}
    expected = {name: value for name, value in case["expected"].items() if name.startswith("daily")}
    assert expected
    assert {name: found[name] for name in expected} == expected
    assert row.operating_hours_minutes == 60
    assert row.uptime_percentage == Decimal("0.00")
