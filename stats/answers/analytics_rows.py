"""The rows of `/api/analytics/*`: what is published of a ride or a park over a window (R-3, R-16)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from types import new_class
from typing import Annotated, TypeVar
from zoneinfo import ZoneInfo

from core.shapes import UNSET, Shape, UnsetType, describe
from parks.models import Park, Ride
from stats.answers.analytics import Answer, Question
from stats.answers.groups import group_name
from stats.measures import bucket_sums as sums
from stats.measures import windows
from stats.measures.bucket_sums import PERCENTILE
from stats.measures.ride_measures import percent_change
from stats.readings.identity import Row

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


class Group(Figures):
    """One kind of hours, with the size of the sample behind its figures."""

    group: Annotated[str, describe("unknown: hours without an observation of the weather")]
    hours: Annotated[int, describe("UTC hours in which it was observed while the park was open")]
    observations: Annotated[int, describe("rows")]


class Comparison(Shape):
    start: str
    end: str
    total: Figures
    change: Annotated[dict[str, float | None], describe("percent, from the comparison to the window")]
    buckets: list[Bucket] | UnsetType = UNSET
    groups: list[Group] | UnsetType = UNSET


class ParkAnalyticsRow(Shape):
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
    question: Question, metrics: Metrics, found: Mapping[int, Answer], before: Before | None
) -> list[ParkAnalyticsRow]:
    """The parks that were observed, in the order of the question."""
    named = {park.pk: park_named(park) for park in question.parks}
    return list(rows_of(ParkAnalyticsRow, named, question, metrics, found, before))


def ride_rows(
    question: Question, metrics: Metrics, found: Mapping[int, Answer], before: Before | None
) -> list[RideAnalyticsRow]:
    """The rides that were observed, by park and name; one query."""
    parks = {park.pk: park_named(park) for park in question.parks}
    rides = Ride.objects.active().filter(park__in=parks).order_by("park__name", "park_id", "name", "pk")
    if question.rides:
        rides = rides.filter(pk__in=question.rides)
    named = {
        pk: {"ride_id": pk, "ride_name": name, **parks[park]}
        for pk, name, park in rides.values_list("pk", "name", "park_id")
    }
    return list(rows_of(RideAnalyticsRow, named, question, metrics, found, before))


def park_named(park: Park) -> Row:
    return {"park_id": park.pk, "park_name": park.name, "timezone": park.timezone}


def rows_of(
    shape: type[EntityRow],
    named: Mapping[int, Row],
    question: Question,
    metrics: Metrics,
    found: Mapping[int, Answer],
    before: Before | None,
) -> Iterator[EntityRow]:
    nothing = Answer(sums.Figures(), {})
    earlier = before.answers if before else {}
    for pk, name in named.items():
        if pk not in found and pk not in earlier:
            continue
        now, then = found.get(pk, nothing), earlier.get(pk, nothing)
        comparison: Comparison | UnsetType = UNSET
        if before:
            comparison = Comparison(
                start=before.window.start.isoformat(),
                end=before.window.end.isoformat(),
                **parts(then, question, name["timezone"], metrics),
                change=change(now.total, then.total, metrics),
            )
        yield shape(**name, **parts(now, question, name["timezone"], metrics), comparison=comparison)


def parts(answer: Answer, question: Question, zone: str, metrics: Metrics) -> Row:
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
            bucket(bucket=label(question.bucket, key, zone), **numbers(figures, metrics))
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
    """Percent from the comparison to the window, one decimal; null without a value to compare with."""
    found: dict[str, float | None] = {}
    earlier = before.metrics(metrics)
    for name, current in now.metrics(metrics).items():
        previous = earlier[name]
        percent = None if current is None or previous is None else percent_change(Decimal(current), Decimal(previous))
        found[name] = None if percent is None else float(percent)
    return found
