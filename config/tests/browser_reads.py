"""The requests of the browser front end and the fields it reads from their answers (public-api 6.2)."""

from itertools import product

CLOSED = ("yesterday", "last_week", "last_month")
CALENDAR = ("today", *CLOSED)
PERIODS = ("live", *CALENDAR)
FILTERS = ("disney-universal", "all-parks")
PARK_SORTS = ("shame_score", "total_downtime_hours", "uptime_percentage", "rides_down")
RIDE_SORTS = ("downtime_hours", "uptime_percentage", "trend_percentage", "current_is_open")

Reads = dict[str, str]  # names by the place they are read at; `a|b`: b where there is no a


def urls(template: str, **choices: tuple[str, ...]) -> list[str]:
    """The requests of a template with every combination of the choices."""
    return [
        template.format(park="{park}", ride="{ride}", **dict(zip(choices, chosen, strict=True)))
        for chosen in product(*choices.values())
    ]


# -- 6.2: requests, and the fields read from their answers -----------------------------------------------

SUMMARY_READ: Reads = {"": "success", "status_summary": "OPERATING DOWN CLOSED REFURBISHMENT"}
PARK_RANKING = "rank park_id park_name|name shame_score location total_downtime_hours uptime_percentage rides_down"
RIDE_RANKING = "rank ride_id ride_name tier park_name location downtime_hours|total_downtime_hours uptime_percentage"
HISTORY = "rides_affected_count total_downtime_hours weighted_downtime_hours shame_score"
HISTORIC_RIDES = "ride_id ride_name tier status downtime_hours weighted_contribution"
MODAL: Reads = {
    "": "success excluded_rides_count",
    "park": "location operator timezone queue_times_url",
    "tier_distribution": "tier_1_count tier_2_count tier_3_count total_rides",
}
SPAN = "avg_wait_time_minutes uptime_percentage snapshot_count"

