"""The legacy API as a table: which question is answered how, and which is refused with what (public-api 2 to 4, 7).

The contract is the only source of this table. Every Fix and Keep of its section 7 is adopted, and the house's own
rules for errors (design §6). Where those two leave several answers open, the table has the one that was chosen.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import product

from config.tests.contract import contract_shapes as shapes
from config.tests.contract import contract_trend_shapes as more
from config.tests.contract.contract_shapes import Shape

Query = dict[str, str]

# -- the vocabulary --------------------------------------------------------------------------------------

CALENDAR = ("today", "yesterday", "last_week", "last_month")
ALIASES = ("7days", "30days")
EVERY_PERIOD = ("live", *CALENDAR, *ALIASES)
# No endpoint knows these; values are case-sensitive, and an empty one is a value (2.1).
NO_PERIODS = ("all_time", "LIVE", "Today", "", " today", "last week")
FILTERS = ("disney-universal", "all-parks")
PARK_SORTS = ("shame_score", "total_downtime_hours", "uptime_percentage", "rides_down")
# The last is an addition to the contract (N-12).
RIDE_SORTS = ("current_is_open", "downtime_hours", "uptime_percentage", "trend_percentage", "opening_delay_minutes")
MODES = ("live", *CALENDAR, "7day-average", "peak-times")
CATEGORIES = ("parks-improving", "parks-declining", "rides-improving", "rides-declining")
CHART_TYPES = ("parks", "rides", "waittimes", "ridewaittimes")
HEATMAP_TYPES = ("parks", "parks-shame", "rides-downtime", "rides-waittimes")
UNKNOWN = 999_999_999


@dataclass(frozen=True, slots=True)
class Check:
    """A value that is refused with 400; `text` None: the contract leaves the words open."""

    parameter: str
    text: str | None
    bad: str = "nonsense"


@dataclass(frozen=True, slots=True)
class Order:
    """`rows` (a path in the answer) are sorted: `-` descending, `+` ascending, null last; `when` a query has these."""

    rows: str
    by: str
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def applies(self, query: Query) -> bool:
        return all(query.get(name) in values for name, values in self.when.items())


@dataclass(frozen=True, slots=True)
class Limit:
    """How many rows come without a limit, how many at most, and for a limit of 0 (None: that is refused)."""

    default: int
    most: int
    at_zero: int | None
    above_most_is_refused: bool = False


@dataclass(frozen=True, slots=True)
class Also:
    """A question that the product of the parameters does not contain."""

    query: Query
    shape: Shape
    has_rows: bool = True


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A GET route. `periods`: spelling, and the period whose shape it has; `checks` in the order they are made."""

    section: str
    path: str
    shape: Callable[..., Shape] | Shape
    rows: str = ""
    periods: Mapping[str, str] = field(default_factory=dict)
    default_period: str = ""
    values: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    variant: str = ""  # the parameter that, with the period, decides the shape
    defaults: Mapping[str, str] = field(default_factory=dict)
    echoes: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    orders: tuple[Order, ...] = ()
    limit: Limit | None = None
    unknown: str | None = None  # the error for an unknown id
    has_shape_of_unknown: bool = False
    echoes_meant_period: bool = False  # instead of the spelling
    is_stored: bool = True  # answers are kept, with ETag and Cache-Control
    also: tuple[Also, ...] = ()

    def shape_of(self, query: Query) -> Shape:
        """What the answer looks like; it repeats some of the question."""
        if not callable(self.shape):
            return self.shape
        period = [self.periods[query["period"]]] if self.periods else []
        variant = [query[self.variant]] if self.variant else []
        echo = {name: (query[name],) for name in self.echoes}
        if self.echoes_meant_period:
            echo["period"] = (period[0],)
        return {**self.shape(*period, *variant), **echo}

    def shape_of_special(self, also: "Also") -> Shape:
        shown = {"period": self.default_period, **self.defaults, **also.query}
        return {**{name: (shown[name],) for name in self.echoes}, **also.shape}

    def queries(self) -> Iterator[Query]:
        """Every period with every combination of the other parameters' values."""
        choices = {**({"period": tuple(self.periods)} if self.periods else {}), **self.values}
        for chosen in product(*choices.values()):
            yield dict(zip(choices, chosen, strict=True))

    def base(self) -> Query:
        """The parameters that must be there."""
        return {name: self.values.get(name, tuple(self.periods))[0] for name in self.needed}

    @property
    def needed(self) -> tuple[str, ...]:
        return tuple(
            check.parameter for check in self.checks if check.text == f"Missing required parameter: {check.parameter}"
        )


