"""What has to be said wherever Open-Meteo's data are shown (sources 5.5)."""

from typing import Annotated

from core.shapes import Shape, describe


class WeatherAttribution(Shape):
    data_source: str
    text: str
    url: Annotated[str, describe(format="uri")]
    licence: str


ATTRIBUTION = WeatherAttribution(
    data_source="Open-Meteo.com",
    text="Weather data by Open-Meteo.com",
    url="https://open-meteo.com",
    licence="CC BY 4.0",
)
