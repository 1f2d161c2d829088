"""How many rows the lists of the legacy API have (public-api 2.5), with more parks and rides than any list shows.

What the contract answers with an error 500 is refused with 400 here, and so is every negative limit (design §6).
"""

from urllib.parse import urlencode

import pytest

from config.tests.contract.contract_table import CATEGORIES, ENDPOINTS, Endpoint, Limit, Query
from config.tests.contract.contract_world import API, CROWD_PARKS, CROWD_RIDES, asked
from config.tests.contract.test_contract import name_of, refusal_of, rows_at, sort_key

pytestmark = pytest.mark.django_db
LIMITED = [endpoint for endpoint in ENDPOINTS if endpoint.limit]


def limited_questions() -> list[tuple[Endpoint, Query]]:
    """The lists that are made of daily rows, by every value of what decides their shape."""
    found = []
    for endpoint in LIMITED:
        period = "yesterday" if endpoint.path.endswith(("downtime", "waittimes", "/trends")) else "last_week"
        for value in endpoint.values.get(endpoint.variant, ("",)):
            variant = {endpoint.variant: value} if value else {}
            found.append((endpoint, {"period": period, **endpoint.defaults, **variant}))
    return found


def rows_of(endpoint: Endpoint, query: Query, limit: str | None = None) -> int:
    """How many rows come."""
    body = asked(f"{endpoint.path}?{urlencode({**query, **({} if limit is None else {'limit': limit})})}")
    return len(rows_at(body, endpoint.rows))


def limit_of(endpoint: Endpoint) -> Limit:
    assert endpoint.limit is not None
    return endpoint.limit


each_list = pytest.mark.parametrize(("endpoint", "query"), limited_questions(), ids=name_of)
each_endpoint = pytest.mark.parametrize("endpoint", LIMITED, ids=name_of)


def there_are(endpoint: Endpoint, query: Query) -> int:
    """How many rows there would be without any limit."""
    if endpoint.path == "/api/trends":
        return CROWD_PARKS // 2 if query["category"].startswith("parks") else CROWD_PARKS
    return CROWD_PARKS * CROWD_RIDES


@each_list
def test_a_list_has_its_default_length_and_never_more_than_its_most(crowd, endpoint, query):
    limit = limit_of(endpoint)
    assert rows_of(endpoint, query) == limit.default
    assert rows_of(endpoint, query, "3") == 3
    assert rows_of(endpoint, query, str(limit.most)) == min(limit.most, there_are(endpoint, query))
    if limit.above_most_is_refused:
        return
    for more in (limit.most + 1, 10**6, 10**30):
        assert rows_of(endpoint, query, str(more)) == limit.most


@each_list
def test_a_limit_of_zero(crowd, endpoint, query):
    at_zero = limit_of(endpoint).at_zero
    if at_zero is None:
        return
    assert rows_of(endpoint, query, "0") == at_zero


@each_endpoint
def test_blanks_and_a_plus_are_accepted(crowd, endpoint):
    query = {**endpoint.base(), **endpoint.defaults, "period": "last_week"}
    assert rows_of(endpoint, query, " 2") == rows_of(endpoint, query, "+2 ") == rows_of(endpoint, query, "2") == 2


@each_endpoint
@pytest.mark.parametrize("limit", ["-1", "-1000", "abc", "5.5", "", " ", "1e3", "٣", "0x10", "1 0", "--1", "NaN"])
def test_a_negative_limit_or_one_that_is_no_integer_is_refused(endpoint, limit):
    refusal_of(API.get(endpoint.path, {**endpoint.base(), "limit": limit}))


@pytest.mark.parametrize("endpoint", [each for each in LIMITED if limit_of(each).above_most_is_refused], ids=name_of)
@pytest.mark.parametrize("limit", ["0", "101", "-1", "1000000"])
def test_a_limit_out_of_bounds_is_refused(endpoint, limit):
    error = refusal_of(API.get(endpoint.path, {**endpoint.base(), "limit": limit}))
    assert error == f"Limit must be between 1 and {limit_of(endpoint).most}"


# -- order, where it takes many ----------------------------------------------------------------------------


@pytest.mark.parametrize("period", ["yesterday", "last_week", "7days"])
@pytest.mark.parametrize("category", CATEGORIES)
def test_the_strongest_trend_comes_first(crowd, category, period):
    body = asked(f"/api/trends?category={category}&period={period}&limit=100")
    change = "-improvement_percentage" if category.endswith("improving") else "-decline_percentage"
    keys = [sort_key(row, change) for row in body[category.split("-")[0]]]
    assert keys == sorted(keys)
    assert len(set(keys)) > 10


@pytest.mark.parametrize("kind", ["parks", "rides", "waittimes", "ridewaittimes"])
def test_the_charts_show_the_highest_first(crowd, kind):
    body = asked(f"/api/trends/chart-data?type={kind}&period=last_week&limit=20")
    totals = [sum(filter(None, dataset["data"])) for dataset in body["chart_data"]["datasets"]]
    assert totals == sorted(totals, reverse=True)
    assert len(set(totals)) > 5


@pytest.mark.parametrize("kind", ["parks", "parks-shame", "rides-downtime", "rides-waittimes"])
def test_a_heatmap_shows_the_chart_and_reports_its_mean(crowd, kind):
    chart = {"parks": "waittimes", "parks-shame": "parks", "rides-downtime": "rides"}.get(kind, "ridewaittimes")
    query = "period=last_week&filter=all-parks&limit=20"
    heatmap = asked(f"/api/trends/heatmap-data?type={kind}&{query}")
    lines = asked(f"/api/trends/chart-data?type={chart}&{query}")["chart_data"]
    assert heatmap["time_labels"] == lines["labels"]
    assert heatmap["matrix"] == [dataset["data"] for dataset in lines["datasets"]]
    assert [each["entity_id"] for each in heatmap["entities"]] == [each["entity_id"] for each in lines["datasets"]]
    for entity, row in zip(heatmap["entities"], heatmap["matrix"], strict=True):
        cells = [value for value in row if value is not None]
        assert entity["total_value"] == pytest.approx(sum(cells) / len(cells), abs=0.051)
    assert heatmap["title"].startswith("Top 20 ")
