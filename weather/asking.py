"""Asking Open-Meteo (sources 5.1, 5.2, 5.5): many places in one request, and no more calls than its plan allows."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.db.models import TextChoices

from core.upstream.http import Limits, Reason, Source, Upstream, UpstreamError
from core.upstream.payloads import brief, parsed
from parks.catalog.places import Place
from weather.open_meteo import ARCHIVE_VARIABLES, VARIABLES

TIMEOUT_SECONDS = 30.0  # rules 2
DEADLINE_SECONDS = 100.0  # three attempts
AT_A_TIME = 1  # the free plan
PLACES_A_REQUEST = 50  # the address of the request stays below 2,000 characters
A_MINUTE = 60.0
# The answer names its units, and those are believed.
ASKED = {
    "temperature_unit": "fahrenheit",
    "wind_speed_unit": "mph",
    "precipitation_unit": "inch",
    "timezone": "GMT",
}


class CallLimit(TextChoices):
    """Whose limit was reached, in the words of the upstream's reason."""

    MINUTELY = "minutely"
    HOURLY = "hourly"
    DAILY = "daily"

    @classmethod
    def of(cls, error: UpstreamError) -> "CallLimit | None":
        """None: the error is about something else."""
        if error.reason != Reason.RATE_LIMITED:
            return None
        reported = error.body.decode(errors="replace").lower()
        return next((limit for limit in cls if limit.value in reported), None)

    def ends(self, now: datetime) -> datetime:
        """When the upstream may be asked again."""
        if self == CallLimit.DAILY:
            return now.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
        if self == CallLimit.HOURLY:
            return now.replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
        return now + timedelta(minutes=1)


class LimitReached(Exception):
    """The upstream answers nothing more until `ends`."""

    def __init__(self, limit: CallLimit, now: datetime) -> None:
        self.ends = limit.ends(now)
        super().__init__(
            f"the {limit.value} limit of Open-Meteo is reached; ask again after {self.ends:%Y-%m-%d %H:%M}Z"
        )


def calls(places: int, variables: int, days: int) -> float:
    """What a request counts for (sources 5.5)."""
    tens = variables / 10
    return places * max(1.0, tens, tens * days / 14)


class OpenMeteo(Source):
    """One of its endpoints: the forecast, or the archive of past days."""

    def __init__(self, upstream: Upstream, path: str, variables: Sequence[str]) -> None:
        super().__init__(upstream)
        self.path = path
        self.variables = tuple(variables)
        self.free_at = float("-inf")  # when the calls of the last request are paid

    def hourly(self, places: Sequence[Place], days: int, span: Mapping[str, str]) -> list[Any]:
        """What is reported each of the places, in their order, for `days` days, which the parameters `span` name.

        Waits for its turn. Raises UpstreamError, and LimitReached when waiting a minute would not help.
        """
        self.pay(calls(len(places), len(self.variables), days))
        params = {
            "latitude": ",".join(f"{latitude:.4f}" for latitude, _ in places),
            "longitude": ",".join(f"{longitude:.4f}" for _, longitude in places),
            "hourly": ",".join(self.variables),
            **ASKED,
            **span,
            **({"apikey": settings.OPEN_METEO_KEY} if settings.OPEN_METEO_KEY else {}),
        }
        return answers(self.patiently(params), len(places))

    def patiently(self, params: Mapping[str, str]) -> bytes:
        """The answer; a minute's limit is waited for once."""
        for is_last in (False, True):
            try:
                return self.upstream.get(self.path, params)
            except UpstreamError as error:
                limit = CallLimit.of(error)
                if limit is None:
                    raise
                if is_last or limit != CallLimit.MINUTELY:
                    raise LimitReached(limit, datetime.now(UTC)) from error
            self.upstream.sleep(A_MINUTE)
        raise AssertionError("unreachable")

    def pay(self, cost: float) -> None:
        """Wait until the calls of the last request are paid, and owe those of the next one."""
        wait = self.free_at - self.upstream.clock()
        if wait > 0:
            self.upstream.sleep(wait)
        self.free_at = self.upstream.clock() + cost * A_MINUTE / settings.OPEN_METEO_CALLS_PER_MINUTE


def answers(body: bytes, places: int) -> list[Any]:
    """One answer per place: a list, or for a single place the answer itself. Raises UpstreamError."""
    document = parsed(body)
    reported = document if isinstance(document, list) else [document]
    if len(reported) != places:
        raise UpstreamError(
            Reason.INVALID, f"{places} places were asked for, and {len(reported)} reported: {brief(document)}"
        )
    return reported


def limits() -> Limits:
    return Limits(timeout_seconds=TIMEOUT_SECONDS, deadline_seconds=DEADLINE_SECONDS, at_a_time=AT_A_TIME)


def forecast_client(how: Limits | None = None) -> OpenMeteo:
    """Now and the next days."""
    return OpenMeteo(Upstream(settings.OPEN_METEO_URL, how or limits()), "/forecast", tuple(VARIABLES))


def archive_client(how: Limits | None = None) -> OpenMeteo:
    """Past days."""
    return OpenMeteo(Upstream(settings.OPEN_METEO_ARCHIVE_URL, how or limits()), "/archive", ARCHIVE_VARIABLES)
