"""The explorer: any question to `/api/analytics/*` as a form, and its answer as a chart, tables and CSV.

The form's fields are the API's parameters, checked by the API's own serializer; the figures are the API's answer.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from itertools import islice
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Max, Q
from django.http import QueryDict
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from msgspec.structs import asdict

from core.api.queries import moment_of
from core.zones import local_date
from dashboard.components.chart import Chart, Series
from dashboard.components.formatting import park_link, ride_link
from dashboard.components.series_names import reported_apart
from dashboard.components.tables import Column, Table, value_of
from parks.models import Park, Ride
from stats.answers.analytics_rows import METRICS, WEEKDAYS, Figures, ParkAnalyticsRow, RideAnalyticsRow
from stats.answers.analytics_rows import Bucket as BucketRow
from stats.api.analytics_serializers import DEFAULT_METRICS, AnalyticsQuery, ParkAnalytics, RideAnalytics
from stats.api.analytics_views import park_analytics, ride_analytics
from stats.measures.windows import SIZES, Bucket
from stats.models import ParkDailyStats
from stats.readings.identity import Row

REPEATED = ("park_id", "ride_id")
LISTS = ("weekdays", "metrics")  # boxes of the form, words with commas in the API
FIELDS = tuple(AnalyticsQuery().fields)
MOST_PARKS_UNFOLDED = 5  # whose rides can be chosen from
MOST_ROWS = 200  # of a table; the download has all
MOST_LINES, MOST_POINTS = 6, 3_000  # of a chart
BAR_WIDTH = 120
DEFAULT_DAYS = timedelta(days=6)
Body = ParkAnalytics | RideAnalytics
ANSWERS: dict[str, Callable[[Row], Body]] = {"parks": park_analytics, "rides": ride_analytics}
BUCKETS = {
    Bucket.NONE: "One figure",
    **{bucket: f"{bucket.value[:-1]} minutes" for bucket in Bucket if bucket.value in SIZES and "m" in bucket.value},
    Bucket.H1: "1 hour",
    **{bucket: f"{bucket.value[:-1]} hours" for bucket in Bucket if bucket.value in SIZES and bucket.unit > 3_600},
    Bucket.DAY: "Days",
    Bucket.WEEK: "Weeks",
    Bucket.MONTH: "Months",
    Bucket.HOUR_OF_DAY: "Hours of the day",
    Bucket.WEEKDAY: "Days of the week",
}
GROUPINGS = {"": "No", "rain": "Rain", "temperature_band": "Temperature", "storm": "Thunderstorms"}
COMPARISONS = {"": "Nothing", "previous": "Just before", "last_year": "A year before"}
# Words, unit and kind of cell of each metric.
MEASURES = {
    "wait_avg": ("Average wait", "min", "score"),
    "wait_min": ("Shortest wait", "min", "number"),
    "wait_max": ("Longest wait", "min", "number"),
    "wait_p50": ("Median wait", "min", "number"),
    "wait_p90": ("Wait, 90th percentile", "min", "number"),
    "walk_on_percentage": ("Posted at 0", "", "percent"),
    "uptime_percentage": ("Uptime", "", "percent"),
    "availability_percentage": ("Availability", "", "percent"),
    "uptime_minutes": ("Operating", "min", "number"),
    "downtime_minutes": ("Downtime", "min", "number"),
    "opening_delay_minutes": ("Opening delays", "min", "number"),
    "closed_minutes": ("Closed as planned", "min", "number"),
    "unknown_minutes": ("Unknown", "min", "number"),
    "open_minutes": ("Park open", "min", "number"),
    "shame_score": ("Shame score", "of 10", "score"),
    "observations": ("Reports", "", "number"),
}
DIGITS = {"score": 1, "percent": 1, "number": 0}
SHORT_DAYS = dict(zip(WEEKDAYS, ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True))


def measure(name: str) -> tuple[str, str, str]:
    """Words, unit and kind of a metric; any percentile has them."""
    return MEASURES.get(name) or (f"Wait, percentile {name.removeprefix('wait_p')}", "min", "number")


def parameters(given: QueryDict) -> QueryDict:
    """What the form sends, as the API takes it: nothing that is empty, boxes as words with commas."""
    found = QueryDict(mutable=True)
    for name in FIELDS:
        values = [value for value in given.getlist(name) if value.strip()]
        if name in LISTS:
            values = [",".join(values)] if values else []
        found.setlist(name, values if name in REPEATED else values[:1])
    return found


def with_defaults(given: QueryDict) -> QueryDict:
    """An address that asks nothing: all parks, day by day, over the last seven days that were computed."""
    if any(given.get(name) for name in FIELDS):
        return given
    newest = ParkDailyStats.objects.filter(metrics_version=settings.METRICS_VERSION).aggregate(at=Max("stat_date"))
    last: date = newest["at"] or local_date(timezone.now(), settings.SITE_TIME_ZONE) - timedelta(days=1)
    asked = given.copy()
    asked.update({"start": (last - DEFAULT_DAYS).isoformat(), "end": last.isoformat(), "bucket": Bucket.DAY.value})
    return asked


def entry(label: str, **attributes: str | bool) -> forms.Field:
    """A field to write into. None checks what it is given: the API does, in its own words."""
    return forms.Field(label=label, required=False, widget=forms.TextInput(attrs=attributes))


def selection(label: str, choices: Mapping[Any, str]) -> forms.Field:
    return forms.Field(label=label, required=False, widget=forms.Select(choices=list(choices.items())))


def boxes(label: str, choices: Mapping[str, str] | None = None) -> forms.Field:
    widget = forms.CheckboxSelectMultiple(choices=list((choices or {}).items()))
    return forms.Field(label=label, required=False, widget=widget)


class ExplorerForm(forms.Form):
    """What was asked, under the names of the API's parameters, and what can be chosen; two queries or three."""

    entity = selection("Of what", {each: each.capitalize() for each in ANSWERS})
    start = entry("From", type="date", required=True, maxlength="40")
    end = entry("To", type="date", required=True, maxlength="40")
    hours = entry("Hours of each day", placeholder="11:30-13:45", size="12", maxlength="11")
    bucket = selection("Cut into", {bucket.value: words for bucket, words in BUCKETS.items()})
    group_by = selection("By the weather", GROUPINGS)
    compare = selection("Compare with", COMPARISONS)
    timezone = entry("Zone of the clock", placeholder="each park’s own", maxlength="50")
    park_id = boxes("Parks")
    ride_id = boxes("Rides")
    metrics = boxes("Figures")
    weekdays = boxes("Weekdays", SHORT_DAYS)

    def __init__(self, given: QueryDict) -> None:
        data = given.copy()
        for name in REPEATED:
            data.setlist(name, [str(pk) for pk in ids_of(given, name)])
        data.setlist("weekdays", words_of(given, "weekdays"))
        data.setlist("metrics", words_of(given, "metrics") or list(DEFAULT_METRICS))
        super().__init__(data, auto_id="%s")
        parks, rides = ids_of(given, "park_id"), ids_of(given, "ride_id")
        known = Park.objects.filter(Q(is_active=True) | Q(pk__in=parks)).order_by("name", "pk")
        self.choices("park_id", known.values_list("pk", "name"))
        self.choices("ride_id", ride_names(parks, rides))
        self.choices("metrics", [(name, measure(name)[0]) for name in metric_names(data.getlist("metrics"))])
        if self.has_instants:
            for name in ("start", "end"):
                self.widget(name).input_type = "text"

    @property
    def lines(self) -> list[forms.BoundField]:
        """The fields but boxes; a clock's zone is asked for where there are instants."""
        shown = [field for field in self if not isinstance(field.field.widget, forms.CheckboxSelectMultiple)]
        return shown if self.has_instants or self.data.get("timezone") else shown[:-1]

    def widget(self, name: str) -> Any:
        return self.fields[name].widget

    def choices(self, name: str, choices: Iterable[tuple[Any, str]]) -> None:
        self.widget(name).choices = list(choices)

    def refuse(self, text: str) -> None:
        """Show what the API says, at its field if it names one."""
        field, _, words = text.partition(": ")
        self.add_error(*((field, words) if field in FIELDS else (None, text)))

    @property
    def has_instants(self) -> bool:
        """Are the bounds no plain dates? Then they are written, not chosen from a calendar."""
        return any(is_no_date(self.data.get(name, "")) for name in ("start", "end"))

    @property
    def instants(self) -> dict[str, str]:
        """The same bounds as instants, where they are dates."""
        start, end = (moment_of(self.data.get(name, "")) for name in ("start", "end"))
        if start is None or end is None or isinstance(end, datetime) or end >= date.max:
            return {}
        return {"start": f"{start}T00:00", "end": f"{end + timedelta(days=1)}T00:00"}


