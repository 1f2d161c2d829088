"""Days that stand out from the days before them (R-24.2, public-api 4.19, 4.20)."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Annotated

from django.db.models import Count, F, Sum

from core.rounding import half_up
from core.shapes import Shape, describe
from stats.audit.scope import METHODOLOGY_URL, Scope, Severity, days_off, number

BASELINE_DAYS = 30
MINIMUM_DAYS = 7
OUTLIER_SIGMAS = 3
CRITICAL_SIGMAS = 4
# Rides: quieter spreads and shorter downtimes say nothing. Minutes.
LEAST_RIDE_DEVIATION = 6
LONG_RIDE_DOWNTIME = 120
# Sudden change: percent, and the score both days have to exceed.
SUDDEN_CHANGE_PERCENT = 200
LEAST_CHANGING_SCORE = Decimal("0.1")
# Rides tracked: days of the average, the average that has to be exceeded, and percent of it.
TRACKED_DAYS = 14
LEAST_TRACKED = 5
FEW_PERCENT, VERY_FEW_PERCENT = 50, 25


class Anomaly(Shape):
    """One thing about one park or ride on one day."""

    anomaly_type: Annotated[str, describe(enum=("zscore", "sudden_change", "data_quality"))]
    entity_type: Annotated[str, describe("park or ride")]
    entity_id: int
    entity_name: Annotated[str, describe("of a ride with its park in brackets")]
    metric: Annotated[str, describe("shame_score, downtime_hours, missing_daily_stats or rides_tracked")]
    severity: Severity
    stat_date: date
    current_value: float
    expected_value: float
    threshold: Annotated[float, describe("the rule's bound: standard deviations, percent or a count")]
    message: str
    methodology_url: str = METHODOLOGY_URL


class Anomalies(Shape):
    success: bool = True
    target_date: date
    total_anomalies: Annotated[int, describe("of the severity asked for")]
    critical_count: int
    warning_count: int
    anomalies: Annotated[list[Anomaly], describe("the first thousand")]


class Flagged(Shape):
    success: bool = True
    target_date: date
    flagged_parks: list[int]
    flagged_rides: list[int]
    methodology_url: str = METHODOLOGY_URL


@dataclass(frozen=True, slots=True)
class Baseline:
    """The days a value is compared with, as exact sums.

    Of n days with sum Σx and squares Σx², `n·x - Σx` is n times the deviation from the mean and `n·Σx² - (Σx)²`
    is n² times the population variance: a bound is decided by multiplication alone, and exactly 3.0 stays 3.0.
    """

    days: int
    total: Decimal | int
    squares: Decimal | int

    @classmethod
    def of(cls, values: Iterable[Decimal]) -> "Baseline":
        listed = list(values)
        return cls(len(listed), sum(listed, Decimal(0)), sum((value * value for value in listed), Decimal(0)))

    @property
    def mean(self) -> Decimal:
        return Decimal(self.total) / self.days

    @property
    def spread(self) -> Decimal:
        """n² times the population variance."""
        return Decimal(self.days * self.squares - self.total * self.total)

    def deviation(self, value: Decimal | int) -> Decimal:
        """n times the distance from the mean."""
        return Decimal(self.days * value - self.total)

    def is_beyond(self, value: Decimal | int, sigmas: int) -> bool:
        """Is `value` more than so many standard deviations away from the mean, on either side?"""
        return self.deviation(value) ** 2 > sigmas * sigmas * self.spread

    def z_score(self, value: Decimal | int) -> Decimal:
        """The distance in standard deviations, for people; two decimals."""
        return half_up(self.deviation(value) / self.spread.sqrt(), 2)


@dataclass(frozen=True, slots=True)
class ParkHistory:
    """A park's stored rows of the day and the days before, by date."""

    pk: int
    name: str
    scores: Mapping[date, Decimal]
    opened: frozenset[date]
    tracked: Mapping[date, int]


