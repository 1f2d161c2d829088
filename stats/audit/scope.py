"""What an audit looks at, and how grave a finding is."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import QuerySet, TextChoices

from parks.models import Park, Ride
from stats.models import ParkDailyStats, RideDailyStats

METHODOLOGY_URL = "/about#methodology"
LARGEST_VERSION = 1_000_000
SAMPLE_SIZE = 5  # offending rows shown as evidence of one finding
Row = dict[str, Any]


class Severity(TextChoices):
    CRITICAL = "CRITICAL"
    WARNING = "WARNING"
    INFO = "INFO"


class Verdict(TextChoices):
    """What a set of findings comes to: FAIL with a critical one, WARN with any other, else PASS (R-24.1)."""

    PASSED = "PASS"
    WARNED = "WARN"
    FAILED = "FAIL"

    @classmethod
    def of(cls, severities: set[Severity]) -> "Verdict":
        if Severity.CRITICAL in severities:
            return cls.FAILED
        return cls.WARNED if severities else cls.PASSED


@dataclass(frozen=True, slots=True)
class Scope:
    """One park-local date under one rule set: of all parks, or of the park with this key."""

    day: date
    version: int
    park: int | None = None

    def ride_rows(self, first: date | None = None, last: date | None = None) -> QuerySet[RideDailyStats]:
        """Stored ride rows of the day, or of the dates `first` to `last`."""
        rows = RideDailyStats.objects.filter(
            metrics_version=self.version, stat_date__range=(first or self.day, last or self.day)
        )
        return rows if self.park is None else rows.filter(ride__park=self.park)

    def park_rows(self, first: date | None = None, last: date | None = None) -> QuerySet[ParkDailyStats]:
        """Stored park rows of the day, or of the dates `first` to `last`."""
        rows = ParkDailyStats.objects.filter(
            metrics_version=self.version, stat_date__range=(first or self.day, last or self.day)
        )
        return rows if self.park is None else rows.filter(park=self.park)

    def parks(self) -> QuerySet[Park]:
        """The active parks, or the one park whether it is active or not."""
        return Park.objects.active() if self.park is None else Park.objects.filter(pk=self.park)

    def rides(self) -> QuerySet[Ride]:
        """The active rides of `parks`."""
        return Ride.objects.filter(is_active=True, park__in=self.parks())


def days_off(day: date, days: int) -> date:
    """`day` plus `days`, held inside the calendar: any date may be asked about."""
    return date.fromordinal(min(max(day.toordinal() + days, date.min.toordinal()), date.max.toordinal()))


def number(value: Decimal | int) -> float | int:
    """An exact number as JSON sends it: whole numbers stay whole."""
    return float(value) if isinstance(value, Decimal) else value
