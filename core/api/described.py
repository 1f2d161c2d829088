"""What the OpenAPI schema says of parameters that several endpoints share, and an example of each answer.

Hooks of drf-spectacular. What a view says itself stands; the rest comes from here, so that no parameter is without a
description and no operation without an example.
"""

from collections.abc import Mapping
from typing import Any

PARAMETERS = {
    "category": "of rides: which list is wanted",
    "critical_gb": "size of the database in GB from which on it is CRITICAL",
    "days": "how many days the question reaches, ahead for a projection, back for a table's history",
    "entity": "parks or rides",
    "filter": "all parks, or those of Disney and Universal alone",
    "issue_type": "only problems of this type",
    "kind": "only outages of this kind",
    "limit": "rows at most; a greater number than the endpoint's maximum means that maximum",
    "measure": "which figure ranks the rows",
    "offset": "rows to leave out, for the next page",
    "order": "which end of the list comes first",
    "park_id": "number of the park, as lists and search have it",
    "period": "which days, by the site's calendar; live and today by each park's own",
    "queue": "hand the work over and answer 202 with its number, instead of doing it at once",
    "ride_id": "number of the ride, as lists and search have it",
    "job_id": "number of the measurement, as the request that queued it was answered",
    "log_id": "number of the problem, as the list of problems has it",
    "severity": "only anomalies of this severity",
    "sort": "by which column, the greatest first",
    "sort_by": "by which column the rows are ordered",
    "status": "only rows of this status",
    "type": "parks or rides, and which of their figures",
    "warning_gb": "size of the database in GB from which on it is a WARNING",
}
# Examples of texts by the name of their field; other texts are `text`.
TEXTS = {
    **dict.fromkeys(("park_name", "parkName"), "Magic Kingdom"),
    **dict.fromkeys(("ride_name", "entity_name", "name"), "Space Mountain"),
    "timezone": "America/New_York",
    "country": "US",
    "slug": "magic-kingdom",
    "url": "https://themeparks.wiki",
    "data_source": "themeparks_wiki",
    "error": "Invalid period.",
}
FORMATS = {
    "date": "2026-07-04",
    "date-time": "2026-07-04T12:00:00Z",
    "uri": "https://themeparks.wiki",
    "uuid": "75ea578a-adc8-4116-a54d-dccb60765ef9",
}
DEEPEST = 12


def describe_parameters(result: Any, **context: Any) -> Any:
    for operations in result["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", []):
                if not parameter.get("description") and parameter["name"] in PARAMETERS:
                    parameter["description"] = PARAMETERS[parameter["name"]]
    return result


def add_examples(result: Any, **context: Any) -> Any:
    """Of the shape of each answer that is no error; where a view has an example of its own, that one stands."""
    known = result["components"]["schemas"]
    for operations in result["paths"].values():
        for operation in operations.values():
            for status, answer in operation["responses"].items():
                for kind, content in answer.get("content", {}).items():
                    if status.startswith("2") and not {"example", "examples"} & content.keys():
                        is_json = kind.endswith("json")
                        content["example"] = example_of(content.get("schema", {}), known) if is_json else "name,…\r\n"
    return result


def example_of(schema: Mapping[str, Any], known: Mapping[str, Any], name: str = "", depth: int = 0) -> Any:
    """A value of the schema, of every member one; `name`: of the field it is for."""
    if "example" in schema:
        return schema["example"]
    if "$ref" in schema:
        return example_of(known[schema["$ref"].rpartition("/")[2]], known, name, depth)
    for word in ("allOf", "oneOf", "anyOf"):
        if word in schema:
            return example_of(schema[word][0], known, name, depth)
    if "enum" in schema:
        return schema["enum"][0]
    kind = schema.get("type")
    if kind == "object" or "properties" in schema:
        if depth >= DEEPEST:
            return {}
        members = schema.get("properties", {})
        found = {key: example_of(member, known, key, depth + 1) for key, member in members.items()}
        more = schema.get("additionalProperties")
        return found | ({"key": example_of(more, known, name, depth + 1)} if isinstance(more, Mapping) else {})
    if kind == "array":
        return [] if depth >= DEEPEST else [example_of(schema.get("items", {}), known, name, depth + 1)]
    if kind in ("integer", "number"):
        return max(schema.get("minimum", 1), 1)
    if kind == "boolean":
        return True
    return FORMATS.get(schema.get("format", ""), TEXTS.get(name, "text")) if kind == "string" else None