def ids_of(given: QueryDict, name: str) -> set[int]:
    return {int(value) for value in given.getlist(name) if value.isascii() and value.isdigit() and len(value) < 10}


def ride_names(parks: set[int], rides: set[int]) -> list[tuple[int, str]]:
    """Those of the chosen parks, or of the parks of the chosen rides; none when that would be too many."""
    if not parks and rides:
        parks = set(Ride.objects.filter(pk__in=rides).values_list("park_id", flat=True))
    if not 0 < len(parks) <= MOST_PARKS_UNFOLDED:
        return []
    found = Ride.objects.in_history().filter(park__in=parks).order_by("name", "park__name", "pk")
    rows = list(found.values_list("pk", "name", "park__name"))
    names = reported_apart([{"name": name, "of": park} for _, name, park in rows])
    return [(pk, name) for (pk, *_), name in zip(rows, names, strict=True)]


def metric_names(chosen: Iterable[str]) -> Iterable[str]:
    """Every metric, the usual percentiles, and the others that were asked for."""
    return dict.fromkeys([*MEASURES, *METRICS, *(name for name in chosen if name.startswith("wait_p"))])


def words_of(given: QueryDict, name: str) -> list[str]:
    return [word.strip() for value in given.getlist(name) for word in value.split(",") if word.strip()]


