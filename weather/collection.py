"""Weather comes in (R-23.3): what is and will be, and what was. Every write is an upsert: any run can be repeated."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from django.db.models import Count

from core import data_version
from core.database.querysets import retried_on_lock, upsert
from core.upstream.http import Reason, UpstreamError
from core.upstream.payloads import clean, parsed
from core.zones import day_start
from parks.catalog.places import Place
from parks.models import Park
from weather.asking import PLACES_A_REQUEST, LimitReached, OpenMeteo
from weather.models import WeatherForecast, WeatherHour, WeatherObservation
from weather.open_meteo import (
    VARIABLES,
    HourOfWeather,
    InvalidResponse,
    columns_of,
    forecasts_of,
    full_hour,
    must_abort,
    observation_of,
    read_hours,
)

FORECAST_DAYS = 7
# A month of ten places: an answer of a hundred kilobytes that counts for 27 calls.
ARCHIVE_PLACES = 10
REFUSALS = {Reason.REFUSED, Reason.INVALID, Reason.TOO_LARGE}
Progress = Callable[[int], object]


@dataclass(slots=True)
class WeatherRun:
    """What came of a run. `failed`: (park, why); `aborted`: why the rest was not asked for."""

    observations: int = 0
    forecasts: int = 0
    failed: list[tuple[Park, str]] = field(default_factory=list)
    aborted: str | None = None

    @property
    def has_stored(self) -> bool:
        return bool(self.observations or self.forecasts)


def located(parks: Iterable[Park]) -> tuple[list[Park], list[Park]]:
    """The parks that can be asked for, and those without coordinates."""
    found: tuple[list[Park], list[Park]] = [], []
    for park in parks:
        found[park.latitude is None or park.longitude is None].append(park)
    return found


def by_place(parks: Iterable[Park]) -> dict[Place, list[Park]]:
    """Parks that share a place to four decimals, about 11 m, need one question."""
    found: dict[Place, list[Park]] = defaultdict(list)
    for park in parks:
        found[round(float(park.latitude or 0), 4), round(float(park.longitude or 0), 4)].append(park)
    return found


# -- asking ----------------------------------------------------------------------------------------------


def reported_hours(
    source: OpenMeteo, places: Sequence[Place], days: int, span: dict[str, str]
) -> Iterator[tuple[Place, list[HourOfWeather] | str]]:
    """The hours of each place, or why there are none. Raises LimitReached.

    A place that spoils the question for all makes it asked again for each.
    """
    try:
        answers = source.hourly(places, days, span)
    except UpstreamError as error:
        if len(places) > 1 and error.reason in REFUSALS:
            for place in places:
                yield from reported_hours(source, [place], days, span)
        else:
            yield from ((place, reason_of(error)) for place in places)
        return
    for place, answer in zip(places, answers, strict=True):
        try:
            yield place, read_hours(answer)
        except InvalidResponse as error:
            yield place, str(error)


def reason_of(error: UpstreamError) -> str:
    """The error with the upstream's own words, where it has some."""
    try:
        reported = parsed(error.body)
    except UpstreamError:
        reported = None
    words = clean(reported.get("reason")) if isinstance(reported, dict) else ""
    return f"{error}: {words}" if words else str(error)


# -- now and next ----------------------------------------------------------------------------------------


def collect(
    source: OpenMeteo,
    parks: Sequence[Park],
    now: datetime,
    current: bool,
    forecast: bool,
    progress: Progress = lambda parks: None,
) -> WeatherRun:
    """The running hour, the hours ahead, or both, of each park; a run that lost half of its parks is given up."""
    run = WeatherRun()
    places = by_place(parks)
    # Yesterday too where only now is asked for: the answer may come from the other side of midnight.
    span = {"forecast_days": str(FORECAST_DAYS)} if forecast else {"forecast_days": "1", "past_days": "1"}
    days = FORECAST_DAYS if forecast else 2
    for some in groups_of(PLACES_A_REQUEST, list(places)):
        try:
            for place, reported in reported_hours(source, some, days, span):
                take(run, places[place], reported, now, current, forecast)
                progress(len(places[place]))
        except LimitReached as error:
            run.aborted = str(error)
        give_up_if_half_failed(run, len(parks))
        if run.aborted:
            break
    if run.has_stored:
        data_version.move()
    return run


def take(
    run: WeatherRun,
    parks: Sequence[Park],
    reported: list[HourOfWeather] | str,
    now: datetime,
    current: bool,
    forecast: bool,
) -> None:
    """What was reported one place, stored for each park there."""
    if isinstance(reported, str):
        run.failed += [(park, reported) for park in parks]
        return
    running = observation_of(reported, now) if current else None
    ahead = forecasts_of(reported, now) if forecast else []
    if current and running is None:
        run.failed += [
            (park, f"the answer lacks the hour that is running ({full_hour(now):%H:%M}Z)") for park in parks
        ]
    elif forecast and not ahead:
        run.failed += [(park, "the answer has no hour ahead") for park in parks]
    for park in parks:
        if running is not None:
            run.observations += store_observations(park, [running], columns_of(VARIABLES))
        run.forecasts += store_forecasts(park, ahead, full_hour(now))


def give_up_if_half_failed(run: WeatherRun, parks: int) -> None:
    if run.aborted is None and must_abort(len(run.failed), parks):
        run.aborted = f"{len(run.failed)} of {parks} parks failed"


