"""Parameters, bodies and answer shapes of the quality log."""

import re
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.queries import DayField, LimitField, Query, one_of
from core.commands import FIRST_DAY, LAST_DAY
from core.periods import ALIASES, Days, Period
from core.shapes import Shape, describe
from parks.models import Park, Ride
from parks.sync.metadata_coverage import MetadataCoverage
from snapshots.models import DataSource, NotesNeeded, Resolution, refuse_silence
from snapshots.quality.coverage import CoveredDay
from snapshots.quality.selection import Selection

MOST_ROWS, MOST_PASSED_OVER = 500, 1_000_000
PERIODS = (*Period.values, *ALIASES)
HOURS = re.compile(r"[0-9]{1,6}(\.[0-9]{1,6})?")
ID = re.compile(r"[0-9]{1,9}")
BOTH = "Give either period, or start_date and end_date"
MOVES = (Resolution.INVESTIGATING, Resolution.RESOLVED, Resolution.WONTFIX)
LONGEST_NOTES = 10_000


# -- parameters ------------------------------------------------------------------------------------------


@extend_schema_field({"type": "integer", "minimum": 1})
class KnownField(serializers.Field[Park | Ride, Any, Any, Any]):
    """The id of a park or ride that exists; the object itself."""

    def __init__(self, model: type[Park] | type[Ride], **kwargs: Any) -> None:
        self.model = model
        super().__init__(**kwargs)

    def to_internal_value(self, data: Any) -> Park | Ride:
        text = str(data).strip()
        if not ID.fullmatch(text):
            raise serializers.ValidationError(f"Invalid {self.field_name}. Must be a whole number")
        found = self.model._default_manager.filter(pk=int(text)).first()
        if found is None:
            reported = f"{self.field_name}: {int(text)} is not known; /api/search/index lists the ids"
            raise serializers.ValidationError(reported)
        return found

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field({"type": "number", "minimum": 0})
class HoursField(serializers.Field[timedelta, Any, Any, Any]):
    """A length of time in hours."""

    def to_internal_value(self, data: Any) -> timedelta:
        text = str(data).strip()
        if not HOURS.fullmatch(text):
            raise serializers.ValidationError(f"Invalid {self.field_name}. Must be a number of hours, such as 1.5")
        return timedelta(seconds=int(Decimal(text) * 3600))

    def to_representation(self, value: Any) -> Any:
        return value


@extend_schema_field({"type": "integer", "minimum": 0, "maximum": MOST_PASSED_OVER})
class OffsetField(serializers.Field[int, Any, Any, Any]):
    """How many rows are passed over. A silently smaller number would be another page."""

    def to_internal_value(self, data: Any) -> int:
        text = str(data).strip()
        if not ID.fullmatch(text) or int(text) > MOST_PASSED_OVER:
            reported = f"Invalid {self.field_name}. Must be a whole number up to {MOST_PASSED_OVER}"
            raise serializers.ValidationError(f"{reported}; narrow the list by status or type")
        return int(text)

    def to_representation(self, value: Any) -> Any:
        return value


class WindowQuery(Query):
    """What summary, gaps and coverage may be narrowed to."""

    period = serializers.ChoiceField(
        choices=PERIODS,
        required=False,
        help_text="calendar days of each park, as in the rankings; default: all time (coverage: seven days)",
        error_messages={"invalid_choice": one_of("period", PERIODS)},
    )
    start_date = DayField(required=False, help_text="first park-local day; default: the beginning")
    end_date = DayField(required=False, help_text="last park-local day; default: the present one")
    park_id = KnownField(Park, required=False, help_text="the park and its rides")
    min_gap_hours = HoursField(required=False, help_text="only gaps of at least that length")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        first, last = attrs.get("start_date"), attrs.get("end_date")
        if "period" in attrs and (first or last):
            raise serializers.ValidationError(BOTH)
        if first and last and first > last:
            raise serializers.ValidationError(f"Invalid start_date. {first} lies after end_date {last}")
        return attrs

    @staticmethod
    def selection(query: dict[str, Any]) -> Selection:
        """What a checked query asks for."""
        first, last, period = query.get("start_date"), query.get("end_date"), query.get("period")
        return Selection(
            now=timezone.now(),
            period=(ALIASES.get(period) or Period(period)) if period else None,
            days=Days(first or FIRST_DAY, last or LAST_DAY) if first or last else None,
            park=query.get("park_id"),
            ride=query.get("ride_id"),
            least=query.get("min_gap_hours"),
            source=DataSource(query["source"]) if query.get("source") else None,
            import_id=query.get("import_id"),
        )


class ImportedQuery(WindowQuery):
    import_id = serializers.CharField(required=False, help_text="only what this import met")


class SummaryQuery(ImportedQuery):
    pass


class GapsQuery(ImportedQuery):
    ride_id = KnownField(Ride, required=False, help_text="this ride alone")
    source = serializers.ChoiceField(  # type: ignore[assignment]
        choices=DataSource.choices,
        required=False,
        help_text="LIVE: of live collection; ARCHIVE: of imports",
        error_messages={"invalid_choice": one_of("source", DataSource.values)},
    )
    limit = LimitField(default=100, maximum=MOST_ROWS)


class IssuesQuery(Query):
    status = serializers.CharField(required=False, help_text="one that does not exist has no issues")
    type = serializers.CharField(required=False, help_text="one that does not exist has no issues")
    limit = LimitField(default=100, maximum=MOST_ROWS)
    offset = OffsetField(default=0)


# -- the body of a transition ----------------------------------------------------------------------------


def quoted(value: Any) -> str:
    text = str(value).encode(errors="backslashreplace").decode()  # half a character cannot be answered
    return text if len(text) <= 50 else f"{text[:50]}…"


@extend_schema_field({"type": "string", "enum": [status.value for status in MOVES]})
class MoveField(serializers.Field[Resolution, Any, Any, Any]):
    """A state that a person may give to an issue."""

    default_error_messages = {"required": "status is required", "null": "status is required"}

    def to_internal_value(self, data: Any) -> Resolution:
        if data == "":
            self.fail("required")
        if not isinstance(data, str) or data not in MOVES:
            reported = f"Invalid status: {quoted(data)}. Must be INVESTIGATING, RESOLVED, or WONTFIX"
            raise serializers.ValidationError(reported)
        return Resolution(data)

    def to_representation(self, value: Any) -> Any:
        return value


class MoveBody(serializers.Serializer[Any]):
    status = MoveField()
    notes = serializers.CharField(
        required=False,
        allow_blank=True,
        allow_null=True,
        max_length=LONGEST_NOTES,
        help_text="required for RESOLVED and WONTFIX, and to take up again what was one of them",
        error_messages={
            "invalid": "Invalid notes. Must be text",
            "max_length": f"Invalid notes. Must be at most {LONGEST_NOTES} characters",
        },
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        notes = attrs.get("notes") or ""
        try:
            refuse_silence(attrs["status"], notes)
        except NotesNeeded as error:
            raise serializers.ValidationError(str(error)) from error
        return {**attrs, "notes": notes}


# -- answers ---------------------------------------------------------------------------------------------


class Moved(Shape):
    log_id: int
    message: str
    status: Annotated[str, describe(enum=Resolution.values)]


class Coverage(MetadataCoverage):
    days: list[CoveredDay]
