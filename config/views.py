"""The identity document of the service (public-api 4.1)."""

from typing import Any

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

IDENTITY: dict[str, Any] = {
    "name": "Theme Park Downtime Tracker API",
    "version": "1.0.0",
    "status": "running",
    "endpoints": {
        "health": "/api/health",
        "parks": "/api/parks",
        "rides": "/api/rides",
        "trends": "/api/trends",
        "audit": "/api/audit",
        "search": "/api/search",
    },
}


class IdentityViewSet(ViewSet):
    @extend_schema(
        summary="Who answers here",
        tags=["service"],
        responses=inline_serializer(
            "Identity",
            {
                "name": serializers.CharField(),
                "version": serializers.CharField(),
                "status": serializers.CharField(),
                "endpoints": serializers.DictField(child=serializers.CharField()),
            },
        ),
    )
    def retrieve(self, request: Request) -> Response:
        return Response(IDENTITY)