def park_histories(scope: Scope) -> list[ParkHistory]:
    """The parks in scope, by key, with their stored rows of the day and the 30 days before it; two queries."""
    scores: dict[int, dict[date, Decimal]] = defaultdict(dict)
    tracked: dict[int, dict[date, int]] = defaultdict(dict)
    opened: dict[int, set[date]] = defaultdict(set)
    columns = ("park_id", "stat_date", "shame_score", "total_rides_tracked", "operating_hours_minutes")
    rows = scope.park_rows(days_off(scope.day, -BASELINE_DAYS), scope.day).exclude(park=None)
    for park, day, score, rides, minutes in rows.order_by("stat_date").values_list(*columns):
        tracked[park or 0][day] = rides
        if score is not None:
            scores[park or 0][day] = score
        if minutes > 0:
            opened[park or 0].add(day)
    return [
        ParkHistory(pk, name, scores[pk], frozenset(opened[pk]), tracked[pk])
        for pk, name in scope.parks().order_by("pk").values_list("pk", "name")
    ]


def detect(scope: Scope) -> list[Anomaly]:
    """Every anomaly of the day, kind after kind; four queries."""
    parks = park_histories(scope)
    found: list[Anomaly] = []
    found += (each for park in parks for each in score_outliers(park, scope.day))
    found += ride_outliers(scope)
    found += (each for park in parks for each in sudden_changes(park, scope.day))
    found += (each for park in parks for each in missing_rows(park, scope.day))
    found += (each for park in parks for each in fewer_rides(park, scope.day))
    return found


def score_outliers(park: ParkHistory, day: date) -> Iterator[Anomaly]:
    """The score against the previous 30 days. Days on which the park was not open are neither judged nor
    compared with (A-10): their stored 0 would make every first open day after a winter an outlier."""
    score = park.scores.get(day)
    before = [value for each, value in park.scores.items() if each != day and each in park.opened]
    baseline = Baseline.of(before)
    if score is None or day not in park.opened or baseline.days < MINIMUM_DAYS or baseline.spread <= 0:
        return
    if baseline.is_beyond(score, OUTLIER_SIGMAS):
        is_critical = baseline.is_beyond(score, CRITICAL_SIGMAS)
        yield Anomaly(
            anomaly_type="zscore",
            entity_type="park",
            entity_id=park.pk,
            entity_name=park.name,
            metric="shame_score",
            severity=Severity.CRITICAL if is_critical else Severity.WARNING,
            stat_date=day,
            current_value=float(score),
            expected_value=number(half_up(baseline.mean, 2)),
            threshold=float(OUTLIER_SIGMAS),
            message=(
                f"Shame score {float(score)} is {baseline.z_score(score)} standard deviations from the mean"
                f" of the {baseline.days} open days before"
            ),
        )


def ride_outliers(scope: Scope) -> list[Anomaly]:
    """Rides that were down for much longer than in the previous 30 days; two queries."""
    columns = ("ride_id", "ride__name", "ride__park__name", "downtime_minutes")
    rows = scope.ride_rows().filter(ride__in=scope.rides(), downtime_minutes__gt=0)
    judged = list(rows.order_by("ride_id").values_list(*columns))
    before = scope.ride_rows(days_off(scope.day, -BASELINE_DAYS), days_off(scope.day, -1))
    # Summed up for every ride: naming those that are judged makes MariaDB ten times slower.
    sums = (
        before.filter(operating_hours_minutes__gt=0, stat_date__lt=scope.day)
        .order_by()
        .values_list("ride_id")
        .annotate(
            days=Count("pk"),
            total=Sum("downtime_minutes"),
            squares=Sum(F("downtime_minutes") * F("downtime_minutes")),
        )
    )
    baselines = {ride: Baseline(days, int(total), int(squares)) for ride, days, total, squares in sums if ride}
    found = []
    for ride, name, park_name, minutes in judged:
        baseline = baselines.get(ride or 0)
        if baseline is None or not is_ride_outlier(baseline, minutes):
            continue
        is_critical = baseline.is_beyond(minutes, CRITICAL_SIGMAS) and minutes > LONG_RIDE_DOWNTIME
        downtime = half_up(Decimal(minutes) / 60, 2)
        found.append(
            Anomaly(
                anomaly_type="zscore",
                entity_type="ride",
                entity_id=ride or 0,
                entity_name=f"{name} ({park_name})",
                metric="downtime_hours",
                severity=Severity.CRITICAL if is_critical else Severity.WARNING,
                stat_date=scope.day,
                current_value=number(downtime),
                expected_value=number(half_up(baseline.mean / 60, 2)),
                threshold=float(OUTLIER_SIGMAS),
                message=(
                    f"Downtime of {downtime} h is {baseline.z_score(minutes)} standard deviations above the mean"
                    f" of the {baseline.days} open days before"
                ),
            )
        )
    return found


