"""Chart lines by the clock, from observations: the hours of a park's own day, or the last hour in tens of minutes.

First the parks or rides that stand out most are found in one query, then the observations of these alone are read.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db.models import F, FloatField, Q, Sum, Value
from django.db.models.functions import Least

from core.instants import instant, seconds
from core.intervals import overlaps
from core.periods import Period, days_of
from core.rounding import half_up
from parks.models import Park, Ride
from parks.opening_windows import OpenWindow, decided_windows
from snapshots.current import LIVE_WINDOW
from snapshots.models import ParkActivitySnapshot, RideStatusSnapshot
from stats.answers.status_summary import operated_today
from stats.charts.series import COLUMNS, Chart, Kind, Line, best, listed_parks, listed_rides, most_over_days
from stats.measures.buckets import Spans, ride_buckets, waitless_ride_cells
from stats.measures.expressions import WHOLE, SecondsSince
from stats.measures.hours import HEATMAP_HOURS, chart_hours, hourly_labels
from stats.measures.ride_measures import OPEN, RideMeasures, hours, measure_rides
from stats.measures.window_measures import ParkWindow, park_windows, until
from stats.measures.windows import Bucket, BucketKey, Window, pieces, slices
from stats.readings.selection import chosen_parks, observed, park_by_attraction
from stats.readings.shared import is_shared, over_many_parks
from stats.readings.today import rides_down_today, rides_today

LIVE_CHART = timedelta(minutes=60)
MARK = timedelta(minutes=10)
ONE_SECOND = timedelta(seconds=1)

# Of mean waits; the last hour's came as long means, the others as whole minutes (public-api 4.13).
WAIT_DIGITS = {True: 4, False: 0}


@dataclass(frozen=True, slots=True)
class Clock:
    """The columns of a chart: `unit` keys of the bucket make one column, the first begins with key `first`."""

    period: Period
    end: datetime  # nothing from here on is known
    labels: tuple[str, ...]
    bucket: Bucket
    first: int
    unit: int

    @property
    def is_live(self) -> bool:
        return self.period == Period.LIVE

    def day(self, zone: str) -> date:
        return days_of(self.period, self.end, zone).first

    def window(self, zone: str) -> Window:
        if self.is_live:
            return Window(instant(self.first), self.end)
        return Window(self.day(zone), self.day(zone))

    def column(self, key: BucketKey) -> int | None:
        """The column of a bucket; None: it is not shown."""
        column = (key - self.first) // self.unit if isinstance(key, int) else -1
        return column if 0 <= column < len(self.labels) else None


def clock_of(period: Period, now: datetime) -> Clock:
    """Today and yesterday by the hours of each park's own clock (R-20.1), the last hour by the site's clock (Q10)."""
    if period != Period.LIVE:
        return Clock(period, now, tuple(hourly_labels()), Bucket.HOUR_OF_DAY, HEATMAP_HOURS[0], 1)
    ten = int(MARK.total_seconds())
    first, last = (seconds(at) // ten * ten for at in (now - LIVE_CHART, now))
    site = ZoneInfo(settings.SITE_TIME_ZONE)
    labels = tuple(f"{instant(mark).astimezone(site):%H:%M}" for mark in range(first, last + 1, ten))
    # What begins in this very second is known. Five minutes fit the clocks that are a quarter of an hour apart.
    return Clock(period, now.replace(microsecond=0) + ONE_SECOND, labels, Bucket.M5, first, ten)


def clock_chart(kind: Kind, parks: list[Park], period: Period, limit: int, now: datetime) -> Chart:
    """The parks or attractions with the highest figures of the day or hour.

    At most eleven queries, and six for each further time zone of the attractions that are shown.
    """
    clock = clock_of(period, now)
    if kind.is_of_parks:
        shown = listed_parks(parks, most_of_parks(kind, parks, clock, limit))
        return Chart(clock.labels, park_lines(kind, shown, clock))
    rides = listed_rides(parks, most_of_rides(kind, parks, clock, limit))
    return Chart(clock.labels, ride_lines(kind, rides, clock))


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
    return {column for hour in kept if (column := clock.column(hour)) is not None}


def operating_windows(parks: Collection[Park], clock: Clock) -> dict[int, list[OpenWindow]]:
    """What the schedules planned of yesterday, by park; one query. Other charts do not ask for them."""
    if clock.period != Period.YESTERDAY:
        return {}
    return decided_windows({park: clock.day(park.timezone) for park in parks})


def begun(parks: Iterable[Park], clock: Clock) -> Q:
    """A condition on snapshots: those that begin in the chart's time."""
    if clock.is_live:
        ids = [park.pk for park in parks]
        return Q(park__in=ids, recorded_at__gte=instant(clock.first), recorded_at__lt=clock.end)
    return observed([(park.pk, park.timezone) for park in parks], "park", clock.period, clock.end)


