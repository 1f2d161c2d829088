"""`/data`: the published months, for people; and the files themselves."""

import msgspec
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.utils.safestring import SafeString, mark_safe

from dashboard.views import page
from opendata.api.views import FILES, file, manifest_now, sources_now
from opendata.descriptions import ABOUT, TITLE
from opendata.manifest import PublishedFile
from opendata.mirror import ABOUT as DESCRIPTIONS
from opendata.tables import TABLES


@page
def data(request: HttpRequest) -> HttpResponse:
    held = manifest_now().holding()
    newest = max((each.month for each in held if each.month), default=None)
    example = next((each for each in held if (each.table, each.month) == ("observations", newest)), None)
    base = request.build_absolute_uri(FILES)
    context = {
        "tables": [
            (table, files) for table in TABLES if (files := [each for each in held if each.table == table.name])
        ],
        "replaced": len(manifest_now().files) - len(held),
        "bytes": sum(each.bytes for each in held),
        "sources": sources_now(),
        "lines": one_liners(base + example.path) if example else [],
        "descriptions": DESCRIPTIONS,
        "files": FILES,
        "json_ld": json_ld(held, base),
        "sources_named": ", ".join(settings.PUBLISHED_SOURCES),
    }
    return render(request, "dashboard/data.html", context)


def one_liners(address: str) -> list[tuple[str, str]]:
    """How each tool reads a month."""
    name = address.rpartition("/")[2]
    return [
        ("Polars", f'polars.read_parquet("{address}")'),
        ("DuckDB", f"FROM '{address}'"),
        ("pandas", f'pandas.read_parquet("{address}")'),
        ("R", f'arrow::read_parquet("{address}")'),
        (
            "Spark",
            f'spark.sparkContext.addFile("{address}"); spark.read.parquet("file://" + SparkFiles.get("{name}"))',
        ),
    ]


def json_ld(held: list[PublishedFile], base: str) -> SafeString:
    """A schema.org Dataset, for search engines."""
    months = sorted({each.month for each in held if each.month})
    body = {
        "@context": "https://schema.org",
        "@type": "Dataset",
        "name": TITLE,
        "description": ABOUT,
        "isAccessibleForFree": True,
        "license": [each.licence for each in sources_now() if each.licence],
        "temporalCoverage": f"{months[0]}/{months[-1]}" if months else "",
        "distribution": [
            {
                "@type": "DataDownload",
                "encodingFormat": "application/vnd.apache.parquet",
                "contentUrl": base + each.path,
            }
            for each in held
        ],
    }
    text = msgspec.json.encode(body).decode().replace("<", "\\u003c")  # it would end the element
    return mark_safe(text)  # noqa: S308


urlpatterns = [
    path("data", data, name="data"),
    path(f"{FILES.lstrip('/')}<path:path>", file, name="data_file"),
]