def is_no_date(text: str) -> bool:
    found = moment_of(text)
    return bool(text) and (found is None or isinstance(found, datetime))


# -- the answer as a picture and tables --------------------------------------------------------------------


def place(row: ParkAnalyticsRow) -> Row:
    """How a row of the answer is named: see `reported_apart`."""
    return {"name": row.ride_name if isinstance(row, RideAnalyticsRow) else row.park_name, "of": row.park_name}


def link(row: ParkAnalyticsRow) -> SafeString:
    return ride_link(row) if isinstance(row, RideAnalyticsRow) else park_link(row)


def value(figures: Figures, metric: str) -> float:
    """For comparing: nothing is 0."""
    return value_of(figures, metric) or 0


def totals(body: Body, entity: str, shown: str) -> Table:
    """A row per park or ride over the whole window; beside a comparison what was before, and the change."""
    columns = [name_column(body, entity)]
    if body.bucket == Bucket.NONE:
        columns.append(Column("bar", measure(shown)[0], is_wide=True))
    for name in body.metrics:
        columns.append(column_of(name))
        if body.compare:
            columns.append(Column(f"{name}_before", "Before", measure(name)[2]))
            columns.append(Column(f"{name}_change", "Change", "trend", is_wide=True))
    largest = max((value(row.total, shown) for row in body.data), default=0)
    rows = []
    for row in body.data[:MOST_ROWS]:
        shape = {**asdict(row.total), "name": link(row), "bar": bar(value(row.total, shown), largest)}
        if row.comparison:
            for name, percent in row.comparison.change.items():
                shape |= {f"{name}_before": value_of(row.comparison.total, name), f"{name}_change": percent}
        rows.append(shape)
    return Table(f"{body.start} to {body.end}", columns, rows, empty=NOTHING_SEEN)


NOTHING_SEEN = "Nothing was observed in this window. Try other dates, or more parks."


def name_column(body: Body, entity: str) -> Column:
    return Column("name", entity.capitalize()[:-1])


def column_of(name: str) -> Column:
    words, unit, kind = measure(name)
    return Column(name, words, kind, unit)


def bar(value: float, largest: float) -> SafeString | str:
    """A bar as long as the value; the number stands in a column of its own."""
    width = BAR_WIDTH * value / largest if largest else 0
    return format_html(
        '<svg class="bar" viewBox="0 0 {} 12" aria-hidden="true"><rect width="{}" height="12"/></svg>',
        BAR_WIDTH,
        f"{width:.1f}",
    )


def buckets(body: Body, entity: str) -> Table:
    """A row per park or ride and bucket, as the API has them."""
    columns = [name_column(body, entity), Column("bucket_words", "Bucket"), *map(column_of, body.metrics)]
    cut = islice(((row, each) for row in body.data for each in row.buckets or ()), MOST_ROWS)
    rows = [{**asdict(each), "name": link(row), "bucket_words": words_of_bucket(each)} for row, each in cut]
    return Table("Every bucket", columns, rows, empty=NOTHING_SEEN)


def words_of_bucket(each: BucketRow) -> str:
    """Its name, and whether the present cuts it off (N-16)."""
    return bucket_words(each.bucket, True) + (", so far" if each.is_partial is True else "")


def groups(body: Body, entity: str) -> Table:
    """A row per park or ride and kind of weather, with the size of its sample."""
    columns = [name_column(body, entity), Column("group_words", GROUPINGS[body.group_by or ""])]
    columns += [Column("hours", "Hours seen", "number"), Column("observations", "Reports", "number")]
    columns += [column_of(name) for name in body.metrics if name != "observations"]
    cut = islice(((row, each) for row in body.data for each in row.groups or ()), MOST_ROWS)
    rows = [
        {**asdict(each), "name": link(row), "group_words": each.group.replace("_", " ").capitalize()}
        for row, each in cut
    ]
    return Table("By the weather", columns, rows, empty=NOTHING_SEEN)


