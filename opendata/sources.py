"""Whose data may go out: the licence of each source, and the parks whose rows are of it."""

from typing import NamedTuple

from django.conf import settings

from parks.catalog.known import SAMPLE_IDS
from parks.models import Park
from weather.attribution import ATTRIBUTION as WEATHER


class Source(NamedTuple):
    title: str
    url: str
    licence: str  # an SPDX identifier; "": none is known, so that rows stay here unless the operator says otherwise
    licence_url: str
    attribution: str


SAMPLE, WIKI, QUEUE_TIMES, OPEN_METEO = "sample", "themeparks.wiki", "queue-times.com", "open-meteo.com"
SOURCES = {
    SAMPLE: Source(
        "Synthetic sample",
        "",
        "CC0-1.0",
        "https://creativecommons.org/publicdomain/zero/1.0/",
        "Made up by Ridewatch: no park of the world.",
    ),
    WIKI: Source("ThemeParks.wiki", "https://themeparks.wiki", "", "", "Powered by ThemeParks.wiki"),
    QUEUE_TIMES: Source("Queue-Times.com", "https://queue-times.com", "", "", "Powered by Queue-Times.com"),
    OPEN_METEO: Source(
        "Open-Meteo.com",
        WEATHER.url,
        "CC-BY-4.0",
        "https://creativecommons.org/licenses/by/4.0/",
        f"{WEATHER.text}. Amounts are converted to further units.",
    ),
}


def may_go_out(source: str) -> bool:
    return source in settings.PUBLISHED_SOURCES


def source_of(park: Park) -> str:
    """Where what is known of a park comes from."""
    if park.themeparks_wiki_id in SAMPLE_IDS:
        return SAMPLE
    return WIKI if park.themeparks_wiki_id else QUEUE_TIMES


def parks_that_go_out(table: str) -> list[int]:
    """The parks whose rows of a table are published, in order; one query."""
    parks = Park.objects.order_by("pk").only("pk", "themeparks_wiki_id")
    sample_weather = table == "weather" and may_go_out(OPEN_METEO)
    return [park.pk for park in parks if may_go_out(source_of(park)) or (sample_weather and source_of(park) != SAMPLE)]
