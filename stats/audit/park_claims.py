"""A displayed shame score, computed again (R-10.2 today, R-10.4 over days)."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.http import Http404

from core.periods import Days, Period, days_of
from core.rounding import half_up
from core.zones import day_range
from parks.models import DEFAULT_TIER_WEIGHT, TIER_WEIGHTS, Park, Ride, weight_of
from snapshots.models import RideStatusSnapshot
from snapshots.score import SHAME_SCORE_MULTIPLIER
from stats.audit.claims import PERIODS, Claim, Quality, Step, Verified, all_days, anomalies_of, answer, opening_so_far
from stats.audit.scope import Row, number
from stats.daily.compute import ParkDay, compute_park_days
from stats.measures.ride_measures import hours, measure_rides, minutes, percentage, window_score

MOST_RIDES_SHOWN = 5
UNROUNDED = 4  # decimals of intermediate results
ZERO = Decimal(0)


@dataclass(slots=True)
class RideSum:
    """One ride over the period."""

    weight: int
    down_seconds: int = 0
    open_seconds: int = 0


@dataclass(frozen=True, slots=True)
class DayScore:
    """One day's score and what it is made of."""

    day: date
    weighted_hours: Decimal
    weight: int
    open_hours: Decimal
    score: Decimal | None
    is_open: bool  # closed days count in no mean
    uptime: Decimal | None
    downtime_hours: Decimal


@dataclass(slots=True)
class ParkFigures:
    """A park over a period."""

    score: Decimal | None = None
    rides: dict[int, RideSum] = field(default_factory=dict)
    days: list[DayScore] = field(default_factory=list)
    tracked: list[int] = field(default_factory=list)  # rides, by day
    seen: set[int] = field(default_factory=set)
    snapshots: int = 0


def park_so_far(park: Park, now: datetime, today: date) -> ParkFigures:
    """R-10.2 from the park's midnight until now, with the evidence that counts inside a day (R-5.3); three queries."""
    start = day_range(today, park.timezone)[0]
    rows = RideStatusSnapshot.objects.filter(
        park=park, ride__is_active=True, recorded_at__gte=start, recorded_at__lte=now
    )
    measured = measure_rides(rows, now, {park.pk: park.reports_down})
    rides = Ride.objects.filter(pk__in=[ride.ride_id for ride in measured])
    weights = {pk: weight_of(weight) for pk, weight in rides.values_list("pk", "classification__tier_weight")}
    members = [(ride, weights[ride.ride_id]) for ride in measured if ride.operated(evidence_by_down=park.reports_down)]
    opening = opening_so_far(park, start, now)
    window = window_score(members, opening.open_seconds)
    if not measured:
        return ParkFigures()
    return ParkFigures(
        score=window.score,
        rides={ride.ride_id: RideSum(weight, ride.down_seconds, ride.open_seconds) for ride, weight in members},
        days=[
            DayScore(
                today,
                Decimal(window.weighted_down_seconds) / 3600,
                window.weight,
                Decimal(opening.open_seconds) / 3600,
                window.score,
                opening.open_seconds > 0,
                percentage(window.up_seconds, window.up_seconds + window.down_seconds),
                hours(window.down_seconds),
            )
        ],
        tracked=[len(measured)],
        seen=set(weights),
        snapshots=sum(ride.rows for ride in measured),
    )


def park_over_days(park: Park, days: Days, version: int) -> ParkFigures:
    """R-10.4: the mean of the daily scores (R-10.3) of the days on which the park was open."""
    figures = ParkFigures()
    for computed in compute_park_days(park, days, version):
        add_day(figures, computed)
    scores = [day.score for day in figures.days if day.is_open and day.score is not None]
    figures.score = half_up(sum(scores, ZERO) / len(scores), 1) if scores else None
    return figures


def add_day(figures: ParkFigures, computed: ParkDay) -> None:
    """R-10.3 of one day, with its parts as exact as production has them."""
    if computed.total is None:
        return
    weighted = open_minutes = 0
    for row in computed.rides:
        pk = row.ride_id or 0
        weighted += row.downtime_minutes * computed.weights[pk]
        open_minutes += row.operating_hours_minutes
        ride = figures.rides.setdefault(pk, RideSum(computed.weights[pk]))
        ride.down_seconds += row.downtime_minutes * 60
        ride.open_seconds += row.operating_hours_minutes * 60
    figures.days.append(
        DayScore(
            computed.day,
            Decimal(weighted) / 60,
            int(computed.total.effective_park_weight),
            Decimal(open_minutes) / 60 / len(computed.rides),
            computed.total.shame_score,
            computed.total.operating_hours_minutes > 0,
            computed.total.avg_uptime_percentage,
            computed.total.total_downtime_hours,
        )
    )
    figures.tracked.append(len(computed.rides))
    figures.seen |= set(computed.measures)
    figures.snapshots += sum(measures.rows for measures in computed.measures.values())


