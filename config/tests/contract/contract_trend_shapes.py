"""What the answers of trends, charts, awards, heatmaps, audit, search and health look like (public-api 4)."""

from config.tests.contract.contract_shapes import DATES, LONG, NOTE_TEXT, STATUS, TRUE, Shape, fields

PARK_TYPES = ("parks", "waittimes", "parks-shame")  # of charts and heatmaps; the others are of rides

# -- trends, charts, awards, heatmaps (4.12 to 4.16) -----------------------------------------------------

# Of the world of the tests, as its site in Los Angeles sees it: what is compared with what.
WEEKS = (("2025-12-14 to 2025-12-20",), ("2025-12-07 to 2025-12-13",))
MONTHS = (("2025-11-01 to 2025-11-30",), ("2025-10-01 to 2025-10-31",))
COMPARED: dict[str, tuple[Shape, Shape]] = {
    "today": ("days", "days"),  # the present days of the parks that are asked for (N-1)
    "yesterday": (("2025-12-22 to 2025-12-22",), ("2025-12-21 to 2025-12-21",)),
    "last_week": WEEKS,
    "7days": WEEKS,
    "last_month": MONTHS,
    "30days": MONTHS,
}


# Each row says its dates, and whether its last value is that of a span that still runs (N-1, N-16).
DATED = fields("start_date:day end_date:day is_complete:bool last_is_partial:bool")


def trends(period: str, category: str) -> Shape:
    entities, _, direction = category.partition("-")
    change = "improvement_percentage" if direction == "improving" else "decline_percentage"
    row = {**DATES, **fields(f"queue_times_id:int? current_uptime:num2? previous_uptime:num2? {change}:num2")}
    if entities == "parks":
        row |= fields("park_id:int park_name:str location:str queue_times_url:park_url?")
        row |= fields("current_downtime_hours:num2 previous_downtime_hours:num2")
    else:
        row |= fields("ride_id:int ride_name:str park_name:str park_queue_times_id:int? queue_times_url:ride_url?")
        row |= fields("current_downtime_hours:num2 previous_downtime_hours:num2")
    return {
        "success": TRUE,
        "attribution": NOTE_TEXT,
        **fields("count:int total:int timestamp:zulu"),
        "comparison": dict(zip(("current_period", "previous_period"), COMPARED[period], strict=True)),
        entities: [row],
    }


def value_of(period: str, kind: str) -> str:
    """Of one cell of a chart: scores, hours, minutes."""
    if kind == "parks":
        return "num1?"
    if kind == "rides":
        return "num4?" if period == "live" else "num2?"
    return "num4?" if period == "live" else "num0?"


def chart_data(period: str, kind: str = "parks") -> Shape:
    row = {"label": "str", "data": [value_of(period, kind)], **DATED}
    if kind not in PARK_TYPES:
        row |= fields("park:str")  # 6.4: the tooltip reads it in every period
    if period != "live":
        row |= fields("entity_id:int location:str" if kind in PARK_TYPES else "entity_id:int park_name:str tier:int?")
    label = {"live": "clock", "today": "hour", "yesterday": "hour"}.get(period, "date")
    granularity = {"clock": "minutes", "hour": "hourly", "date": "daily"}[label]
    data: Shape = {"labels": [label], "datasets": [row]}
    if period == "live" and kind != "parks":
        data["granularity"] = ("minutes",)
    return {
        "success": TRUE,
        "attribution": NOTE_TEXT,
        "timestamp": "zulu",
        "granularity": (granularity,),
        "mock": (False,),
        "chart_data": data,
    }


def award(row: Shape) -> Shape:
    return {
        "success": TRUE,
        "attribution": NOTE_TEXT,
        "cached": TRUE,
        "count": "int",
        "total": "int",
        "timestamp": "zulu",
        "data": [{"rank": "int", "park_id": "int", "park_name": "str", **DATES, **row}],
    }


def longest_waits(period: str, entity: str = "rides") -> Shape:
    if entity == "parks":
        return award(fields("location:str avg_wait_time:num0 walk_on_percentage:num1? rides_with_waits:int"))
    count = "days_with_data" if period in LONG else "snapshot_count"
    waits = "avg_wait_time:num0 walk_on_percentage:num1? peak_wait_time:int?"
    return award(fields(f"ride_id:int ride_name:str {waits} {count}:int"))


def least_reliable(period: str, entity: str = "rides") -> Shape:
    if entity == "parks":
        return award(fields("location:str avg_shame_score:num1 uptime_percentage:num1?"))
    uptimes = "uptime_percentage:num1? availability_percentage:num1?"
    return award(fields(f"ride_id:int ride_name:str downtime_hours:num2 downtime_incidents:int {uptimes}"))


METRICS = {
    "parks": ("avg_wait_time_minutes", "minutes", "Parks by Wait Time"),
    "parks-shame": ("shame_score", "points", "Parks by Shame Score"),
    "rides-downtime": ("downtime_hours", "hours", "Rides by Downtime"),
    "rides-waittimes": ("avg_wait_time_minutes", "minutes", "Rides by Wait Time"),
}


def heatmap(period: str, kind: str) -> Shape:
    metric, unit, title = METRICS[kind]
    is_daily = period in LONG
    place = "location:str" if kind.startswith("parks") else "park_name:str tier:int?"
    words = period.replace("_", " ").title()
    value = {"points": "num1?", "hours": "num2?", "minutes": "num0?"}[unit]
    return {
        "success": TRUE,
        "metric": (metric,),
        "metric_unit": (unit,),
        "granularity": ("daily" if is_daily else "hourly",),
        "timezone": ("America/Los_Angeles",),
        "title": tuple(f"Top {n} {title} ({words})" for n in range(11)),
        "entities": [{**fields(f"entity_id:int entity_name:str rank:int total_value:num1 {place}"), **DATED}],
        "time_labels": ["date" if is_daily else "hour"],
        "matrix": [[value]],
    }


