"""The oracle itself, on days small enough to be added up in the head."""

import ast
import inspect
from datetime import UTC, date, datetime
from fractions import Fraction

import pytest

from config.tests.agreement import facts, listing, live, oracle, quantities, windows
from config.tests.agreement.facts import (
    Facts,
    ParkFact,
    RideFact,
    Row,
    day_span,
    hour_end,
    hour_spans,
    midnight,
    up_to_clock,
)
from config.tests.agreement.oracle import Oracle, Sums, change
from config.tests.agreement.windows import Dates, dates_before, dates_of

NEW_YORK, PARIS = "America/New_York", "Europe/Paris"
DAY, NEXT = date(2025, 7, 14), date(2025, 7, 15)
LATER = midnight(date(2025, 7, 20), NEW_YORK)
LETTERS: dict[str, tuple[str | None, bool]] = {"O": ("OPERATING", True), "D": ("DOWN", False), "C": ("CLOSED", False)}
LETTERS |= {"R": ("REFURBISHMENT", False)}
LETTERS |= {"+": (None, True), "-": (None, False)}


def at(clock: str, day: date = DAY, zone: str = NEW_YORK) -> int:
    hour, minute = map(int, clock.split(":"))
    return midnight(day, zone) + hour * 3600 + minute * 60


def observed(
    *rows: tuple[str, str, str], wait: int | None = None, park_open: bool = True, day: date = DAY
) -> list[Row]:
    return [Row(at(a, day), at(b, day), *LETTERS[state], wait, park_open) for a, b, state in rows]


def world(*rides: list[Row], says_down: bool = False, hours: tuple[str, str] | None = None) -> Facts:
    """A park of New York with these rides, 1, 2, …, all of weight 2; open whenever a row says so."""
    facts = Facts({1: ParkFact(1, "Park", NEW_YORK, says_down)})
    for pk, rows in enumerate(rides, start=1):
        facts.rides[pk] = RideFact(pk, f"Ride {pk}", 1)
        facts.rows[pk] = rows
    if rides:
        facts.activity[1] = [(row.start, row.end, row.park_open) for row in rides[0]]
    if hours:
        facts.schedule[1, DAY] = [(at(hours[0]), at(hours[1]))]
    return facts


def asked(facts: Facts, now: int = LATER, first: date = DAY, last: date = DAY) -> tuple[Oracle, Sums]:
    oracle = Oracle(facts, now, NEW_YORK)
    return oracle, oracle.ride(1, oracle.window(Dates(first, last), NEW_YORK))


OURS = ("assistant", "core", "dashboard", "importer", "parks", "snapshots", "stats", "visits", "weather")


@pytest.mark.parametrize(
    "module", [facts, windows, oracle, live, listing, quantities], ids=lambda module: module.__name__
)
def test_the_oracle_shares_no_code_with_the_product(module):
    imported = set()
    for node in ast.walk(ast.parse(inspect.getsource(module))):
        if isinstance(node, ast.Import):
            imported |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            imported.add(node.module or "")
    assert not [name for name in imported if name.split(".")[0] in OURS]


# -- rides -----------------------------------------------------------------------------------------------


def test_planned_closures_are_in_the_divisor_of_uptime_and_not_of_availability():
    rows = observed(("10:00", "16:00", "O"), ("16:00", "18:00", "D"), ("18:00", "20:00", "R"))
    _, sums = asked(world(rows))
    assert (sums.known, sums.up, sums.down, sums.closed) == (36_000, 21_600, 7_200, 7_200)
    assert (sums.uptime, sums.availability) == (60, 75)


@pytest.mark.parametrize(("says_down", "down"), [(True, 0), (False, 3600)])
def test_closed_is_down_where_the_feed_has_no_other_word(says_down, down):
    rows = observed(("10:00", "11:00", "O"), ("11:00", "12:00", "C"))
    assert asked(world(rows, says_down=says_down))[1].down == down


def test_a_ride_that_did_not_run_has_no_downtime_and_no_uptime():
    _, sums = asked(world(observed(("10:00", "18:00", "D")), says_down=True))
    assert (sums.known, sums.down, sums.closed, sums.uptime, sums.availability) == (28_800, 0, 28_800, None, None)


def test_while_a_day_runs_a_breakdown_is_evidence_where_the_feed_says_breakdowns():
    rows = observed(("10:00", "18:00", "D"))
    assert asked(world(rows, says_down=True), now=at("12:00"))[1].down == 7200
    assert asked(world(rows, says_down=False), now=at("12:00"))[1].down == 0