def one_of(name: str, values: tuple[str, ...]) -> Check:
    return Check(name, f"Invalid {name}. Must be one of: {', '.join(values)}")


def same(*periods: str) -> dict[str, str]:
    return {period: period for period in periods}


QUOTED_FILTER = Check("filter", "Invalid filter. Must be 'disney-universal' or 'all-parks'")
PLAIN_FILTER = one_of("filter", FILTERS)
BAD_LIMIT = Check("limit", None, "abc")
QUOTED_PERIODS = "'today', 'yesterday', 'last_week', or 'last_month'"
RANKING_PERIODS = ("live", "today", "yesterday", "7days", "30days", "last_week", "last_month")
LONG_ALIASES = {"7days": "last_week", "30days": "last_month"}

# -- the endpoints ---------------------------------------------------------------------------------------

RANKINGS = (
    Endpoint(
        "4.3",
        "/api/parks/downtime",
        shapes.park_downtime,
        rows="data",
        periods=same(*EVERY_PERIOD),
        default_period="live",
        values={"filter": FILTERS, "sort_by": PARK_SORTS},
        defaults={"filter": "all-parks", "sort_by": "shame_score"},
        echoes=("period", "filter", "sort_by"),
        checks=(BAD_LIMIT, one_of("period", RANKING_PERIODS), QUOTED_FILTER, one_of("sort_by", PARK_SORTS)),
        orders=(
            Order("data", "+rank"),
            Order("data", "-shame_score", {"sort_by": ("shame_score",)}),
            Order("data", "-total_downtime_hours", {"sort_by": ("total_downtime_hours",)}),
            Order("data", "+uptime_percentage", {"sort_by": ("uptime_percentage",)}),
            Order("data", "-rides_down", {"sort_by": ("rides_down",)}),
        ),
        limit=Limit(50, 100, 0),
        also=(
            Also({"weighted": "TRUE"}, {**shapes.park_downtime("live"), "weighted": (True,)}),
            Also({"weighted": "nonsense"}, {**shapes.park_downtime("live"), "weighted": (False,)}),
        ),
    ),
    Endpoint(
        "4.4",
        "/api/parks/waittimes",
        shapes.park_waits,
        rows="data",
        periods=same("live", *CALENDAR),
        default_period="live",
        values={"filter": FILTERS},
        defaults={"filter": "all-parks"},
        echoes=("period", "filter"),
        checks=(
            BAD_LIMIT,
            Check("period", f"Invalid period. Must be 'live', {QUOTED_PERIODS}"),
            QUOTED_FILTER,
        ),
        orders=(Order("data", "+rank"), Order("data", "-avg_wait_minutes")),
        limit=Limit(50, 100, 0),
    ),
    Endpoint(
        "4.8",
        "/api/live/status-summary",
        shapes.status_summary,
        values={"filter": FILTERS},
        defaults={"filter": "all-parks"},
        echoes=("filter",),
        checks=(QUOTED_FILTER,),
        also=(
            Also({"park_id": "{park}"}, shapes.status_summary(park=True)),
            Also({"park_id": str(UNKNOWN)}, shapes.status_summary(park=True)),
            Also({"park_id": "0"}, shapes.status_summary()),
            Also({"park_id": "abc"}, shapes.status_summary()),
        ),
    ),
    Endpoint(
        "4.9",
        "/api/rides/downtime",
        shapes.ride_downtime,
        rows="data",
        periods=same(*EVERY_PERIOD),
        default_period="live",
        values={"filter": FILTERS, "sort_by": RIDE_SORTS},
        defaults={"filter": "all-parks", "sort_by": "downtime_hours"},
        echoes=("period", "filter"),
        checks=(BAD_LIMIT, one_of("period", RANKING_PERIODS), QUOTED_FILTER, one_of("sort_by", RIDE_SORTS)),
        orders=(
            Order("data", "+rank"),
            Order("data", "-downtime_hours", {"sort_by": ("downtime_hours",)}),
            Order("data", "+uptime_percentage", {"sort_by": ("uptime_percentage",)}),
            Order("data", "-trend_percentage", {"sort_by": ("trend_percentage",)}),
        ),
        limit=Limit(100, 200, 0),
    ),
    Endpoint(
        "4.10",
        "/api/rides/waittimes",
        shapes.ride_waits,
        rows="data",
        periods=same(*EVERY_PERIOD),
        default_period="live",
        values={"filter": FILTERS},
        defaults={"filter": "all-parks"},
        echoes=("period", "filter"),
        checks=(BAD_LIMIT, one_of("period", RANKING_PERIODS), one_of("mode", MODES), QUOTED_FILTER),
        orders=(Order("data", "+rank"), Order("data", "-avg_wait_minutes")),
        limit=Limit(100, 200, 0),
        also=(
            *(
                Also({"period": "today", "mode": mode}, shapes.ride_waits("today", mode))
                for mode in ("live", *CALENDAR)
            ),
            Also({"mode": "7day-average"}, shapes.ride_waits("live", "7day-average"), has_rows=False),
            Also({"mode": "peak-times"}, shapes.ride_waits("live", "peak-times"), has_rows=False),
        ),
    ),
)
DETAILS = (
    Endpoint(
        "4.5",
        "/api/parks/{park}/rides",
        shapes.ROSTER,
        rows="rides.active",
        unknown="Park with ID {id} not found",
    ),
    Endpoint(
        "4.6",
        "/api/parks/{park}/details",
        shapes.park_details,
        rows="chart_data.labels",
        # Anything else is silently live, and echoed so (Q32).
        periods={**same("live", *CALENDAR), **dict.fromkeys((*ALIASES, *NO_PERIODS), "live")},
        default_period="live",
        echoes_meant_period=True,
        unknown="Park {id} not found",
        orders=(
            Order("shame_breakdown.rides", "-weighted_contribution", {"period": CALENDAR}),
            Order("shame_breakdown.rides_down", "+tier +ride_name", {"period": ("live",)}),
            Order("shame_breakdown.rides_excluded", "+tier +ride_name"),
            Order("operating_sessions", "-date"),
        ),
    ),
    Endpoint(
        "4.7",
        "/api/parks/{park}/rides/charts",
        shapes.ride_charts,
        rows="datasets",
        periods=same(*CALENDAR),
        default_period="yesterday",
        values={"type": ("downtime", "wait_times")},
        variant="type",
        defaults={"type": "downtime"},
        echoes=("period",),
        checks=(
            Check("period", f"Invalid period. Must be {QUOTED_PERIODS}"),
            Check("type", "Invalid type. Must be 'downtime' or 'wait_times'"),
        ),
        has_shape_of_unknown=True,  # an unknown park has no datasets (Q43)
        orders=(Order("datasets", "+tier +label"),),
    ),
    Endpoint(
        "4.11",
        "/api/rides/{ride}/details",
        shapes.ride_details,
        rows="timeseries",
        periods={**same(*CALENDAR), "live": "today"},  # live: the park page links so (Q42)
        default_period="today",
        echoes=("period",),
        checks=(Check("period", f"Invalid period. Must be {QUOTED_PERIODS}"),),
        unknown="Ride {id} not found",
        orders=(
            Order("timeseries", "+hour_start_utc", {"period": ("today", "yesterday", "live")}),
            Order("timeseries", "+date", {"period": ("last_week", "last_month")}),
            Order("hourly_breakdown", "-hour_start_utc", {"period": ("today", "yesterday", "live")}),
            Order("hourly_breakdown", "-date", {"period": ("last_week", "last_month")}),
            Order("downtime_events", "-start_time"),
        ),
    ),
)
AWARD_CHECKS = (BAD_LIMIT, one_of("period", CALENDAR), PLAIN_FILTER, one_of("entity", ("parks", "rides")))
BAD_HEATMAP_PERIOD = f"Invalid period for heatmaps. LIVE period not supported. Use: {', '.join(CALENDAR)}"
TRENDS = (
    Endpoint(
        "4.12",
        "/api/trends",
        more.trends,
        rows="parks|rides",
        periods=same(*CALENDAR, *ALIASES),
        default_period="last_week",
        values={"category": CATEGORIES, "filter": ("all-parks",)},
        variant="category",
        defaults={"filter": "all-parks"},
        echoes=("period", "category", "filter"),
        checks=(
            BAD_LIMIT,
            Check("category", "Missing required parameter: category", ""),
            one_of("period", (*CALENDAR, *ALIASES)),
            one_of("category", CATEGORIES),
            PLAIN_FILTER,
            Check("limit", "Limit must be between 1 and 100", "0"),
        ),
        limit=Limit(50, 100, None, above_most_is_refused=True),
        also=tuple(
            Also(
                {"category": category, "filter": "disney-universal"},
                more.trends("last_week", category),
                has_rows=category.endswith("improving"),  # the other park alone gets worse
            )
            for category in CATEGORIES
        ),
    ),
    Endpoint(
        "4.13",
        "/api/trends/chart-data",
        more.chart_data,
        rows="chart_data.datasets",
        periods=same("live", *CALENDAR),
        default_period="last_week",
        values={"type": CHART_TYPES, "filter": FILTERS},
        variant="type",
        defaults={"type": "parks", "filter": "disney-universal"},
        echoes=("period", "type", "filter"),
        checks=(
            BAD_LIMIT,
            one_of("period", ("live", *CALENDAR)),
            one_of("type", CHART_TYPES),
            PLAIN_FILTER,
        ),
        limit=Limit(10, 20, 1),
    ),
    Endpoint(
        "4.14",
        "/api/trends/longest-wait-times",
        more.longest_waits,
        rows="data",
        periods=same(*CALENDAR),
        default_period="today",
        values={"entity": ("parks", "rides"), "filter": FILTERS},
        variant="entity",
        defaults={"entity": "rides", "filter": "all-parks"},
        echoes=("period", "filter", "entity"),
        checks=AWARD_CHECKS,
        orders=(Order("data", "+rank"), Order("data", "-avg_wait_time")),
        limit=Limit(10, 20, 0),
    ),
    Endpoint(
        "4.15",
        "/api/trends/least-reliable",
        more.least_reliable,
        rows="data",
        periods=same(*CALENDAR),
        default_period="today",
        values={"entity": ("parks", "rides"), "filter": FILTERS},
        variant="entity",
        defaults={"entity": "rides", "filter": "all-parks"},
        echoes=("period", "filter", "entity"),
        checks=AWARD_CHECKS,
        orders=(
            Order("data", "+rank"),
            Order("data", "-avg_shame_score", {"entity": ("parks",)}),
            Order("data", "-downtime_hours", {"entity": ("rides",)}),
        ),
        limit=Limit(10, 20, 0),
    ),
    Endpoint(
        "4.16",
        "/api/trends/heatmap-data",
        more.heatmap,
        rows="entities",
        periods=same(*CALENDAR),
        values={"type": HEATMAP_TYPES, "filter": FILTERS},
        variant="type",
        defaults={"filter": "all-parks"},
        echoes=("period",),
        checks=(
            BAD_LIMIT,
            Check("period", "Missing required parameter: period", ""),
            Check("type", "Missing required parameter: type", ""),
            Check("period", BAD_HEATMAP_PERIOD),
            one_of("type", HEATMAP_TYPES),
            PLAIN_FILTER,
        ),
        orders=(Order("entities", "+rank"),),
        limit=Limit(10, 20, 1),
    ),
)
BAD_DATE = Check("date", "Invalid date format. Use YYYY-MM-DD")
DATES = {"date": ("2025-12-22", "2025-10-15", "2025-12-1", "")}
AUDIT = (
    Endpoint("4.18", "/api/audit/status", more.VALIDATION, values=DATES, checks=(BAD_DATE,), is_stored=False),
    Endpoint(
        "4.19",
        "/api/audit/anomalies",
        more.ANOMALIES,
        values={**DATES, "severity": more.SEVERITY},
        checks=(BAD_DATE, Check("severity", "Invalid severity. Must be CRITICAL, WARNING, or INFO")),
        is_stored=False,
    ),
    Endpoint(
        "4.20",
        "/api/audit/flagged-entities",
        more.FLAGGED,
        values={**DATES, "severity": (*more.SEVERITY, "nonsense", "")},
        checks=(BAD_DATE,),
        is_stored=False,
    ),
    Endpoint(
        "4.22",
        "/api/audit/data-quality",
        more.ISSUES,
        rows="issues",
        values={"hours": ("24", "1000", "abc", "5.5", ""), "unresolved": ("true", "TRUE", "no")},
        orders=(Order("issues", "-detected_at"),),
        is_stored=False,
        also=(Also({"source": "nonsense"}, more.ISSUES, has_rows=False),),
    ),
    Endpoint(
        "4.23",
        "/api/audit/data-quality/summary",
        more.STALE,
        rows="summary",
        values={"days": ("7", "30", "abc", ""), "source": ("themeparks_wiki", "queue_times")},
        orders=(Order("summary", "-issue_count -max_staleness_minutes"),),
        is_stored=False,
    ),
)
SERVICE = (
    Endpoint("4.1", "/", more.IDENTITY, is_stored=False),
    Endpoint("4.2", "/api/health", more.HEALTH, is_stored=False),
    Endpoint(
        "4.24",
        "/api/search/index",
        more.SEARCH,
        rows="rides",
        orders=(Order("parks", "+name"), Order("rides", "+name")),
    ),
)
ENDPOINTS = (*SERVICE, *RANKINGS, *DETAILS, *TRENDS, *AUDIT)
