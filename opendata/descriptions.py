"""What the files are, for programs and people, all from the tables: a Data Package (version 2), a Croissant (1.1),
and a list of the columns."""

from pathlib import Path
from typing import Any

import msgspec
from django.conf import settings

from opendata.manifest import Manifest, PublishedFile, write_text
from opendata.sources import SOURCES, Source, may_go_out
from opendata.tables import TABLES, Column, Table

TITLE = "Ridewatch: what theme-park rides reported"
ABOUT = (
    "Status, waits and queues of theme-park rides as they were observed, with the outages, days and scores computed"
    " from them. Instants are UTC. What nobody observed has no row."
)
# Of each type of DuckDB, the type of a Data Package and of schema.org.
TYPES = {
    "BOOLEAN": ("boolean", "sc:Boolean"),
    "DATE": ("date", "sc:Date"),
    "TIMESTAMPTZ": ("datetime", "sc:DateTime"),
    "TIMESTAMP": ("datetime", "sc:DateTime"),
    "VARCHAR": ("string", "sc:Text"),
    "DOUBLE": ("number", "sc:Float"),
    "DECIMAL": ("number", "sc:Float"),
}
WHOLE = ("integer", "sc:Integer")


def describe_publication(directory: Path, manifest: Manifest) -> None:
    for name, value in (("datapackage.json", data_package(manifest)), ("croissant.json", croissant(manifest))):
        write_text(directory / name, msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n")
    write_text(directory / "COLUMNS.md", columns_text().encode())
    write_text(directory / "LICENCES.md", licences_text().encode())


def published_sources() -> dict[str, Source]:
    return {name: source for name, source in SOURCES.items() if may_go_out(name)}


def types_of(column: Column) -> tuple[str, str]:
    return TYPES.get(column.type.partition("(")[0], WHOLE)


def means(column: Column) -> str:
    return f"{column.means}{f' [{column.unit}]' if column.unit else ''}"


def files_of(manifest: Manifest, table: Table) -> list[PublishedFile]:
    return [file for file in manifest.holding() if file.table == table.name]


# -- Data Package ----------------------------------------------------------------------------------------


def data_package(manifest: Manifest) -> dict[str, Any]:
    return {
        "$schema": "https://datapackage.org/profiles/2.0/datapackage.json",
        "name": "ridewatch",
        "title": TITLE,
        "description": ABOUT,
        "licenses": [
            {"name": each.licence, "path": each.licence_url, "title": each.title}
            for each in published_sources().values()
            if each.licence
        ],
        "sources": [
            {"title": each.title} | ({"path": each.url} if each.url else {}) for each in published_sources().values()
        ],
        "resources": [resource(manifest, table) for table in TABLES if files_of(manifest, table)],
    }


def resource(manifest: Manifest, table: Table) -> dict[str, Any]:
    fields = [{"name": each.name, "type": types_of(each)[0], "description": means(each)} for each in table.columns]
    return {
        "name": table.name.replace("_", "-"),
        "description": table.means,
        "path": [file.path for file in files_of(manifest, table)],
        "format": "parquet",
        "mediatype": "application/vnd.apache.parquet",
        "schema": {"$schema": "https://datapackage.org/profiles/2.0/tableschema.json", "fields": fields},
    }


# -- Croissant -------------------------------------------------------------------------------------------

CONTEXT = {
    "@language": "en",
    "@vocab": "https://schema.org/",
    "citeAs": "cr:citeAs",
    "column": "cr:column",
    "conformsTo": "dct:conformsTo",
    "cr": "http://mlcommons.org/croissant/",
    "rai": "http://mlcommons.org/croissant/RAI/",
    "data": {"@id": "cr:data", "@type": "@json"},
    "dataType": {"@id": "cr:dataType", "@type": "@vocab"},
    "dct": "http://purl.org/dc/terms/",
    "examples": {"@id": "cr:examples", "@type": "@json"},
    "extract": "cr:extract",
    "field": "cr:field",
    "fileProperty": "cr:fileProperty",
    "fileObject": "cr:fileObject",
    "fileSet": "cr:fileSet",
    "format": "cr:format",
    "includes": "cr:includes",
    "isLiveDataset": "cr:isLiveDataset",
    "jsonPath": "cr:jsonPath",
    "key": "cr:key",
    "md5": "cr:md5",
    "parentField": "cr:parentField",
    "path": "cr:path",
    "recordSet": "cr:recordSet",
    "references": "cr:references",
    "regex": "cr:regex",
    "repeated": "cr:repeated",
    "replace": "cr:replace",
    "samplingRate": "cr:samplingRate",
    "sc": "https://schema.org/",
    "separator": "cr:separator",
    "source": "cr:source",
    "subField": "cr:subField",
    "transform": "cr:transform",
}


def croissant(manifest: Manifest) -> dict[str, Any]:
    tables = [table for table in TABLES if files_of(manifest, table)]
    return {
        "@context": CONTEXT,
        "@type": "sc:Dataset",
        "conformsTo": "http://mlcommons.org/croissant/1.1",
        "name": "ridewatch",
        "description": ABOUT,
        "url": settings.PUBLISHED_URL or "urn:ridewatch",
        "version": "1.0.0",
        "datePublished": max((file.published_at for file in manifest.files), default="1970-01-01T00:00:00Z"),
        "license": [each.licence_url for each in published_sources().values() if each.licence_url],
        "citeAs": TITLE,
        "distribution": [part for table in tables for part in distribution(manifest, table)],
        "recordSet": [record_set(table) for table in tables],
    }


def distribution(manifest: Manifest, table: Table) -> list[dict[str, Any]]:
    files = files_of(manifest, table)
    objects = [
        {
            "@type": "cr:FileObject",
            "@id": file.path,
            "name": file.path,
            "contentUrl": file.path,
            "contentSize": f"{file.bytes} B",
            "encodingFormat": "application/x-parquet",
            "sha256": file.sha256,
        }
        for file in files
    ]
    together = {
        "@type": "cr:FileSet",
        "@id": f"files-{table.name}",
        "name": f"files-{table.name}",
        "description": table.means,
        "containedIn": [{"@id": file.path} for file in files],
        "encodingFormat": "application/x-parquet",
        "includes": f"{table.name}/**/*.parquet",
    }
    return [*objects, together]


def record_set(table: Table) -> dict[str, Any]:
    return {
        "@type": "cr:RecordSet",
        "@id": table.name,
        "name": table.name,
        "description": table.means,
        "field": [
            {
                "@type": "cr:Field",
                "@id": f"{table.name}/{column.name}",
                "name": f"{table.name}/{column.name}",
                "description": means(column) or column.name,
                "dataType": types_of(column)[1],
                "source": {"fileSet": {"@id": f"files-{table.name}"}, "extract": {"column": column.name}},
            }
            for column in table.columns
        ],
    }


# -- texts -----------------------------------------------------------------------------------------------


def columns_text() -> str:
    """The data dictionary of the files, in Markdown."""
    parts = [
        "# Columns\n\nInstants are UTC; `local_time` is the clock of the park. A file says so itself in its types.\n"
    ]
    for table in TABLES:
        lines = [f"| `{each.name}` | {each.type} | {each.unit} | {each.means} |" for each in table.columns]
        head = f"## {table.name}\n\n{table.means.capitalize()}; in the order of {', '.join(table.order)}.\n"
        parts.append("\n".join([head, "| Column | Type | Unit | Meaning |\n|---|---|---|---|", *lines, ""]))
    return "\n".join(parts)


def licences_text() -> str:
    parts = ["# Licences\n\nThe rows of each park are of one source.\n"]
    for name, source in SOURCES.items():
        if not may_go_out(name):
            parts.append(f"* **{source.title}**: not in these files.")
            continue
        licence = f"[{source.licence}]({source.licence_url})" if source.licence else "as agreed with the publisher"
        place = f" {source.url}" if source.url else ""
        parts.append(f"* **{source.title}**{place}: {licence}. {source.attribution}")
    return "\n".join(parts) + "\n"
