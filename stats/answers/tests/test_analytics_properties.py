"""What holds for every window of every day, whatever was observed (R-3, R-8, R-10.0, R-16)."""

import random
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.db.models import Q, Sum, Value
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from core.database.expressions import SecondsSince, WholeDivision
from core.database.querysets import upsert
from core.instants import instant
from parks.models import Park
from snapshots.models import DataSource, ParkActivitySnapshot, RideStatusSnapshot
from snapshots.status import down, operating
from snapshots.storage.bulk import insert_new, stamp
from stats.answers.analytics import Answer, Question, parks_over, rides_over
from stats.answers.tests.asking import VERSION, of_park, of_ride
from stats.measures.bucket_sums import MINUTES, Figures
from stats.measures.ride_measures import merge_waits
from stats.measures.window_measures import park_window
from stats.measures.windows import SIZES, Bucket, Window
from stats.tests.builders import DAY, NEW_YORK, local, make_park, make_ride, recomputed, report, show_park
from stats.tests.random_days import (
    AS_FOUND,
    HOUR,
    KINDS,
    Kind,
    ParkStory,
    Reported,
    midnight,
    park_stories,
    write,
    write_rows,
)

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.uncounted]

# The park's own rows say when it was open: without them that depends on the window (the longest of its rides).
OBSERVED = [kind for kind in KINDS if kind.has_activity]
SUMS = ("open_seconds", "up_seconds", "down_seconds", "unknown_seconds", "opening_delay_seconds", "rows")
WAITS = ("wait_min", "wait_max", "walk_on_percentage")


@st.composite
def parks(draw: st.DrawFn, kinds: list[Kind] = OBSERVED, days: int = 2) -> ParkStory:
    kind = draw(st.sampled_from(kinds))
    first = date(2025, 11, 1) if kind.zone == NEW_YORK else date(2025, 10, 25)
    return draw(park_stories(kind, draw(st.sampled_from([first, date(2025, 7, 4)])), days))


def after(reported: Reported) -> datetime:
    return instant(midnight(reported.days[-1], reported.park.timezone) + 5 * 86_400)


def asked(reported: Reported, window: Window, bucket: Bucket = Bucket.NONE) -> dict[Any, Answer]:
    """Answers of the rides by their place in the park, and of the park."""
    question = Question(window, bucket, (reported.park,), needs_raw=True, needs_delays=True)
    found: dict[Any, Answer] = dict(parks_over(question, VERSION, after(reported)))
    rides = rides_over(question, VERSION, after(reported))
    park = found.pop(reported.park.pk, None)
    return {number: rides[pk] for number, pk in enumerate(reported.rides) if pk in rides} | (
        {"park": park} if park else {}
    )


def sums(figures: Figures) -> dict[str, Any]:
    pooled: dict[int, int] = {}
    for waits in figures.posted:
        merge_waits(pooled, waits)
    return {name: getattr(figures, name) for name in SUMS + WAITS} | {"waits": figures.waits, "posted": pooled}


def added(parts: Iterable[dict[Any, Answer]]) -> dict[Any, dict[str, Any]]:
    """The sums over parts of a window."""
    found: dict[Any, Figures] = {}
    for part in parts:
        for name, answer in part.items():
            found.setdefault(name, Figures()).add(answer.total)
    return {name: sums(figures) for name, figures in found.items()}


# -- parts and wholes ------------------------------------------------------------------------------------


def cut_by_hours(window: Window, at: int) -> list[Window]:
    return [replace(window, hours=(0, at)), replace(window, hours=(at, 24 * HOUR))]


def cut_by_weekday(window: Window, at: int) -> list[Window]:
    some = frozenset(n for n in range(7) if n * HOUR < at % (7 * HOUR))
    return [replace(window, weekdays=days) for days in (some, frozenset(range(7)) - some) if days]


def cut_by_instant(window: Window, at: int) -> list[Window]:
    first = datetime(window.start.year, window.start.month, window.start.day)  # noqa: DTZ001  (the park's clock)
    end = first + timedelta(days=2)
    middle = first + timedelta(hours=12, seconds=at)
    return [Window(first, middle), Window(middle, end)]


