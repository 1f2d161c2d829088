"""Parameters, bodies and answer shapes of the audit."""

import re
from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.queries import Query, one_of
from core.shapes import Shape, describe
from core.zones import local_date
from snapshots.models import IssueSource
from stats.audit.anomalies import Anomaly
from stats.audit.claims import PERIODS, Claim, Metric
from stats.audit.quality import Issue, StaleEntity
from stats.audit.scope import Severity
from stats.audit.validation import Validation

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


class AuditRun(Validation):
    anomalies_detected: int
    anomalies: list[Anomaly]


class Issues(Shape):
    success: bool = True
    total_issues: Annotated[int, describe("rows in this answer")]
    issues: Annotated[list[Issue], describe("newest first, at most a hundred")]


class StaleSummary(Shape):
    success: bool = True
    data_source: Annotated[str, describe("as requested")]
    days: int
    entities_with_issues: int
    summary: Annotated[list[StaleEntity], describe("most issues first, at most a thousand")]
