"""Rides and parks over any window (R-3, R-16): from daily rows where whole days that have ended are asked for,
else from raw observations. Both give the same sums; a window over several days has the mean of the days' scores.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from django.db.models import QuerySet

from core.zones import local_date
from parks.models import Category, Park, Ride, weight_of
from snapshots.score import ScoredTime
from stats.answers.groups import Grouping, groups_of
from stats.measures.bucket_sums import Figures
from stats.measures.buckets import ride_buckets, summed_ride_buckets
from stats.measures.opening_delays import opening_delays
from stats.measures.ride_measures import WaitTotals
from stats.measures.window_measures import ParkWindow, Place, park_windows
from stats.measures.windows import Bucket, BucketKey, Window, span_key
from stats.models import ParkDailyStats, RideDailyStats
from stats.readings.period_sums import scored_day

Weights = Mapping[int, Mapping[int, int]]  # by park and ride


@dataclass(slots=True)
class Answer:
    """Figures of one entity: of the whole window, and of its buckets in order."""

    total: Figures
    buckets: dict[BucketKey, Figures]


@dataclass(frozen=True)
class Question:
    """What is asked of which parks and rides. `rides` empty: every ride of the parks; those that are no longer active
    have a history too (N-15), but no part in the running day of their park (R-5.6)."""

    window: Window
    bucket: Bucket
    parks: tuple[Park, ...]
    rides: tuple[int, ...] = ()
    needs_raw: bool = False  # wait by wait: percentiles cannot be had from sums
    grouping: Grouping | None = None  # in the place of buckets
    needs_unknown: bool = True  # how long the parks were open without a report: more to read
    needs_delays: bool = False  # which downtime was before the first run: more to read

    @property
    def is_cut_by_days(self) -> bool:
        return self.grouping is None and self.bucket.is_made_of_days

    @property
    def takes_daily_rows(self) -> bool:
        return not self.needs_raw and self.window.is_made_of_days and self.is_cut_by_days

    @cached_property
    def members(self) -> list[tuple[int, int, int, str | None, bool]]:
        """(ride, park, weight, category, is active) of the rides asked for, former ones too (N-15); one query."""
        rides = Ride.objects.in_history().filter(park__in=[park.pk for park in self.parks]).order_by()
        if self.rides:
            rides = rides.filter(pk__in=self.rides)
        listed = rides.values_list("pk", "park_id", "classification__tier_weight", "category", "is_active")
        return [(pk, park, weight_of(weight), category, is_active) for pk, park, weight, category, is_active in listed]

    @cached_property
    def attractions(self) -> frozenset[int]:
        """The rides that a park's uptime and waits are made of (N-3, N-4)."""
        return frozenset(pk for pk, _, _, category, _ in self.members if category == Category.ATTRACTION)

    @cached_property
    def former(self) -> frozenset[int]:
        """The rides that are no longer active: in no figure of their park's running day, unless they are named."""
        return frozenset(pk for pk, _, _, _, is_active in self.members if not is_active and not self.rides)

    @cached_property
    def weights(self) -> Weights:
        """Weights of the rides asked for, by park and ride."""
        found: dict[int, dict[int, int]] = defaultdict(dict)
        for pk, park, weight, _, _ in self.members:
            found[park][pk] = weight
        return found


Stored = Mapping[int, Mapping[date, ParkDailyStats]]  # by park
Sums = dict[tuple[int, BucketKey], Figures]  # by ride or park, and bucket
Scores = dict[int, list[ScoredTime]]  # of days, by ride or park


def stored_days(question: Question, version: int, now: datetime) -> Stored:
    """The days of each park that daily rows answer; one query."""
    return computed_days(question, version, now) if question.takes_daily_rows else {}


def computed_days(question: Question, version: int, now: datetime) -> dict[int, dict[date, ParkDailyStats]]:
    """The whole days of a window that are over and computed to exact sums, by park; one query."""
    if not question.window.is_made_of_days:
        return {}
    start, end = question.window.start, question.window.end
    rows = ParkDailyStats.objects.filter(
        park__in=[park.pk for park in question.parks],
        stat_date__range=(start, end),
        metrics_version=version,
        ride_seconds__isnull=False,
    ).only("park_id", "stat_date", "total_rides_tracked", "effective_park_weight", *SCORED)
    today = {park.pk: local_date(now, park.timezone) for park in question.parks}
    weekdays = question.window.weekdays
    found: dict[int, dict[date, ParkDailyStats]] = defaultdict(dict)
    for row in rows:
        if (
            row.park_id
            and row.stat_date < today[row.park_id]
            and (not weekdays or row.stat_date.weekday() in weekdays)
        ):
            found[row.park_id][row.stat_date] = row
    return found


