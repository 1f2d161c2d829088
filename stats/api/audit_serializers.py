"""Parameters, bodies and answer shapes of the audit."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.queries import Query, one_of
from core.zones import local_date
from snapshots.models import IssueSource, IssueType
from stats.audit.claims import PERIODS, Claim, Metric
from stats.audit.scope import Severity

DATE = re.compile(r"([0-9]{4})-([0-9]{1,2})-([0-9]{1,2})")
WHOLE_NUMBER = re.compile(r"[+-]?[0-9]+")
BAD_DATE = "Invalid date format. Use YYYY-MM-DD"
BAD_SEVERITY = "Invalid severity. Must be CRITICAL, WARNING, or INFO"
BAD_NUMBER = "Invalid displayed_value. Must be a number"
BAD_ENTITY = "Invalid entity_id. Must be an integer"
NO_WAITS = "Wait time tracing not yet implemented"
LARGEST_NUMBER = Decimal(10) ** 12  # no displayed number comes near it
LONGEST_NUMBER = 100  # characters
MOST_HOURS, MOST_DAYS = 960_000, 40_000  # more than a century


# -- parameters ------------------------------------------------------------------------------------------


def yesterday() -> date:
    """The day before today, in the site's time zone."""
    return local_date(timezone.now(), settings.SITE_TIME_ZONE) - timedelta(days=1)


@extend_schema_field({"type": "string", "format": "date"})
class AuditedDate(serializers.Field[date, Any, Any, Any]):
    """A park-local date, also unpadded. Empty or missing: the site's yesterday."""

    default_error_messages = {"invalid": BAD_DATE}

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, default=yesterday, allow_null=True, help_text="default: yesterday", **kwargs)

    def validate_empty_values(self, data: Any) -> tuple[bool, Any]:
        if data is None or data == "":
            return True, yesterday()
        is_empty, value = super().validate_empty_values(data)
        return is_empty, value

    def to_internal_value(self, data: Any) -> date:
        match = DATE.fullmatch(data) if isinstance(data, str) else None
        try:
            if match is None:
                raise ValueError(data)
            return date(*map(int, match.groups()))
        except ValueError:
            self.fail("invalid")

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field({"type": "integer"})
class LenientNumber(serializers.Field[int, Any, Any, Any]):
    """A whole number; anything else silently counts as the default (public-api 4.22)."""

    def __init__(self, *, default: int, largest: int, **kwargs: Any) -> None:
        self.fallback, self.largest = default, largest
        super().__init__(default=default, **kwargs)

    def to_internal_value(self, data: Any) -> int:
        text = str(data).strip()
        if not WHOLE_NUMBER.fullmatch(text):
            return self.fallback
        # int() refuses thousands of digits; and a moment so far away must exist.
        number = int(text[: LONGEST_NUMBER + 1])
        return max(-self.largest, min(number, self.largest))

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field({"type": "string"})
class AnyText(serializers.Field[str, Any, Any, Any]):
    """Text that is compared literally and never an error."""

    def to_internal_value(self, data: Any) -> str:
        return str(data)

    def to_representation(self, value: Any) -> Any:
        return value


class AuditQuery(Query):
    """Which day is audited."""

    date = AuditedDate()


class AnomalyQuery(AuditQuery):
    severity = serializers.ChoiceField(
        choices=Severity.choices, required=False, default=None, error_messages={"invalid_choice": BAD_SEVERITY}
    )


class FlaggedQuery(AuditQuery):
    severity = AnyText(
        default=Severity.WARNING.value, help_text="CRITICAL: only those; anything else: warnings as well"
    )


class IssueQuery(Query):
    hours = LenientNumber(default=24, largest=MOST_HOURS, help_text="how far back; not a whole number: 24")
    source = AnyText(  # type: ignore[assignment]
        default=None, help_text="themeparks_wiki or queue_times; unknown ones have no issues"
    )
    unresolved = AnyText(default="true", help_text="`true` in any letter case: only unresolved issues; else all")