def test_running_while_the_park_is_closed_is_no_evidence():
    rows = observed(("08:00", "09:00", "O"), park_open=False) + observed(("10:00", "18:00", "C"))
    assert asked(world(rows))[1].down == 0


def test_waits_are_those_above_zero_and_below_480_of_the_operating_ride_in_the_open_park():
    rows = [
        *observed(("08:00", "10:00", "O"), wait=90, park_open=False),
        *observed(("10:00", "11:00", "O"), wait=10),
        *observed(("11:00", "14:00", "O"), wait=30),
        *observed(("14:00", "15:00", "O"), wait=0),
        *observed(("15:00", "16:00", "D"), wait=60),
        *observed(("16:00", "17:00", "O"), wait=480),
        *observed(("17:00", "18:00", "O")),
    ]
    _, sums = asked(world(rows))
    assert (sums.wait, sums.least, sums.greatest) == (25, 10, 30)
    assert sums.walk_on_share == 20


def test_unknown_is_open_time_without_a_report_on_days_with_one():
    rows = observed(("10:00", "12:00", "O"), ("13:00", "17:00", "O"))
    oracle, sums = asked(world(rows, hours=("09:00", "18:00")))
    assert (sums.unknown, sums.open) == (3 * 3600, 9 * 3600)
    assert oracle.ride(1, oracle.window(Dates(NEXT, NEXT), NEW_YORK)).unknown == 0


def test_rows_without_length_count_nowhere():
    rows = observed(("10:00", "12:00", "O"), ("12:00", "12:00", "D"), ("12:00", "14:00", "O"), ("18:00", "18:00", "D"))
    _, sums = asked(world(rows))
    assert (sums.outages, sums.down, sums.up) == (0, 0, 14_400)


def test_nothing_reaches_beyond_now():
    _, sums = asked(world(observed(("10:00", "18:00", "O"))), now=at("12:30"))
    assert (sums.up, sums.known) == (9000, 9000)


# -- outages ---------------------------------------------------------------------------------------------


def night(*, runs_next: bool = True, runs_before: bool = True) -> Facts:
    """Down from 23:00 until 1:00; the park is open until 2:00."""
    before = observed(("20:00", "23:00", "O" if runs_before else "R"), ("23:00", "24:00", "D"))
    after = observed(("0:00", "1:00", "D"), ("1:00", "2:00", "O" if runs_next else "R"), day=NEXT)
    return world(before + after, says_down=True)


def test_an_outage_over_midnight_is_one_and_a_breakdown_on_both_days():
    facts = night()
    assert asked(facts, first=DAY, last=NEXT)[1].outages == 1
    for day in (DAY, NEXT):
        sums = asked(facts, first=day, last=day)[1]
        assert (sums.outages, sums.down, sums.delay) == (1, 3600, 0)


def test_what_does_not_count_on_its_day_is_joined_with_nothing():
    assert asked(night(runs_next=False), first=DAY, last=NEXT)[1].outages == 1
    assert asked(night(runs_next=False), first=NEXT, last=NEXT)[1].outages == 0
    after = asked(night(runs_before=False), first=NEXT, last=NEXT)[1]
    assert (after.outages, after.delay) == (1, 3600)


def test_a_gap_parts_outages():
    rows = observed(("10:00", "11:00", "D"), ("11:30", "12:00", "D"), ("12:00", "13:00", "O"), ("13:00", "14:00", "C"))
    _, sums = asked(world(rows))
    assert (sums.outages, sums.down, sums.delay) == (3, 9000, 5400)


# -- parks -----------------------------------------------------------------------------------------------


def example(now: int = LATER) -> tuple[Oracle, Facts]:
    """R-10.6, example 2: ten hours, weights 3, 2, 1, 2, down 1, 2.5, 0 hours; the last did not run."""
    facts = world(
        observed(("10:00", "11:00", "D"), ("11:00", "20:00", "O")),
        observed(("10:00", "12:30", "D"), ("12:30", "20:00", "O")),
        observed(("10:00", "20:00", "O")),
        observed(("10:00", "20:00", "C")),
    )
    for pk, weight in enumerate((3, 2, 1, 2), start=1):
        facts.rides[pk] = RideFact(pk, f"Ride {pk}", 1, weight)
    return Oracle(facts, now, NEW_YORK), facts


