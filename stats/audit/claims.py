"""A displayed number that is checked, and the answer to it (public-api 4.17).

`7days` and `30days` are the names the rankings know for the last calendar week and month (R-3.3), so that what
they display under such a name is what is checked.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any

from django.db.models import TextChoices
from msgspec.structs import replace

from core.periods import ALIASES, Days, Period, days_of
from core.shapes import Shape, describe
from parks.models import Park
from snapshots.models import ParkActivitySnapshot
from stats.audit.anomalies import Anomaly, detect
from stats.audit.scope import METHODOLOGY_URL, Row, Scope
from stats.audit.trace import TOLERANCE
from stats.measures.ride_measures import ParkOpening, measure_openings


class Metric(TextChoices):
    """What can be asked about."""

    PARK_SHAME_SCORE = "park_shame_score"
    RIDE_DOWNTIME = "ride_downtime"
    WAIT_TIME = "wait_time"


PERIODS: dict[str, Period] = {"today": Period.TODAY, **ALIASES}
Quality = dict[str, float | None]  # what a number rests on


@dataclass(frozen=True, slots=True)
class Claim:
    """A number somebody was shown."""

    metric: Metric
    entity_id: int
    period: str
    displayed: Decimal


class Step(Shape):
    step: int = 0  # its place, which `answer` gives it
    name: str
    description: str
    formula: str | None
    inputs: Row
    output_label: str
    output: Any


class Verified(Shape):
    success: bool = True
    verified: Annotated[bool, describe("displayed and computed differ by no more than the tolerance")]
    displayed_value: float
    computed_value: Annotated[
        float | None, describe("a score on the scale 0 to 10, or hours; null: the park was not open, or nobody knows")
    ]
    tolerance: float = float(TOLERANCE)
    entity_type: Annotated[str, describe("park or ride")]
    entity_id: int
    entity_name: str
    metric: Annotated[str, describe("shame_score or downtime_hours")]
    period: Annotated[str, describe("as requested")]
    computation_trace: list[Step]
    data_quality: Quality
    anomalies_detected: list[Anomaly]
    methodology_url: str = METHODOLOGY_URL


def answer(
    claim: Claim, entity: Row, steps: Sequence[Step], value: Decimal | None, quality: Quality, found: list[Anomaly]
) -> Verified:
    """The answer; `value` None: there was nothing to compute, so nothing is verified."""
    return Verified(
        **entity,
        entity_id=claim.entity_id,
        period=claim.period,
        displayed_value=float(claim.displayed),
        computed_value=None if value is None else float(value),
        verified=value is not None and abs(claim.displayed - value) <= TOLERANCE,
        computation_trace=[replace(each, step=n) for n, each in enumerate(steps, start=1)],
        data_quality=quality,
        anomalies_detected=found,
    )


def all_days(days: Days) -> list[date]:
    return [days.first + timedelta(days=n) for n in range((days.last - days.first).days + 1)]


def opening_so_far(park: Park, start: datetime, now: datetime) -> ParkOpening:
    """How long the park was seen open from `start` until now; one query."""
    activity = ParkActivitySnapshot.objects.filter(park=park, recorded_at__gte=start, recorded_at__lte=now)
    return measure_openings(activity, now).get(park.pk) or ParkOpening()


def anomalies_of(kind: str, pk: int, park: Park, period: Period, now: datetime, version: int) -> list[Anomaly]:
    """What stands out about a park or ride today, or for a longer period yesterday: the park's days; four queries."""
    judged = Period.TODAY if period == Period.TODAY else Period.YESTERDAY
    found = detect(Scope(days_of(judged, now, park.timezone).last, version, park.pk))
    return [each for each in found if (each.entity_type, each.entity_id) == (kind, pk)]
