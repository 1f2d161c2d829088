"""Weather at the parks, by the hour (R-23): what was, and what was forecast when."""

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from core.database.fields import in_range
from parks.models import Park


def value_checks(prefix: str) -> list[models.CheckConstraint]:
    return [
        in_range("wind_direction_degrees", 0, 360, f"{prefix}_wind_direction"),
        in_range("weather_code", 0, 99, f"{prefix}_code"),
        in_range("precipitation_probability", 0, 100, f"{prefix}_precipitation_probability"),
        in_range("cloud_cover_percent", 0, 100, f"{prefix}_cloud_cover"),
        in_range("humidity_percent", 0, 100, f"{prefix}_humidity"),
    ]


class WeatherHour(models.Model):
    """The measured values of one hour; units as the column says, WMO code in `weather_code`."""

    temperature_c = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    temperature_f = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    apparent_temperature_c = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    apparent_temperature_f = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    wind_speed_kmh = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    wind_speed_mph = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    wind_gusts_kmh = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    wind_gusts_mph = models.DecimalField(max_digits=5, decimal_places=2, null=True, blank=True)
    wind_direction_degrees = models.SmallIntegerField(null=True, blank=True, help_text="0 = north")
    precipitation_mm = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    precipitation_probability = models.SmallIntegerField(null=True, blank=True, help_text="percent")
    rain_mm = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    snowfall_mm = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    cloud_cover_percent = models.SmallIntegerField(null=True, blank=True)
    visibility_meters = models.IntegerField(null=True, blank=True)
    humidity_percent = models.SmallIntegerField(null=True, blank=True)
    pressure_hpa = models.DecimalField(max_digits=6, decimal_places=2, null=True, blank=True)
    weather_code = models.SmallIntegerField(null=True, blank=True)

    class Meta:
        abstract = True


class WeatherObservation(WeatherHour):
    """What the weather was in one full UTC hour."""

    id = models.BigAutoField(primary_key=True, db_column="observation_id")
    park = models.ForeignKey(Park, models.CASCADE, related_name="weather_observations", db_index=False)
    observation_time = models.DateTimeField(help_text="full UTC hour")
    collected_at = models.DateTimeField(auto_now_add=True, db_default=Now())

    class Meta:
        db_table = "weather_observations"
        indexes = [
            # retention, and all parks at an hour
            models.Index(fields=["observation_time"], name="observations_time"),
            # days with storms
            models.Index(fields=["weather_code"], name="observations_weather_code"),
        ]
        constraints = [
            # also serves: a park's weather over a window
            models.UniqueConstraint(fields=["park", "observation_time"], name="observations_once"),
            *value_checks("observations"),
        ]

    def __str__(self) -> str:
        return f"{self.park_id} {self.observation_time}"


class WeatherForecast(WeatherHour):
    """What was forecast for one full UTC hour, and when the forecast was fetched."""

    id = models.BigAutoField(primary_key=True, db_column="forecast_id")
    park = models.ForeignKey(Park, models.CASCADE, related_name="weather_forecasts", db_index=False)
    issued_at = models.DateTimeField(help_text="when fetched, truncated to the hour")
    forecast_time = models.DateTimeField(help_text="full UTC hour, after issued_at")

    class Meta:
        db_table = "weather_forecasts"
        indexes = [
            # what was forecast for an hour, newest issue first
            models.Index(fields=["park", "forecast_time"], name="forecasts_park_time"),
            # retention
            models.Index(fields=["issued_at"], name="forecasts_issued"),
            # storms ahead
            models.Index(fields=["weather_code"], name="forecasts_weather_code"),
        ]
        constraints = [
            # also serves: the latest issue of a park
            models.UniqueConstraint(fields=["park", "issued_at", "forecast_time"], name="forecasts_once"),
            models.CheckConstraint(condition=Q(forecast_time__gt=F("issued_at")), name="forecasts_are_ahead"),
            *value_checks("forecasts"),
        ]

    def __str__(self) -> str:
        return f"{self.park_id} {self.forecast_time} issued {self.issued_at}"
