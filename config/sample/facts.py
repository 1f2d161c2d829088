"""What a sample has beside its observations: parks, rides and their tiers, planned hours, weather.

Stored before the observations are imported, because hours decide when a park was open, and tiers weigh its score.
Everything is a function of the seed and the day; what is stored already stays as it is.
"""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.db.models import Max

from core.database.querysets import upsert
from importer.sample.hours import opening_minutes
from importer.sample.rides import Kind, roster
from importer.sample.troubles import wall
from importer.sample.weather import SampleHour, hours_of_day
from parks.catalog.directory import park_from
from parks.catalog.known import CatalogPark, sample_twin
from parks.classification.classifying import classify, plan_classification
from parks.models import EntityType, Park, ParkSchedule, Ride, ScheduleType
from weather.models import WeatherForecast, WeatherHour, WeatherObservation

ONE_DAY = timedelta(days=1)
DAYS_AHEAD = 35
FORECAST_DAYS = 7
NO_RIDES = {Kind.SHOW, Kind.RESTAURANT}


def store_facts(chosen: Sequence[CatalogPark], seed: int, first: date, now: datetime) -> None:
    """Bring everything of these catalogue parks' twins up to date, from the UTC day `first` on."""
    for park in chosen:
        ours = store_park(park)
        store_rides(ours, park)
        store_hours(ours, park, first - ONE_DAY, now.date() + DAYS_AHEAD * ONE_DAY)
        store_weather(ours, park, seed, first - ONE_DAY, now)
    uuids = [sample_twin(park).themeparks_wiki_id for park in chosen]
    # By the words of their names: a language model is not asked about rides that do not exist.
    classify(plan_classification(Ride.objects.filter(park__themeparks_wiki_id__in=uuids)), classifier=None)


def store_park(park: CatalogPark) -> Park:
    twin = sample_twin(park)
    found = Park.objects.filter(themeparks_wiki_id=twin.themeparks_wiki_id).first()
    if found is None:
        found = park_from(twin)
        found.save()
    return found


def store_rides(ours: Park, park: CatalogPark) -> None:
    known = set(Ride.objects.filter(park=ours).values_list("themeparks_wiki_id", flat=True))
    Ride.objects.bulk_create(
        Ride(park=ours, name=ride.name, themeparks_wiki_id=ride.uuid, entity_type=EntityType.ATTRACTION)
        for ride in roster(sample_twin(park))
        if ride.kind not in NO_RIDES and ride.uuid not in known
    )


def store_hours(ours: Park, park: CatalogPark, first: date, last: date) -> None:
    """The hours of each date that has none yet."""
    known = set(ParkSchedule.objects.filter(park=ours).values_list("schedule_date", flat=True))
    days = (first + n * ONE_DAY for n in range((last - first).days + 1))
    ParkSchedule.objects.bulk_create(planned(ours, park, day) for day in days if day not in known)


def planned(ours: Park, park: CatalogPark, day: date) -> ParkSchedule:
    hours = opening_minutes(park, day)
    if hours is None:
        return ParkSchedule(park=ours, schedule_date=day, schedule_type=ScheduleType.CLOSED)
    opening, closing = (wall(park.timezone, day, minutes) for minutes in hours)
    return ParkSchedule(park=ours, schedule_date=day, opening_time=opening, closing_time=closing)


# -- weather ---------------------------------------------------------------------------------------------


def store_weather(ours: Park, park: CatalogPark, seed: int, first: date, now: datetime) -> None:
    """The hours that have begun and are not stored yet, and once a day the week ahead."""
    newest = WeatherObservation.objects.filter(park=ours).aggregate(at=Max("observation_time"))["at"]
    since = max(first, newest.date()) if newest else first
    seen = [
        WeatherObservation(park=ours, observation_time=hour.at, **values_of(hour))
        for hour in hours_between(park, seed, since, now.date())
        if hour.at <= now and (newest is None or hour.at > newest)
    ]
    columns = [field.name for field in WeatherHour._meta.get_fields()]
    upsert(WeatherObservation, seen, ("park", "observation_time"), columns)
    issued = datetime(now.year, now.month, now.day, tzinfo=UTC)
    if not WeatherForecast.objects.filter(park=ours, issued_at=issued).exists():
        ahead = hours_between(park, seed, now.date(), now.date() + FORECAST_DAYS * ONE_DAY)
        WeatherForecast.objects.bulk_create(
            WeatherForecast(park=ours, issued_at=issued, forecast_time=hour.at, **values_of(hour))
            for hour in ahead
            if hour.at > issued
        )


def hours_between(park: CatalogPark, seed: int, first: date, last: date) -> Iterator[SampleHour]:
    for n in range((last - first).days + 1):
        yield from hours_of_day(seed, park, first + n * ONE_DAY)


def values_of(hour: SampleHour) -> dict[str, Decimal | int]:
    """An hour in the columns of the weather tables; visibility and pressure are left unknown."""
    return {
        "temperature_c": decimal(hour.temperature),
        "temperature_f": decimal(hour.temperature * 9 / 5 + 32),
        "wind_speed_kmh": decimal(hour.wind),
        "wind_speed_mph": decimal(hour.wind / 1.60934),
        "wind_gusts_kmh": decimal(hour.gusts),
        "wind_gusts_mph": decimal(hour.gusts / 1.60934),
        "wind_direction_degrees": hour.direction,
        "precipitation_mm": decimal(hour.rain),
        "rain_mm": decimal(hour.rain),
        "snowfall_mm": decimal(0),
        "cloud_cover_percent": hour.clouds,
        "humidity_percent": hour.humidity,
        "weather_code": hour.code,
    }


def decimal(value: float) -> Decimal:
    return Decimal(f"{value:.2f}")
