"""Chart lines by the clock: the hours of a park's own day, or the last hour in tens of minutes.

First the parks or rides that stand out most are found from what the lists read, then the hours of these alone: from
the running days, else from observations. Every figure comes from the seconds of its column or of the whole span (N-2).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import Q

from core.instants import instant, seconds
from core.periods import Asked, Days, Period
from core.rounding import half_up
from parks.models import Park, Ride
from parks.opening_windows import OpenWindow, decided_windows
from snapshots.models import ParkActivitySnapshot, RideStatusSnapshot
from stats.answers.analytics import park_figures
from stats.answers.status_summary import operated_today
from stats.answers.waits import park_waits_today, ride_waits_today, waits_by_park
from stats.charts.series import (
    Chart,
    Kind,
    Line,
    best,
    figures_over_days,
    hours_a_column,
    listed_parks,
    listed_rides,
)
from stats.measures.bucket_sums import Figures
from stats.measures.buckets import summed_ride_buckets, waitless_ride_cells
from stats.measures.hours import HEATMAP_HOURS, HOURS_OF_DAY, chart_hours, hour_label
from stats.measures.ride_measures import RideMeasures, measure_openings, measure_rides, window_score
from stats.measures.window_measures import ParkWindow, park_windows
from stats.measures.windows import Bucket, BucketKey, Window, days_in_list
from stats.readings.by_hour import windows_by_hour
from stats.readings.selection import chosen_parks, observed, park_by_attraction
from stats.readings.shared import is_shared, over_many_parks
from stats.readings.today import parks_today, placed_rides, rides_down_today

LIVE_CHART = timedelta(minutes=60)
MARK = 600  # seconds
LEAST_SECONDS = 60  # of the running column: what is shorter is no point of a line (N-16)

# Decimals of mean waits and of hours down; those of the last hour came as long figures (public-api 4.13).
LIVE_DIGITS, WAIT_DIGITS, HOUR_DIGITS = 4, 0, 2


@dataclass(frozen=True, slots=True)
class Clock:
    """The columns of a chart: `unit` keys of the bucket make one column, the first begins with key `first`."""

    period: Asked
    end: datetime  # nothing from here on is known
    labels: tuple[str, ...]
    bucket: Bucket
    first: int
    unit: int

    @property
    def is_live(self) -> bool:
        return self.period == Period.LIVE

    def days(self, zone: str) -> Days:
        """One day: the present one, or the day before on the site's calendar (N-1)."""
        return days_in_list(self.period, self.end, zone)

    def window(self, zone: str) -> Window:
        if self.is_live:
            return Window(instant(self.first), self.end)
        day = self.days(zone).first
        return Window(day, day)

    def column(self, key: BucketKey) -> int | None:
        """The column of a bucket; None: it is not shown."""
        column = (key - self.first) // self.unit if isinstance(key, int) else -1
        return column if 0 <= column < len(self.labels) else None

    def running(self, zone: str) -> int | None:
        """The column in which a zone's clock stands; None: it is past the last, or at its very end."""
        if self.is_live:
            return len(self.labels) - 1 if self.first + len(self.labels) * MARK > seconds(self.end) else None
        local = self.end.astimezone(ZoneInfo(zone))
        return self.column(local.hour) if self.days(zone).first == local.date() else None

    def just_begun(self, zone: str) -> set[int]:
        """The running hour while less than a minute of it has passed: no value of it is shown."""
        column = self.running(zone)
        begun = column is not None and not self.is_live and self.end.astimezone(ZoneInfo(zone)).minute == 0
        return {column} if begun and column is not None else set()


def clock_of(period: Asked, now: datetime) -> Clock:
    """Today and yesterday by the hours of each park's own clock (R-20.1), the last hour by the site's clock (Q10)."""
    if period != Period.LIVE:
        return Clock(period, now, tuple(map(hour_label, HOURS_OF_DAY)), Bucket.HOUR_OF_DAY, HOURS_OF_DAY[0], 1)
    end = seconds(now)
    first = seconds(now - LIVE_CHART) // MARK * MARK
    marks = [mark for mark in range(first, end, MARK) if end - mark >= LEAST_SECONDS]
    site = ZoneInfo(settings.SITE_TIME_ZONE)
    labels = tuple(f"{instant(mark).astimezone(site):%H:%M}" for mark in marks)
    # Five minutes fit the clocks that are a quarter of an hour apart.
    return Clock(period, now.replace(microsecond=0), labels, Bucket.M5, first, MARK)