# -- parks -----------------------------------------------------------------------------------------------


def most_of_parks(kind: Kind, parks: list[Park], clock: Clock, limit: int) -> list[int]:
    """By the mean of the stored scores above 0, or of the stored waits, while the park was open; one query."""
    column = COLUMNS[kind]
    least = {f"{column}__gt": 0} if kind == Kind.PARK_SCORE else {f"{column}__isnull": False}
    end = Value(seconds(clock.end), output_field=WHOLE)
    held = Least(F("duration_seconds"), end - SecondsSince("recorded_at", 0), output_field=WHOLE)
    sums = (
        ParkActivitySnapshot.objects.filter(begun(parks, clock), **OPEN, **least)
        .order_by()
        .annotate(held=held)
        .values_list("park_id")
        .annotate(total=Sum(F(column) * F("held"), output_field=FloatField()), seconds=Sum("held"))
    )
    # Sums of doubles differ in their last digits: equal means must stay equal.
    means = {pk: Decimal(f"{total / float(seconds):.6f}") for pk, total, seconds in sums if seconds > 0}
    return best(means, limit)


def park_lines(kind: Kind, parks: list[Park], clock: Clock) -> tuple[Line, ...]:
    """Mean stored score (R-20.2) or wait (R-16.2) of the open park in each column; at most two queries."""
    sums = park_sums(kind, parks, clock)
    windows = operating_windows(parks, clock)
    digits = 1 if kind == Kind.PARK_SCORE else WAIT_DIGITS[clock.is_live]
    lines = []
    for park in parks:
        means = {column: half_up(total / seconds, digits) for column, (total, seconds) in sums[park.pk].items()}
        shown = columns_shown(park, clock, windows, means)
        lines.append(Line(park, tuple(means.get(n) if n in shown else None for n in range(len(clock.labels)))))
    return tuple(lines)


def park_sums(kind: Kind, parks: list[Park], clock: Clock) -> dict[int, dict[int, tuple[Decimal, int]]]:
    """(Σ figure × seconds, seconds) by park and column; one query."""
    zones = {park.pk: park.timezone for park in parks}
    cuts = {zone: columns_in(clock, zone) for zone in set(zones.values())}
    sums: dict[int, dict[int, tuple[Decimal, int]]] = {pk: {} for pk in zones}
    for pk, at, lasting, figure in figures_of(kind, parks, clock):
        spans, columns = cuts[zones[pk]]
        for n, start, end in overlaps(seconds(at), seconds(at) + lasting, spans):
            total, held = sums[pk].get(columns[n], (Decimal(0), 0))
            sums[pk][columns[n]] = total + figure * (end - start), held + end - start
    return sums


def figures_of(kind: Kind, parks: list[Park], clock: Clock) -> Iterator[tuple[int, datetime, int, Decimal]]:
    """(park, since when, for how many seconds, figure) of the open parks; what reaches into the last hour too."""
    column = COLUMNS[kind]
    chosen = begun(parks, clock)
    if clock.is_live:
        start = instant(clock.first)
        chosen |= Q(park__in=parks, recorded_at__gte=start - LIVE_WINDOW, recorded_at__lt=start)
    rows = ParkActivitySnapshot.objects.filter(chosen, **OPEN, **{f"{column}__isnull": False})
    yield from rows.values_list("park_id", "recorded_at", "duration_seconds", column)


def columns_in(clock: Clock, zone: str) -> tuple[Spans, list[int]]:
    """The stretches of time in a zone that belong to the columns, in order, and their columns."""
    parts = list(until(pieces(clock.window(zone), zone), seconds(clock.end)))
    cuts = [(cut, clock.column(cut.key)) for cut in slices(parts, clock.bucket, zone)]
    shown = [((cut.start, cut.end), column) for cut, column in cuts if column is not None]
    return [span for span, _ in shown], [column for _, column in shown]


# -- rides -----------------------------------------------------------------------------------------------


def most_of_rides(kind: Kind, parks: list[Park], clock: Clock, limit: int) -> list[int]:
    """By downtime or by mean wait: of observations, of yesterday the stored day; at most three queries."""
    if clock.period == Period.YESTERDAY:
        return most_over_days(kind, parks, lambda zone: days_of(Period.YESTERDAY, clock.end, zone), limit)
    park_by_ride = park_by_attraction(parks)
    if clock.is_live:
        measured = rides_live(parks, park_by_ride, clock.end, clock.first)
        if kind == Kind.RIDE_DOWNTIME:
            measured = those_that_operated(measured, parks, clock.end)
    elif kind == Kind.RIDE_DOWNTIME:
        measured = rides_down_today(parks, park_by_ride, clock.end)
    else:
        measured = rides_today(parks, park_by_ride, clock.end)
    figures = {pk: figure_of(kind, measures, clock.is_live) for pk, measures in measured.items()}
    return best({pk: figure for pk, figure in figures.items() if figure is not None}, limit)


