"""What the tests of backups store, and all of it reported as text: in processes of their own."""

import json
from typing import Any

from django.apps import apps
from django.db import models

from parks.models import Park
from snapshots.models import ParkOperatingSession
from snapshots.tests.factories import QueueFactory
from stats.daily.recompute import recompute_park_day
from stats.models import ParkDailyStats, RideDailyStats
from stats.tests.builders import DAY, change, local, make_park, make_ride, show_park
from stats.tests.builders import report as report_story

# What a dump could trip over.
NAME = "Pirates\n(1),(2);\t'n' \"Ghosts\" \\ naïve 🎢"
METRICS_VERSION = 2
COMPUTED = {RideDailyStats, ParkDailyStats, ParkOperatingSession}
OURS = ("parks", "snapshots", "stats", "weather", "importer", "visits", "assistant")


def build() -> None:
    """A park whose rides were up and down for a day, and its daily rows."""
    park, opening = make_park(name=NAME), local(DAY, "09:00")
    show_park(park, opening, 600)
    for number in range(3):
        ride = make_ride(park, number + 1, name=f"({number}, '{NAME}');\n(x)")
        report_story(ride, opening, f"O300 D{60 * number + 30} O120", wait=10 * number)
        change(ride, opening)
        QueueFactory.create(ride=ride, recorded_at=opening)
    recompute_park_day(park, DAY, METRICS_VERSION)


def forget_and_recompute() -> None:
    """Compute the day's rows again, from the observations alone."""
    RideDailyStats.objects.all().delete()
    ParkDailyStats.objects.all().delete()
    recompute_park_day(Park.objects.get(name=NAME), DAY, METRICS_VERSION)


def report() -> str:
    """Every row of ours as JSON, but for what says when and in which order it was written."""
    reported: dict[str, Any] = {}
    counts = {}
    for model in (model for label in OURS for model in apps.get_app_config(label).get_models()):
        computed = model in COMPUTED
        names = [field.attname for field in model._meta.local_fields if not (computed and is_incidental(field))]
        reported[model.__name__] = sorted(map(repr, model._default_manager.values_list(*names)))
        counts[model._meta.db_table] = len(reported[model.__name__])
    return json.dumps({"counts": counts, "rows": reported})


def is_incidental(field: "models.Field[Any, Any]") -> bool:
    return field.primary_key or field.name in {"created_at", "updated_at"}