class StaleQuery(Query):
    days = LenientNumber(default=7, largest=MOST_DAYS, help_text="how far back; not a whole number: 7")
    source = AnyText(  # type: ignore[assignment]
        default=IssueSource.THEMEPARKS_WIKI.value, help_text="unknown ones have no issues"
    )


# -- the body of /verify ---------------------------------------------------------------------------------


@extend_schema_field({"type": "number"})
class DisplayedValue(serializers.Field[Decimal, Any, Any, Any]):
    """A finite number, or text that is one."""

    default_error_messages = {"invalid": BAD_NUMBER}

    def to_internal_value(self, data: Any) -> Decimal:
        text = str(data).strip() if isinstance(data, int | float | str) and not isinstance(data, bool) else ""
        try:
            number = Decimal(text) if len(text) <= LONGEST_NUMBER else Decimal("NaN")
        except InvalidOperation:
            self.fail("invalid")
        if not number.is_finite() or abs(number) > LARGEST_NUMBER:
            self.fail("invalid")
        return number

    def to_representation(self, value: Any) -> Any:
        return value


def asked(values: list[str], name: str) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=values, error_messages={"invalid_choice": one_of(name, values)})


class VerifyBody(serializers.Serializer[Any]):
    """The number somebody was shown; its fields in the order in which they are checked."""

    displayed_value = DisplayedValue(help_text="a number, or text that is one")
    type = asked(Metric.values, "type")
    period = asked(list(PERIODS), "period")
    entity_id = serializers.IntegerField(
        help_text="park or ride", error_messages=dict.fromkeys(("invalid", "max_string_length"), BAD_ENTITY)
    )

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, Mapping):
            needed = ("type", "entity_id", "period", "displayed_value")
            missing = [name for name in needed if data.get(name) is None]
            if missing:
                raise serializers.ValidationError({"missing": f"Missing required fields: {', '.join(missing)}"})
        return super().to_internal_value(data)

    def validate_period(self, value: str) -> str:
        if self.initial_data["type"] == Metric.WAIT_TIME:
            raise serializers.ValidationError(NO_WAITS)
        return value

    @classmethod
    def read(cls, body: Any) -> Claim:
        """The claim in a JSON body; raises ValidationError."""
        claim = cls(data=body)
        claim.is_valid(raise_exception=True)
        found = claim.validated_data
        return Claim(Metric(found["type"]), found["entity_id"], found["period"], found["displayed_value"])


# -- answers ---------------------------------------------------------------------------------------------


class AnomalySerializer(serializers.Serializer[Any]):
    anomaly_type = serializers.ChoiceField(choices=["zscore", "sudden_change", "data_quality"])
    entity_type = serializers.CharField(help_text="park or ride")
    entity_id = serializers.IntegerField()
    entity_name = serializers.CharField(help_text="of a ride with its park in brackets")
    metric = serializers.CharField(help_text="shame_score, downtime_hours, missing_daily_stats or rides_tracked")
    severity = serializers.ChoiceField(choices=Severity.choices)
    stat_date = serializers.DateField()
    current_value = serializers.FloatField()
    expected_value = serializers.FloatField()
    threshold = serializers.FloatField(help_text="the rule's bound: standard deviations, percent or a count")
    message = serializers.CharField()
    methodology_url = serializers.CharField()


class FailureSerializer(serializers.Serializer[Any]):
    check_name = serializers.CharField()
    severity = serializers.ChoiceField(choices=Severity.choices)
    passed = serializers.BooleanField(help_text="false")
    violations = serializers.IntegerField()
    max_allowed = serializers.IntegerField()
    message = serializers.CharField()
    sample = serializers.ListField(
        child=serializers.DictField(), help_text="the first five offending rows; keys depend on the check"
    )


class ValidationSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    target_date = serializers.DateField()
    total_checks = serializers.IntegerField()
    passed = serializers.IntegerField()
    failed = serializers.IntegerField()
    critical_failures = serializers.IntegerField()
    status = serializers.CharField(help_text="FAIL with a critical failure, WARN with any other, else PASS")
    failures = FailureSerializer(many=True)


class AuditRunSerializer(ValidationSerializer):
    anomalies_detected = serializers.IntegerField()
    anomalies = AnomalySerializer(many=True)


class AnomaliesSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    target_date = serializers.DateField()
    total_anomalies = serializers.IntegerField(help_text="of the severity asked for")
    critical_count = serializers.IntegerField()
    warning_count = serializers.IntegerField()
    anomalies = AnomalySerializer(many=True, help_text="the first thousand")


class FlaggedSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    target_date = serializers.DateField()
    flagged_parks = serializers.ListField(child=serializers.IntegerField())
    flagged_rides = serializers.ListField(child=serializers.IntegerField())
    methodology_url = serializers.CharField()


class IssueSerializer(serializers.Serializer[Any]):
    issue_id = serializers.IntegerField()
    issue_type = serializers.ChoiceField(choices=IssueType.choices)
    data_source = serializers.CharField()
    detected_at = serializers.DateTimeField()
    entity_name = serializers.CharField(allow_null=True)
    park_name = serializers.CharField(allow_null=True)
    ride_name = serializers.CharField(allow_null=True)
    themeparks_wiki_id = serializers.CharField(allow_null=True)
    queue_times_id = serializers.IntegerField(allow_null=True)
    reported_status = serializers.CharField(allow_null=True)
    last_updated_api = serializers.DateTimeField(allow_null=True)
    data_age_minutes = serializers.IntegerField(allow_null=True)
    is_resolved = serializers.BooleanField()


class IssuesSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    total_issues = serializers.IntegerField(help_text="rows in this answer")
    issues = IssueSerializer(many=True, help_text="newest first, at most a hundred")


class StaleEntitySerializer(serializers.Serializer[Any]):
    themeparks_wiki_id = serializers.CharField(allow_null=True)
    entity_name = serializers.CharField(allow_null=True)
    park_name = serializers.CharField(allow_null=True)
    issue_count = serializers.IntegerField()
    avg_staleness_minutes = serializers.FloatField(allow_null=True, help_text="four decimals")
    max_staleness_minutes = serializers.IntegerField(allow_null=True)
    first_detected = serializers.DateTimeField()
    last_detected = serializers.DateTimeField()
    statuses_seen = serializers.CharField(help_text="distinct, comma separated")


class StaleSummarySerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    data_source = serializers.CharField(help_text="as requested")
    days = serializers.IntegerField()
    entities_with_issues = serializers.IntegerField()
    summary = StaleEntitySerializer(many=True, help_text="most issues first, at most a thousand")


class StepSerializer(serializers.Serializer[Any]):
    step = serializers.IntegerField()
    name = serializers.CharField()
    description = serializers.CharField()
    formula = serializers.CharField(allow_null=True)
    inputs = serializers.DictField()
    output_label = serializers.CharField()
    output = serializers.JSONField()


class VerifiedSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    verified = serializers.BooleanField(help_text="displayed and computed differ by no more than the tolerance")
    displayed_value = serializers.FloatField()
    computed_value = serializers.FloatField(
        allow_null=True, help_text="a score on the scale 0 to 10, or hours; null: the park was not open"
    )
    tolerance = serializers.FloatField()
    entity_type = serializers.CharField(help_text="park or ride")
    entity_id = serializers.IntegerField()
    entity_name = serializers.CharField()
    metric = serializers.CharField(help_text="shame_score or downtime_hours")
    period = serializers.CharField(help_text="as requested")
    computation_trace = StepSerializer(many=True)
    data_quality = serializers.DictField(child=serializers.FloatField(allow_null=True))
    anomalies_detected = AnomalySerializer(many=True)
    methodology_url = serializers.CharField()