def clock_chart(kind: Kind, parks: list[Park], period: Asked, limit: int, now: datetime) -> Chart:
    """The parks or attractions with the highest figures of the day or hour.

    At most eleven queries, and ten for each further time zone of those that are shown.
    """
    clock = clock_of(period, now)
    figures = figures_of(kind, parks, clock)
    ids = best(figures, limit)
    if kind.is_of_parks:
        entities: Sequence[Park | Ride] = listed_parks(parks, ids)
        columns = columns_of_parks(kind, listed_parks(parks, ids), clock)
    else:
        entities = rides = listed_rides(parks, ids)
        columns = columns_of_rides(kind, rides, clock)
    lines = [line_of(kind, entity, columns[entity.pk], figures[entity.pk], clock) for entity in entities]
    if clock.is_live:
        return Chart(clock.labels, tuple(lines))
    first = first_hour(lines)
    return Chart(clock.labels[first:], tuple(replace(line, values=line.values[first:]) for line in lines))


def first_hour(lines: Iterable[Line]) -> int:
    """The first column of a day: 6:00, or the first hour of the night of which a line has a value."""
    known = (n for line in lines for n, value in enumerate(line.values) if value is not None)
    return min(HEATMAP_HOURS[0], min(known, default=HEATMAP_HOURS[0]))


Columns = dict[int, Figures]  # by column, those that are shown


def line_of(kind: Kind, entity: Park | Ride, columns: Columns, figure: Decimal, clock: Clock) -> Line:
    zone = entity.timezone if isinstance(entity, Park) else entity.park.timezone
    values = tuple(plotted(kind, columns.get(n), clock.is_live) for n in range(len(clock.labels)))
    total: Decimal | None = figure
    if kind == Kind.RIDE_DOWNTIME:
        total = hours_a_column([each.down_seconds for each in columns.values() if each.open_seconds])
    known = [n for n, value in enumerate(values) if value is not None]
    is_partial = bool(known) and known[-1] == clock.running(zone)
    return Line(entity, values, total, clock.days(zone), is_partial)


def plotted(kind: Kind, found: Figures | None, is_live: bool) -> Decimal | None:
    """None: the park was not open, the ride not known in it, or nothing above 0 was posted."""
    if found is None:
        return None
    if kind == Kind.PARK_SCORE:
        return found.shame_score
    if kind == Kind.RIDE_DOWNTIME:
        digits = LIVE_DIGITS if is_live else HOUR_DIGITS
        return half_up(Decimal(found.down_seconds) / 3600, digits) if found.open_seconds else None
    average = found.waits.average
    return None if average is None else half_up(average, LIVE_DIGITS if is_live else WAIT_DIGITS)


# -- who stands out --------------------------------------------------------------------------------------


def figures_of(kind: Kind, parks: list[Park], clock: Clock) -> dict[int, Decimal]:
    """The figure of the whole span by park or attraction, as the lists have it: score, minutes, or seconds down.

    Of today and yesterday at most four queries, which the lists have in common.
    """
    if clock.is_live:
        return live_figures(kind, parks, clock)
    if clock.period == Period.YESTERDAY:
        return figures_over_days(kind, parks, clock.days(settings.SITE_TIME_ZONE))
    if kind == Kind.PARK_SCORE:
        today = parks_today(parks, clock.end)
        return {pk: park.window.score for pk, park in today.items() if park.window.score is not None}
    if kind == Kind.RIDE_DOWNTIME:
        down = rides_down_today(parks, park_by_attraction(parks), clock.end)
        return {pk: Decimal(ride.down_seconds) for pk, ride in down.items()}
    waits = park_waits_today(parks, clock.end)[0] if kind == Kind.PARK_WAIT else ride_waits_today(parks, clock.end)
    return {pk: wait.average for pk, wait in waits.items()}