READS: list[tuple[str, list[str], Reads]] = [
    (
        "downtime.js, parks",
        urls(
            "/parks/downtime?period={period}&filter={filter}&limit=50&sort_by={sort}",
            period=PERIODS,
            filter=FILTERS,
            sort=PARK_SORTS,
        ),
        {"": "success", "aggregate_stats": "total_parks_tracked", "data[]": f"{PARK_RANKING} trend_percentage"},
    ),
    (
        "downtime.js, parks now",
        urls("/parks/downtime?period=live&filter={filter}&limit=50&sort_by={sort}", filter=FILTERS, sort=PARK_SORTS),
        {"data[]": "park_is_open"},
    ),
    (
        "downtime.js, rides",
        urls(
            "/rides/downtime?period={period}&filter={filter}&limit=100&sort_by={sort}",
            period=PERIODS,
            filter=FILTERS,
            sort=RIDE_SORTS,
        ),
        {"": "success", "data[]": f"{RIDE_RANKING} trend_percentage"},
    ),
    (
        "downtime.js, rides now",
        urls("/rides/downtime?period=live&filter={filter}&limit=100&sort_by={sort}", filter=FILTERS, sort=RIDE_SORTS),
        {"data[]": "current_is_open|is_down park_is_open"},
    ),
    (
        "downtime.js and wait-times.js, states",
        urls("/live/status-summary?filter={filter}", filter=FILTERS),
        SUMMARY_READ,
    ),
    (
        "wait-times.js, parks",
        urls("/parks/waittimes?period={period}&filter={filter}&limit=50", period=PERIODS, filter=FILTERS),
        {
            "": "success",
            "data[]": "park_id park_name location avg_wait_minutes peak_wait_minutes rides_reporting trend_percentage"
            " park_is_open",
        },
    ),
    (
        "wait-times.js, rides",
        urls("/rides/waittimes?period={period}&filter={filter}&limit=100", period=PERIODS, filter=FILTERS),
        {
            "": "success",
            "data[]": "ride_id ride_name tier park_name location avg_wait_minutes peak_wait_minutes trend_percentage",
        },
    ),
    (
        "wait-times.js, rides now",
        urls("/rides/waittimes?period={period}&filter={filter}&limit=100", period=("live", "today"), filter=FILTERS),
        {"data[]": "current_is_open park_is_open"},
    ),
    (
        "wait-times.js, how many parks",
        urls("/parks/downtime?period=today&filter={filter}&limit=1", filter=FILTERS),
        {"": "success", "aggregate_stats": "total_parks_tracked"},
    ),
    (
        "awards.js, longest waits of parks",
        urls("/trends/longest-wait-times?filter=all-parks&limit=1&period={period}&entity=parks", period=CLOSED),
        {"": "success", "data[]": "park_name location avg_wait_time"},
    ),
    (
        "awards.js, longest waits of rides",
        urls("/trends/longest-wait-times?filter=all-parks&limit=1&period={period}&entity=rides", period=CLOSED),
        {"": "success", "data[]": "ride_name park_name avg_wait_time"},
    ),
    (
        "awards.js, least reliable parks",
        urls("/trends/least-reliable?filter=all-parks&limit=1&period={period}&entity=parks", period=CLOSED),
        {"": "success", "data[]": "park_name location avg_shame_score uptime_percentage"},
    ),
    (
        "awards.js, least reliable rides",
        urls("/trends/least-reliable?filter=all-parks&limit=1&period={period}&entity=rides", period=CLOSED),
        {"": "success", "data[]": "ride_name park_name downtime_hours"},
    ),
    (
        "charts.js, parks",
        urls(
            "/trends/chart-data?period={period}&filter={filter}&limit=4&type={type}",
            period=PERIODS,
            filter=FILTERS,
            type=("parks", "waittimes"),
        ),
        {"": "success mock granularity", "chart_data": "labels", "chart_data.datasets[]": "label data"},
    ),
    (
        "charts.js, rides",
        urls(
            "/trends/chart-data?period={period}&filter={filter}&limit=5&type={type}",
            period=PERIODS,
            filter=FILTERS,
            type=("rides", "ridewaittimes"),
        ),
        {"": "success", "chart_data": "labels", "chart_data.datasets[]": "label data park"},
    ),
    (
        "charts.js, heatmap of parks",
        urls(
            "/trends/heatmap-data?period={period}&filter={filter}&limit=10&type={type}",
            period=CALENDAR,
            filter=FILTERS,
            type=("parks", "parks-shame"),
        ),
        {
            "": "success time_labels matrix metric metric_unit granularity",
            "entities[]": "entity_id entity_name total_value location",
        },
    ),
    (
        "charts.js, heatmap of rides",
        urls(
            "/trends/heatmap-data?period={period}&filter={filter}&limit=10&type={type}",
            period=CALENDAR,
            filter=FILTERS,
            type=("rides-downtime", "rides-waittimes"),
        ),
        {
            "": "success time_labels matrix metric metric_unit granularity",
            "entities[]": "entity_id entity_name total_value tier",
        },
    ),
    (
        "park-details-modal.js, live",
        ["/parks/{park}/details?period=live"],
        {
            **MODAL,
            "current_status": "total_rides rides_open rides_closed",
            "shame_breakdown": "breakdown_type park_is_open shame_score total_park_weight total_weighted_down"
            " total_excluded_weight",
            "shame_breakdown.rides_down[]": "ride_name tier_weight",
            "shame_breakdown.rides_excluded[]": "ride_name tier_weight exclusion_reason",
            "chart_data": "labels data current granularity",
        },
    ),
    (
        "park-details-modal.js, a day",
        urls("/parks/{park}/details?period={period}", period=("today", "yesterday")),
        {
            **MODAL,
            "shame_breakdown": f"breakdown_type {HISTORY}",
            "shame_breakdown.rides[]": HISTORIC_RIDES,
            "chart_data": "labels data average granularity",
        },
    ),
    (
        "park-details-modal.js, a week or month",
        urls("/parks/{park}/details?period={period}", period=("last_week", "last_month")),
        {
            **MODAL,
            "shame_breakdown": f"breakdown_type period_label days_in_period {HISTORY}",
            "shame_breakdown.rides[]": f"{HISTORIC_RIDES} days_with_downtime",
            "chart_data": "labels data average granularity",
        },
    ),
    (
        "park-details-modal.js and park-detail.html, series",
        urls(
            "/parks/{park}/rides/charts?period={period}&type={type}", period=CALENDAR, type=("downtime", "wait_times")
        ),
        {"": "success labels chart_type granularity", "datasets[]": "label tier data"},
    ),
    (
        "park-detail.html, live",
        ["/parks/{park}/details?period=live"],
        {
            "": "success period",
            "park": "name location operator",
            "current_status": "operating",
            "shame_breakdown": "shame_score",
            "shame_breakdown.rides_down[]": "ride_id ride_name tier status",
            "chart_data": "labels data granularity current",
        },
    ),
    (
        "park-detail.html, by hours",
        urls("/parks/{park}/details?period={period}", period=("today", "yesterday")),
        {
            "": "success period",
            "park": "name location operator",
            "shame_breakdown": "shame_score",
            "shame_breakdown.rides[]": HISTORIC_RIDES,
            "chart_data": "labels data rides_down avg_wait granularity",
        },
    ),
    (
        "park-detail.html, by days",
        urls("/parks/{park}/details?period={period}", period=("last_week", "last_month")),
        {"": "success period", "shame_breakdown.rides[]": HISTORIC_RIDES, "chart_data": "labels data rides_down"},
    ),
    (
        "ride-detail.html",
        urls("/rides/{ride}/details?period={period}", period=PERIODS),
        {
            "": "success period",
            "ride": "name park_name park_id tier category",
            "summary": "total_downtime_hours uptime_percentage avg_wait_time total_operating_hours",
            "timeseries[]": f"date|hour_start_utc status {SPAN}",
            "hourly_breakdown[]": f"date|hour_start_utc downtime_hours {SPAN}",
        },
    ),
    (
        "search.js",
        ["/search/index"],
        {"": "success", "parks[]": "name type url location", "rides[]": "name type url park_name"},
    ),
    (
        "trends.js (loaded by no page), parks",
        urls("/trends?category=parks-{way}&limit=20", way=("improving", "declining")),
        {"parks[]": "park_name location current_uptime previous_uptime improvement_percentage|decline_percentage"},
    ),
    (
        "trends.js (loaded by no page), rides",
        urls("/trends?category=rides-{way}&limit=20", way=("improving", "declining")),
        {"rides[]": "ride_name park_name current_uptime previous_uptime improvement_percentage|decline_percentage"},
    ),
]
