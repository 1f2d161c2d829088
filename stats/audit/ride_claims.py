"""A displayed downtime of a ride, computed again (R-8.1)."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.http import Http404

from core.periods import Days, Period, days_of
from core.zones import day_range
from parks.models import Ride
from snapshots.models import RideStatusSnapshot
from stats.audit.claims import PERIODS, Claim, Quality, Step, Verified, anomalies_of, answer, opening_so_far
from stats.daily.compute import compute_park_days
from stats.measures.ride_measures import RideMeasures, hours, measure_rides, minutes, percentage


@dataclass(slots=True)
class RideFigures:
    """A ride over a period."""

    downtime_minutes: int = 0
    downtime_seconds: int = 0
    up_minutes: int = 0
    open_minutes: int = 0
    unknown_minutes: int = 0
    measures: list[RideMeasures] = field(default_factory=list)

    def count(self, name: str) -> int:
        return sum(getattr(measures, name) for measures in self.measures)


def ride_so_far(ride: Ride, now: datetime, today: date) -> RideFigures:
    """From the park's midnight until now; two queries."""
    park = ride.park
    start = day_range(today, park.timezone)[0]
    rows = RideStatusSnapshot.objects.filter(ride=ride, park=park, recorded_at__gte=start, recorded_at__lte=now)
    measured = measure_rides(rows, now, {park.pk: park.reports_down})
    figures = RideFigures(measures=measured)
    unknown = opening_so_far(park, start, now).open_seconds
    for measures in measured:
        down = measures.down_seconds if measures.operated(evidence_by_down=park.reports_down) else 0
        figures.downtime_seconds += down
        figures.downtime_minutes += minutes(down)
        figures.up_minutes += minutes(measures.up_seconds)
        figures.open_minutes += minutes(measures.open_seconds)
        unknown -= measures.open_seconds
    figures.unknown_minutes = minutes(max(unknown, 0))
    return figures


def ride_over_days(ride: Ride, days: Days, version: int) -> RideFigures:
    """The sum of its daily rows (R-14.1), computed now."""
    figures = RideFigures()
    for computed in compute_park_days(ride.park, days, version, only=ride.pk):
        for row in computed.rides:
            figures.measures.append(computed.measures[ride.pk])
            figures.downtime_minutes += row.downtime_minutes
            figures.downtime_seconds += row.downtime_minutes * 60
            figures.up_minutes += row.uptime_minutes
            figures.open_minutes += row.operating_hours_minutes
            figures.unknown_minutes += row.unknown_minutes or 0
    return figures


def verify_ride(claim: Claim, version: int, now: datetime) -> Verified:
    ride = Ride.objects.select_related("park").filter(pk=claim.entity_id).first()
    if ride is None:
        raise Http404(f"Ride {claim.entity_id} not found")
    park = ride.park
    period = PERIODS[claim.period]
    days = days_of(period, now, park.timezone)
    figures = ride_so_far(ride, now, days.first) if period == Period.TODAY else ride_over_days(ride, days, version)
    entity = {"entity_type": "ride", "entity_name": ride.name, "metric": "downtime_hours"}
    found = anomalies_of("ride", ride.pk, park, period, now, version)
    value = hours(figures.downtime_seconds)
    return answer(claim, entity, ride_steps(ride, days, figures, value), value, ride_quality(figures), found)


def ride_quality(figures: RideFigures) -> Quality:
    """Coverage: for how much of the park's opening time something was known of the ride."""
    known = figures.open_minutes + figures.unknown_minutes
    coverage = percentage(figures.open_minutes, known)
    return {
        "coverage_percentage": None if coverage is None else float(coverage),
        "park_open_snapshots": figures.count("open_rows"),
        "total_snapshots": figures.count("rows"),
    }


def ride_steps(ride: Ride, days: Days, figures: RideFigures, value: Decimal) -> list[Step]:
    opened, up, down = (figures.count(name) for name in ("open_rows", "up_rows", "down_rows"))
    return [
        Step(
            name="Ride Identification",
            description="Find the ride and its park.",
            formula=None,
            inputs={"ride_id": ride.pk},
            output_label="ride_name",
            output={"ride_id": ride.pk, "ride_name": ride.name, "park_name": ride.park.name},
        ),
        Step(
            name="Snapshot Breakdown",
            description=(
                "Sort the ride's observations by what they say, and add up how long each held in the open park."
            ),
            formula="minutes = sum of durations / 60",
            inputs={"ride_id": ride.pk, "start_date": days.first.isoformat(), "end_date": days.last.isoformat()},
            output_label="downtime_minutes",
            output={
                "total_snapshots": figures.count("rows"),
                "park_open_snapshots": opened,
                "operating_snapshots": up,
                "down_snapshots": down,
                "other_snapshots": opened - up - down,
                "operating_minutes": figures.open_minutes,
                "uptime_minutes": figures.up_minutes,
                "downtime_minutes": figures.downtime_minutes,
            },
        ),
        Step(
            name="Convert to Hours",
            description="Downtime counts only on days on which the ride operated.",
            formula="downtime_hours = downtime / 60, two decimals",
            inputs={"downtime_minutes": figures.downtime_minutes},
            output_label="downtime_hours",
            output=float(value),
        ),
    ]