def figure_of(kind: Kind, measures: RideMeasures, is_live: bool) -> Decimal | None:
    """Seconds down, or the mean wait: of the operating ride (R-16.1), right now of waits above 0; not rounded."""
    if kind == Kind.RIDE_DOWNTIME:
        return Decimal(measures.down_seconds)
    return measures.avg_posted_wait if is_live else measures.avg_wait


def rides_live(
    parks: list[Park], park_by_ride: Mapping[int, int], end: datetime, first: int
) -> dict[int, RideMeasures]:
    """`measured_live`, read once for all lists of attractions; `park_by_ride`: the park of each."""
    if not is_shared(parks):
        return measured_live(parks, park_by_ride, end, first)
    everything = everywhere_live(chosen_parks(False), end, first)
    return {pk: everything[pk] for pk in park_by_ride if pk in everything}


@over_many_parks
def everywhere_live(parks: list[Park], end: datetime, first: int) -> Mapping[int, RideMeasures]:
    return measured_live(parks, park_by_attraction(parks), end, first)


def measured_live(
    parks: list[Park], park_by_ride: Mapping[int, int], end: datetime, first: int
) -> dict[int, RideMeasures]:
    """What each ride reported today from `first` (seconds since 1970) to `end`, where it stands now; one query.

    Each ride that is collected has an observation that begins in this time. What reaches into it is on the lines,
    but does not count for the rank.
    """
    zones = {park.pk: park.timezone for park in parks}
    members = [(pk, zones[park]) for pk, park in park_by_ride.items()]
    rows = RideStatusSnapshot.objects.filter(
        observed(members, "ride", Period.TODAY, end), recorded_at__gte=instant(first), park__in=zones
    )
    measured = measure_rides(rows, end, {park.pk: park.reports_down for park in parks})
    return {ride.ride_id: ride.sealed() for ride in measured if park_by_ride[ride.ride_id] == ride.park_id}


def those_that_operated(
    measured: Mapping[int, RideMeasures], parks: list[Park], now: datetime
) -> dict[int, RideMeasures]:
    """Of the rides that were down those that operated today (R-5.3); one query."""
    known = {park.pk: park for park in parks}
    places = {pk: ride.park_id for pk, ride in measured.items() if ride.down_seconds}
    sure = {pk for pk, park in places.items() if measured[pk].operated(evidence_by_down=known[park].reports_down)}
    sure |= operated_today(places.keys() - sure, places, known, now)
    return {pk: measured[pk] for pk in sure}


def ride_lines(kind: Kind, rides: list[Ride], clock: Clock) -> tuple[Line, ...]:
    """Hours down (R-5.3 over the whole day) or the mean wait of each column; six queries for each time zone."""
    by_zone: dict[str, dict[Park, list[int]]] = defaultdict(lambda: defaultdict(list))
    for ride in rides:
        by_zone[ride.park.timezone][ride.park].append(ride.pk)
    measured: dict[tuple[int, int], RideMeasures] = {}
    seen_open: dict[int, set[int]] = {}
    read = waitless_ride_cells if kind == Kind.RIDE_DOWNTIME else ride_buckets
    for zone, parks in by_zone.items():
        for raw in park_windows(parks, clock.window(zone), clock.bucket, clock.end, read=read).values():
            measured |= by_column(raw, clock)
            columns = {clock.column(key) for (_, key), seconds in raw.open_seconds.items() if seconds}
            seen_open[raw.park.pk] = {column for column in columns if column is not None}
    windows = operating_windows([ride.park for ride in rides], clock)
    lines = []
    for ride in rides:
        shown = columns_shown(ride.park, clock, windows, seen_open[ride.park_id])
        cells = [measured.get((ride.pk, n)) if n in shown else None for n in range(len(clock.labels))]
        lines.append(Line(ride, tuple(None if cell is None else plotted(kind, cell, clock.is_live) for cell in cells)))
    return tuple(lines)


def by_column(raw: ParkWindow, clock: Clock) -> dict[tuple[int, int], RideMeasures]:
    """Measures by ride and column; their downtime is that of days on which the ride operated."""
    found: dict[tuple[int, int], RideMeasures] = {}
    for (ride, day, key), measures in raw.rides.items():
        column = clock.column(key)
        if column is not None:
            measures.down_seconds = raw.counted_down(ride, day, measures)
            found.setdefault((ride, column), RideMeasures(ride, raw.park.pk)).add(measures)
    return found


def plotted(kind: Kind, measures: RideMeasures, is_live: bool) -> Decimal | None:
    """Hours with two decimals or minutes; None: not seen in the open park, or no wait."""
    if kind == Kind.RIDE_DOWNTIME:
        return hours(measures.down_seconds) if measures.open_seconds else None
    wait = figure_of(kind, measures, is_live)
    return None if wait is None else half_up(wait, WAIT_DIGITS[is_live])
