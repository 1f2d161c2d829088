"""Parameters of the storage endpoints (public-api 5.2)."""

import re
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.queries import NumberField, Query, choice, one_of
from snapshots.storage.sizes import CRITICAL_GB, WARNING_GB, is_measured

MOST_DAYS = 36_500
MOST_GB = 1_000_000_000
SMALLEST_CAPACITY_GB = 0.001
DAYS = re.compile(r"0*([0-9]{1,5})")


@extend_schema_field({"type": "integer", "minimum": 1, "maximum": MOST_DAYS})
class DaysField(serializers.Field[int, Any, Any, Any]):
    """A number of days."""

    default_error_messages = {"invalid": f"Invalid days. Must be a whole number from 1 to {MOST_DAYS:,}"}

    def to_internal_value(self, data: Any) -> int:
        match = DAYS.fullmatch(str(data).strip()) if str(data).isascii() else None
        if match is None or not 1 <= int(match[1]) <= MOST_DAYS:
            self.fail("invalid")
        return int(match[1])

    def to_representation(self, value: Any) -> Any:
        return value


class GrowthQuery(Query):
    days = DaysField(default=365)
    table = serializers.CharField(
        required=False,
        max_length=100,
        help_text="a table's name: its own history instead of the projection of all",
        error_messages={"max_length": "Invalid table. Must be at most 100 characters"},
    )

    def validate_table(self, table: str) -> str:
        if not is_measured(table):
            raise serializers.ValidationError("Invalid table. No table of that name was ever measured")
        return table


class AlertsQuery(Query):
    warning_gb = NumberField("warning_gb", 0, MOST_GB, WARNING_GB, default=WARNING_GB)
    critical_gb = NumberField("critical_gb", 0, MOST_GB, CRITICAL_GB, default=CRITICAL_GB)
    capacity_gb = NumberField(
        "capacity_gb",
        SMALLEST_CAPACITY_GB,
        MOST_GB,
        100,
        default=lambda: float(settings.STORAGE_CAPACITY_GB),
        help_text="default: the configured one",
    )


class MeasureQuery(Query):
    queue = choice(["true", "false"], "false", one_of("queue", ["true", "false"]))
