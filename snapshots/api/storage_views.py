"""Endpoints of the storage measurements (public-api 5.2)."""

from typing import Annotated

from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from msgspec import to_builtins
from msgspec.structs import asdict
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.admin_access import AdminViewSet, Refused
from core.api.errors import Error
from core.jobs.ledger import JobRun, JobStatus
from core.shapes import Shape, describe
from snapshots.api.storage_serializers import AlertsQuery, GrowthQuery, MeasureQuery
from snapshots.storage import jobs, sizes
from snapshots.storage.partitions import PARTITIONED_TABLES
from snapshots.storage.tables import partitions_of

TAGS = ["admin: storage"]
BAD_QUERY = OpenApiResponse(Error, description="a parameter is not acceptable")
ADMIN = {
    401: OpenApiResponse(Error, description="no admin key"),
    403: OpenApiResponse(Error, description="the admin key is wrong or revoked"),
}
FAILED = "Failed to measure storage; `manage.py jobs --history measure_storage` says why"


class Partition(Shape):
    description: Annotated[str, describe("its rows lie before this")]
    name: str
    position: int
    row_count: Annotated[int, describe("an engine's estimate")]
    size_mb: float


class PartitionedTable(Shape):
    partition_count: int
    partition_expression: str
    partition_method: str
    partitions: list[Partition]
    table_name: str
    total_rows: int
    total_size_mb: float


class Partitions(Shape):
    partitioned_tables: Annotated[list[PartitionedTable], describe("none on SQLite")]


def partitioned_tables() -> list[PartitionedTable]:
    """The tables that are cut into months; none on SQLite."""
    found = {table: partitions_of(table) for table in PARTITIONED_TABLES}
    return [
        PartitionedTable(
            partition_count=len(parts),
            partition_expression=parts[0].expression,
            partition_method=parts[0].method,
            partitions=[
                Partition(
                    description=each.description,
                    name=each.name,
                    position=each.position,
                    row_count=each.rows,
                    size_mb=round(each.bytes / sizes.MB, 2),
                )
                for each in parts
            ],
            table_name=table,
            total_rows=sum(each.rows for each in parts),
            total_size_mb=round(sum(each.bytes for each in parts) / sizes.MB, 2),
        )
        for table, parts in found.items()
        if parts
    ]


TWO_THIRDS_FULL = sizes.StorageAlert(
    kind="capacity",
    level="WARNING",
    message="66.6 % of the capacity of 60.0 GB are in use",
    current=66.6,
    threshold=60,
)
EXAMPLE = to_builtins(
    sizes.StorageAlerts(
        alert_count=1,
        alerts=[TWO_THIRDS_FULL],
        current_size_gb=39.96,
        status="WARNING",
        thresholds=sizes.Thresholds(warning_gb=50.0, critical_gb=80.0, capacity_gb=60.0),
    )
)


class StorageViewSet(AdminViewSet):
    @extend_schema(
        summary="The last measurement of every table, the largest first",
        tags=TAGS,
        responses={200: sizes.StorageSummary, **ADMIN},
    )
    def summary(self, request: Request) -> Response:
        return Response(sizes.storage_summary())

    @extend_schema(
        summary="How the database will grow, or how one table has",
        description=(
            "Without `table`: size + growth × days, for `days` and for 1, 3 and 5 years. With it: its history of the"
            " last `days` days, 90 at most."
        ),
        tags=TAGS,
        parameters=[GrowthQuery],
        responses={200: sizes.Growth, 400: BAD_QUERY, **ADMIN},
    )
    def growth(self, request: Request) -> Response:
        query = GrowthQuery.read(request)
        if "table" not in query:
            return Response(sizes.growth(query["days"]))
        analysis = sizes.table_analysis(query["table"], query["days"], timezone.now().date())
        return Response(sizes.Growth(table_analysis=analysis))

    @extend_schema(
        summary="The monthly partitions of the big tables",
        tags=TAGS,
        responses={200: Partitions, **ADMIN},
    )
    def partitions(self, request: Request) -> Response:
        return Response(Partitions(partitioned_tables=partitioned_tables()))

    @extend_schema(
        summary="What other ways of keeping data would come to, at the measured growth",
        tags=TAGS,
        responses={200: sizes.Retention, **ADMIN},
    )
    def retention_comparison(self, request: Request) -> Response:
        return Response(sizes.retention_comparison())

    @extend_schema(
        summary="What an operator should know about the size of the database",
        description=(
            "Percent of the capacity (60, 80), days until it is full (90, 30), rise of the growth within two weeks in"
            " percent (10, 25), partitions of a table (100, 150), more than 100 MB a day, and the absolute sizes of"
            " the parameters."
        ),
        tags=TAGS,
        parameters=[AlertsQuery],
        responses={200: sizes.StorageAlerts, 400: BAD_QUERY, **ADMIN},
        examples=[OpenApiExample("Two thirds full", value=EXAMPLE, response_only=True, status_codes=["200"])],
    )
    def alerts(self, request: Request) -> Response:
        return Response(sizes.alerts(sizes.Thresholds(**AlertsQuery.read(request)), timezone.now().date()))

    @extend_schema(
        summary="Measure every table now, or have a worker do it",
        description="Once a day (UTC). With `queue=true`: 202 and the id of a job, which reports its result.",
        tags=TAGS,
        parameters=[MeasureQuery],
        request=None,
        responses={
            200: jobs.Measured,
            202: jobs.Queued,
            400: BAD_QUERY,
            **ADMIN,
            409: OpenApiResponse(Error, description="measured today, or being measured"),
            500: OpenApiResponse(Error, description="the measurement failed"),
            503: OpenApiResponse(Error, description="the queue does not answer"),
        },
    )
    def measure(self, request: Request) -> Response:
        query = MeasureQuery.read(request)
        if sizes.already_measured():
            raise Refused(409, "Already measured today", message="Already measured today", tables_measured=0)
        now = timezone.now()
        if query["queue"] == "true":
            try:
                return Response(jobs.state_of(jobs.queue_measurement(now)), status=202)
            except jobs.QueueSilent:
                raise Refused(503, "The queue does not answer; measure without queue=true") from None
        row = jobs.measure_now(now)
        if row is None:
            raise Refused(409, "A measurement is under way", message="A measurement is under way", tables_measured=0)
        if row.status != JobStatus.SUCCESS:
            raise Refused(500, FAILED, job_id=row.pk)
        return Response(jobs.state_of(row))

    @extend_schema(
        summary="What became of a measurement",
        tags=TAGS,
        responses={
            200: jobs.MeasurementJob,
            **ADMIN,
            404: OpenApiResponse(Error, description="there is no such measurement"),
        },
    )
    def measurement(self, request: Request, job_id: int) -> Response:
        row = JobRun.objects.filter(pk=job_id, job=jobs.JOB).first() if job_id < 2**63 else None
        if row is None:
            raise Refused(404, "Measurement not found", job_id=job_id)
        return Response(jobs.MeasurementJob(**asdict(jobs.state_of(row))))