def live_figures(kind: Kind, parks: list[Park], clock: Clock) -> dict[int, Decimal]:
    """Of the rides' observations that begin in the last hour; four queries."""
    measured = rides_live(parks, clock.end, clock.first)
    if kind == Kind.PARK_SCORE:
        return live_scores(parks, measured, clock)
    shown = park_by_attraction(parks)
    measured = {pk: ride for pk, ride in measured.items() if pk in shown}
    if kind == Kind.RIDE_DOWNTIME:
        down = those_that_operated([ride for ride in measured.values() if ride.down_seconds], parks, clock.end)
        return {ride.ride_id: Decimal(ride.down_seconds) for ride in down}
    if kind == Kind.PARK_WAIT:
        return {pk: wait.average for pk, wait in waits_by_park(measured)[0].items()}
    averages = {pk: ride.avg_wait for pk, ride in measured.items()}
    return {pk: average for pk, average in averages.items() if average is not None}


def live_scores(parks: list[Park], measured: Mapping[int, RideMeasures], clock: Clock) -> dict[int, Decimal]:
    """R-10.2 over the last hour; two queries."""
    weights = {ride.pk: ride.weight for ride in placed_rides(parks)}
    members: dict[int, list[tuple[RideMeasures, int]]] = defaultdict(list)
    of_parks = [ride for pk, ride in measured.items() if pk in weights]
    for ride in those_that_operated(of_parks, parks, clock.end):
        members[ride.park_id].append((ride, weights[ride.ride_id]))
    begun = Q(park__in=parks, recorded_at__gte=instant(clock.first), recorded_at__lt=clock.end)
    openings = measure_openings(ParkActivitySnapshot.objects.filter(begun), clock.end)
    known = {ride.park_id for ride in of_parks if ride.open_seconds}
    scores = {pk: window_score(members[pk], opened.open_seconds, pk in known).score for pk, opened in openings.items()}
    return {pk: score for pk, score in scores.items() if score is not None}


def rides_live(parks: list[Park], end: datetime, first: int) -> Mapping[int, RideMeasures]:
    """What each ride reported from `first` (seconds since 1970) to `end`, where it stands now; read once for all."""
    return measured_live(chosen_parks(False) if is_shared(parks) else parks, end, first)


@over_many_parks
def measured_live(parks: list[Park], end: datetime, first: int) -> Mapping[int, RideMeasures]:
    """Two queries.

    Each ride that is collected has an observation that begins in this time. What reaches into it is on the lines,
    but does not count for the rank.
    """
    zones = {park.pk: park.timezone for park in parks}
    places = {ride.pk: ride.park_id for ride in placed_rides(parks)}
    members = [(pk, zones[park]) for pk, park in places.items()]
    rows = RideStatusSnapshot.objects.filter(
        observed(members, "ride", Period.TODAY, end), recorded_at__gte=instant(first), park__in=zones
    )
    measured = measure_rides(rows, end, {park.pk: park.reports_down for park in parks})
    return {ride.ride_id: ride.sealed() for ride in measured if places[ride.ride_id] == ride.park_id}


def those_that_operated(rides: Collection[RideMeasures], parks: list[Park], now: datetime) -> list[RideMeasures]:
    """Those that operated today (R-5.3); one query."""
    known = {park.pk: park for park in parks}
    here = [ride for ride in rides if ride.park_id in known]
    sure = {ride.ride_id for ride in here if ride.operated(evidence_by_down=known[ride.park_id].reports_down)}
    places = {ride.ride_id: ride.park_id for ride in here if ride.open_seconds}
    sure |= operated_today(places.keys() - sure, places, known, now)
    return [ride for ride in here if ride.ride_id in sure]


# -- their columns ---------------------------------------------------------------------------------------


def columns_shown(
    park: Park, clock: Clock, windows: Mapping[int, list[OpenWindow]], seen_open: Iterable[int]
) -> set[int]:
    """The columns that are not left empty: of a past day the hours of its schedule (R-6.6).

    `seen_open` are those in which the park was seen open: they decide without a schedule.
    """
    if clock.is_live:
        return set(range(len(clock.labels)))
    active = [clock.first + column for column in seen_open]
    kept = chart_hours(windows.get(park.pk, []), park.timezone, clock.period == Period.TODAY, active)
    shown = {column for hour in kept if (column := clock.column(hour)) is not None}
    return shown - clock.just_begun(park.timezone)


