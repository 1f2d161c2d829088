"""Answers of Open-Meteo for tests, in the units that are asked for."""

from datetime import UTC, datetime, timedelta
from typing import Any

from core.tests.stub_upstream import Answer, Request, answer

UNITS = {
    "time": "iso8601",
    "temperature_2m": "°F",
    "wind_speed_10m": "mp/h",
    "precipitation": "inch",
    "rain": "inch",
    "visibility": "ft",
    "weather_code": "wmo code",
    "precipitation_probability": "%",
}


def place(first: datetime, hours: int, **series: Any) -> dict[str, Any]:
    """What is reported one place from `first` on, at 68 °F; a series is one value for every hour, or a list."""
    times = [(first + timedelta(hours=n)).strftime("%Y-%m-%dT%H:%M") for n in range(hours)]
    reported = {"temperature_2m": 68.0, **series}
    hourly = {name: value if isinstance(value, list) else [value] * hours for name, value in reported.items()}
    return {"utc_offset_seconds": 0, "hourly_units": UNITS, "hourly": {"time": times, **hourly}}


def places_of(request: Request) -> list[tuple[str, str]]:
    """The coordinates a request names, as it writes them."""
    pairs = zip(request.params["latitude"].split(","), request.params["longitude"].split(","), strict=True)
    return list(pairs)


def for_each_place(reported: Any) -> Any:
    """A route that says the same of every place: a list, or for one place the answer itself."""

    def route(request: Request) -> Answer:
        count = len(places_of(request))
        return answer(reported if count == 1 else [reported] * count)

    return route


def archive_route(request: Request) -> Answer:
    """The whole days that are asked for."""
    first, last = (
        datetime.fromisoformat(request.params[name]).replace(tzinfo=UTC) for name in ("start_date", "end_date")
    )
    return for_each_place(place(first, 24 * ((last - first).days + 1), precipitation=0.1))(request)


def limited(words: str) -> Answer:
    return answer({"error": True, "reason": f"{words} API request limit exceeded. Please try again."}, status=429)