def verify_park(claim: Claim, version: int, now: datetime) -> Verified:
    park = Park.objects.filter(pk=claim.entity_id).first()
    if park is None:
        raise Http404(f"Park {claim.entity_id} not found")
    period = PERIODS[claim.period]
    days = days_of(period, now, park.timezone)
    figures = park_so_far(park, now, days.first) if period == Period.TODAY else park_over_days(park, days, version)
    entity = {"entity_type": "park", "entity_name": park.name, "metric": "shame_score"}
    found = anomalies_of("park", park.pk, park, period, now, version)
    return answer(claim, entity, park_steps(park, days, figures), figures.score, park_quality(days, figures), found)


def park_quality(days: Days, figures: ParkFigures) -> Quality:
    """What the number rests on; means are None where there is nothing to average."""
    expected = len(all_days(days))
    count = len(figures.days)
    uptimes = [day.uptime for day in figures.days if day.is_open and day.uptime is not None]
    return {
        "days_with_data": count,
        "expected_days": expected,
        "data_completeness": float(half_up(Decimal(100 * count) / expected, 1)),
        "avg_rides_tracked": float(half_up(Decimal(sum(figures.tracked)) / count, 1)) if count else None,
        "avg_uptime_percentage": float(half_up(sum(uptimes, ZERO) / len(uptimes), 1)) if uptimes else None,
        "total_downtime_hours": float(sum((day.downtime_hours for day in figures.days), ZERO)),
    }


def park_steps(park: Park, days: Days, figures: ParkFigures) -> list[Step]:
    weight = sum(day.weight for day in figures.days)
    weighted = sum((day.weighted_hours for day in figures.days), ZERO)
    return [
        Step(
            name="Park Identification",
            description="Find the park.",
            formula=None,
            inputs={"park_id": park.pk},
            output_label="park_name",
            output={"park_id": park.pk, "park_name": park.name},
        ),
        Step(
            name="Raw Snapshot Collection",
            description="Read every observation of the park's active rides on the park's own dates.",
            formula="local midnight of start_date <= recorded_at < local midnight after end_date",
            inputs={"park_id": park.pk, "start_date": days.first.isoformat(), "end_date": days.last.isoformat()},
            output_label="total_snapshots",
            output={
                "total_snapshots": figures.snapshots,
                "rides_tracked": len(figures.seen),
                "days_with_data": len(figures.days),
            },
        ),
        Step(
            name="Ride-Level Downtime Calculation",
            description=(
                f"Add up the time each ride was down while the park was open; the {MOST_RIDES_SHOWN} rides with the"
                " most are shown."
            ),
            formula="downtime = sum of the durations of its observations that count as down",
            inputs={
                "snapshot_interval_minutes": number(half_up(Decimal(settings.COLLECTION_INTERVAL_SECONDS) / 60, 1)),
                "rides_counted": len(figures.rides),
            },
            output_label="per_ride_downtime",
            output=rides_shown(figures),
        ),
        Step(
            name="Apply Tier Weights",
            description=(
                "Multiply each ride's downtime with its weight; the weights of the rides that operated add up by day."
            ),
            formula="weighted_downtime_hours = sum(downtime_hours * tier_weight)",
            inputs={
                "tier_weights": {
                    **{f"tier_{tier}": tier_weight for tier, tier_weight in TIER_WEIGHTS.items()},
                    "default": DEFAULT_TIER_WEIGHT,
                }
            },
            output_label="weighted_downtime_hours",
            output={
                "weighted_downtime_hours": float(half_up(weighted, 2)),
                "total_park_weight": weight,
                "total_rides": len(figures.rides),
            },
        ),
        Step(
            name="Calculate Shame Score",
            description=(
                "Share of the weighted capacity that was down, times ten; of several days the mean over the days on"
                " which the park was open."
            ),
            formula=(
                f"min({SHAME_SCORE_MULTIPLIER}, weighted_downtime_hours / (park_weight * open_hours)"
                f" * {SHAME_SCORE_MULTIPLIER})"
            ),
            inputs={
                "weighted_downtime_hours": float(half_up(weighted, 2)),
                "total_park_weight": weight,
                "daily_scores": [day_shown(day) for day in figures.days],
            },
            output_label="shame_score",
            output=None if figures.score is None else float(figures.score),
        ),
    ]


def day_shown(day: DayScore) -> Row:
    return {
        "date": day.day.isoformat(),
        "weighted_downtime_hours": float(half_up(day.weighted_hours, UNROUNDED)),
        "park_weight": day.weight,
        "open_hours": float(half_up(day.open_hours, UNROUNDED)),
        "shame_score": None if day.score is None else float(day.score),
    }


def rides_shown(figures: ParkFigures) -> list[Row]:
    """The rides with the most downtime; one query."""
    order = sorted(figures.rides, key=lambda pk: (-figures.rides[pk].down_seconds, pk))[:MOST_RIDES_SHOWN]
    named = {pk: (name, tier) for pk, name, tier in Ride.objects.filter(pk__in=order).values_list(*RIDE_COLUMNS)}
    return [
        {
            "ride_id": pk,
            "ride_name": named[pk][0],
            "tier": named[pk][1],
            "tier_weight": figures.rides[pk].weight,
            "downtime_hours": float(hours(figures.rides[pk].down_seconds)),
            "downtime_minutes": minutes(figures.rides[pk].down_seconds),
            "operating_minutes": minutes(figures.rides[pk].open_seconds),
        }
        for pk in order
    ]


RIDE_COLUMNS = ("pk", "name", "classification__tier")
