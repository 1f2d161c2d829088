"""Admin endpoints of imports (public-api 5.1). The work itself is handed over."""

import re
from datetime import UTC, datetime
from typing import Any

from django.db.models import Count
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, OpenApiResponse, extend_schema
from msgspec.structs import asdict
from rest_framework.request import Request
from rest_framework.response import Response

from core.api.admin_access import AdminViewSet, Refused
from core.api.bodies import json_body
from core.api.errors import Error
from importer.api.serializers import (
    Acted,
    Cancelled,
    Destinations,
    ImportError,
    ImportIssue,
    List,
    Listed,
    ListQuery,
    Quality,
    QualityQuery,
    StartBody,
    Started,
    State,
)
from importer.archive.files import ArchiveError
from importer.jobs import actions
from importer.jobs.planning import NothingThere
from importer.jobs.progress import figures
from importer.models import AlreadyRunning, ImportCheckpoint, ImportStatus, TransitionRefused
from snapshots.models import DataQualityLog

IMPORT_ID = re.compile(r"imp_[0-9a-f]{16}")
NO_KEY = OpenApiResponse(Error, description="no admin key")
WRONG_KEY = OpenApiResponse(Error, description="the admin key is wrong or revoked")
BAD_QUERY = OpenApiResponse(Error, description="a parameter is not acceptable")
BAD_STATE = OpenApiResponse(ImportError, description="the import is in another state")
UNKNOWN = OpenApiResponse(ImportError, description="no such import")
BUSY = OpenApiResponse(ImportError, description="an import of the destination runs already; `import_id`")
AWAY = OpenApiResponse(Error, description="the archive or the message broker cannot be reached")
KEYS = {401: NO_KEY, 403: WRONG_KEY}
ID = OpenApiParameter("import_id", str, OpenApiParameter.PATH, description="`imp_` and 16 hexadecimal digits")


