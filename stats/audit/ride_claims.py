"""A displayed downtime of a ride, computed again (R-8.1)."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.http import Http404

from core.periods import Days, Period
from core.zones import day_range
from parks.models import Ride
from snapshots.models import RideStatusSnapshot
from stats.audit.claims import PERIODS, Claim, Quality, Step, Verified, anomalies_of, answer, opening_so_far
from stats.daily.compute import compute_park_days
from stats.measures.ride_measures import RideMeasures, hours, measure_rides, minutes, percentage
from stats.measures.windows import days_in_list


@dataclass(slots=True)
class RideFigures:
    """A ride over a period: seconds of the open park."""

    down_seconds: int = 0
    up_seconds: int = 0
    open_seconds: int = 0
    unknown_seconds: int = 0
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
    for measures in measured:
        figures.down_seconds += measures.down_seconds if measures.operated(evidence_by_down=park.reports_down) else 0
        figures.up_seconds += measures.up_seconds
        figures.open_seconds += measures.open_seconds
    figures.unknown_seconds = max(0, opening_so_far(park, start, now).open_seconds - figures.open_seconds)
    return figures


def ride_over_days(ride: Ride, days: Days, version: int) -> RideFigures:
    """The sum of its daily rows (R-14.1), computed now, from exact seconds (N-2)."""
    figures = RideFigures()
    for computed in compute_park_days(ride.park, days, version, only=ride.pk):
        for row in computed.rides:
            figures.measures.append(computed.measures[ride.pk])
            figures.down_seconds += row.down_seconds or 0
            figures.up_seconds += row.up_seconds or 0
            figures.open_seconds += row.open_seconds or 0
            figures.unknown_seconds += row.unknown_seconds or 0
    return figures


def verify_ride(claim: Claim, version: int, now: datetime) -> Verified:
    ride = Ride.objects.select_related("park").filter(pk=claim.entity_id).first()
    if ride is None:
        raise Http404(f"Ride {claim.entity_id} not found")
    park = ride.park
    period = PERIODS[claim.period]
    days = days_in_list(period, now, park.timezone)
    figures = ride_so_far(ride, now, days.first) if period == Period.TODAY else ride_over_days(ride, days, version)
    entity = {"entity_type": "ride", "entity_name": ride.name, "metric": "downtime_hours"}
    found = anomalies_of("ride", ride.pk, park, period, now, version)
    value = hours(figures.down_seconds) if figures.open_seconds else None  # nobody knows
    return answer(claim, entity, ride_steps(ride, days, figures, value), value, ride_quality(figures), found)


def ride_quality(figures: RideFigures) -> Quality:
    """Coverage: for how much of the park's opening time something was known of the ride."""
    coverage = percentage(figures.open_seconds, figures.open_seconds + figures.unknown_seconds)
    return {
        "coverage_percentage": None if coverage is None else float(coverage),
        "park_open_snapshots": figures.count("open_rows"),
        "total_snapshots": figures.count("rows"),
    }


def ride_steps(ride: Ride, days: Days, figures: RideFigures, value: Decimal | None) -> list[Step]:
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
                "operating_minutes": minutes(figures.open_seconds),
                "uptime_minutes": minutes(figures.up_seconds),
                "downtime_minutes": minutes(figures.down_seconds),
                "downtime_seconds": figures.down_seconds,
            },
        ),
        Step(
            name="Convert to Hours",
            description="Downtime counts only on days on which the ride operated.",
            formula="downtime_hours = downtime / 3600, two decimals",
            inputs={"downtime_seconds": figures.down_seconds},
            output_label="downtime_hours",
            output=None if value is None else float(value),
        ),
    ]
