"""The two routes that take a body (public-api 4.17, 4.21), as a table in the manner of `contract_table`."""

from dataclasses import dataclass
from typing import Any

from config.tests.contract import contract_trend_shapes as more
from config.tests.contract.contract_shapes import Shape
from config.tests.contract.contract_table import ALIASES, UNKNOWN


@dataclass(frozen=True, slots=True)
class Posted:
    """A JSON body, and the shape or the error of its answer; ids as in the paths."""

    path: str
    body: Any
    shape: Shape = None
    status: int = 200
    error: str | None = None


VERIFY, RUN = "/api/audit/verify", "/api/audit/run"
CLAIM = {"type": "park_shame_score", "entity_id": "{park}", "period": "today", "displayed_value": 1.5}

NO_OBJECTS: tuple[tuple[Any, str], ...] = (
    ([], "Invalid data. Expected a dictionary, but got list."),
    ("text", "Invalid data. Expected a dictionary, but got str."),
    (5, "Invalid data. Expected a dictionary, but got int."),
    (None, "No data provided"),
)


def refused(error: str, status: int = 400, **changes: Any) -> Posted:
    body = {name: value for name, value in {**CLAIM, **changes}.items() if value != "absent"}
    return Posted(VERIFY, body, status=status, error=error)


POSTED = (
    *(
        Posted(VERIFY, {**CLAIM, "period": period, "displayed_value": displayed}, more.verified("park", "shame_score"))
        for period in ("today", *ALIASES)
        for displayed in (1.5, "1.5", 2)
    ),
    *(
        Posted(
            VERIFY,
            {**CLAIM, "type": "ride_downtime", "entity_id": "{ride}", "period": period},
            more.verified("ride", "downtime_hours"),
        )
        for period in ("today", *ALIASES)
    ),
    Posted(VERIFY, {}, status=400, error="Missing required fields: type, entity_id, period, displayed_value"),
    refused("Missing required fields: entity_id, displayed_value", entity_id="absent", displayed_value="absent"),
    refused("Missing required fields: period", period="absent", type="nonsense"),
    refused("Invalid displayed_value. Must be a number", displayed_value="abc", type="nonsense"),
    refused("Invalid type. Must be one of: park_shame_score, ride_downtime, wait_time", type="x", period="x"),
    *(
        refused("Invalid period. Must be one of: today, 7days, 30days", period=period)
        for period in ("live", "yesterday", "last_week", "last_month", "all_time", "TODAY", "")
    ),
    refused("Wait time tracing not yet implemented", type="wait_time"),
    refused(f"Park {UNKNOWN} not found", status=404, entity_id=UNKNOWN),
    refused(f"Ride {UNKNOWN} not found", status=404, entity_id=UNKNOWN, type="ride_downtime"),
    Posted(RUN, {}, more.RUN),
    Posted(RUN, {"date": "2025-10-15"}, more.RUN),
    Posted(RUN, {"date": "2025-12-1"}, more.RUN),
    Posted(RUN, {"date": "22.12.2025"}, status=400, error="Invalid date format. Use YYYY-MM-DD"),
    *(Posted(path, body, status=400, error=error) for path in (VERIFY, RUN) for body, error in NO_OBJECTS),
)
