"""The rows of `/api/analytics/*`: what is published of a ride or a park over a window (R-3, R-16)."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from types import new_class
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

from core.instants import seconds
from core.periods import ONE_DAY
from core.shapes import UNSET, Shape, UnsetType, describe
from core.zones import local_date
from parks.models import Park, Ride
from stats.answers.analytics import Answer, Question
from stats.answers.groups import group_name
from stats.measures import bucket_sums as sums
from stats.measures import windows
from stats.measures.bucket_sums import PERCENTILE
from stats.measures.ride_measures import LEAST_DOWN_SECONDS, LEAST_WAIT, percent_change
from stats.readings.identity import Dated, Row

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Metrics = tuple[str, ...]


class Figures(Shape):
    """The metrics that were asked for; null: not measured."""

    wait_avg: Annotated[float | UnsetType | None, describe("minutes, weighted by time, of posted waits above 0")] = (
        UNSET
    )
    wait_min: int | UnsetType | None = UNSET
    wait_max: int | UnsetType | None = UNSET
    wait_p50: Annotated[int | UnsetType | None, describe("any wait_pNN: exact percentile over time, nearest rank")] = (
        UNSET
    )
    walk_on_percentage: Annotated[float | UnsetType | None, describe("share of posted time at 0 minutes")] = UNSET
    uptime_percentage: Annotated[
        float | UnsetType | None,
        describe("rides: operating of known open time; parks: of operating and down, over their attractions"),
    ] = UNSET
    availability_percentage: Annotated[float | UnsetType | None, describe("operating of operating and down")] = UNSET
    uptime_minutes: Annotated[int | UnsetType, describe("parks: summed over rides, as all minutes")] = UNSET
    downtime_minutes: int | UnsetType = UNSET
    opening_delay_minutes: Annotated[int | UnsetType, describe("part of the downtime: before the first run")] = UNSET
    closed_minutes: Annotated[int | UnsetType, describe("planned closures, refurbishment")] = UNSET
    unknown_minutes: Annotated[int | UnsetType, describe("open, and nothing was observed")] = UNSET
    open_minutes: Annotated[int | UnsetType, describe("up, down, closed and unknown")] = UNSET
    shame_score: Annotated[
        float | UnsetType | None, describe("0 to 10; several days: the mean of the days' scores")
    ] = UNSET
    observations: int | UnsetType = UNSET


METRICS = tuple(name for name in Figures.__struct_fields__ if not name.startswith(PERCENTILE))


class Bucket(Figures):
    bucket: Annotated[str, describe("local start, date, hour of day or weekday")]
    is_partial: Annotated[bool | UnsetType, describe("true, and only then there: the present moment cuts it off")] = (
        UNSET
    )


class Group(Figures):
    """One kind of hours, with the size of the sample behind its figures."""

    group: Annotated[str, describe("unknown: hours without an observation of the weather")]
    hours: Annotated[int, describe("UTC hours in which it was observed while the park was open")]
    observations: Annotated[int, describe("rows")]


class Comparison(Shape):
    start: str
    end: str
    total: Figures
    change: Annotated[
        dict[str, float | None],
        describe("percent, from the comparison to the window; null from under 30 min of downtime or 5 of wait"),
    ]
    buckets: list[Bucket] | UnsetType = UNSET
    groups: list[Group] | UnsetType = UNSET


class ParkAnalyticsRow(Dated):
    park_id: int
    park_name: str
    timezone: str
    total: Figures
    buckets: Annotated[list[Bucket] | UnsetType, describe("unless bucket=none")] = UNSET
    groups: Annotated[list[Group] | UnsetType, describe("with group_by")] = UNSET
    comparison: Annotated[Comparison | UnsetType, describe("with compare")] = UNSET


class RideAnalyticsRow(ParkAnalyticsRow):
    ride_id: int
    ride_name: str


Holder = TypeVar("Holder", bound=Figures)
EntityRow = TypeVar("EntityRow", bound=ParkAnalyticsRow)


@dataclass(frozen=True)
class Before:
    """The window compared with, and its answers."""

    window: windows.Window
    answers: Mapping[int, Answer]


# -- rows ------------------------------------------------------------------------------------------------


def park_rows(
    question: Question, metrics: Metrics, found: Mapping[int, Answer], before: Before | None, now: datetime
) -> list[ParkAnalyticsRow]:
    """The parks that were observed, in the order of the question."""
    named = {park.pk: park_named(park) for park in question.parks}
    return list(rows_of(ParkAnalyticsRow, named, question, metrics, found, before, now))


def ride_rows(
    question: Question, metrics: Metrics, found: Mapping[int, Answer], before: Before | None, now: datetime
) -> list[RideAnalyticsRow]:
    """The rides that were observed, by park and name; one query."""
    parks = {park.pk: park_named(park) for park in question.parks}
    rides = Ride.objects.filter(park__in=parks).order_by("park__name", "park_id", "name", "pk")
    if question.rides:
        rides = rides.filter(pk__in=question.rides)
    named = {
        pk: {"ride_id": pk, "ride_name": name, **parks[park]}
        for pk, name, park in rides.values_list("pk", "name", "park_id")
    }
    return list(rows_of(RideAnalyticsRow, named, question, metrics, found, before, now))


def park_named(park: Park) -> Row:
    return {"park_id": park.pk, "park_name": park.name, "timezone": park.timezone}


def rows_of(
    shape: type[EntityRow],
    named: Mapping[int, Row],
    question: Question,
    metrics: Metrics,
    found: Mapping[int, Answer],
    before: Before | None,
    now: datetime,
) -> Iterator[EntityRow]:
    nothing = Answer(sums.Figures(), {})
    zones = {name["timezone"] for name in named.values()}
    dates = {zone: dates_of(question.window, zone, now) for zone in zones}
    cut_off = {zone: cut_by_now(question, zone, now) for zone in zones}
    earlier = before.answers if before else {}
    for pk, name in named.items():
        if pk not in found and pk not in earlier:
            continue
        zone = name["timezone"]
        current, then = found.get(pk, nothing), earlier.get(pk, nothing)
        comparison: Comparison | UnsetType = UNSET
        if before:
            comparison = Comparison(
                start=before.window.start.isoformat(),
                end=before.window.end.isoformat(),
                **parts(then, question, zone, metrics, frozenset()),
                change=change(current.total, then.total, metrics),
            )
        figures = parts(current, question, zone, metrics, cut_off[zone])
        yield shape(**name, **dates[zone], **figures, comparison=comparison)


def dates_of(window: windows.Window, zone: str, now: datetime) -> Row:
    """The values of `Dated`: the local dates that a window touches in a zone."""
    start, end = window.utc_range(zone)
    return {
        "start_date": local_date(start, zone).isoformat(),
        "end_date": local_date(max(start, end - timedelta(seconds=1)), zone).isoformat(),
        "is_complete": end <= now,
    }


def cut_by_now(question: Question, zone: str, now: datetime) -> frozenset[windows.BucketKey]:
    """The bucket that `now` cuts in two, if there is one (N-16). Profiles of the day or week have none: each of their
    buckets is of many days."""
    bucket, at = question.bucket, seconds(now)
    if question.grouping is not None or bucket in PROFILES:
        return frozenset()
    today = local_date(now, zone)
    last = today + ONE_DAY if bucket.value in windows.SIZES else None
    left = [
        piece
        for piece in windows.pieces(question.window, zone)
        if piece.end > at and (last is None or piece.day <= last)
    ]
    return frozenset(cut.key for cut in windows.slices(left, bucket, zone) if cut.end > at)


PROFILES = (windows.Bucket.NONE, windows.Bucket.HOUR_OF_DAY, windows.Bucket.WEEKDAY)


def parts(
    answer: Answer, question: Question, zone: str, metrics: Metrics, partial: Collection[windows.BucketKey]
) -> Row:
    """The total and the buckets or groups of one entity."""
    found: Row = {"total": with_percentiles(Figures, metrics)(**numbers(answer.total, metrics))}
    if question.grouping is not None:
        group = with_percentiles(Group, metrics)
        found["groups"] = [
            group(
                group=group_name(question.grouping, key),
                hours=len(figures.hours),
                **{**numbers(figures, metrics), "observations": figures.rows},
            )
            for key, figures in answer.buckets.items()
        ]
    elif question.bucket != windows.Bucket.NONE:
        bucket = with_percentiles(Bucket, metrics)
        found["buckets"] = [
            bucket(
                bucket=label(question.bucket, key, zone),
                is_partial=True if key in partial else UNSET,
                **numbers(figures, metrics),
            )
            for key, figures in answer.buckets.items()
        ]
    return found


def with_percentiles(shape: type[Holder], metrics: Metrics) -> type[Holder]:
    """The shape with a field for each percentile asked for that it does not have: there may be 99."""
    more = tuple(name for name in metrics if name.startswith(PERCENTILE) and name not in shape.__struct_fields__)
    return extended(shape, more) if more else shape


@lru_cache(maxsize=100)
def extended(shape: type[Holder], names: tuple[str, ...]) -> type[Holder]:
    fields = {"__annotations__": dict.fromkeys(names, int | None)}
    return new_class(shape.__name__, (shape,), exec_body=lambda body: body.update(fields))


def numbers(figures: sums.Figures, metrics: Metrics) -> Row:
    """The metrics as JSON numbers."""
    found = figures.metrics(metrics)
    return {name: float(value) if isinstance(value, Decimal) else value for name, value in found.items()}


@lru_cache(maxsize=10_000)  # every ride of a park has the same buckets
def label(bucket: windows.Bucket, key: windows.BucketKey, zone: str) -> str:
    """What a bucket is called: its local start, its date, its hour, its weekday."""
    if isinstance(key, date):
        return key.isoformat()
    if bucket.value in windows.SIZES:
        return datetime.fromtimestamp(key, ZoneInfo(zone)).isoformat()
    return f"{key:02}:00" if bucket == windows.Bucket.HOUR_OF_DAY else WEEKDAYS[key]


def change(now: sums.Figures, before: sums.Figures, metrics: Metrics) -> dict[str, float | None]:
    """Percent from the comparison to the window, one decimal; null without a value to compare with, and where that is
    too small to say anything (N-5)."""
    found: dict[str, float | None] = {}
    earlier = before.metrics(metrics)
    for name, current in now.metrics(metrics).items():
        previous = earlier[name]
        percent = None
        if current is not None and previous is not None and not is_small(name, before):
            percent = percent_change(Decimal(current), Decimal(previous), least=LEAST_WAIT if is_wait(name) else 0)
        found[name] = None if percent is None else float(percent)
    return found


def is_wait(metric: str) -> bool:
    return metric.startswith("wait_")


def is_small(metric: str, base: sums.Figures) -> bool:
    """Is it a figure of downtime, of which the base has too little?"""
    return metric in OF_DOWNTIME and base.down_seconds < LEAST_DOWN_SECONDS


OF_DOWNTIME = ("downtime_minutes", "opening_delay_minutes", "shame_score")