@settings(max_examples=20, phases=AS_FOUND)
@given(
    parks(),
    st.sampled_from([cut_by_hours, cut_by_weekday, cut_by_instant]),
    st.integers(1, 24 * 12 - 1).map(lambda n: n * 300) | st.integers(1, 24 * 60 - 1).map(lambda n: n * 60),
)
def test_the_parts_of_a_window_add_up_to_the_window(story, cut, at):
    # At Disney and Universal parks a part of a day accepts evidence that the whole day does not.
    reported = write(replace(story, is_disney=False))
    whole = Window(reported.days[0], reported.days[-1])
    expected = {name: sums(answer.total) for name, answer in asked(reported, whole).items()}
    assert added(asked(reported, part) for part in cut(whole, at)) == expected


@settings(max_examples=10, phases=AS_FOUND)
@given(parks())
def test_the_days_of_a_window_add_up_to_the_window(story):
    reported = write(story)
    expected = {
        name: sums(answer.total)
        for name, answer in asked(reported, Window(reported.days[0], reported.days[-1])).items()
    }
    assert added(asked(reported, Window(day, day)) for day in reported.days) == expected


@settings(max_examples=15, phases=AS_FOUND)
@given(parks(), st.sampled_from(list(Bucket)), st.sampled_from([(0, 24 * HOUR), (11 * HOUR + 420, 15 * HOUR)]))
def test_the_total_of_a_window_does_not_depend_on_its_buckets(story, bucket, hours):
    reported = write(story)
    window = Window(reported.days[0], reported.days[-1], hours)
    plain, cut = asked(reported, window), asked(reported, window, bucket)
    assert {name: sums(answer.total) for name, answer in cut.items()} == {
        name: sums(answer.total) for name, answer in plain.items()
    }
    assert {name: answer.total.shame_score for name, answer in cut.items()} == {
        name: answer.total.shame_score for name, answer in plain.items()
    }


@pytest.mark.parametrize("bucket", list(Bucket))
def test_the_score_of_a_window_is_its_rate_and_not_the_mean_of_its_buckets(bucket):
    """A-14. The park opens at 10:50; the ride is down for the last ten minutes of the hour and then never again."""
    ride = make_ride(make_park())
    report(ride, local(DAY, "10:50"), "D10 O100", None)
    show_park(ride.park, local(DAY, "10:50"), 110)
    window = Window(DAY, DAY)
    assert of_park(ride.park, window, bucket).total.shame_score == Decimal("0.9")
    assert of_ride(ride, window, bucket).total.shame_score == Decimal("0.9")


@settings(max_examples=15, phases=AS_FOUND)
@given(parks(KINDS), st.sampled_from(list(Bucket)))
def test_up_down_closed_and_unknown_time_are_the_open_time(story, bucket):
    reported = write(story)
    for answer in asked(reported, Window(reported.days[0], reported.days[-1]), bucket).values():
        for figures in [answer.total, *answer.buckets.values()]:
            minutes = {name: figures.metric(name) for name in MINUTES}
            assert all(value >= 0 for value in minutes.values())
            assert minutes.pop("opening_delay_minutes") <= minutes["downtime_minutes"]
            assert minutes.pop("open_minutes") == sum(minutes.values())
            assert figures.up_seconds + figures.down_seconds <= figures.open_seconds
            exact = (figures.up_seconds, figures.down_seconds, figures.unknown_seconds)
            names = ("uptime_minutes", "downtime_minutes", "unknown_minutes")
            assert all(abs(minutes[name] * 60 - seconds) <= 60 for name, seconds in zip(names, exact, strict=True))
            shares = (figures.uptime_percentage, figures.shame_score)
            assert all(0 <= share <= most for share, most in zip(shares, (100, 10), strict=True) if share is not None)


# -- the score is a rate (R-10.0) ------------------------------------------------------------------------