def test_the_score_of_a_day_is_the_share_of_the_weight_that_was_down():
    oracle, _ = example()
    window = oracle.window(Dates(DAY, DAY), NEW_YORK)
    assert oracle.weighted_down(1, window) == 8 * 3600
    assert oracle.score(1, window) == Fraction(80, 60)
    assert oracle.park(1, window, attractions=True).availability == Fraction(100 * 265, 300)


def test_the_score_of_days_is_weighted_by_their_open_time():
    oracle, facts = example()
    for pk in (1, 2, 3, 4):
        facts.rows[pk] += observed(("10:00", "15:00", "O"), day=NEXT)
    assert oracle.score(1, oracle.window(Dates(DAY, NEXT), NEW_YORK)) == Fraction(80, 90)


def test_the_score_of_a_part_of_a_day_divides_by_the_time_the_park_was_seen_open():
    oracle, _ = example(at("12:00"))
    # 3 × 1 h + 2 × 2 h down, of a weight of 6 (who has not run yet is no member) over two hours
    assert oracle.score(1, oracle.window(Dates(DAY, DAY), NEW_YORK)) == Fraction(10 * (3 + 0), (3 + 1) * 2)


def test_a_park_that_was_never_open_has_no_score():
    oracle, _ = example()
    assert oracle.score(1, oracle.window(Dates(NEXT, NEXT), NEW_YORK)) is None


def test_shows_count_in_the_score_and_not_in_the_uptime():
    oracle, facts = example()
    facts.rides[2] = RideFact(2, "Show", 1, 2, attraction=False)
    window = oracle.window(Dates(DAY, DAY), NEW_YORK)
    assert oracle.score(1, window) == Fraction(80, 60)
    assert oracle.park(1, window, attractions=True).availability == Fraction(100 * 19, 20)
    assert oracle.park(1, window, attractions=False).down == 3.5 * 3600


def test_of_a_date_without_schedule_the_first_to_the_last_sight_is_open():
    rows = observed(("10:00", "12:00", "O"), ("13:00", "17:00", "O"))
    oracle, sums = asked(world(rows))
    assert oracle.opened(1, DAY) == [(at("10:00"), at("17:00"))]
    assert sums.unknown == 3600


# -- the calendar ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("period", "first", "last"),
    [
        ("today", "2025-12-03", "2025-12-03"),
        ("yesterday", "2025-12-02", "2025-12-02"),
        ("last_week", "2025-11-23", "2025-11-29"),
        ("last_month", "2025-11-01", "2025-11-30"),
    ],
)
def test_a_period_has_its_dates(period, first, last):
    assert dates_of(period, date(2025, 12, 3)) == Dates(date.fromisoformat(first), date.fromisoformat(last))


def test_on_a_sunday_the_last_week_ended_the_day_before():
    assert dates_of("last_week", date(2025, 11, 30)) == Dates(date(2025, 11, 23), date(2025, 11, 29))


def test_a_period_is_compared_with_the_one_before():
    week, month = dates_of("last_week", date(2025, 12, 3)), dates_of("last_month", date(2025, 12, 3))
    assert dates_before("last_week", week) == Dates(date(2025, 11, 16), date(2025, 11, 22))
    assert dates_before("last_month", month) == Dates(date(2025, 10, 1), date(2025, 10, 31))


@pytest.mark.parametrize(("day", "hours"), [(date(2025, 3, 30), 23), (date(2025, 10, 26), 25), (DAY, 24)])
def test_days_have_23_24_or_25_hours(day, hours):
    start, end = day_span(day, PARIS)
    assert end - start == hours * 3600


def test_an_hour_can_be_missing_or_come_twice():
    assert hour_spans(date(2025, 3, 30), 2, PARIS) == []
    ((start, end),) = hour_spans(date(2025, 10, 26), 2, PARIS)
    assert end - start == 7200


def test_an_hour_ends_where_the_clock_is_changed():
    """On Lord Howe Island by half an hour, at two o'clock."""
    zone = "Australia/Lord_Howe"
    start = midnight(date(2025, 10, 5), zone)
    assert [hour_end(start + n * 3600, zone) - start for n in (0, 1, 2)] == [3600, 7200, 9000]


def test_the_same_clock_time_of_another_day():
    noon = int(datetime(2025, 10, 27, 11, tzinfo=UTC).timestamp())
    start, end = up_to_clock(date(2025, 10, 26), noon, PARIS)
    assert end - start == 13 * 3600


def test_a_change_from_next_to_nothing_is_none():
    assert change(3600, 1799, 1800) is None
    assert change(900, 1800, 1800) == -50
    assert change(Fraction(15, 2), Fraction(5), 5) == 50
