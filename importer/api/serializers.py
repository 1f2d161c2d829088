"""Parameters, bodies and answer shapes of the admin API of imports (public-api 5.1)."""

from datetime import date
from typing import Annotated, Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from core.api.bodies import Given
from core.api.errors import Error
from core.shapes import UNSET, Shape, UnsetType, describe
from core.upstream.payloads import uuid_of
from importer.jobs.progress import Figures
from importer.models import ImportStatus
from snapshots.models import LogType

EARLIEST, LATEST = date(1970, 1, 2), date(2199, 12, 31)
STATUSES = ", ".join(ImportStatus.values)
FARTHEST_OFFSET = 10_000_000
BATCH_SIZE, LARGEST_BATCH = 10_000, 1_000_000


# -- parameters and bodies -------------------------------------------------------------------------------


@extend_schema_field({"type": "integer", "minimum": 0})
class CappedLimit(serializers.IntegerField):
    """A number of rows: not negative, capped silently."""

    def __init__(self, *, default: int, cap: int) -> None:
        self.cap = cap
        super().__init__(default=default, min_value=0, help_text=f"default: {default}, at most {cap}")

    def to_internal_value(self, data: Any) -> int:
        return min(super().to_internal_value(data), self.cap)


class ListQuery(Given):
    status = serializers.ChoiceField(choices=ImportStatus.choices, required=False)
    limit = CappedLimit(default=50, cap=200)
    offset = serializers.IntegerField(default=0, min_value=0, max_value=FARTHEST_OFFSET)


class QualityQuery(Given):
    issue_type = serializers.ChoiceField(choices=LogType.choices, required=False)
    limit = CappedLimit(default=100, cap=500)


class StartBody(Given):
    destination_uuid = serializers.CharField(
        max_length=36,
        error_messages={
            "required": "destination_uuid is required",
            "null": "destination_uuid is required",
            "blank": "destination_uuid is required",
        },
    )
    start_date = serializers.DateField(required=False, allow_null=True, default=None, input_formats=["%Y-%m-%d"])
    end_date = serializers.DateField(required=False, allow_null=True, default=None, input_formats=["%Y-%m-%d"])
    batch_size = serializers.IntegerField(
        default=BATCH_SIZE,
        min_value=1,
        max_value=LARGEST_BATCH,
        help_text="accepted for older clients; a slice is stored as one",
    )
    auto_create = serializers.BooleanField(default=False, help_text="create rides that are not known yet")

    def validate_destination_uuid(self, value: str) -> str:
        if uuid_of(value) is None:
            raise serializers.ValidationError("destination_uuid is not a UUID")
        return value.lower()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        start, end = attrs["start_date"], attrs["end_date"]
        for name in ("start_date", "end_date"):
            if attrs[name] and not EARLIEST <= attrs[name] <= LATEST:
                raise serializers.ValidationError(f"{name} is out of range")
        if start and end and start > end:
            raise serializers.ValidationError(f"start_date {start} lies after end_date {end}")
        return attrs


# -- answers ---------------------------------------------------------------------------------------------


Status = Annotated[str, describe(STATUSES)]


class Cancelled(Figures):
    import_id: str
    message: str
    status: Status


class Acted(Cancelled):
    destination_uuid: str


class Started(Acted):
    start_date: date | None
    end_date: date | None


class Listed(Figures):
    completed_at: str | None
    destination_uuid: str
    errors_encountered: int
    import_id: str
    records_imported: int
    started_at: str | None
    status: Status


class State(Listed):
    can_resume: bool
    last_processed_date: date | None
    last_processed_file: str | None


class List(Shape):
    count: Annotated[int, describe("imports in this answer")]
    imports: list[Listed]
    limit: int
    offset: int


class ImportIssue(Shape):
    created_at: str
    description: str | None
    entity_type: str
    external_id: str | None
    issue_type: str
    timestamp_start: str | None


class Quality(Figures):
    destination_uuid: str
    errors_encountered: int
    import_id: str
    issue_counts: dict[str, int]
    issues: list[ImportIssue]
    issues_returned: int
    issues_total: int
    records_imported: int
    status: Status


class Destinations(Shape):
    count: int
    destinations: list[str]


class ImportError(Error):
    """An error about one import."""

    import_id: str | UnsetType = UNSET
    status: str | UnsetType = UNSET
