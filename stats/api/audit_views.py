"""Endpoints of the audit (public-api 4.17 to 4.23)."""

from typing import Any

from django.conf import settings
from django.utils import timezone
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from msgspec.structs import asdict
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from core.api.bodies import json_body
from core.api.errors import Error
from stats.api.audit_serializers import (
    AnomalyQuery,
    AuditQuery,
    AuditRun,
    FlaggedQuery,
    IssueQuery,
    Issues,
    StaleQuery,
    StaleSummary,
    VerifyBody,
)
from stats.api.views import BAD_QUERY
from stats.audit.anomalies import Anomalies, Flagged, anomaly_report, flagged_entities
from stats.audit.claims import Verified
from stats.audit.displayed import verify
from stats.audit.quality import MOST_ENTITIES, recent_issues, stale_entities
from stats.audit.scope import Scope, Severity
from stats.audit.validation import Validation, validation_report

BAD_BODY = OpenApiResponse(Error, description="the body is not JSON, or a field is not acceptable")
NOT_JSON = OpenApiResponse(Error, description="the content type is not JSON")
TOO_LARGE = OpenApiResponse(Error, description="the body is larger than a megabyte")
UNKNOWN = OpenApiResponse(Error, description="unknown park or ride")


def scope_of(query: dict[str, Any]) -> Scope:
    return Scope(query["date"], settings.METRICS_VERSION)


class AuditViewSet(ViewSet):
    @extend_schema(
        summary="Compute one displayed number again and show the steps",
        description=(
            "Scores are rates from 0 to 10. `7days` and `30days` are the last calendar week (Sunday to Saturday) and"
            " month, as in the rankings; `today` is the park's own day so far."
        ),
        tags=["audit"],
        request=VerifyBody,
        responses={200: Verified, 400: BAD_BODY, 404: UNKNOWN, 413: TOO_LARGE, 415: NOT_JSON},
        examples=[
            OpenApiExample(
                "A park's score of the last week",
                value={"type": "park_shame_score", "entity_id": 1, "period": "7days", "displayed_value": 1.3},
                request_only=True,
            )
        ],
    )
    def verify(self, request: Request) -> Response:
        claim = VerifyBody.read(json_body(request))
        return Response(verify(claim, settings.METRICS_VERSION, timezone.now()))

    @extend_schema(
        summary="Validation checks of one day's statistics",
        tags=["audit"],
        parameters=[AuditQuery],
        responses={200: Validation, 400: BAD_QUERY},
        examples=[
            OpenApiExample(
                "One warning",
                value={
                    "success": True,
                    "target_date": "2025-12-22",
                    "total_checks": 13,
                    "passed": 12,
                    "failed": 1,
                    "critical_failures": 0,
                    "status": "WARN",
                    "failures": [
                        {
                            "check_name": "weekly_vs_daily_sum_mismatch",
                            "severity": "WARNING",
                            "passed": False,
                            "violations": 1,
                            "max_allowed": 0,
                            "message": "Weekly total doesn't match sum of daily stats",
                            "sample": [
                                {
                                    "park_id": 1,
                                    "park_name": "Magic Kingdom",
                                    "year": 2025,
                                    "week_number": 52,
                                    "weekly_total": 61.0,
                                    "daily_sum": 5.58,
                                    "diff": 55.42,
                                }
                            ],
                        }
                    ],
                },
                response_only=True,
                status_codes=["200"],
            )
        ],
    )
    def validation(self, request: Request) -> Response:
        return Response(validation_report(scope_of(AuditQuery.read(request))))

    @extend_schema(
        summary="Statistical outliers of one day",
        tags=["audit"],
        parameters=[AnomalyQuery],
        responses={200: Anomalies, 400: BAD_QUERY},
        examples=[
            OpenApiExample(
                "A park without statistics",
                value={
                    "success": True,
                    "target_date": "2025-12-22",
                    "total_anomalies": 1,
                    "critical_count": 0,
                    "warning_count": 1,
                    "anomalies": [
                        {
                            "anomaly_type": "data_quality",
                            "entity_type": "park",
                            "entity_id": 1,
                            "entity_name": "Magic Kingdom",
                            "metric": "missing_daily_stats",
                            "severity": "WARNING",
                            "stat_date": "2025-12-22",
                            "current_value": 0,
                            "expected_value": 1.0,
                            "threshold": 0,
                            "message": "No daily stats recorded (park may be closed)",
                            "methodology_url": "/about#methodology",
                        }
                    ],
                },
                response_only=True,
                status_codes=["200"],
            )
        ],
    )
    def anomalies(self, request: Request) -> Response:
        query = AnomalyQuery.read(request)
        severity = Severity(query["severity"]) if query["severity"] else None
        return Response(anomaly_report(scope_of(query), severity))

    @extend_schema(
        summary="Parks and rides to badge",
        tags=["audit"],
        parameters=[FlaggedQuery],
        responses={200: Flagged, 400: BAD_QUERY},
    )
    def flagged(self, request: Request) -> Response:
        query = FlaggedQuery.read(request)
        return Response(flagged_entities(scope_of(query), query["severity"] == Severity.CRITICAL))

    @extend_schema(
        summary="Validation checks and outliers of one day",
        description="Nothing is stored.",
        tags=["audit"],
        request=AuditQuery,
        responses={200: AuditRun, 400: BAD_BODY, 413: TOO_LARGE, 415: NOT_JSON},
        examples=[OpenApiExample("One day", value={"date": "2025-12-22"}, request_only=True)],
    )
    def run(self, request: Request) -> Response:
        scope = scope_of(AuditQuery.checked(json_body(request)))
        found = anomaly_report(scope, None)
        checks = asdict(validation_report(scope))
        return Response(AuditRun(**checks, anomalies_detected=found.total_anomalies, anomalies=found.anomalies))

    @extend_schema(
        summary="Stale, missing or invalid upstream data, newest first",
        tags=["audit"],
        parameters=[IssueQuery],
        responses={200: Issues, 400: BAD_QUERY},
    )
    def issues(self, request: Request) -> Response:
        query = IssueQuery.read(request)
        only_unresolved = query["unresolved"].lower() == "true"
        rows = recent_issues(timezone.now(), query["hours"], query["source"], only_unresolved)
        return Response(Issues(total_issues=len(rows), issues=rows))

    @extend_schema(
        summary="Stale upstream data by entity",
        tags=["audit"],
        parameters=[StaleQuery],
        responses={200: StaleSummary, 400: BAD_QUERY},
    )
    def stale(self, request: Request) -> Response:
        query = StaleQuery.read(request)
        rows = stale_entities(timezone.now(), query["days"], query["source"])
        return Response(
            StaleSummary(
                data_source=query["source"],
                days=query["days"],
                entities_with_issues=len(rows),
                summary=rows[:MOST_ENTITIES],
            )
        )
