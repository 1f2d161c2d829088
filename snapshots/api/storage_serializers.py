"""Parameters and answer shapes of the storage endpoints (public-api 5.2)."""

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


# -- answers ---------------------------------------------------------------------------------------------


class StorageTotalsSerializer(serializers.Serializer[Any]):
    table_count = serializers.IntegerField()
    total_data_mb = serializers.FloatField()
    total_growth_mb_per_day = serializers.FloatField()
    total_index_mb = serializers.FloatField()
    total_rows = serializers.IntegerField()
    total_size_gb = serializers.FloatField()
    total_size_mb = serializers.FloatField()


class TableStorageSerializer(serializers.Serializer[Any]):
    data_size_mb = serializers.FloatField()
    growth_rate_mb_per_day = serializers.FloatField(allow_null=True)
    index_size_mb = serializers.FloatField()
    measurement_date = serializers.DateField()
    partition_count = serializers.IntegerField(allow_null=True)
    row_count = serializers.IntegerField()
    table_name = serializers.CharField()
    total_size_mb = serializers.FloatField()


class StorageSummarySerializer(serializers.Serializer[Any]):
    summary = StorageTotalsSerializer()
    tables = TableStorageSerializer(many=True)


class ProjectionSerializer(serializers.Serializer[Any]):
    current_size_gb = serializers.FloatField()
    current_size_mb = serializers.FloatField()
    growth_rate_gb_per_month = serializers.FloatField(help_text="30 days")
    growth_rate_mb_per_day = serializers.FloatField()
    projected_days = serializers.IntegerField()
    projected_size_gb = serializers.FloatField()
    projected_size_mb = serializers.FloatField()


class YearsProjectionSerializer(ProjectionSerializer):
    years = serializers.IntegerField()


class TableAnalysisSerializer(serializers.Serializer[Any]):
    """With fewer than two measurements: `analysis`, `data_points` and `table_name` alone."""

    analysis = serializers.CharField(required=False)
    avg_growth_mb_per_day = serializers.FloatField(required=False)
    avg_growth_rows_per_day = serializers.FloatField(required=False)
    current_rows = serializers.IntegerField(required=False)
    current_size_mb = serializers.FloatField(required=False)
    data_points = serializers.IntegerField()
    partition_count = serializers.IntegerField(required=False, allow_null=True)
    period_days = serializers.IntegerField(required=False)
    row_change = serializers.IntegerField(required=False)
    size_change_mb = serializers.FloatField(required=False)
    table_name = serializers.CharField()


class GrowthSerializer(serializers.Serializer[Any]):
    """With `table`: `table_analysis` alone; without: the other two."""

    projection = ProjectionSerializer(required=False)
    projections = YearsProjectionSerializer(many=True, required=False)
    table_analysis = TableAnalysisSerializer(required=False)


class PartitionSerializer(serializers.Serializer[Any]):
    description = serializers.CharField(help_text="its rows lie before this")
    name = serializers.CharField()
    position = serializers.IntegerField()
    row_count = serializers.IntegerField(help_text="an engine's estimate")
    size_mb = serializers.FloatField()


class PartitionedTableSerializer(serializers.Serializer[Any]):
    partition_count = serializers.IntegerField()
    partition_expression = serializers.CharField()
    partition_method = serializers.CharField()
    partitions = PartitionSerializer(many=True)
    table_name = serializers.CharField()
    total_rows = serializers.IntegerField()
    total_size_mb = serializers.FloatField()


class PartitionsSerializer(serializers.Serializer[Any]):
    partitioned_tables = PartitionedTableSerializer(many=True, help_text="none on SQLite")


class CurrentStorageSerializer(serializers.Serializer[Any]):
    growth_gb_per_month = serializers.FloatField()
    growth_mb_per_day = serializers.FloatField()
    size_gb = serializers.FloatField()


class StrategySerializer(serializers.Serializer[Any]):
    annual_growth_gb = serializers.FloatField()
    description = serializers.CharField()
    name = serializers.CharField()
    notes = serializers.CharField()
    projected_size_gb = serializers.FloatField()


class RetentionSerializer(serializers.Serializer[Any]):
    current = CurrentStorageSerializer()
    projection_days = serializers.IntegerField()
    strategies = StrategySerializer(many=True)


class StorageAlertSerializer(serializers.Serializer[Any]):
    """`size` and `growth` have the legacy's keys, the others `current` and `threshold`."""

    kind = serializers.ChoiceField(
        choices=["size", "growth", "capacity", "days_until_full", "growth_change", "partitions"]
    )
    level = serializers.ChoiceField(choices=["WARNING", "CRITICAL"])
    message = serializers.CharField()
    current_gb = serializers.FloatField(required=False)
    threshold_gb = serializers.FloatField(required=False)
    growth_rate_mb_per_day = serializers.FloatField(required=False)
    current = serializers.FloatField(required=False)
    threshold = serializers.FloatField(required=False)


class ThresholdsSerializer(serializers.Serializer[Any]):
    warning_gb = serializers.FloatField()
    critical_gb = serializers.FloatField()
    capacity_gb = serializers.FloatField()


class StorageAlertsSerializer(serializers.Serializer[Any]):
    alert_count = serializers.IntegerField()
    alerts = StorageAlertSerializer(many=True)
    current_size_gb = serializers.FloatField()
    status = serializers.ChoiceField(choices=["HEALTHY", "WARNING", "CRITICAL"])
    thresholds = ThresholdsSerializer()


class MeasurementSerializer(serializers.Serializer[Any]):
    row_count = serializers.IntegerField()
    table_name = serializers.CharField()
    total_size_mb = serializers.FloatField()


class MeasuredSerializer(serializers.Serializer[Any]):
    job_id = serializers.IntegerField()
    status = serializers.CharField()
    measurements = MeasurementSerializer(many=True)
    message = serializers.CharField()
    tables_measured = serializers.IntegerField()


class QueuedSerializer(serializers.Serializer[Any]):
    job_id = serializers.IntegerField()
    status = serializers.CharField()
    message = serializers.CharField()


class MeasurementJobSerializer(serializers.Serializer[Any]):
    """The measurements when the job is done."""

    job_id = serializers.IntegerField()
    status = serializers.CharField(help_text="QUEUED, RUNNING, SUCCESS or FAILED")
    measurements = MeasurementSerializer(many=True, required=False)
    message = serializers.CharField()
    tables_measured = serializers.IntegerField(required=False)
