"""Endpoints of the published months: the manifest, and the files themselves."""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_safe
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from msgspec import to_builtins
from rest_framework import serializers
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from core.api.errors import Error
from core.api.queries import Query
from core.shapes import Shape, describe
from opendata.manifest import Manifest, PublicationError, PublishedFile, read_manifest
from opendata.serving import serve
from opendata.sources import SOURCES, may_go_out
from opendata.tables import TABLES

FILES = "/data/files/"


NO_TABLE = f"Invalid table. Must be one of: {', '.join(table.name for table in TABLES)}"
NO_MONTH = "Invalid month. Must be YYYY-MM, as 2026-07"


class ManifestQuery(Query):
    table = serializers.ChoiceField(
        [table.name for table in TABLES],
        required=False,
        help_text="only of this table",
        error_messages={"invalid_choice": NO_TABLE},
    )
    month = serializers.RegexField(
        r"^\d{4}-\d{2}\Z",
        max_length=7,
        required=False,
        help_text="only of this month, as 2026-07",
        error_messages=dict.fromkeys(("invalid", "max_length", "blank"), NO_MONTH),
    )


class PublishedSource(Shape):
    name: str
    title: str
    url: str
    licence: Annotated[str, describe("SPDX identifier; empty: none is known, it goes out as the publisher agreed")]
    attribution: str


class Published(Shape):
    success: bool = True
    total: Annotated[int, describe("files that are listed")]
    files_below: Annotated[str, describe("address that a file's path goes behind")]
    sources: Annotated[list[PublishedSource], describe("whose rows are in the files, and under which licence")]
    data: Annotated[list[PublishedFile], describe("by table, month and revision; replaced revisions stay")]


EXAMPLE = Published(
    total=1,
    files_below=FILES,
    sources=[
        PublishedSource(
            name="open-meteo.com",
            title="Open-Meteo.com",
            url="https://open-meteo.com",
            licence="CC-BY-4.0",
            attribution="Weather data by Open-Meteo.com",
        )
    ],
    data=[
        PublishedFile(
            table="weather",
            month="2025-07",
            revision=1,
            path="weather/month=2025-07/weather-2025-07-r1.parquet",
            sha256="9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
            bytes=48_120,
            rows=8_928,
            least="2025-07-01T00:00:00Z",
            greatest="2025-07-31T23:00:00Z",
            seconds=None,
            metrics_version=2,
            data_revision="2025-08-02T04:10:00Z",
            published_at="2025-08-08T10:00:00Z",
            replaces=None,
            replaced_by=None,
        )
    ],
)


class NotPublished(APIException):
    status_code = 503
    default_detail = "What is published cannot be read at this moment."


def published_directory() -> Path:
    return Path(settings.PUBLISHED_DIR)


def manifest_now() -> Manifest:
    """Raises NotPublished."""
    try:
        return read_manifest(published_directory())
    except PublicationError as error:
        raise NotPublished from error


def sources_now() -> list[PublishedSource]:
    return [
        PublishedSource(name=name, title=each.title, url=each.url, licence=each.licence, attribution=each.attribution)
        for name, each in SOURCES.items()
        if may_go_out(name)
    ]


def published(query: Mapping[str, Any]) -> Published:
    files = [file for file in manifest_now().files if all(getattr(file, name) == query[name] for name in query)]
    return Published(total=len(files), files_below=FILES, sources=sources_now(), data=files)


class ManifestViewSet(ViewSet):
    @extend_schema(
        summary="Published months: every file with its checksum, rows and revision",
        description=(
            "Closed months as Parquet files that never change. A correction is a new revision beside the file, which"
            " names the one that it replaces. Read one with `SELECT * FROM 'https://…/data/files/…'` in DuckDB, or"
            " `polars.read_parquet`."
        ),
        tags=["data"],
        parameters=[ManifestQuery],
        responses={
            200: Published,
            400: OpenApiResponse(Error, description="a parameter is not acceptable; the text names it"),
            503: OpenApiResponse(Error, description="the manifest cannot be read at this moment"),
        },
        examples=[OpenApiExample("one file", value=to_builtins(EXAMPLE), response_only=True, status_codes=["200"])],
    )
    def list(self, request: Request) -> Response:
        return Response(published(ManifestQuery.read(request)))


@require_safe
def file(request: HttpRequest, path: str) -> HttpResponseBase:
    """Raises Http404."""
    return serve(request, published_directory(), manifest_now(), path)