def bucket_count(body: Body) -> int:
    return sum(len(row.buckets or ()) for row in body.data)


def bucket_words(bucket: str, is_exact: bool = False) -> str:
    """A bucket's name for readers: "5 Jul 2025, 11:30", "5 Jul 2025", "11:00", "Sat"; exact: with the UTC offset."""
    if bucket in SHORT_DAYS:
        return SHORT_DAYS[bucket]
    found = moment_of(bucket)
    if found is None:
        return bucket
    words = f"{found.day} {found:%b %Y}"
    if isinstance(found, datetime):
        words += f", {found:%H:%M}"
        if is_exact:
            words += f" UTC{found:%z}"
    return words


Key = tuple[Any, ...]


def keyed(bucket_names: Iterable[str]) -> dict[Key, str]:
    """Names of one line's buckets by their place on the clock: parks in several zones share one axis.

    An hour that the clock shows twice stays two hours, the second after the first.
    """
    seen: Counter[str] = Counter()
    found: dict[Key, str] = {}
    for name in bucket_names:
        clock = name[:16]
        key = (WEEKDAYS.index(name),) if name in SHORT_DAYS else (clock[:13], seen[clock], clock)
        seen[clock] += 1
        found[key] = name
    return found


def chart(body: Body, shown: str) -> Chart:
    """The lines of one metric, those with the highest totals; bars where there is one for a few buckets."""
    words, unit, kind = measure(shown)
    lines = sorted(body.data, key=lambda row: -value(row.total, shown))[:MOST_LINES]
    found = sorted({key for row in lines for key in keyed(each.bucket for each in row.buckets or ())})
    keys = with_gaps(found, body.bucket)
    lines = lines[: max(1, MOST_POINTS // max(1, len(keys)))]
    series = []
    for row, name in zip(lines, reported_apart([place(row) for row in lines]), strict=True):
        names = keyed(each.bucket for each in row.buckets or ())
        values = {each.bucket: value_of(each, shown) for each in row.buckets or ()}
        series.append(Series(name, [values.get(names.get(key, "")) for key in keys]))
    zones = sorted({row.timezone for row in lines})
    left = len(body.data) - len(lines)
    note = f"Times are those of {zones[0]}." if len(zones) == 1 else "Times are each park’s own."
    if left > 0:
        note += f" The {len(lines)} with the highest figures; {left:,} more are in the download."
    return Chart(
        words,
        "Bucket",
        axis_words(keys),
        series,
        unit or ("%" if kind == "percent" else ""),
        "bar" if len(lines) == 1 and len(keys) <= 40 else "line",
        DIGITS[kind],
        note,
    )


def with_gaps(keys: Sequence[Key], bucket: Bucket) -> list[Key]:
    """An empty bucket after each one whose next is missing for all lines: there a line breaks, as at night."""
    if bucket.value not in SIZES and bucket != Bucket.DAY:
        return list(keys)
    found: list[Key] = []
    step = timedelta(seconds=bucket.unit)
    for key in keys:
        if found:
            due = datetime.fromisoformat(found[-1][2]) + step
            clock = due.isoformat(timespec="minutes")[: len(key[2])]
            if clock < key[2]:
                found.append((clock[:13], 0, clock))
        found.append(key)
    return found


def axis_words(keys: Sequence[Key]) -> list[str]:
    """The year stands on the axis only where there are several."""
    words = [bucket_words(WEEKDAYS[key[0]] if len(key) == 1 else key[2]) for key in keys]
    years = {key[2][:4] for key in keys if len(key) > 1 and "-" in key[2]}
    return [text.replace(f" {next(iter(years))}", "", 1) for text in words] if len(years) == 1 else words


# -- download ----------------------------------------------------------------------------------------------

COMPARED = ("window", "compared")


def csv_columns(body: Body, entity: str) -> list[Column]:
    names = ["ride_id", "ride_name"] if entity == "rides" else []
    names += ["park_id", "park_name", "timezone", "start_date", "end_date", "is_complete"]
    names += ["of"] if body.compare else []
    names += [] if body.bucket == Bucket.NONE else ["bucket", "is_partial"]
    names += ["group", "hours", "observations"] if body.group_by else []
    return [Column(name, name) for name in dict.fromkeys((*names, *body.metrics))]


def csv_rows(body: Body) -> Iterable[Row]:
    """All figures of the answer: a row per park or ride, and bucket; with a comparison `of` says which window."""
    for row in body.data:
        for name, part in zip(COMPARED, (row, row.comparison), strict=True):
            if part:
                for figures in part.buckets or part.groups or [part.total]:
                    yield {**asdict(row), **asdict(figures), "of": name}
