"""The browser front end of the legacy API gets every field it reads (public-api 6).

`browser_reads` has its requests and the fields it reads; here is what it does with them.
"""

from collections.abc import Iterator
from itertools import product
from typing import Any

import pytest

from config.tests.browser_reads import CALENDAR, FILTERS, PERIODS, READS, urls
from config.tests.contract.contract_shapes import KINDS, is_number, leaves
from config.tests.contract.contract_world import API, World, asked, over_wsgi
from config.wsgi import django_application
from core import data_version
from core.web.stored_answers import CachedApplication
from parks.models import Park
from snapshots.models import RideStatusSnapshot

pytestmark = pytest.mark.django_db

PAGE = "http://localhost:8080"  # another origin than the API's


def answer(world: World, url: str) -> Any:
    return asked(f"/api{world.path(url)}")


def things_at(body: Any, place: str) -> list[Any]:
    """The objects at a dotted place; `[]` after a key: each item of that list."""
    things = [body]
    for part in filter(None, place.split(".")):
        name = part.removesuffix("[]")
        things = [thing[name] for thing in things]
        if part != name:
            things = [item for items in things for item in items]
    return things


@pytest.mark.parametrize(
    ("url", "reads"),
    [pytest.param(url, reads, id=f"{view}: {url}") for view, requests, reads in READS for url in requests],
)
def test_every_field_that_a_view_reads_is_there(world, url, reads):
    body = answer(world, url)
    for place, names in reads.items():
        things = things_at(body, place)
        assert things, f"nothing at {place}"
        for thing, name in product(things, names.split()):
            assert any(each in thing for each in name.split("|")), f"no {place}.{name}"
    assert body["success"] is True


# -- 6.3: values on which the client calls toFixed() -----------------------------------------------------

DETAILS, RIDE_DETAILS = "/parks/{park}/details?period={period}", "/rides/{ride}/details?period={period}"
SCORES = "shame_breakdown.shame_score"
HEATMAPS = "/trends/heatmap-data?period={period}&type={type}"
HEATMAP_TYPES = ("parks", "parks-shame", "rides-downtime", "rides-waittimes")
NUMBERS: list[tuple[list[str], list[str]]] = [
    (
        urls(DETAILS, period=("live",)),
        [SCORES, *(f"shame_breakdown.total_{name}" for name in ("weighted_down", "park_weight", "excluded_weight"))],
    ),
    (
        urls(DETAILS, period=CALENDAR),
        [
            SCORES,
            "shame_breakdown.total_downtime_hours",
            "shame_breakdown.weighted_downtime_hours",
            "shame_breakdown.rides[].downtime_hours",
            "shame_breakdown.rides[].weighted_contribution",
        ],
    ),
    # Of weeks and months a day that nobody observed is null, which the page's maximum takes as 0.
    (urls(DETAILS, period=("today", "yesterday")), ["chart_data.rides_down[]"]),
    (urls(HEATMAPS, period=CALENDAR, type=HEATMAP_TYPES), ["entities[].total_value"]),
]


@pytest.mark.parametrize(
    ("url", "place"), [(url, place) for requests, places in NUMBERS for url in requests for place in places]
)
def test_a_value_that_is_formatted_is_a_number(world, url, place):
    values = things_at(answer(world, url), place)
    assert values
    assert all(is_number(value) for value in values), values


@pytest.mark.parametrize("url", urls(RIDE_DETAILS, period=PERIODS))
def test_every_figure_of_the_ride_page_is_a_number(world, url):
    """Null where nothing is known, which the page shows as such."""
    body = answer(world, url)
    figures = [
        (path, value)
        for part in ("summary", "timeseries", "hourly_breakdown")
        for path, value in leaves(body[part])
        if not path.endswith((".date", ".hour_start_utc", ".status"))
    ]
    assert any(value is not None for _, value in figures)
    assert [(path, value) for path, value in figures if value is not None and not is_number(value)] == []


