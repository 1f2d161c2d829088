"""A displayed shame score, computed again (R-10.2 today, R-10.4 over days)."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from django.conf import settings
from django.http import Http404

from core.periods import Days, Period
from core.rounding import half_up
from core.zones import day_range
from parks.models import DEFAULT_TIER_WEIGHT, TIER_WEIGHTS, Category, Park, Ride, weight_of
from snapshots.models import RideStatusSnapshot
from snapshots.score import SHAME_SCORE_MULTIPLIER, ScoredTime, score_over
from stats.audit.claims import PERIODS, Claim, Quality, Step, Verified, all_days, anomalies_of, answer, opening_so_far
from stats.audit.scope import Row, number
from stats.daily.compute import ParkDay, compute_park_days
from stats.measures.ride_measures import availability, hours, measure_rides, minutes, window_score
from stats.measures.windows import days_in_list
from stats.readings.period_sums import scored_day

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
    """One day's score and what it is made of. Seconds are exact; uptime and downtime of attractions (N-3)."""

    day: date
    made_of: ScoredTime  # closed days have no open time, and count in no mean
    down_seconds: int
    attraction_up_seconds: int
    attraction_down_seconds: int

    @property
    def score(self) -> Decimal | None:
        return score_over([self.made_of])

    @property
    def weighted_hours(self) -> Decimal:
        return Decimal(self.made_of.weighted_down) / 3600

    @property
    def open_hours(self) -> Decimal:
        opened = self.made_of.open_seconds
        return Decimal(opened.numerator) / opened.denominator / 3600


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
    listed = list(rides.values_list("pk", "category", "classification__tier_weight"))
    weights = {pk: weight_of(weight) for pk, _, weight in listed}
    attractions = {pk for pk, category, _ in listed if category == Category.ATTRACTION}
    members = [(ride, weights[ride.ride_id]) for ride in measured if ride.operated(evidence_by_down=park.reports_down)]
    if not measured:
        return ParkFigures()
    is_known = any(ride.open_seconds for ride in measured)
    window = window_score(members, opening_so_far(park, start, now).open_seconds, is_known)
    of_attractions = [ride for ride, _ in members if ride.ride_id in attractions]
    return ParkFigures(
        score=window.score,
        rides={ride.ride_id: RideSum(weight, ride.down_seconds, ride.open_seconds) for ride, weight in members},
        days=[
            DayScore(
                today,
                ScoredTime(window.weighted_down_seconds, window.weight, window.open_seconds),
                window.down_seconds,
                sum(ride.up_seconds for ride in of_attractions),
                sum(ride.down_seconds for ride in of_attractions),
            )
        ],
        tracked=[len(measured)],
        seen=set(weights),
        snapshots=sum(ride.rows for ride in measured),
    )


def park_over_days(park: Park, days: Days, version: int) -> ParkFigures:
    """R-10.4: the mean of the daily scores (R-10.3) over the open time of the days, from exact seconds (N-2)."""
    figures = ParkFigures()
    for computed in compute_park_days(park, days, version):
        add_day(figures, computed)
    figures.score = score_over([day.made_of for day in figures.days])
    return figures


def add_day(figures: ParkFigures, computed: ParkDay) -> None:
    """R-10.3 of one day, with its parts as exact as production has them."""
    if computed.total is None:
        return
    for row in computed.rides:
        pk = row.ride_id or 0
        ride = figures.rides.setdefault(pk, RideSum(computed.weights[pk]))
        ride.down_seconds += row.down_seconds or 0
        ride.open_seconds += row.open_seconds or 0
    figures.days.append(
        DayScore(
            computed.day,
            scored_day(computed.total),
            computed.total.down_seconds or 0,
            computed.total.attraction_up_seconds or 0,
            computed.total.attraction_down_seconds or 0,
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
    days = days_in_list(period, now, park.timezone)
    figures = park_so_far(park, now, days.first) if period == Period.TODAY else park_over_days(park, days, version)
    entity = {"entity_type": "park", "entity_name": park.name, "metric": "shame_score"}
    found = anomalies_of("park", park.pk, park, period, now, version)
    return answer(claim, entity, park_steps(park, days, figures), figures.score, park_quality(days, figures), found)


def park_quality(days: Days, figures: ParkFigures) -> Quality:
    """What the number rests on; means are None where there is nothing to average."""
    expected = len(all_days(days))
    count = len(figures.days)
    up = sum(day.attraction_up_seconds for day in figures.days)
    uptime = availability(up, sum(day.attraction_down_seconds for day in figures.days))
    return {
        "days_with_data": count,
        "expected_days": expected,
        "data_completeness": float(half_up(Decimal(100 * count) / expected, 1)),
        "avg_rides_tracked": float(half_up(Decimal(sum(figures.tracked)) / count, 1)) if count else None,
        "avg_uptime_percentage": None if uptime is None else float(uptime),
        "total_downtime_hours": float(hours(sum(day.down_seconds for day in figures.days))),
    }


def park_steps(park: Park, days: Days, figures: ParkFigures) -> list[Step]:
    weight = sum(day.made_of.weight for day in figures.days)
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
                " which the park was open, weighted by how long, from exact seconds."
            ),
            formula=(
                f"min({SHAME_SCORE_MULTIPLIER}, sum(weighted_downtime_hours / park_weight) / sum(open_hours)"
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
        "weighted_downtime_seconds": day.made_of.weighted_down,
        "park_weight": day.made_of.weight,
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
            "downtime_seconds": figures.rides[pk].down_seconds,
            "operating_minutes": minutes(figures.rides[pk].open_seconds),
        }
        for pk in order
    ]


RIDE_COLUMNS = ("pk", "name", "classification__tier")