def ride_hours(question: Question, stored: Stored) -> int:
    """How many hours of rides have to be read from raw observations: what a question costs."""
    rides = question.weights
    window = question.window
    total = 0.0
    for park in question.parks:
        start, end = window.utc_range(park.timezone)
        days = [day for day in window.dates(park.timezone) if day not in stored.get(park.pk, {})]
        hours = (window.hours[1] - window.hours[0]) / 3600
        total += len(rides.get(park.pk, ())) * min(len(days) * hours, (end - start).total_seconds() / 3600)
    return round(total)


# -- rides -----------------------------------------------------------------------------------------------


def rides_over(question: Question, version: int, now: datetime) -> dict[int, Answer]:
    """Figures of every ride asked for that was observed in the window, by ride."""
    stored = stored_days(question, version, now)
    rides = question.weights
    found: dict[int, dict[BucketKey, Figures]] = defaultdict(dict)
    scores: Scores = defaultdict(list)
    for (pk, bucket), figures in ride_sums(question, stored, rides, version).items():
        found[pk][bucket] = figures
        scores[pk] += figures.scores
    for raw in raw_windows(question, rides, stored, now, openings=False):
        for (ride, key), figures in ride_figures(raw).items():
            found[ride].setdefault(key, Figures()).add(figures)
        for ride, key, seconds in delays(raw, now) if question.needs_delays else ():
            found[ride][key].opening_delay_seconds += seconds
        for ride, score in ride_day_scores(raw):
            scores[ride].append(score)
    return {ride: answer(buckets, scores[ride]) for ride, buckets in found.items()}


def raw_windows(
    question: Question, rides: Weights, stored: Stored, now: datetime, openings: bool = True
) -> Iterator[ParkWindow]:
    """The parks' days that no daily row answers; those that share a zone and days are read together, but for groups,
    which are each park's own."""
    read = ride_buckets if question.needs_raw else summed_ride_buckets
    if question.grouping is not None:
        for park, groups in groups_of(question.grouping, question.parks, question.window, now):
            chosen = {park: rides.get(park.pk, {})}
            windows = park_windows(chosen, question.window, groups, now, read=read, openings=openings, unknown=True)
            yield from windows.values()
        return
    alike: dict[tuple[str, frozenset[date] | None], dict[Park, Iterable[int]]] = defaultdict(dict)
    for park in question.parks:
        known = stored.get(park.pk)
        days = frozenset(set(question.window.dates(park.timezone)) - known.keys()) if known else None
        alike[park.timezone, days][park] = rides.get(park.pk, {})
    for (_, days), parks in alike.items():
        wanted = None if days is None else set(days)
        windows = park_windows(
            parks, question.window, question.bucket, now, wanted, read, openings, question.needs_unknown
        )
        yield from windows.values()


SCORED = ("ride_seconds", "weighted_down_seconds")


def answer(buckets: Mapping[BucketKey, Figures], day_scores: list[ScoredTime]) -> Answer:
    """The total is the sum of the buckets, but for the score: that of each day as a whole (R-10.2)."""
    total = Figures()
    for figures in buckets.values():
        total.add(figures)
    total.scores = day_scores
    return Answer(total, dict(sorted(buckets.items())))


def ride_day_scores(raw: ParkWindow) -> Iterator[tuple[int, ScoredTime]]:
    """(ride, score) of each day, over all of its buckets."""
    sums: dict[tuple[int, date], list[int]] = {}
    for (ride, day, _), measures in raw.rides.items():
        found = sums.setdefault((ride, day), [0, 0])
        found[0] += raw.counted_down(ride, day, measures)
        found[1] += measures.open_seconds
    for (ride, _), (down, open_seconds) in sums.items():
        if open_seconds:
            yield ride, ScoredTime(down, 1, open_seconds)


def park_day_scores(
    raw: ParkWindow, weights: Mapping[int, int], computed: Mapping[date, ParkDailyStats]
) -> Iterator[ScoredTime]:
    """The score of each day, over all of its buckets; of a computed day as stored (R-10.3)."""
    down: dict[tuple[int, date], int] = defaultdict(int)
    known: set[date] = set()  # an open park of whose rides nothing is known has no score
    for (ride, day, _), measures in raw.rides.items():
        down[ride, day] += raw.counted_down(ride, day, measures)
        if measures.open_seconds:
            known.add(day)
    members: dict[date, list[tuple[int, int]]] = defaultdict(list)
    for (ride, day), seconds in down.items():
        if (ride, day) in raw.operated:
            members[day].append((seconds, weights[ride]))
    opened: dict[date, int] = defaultdict(int)
    for (day, _), seconds in raw.open_seconds.items():
        opened[day] += seconds
    for day, seconds in opened.items():
        if seconds and day in known:
            score = stored_score(computed.get(day))
            yield score_of(members[day], seconds) if score is None else score