def when(at: datetime) -> str:
    """An instant as these endpoints say it: ISO with `Z`."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def cancelled(job: ImportCheckpoint, message: str) -> dict[str, Any]:
    """The values of `Cancelled`; three queries."""
    return {"import_id": job.import_id, "message": message, "status": job.status, **asdict(figures(job))}


def acted(job: ImportCheckpoint, message: str) -> dict[str, Any]:
    """The values of `Acted`."""
    return {"destination_uuid": job.destination_uuid, **cancelled(job, message)}


def listed(job: ImportCheckpoint) -> dict[str, Any]:
    """The values of `Listed`; three queries."""
    return {
        "completed_at": job.completed_at and when(job.completed_at),
        "destination_uuid": job.destination_uuid,
        "errors_encountered": job.errors_encountered,
        "import_id": job.import_id,
        "records_imported": job.records_imported,
        "started_at": job.started_at and when(job.started_at),
        "status": job.status,
        **asdict(figures(job)),
    }


def found(import_id: str, message: str = "Import not found") -> ImportCheckpoint:
    """Raises Refused (404)."""
    known = IMPORT_ID.fullmatch(import_id)
    job = ImportCheckpoint.objects.filter(import_id=import_id).first() if known else None
    if job is None:
        raise Refused(404, message, import_id=import_id[:100])
    return job


def unreachable(error: ArchiveError) -> Refused:
    return Refused(503, f"The archive cannot be reached: {' '.join(str(error).split())}")


def busy(running: ImportCheckpoint) -> Refused:
    return Refused(409, "Import already in progress", import_id=running.import_id, status=running.status)


def hand_over(job: ImportCheckpoint, otherwise: ImportStatus) -> None:
    """Raises Refused (503) when the workers cannot be reported."""
    try:
        actions.hand_over(job, otherwise)
    except actions.WorkersAway as error:
        raise Refused(503, str(error)) from error


class ImportViewSet(AdminViewSet):
    @extend_schema(
        summary="Import a destination of the archive",
        description="Plans the import and hands it to the workers: PENDING, and IN_PROGRESS when one takes it up.",
        tags=["admin: imports"],
        request=StartBody,
        responses={
            201: Started,
            400: OpenApiResponse(Error, description="the body, the range or the destination is bad"),
            409: BUSY,
            413: OpenApiResponse(Error, description="the body is larger than a megabyte"),
            415: OpenApiResponse(Error, description="the content type is not JSON"),
            503: AWAY,
            **KEYS,
        },
        examples=[
            OpenApiExample(
                "One month of Walt Disney World",
                value={
                    "destination_uuid": "e957da41-3552-4cf6-b636-5babc5cbc4e5",
                    "start_date": "2024-07-01",
                    "end_date": "2024-07-31",
                    "batch_size": 10_000,
                    "auto_create": True,
                },
                request_only=True,
            )
        ],
    )
    def start(self, request: Request) -> Response:
        body = StartBody.of(json_body(request))
        try:
            job = actions.planned(body["destination_uuid"], body["start_date"], body["end_date"], body["auto_create"])
        except NothingThere as error:
            raise Refused(400, "destination_uuid: the archive has no files of it in this range") from error
        except ArchiveError as error:
            raise unreachable(error) from error
        except AlreadyRunning as error:
            raise busy(error.running) from error
        hand_over(job, ImportStatus.CANCELLED)
        values = acted(job, "Import created. A worker takes it up.")
        return Response(Started(**values, start_date=job.start_date, end_date=job.end_date), status=201)

    @extend_schema(
        summary="How far an import is",
        tags=["admin: imports"],
        parameters=[ID],
        responses={200: State, 404: UNKNOWN, **KEYS},
    )
    def state(self, request: Request, import_id: str) -> Response:
        job = found(import_id)
        answer = State(
            **listed(job),
            can_resume=job.can_resume,
            last_processed_date=job.last_processed_date,
            last_processed_file=job.last_processed_file,
        )
        return Response(answer)

    @extend_schema(
        summary="Go on with an import that was paused or has failed",
        tags=["admin: imports"],
        parameters=[ID],
        request=None,
        responses={200: Acted, 400: BAD_STATE, 404: UNKNOWN, 409: BUSY, 503: AWAY, **KEYS},
    )
    def resume(self, request: Request, import_id: str) -> Response:
        job = found(import_id)
        refusal = Refused(400, "Import cannot be resumed", import_id=job.import_id, status=job.status)
        if not job.can_resume:
            raise refusal
        try:
            actions.resume(job)
        except AlreadyRunning as error:
            raise busy(error.running) from error
        except TransitionRefused as error:
            raise refusal from error
        except actions.WorkersAway as error:
            raise Refused(503, str(error)) from error
        return Response(Acted(**acted(job, "Import resumed. A worker takes it up.")))

    @extend_schema(
        summary="Pause an import",
        description="Takes effect within the slice at work: what is not stored of it is read again later.",
        tags=["admin: imports"],
        parameters=[ID],
        request=None,
        responses={200: Acted, 400: BAD_STATE, 404: UNKNOWN, **KEYS},
    )
    def pause(self, request: Request, import_id: str) -> Response:
        job = found(import_id)
        if job.status != ImportStatus.IN_PROGRESS or not entered(job, ImportStatus.PAUSED):
            raise Refused(400, "Import not in progress", import_id=job.import_id, status=job.status)
        return Response(Acted(**acted(job, "Import paused")))

    @extend_schema(
        summary="Cancel an import for good",
        description="Slices that are stored stay; a worker computes the statistics of their days.",
        tags=["admin: imports"],
        parameters=[ID],
        responses={200: Cancelled, 404: UNKNOWN, **KEYS},
    )
    def cancel(self, request: Request, import_id: str) -> Response:
        message = "Import not found or already completed"
        job = found(import_id, message)
        try:
            actions.cancel(job)
        except TransitionRefused as error:
            raise Refused(404, message, import_id=job.import_id) from error
        return Response(Cancelled(**cancelled(job, "Import cancelled")))

    @extend_schema(
        summary="Imports, newest first",
        tags=["admin: imports"],
        parameters=[ListQuery],
        responses={200: List, 400: BAD_QUERY, **KEYS},
    )
    def index(self, request: Request) -> Response:
        query = ListQuery.read(request)
        jobs = ImportCheckpoint.objects.order_by("-pk")
        if "status" in query:
            jobs = jobs.filter(status=query["status"])
        page = [Listed(**listed(job)) for job in jobs[query["offset"] : query["offset"] + query["limit"]]]
        return Response(List(count=len(page), imports=page, limit=query["limit"], offset=query["offset"]))

    @extend_schema(
        summary="What was wrong in the files of an import",
        description="A problem that an earlier import met already stands with that one.",
        tags=["admin: imports"],
        parameters=[ID, QualityQuery],
        responses={200: Quality, 400: BAD_QUERY, 404: UNKNOWN, **KEYS},
    )
    def quality(self, request: Request, import_id: str) -> Response:
        query = QualityQuery.read(request)
        job = found(import_id)
        rows = DataQualityLog.objects.filter(import_id=job.import_id)
        kinds = rows.order_by().values_list("issue_type").annotate(rows=Count("pk"))
        counts = dict(sorted(kinds))
        if "issue_type" in query:
            rows = rows.filter(issue_type=query["issue_type"])
        issues = [issue(row) for row in rows.order_by("-created_at", "-pk")[: query["limit"]]]
        answer = Quality(
            destination_uuid=job.destination_uuid,
            errors_encountered=job.errors_encountered,
            import_id=job.import_id,
            issue_counts=counts,
            issues=issues,
            issues_returned=len(issues),
            issues_total=sum(counts.values()),
            records_imported=job.records_imported,
            status=job.status,
            **asdict(figures(job)),
        )
        return Response(answer)

    @extend_schema(
        summary="Destinations of the archive",
        tags=["admin: imports"],
        responses={200: Destinations, 503: AWAY, **KEYS},
    )
    def destinations(self, request: Request) -> Response:
        try:
            uuids = actions.the_archive().destinations()
        except ArchiveError as error:
            raise unreachable(error) from error
        return Response(Destinations(count=len(uuids), destinations=uuids))


def entered(job: ImportCheckpoint, status: ImportStatus) -> bool:
    try:
        job.enter(status)
    except TransitionRefused:
        return False
    return True


def issue(row: DataQualityLog) -> ImportIssue:
    return ImportIssue(
        created_at=when(row.created_at),
        description=row.description,
        entity_type=row.entity_type,
        external_id=row.external_id,
        issue_type=row.issue_type,
        timestamp_start=when(row.timestamp_start),
    )
