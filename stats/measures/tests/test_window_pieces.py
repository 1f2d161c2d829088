"""Windows on the clocks of parks (R-3.1, R-3.2): days of 23 and 25 hours, hours of day, weekdays, buckets."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stats.measures.windows import SIZES, Bucket, Window, pieces, slices
from stats.tests.builders import LOS_ANGELES, NEW_YORK, PARIS, TOKYO
from stats.tests.by_hand import Place, places_of
from stats.tests.random_days import LORD_HOWE, Span, midnight

HOUR = 3600
SPRING, AUTUMN = date(2025, 3, 9), date(2025, 11, 2)  # New York
FAR_FUTURE = 2**40
# (zone, day, hours it has)
CHANGES = [
    (NEW_YORK, SPRING, 23),
    (NEW_YORK, AUTUMN, 25),
    (LOS_ANGELES, date(2025, 3, 9), 23),
    (PARIS, date(2025, 3, 30), 23),
    (PARIS, date(2025, 10, 26), 25),
    (LORD_HOWE, date(2025, 10, 5), 23.5),
    (LORD_HOWE, date(2025, 4, 6), 24.5),
    ("Africa/Cairo", date(2025, 4, 25), 23),  # no midnight: the clock goes from 23:59 to 1:00
    ("Africa/Cairo", date(2025, 10, 30), 25),  # 23:00 to 24:00 comes twice
    ("America/Havana", date(2025, 11, 2), 25),  # 0:00 to 1:00 comes twice
    (NEW_YORK, date(2025, 7, 4), 24),
    (TOKYO, date(2025, 3, 30), 24),
    ("Asia/Kathmandu", date(2025, 3, 30), 24),
]
every_change = pytest.mark.parametrize(("zone", "day", "hours"), CHANGES)


def clock(hours: float, minutes: int = 0) -> int:
    return round(hours * HOUR) + minutes * 60


def spans(window: Window, zone: str) -> list[Span]:
    return [(piece.start, piece.end) for piece in pieces(window, zone)]


def reported(window: Window, zone: str = NEW_YORK) -> list[tuple[str, str]]:
    """The pieces as the clock shows their ends, with the UTC offset."""
    place = ZoneInfo(zone)
    return [
        tuple(f"{datetime.fromtimestamp(at, place):%d %H:%M %z}"[:-2] for at in (a, b))  # type: ignore[misc]
        for a, b in spans(window, zone)
    ]


def total(window: Window, zone: str) -> int:
    return sum(end - start for start, end in spans(window, zone))


def buckets(window: Window, bucket: Bucket, zone: str) -> Counter[object]:
    """Seconds by bucket."""
    found: Counter[object] = Counter()
    for cut in slices(pieces(window, zone), bucket, zone):
        found[cut.key] += cut.end - cut.start
    return found


# -- days ------------------------------------------------------------------------------------------------


@every_change
def test_a_day_has_all_its_hours_and_no_others(zone, day, hours):
    window = Window(day, day)
    assert total(window, zone) == hours * HOUR
    found = spans(window, zone)
    assert found[0][0] == midnight(day, zone)
    assert found[-1][1] == midnight(day + timedelta(days=1), zone)
    assert all(end == start for (_, end), (start, _) in pairwise(found))


@every_change
def test_every_piece_lies_on_its_day_and_knows_its_clock(zone, day, hours):
    window = Window(day - timedelta(days=1), day + timedelta(days=1))
    for piece in pieces(window, zone):
        for at in (piece.start, piece.end - 60):
            local = datetime.fromtimestamp(at, ZoneInfo(zone))
            assert local.date() == piece.day
            assert at - piece.midnight == local.hour * HOUR + local.minute * 60


@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25)])
def test_a_day_of_23_hours_has_23_hourly_buckets_and_one_of_25_has_25(day, hours):
    assert list(buckets(Window(day, day), Bucket.H1, NEW_YORK).values()) == [HOUR] * hours


@pytest.mark.parametrize(("day", "count"), [(date(2025, 10, 5), 24), (date(2025, 4, 6), 25)])
def test_half_an_hour_of_summer_time_makes_one_bucket_of_half_an_hour(day, count):
    found = buckets(Window(day, day), Bucket.H1, LORD_HOWE)
    assert sorted(found.values()) == [HOUR // 2] + [HOUR] * (count - 1)


@every_change
@pytest.mark.parametrize("bucket", list(Bucket))
def test_the_buckets_of_a_day_are_all_of_the_day(zone, day, hours, bucket):
    found = buckets(Window(day, day), bucket, zone)
    assert sum(found.values()) == hours * HOUR
    # A change of the clock makes one bucket longer or shorter, by an hour at most.
    size = SIZES.get(bucket.value, HOUR if bucket == Bucket.HOUR_OF_DAY else 24 * HOUR)
    assert max(found.values()) <= size + (0 if bucket.value in SIZES and size <= HOUR else HOUR)


@every_change
@pytest.mark.parametrize("bucket", [bucket for bucket in Bucket if bucket.value in SIZES])
def test_a_clock_bucket_is_named_by_its_first_instant(zone, day, hours, bucket):
    cuts = slices(pieces(Window(day, day), zone), bucket, zone)
    first: dict[object, int] = {}
    for cut in cuts:
        first.setdefault(cut.key, cut.start)
    assert all(key == start for key, start in first.items())


# -- hours of the day ------------------------------------------------------------------------------------


def test_hours_in_the_gap_of_spring_are_no_time():
    assert spans(Window(SPRING, SPRING, (clock(2), clock(3))), NEW_YORK) == []
    assert spans(Window(SPRING, SPRING, (clock(2, 15), clock(2, 45))), NEW_YORK) == []


def test_hours_around_the_gap_are_what_the_clock_showed_of_them():
    window = Window(SPRING, SPRING, (clock(1, 30), clock(3, 30)))
    assert reported(window) == [("09 01:30 -05", "09 03:00 -04"), ("09 03:00 -04", "09 03:30 -04")]
    assert total(window, NEW_YORK) == HOUR


def test_hours_that_end_in_the_gap_end_where_the_clock_jumps():
    assert reported(Window(SPRING, SPRING, (clock(1, 30), clock(2, 30)))) == [("09 01:30 -05", "09 03:00 -04")]
    assert reported(Window(SPRING, SPRING, (clock(2, 30), clock(4)))) == [("09 03:00 -04", "09 04:00 -04")]


def test_the_repeated_hour_of_autumn_counts_twice():
    window = Window(AUTUMN, AUTUMN, (clock(1), clock(2)))
    assert reported(window) == [("02 01:00 -04", "02 01:00 -05"), ("02 01:00 -05", "02 02:00 -05")]
    assert total(window, NEW_YORK) == 2 * HOUR


def test_a_part_of_the_repeated_hour_is_two_pieces_with_a_pause_between():
    window = Window(AUTUMN, AUTUMN, (clock(1, 30), clock(1, 45)))
    assert reported(window) == [("02 01:30 -04", "02 01:45 -04"), ("02 01:30 -05", "02 01:45 -05")]


def test_lunch_is_as_long_on_the_days_when_the_clock_changes():
    for zone, day, _ in CHANGES:
        assert total(Window(day, day, (clock(11, 30), clock(13, 45))), zone) == clock(2, 15)


def test_hours_to_24_end_at_the_local_midnight():
    assert reported(Window(AUTUMN, AUTUMN, (clock(22), clock(24)))) == [("02 22:00 -05", "03 00:00 -05")]


def test_hours_apply_to_windows_of_instants_in_the_parks_zone():
    start, end = datetime(2025, 7, 4, 17, tzinfo=UTC), datetime(2025, 7, 6, 16, tzinfo=UTC)
    window = Window(start, end, (clock(11, 30), clock(13, 45)))
    assert reported(window) == [
        ("04 13:00 -04", "04 13:45 -04"),
        ("05 11:30 -04", "05 13:45 -04"),
        ("06 11:30 -04", "06 12:00 -04"),
    ]


# -- instants, weekdays ----------------------------------------------------------------------------------


def test_instants_without_an_offset_are_read_on_each_parks_clock_or_on_the_one_that_is_named():
    noon, one = datetime(2025, 7, 4, 12), datetime(2025, 7, 4, 13)  # noqa: DTZ001  (no offset, on purpose)
    window = Window(noon, one)
    assert [spans(window, zone)[0][0] - midnight(date(2025, 7, 4), zone) for zone in (NEW_YORK, TOKYO, PARIS)] == [
        12 * HOUR
    ] * 3
    named = Window(noon, one, clock=TOKYO)
    assert spans(named, NEW_YORK) == spans(named, PARIS) == spans(window, TOKYO)


def test_an_offset_of_its_own_wins_over_every_clock():
    start = datetime(2025, 7, 4, 12, tzinfo=timezone(timedelta(hours=2)))
    window = Window(start, start + timedelta(hours=1), clock=TOKYO)
    assert reported(window) == [("04 06:00 -04", "04 07:00 -04")]


def test_a_window_of_instants_is_cut_at_local_midnight():
    start, end = datetime(2025, 7, 4, 23), datetime(2025, 7, 5, 1)  # noqa: DTZ001
    assert reported(Window(start, end)) == [("04 23:00 -04", "05 00:00 -04"), ("05 00:00 -04", "05 01:00 -04")]
    assert [piece.day.day for piece in pieces(Window(start, end), NEW_YORK)] == [4, 5]


@pytest.mark.parametrize(("start", "end"), [(12, 12), (13, 12)])
def test_a_window_that_ends_before_it_begins_is_empty(start, end):
    window = Window(datetime(2025, 7, 4, start, tzinfo=UTC), datetime(2025, 7, 4, end, tzinfo=UTC))
    assert (window.dates(NEW_YORK), pieces(window, NEW_YORK)) == ([], [])


def test_weekdays_are_those_of_the_park():
    saturday = Window(date(2025, 7, 1), date(2025, 7, 31), weekdays=frozenset({5}))
    assert [day.day for day in saturday.dates(NEW_YORK)] == [5, 12, 19, 26]
    # Friday evening in New York is Saturday in Tokyo.
    evening = datetime(2025, 7, 4, 20, tzinfo=ZoneInfo(NEW_YORK))
    window = Window(evening, evening + timedelta(hours=1), weekdays=frozenset({5}))
    assert spans(window, NEW_YORK) == []
    assert total(window, TOKYO) == HOUR


def test_weekdays_without_a_date_in_the_window_are_no_time():
    assert pieces(Window(date(2025, 7, 7), date(2025, 7, 8), weekdays=frozenset({5, 6})), NEW_YORK) == []


# -- buckets ---------------------------------------------------------------------------------------------


def keys(window: Window, bucket: Bucket, zone: str = NEW_YORK) -> list[str]:
    """The clock at the keys of the buckets, in order."""
    place = ZoneInfo(zone)
    return [f"{datetime.fromtimestamp(key, place):%H:%M %z}"[:-2] for key in buckets(window, bucket, zone)]  # type: ignore[arg-type]


def test_the_repeated_hour_is_two_buckets_up_to_an_hour_and_part_of_one_beyond():
    window = Window(AUTUMN, AUTUMN, (0, clock(4)))
    assert keys(window, Bucket.H1) == ["00:00 -04", "01:00 -04", "01:00 -05", "02:00 -05", "03:00 -05"]
    assert keys(window, Bucket.H2) == ["00:00 -04", "02:00 -05"]
    assert list(buckets(window, Bucket.H2, NEW_YORK).values()) == [3 * HOUR, 2 * HOUR]
    assert keys(window, Bucket.M30)[2:6] == ["01:00 -04", "01:30 -04", "01:00 -05", "01:30 -05"]


def test_a_bucket_that_begins_in_the_gap_is_named_by_the_jump():
    window = Window(SPRING, SPRING, (0, clock(4)))
    assert keys(window, Bucket.H1) == ["00:00 -05", "01:00 -05", "03:00 -04"]
    assert keys(window, Bucket.H2) == ["00:00 -05", "03:00 -04"]
    assert list(buckets(window, Bucket.H2, NEW_YORK).values()) == [2 * HOUR, HOUR]


def test_buckets_are_aligned_to_the_clock_and_not_to_the_window():
    window = Window(date(2025, 7, 4), date(2025, 7, 4), (clock(11, 37), clock(13, 5)))
    assert keys(window, Bucket.H1) == ["11:00 -04", "12:00 -04", "13:00 -04"]
    assert list(buckets(window, Bucket.H1, NEW_YORK).values()) == [23 * 60, HOUR, 300]


def test_buckets_of_kathmandu_begin_at_its_own_full_hours():
    assert keys(Window(date(2025, 7, 4), date(2025, 7, 4)), Bucket.H6, "Asia/Kathmandu") == [
        f"{hour:02}:00 +05" for hour in (0, 6, 12, 18)
    ]


@pytest.mark.parametrize(
    ("bucket", "expected"),
    [
        (Bucket.DAY, [date(2025, 3, day) for day in (1, 2, 3, 9, 10)]),
        (Bucket.WEEK, [date(2025, 2, 24), date(2025, 3, 3), date(2025, 3, 10)]),
        (Bucket.MONTH, [date(2025, 3, 1)]),
        (Bucket.WEEKDAY, [0, 5, 6]),
        (Bucket.HOUR_OF_DAY, list(range(24))),
        (Bucket.NONE, [0]),
    ],
)
def test_calendar_buckets_are_named_by_their_first_date_or_their_number(bucket, expected):
    window = Window(date(2025, 3, 1), date(2025, 3, 10))
    few = {1, 2, 3, 9, 10}
    parts = [piece for piece in pieces(window, NEW_YORK) if piece.day.day in few]
    assert sorted({cut.key for cut in slices(parts, bucket, NEW_YORK)}) == expected


def test_hours_of_the_day_take_in_the_repeated_hour_and_miss_the_skipped_one():
    both = Window(SPRING, SPRING), Window(AUTUMN, AUTUMN)
    spring, autumn = (buckets(window, Bucket.HOUR_OF_DAY, NEW_YORK) for window in both)
    assert (spring[1], spring[2], autumn[1], autumn[2]) == (HOUR, 0, 2 * HOUR, HOUR)


def test_the_turn_of_the_year_parts_months_and_not_weeks():
    window = Window(date(2024, 12, 31), date(2025, 1, 1))
    assert list(buckets(window, Bucket.MONTH, TOKYO)) == [date(2024, 12, 1), date(2025, 1, 1)]
    assert list(buckets(window, Bucket.WEEK, TOKYO)) == [date(2024, 12, 30)]


moments = st.datetimes(datetime(2025, 1, 1), datetime(2025, 12, 31)).map(  # noqa: DTZ001
    lambda at: at.replace(minute=at.minute - at.minute % 5, second=0, microsecond=0)
)


@settings(max_examples=150)
@given(
    st.sampled_from(CHANGES),
    st.integers(-30, 30),
    st.integers(1, 60),
    st.tuples(st.integers(0, 287), st.integers(1, 288)),
    st.frozensets(st.integers(0, 6), max_size=4),
    st.sampled_from(list(Bucket)),
    st.sampled_from(["dates", "own clock", "other clock", "UTC"]),
)
def test_any_window_is_what_a_look_at_the_clock_every_minute_gives(
    change, first, length, hours, weekdays, bucket, kind
):
    zone, day, _ = change
    hours = (min(hours) * 300, max(min(hours) + 1, *hours) * 300)
    if kind == "dates":
        window = Window(day, day + timedelta(days=length % 2), hours, weekdays)
    else:
        start = datetime(day.year, day.month, day.day) + timedelta(minutes=25 * first)  # noqa: DTZ001
        start, end = (
            at.replace(tzinfo=UTC if kind == "UTC" else None) for at in (start, start + timedelta(minutes=35 * length))
        )
        window = Window(start, end, hours, weekdays, PARIS if kind == "other clock" else None)
    found: dict[Place, list[Span]] = {}
    for cut in slices(pieces(window, zone), bucket, zone):
        place = found.setdefault((cut.day, cut.key), [])
        if place and place[-1][1] == cut.start:
            place[-1] = place[-1][0], cut.end
        else:
            place.append((cut.start, cut.end))
    days = [day - timedelta(days=1), day + timedelta(days=2)]
    assert found == places_of(window, bucket, zone, days, FAR_FUTURE)


# -- the same question earlier ---------------------------------------------------------------------------


def test_the_window_before_has_as_many_dates_and_ends_where_this_one_begins():
    window = Window(date(2025, 3, 1), date(2025, 3, 31), (clock(10), clock(12)), frozenset({5}), TOKYO)
    assert window.before() == Window(date(2025, 1, 29), date(2025, 2, 28), *(window.hours, window.weekdays, TOKYO))
    assert Window(SPRING, SPRING).before() == Window(date(2025, 3, 8), date(2025, 3, 8))


def test_the_window_of_instants_before_is_as_long_and_touches_this_one():
    start, end = datetime(2025, 7, 4, 11, 30, tzinfo=UTC), datetime(2025, 7, 4, 13, 45, tzinfo=UTC)
    before = Window(start, end).before()
    assert (before.start, before.end) == (datetime(2025, 7, 4, 9, 15, tzinfo=UTC), start)


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        ((2025, 7, 4), (2025, 7, 6), ((2024, 7, 4), (2024, 7, 6))),
        ((2024, 2, 29), (2024, 2, 29), ((2023, 2, 28), (2023, 2, 28))),
        ((2024, 2, 1), (2024, 2, 29), ((2023, 2, 1), (2023, 2, 28))),
        ((2024, 2, 28), (2024, 3, 1), ((2023, 2, 28), (2023, 3, 1))),
        ((2025, 2, 28), (2025, 3, 1), ((2024, 2, 28), (2024, 3, 1))),
        ((2024, 1, 1), (2024, 12, 31), ((2023, 1, 1), (2023, 12, 31))),
    ],
)
def test_a_year_before_are_the_same_dates(first, last, expected):
    found = Window(date(*first), date(*last), (0, HOUR), frozenset({1})).a_year_before()
    assert found == Window(date(*expected[0]), date(*expected[1]), (0, HOUR), frozenset({1}))


def test_instants_a_year_before_show_the_same_clock():
    start, end = datetime(2025, 7, 4, 11, 30), datetime(2025, 7, 4, 13, 45)  # noqa: DTZ001
    found = Window(start, end, clock=PARIS).a_year_before()
    assert found == Window(datetime(2024, 7, 4, 11, 30), datetime(2024, 7, 4, 13, 45), clock=PARIS)  # noqa: DTZ001
    leap = datetime(2024, 2, 29, 10, tzinfo=UTC)
    found = Window(leap, leap + timedelta(hours=2)).a_year_before()
    assert (found.start, found.end) == (datetime(2023, 2, 28, 10, tzinfo=UTC), datetime(2023, 2, 28, 12, tzinfo=UTC))


@pytest.mark.parametrize(("start", "hours"), [(12, 18), (0, 24)])
def test_a_window_of_instants_that_ends_on_29_february_has_its_length_a_year_before(start, hours):
    """It begins on the 28th; it must neither be empty nor end before it begins."""
    start = datetime(2024, 2, 28, start, tzinfo=UTC)
    found = Window(start, start + timedelta(hours=hours)).a_year_before()
    begins = start.replace(year=2023)
    assert (found.start, found.end) == (begins, begins + timedelta(hours=hours))
