"""What is known of a park beside its archive events: opening hours, weights, live rows. Asked once per slice."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Q

from importer.days import RideFacts
from importer.intervals import Interval
from importer.storing import instant, live_intervals, ride_facts, seconds
from parks.models import Park, ParkSchedule, ScheduleType
from snapshots.models import DataSource, ParkActivitySnapshot, RideStatusSnapshot

ONE_DAY = timedelta(days=1)
Hours = tuple[date, datetime, datetime]  # the schedule's date, opening, closing


def operating_hours(park: Park, first: date, last: date) -> list[Hours]:
    """OPERATING windows of the dates; one query."""
    windows = ParkSchedule.objects.filter(
        park=park,
        schedule_type=ScheduleType.OPERATING,
        schedule_date__range=(first, last),
        opening_time__isnull=False,
        closing_time__isnull=False,
    ).values_list("schedule_date", "opening_time", "closing_time")
    return [(day, opening, closing) for day, opening, closing in windows if opening and closing]


def spans_of(hours: Sequence[Hours], day: date, start: int, end: int) -> list[Interval] | None:
    """The windows of the date, and what of the evening before reaches into it; None: none stored (R-6.1)."""
    near = [each for each in hours if day - ONE_DAY <= each[0] <= day]
    if not any(scheduled == day for scheduled, _, _ in near):
        return None
    spans = [(max(seconds(opening), start), min(seconds(closing), end)) for _, opening, closing in near]
    return [span for span in spans if span[0] < span[1]]


def scheduled_spans(park: Park, day: date, start: int, end: int) -> list[Interval] | None:
    """`spans_of` a date of the park; one query."""
    return spans_of(operating_hours(park, day - ONE_DAY, day), day, start, end)


def live_begins(park: Park, start: int, end: int) -> int | None:
    """The first instant of `[start, end)` that live collection tells of, if any."""
    within = Q(park=park, data_source=DataSource.LIVE, recorded_at__gte=instant(start), recorded_at__lt=instant(end))
    found = [
        model.objects.filter(within).order_by("recorded_at").values_list("recorded_at", flat=True).first()
        for model in (RideStatusSnapshot, ParkActivitySnapshot)
    ]
    return min((seconds(at) for at in found if at is not None), default=None)


@dataclass
class Surroundings:
    """Of the days of a slice of one park, up to the instant `end`. `now`: when they were asked for.

    Live collection goes on meanwhile, so the days around `now` are always asked for anew.
    """

    park: Park
    end: int
    now: int
    hours: list[Hours]
    facts: dict[int, RideFacts] = field(default_factory=dict)
    rides_known: int = -1
    live_from: int | None = None

    @classmethod
    def of(cls, park: Park, first: date, last: date, start: int, end: int, now: int) -> "Surroundings":
        """Three queries."""
        hours = operating_hours(park, first - ONE_DAY, last)
        return cls(park, end, now, hours, live_from=live_begins(park, start, end))

    def facts_of(self, rides_known: int) -> dict[int, RideFacts]:
        """Weight and activity of its rides; asked for again when the import knows more of them."""
        if rides_known != self.rides_known:
            self.facts, self.rides_known = ride_facts(self.park), rides_known
        return self.facts

    def live(self, start: int, end: int) -> tuple[dict[int, list[Interval]], list[Interval]]:
        """What live collection covers of a day."""
        is_past = end < self.now - ONE_DAY.total_seconds()
        if is_past and (self.live_from is None or end <= self.live_from):
            return {}, []
        return live_intervals(self.park, start, end)