def operating_windows(parks: Collection[Park], clock: Clock) -> dict[int, list[OpenWindow]]:
    """What the schedules planned of yesterday, by park; one query. Other charts do not ask for them."""
    if clock.period != Period.YESTERDAY:
        return {}
    return decided_windows({park: clock.days(park.timezone).first for park in parks})


def read_windows(kind: Kind, rides: Mapping[Park, Iterable[int]], clock: Clock) -> list[ParkWindow]:
    """The rides of each park by the clock; a few queries for stored days, ten for each time zone of the others."""
    stored: dict[int, ParkWindow] = {}
    if not clock.is_live:
        stored = windows_by_hour(rides, lambda zone: clock.days(zone).first, clock.end)
    by_zone: dict[str, dict[Park, Iterable[int]]] = defaultdict(dict)
    for park, ids in rides.items():
        if park.pk not in stored:
            by_zone[park.timezone][park] = ids
    read = summed_ride_buckets if kind.is_wait else waitless_ride_cells
    return list(stored.values()) + [
        raw
        for zone, parks in by_zone.items()
        for raw in park_windows(parks, clock.window(zone), clock.bucket, clock.end, read=read).values()
    ]


def columns_of_parks(kind: Kind, parks: list[Park], clock: Clock) -> dict[int, Columns]:
    """By park: the score of the open park (R-10.2), or its attractions' waits, in each column (D-11).

    Of a past day over all rides that stood there, also those that are no longer active (N-15).
    """
    placed = placed_rides(parks, former=clock.period == Period.YESTERDAY)
    weights: dict[int, dict[int, int]] = {park.pk: {} for park in parks}
    for ride in placed:
        if ride.is_attraction or not kind.is_wait:
            weights[ride.park_id][ride.pk] = ride.weight
    attractions = {ride.pk for ride in placed if ride.is_attraction}
    windows = operating_windows(parks, clock)
    found: dict[int, Columns] = {}
    for raw in read_windows(kind, {park: weights[park.pk] for park in parks}, clock):
        by_key = park_figures(raw, weights[raw.park.pk], attractions)
        found[raw.park.pk] = shown_columns(raw, by_key, clock, windows)
    return found


def columns_of_rides(kind: Kind, rides: list[Ride], clock: Clock) -> dict[int, Columns]:
    """By ride: hours down (R-5.3 over the whole day) or waits in each column."""
    by_park: dict[Park, list[int]] = defaultdict(list)
    for ride in rides:
        by_park[ride.park].append(ride.pk)
    windows = operating_windows(by_park, clock)
    found: dict[int, Columns] = {}
    for raw in read_windows(kind, by_park, clock):
        by_ride: dict[int, dict[BucketKey, Figures]] = {pk: {} for pk in by_park[raw.park]}
        for (ride_id, day, key), measures in raw.rides.items():
            figures = by_ride[ride_id].setdefault(key, Figures())
            figures.add_ride(measures, raw.counted_down(ride_id, day, measures), (ride_id, day) in raw.operated)
            figures.add_waits(measures)
        found |= {pk: shown_columns(raw, by_key, clock, windows) for pk, by_key in by_ride.items()}
    return found


def shown_columns(
    raw: ParkWindow, by_key: Mapping[BucketKey, Figures], clock: Clock, windows: Mapping[int, list[OpenWindow]]
) -> Columns:
    """The buckets as columns, of those that are not left empty."""
    seen = {clock.column(key) for (_, key), length in raw.open_seconds.items() if length}
    shown = columns_shown(raw.park, clock, windows, [column for column in seen if column is not None])
    found: Columns = {}
    for key, figures in by_key.items():
        column = clock.column(key)
        if column in shown and column is not None:
            found.setdefault(column, Figures(is_of_park=figures.is_of_park)).add(figures)
    return found