@pytest.mark.parametrize("url", urls(RIDE_DETAILS, period=("live", "today", "yesterday")))
def test_the_browser_can_read_the_hours_as_utc(world, url):
    body = answer(world, url)
    hours = [row["hour_start_utc"] for part in ("timeseries", "hourly_breakdown") for row in body[part]]
    assert hours
    assert all(KINDS["http"](hour) or KINDS["zulu"](hour) for hour in hours)


@pytest.mark.parametrize("url", urls(DETAILS, period=PERIODS))
def test_the_park_page_always_finds_a_list_of_rides(world, url):
    breakdown = answer(world, url)["shame_breakdown"]
    assert isinstance(breakdown["rides"] if "rides" in breakdown else breakdown["rides_down"], list)


@pytest.mark.parametrize("url", urls(HEATMAPS, period=CALENDAR, type=HEATMAP_TYPES))
def test_the_heatmap_links_parks_to_parks_and_rides_to_rides(world, url):
    """An entity with a location is a park to it."""
    entities = answer(world, url)["entities"]
    assert entities
    assert {bool(entity.get("location")) for entity in entities} == {"type=parks" in url}


# -- 6.4: fields that only an older release delivered ----------------------------------------------------

BY_PERIOD = "?period={period}"
RESTORED: list[tuple[str, tuple[str, ...], str, str]] = [
    ("/parks/downtime", PERIODS, "data[]", "trend_percentage:num1?"),
    ("/rides/downtime", PERIODS, "data[]", "trend_percentage:num1? location:str"),
    ("/parks/waittimes", PERIODS, "data[]", "avg_wait_minutes:num1 peak_wait_minutes:int park_is_open:bool"),
    ("/parks/waittimes", PERIODS, "data[]", "rides_reporting:int trend_percentage:num1?"),
    ("/rides/waittimes", PERIODS, "data[]", "avg_wait_minutes:num1 peak_wait_minutes:int trend_percentage:num1?"),
    ("/rides/waittimes", ("live", "today"), "data[]", "current_is_open:bool current_status:str park_is_open:bool"),
    ("/parks/{park}/details", ("live",), "shame_breakdown", "park_is_open:bool total_park_weight:num"),
    ("/parks/{park}/details", ("live",), "shame_breakdown", "total_weighted_down:num total_excluded_weight:num"),
    ("/parks/{park}/details", ("live",), "shame_breakdown.rides_down[]", "ride_name:str tier_weight:num"),
    ("/parks/{park}/details", ("live",), "shame_breakdown.rides_excluded[]", "ride_name:str exclusion_reason:str"),
    ("/parks/{park}/details", ("live",), "current_status", "operating:int"),
    ("/parks/{park}/details", ("last_week", "last_month"), "shame_breakdown.rides[]", "days_with_downtime:int"),
]


def restored() -> Iterator[tuple[str, str, str]]:
    for path, periods, place, kinds in RESTORED:
        for url, kind in product(urls(path + BY_PERIOD, period=periods), kinds.split()):
            yield url, place, kind


@pytest.mark.parametrize(("url", "place", "field"), list(restored()))
def test_a_field_that_the_last_release_had_lost_is_back(world, url, place, field):
    name, kind = field.split(":")
    values = [thing[name] for thing in things_at(answer(world, url), place)]
    assert values
    for value in values:
        assert (value is None and kind.endswith("?")) or KINDS[kind.rstrip("?")](value), (name, value)


@pytest.mark.parametrize("path", ["/parks/downtime", "/rides/downtime", "/parks/waittimes", "/rides/waittimes"])
@pytest.mark.parametrize("period", PERIODS)
def test_trends_have_figures_wherever_there_is_something_to_compare(world, path, period):
    """The day so far is compared with the day before up to the same time of the clock (N-5)."""
    trends = {row["trend_percentage"] for row in answer(world, f"{path}?period={period}")["data"]}
    assert trends != {None}


