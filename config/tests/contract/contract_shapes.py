"""What the answers of the legacy API look like, in the notation of its contract (public-api 2 to 4, 6.4 and 7).

A shape is one of these:

* text: the kind of a value, `?` after it: may be null. Kinds are listed in `KINDS`; `num1` is a JSON number of at most
  one decimal.
* a tuple: one of these values.
* a dict: an object with exactly these keys; `?` after a key: it may be missing.
* a list of one shape: a list of such things.

`fields("rank:int location:str?")` is the dict of such keys.
"""

import re
from collections.abc import Callable, Iterator
from email.utils import parsedate_to_datetime
from typing import Any

Shape = Any

INSTANT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d"


def is_number(value: Any, decimals: int | None = None) -> bool:
    """A JSON number; true is none."""
    return type(value) in (int, float) and (decimals is None or round(value, decimals) == value)


def matches(pattern: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and re.fullmatch(pattern, value) is not None


def is_http_date(value: Any) -> bool:
    """RFC 1123, GMT."""
    return isinstance(value, str) and value.endswith(" GMT") and parsedate_to_datetime(value) is not None


KINDS: dict[str, Callable[[Any], bool]] = {
    "int": lambda value: type(value) is int,
    "num": is_number,
    "num0": lambda value: is_number(value, 0),
    "num1": lambda value: is_number(value, 1),
    "num2": lambda value: is_number(value, 2),
    "num4": lambda value: is_number(value, 4),
    "bool": lambda value: type(value) is bool,
    "str": lambda value: isinstance(value, str) and value != "",
    "object": lambda value: isinstance(value, dict),
    "any": lambda value: value is not None,
    "day": matches(r"\d{4}-\d\d-\d\d"),
    "days": matches(r"\d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d"),
    "zulu": matches(INSTANT + r"(\.\d+)?Z"),
    "naive": matches(INSTANT),
    "utc": matches(INSTANT + r"(\.\d+)?\+00:00"),
    "http": is_http_date,
    "clock": matches(r"\d\d:\d\d"),
    "hour": matches(r"\d{1,2}:00"),
    "date": matches(r"[A-Z][a-z][a-z] \d\d"),
    "park_url": matches(r"https://queue-times\.com/parks/\d+"),
    "ride_url": matches(r"https://queue-times\.com/parks/\d+/rides/\d+"),
}


def fields(text: str) -> dict[str, Shape]:
    """`name:kind` pairs as an object's shape."""
    return dict(pair.split(":") for pair in text.split())


def misfits(value: Any, shape: Shape, path: str = "$") -> Iterator[str]:
    """Where a value differs from its shape."""
    if isinstance(shape, dict):
        yield from misfits_of_object(value, shape, path)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield f"{path}: {value!r} is no list"
            return
        for n, item in enumerate(value):
            yield from misfits(item, shape[0], f"{path}[{n}]")
    elif not fits(value, shape):
        yield f"{path}: {value!r} is not {shape}"


def misfits_of_object(value: Any, shape: dict[str, Shape], path: str) -> Iterator[str]:
    if not isinstance(value, dict):
        yield f"{path}: {value!r} is no object"
        return
    known = {key.rstrip("?"): each for key, each in shape.items()}
    for key in value.keys() - known.keys():
        yield f"{path}.{key}: is not in the contract"
    for key, each in known.items():
        if key in value:
            yield from misfits(value[key], each, f"{path}.{key}")
        elif f"{key}?" not in shape:
            yield f"{path}.{key}: is missing"


def fits(value: Any, shape: Shape) -> bool:
    """Of a single value: is it of the kind, or one of the values?"""
    if isinstance(shape, tuple):
        return any(type(value) is type(each) and value == each for each in shape)
    if value is None:
        return str(shape).endswith("?")
    return KINDS[shape.rstrip("?")](value)


def leaves(value: Any, path: str = "$") -> Iterator[tuple[str, Any]]:
    """Every value inside, with its path; the items of a list share one."""
    if isinstance(value, dict):
        for key, each in value.items():
            yield from leaves(each, f"{path}.{key}")
    elif isinstance(value, list):
        for each in value:
            yield from leaves(each, f"{path}[]")
    else:
        yield path, value


TRUE = (True,)
NOTE: Shape = {"data_source": ("ThemeParks.wiki",), "url": ("https://themeparks.wiki",)}
NOTE_TEXT = ("Data powered by ThemeParks.wiki - https://themeparks.wiki",)
STATUS = ("OPERATING", "DOWN", "CLOSED", "REFURBISHMENT")
SHOWN_STATUS = (*STATUS, "PARK_CLOSED")
STATUS_NOW = (*SHOWN_STATUS, "UNKNOWN")  # an addition: nothing was heard (N-6)
LONG = ("last_week", "last_month", "7days", "30days")
# Of the world of the tests, whose site is in Los Angeles.
LABELS: dict[str, Shape] = {
    "yesterday": ("Dec 22, 2025",),
    "last_week": ("Dec 14-20, 2025",),
    "7days": ("Dec 14-20, 2025",),
    "last_month": ("November 2025",),
    "30days": ("November 2025",),
}
FULL_NAMES = {"7days": "last_week", "30days": "last_month"}

# -- rankings (4.3, 4.4, 4.9, 4.10) ----------------------------------------------------------------------

# Additions to the contract: the dates of a row (N-1), when it was heard of (N-6), what a trend compares with (N-5),
# how many rows there are without the limit (N-16).
DATES = fields("start_date:day end_date:day is_complete:bool")
AS_OF = fields("as_of:zulu?")
PARK = {
    **fields("rank:int park_id:int park_name:str location:str queue_times_id:int? queue_times_url:park_url?"),
    **DATES,
}
RIDE = {
    **fields(
        "rank:int ride_id:int ride_name:str park_id:int park_name:str location:str tier:int?"
        " queue_times_id:int? park_queue_times_id:int? queue_times_url:ride_url?"
    ),
    **DATES,
}
RIDE_NOW = {**AS_OF, **fields("current_is_open:bool? park_is_open:bool?"), "current_status": STATUS_NOW}
TOTALS = fields(
    "filter_disney_universal:bool total_parks:int total_parks_tracked:int rides_down:int rides_operating:int"
    " total_downtime_hours:num2 avg_uptime_percentage:num1?"
)


UNCOUNTED: Shape = dict.fromkeys(("rides_closed", "rides_refurbishment"), (None,))


def park_downtime(period: str) -> Shape:
    row = {
        **PARK,
        **fields(
            "shame_score:num1 total_downtime_hours:num2 weighted_downtime_hours:num2 rides_down:int"
            " uptime_percentage:num1? trend_percentage:num1? previous_downtime_hours:num2?"
        ),
    }
    totals = {**TOTALS, "period": (FULL_NAMES.get(period, period),)}
    # Live they are counted (the contract has 0), of days nobody knows them.
    totals |= fields("rides_closed:int rides_refurbishment:int") if period == "live" else UNCOUNTED
    if period in ("live", "today"):
        row |= AS_OF
        totals |= fields("parks_silent:int")
    if period == "live":
        row |= fields("total_rides:int park_is_open:bool")
    elif period == "today":
        row |= fields("rides_operating:int effective_park_weight:num1 snapshot_count:int park_is_open:bool?")
    elif period == "yesterday":
        row |= fields("park_is_open:bool?")
    else:
        row["period_label"] = LABELS[period]
    listed = {"total": "int", "data": [row]}
    return {"success": TRUE, "weighted": "bool", "aggregate_stats": totals, **listed, "attribution": NOTE}


def ride_downtime(period: str) -> Shape:
    figures = "downtime_hours:num2 uptime_percentage:num1? availability_percentage:num1? opening_delay_minutes:int"
    row = {**RIDE, **fields(f"{figures} trend_percentage:num1? previous_downtime_hours:num2?")}
    if period in ("live", "today"):
        row |= RIDE_NOW
    else:
        row |= {"status_changes": "int", "period_label": LABELS[period]}
    if period in ("live", "today", "yesterday"):
        row |= fields("avg_wait_time:num0? peak_wait_time:int? walk_on_percentage:num1?")
    return {"success": TRUE, "total": "int", "data": [row], "attribution": NOTE}


def park_waits(period: str) -> Shape:
    row = {
        **PARK,
        **fields(
            "avg_wait_minutes:num1 peak_wait_minutes:int? walk_on_percentage:num1? rides_reporting:int"
            " trend_percentage:num1? previous_wait_minutes:num1? park_is_open:bool?"
        ),
    }
    if period in ("live", "today"):
        row |= AS_OF
    if period == "live":
        row |= fields("avg_wait_time:num1 max_wait_time:int")
    elif period in LONG:
        row |= {**fields("avg_wait_time:num1 peak_wait_time:int?"), "period_label": LABELS[period]}
    return {"success": TRUE, "total": "int", "data": [row], "attribution": NOTE}


def ride_waits(period: str, mode: str = "") -> Shape:
    mode = mode or period
    figures = "avg_wait_minutes:num1 peak_wait_minutes:int? walk_on_percentage:num1?"
    row = {**RIDE, **fields(f"{figures} trend_percentage:num1? previous_wait_minutes:num1?")}
    if mode in ("live", "today"):
        row |= {**RIDE_NOW, "current_wait_time": "int?"}
    else:
        row["period_label"] = LABELS.get(mode)
    if mode == "live":
        row |= fields("current_wait_minutes:int?")
    echo = (FULL_NAMES.get(mode, mode),)
    return {"success": TRUE, "mode": echo, "total": "int", "data": [row], "attribution": NOTE}


def status_summary(park: bool = False) -> Shape:
    counts = dict.fromkeys((*SHOWN_STATUS, "total"), "int")
    return {
        "success": TRUE,
        "status_summary": counts,
        "attribution": NOTE,
        **({"park_id": "int"} if park else {}),
    }


# -- one park (4.5, 4.6, 4.7) ----------------------------------------------------------------------------

ROSTER_ROW = fields("ride_id:int ride_name:str tier:int? tier_weight:int land_area:str? last_operated_at:zulu?")
ROSTER: Shape = {
    "success": TRUE,
    **fields("park_id:int park_name:str effective_park_weight:int total_roster_weight:int"),
    "rides": {
        "active": [{**ROSTER_ROW, "current_status": "str?"}],
        "excluded": [{**ROSTER_ROW, "days_since_operation": "int?"}],
    },
}
WEIGHED = fields("ride_id:int ride_name:str tier:int tier_weight:num")
CONTRIBUTION = {**WEIGHED, **fields("downtime_hours:num2 weighted_contribution:num2")}
EXCLUDED: Shape = [{**WEIGHED, **fields("last_operated_at:zulu? exclusion_reason:str")}]
# Additions to the contract: what does not count in the score is reported for every period.
ALSO_EXCLUDED: Shape = {"total_excluded_weight": "num", "rides_excluded": EXCLUDED}
MONTH_LABELS = {"last_week": ("Dec 14 - Dec 20, 2025",), "last_month": ("Nov 01 - Nov 30, 2025",)}
# A score or an hour that nobody observed is null, where the contract has 0 (N-6).
HOURS = fields(
    "shame_score:num1? total_downtime_hours:num2? weighted_downtime_hours:num2? rides_affected_count:int"
    " avg_uptime_percentage:num1?"
)


def breakdown(period: str) -> Shape:
    if period == "live":
        return {
            "is_live": TRUE,
            **fields("last_updated:naive? park_is_open:bool? shame_score:num1? total_park_weight:num"),
            "total_weighted_down": "num?",
            "rides_down": [{**WEIGHED, "status": SHOWN_STATUS}],
            "tier_weights": {"1": (3,), "2": (2,), "3": (1,)},
            **ALSO_EXCLUDED,
        }
    if period == "today":
        rides = [{**CONTRIBUTION, "status": SHOWN_STATUS}]
        return {**HOURS, **fields("hours_tracked:int total_park_weight:num2"), "rides": rides, **ALSO_EXCLUDED}
    row = {**CONTRIBUTION, "status": ("DOWN",)}
    if period == "yesterday":
        figures = fields("rides_with_downtime:int? total_park_weight:num2?")
        return {**HOURS, **figures, "rides": [row], **ALSO_EXCLUDED}
    return {
        **HOURS,
        **fields("avg_daily_downtime:num2? days_tracked:int days_in_period:int total_park_weight:num2"),
        "period_label": MONTH_LABELS[period],
        "rides": [{**row, "days_with_downtime": "int"}],
        **ALSO_EXCLUDED,
    }


def park_chart(period: str) -> Shape:
    if period == "live":
        live = fields("current:num1? last_is_partial:bool")
        return {"granularity": ("minutes",), "labels": ["clock"], "data": ["num1?"], **live}
    both = fields("average:num1? shame_score:num1? last_is_partial:bool")
    if period in ("today", "yesterday"):
        series = {"labels": ["hour"], "data": ["num1?"], "rides_down": ["int?"], "avg_wait": ["num2?"]}
        return {**both, "granularity": ("hourly",), **series}
    series = {"labels": ["date"], "data": ["num1?"], "rides_down": ["int?"], "downtime_hours": ["num2?"]}
    return {**both, "granularity": ("daily",), **series}


def dated(period: str) -> Shape:
    """Which dates an answer is about, and of the present day how new it is (N-1, N-6)."""
    dates = fields("start_date:day end_date:day is_complete:bool")
    return {**dates, "as_of": "zulu?"} if period in ("live", "today") else dates


def park_details(period: str) -> Shape:
    session = fields("park_id:int date:day first_open_at:naive last_open_at:naive operating_hours:num")
    return {
        "success": TRUE,
        "attribution": NOTE,
        **dated(period),
        **fields("excluded_rides_count:int effective_park_weight:int"),
        "park": fields("park_id:int name:str location:str operator:str? timezone:str queue_times_url:park_url?"),
        "tier_distribution": fields(
            "park_id:int park_name:str tier_1_count:int tier_2_count:int tier_3_count:int unclassified_count:int"
            " total_rides:int"
        ),
        "operating_sessions": [{**session, "snapshot_count": "int"}],
        "current_status": fields(
            "park_id:int park_name:str is_open:bool? last_updated:naive? operating:int? rides_open:int?"
            " rides_closed:int? total_rides:int avg_wait_time:num2? max_wait_time:int?"
        ),
        "shame_breakdown": {"breakdown_type": (period,), **breakdown(period)},
        "chart_data": park_chart(period),
    }


def ride_charts(period: str, kind: str = "downtime") -> Shape:
    is_hourly = period in ("today", "yesterday")
    value = "num0?" if is_hourly and kind == "wait_times" else "num2?"
    waits = {"walk_on_percentage": "num1?"} if kind == "wait_times" else {}
    return {
        "success": TRUE,
        **fields("start_date:day end_date:day is_complete:bool last_is_partial:bool"),
        "park_id": "int",
        "chart_type": (kind,),
        "granularity": ("hourly" if is_hourly else "daily",),
        "labels": ["hour" if is_hourly else "date"],
        "datasets": [{"label": "str", "ride_id": "int", "tier": (1, 2, 3), "data": [value], **waits}],
    }


# -- one ride (4.11) -------------------------------------------------------------------------------------


def ride_details(period: str) -> Shape:
    is_daily = period in LONG
    minutes = fields(" ".join(f"{name}_minutes:int?" for name in ("open", "uptime", "downtime", "closed", "unknown")))
    shares = fields("uptime_percentage:num2? availability_percentage:num2? avg_wait_time_minutes:num2?")
    both = {**fields("date:day" if is_daily else "hour_start_utc:http"), **minutes, **shares, "snapshot_count": "int"}
    counts = "operating_hours:int? down_hours:int?" if is_daily else "operating_snapshots:int down_snapshots:int"
    return {
        "success": TRUE,
        "attribution": NOTE,
        "ride": {
            **fields("ride_id:int name:str park_id:int park_name:str tier:int? queue_times_url:ride_url?"),
            "category": ("ATTRACTION", "MEET_AND_GREET", "SHOW", "EXPERIENCE", None),
        },
        **dated(period),
        "summary": {
            **minutes,
            **fields(
                "total_downtime_hours:num2? uptime_percentage:num1? availability_percentage:num1? avg_wait_time:num1?"
                " walk_on_percentage:num1? opening_delay_minutes:int? outages:int total_operating_hours:int?"
                " total_hours:int"
            ),
        },
        "timeseries": [{**both, "status": ("OPERATING", "DOWN", "CLOSED", "PARK_CLOSED", "UNKNOWN")}],
        "hourly_breakdown": [{**both, **fields(counts), "downtime_hours": "num2?"}],
        "downtime_events": [
            {**fields("start_time:http end_time:http duration_hours:num2"), "kind": ("breakdown", "opening_delay")}
        ],
    }
