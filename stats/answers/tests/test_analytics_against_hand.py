"""Any window of random days, from raw observations and from daily rows, against figures worked out by hand."""

from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.instants import instant
from snapshots.models import RideStatusSnapshot
from stats.answers.analytics import Answer, Question, parks_over, rides_over
from stats.answers.analytics_rows import METRICS
from stats.daily.recompute import recompute_park_day
from stats.measures.bucket_sums import MINUTES, Figures
from stats.measures.windows import Bucket, Window
from stats.tests.by_hand import PERCENTS, ByHand, Expected, Key, day_score, mean_score
from stats.tests.random_days import AS_FOUND, HOUR, KINDS, ParkStory, Reported, midnight, stories, write

pytestmark = [pytest.mark.django_db, pytest.mark.slow, pytest.mark.uncounted]

every_kind = pytest.mark.parametrize("kind", KINDS, ids=str)
VERSION = 1
Buckets = dict[int, dict[Key, dict[str, Any]]]  # by ride or park
NAMES = [name for name in METRICS if name not in MINUTES]
PERCENTILES = [f"wait_p{percent}" for percent in PERCENTS]
HOURS = [
    (0, 24 * HOUR),
    (11 * HOUR + 1800, 13 * HOUR + 2700),
    (HOUR, 3 * HOUR),
    (HOUR + 1800, HOUR + 2700),
    (0, HOUR),
    (20 * HOUR, 24 * HOUR),
]


