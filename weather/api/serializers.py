"""Parameters of `/api/weather/*`."""

from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from rest_framework import serializers

from core.api.queries import MomentField, Query
from core.zones import day_range, day_start
from parks.models import Park

LONGEST_RANGE = timedelta(days=31)
BEFORE, AHEAD = timedelta(hours=24), timedelta(days=7)


def moment_field(name: str, help_text: str) -> MomentField:
    """A moment whose error names the parameter."""
    messages: dict[str, Any] = {
        code: f"Invalid {name}. It {text}" for code, text in MomentField.default_error_messages.items()
    }
    return MomentField(required=False, error_messages=messages, help_text=help_text)


class WeatherQuery(Query):
    """A range; without one, the last 24 hours and the next seven days."""

    start = moment_field(
        "start", "local date or instant: 2025-07-01, 2025-07-01T11:30:00-04:00; default: 24 hours ago"
    )
    end = moment_field("end", "local date (included) or instant (excluded); default: in 7 days")

    @staticmethod
    def utc_range(query: dict[str, Any], park: Park, now: datetime) -> tuple[datetime, datetime]:
        """[start, end) in UTC, read by the park's clock; raises ValidationError."""
        if "start" not in query and "end" not in query:
            return now - BEFORE, now + AHEAD
        for name in ("start", "end"):
            if name not in query:
                raise serializers.ValidationError(f"Invalid {name}. Give both start and end, or neither")
        start = moment(query["start"], park.timezone, is_end=False)
        end = moment(query["end"], park.timezone, is_end=True)
        if start >= end:
            raise serializers.ValidationError("Invalid start. Must lie before end")
        # A day of the range may have 25 hours.
        if end - start > LONGEST_RANGE + timedelta(hours=1):
            raise serializers.ValidationError(
                f"Invalid end. A range has {LONGEST_RANGE.days} days at most; ask for shorter ones"
            )
        return start, end


def moment(value: date | datetime, zone: str, is_end: bool) -> datetime:
    """The instant of a local date's beginning or end, or the instant itself; one without an offset is local."""
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=ZoneInfo(zone))
    return day_range(value, zone)[1] if is_end else day_start(value, zone)