def is_ride_outlier(baseline: Baseline, minutes: int) -> bool:
    return (
        baseline.days >= MINIMUM_DAYS
        and baseline.spread > (LEAST_RIDE_DEVIATION * baseline.days) ** 2
        and baseline.deviation(minutes) > 0
        and baseline.is_beyond(minutes, OUTLIER_SIGMAS)
    )


def sudden_changes(park: ParkHistory, day: date) -> Iterator[Anomaly]:
    """The score against the day before."""
    current, previous = park.scores.get(day), park.scores.get(days_off(day, -1))
    if current is None or previous is None or min(current, previous) <= LEAST_CHANGING_SCORE:
        return
    if abs(current - previous) * 100 > SUDDEN_CHANGE_PERCENT * previous:
        percent = half_up((current - previous) / previous * 100, 1)
        yield Anomaly(
            anomaly_type="sudden_change",
            entity_type="park",
            entity_id=park.pk,
            entity_name=park.name,
            metric="shame_score",
            severity=Severity.WARNING,
            stat_date=day,
            current_value=float(current),
            expected_value=float(previous),
            threshold=float(SUDDEN_CHANGE_PERCENT),
            message=f"Shame score changed by {percent} % from one day to the next",
        )


def missing_rows(park: ParkHistory, day: date) -> Iterator[Anomaly]:
    """No daily row at all."""
    if day in park.tracked:
        return
    yield Anomaly(
        anomaly_type="data_quality",
        entity_type="park",
        entity_id=park.pk,
        entity_name=park.name,
        metric="missing_daily_stats",
        severity=Severity.WARNING,
        stat_date=day,
        current_value=0,
        expected_value=1.0,
        threshold=0,
        message="No daily stats recorded (park may be closed)",
    )


def fewer_rides(park: ParkHistory, day: date) -> Iterator[Anomaly]:
    """Rides tracked against the average of the previous 14 days."""
    first = days_off(day, -TRACKED_DAYS)
    before = [rides for each, rides in park.tracked.items() if first <= each < day]
    tracked = park.tracked.get(day)
    if tracked is None or sum(before) <= LEAST_TRACKED * len(before):
        return
    # tracked / (sum / days) in percent, without the divisions
    share = 100 * tracked * len(before)
    if share >= FEW_PERCENT * sum(before):
        return
    is_critical = share < VERY_FEW_PERCENT * sum(before)
    average = half_up(Decimal(sum(before)) / len(before), 1)
    yield Anomaly(
        anomaly_type="data_quality",
        entity_type="park",
        entity_id=park.pk,
        entity_name=park.name,
        metric="rides_tracked",
        severity=Severity.CRITICAL if is_critical else Severity.WARNING,
        stat_date=day,
        current_value=tracked,
        expected_value=number(average),
        threshold=float(VERY_FEW_PERCENT if is_critical else FEW_PERCENT),
        message=f"Only {tracked} rides tracked; the {len(before)} days before had {average} on average",
    )


# -- answers ---------------------------------------------------------------------------------------------

LONGEST_LIST = 1000


def anomaly_report(scope: Scope, severity: Severity | None) -> Anomalies:
    """What `/api/audit/anomalies` answers; of more than a thousand, the first are listed and all counted."""
    found = [each for each in detect(scope) if severity is None or each.severity == severity]
    return Anomalies(
        target_date=scope.day,
        total_anomalies=len(found),
        critical_count=sum(each.severity == Severity.CRITICAL for each in found),
        warning_count=sum(each.severity == Severity.WARNING for each in found),
        anomalies=found[:LONGEST_LIST],
    )


def flagged_entities(scope: Scope, only_critical: bool) -> Flagged:
    """What `/api/audit/flagged-entities` answers: distinct ids, ascending."""
    wanted = {Severity.CRITICAL} if only_critical else {Severity.CRITICAL, Severity.WARNING}
    found = [each for each in detect(scope) if each.severity in wanted]
    return Flagged(
        target_date=scope.day,
        flagged_parks=sorted({each.entity_id for each in found if each.entity_type == "park"}),
        flagged_rides=sorted({each.entity_id for each in found if each.entity_type == "ride"}),
    )