def stored_score(row: ParkDailyStats | None) -> ScoredTime | None:
    """A day's score as stored; None when the park was not open that day, or the day is not computed."""
    return scored_day(row) if row is not None and row.ride_seconds else None


def delays(raw: ParkWindow, now: datetime) -> Iterator[tuple[int, BucketKey, int]]:
    """(ride, bucket, seconds) of the opening delays; two queries."""
    down = {(ride, day) for (ride, day, _), measures in raw.rides.items() if raw.counted_down(ride, day, measures)}
    return opening_delays(raw.park, down, raw.cuts, now)


def ride_figures(raw: ParkWindow) -> Sums:
    """Per ride and bucket. A ride's own score is that of a park with this one ride (R-10.2)."""
    found: Sums = {}
    for (ride, day, key), measures in raw.rides.items():
        down = raw.counted_down(ride, day, measures)
        figures = found.setdefault((ride, key), Figures())
        figures.add_ride(measures, down, (ride, day) in raw.operated)
        figures.add_waits(measures)
        if measures.open_seconds:
            figures.scores.append(ScoredTime(down, 1, measures.open_seconds))
    for ride, key, seconds in unknown_times(raw):
        found.setdefault((ride, key), Figures()).unknown_seconds += seconds
    for (ride, key), hours in (raw.hours or {}).items():
        found[ride, key].hours |= hours
    return found


def unknown_times(raw: ParkWindow) -> Iterator[tuple[int, BucketKey, int]]:
    """(ride, bucket, seconds): the park was open and nothing is known of the ride, on local days on which
    something is."""
    rides: dict[date, set[int]] = defaultdict(set)
    for ride, day in raw.observed:
        rides[day].add(ride)
    for (day, key), planned in raw.planned_seconds.items():
        for ride in rides[day]:
            seen = raw.rides.get((ride, day, key))
            unknown = planned - (seen.open_seconds if seen else 0)
            if unknown > 0:
                yield ride, key, unknown


def ride_sums(
    question: Question, stored: Stored, rides: Weights, version: int
) -> dict[tuple[int, BucketKey], Figures]:
    """The same from daily rows; one query."""
    found: Sums = {}
    rows = daily_rows(question, stored, rides, version)
    columns: Any = rows.values("ride_id", "ride__park_id", "stat_date", *DAILY)
    for row in columns:
        if row["stat_date"] in stored.get(row["ride__park_id"], {}):
            key = row["ride_id"], span_key(question.bucket, row["stat_date"])
            figures = found.setdefault(key, Figures())
            add_daily(figures, row)
            figures.waits.add(stored_waits(row))
            if row["open_seconds"]:
                figures.scores.append(ScoredTime(row["down_seconds"], 1, row["open_seconds"]))
    return found


# -- parks -----------------------------------------------------------------------------------------------


def parks_over(question: Question, version: int, now: datetime) -> dict[int, Answer]:
    """Figures of every park that was observed in the window, by park: seconds are sums over its rides."""
    # The stored score is that of all rides.
    computed = {} if question.rides else computed_days(question, version, now)
    stored: Stored = computed if question.takes_daily_rows else {}
    rides = question.weights
    found: dict[int, dict[BucketKey, Figures]] = defaultdict(dict)
    scores: Scores = defaultdict(list)
    for (park_id, key), figures in park_sums(question, stored, rides, version).items():
        found[park_id][key] = figures
        scores[park_id] += figures.scores
    for raw in raw_windows(question, rides, stored, now):
        park_id, weights = raw.park.pk, rides.get(raw.park.pk, {})
        leave_out(raw, question.former, local_date(now, raw.park.timezone))
        known = computed.get(park_id, {})
        stored_scores = known if question.is_cut_by_days else {}
        for key, figures in park_figures(raw, weights, question.attractions, stored_scores).items():
            found[park_id].setdefault(key, Figures(is_of_park=True)).add(figures)
        for _, key, seconds in delays(raw, now) if question.needs_delays else ():
            found[park_id][key].opening_delay_seconds += seconds
        scores[park_id] += park_day_scores(raw, weights, known)
    return {park_id: answer(buckets, scores[park_id]) for park_id, buckets in found.items()}