@st.composite
def windows(draw: st.DrawFn, reported: list[ParkStory]) -> Window:
    """Dates or instants near the story, hours, weekdays."""
    days, zone = [day.day for day in reported[0].days], reported[0].kind.zone
    hours = draw(st.sampled_from(HOURS))
    weekdays = frozenset(draw(st.sampled_from([(), (), (), (5, 6), (0, 2, 6), (1,)])))
    if draw(st.booleans()):
        first = draw(st.sampled_from(days))
        last = draw(st.sampled_from([day for day in days if day >= first]))
        return Window(first, last, hours, weekdays)
    start = draw(st.integers(midnight(days[0], zone) // 60, midnight(days[-1], zone) // 60 + 20 * 60)) * 60
    start -= start % draw(st.sampled_from([60, 300, 3600]))
    end = start + draw(st.sampled_from([600, 5400, HOUR, 86_400, 100_020]))
    place = draw(st.sampled_from([None, "UTC", zone]))
    if place:
        moments = [datetime.fromtimestamp(at, ZoneInfo(place)) for at in (start, end)]
        return Window(moments[0], moments[1], hours, weekdays)
    naive = [datetime.fromtimestamp(at, ZoneInfo(zone)).replace(tzinfo=None) for at in (start, end)]
    return Window(naive[0], naive[1], hours, weekdays, draw(st.sampled_from([None, zone])))


def question(reported: list[Reported], window: Window, bucket: Bucket, **how: Any) -> Question:
    return Question(window, bucket, tuple(each.park for each in reported), needs_delays=True, **how)


def reported_by(figures: Figures, with_percentiles: bool) -> dict[str, Any]:
    """The sums and the published numbers, minutes apart."""
    sums = ("open_seconds", "up_seconds", "down_seconds", "unknown_seconds", "opening_delay_seconds")
    names = NAMES + PERCENTILES * with_percentiles
    return {name: getattr(figures, name) for name in sums} | {name: exact(figures.metric(name)) for name in names}


def exact(value: Decimal | int | None) -> Fraction | int | None:
    """A Decimal never equals a Fraction."""
    return Fraction(value) if isinstance(value, Decimal) else value


def expected_of(expected: Expected, with_percentiles: bool) -> dict[str, Any]:
    names = NAMES + PERCENTILES * with_percentiles
    return expected.seconds | {name: expected.metrics[name] for name in names}


def all_expected(found: dict[int, dict[Key, Expected]], with_percentiles: bool) -> Buckets:
    return {
        pk: {key: expected_of(each, with_percentiles) for key, each in buckets.items()}
        for pk, buckets in found.items()
        if buckets
    }


def differences(reported: Buckets, expected: Buckets) -> dict[tuple[int, Key, str], tuple[Any, Any]]:
    """(reported, expected) wherever the two are not equal, by ride or park, bucket and number."""
    found = {}
    for pk, key in {(pk, key) for each in (reported, expected) for pk, keys in each.items() for key in keys}:
        rows = [each.get(pk, {}).get(key, {}) for each in (reported, expected)]
        for name in {*rows[0], *rows[1]}:
            pair = (rows[0].get(name, "no row"), rows[1].get(name, "no row"))
            if pair[0] != pair[1]:
                found[pk, key, name] = pair
    return found


def all_reported(answers: dict[int, Answer], with_percentiles: bool) -> Buckets:
    return {
        pk: {key: reported_by(each, with_percentiles) for key, each in found.buckets.items()}
        for pk, found in answers.items()
    }


@every_kind
@settings(max_examples=5, phases=AS_FOUND)
@given(st.data())
def test_every_bucket_of_any_window_says_what_the_rules_say(kind, data):
    given_stories = data.draw(stories(kind))
    window, bucket = data.draw(windows(given_stories)), data.draw(st.sampled_from(list(Bucket)))
    reported = [write(story) for story in given_stories]
    first, last = (
        midnight(reported[0].days[0], reported[0].park.timezone),
        midnight(reported[0].days[-1], reported[0].park.timezone),
    )
    now = data.draw(st.just(last + 5 * 86_400) | st.integers(first // 60, last // 60 + 1440).map(lambda n: n * 60))
    by_hand = [ByHand(each, window, bucket, now) for each in reported]
    exact = data.draw(st.booleans())
    asked = question(reported, window, bucket, needs_raw=exact)
    rides = {ride: buckets for each in by_hand for ride, buckets in each.rides.items()}
    assert differences(all_reported(rides_over(asked, VERSION, instant(now)), exact), all_expected(rides, exact)) == {}
    parks = {each.reported.park.pk: each.park for each in by_hand}
    assert differences(all_reported(parks_over(asked, VERSION, instant(now)), exact), all_expected(parks, exact)) == {}


# -- from daily rows -------------------------------------------------------------------------------------

DAY_BUCKETS = [bucket for bucket in Bucket if bucket.is_made_of_days]


@st.composite
def whole_days(draw: st.DrawFn, reported: list[ParkStory]) -> Window:
    days = [day.day for day in reported[0].days]
    weekdays = frozenset(draw(st.sampled_from([(), (), (5, 6), (0, 2, 4)])))
    return Window(days[0], draw(st.sampled_from(days)), weekdays=weekdays)


def reported_of_days(answers: dict[int, Answer]) -> tuple[Buckets, Buckets]:
    """Totals (under the key 0) and buckets; without scores, which are those of another rule (R-10.3)."""
    totals: Buckets = {pk: {0: reported_by(found.total, False)} for pk, found in answers.items()}
    found = totals, all_reported(answers, False)
    for each in [row for buckets in found for keys in buckets.values() for row in keys.values()]:
        del each["shame_score"]
    return found


@every_kind
@settings(max_examples=3, phases=AS_FOUND)
@given(st.data())
def test_whole_days_say_the_same_from_daily_rows_and_from_raw_observations(kind, data):
    given_stories = data.draw(stories(kind))
    window, bucket = data.draw(whole_days(given_stories)), data.draw(st.sampled_from(DAY_BUCKETS))
    reported = [write(story) for story in given_stories]
    later = instant(midnight(reported[0].days[-1], reported[0].park.timezone) + 5 * 86_400)
    from_raw = [over(question(reported, window, bucket), VERSION, later) for over in (rides_over, parks_over)]
    for each in reported:
        for day in each.days:
            recompute_park_day(each.park, day, VERSION)
    asked = question(reported, window, bucket)
    RideStatusSnapshot.objects.filter(park__in=asked.parks).delete()
    from_rows = [over(asked, VERSION, later) for over in (rides_over, parks_over)]
    for raw, stored in zip(from_raw, from_rows, strict=True):
        for in_store, measured in zip(reported_of_days(stored), reported_of_days(raw), strict=True):
            assert differences(in_store, measured) == {}
    rides = from_raw[0]
    assert {pk: found.total.shame_score for pk, found in rides.items()} == {
        pk: found.total.shame_score for pk, found in from_rows[0].items()
    }
    for each in reported:
        days = window.dates(each.park.timezone)
        scores = [score for day in days if (score := day_score(each, day)) is not None]
        expected = mean_score(scores)
        found = from_rows[1].get(each.park.pk)
        assert (found and found.total.shame_score) == expected