def test_the_park_page_counts_the_rides_that_operate(world):
    status = answer(world, DETAILS.format(park="{park}", period="live"))["current_status"]
    assert status["operating"] == status["rides_open"] > 0


# -- 6.1: mechanics --------------------------------------------------------------------------------------

PREFETCH = (
    "/parks/downtime?period={period}&filter={filter}&limit=50",
    "/rides/downtime?period={period}&filter={filter}&limit=100",
    "/live/status-summary?filter={filter}",
    "/parks/waittimes?period={period}&filter={filter}&limit=50",
    "/rides/waittimes?period={period}&filter={filter}&limit=100",
)
FIRST_VIEW = [f"/api{url.format(period='today', filter='disney-universal')}" for url in PREFETCH]
WARMED = [
    *urls("/parks/downtime?period={period}", period=("live", "today", "7days", "30days")),
    *urls("/rides/downtime?period={period}", period=("live", "today", "7days", "30days")),
    "/parks/waittimes?period=live",
    "/rides/waittimes?period=live",
    "/live/status-summary",
    "/trends/chart-data?type=waittimes&period=today",
    "/trends/longest-wait-times",
    "/trends/least-reliable",
]


@pytest.mark.parametrize(("period", "chosen"), list(product(PERIODS, FILTERS)))
def test_what_is_fetched_ahead_is_all_there(world, period, chosen):
    for template in PREFETCH:
        url = f"/api{template.format(period=period, filter=chosen)}"
        response = API.get(url, headers={"Accept": "application/json", "Origin": PAGE})
        assert (response.status_code, response["Content-Type"]) == (200, "application/json")
        assert response.json()["success"] is True
        assert response["Access-Control-Allow-Origin"] == PAGE
        assert not response.cookies


@pytest.mark.parametrize("url", WARMED)
def test_what_the_cache_warmer_asks_for_is_there(world, url):
    assert answer(world, url)["success"] is True


@pytest.mark.parametrize("path", ["/api/parks/999999999/details", "/api/rides/999999999/details"])
def test_the_detail_pages_find_an_error_to_show(world, path):
    response = API.get(path, headers={"Origin": PAGE})
    assert response.status_code == 404
    assert response.json()["success"] is False
    assert response.json()["error"].endswith("999999999 not found")
    assert response["Access-Control-Allow-Origin"] == PAGE


@pytest.fixture
def server(settings, tmp_path) -> CachedApplication:
    """The service with its stored answers, as browsers see it."""
    settings.DATA_VERSION_FILE, settings.REDIS_URL = tmp_path / "data-version", ""
    return CachedApplication(django_application, 300, "")


def visit(server: CachedApplication, tags: dict[str, str]) -> list[int]:
    """A page load with the answers a browser has kept; `tags` are theirs by URL, and are renewed."""
    statuses = []
    for url in FIRST_VIEW:
        asking = {"Origin": PAGE, **({"If-None-Match": tags[url]} if url in tags else {})}
        status, headers, body = over_wsgi(server, url, headers=asking)
        assert bool(body) is (status == 200)
        assert headers["access-control-allow-origin"] == PAGE
        tags[url] = headers["etag"]
        statuses.append(status)
    return statuses


def test_a_second_visit_transfers_nothing_until_something_new_is_known(world, server):
    tags: dict[str, str] = {}
    assert visit(server, tags) == [200] * 5
    assert visit(server, tags) == [304] * 5
    RideStatusSnapshot.objects.update(wait_time=77)
    Park.objects.update(name="Renamed")
    assert visit(server, tags) == [304] * 5, "nobody has said that there are newer data"
    data_version.move()
    statuses = dict(zip(PREFETCH, visit(server, tags), strict=True))
    assert {url for url, status in statuses.items() if status == 304} == {PREFETCH[2]}, "the states are the same"
    assert visit(server, tags) == [304] * 5
