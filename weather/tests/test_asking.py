"""What Open-Meteo is asked, what it counts, and what its limits mean (R-23.1, sources 5)."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from core.tests.stub_upstream import StubUpstream, answer
from core.upstream.http import Limits, Reason, UpstreamError
from weather.asking import CallLimit, LimitReached, OpenMeteo, answers, archive_client, calls, forecast_client
from weather.open_meteo import VARIABLES
from weather.tests.answers import for_each_place, limited, place

MIDNIGHT = datetime(2026, 7, 1, tzinfo=UTC)
PLACES = [(28.4187, -81.5812), (48.87, 2.78)]
FORECAST, ARCHIVE = "/v1/forecast", "/v1/archive"


@pytest.fixture
def stub(settings) -> Iterator[StubUpstream]:
    with StubUpstream() as stub:
        settings.OPEN_METEO_URL = settings.OPEN_METEO_ARCHIVE_URL = f"{stub.url}/v1"
        stub.routes[FORECAST] = stub.routes[ARCHIVE] = for_each_place(place(MIDNIGHT, 24))
        yield stub


def quick(client: Any) -> OpenMeteo:
    """A client that notes its pauses in `slept` instead of making them."""
    source: OpenMeteo = client(Limits(interval_seconds=0, at_a_time=1))
    slept: list[float] = []
    source.upstream.sleep = slept.append
    source.slept = slept  # type: ignore[attr-defined]
    return source


def test_one_request_asks_for_many_places_and_answers_in_their_order(stub):
    one, other = place(MIDNIGHT, 1), place(MIDNIGHT, 2)
    stub.routes[FORECAST] = answer([one, other])
    with quick(forecast_client) as source:
        assert source.hourly(PLACES, 7, {"forecast_days": "7"}) == [one, other]
    (request,) = stub.requests
    assert request.params["latitude"] == "28.4187,48.8700"
    assert request.params["longitude"] == "-81.5812,2.7800"


def test_the_rules_units_and_variables_are_asked_for_in_utc(stub):
    with quick(forecast_client) as source:
        source.hourly(PLACES[:1], 7, {"forecast_days": "7"})
    params = stub.requests[0].params
    assert params["hourly"].split(",") == list(VARIABLES)
    assert {name: params[name] for name in ("temperature_unit", "wind_speed_unit", "precipitation_unit")} == {
        "temperature_unit": "fahrenheit",
        "wind_speed_unit": "mph",
        "precipitation_unit": "inch",
    }
    assert params["timezone"] == "GMT"
    assert params["forecast_days"] == "7"
    assert "apikey" not in params


def test_the_archive_is_not_asked_for_what_a_reanalysis_does_not_know(stub):
    with quick(archive_client) as source:
        source.hourly(PLACES[:1], 1, {"start_date": "2026-07-01", "end_date": "2026-07-01"})
    assert stub.paths() == [ARCHIVE]
    assert set(VARIABLES) - set(stub.requests[0].params["hourly"].split(",")) == {
        "precipitation_probability",
        "visibility",
    }


def test_a_key_of_a_paid_plan_is_sent(stub, settings):
    settings.OPEN_METEO_KEY = "secret"
    with quick(forecast_client) as source:
        source.hourly(PLACES[:1], 7, {})
    assert stub.requests[0].params["apikey"] == "secret"


@pytest.mark.parametrize(
    ("places", "variables", "days", "cost"),
    [(40, 14, 7, 56), (1, 12, 365, 31.3), (1, 5, 7, 1), (1, 14, 14, 1.4), (10, 12, 31, 26.6)],
)
def test_a_request_counts_as_many_calls_as_the_upstream_says(places, variables, days, cost):
    assert calls(places, variables, days) == pytest.approx(cost, abs=0.06)


def test_the_next_request_waits_until_the_calls_of_the_last_are_paid(stub, settings):
    settings.OPEN_METEO_CALLS_PER_MINUTE = 6
    with quick(forecast_client) as source:
        source.upstream.clock = lambda: 1_000.0
        source.hourly(PLACES, 7, {})
        assert source.slept == []
        source.hourly(PLACES, 7, {})
    assert source.slept == [pytest.approx(28.0)]  # 2.8 calls at 10 seconds each


@pytest.mark.parametrize("reported", [[], [{}], {"hourly": {}}, [{}, {}, {}], None, "x"])
def test_another_number_of_answers_than_places_belongs_to_nobody(reported):
    with pytest.raises(UpstreamError) as caught:
        answers(json.dumps(reported).encode(), 2)
    assert caught.value.reason == Reason.INVALID


def test_a_single_place_may_come_in_a_list_of_one():
    assert answers(b'[{"a": 1}]', 1) == answers(b'{"a": 1}', 1) == [{"a": 1}]


# -- limits ----------------------------------------------------------------------------------------------


def test_a_minutes_limit_is_waited_for(stub):
    stub.routes[FORECAST] = [*[limited("Minutely")] * 3, answer(place(MIDNIGHT, 24))]
    with quick(forecast_client) as source:
        assert source.hourly(PLACES[:1], 7, {}) == [place(MIDNIGHT, 24)]
    assert 60.0 in source.slept


def test_a_minutes_limit_that_does_not_end_is_given_up(stub):
    stub.routes[FORECAST] = limited("Minutely")
    with quick(forecast_client) as source, pytest.raises(LimitReached, match="minutely"):
        source.hourly(PLACES[:1], 7, {})


@pytest.mark.parametrize("words", ["Hourly", "Daily"])
def test_longer_limits_are_not_waited_for(stub, words):
    stub.routes[FORECAST] = limited(words)
    with quick(forecast_client) as source, pytest.raises(LimitReached, match=words.lower()):
        source.hourly(PLACES[:1], 7, {})
    assert 60.0 not in source.slept


@pytest.mark.parametrize(
    ("limit", "ends"),
    [
        (CallLimit.MINUTELY, datetime(2026, 12, 31, 23, 46, 10, tzinfo=UTC)),
        (CallLimit.HOURLY, datetime(2027, 1, 1, tzinfo=UTC)),
        (CallLimit.DAILY, datetime(2027, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_limit_ends_with_its_minute_hour_or_utc_day(limit, ends):
    assert limit.ends(datetime(2026, 12, 31, 23, 45, 10, tzinfo=UTC)) == ends


def test_too_many_at_once_is_an_error_and_no_limit(stub):
    stub.routes[FORECAST] = answer({"error": True, "reason": "Too many concurrent requests"}, status=429)
    with quick(forecast_client) as source, pytest.raises(UpstreamError) as caught:
        source.hourly(PLACES[:1], 7, {})
    assert caught.value.reason == Reason.RATE_LIMITED
