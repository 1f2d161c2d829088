"""The generated schema says the parameters and the answers of the trends, charts and heatmaps."""

import pytest
from drf_spectacular.generators import SchemaGenerator

PARAMETERS = {
    "/api/trends": {"limit": 50, "category": None, "period": "last_week", "filter": "all-parks"},
    "/api/trends/chart-data": {"limit": 10, "type": "parks", "period": "last_week", "filter": "disney-universal"},
    "/api/trends/heatmap-data": {"limit": 10, "type": None, "period": None, "filter": "all-parks"},
}


@pytest.fixture(scope="module")
def schema():
    return SchemaGenerator().get_schema(request=None, public=True)


@pytest.mark.parametrize("path", PARAMETERS)
def test_the_parameters_are_reported_with_their_defaults(schema, path):
    operation = schema["paths"][path]["get"]
    reported = {each["name"]: each for each in operation["parameters"]}
    dates = {name: each for name, each in reported.items() if name in ("start_date", "end_date")}
    assert len(dates) == 2
    assert not any(each.get("required") for each in dates.values())
    others = {name: each for name, each in reported.items() if name not in dates}
    assert {name: each["schema"].get("default") for name, each in others.items()} == PARAMETERS[path]
    needed = {name for name, each in reported.items() if each.get("required")}
    assert needed == {name for name, default in PARAMETERS[path].items() if default is None}
    assert set(operation["responses"]) - {"429", "503"} == {"200", "400"}
    assert operation["summary"]


@pytest.mark.parametrize(
    ("component", "fields"),
    [
        ("Trend", {"comparison", "count", "parks", "rides", "timestamp"}),
        ("Chart", {"granularity", "mock", "chart_data", "timestamp"}),
        ("Heatmap", {"entities", "matrix", "time_labels", "metric", "metric_unit", "title"}),
    ],
)
def test_the_answers_are_reported(schema, component, fields):
    assert set(schema["components"]["schemas"][component]["properties"]) >= fields
