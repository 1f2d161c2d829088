"""What has to be said wherever Open-Meteo's data are shown (sources 5.5)."""

ATTRIBUTION = {
    "data_source": "Open-Meteo.com",
    "text": "Weather data by Open-Meteo.com",
    "url": "https://open-meteo.com",
    "licence": "CC BY 4.0",
}
