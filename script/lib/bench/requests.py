"""What is asked of the API: every endpoint with every period and kind that its schema names."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Any
from urllib.parse import urlencode

from bench.parameters import Parameters

# Parameters whose every choice is another question; the others narrow, sort or cut what is found.
CHOICES = ("period", "type", "category", "entity", "filter")
# These have targets of their own (bench/questions.py), or are no answer from data.
ELSEWHERE = ("/api/analytics/", "/api/schema/", "/api/docs/", "/api/admin/")
# The rankings, charts, heatmaps and details.
BUSY = ("/downtime", "/waittimes", "/charts", "/chart-data", "/heatmap-data", "/details")
CACHED = (
    "/api/parks/downtime?period=today",
    "/api/rides/downtime?period=live",
    "/api/parks/waittimes?period=yesterday",
    "/api/rides/waittimes?period=last_week",
    "/api/live/status-summary",
    "/api/trends/chart-data?period=last_month",
    "/api/parks/1/details?period=today",
    "/api/rides/1/details",
)


@dataclass(frozen=True, slots=True)
class Ask:
    """One kind of request; `{park_id}` and `{ride_id}` in the target are filled in when it is sent."""

    method: str
    endpoint: str  # as the schema writes it
    target: str
    body: bytes = b""

    @property
    def is_busy(self) -> bool:
        return self.endpoint.endswith(BUSY)

    def sent_to(self, number: int, parameters: Parameters) -> str:
        """The target with the ids of another park and ride for every number."""
        parks = parameters.parks
        rides = parks * parameters.rides
        return self.target.format(park_id=number % parks + 1, ride_id=number * 7 % rides + 1)


def choices(operation: Mapping[str, Any], components: Mapping[str, Any]) -> dict[str, list[str]]:
    """The choices of an operation's parameters, of those that ask another question."""
    found = {}
    for parameter in operation.get("parameters", []):
        schema = parameter["schema"]
        for part in (schema, *schema.get("allOf", []), *schema.get("oneOf", [])):
            named = components[part["$ref"].rsplit("/", 1)[1]] if "$ref" in part else part
            if parameter["name"] in CHOICES and "enum" in named:
                found[parameter["name"]] = [str(each) for each in named["enum"]]
    return found


def needed(operation: Mapping[str, Any]) -> dict[str, Any]:
    """The examples of the parameters without which an operation refuses to answer, and that are no choice."""
    given = (each for each in operation.get("parameters", []) if each.get("required") and each["in"] == "query")
    return {each["name"]: each["schema"]["example"] for each in given if "example" in each["schema"]}


def asks(schema: Mapping[str, Any]) -> Iterator[Ask]:
    """Every GET request of an OpenAPI schema, and what is posted to the audit."""
    components = schema.get("components", {}).get("schemas", {})
    for endpoint, operations in schema["paths"].items():
        if endpoint.startswith(ELSEWHERE):
            continue
        if "get" in operations:
            found = choices(operations["get"], components)
            for chosen in product(*found.values()):
                query = urlencode([*zip(found, chosen, strict=True), *needed(operations["get"]).items()])
                yield Ask("GET", endpoint, f"{endpoint}?{query}" if query else endpoint)
    for period, kind in product(("today", "7days", "30days"), ("park_shame_score", "ride_downtime")):
        claim = {"type": kind, "entity_id": 1, "period": period, "displayed_value": 1}
        yield Ask("POST", "/api/audit/verify", "/api/audit/verify", json.dumps(claim).encode())
    yield Ask("POST", "/api/audit/run", "/api/audit/run", b"{}")