# -- audit (4.17 to 4.23) --------------------------------------------------------------------------------

SEVERITY = ("CRITICAL", "WARNING", "INFO")
METHODOLOGY = ("/about#methodology",)
ANOMALY = {
    **fields("entity_id:int entity_name:str current_value:num expected_value:num threshold:num message:str"),
    "anomaly_type": ("zscore", "sudden_change", "data_quality"),
    "entity_type": ("park", "ride"),
    "metric": ("shame_score", "downtime_hours", "missing_daily_stats", "rides_tracked"),
    "severity": SEVERITY,
    "stat_date": "day",
    "methodology_url": METHODOLOGY,
}
FAILURE = {
    **fields("check_name:str violations:int max_allowed:int message:str"),
    "severity": SEVERITY,
    "passed": (False,),
    "sample": ["object"],
}
VALIDATION: Shape = {
    "success": TRUE,
    **fields("target_date:day total_checks:int passed:int failed:int critical_failures:int"),
    "status": ("PASS", "WARN", "FAIL"),
    "failures": [FAILURE],
}
ANOMALIES: Shape = {
    "success": TRUE,
    **fields("target_date:day total_anomalies:int critical_count:int warning_count:int"),
    "anomalies": [ANOMALY],
}
RUN: Shape = {**VALIDATION, "anomalies_detected": "int", "anomalies": [ANOMALY]}
FLAGGED: Shape = {
    "success": TRUE,
    "target_date": "day",
    "flagged_parks": ["int"],
    "flagged_rides": ["int"],
    "methodology_url": METHODOLOGY,
}
ISSUES: Shape = {
    "success": TRUE,
    "total_issues": "int",
    "issues": [
        {
            **fields("issue_id:int entity_name:str? park_name:str? ride_name:str? themeparks_wiki_id:str?"),
            **fields("queue_times_id:int? data_age_minutes:int? detected_at:zulu last_updated_api:zulu?"),
            "is_resolved": "bool",
            "issue_type": ("STALE_DATA", "MISSING_DATA", "INVALID_STATUS", "INCONSISTENT_DATA"),
            "data_source": ("themeparks_wiki", "queue_times"),
            "reported_status": (*STATUS, None),
        }
    ],
}
STALE: Shape = {
    "success": TRUE,
    **fields("days:int entities_with_issues:int"),
    "data_source": ("themeparks_wiki", "queue_times"),
    "summary": [
        fields(
            "themeparks_wiki_id:str? entity_name:str? park_name:str? issue_count:int avg_staleness_minutes:num4?"
            " max_staleness_minutes:int? first_detected:zulu last_detected:zulu statuses_seen:any"
        )
    ],
}
STEP = fields("step:int name:str description:str formula:str? inputs:object output_label:str output:any")
QUALITY = {
    "park": fields(
        "avg_rides_tracked:num avg_uptime_percentage:num? data_completeness:num days_with_data:int expected_days:int"
        " total_downtime_hours:num"
    ),
    "ride": fields("coverage_percentage:num1 park_open_snapshots:int total_snapshots:int"),
}


def verified(entity: str, metric: str) -> Shape:
    return {
        "success": TRUE,
        **fields("verified:bool displayed_value:num computed_value:num? entity_id:int entity_name:str"),
        "entity_type": (entity,),
        "metric": (metric,),
        "period": ("today", "7days", "30days"),
        "tolerance": (0.05,),
        "computation_trace": [STEP],
        "data_quality": QUALITY[entity],
        "anomalies_detected": [ANOMALY],
        "methodology_url": METHODOLOGY,
    }


# -- service (4.1, 4.2, 4.24) ----------------------------------------------------------------------------

IDENTITY: Shape = {
    # The six names are the legacy's; its addresses did not exist.
    "endpoints": {
        "audit": ("/api/audit/status",),
        "docs": ("/api/docs/",),
        "health": ("/api/health",),
        "parks": ("/api/parks/downtime",),
        "rides": ("/api/rides/downtime",),
        "schema": ("/api/schema/",),
        "search": ("/api/search/index",),
        "trends": ("/api/trends/longest-wait-times",),
    },
    "name": ("Theme Park Downtime Tracker API",),
    "status": ("running",),
    "version": ("1.0.0",),
}
# With the thresholds of the later version (Q54). No hourly job exists, which its block says.
HEALTH: Shape = {
    "status": ("healthy",),
    "timestamp": "zulu",
    "api_version": ("1.0.0",),
    "checks": {
        "database": {"status": ("healthy",), "message": ("Database connection successful",)},
        "data_collection": {
            "status": ("healthy",),
            **fields("last_collection:zulu age_minutes:int message:str"),
            "stale_threshold_minutes": (30,),
            "critical_threshold_minutes": (60,),
        },
        "daily_aggregation": {
            "status": ("running", "success", "failed"),
            **fields("aggregation_date:day completed_at:zulu?"),
        },
        "hourly_aggregation": {
            "status": ("no_data",),
            "message": ("No hourly aggregation runs in last 24 hours",),
        },
        "disk_space": {
            "status": ("healthy", "warning", "critical"),
            **fields("usage_percent:num1 total_gb:num2 used_gb:num2 free_gb:num2 message:str"),
        },
    },
}
SEARCH: Shape = {
    "success": TRUE,
    "parks": [{**fields("id:int name:str location:str url:str"), "type": ("park",)}],
    "rides": [{**fields("id:int name:str park_id:int park_name:str url:str"), "type": ("ride",)}],
    "meta": fields("park_count:int ride_count:int last_updated:utc"),
}