def groups_of(size: int, places: Sequence[Place]) -> Iterator[Sequence[Place]]:
    for n in range(0, len(places), size):
        yield places[n : n + size]


@retried_on_lock
def store_observations(park: Park, hours: Sequence[HourOfWeather], columns: Sequence[str]) -> int:
    """Upsert `columns` of the hours of a park; other columns of a row that is there keep what they have, and a value
    that is not reported erases none that is known (N-14). Two queries."""
    known = WeatherObservation.objects.filter(park=park, observation_time__in=[hour.time for hour in hours])
    rows = [
        WeatherObservation(park=park, observation_time=hour.time, **values)
        for hour, values in with_known(hours, {row.observation_time: row for row in known})
    ]
    return upsert(WeatherObservation, rows, ("park", "observation_time"), (*columns, "collected_at"))


@retried_on_lock
def store_forecasts(park: Park, hours: Sequence[HourOfWeather], issued_at: datetime) -> int:
    """As `store_observations`, of the hours ahead."""
    known = WeatherForecast.objects.filter(park=park, issued_at=issued_at)
    rows = [
        WeatherForecast(park=park, issued_at=issued_at, forecast_time=hour.time, **values)
        for hour, values in with_known(hours, {row.forecast_time: row for row in known})
    ]
    return upsert(WeatherForecast, rows, ("park", "issued_at", "forecast_time"), columns_of(VARIABLES))


def with_known(
    hours: Iterable[HourOfWeather], known: Mapping[datetime, WeatherHour]
) -> Iterator[tuple[HourOfWeather, dict[str, Any]]]:
    """The values of each hour; one that is not reported is the one that is known."""
    for hour in hours:
        row = known.get(hour.time)
        yield (
            hour,
            {
                name: getattr(row, name) if value is None and row is not None else value
                for name, value in hour.values.items()
            },
        )


# -- past days -------------------------------------------------------------------------------------------


def backfill(
    source: OpenMeteo,
    parks: Sequence[Park],
    first: date,
    last: date,
    now: datetime,
    only_missing: bool = False,
    progress: Progress = lambda days: None,
) -> WeatherRun:
    """The hours of UTC days, both included, month by month; `progress` is reported park-days.

    `only_missing`: parks of which a month is stored whole are not asked about it. A month that cannot be had of half
    of the parks ends the run.
    """
    run = WeatherRun()
    columns = columns_of(source.variables)
    for start, end in months(first, last):
        days = (end - start).days + 1
        wanted = lacking(parks, start, end, columns) if only_missing else list(parks)
        progress(days * (len(parks) - len(wanted)))
        places = by_place(wanted)
        span = {"start_date": start.isoformat(), "end_date": end.isoformat()}
        month = WeatherRun()
        for some in groups_of(ARCHIVE_PLACES, list(places)):
            try:
                for place, reported in reported_hours(source, some, days, span):
                    take_past(month, places[place], reported, (start, end), now, columns)
                    progress(days * len(places[place]))
            except LimitReached as error:
                month.aborted = str(error)
                break
        give_up_if_half_failed(month, len(wanted))
        run.observations += month.observations
        run.failed += [(park, f"{start:%Y-%m}: {why}") for park, why in month.failed]
        if month.aborted:
            run.aborted = f"{start:%Y-%m}: {month.aborted}"
            break
    if run.has_stored:
        data_version.move()
    return run


def take_past(
    run: WeatherRun,
    parks: Sequence[Park],
    reported: list[HourOfWeather] | str,
    days: tuple[date, date],
    now: datetime,
    columns: Sequence[str],
) -> None:
    """Hours that are over and of which something is known: the archive ends some days before today."""
    if isinstance(reported, str):
        run.failed += [(park, reported) for park in parks]
        return
    start, end = hours_of(*days)
    hours = [
        hour
        for hour in reported
        if start <= hour.time < min(end, full_hour(now)) and any(value is not None for value in hour.values.values())
    ]
    for park in parks:
        run.observations += store_observations(park, hours, columns)


def months(first: date, last: date) -> Iterator[tuple[date, date]]:
    """The span cut at the ends of months, in order."""
    while first <= last:
        following = (first.replace(day=1) + timedelta(days=32)).replace(day=1)
        yield first, min(last, following - timedelta(days=1))
        first = following


def hours_of(first: date, last: date) -> tuple[datetime, datetime]:
    """[start, end) of UTC days, both included."""
    start, end = (day_start(day, "UTC") for day in (first, last))
    return start, end + timedelta(days=1)


def lacking(parks: Sequence[Park], first: date, last: date, columns: Sequence[str]) -> list[Park]:
    """The parks of which an hour of these UTC days is not stored, or lacks the value of a column that others have
    (N-14: completeness is asked per variable); one query.

    A column without any value is one that the archive does not report that place.
    """
    start, end = hours_of(first, last)
    hours = (end - start) // timedelta(hours=1)
    rows = WeatherObservation.objects.filter(park__in=parks, observation_time__gte=start, observation_time__lt=end)
    counts = rows.order_by().values_list("park_id").annotate(Count("pk"), *(Count(name) for name in columns))
    is_whole = {pk: stored == hours and not any(0 < n < hours for n in reported) for pk, stored, *reported in counts}
    return [park for park in parks if not is_whole.get(park.pk)]