@settings(max_examples=15, phases=AS_FOUND)
@given(
    st.integers(2, 5),
    st.data(),
    st.sampled_from([300, 600, 1200]),
    st.booleans(),
    st.sampled_from([Bucket.NONE, Bucket.H1, Bucket.M20, Bucket.H4, Bucket.HOUR_OF_DAY, Bucket.WEEK]),
)
def test_the_same_score_at_every_snapshot_is_the_score_of_every_window(count, data, interval, is_disney, bucket):
    """Of rides of one weight, as many are down at each snapshot, and each runs at some time of the day."""
    down_at_once = data.draw(st.integers(0, count - 1))
    park = make_park(is_disney=is_disney)
    rides = [make_ride(park, classified=2) for _ in range(count)]
    days = [DAY, DAY + timedelta(days=1)]
    for day in days:
        for number, ride in enumerate(rides):
            states = ["D" if (number - at) % count < down_at_once else "O" for at in range(4 * 3600 // interval)]
            report(ride, local(day, "10:00"), " ".join(f"{state}{interval}s" for state in states), interval)
        show_park(park, local(day, "10:00"), 240)
    expected = (Decimal(10 * down_at_once) / count).quantize(Decimal("0.1"))
    found = of_park(park, Window(days[0], days[1]), bucket)
    assert [each.shame_score for each in [found.total, *found.buckets.values()]] == [expected] * (
        1 + len(found.buckets)
    )
    for day in days:
        recomputed(park, day)
    assert of_park(park, Window(days[0], days[1])).total.shame_score == expected


# -- what must not matter --------------------------------------------------------------------------------


@settings(max_examples=12, phases=AS_FOUND)
@given(parks(KINDS), st.integers(1, 60), st.sampled_from(list(Bucket)))
def test_shifting_everything_by_days_shifts_the_results(story, days, bucket):
    """Over days without a change of the clock, all on one weekday when weeks matter."""
    start = date(2025, 7, 7)
    days = 7 * days if bucket in (Bucket.WEEK, Bucket.WEEKDAY) else days
    assume(bucket != Bucket.MONTH)
    found = []
    for shift in (0, days):
        moved = [start + timedelta(days=shift + n) for n in range(len(story.days))]
        reported = write(
            replace(story, days=tuple(replace(each, day=day) for each, day in zip(story.days, moved, strict=True)))
        )
        answers = asked(reported, Window(moved[0], moved[-1], (8 * HOUR, 22 * HOUR)), bucket)
        found.append(
            {
                name: {earlier(key, bucket, shift): (sums(each), each.scores) for key, each in answer.buckets.items()}
                for name, answer in answers.items()
            }
        )
    assert found[0] == found[1]


def earlier(key: Any, bucket: Bucket, days: int) -> Any:
    """A bucket of the shifted story under its old name."""
    if isinstance(key, date):
        return key - timedelta(days=days)
    return key - days * 86_400 if bucket.value in SIZES else key


@settings(max_examples=10, phases=AS_FOUND)
@given(parks(KINDS), st.sampled_from(list(Bucket)), st.randoms(use_true_random=False))
def test_the_order_in_which_rows_arrive_does_not_matter(story, bucket, shuffler: random.Random):
    reported = write(story)
    window = Window(reported.days[0], reported.days[-1])
    expected = comparable(asked(reported, window, bucket))
    RideStatusSnapshot.objects.filter(park=reported.park).delete()
    activity = list(ParkActivitySnapshot.objects.filter(park=reported.park))
    ParkActivitySnapshot.objects.filter(park=reported.park).delete()
    shuffler.shuffle(activity)
    for row in activity:
        row.pk = None
    ParkActivitySnapshot.objects.bulk_create(activity)
    rides = list(reported.park.rides.all())
    shuffler.shuffle(rides)
    for ride in rides:
        write_rows(ride, shuffler.sample(reported.rides[ride.pk], len(reported.rides[ride.pk])))
    assert comparable(asked(reported, window, bucket)) == expected


def comparable(answers: dict[Any, Answer]) -> Any:
    return {
        name: {key: (sums(each), sorted(each.scores)) for key, each in answer.buckets.items()}
        for name, answer in answers.items()
    }


@settings(max_examples=8, phases=AS_FOUND)
@given(parks(KINDS))
def test_writing_the_same_rows_twice_changes_nothing(story):
    """An upsert under the natural key, as collection and import write."""
    reported = write(story)
    window = Window(reported.days[0], reported.days[-1])
    before = comparable(asked(reported, window, Bucket.H1)), RideStatusSnapshot.objects.count()
    rows = list(RideStatusSnapshot.objects.filter(park=reported.park))
    for row in rows:
        row.last_updated_api = row.recorded_at
    upsert(RideStatusSnapshot, rows, ("ride", "recorded_at"), ("status", "wait_time", "duration_seconds"))
    assert (comparable(asked(reported, window, Bucket.H1)), RideStatusSnapshot.objects.count()) == before


def test_the_same_row_in_bulk_is_refused_and_counts_once():
    ride = make_ride(make_park())
    at = stamp(int(local(DAY, "09:00").timestamp()))
    row = (ride.pk, at, ride.park_id, 3600, 1, "OPERATING", 10, 1, 1, 0, at, DataSource.ARCHIVE.value)
    insert_new(RideStatusSnapshot, [row])
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_new(RideStatusSnapshot, [row])
    found = of_ride(ride, Window(DAY, DAY)).total
    assert (found.up_seconds, found.rows) == (3600, 1)


# -- the database and Python agree -----------------------------------------------------------------------


@settings(max_examples=15, phases=AS_FOUND)
@given(
    st.lists(st.datetimes(datetime(1990, 1, 1), datetime(2060, 1, 1)), min_size=1, max_size=8),  # noqa: DTZ001
    st.integers(-(10**9), 2 * 10**9),
    st.integers(1, 100_000),
)
def test_seconds_and_whole_quotients_are_the_same_in_the_database_and_in_python(moments, anchor, unit):
    park = make_park()
    instants = sorted({at.replace(microsecond=0, tzinfo=UTC) for at in moments})
    ParkActivitySnapshot.objects.bulk_create(ParkActivitySnapshot(park=park, recorded_at=at) for at in instants)
    rows = ParkActivitySnapshot.objects.filter(park=park).annotate(
        seconds=SecondsSince("recorded_at", anchor),
        quotient=WholeDivision(SecondsSince("recorded_at", -(10**9)), Value(unit)),
    )
    expected = [(int(at.timestamp()) - anchor, (int(at.timestamp()) + 10**9) // unit) for at in instants]
    assert list(rows.order_by("recorded_at").values_list("seconds", "quotient")) == expected


@settings(max_examples=12, phases=AS_FOUND)
@given(parks(KINDS))
def test_the_rules_as_conditions_and_as_predicates_give_the_same_sums(story):
    reported = write(story)
    window = park_window(
        reported.park, list(reported.rides), Window(reported.days[0], reported.days[-1]), Bucket.NONE, after(reported)
    )
    rows = RideStatusSnapshot.objects.filter(park=reported.park)
    open_rows = rows.filter(park_appears_open=True)
    assert summed(window.rides, "up_seconds") == seconds_of(reported.park, open_rows.filter(operating()))
    assert summed(window.rides, "down_seconds") == seconds_of(reported.park, open_rows.filter(down()))
    assert summed(window.rides, "open_seconds") == seconds_of(reported.park, open_rows)
    outside = rows.filter(operating() & ~Q(park_appears_open=True))
    assert summed(window.rides, "outside_seconds") == seconds_of(reported.park, outside)


def summed(measures: Any, name: str) -> Counter[int]:
    found: Counter[int] = Counter()
    for (ride, _, _), each in measures.items():
        found[ride] += getattr(each, name)
    return +found


def seconds_of(park: Park, rows: Any) -> Counter[int]:
    return +Counter(dict(rows.order_by().values_list("ride").annotate(total=Sum("duration_seconds"))))
