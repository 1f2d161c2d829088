"""The last days of the parks or rides on a page, for the small lines in lists."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from core.periods import Days
from core.zones import local_date
from parks.models import Park, Ride
from stats.charts.series import Kind, stored_values, value_of_day, zone_of

DAYS = 14


def last_days(kind: Kind, ids: Iterable[int], now: datetime) -> dict[int, list[float | None]]:
    """By park or ride: a figure for each of the 14 days before today, each park's own; None where none is stored.

    Two queries.
    """
    wanted = list(ids)
    entities: list[Park] | list[Ride]
    if kind.is_of_parks:
        entities = list(Park.objects.filter(pk__in=wanted))
    else:
        entities = list(Ride.objects.filter(pk__in=wanted).select_related("park"))
    if not entities:
        return {}
    yesterday = {e.pk: local_date(now, zone_of(e)) - timedelta(days=1) for e in entities}
    first = min(yesterday.values()) - timedelta(days=DAYS - 1)
    stored = stored_values(kind, entities, Days(first, max(yesterday.values())))
    lines: dict[int, list[float | None]] = {}
    for entity in entities:
        by_day = {day: float(value_of_day(kind, value)) for day, value in stored[entity.pk]}
        last = yesterday[entity.pk]
        lines[entity.pk] = [by_day.get(last - timedelta(days=n)) for n in reversed(range(DAYS))]
    return lines
