"""Taking the sample out again: every row that speaks of a sample park or its rides, and then the parks.

Tables are found by their foreign keys, so that a new one is not forgotten. Can be interrupted and run again: parks go
last.
"""

import shutil
from collections import Counter
from pathlib import Path

from django.apps import apps
from django.conf import settings
from django.db import models

from config.sample.history import BEGINNING, CONTINUED, removed_marker
from core import data_version
from importer.models import ACTIVE, ImportCheckpoint, ImportStatus, TransitionRefused
from parks.catalog.known import CATALOG, sample_twin
from parks.catalog.sample import sample_parks
from parks.models import Park, Ride
from snapshots.models import DataQualityLog

RIDES_AT_ONCE = 200


def remove_sample() -> Counter[str]:
    """Remove everything of the sample; returns how many rows of which table went. Nothing makes it again."""
    removed_marker().parent.mkdir(parents=True, exist_ok=True)
    removed_marker().touch()
    destinations = {sample_twin(park).destination_id for park in CATALOG}
    jobs = ImportCheckpoint.objects.filter(destination_uuid__in=destinations)
    for job in jobs.filter(status__in=ACTIVE):
        try:
            job.enter(ImportStatus.CANCELLED)  # whoever is at it stops at the next file
        except TransitionRefused:
            continue
    gone: Counter[str] = Counter()
    for park in sample_parks().order_by("pk"):
        remove_park(park, gone)
    delete(DataQualityLog.objects.filter(import_id__in=list(jobs.values_list("import_id", flat=True))), gone)
    delete(jobs, gone)
    for name in (BEGINNING, CONTINUED):
        shutil.rmtree(Path(settings.DATA_DIR) / name, ignore_errors=True)
    data_version.move()
    return gone


def remove_park(park: Park, gone: Counter[str]) -> None:
    rides = list(Ride.objects.filter(park=park).values_list("pk", flat=True))
    for start in range(0, len(rides), RIDES_AT_ONCE):
        some = rides[start : start + RIDES_AT_ONCE]
        for model, name in pointing_at(Ride):
            delete(model._default_manager.filter(**{f"{name}__in": some}), gone)
        delete(DataQualityLog.objects.filter(entity_type="ride", entity_id__in=some), gone)
    for model, name in pointing_at(Park):
        if model is not Ride:
            delete(model._default_manager.filter(**{name: park.pk}), gone)
    delete(DataQualityLog.objects.filter(entity_type="park", entity_id=park.pk), gone)
    delete(Ride.objects.filter(park=park), gone)
    delete(Park.objects.filter(pk=park.pk), gone)


def pointing_at(target: type[models.Model]) -> list[tuple[type[models.Model], str]]:
    """Models with a foreign key to `target`, and its name."""
    return [
        (model, field.name)
        for model in apps.get_models()
        for field in model._meta.local_concrete_fields
        if field.remote_field is not None and field.remote_field.model is target
    ]


def delete(rows: "models.QuerySet[models.Model]", gone: Counter[str]) -> None:
    """Delete rows, and count them by the name of their table."""
    number, by_model = rows.delete()
    if number:
        gone.update({apps.get_model(label)._meta.db_table: count for label, count in by_model.items() if count})