def leave_out(raw: ParkWindow, rides: Collection[int], today: date) -> None:
    """Take rides that are no longer active out of the running day, as lists of today do (R-5.6)."""
    if not rides:
        return
    for place in [place for place in raw.rides if place[0] in rides and place[1] >= today]:
        del raw.rides[place]
    raw.observed -= {(ride, day) for ride, day in raw.observed if ride in rides and day >= today}
    if raw.hours is not None:
        kept = {(ride, key) for ride, _, key in raw.rides}
        raw.hours = {place: hours for place, hours in raw.hours.items() if place in kept}


def park_figures(
    raw: ParkWindow,
    weights: Mapping[int, int],
    attractions: Collection[int],
    computed: Mapping[date, ParkDailyStats] | None = None,
) -> dict[BucketKey, Figures]:
    """Per bucket, the sum over the rides; the score of each day from its members (R-10.2).

    `computed`: the days whose stored score is that of a bucket.
    """
    found: dict[BucketKey, Figures] = {}
    members: dict[Place, list[tuple[int, int]]] = defaultdict(list)  # (down seconds, weight)
    for (ride, day, key), measures in raw.rides.items():
        operated = (ride, day) in raw.operated
        down = raw.counted_down(ride, day, measures)
        figures = found.setdefault(key, Figures(is_of_park=True))
        figures.add_ride(measures, down, operated)
        if ride in attractions:
            figures.add_waits(measures)
            figures.attraction_up_seconds += measures.up_seconds
            figures.attraction_down_seconds += down
        if operated:
            members[day, key].append((down, weights[ride]))
    for _, key, seconds in unknown_times(raw):
        found.setdefault(key, Figures(is_of_park=True)).unknown_seconds += seconds
    for (_, key), hours in (raw.hours or {}).items():
        found[key].hours |= hours
    known = {(day, key) for (_, day, key), measures in raw.rides.items() if measures.open_seconds}
    for (day, key), open_seconds in raw.open_seconds.items():
        if open_seconds and (day, key) in known:
            score = stored_score(computed.get(day)) if computed else None
            score = score_of(members[day, key], open_seconds) if score is None else score
            found.setdefault(key, Figures(is_of_park=True)).scores.append(score)
    return found


def score_of(members: Sequence[tuple[int, int]], open_seconds: int) -> ScoredTime:
    """R-10.2 of pairs of seconds down and weight."""
    weighted = sum(down * weight for down, weight in members)
    return ScoredTime(weighted, sum(weight for _, weight in members), open_seconds)


def park_sums(
    question: Question, stored: Stored, rides: Weights, version: int
) -> dict[tuple[int, BucketKey], Figures]:
    """The same from daily rows, the score as stored (R-10.4); one query more."""
    found: Sums = {}
    for row in daily_rows(question, stored, rides, version).values("ride_id", "ride__park_id", "stat_date", *DAILY):
        days = stored.get(row["ride__park_id"], {})
        if row["stat_date"] in days:
            key = row["ride__park_id"], span_key(question.bucket, row["stat_date"])
            figures = found.setdefault(key, Figures(is_of_park=True))
            add_daily(figures, row)
            if row["ride_id"] in question.attractions:
                figures.waits.add(stored_waits(row))
                figures.attraction_up_seconds += row["up_seconds"]
                figures.attraction_down_seconds += row["down_seconds"]
    for park, days in stored.items():
        for day, total in days.items():
            score = stored_score(total)
            if score is not None:
                key = park, span_key(question.bucket, day)
                found.setdefault(key, Figures(is_of_park=True)).scores.append(score)
    return found


# -- daily rows ------------------------------------------------------------------------------------------

DAILY_SUMS = ("open_seconds", "up_seconds", "down_seconds", "unknown_seconds", "opening_delay_seconds")
DAILY_WAITS = ("wait_seconds", "wait_minute_seconds", "min_wait_time", "max_wait_time", "walk_on_seconds")
DAILY = (*DAILY_SUMS, *DAILY_WAITS, "snapshot_count")


def daily_rows(question: Question, stored: Stored, rides: Weights, version: int) -> QuerySet[RideDailyStats]:
    """The rows of the rides asked for on the dates of the window; none when raw observations answer all."""
    rows = RideDailyStats.objects.filter(metrics_version=version, open_seconds__isnull=False).order_by()
    if not stored:
        return rows.none()
    chosen = [ride for park in stored for ride in rides.get(park, ())]
    return rows.filter(ride__in=chosen, stat_date__range=(question.window.start, question.window.end))


def add_daily(figures: Figures, row: Mapping[str, Any]) -> None:
    for name in DAILY_SUMS:
        setattr(figures, name, getattr(figures, name) + row[name])
    figures.operated |= row["up_seconds"] > 0
    figures.rows += row["snapshot_count"]


def stored_waits(row: Mapping[str, Any]) -> WaitTotals:
    return WaitTotals(*(row[name] for name in DAILY_WAITS))
