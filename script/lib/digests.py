"""What the tables hold, a line each: name, rows, digest. Ids, and when a row was written, do not count.

Works on the project in the present directory, with the models it has.
"""

import hashlib
import os
import sys

sys.path.insert(0, os.getcwd())
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

import django

django.setup()

from parks.models import Park, Ride  # noqa: E402
from snapshots.models import ParkActivitySnapshot, QueueData, RideStatusChange, RideStatusSnapshot  # noqa: E402
from stats.models import ParkDailyStats, RideDailyStats  # noqa: E402

RIDE, PARK = "ride__themeparks_wiki_id", "park__themeparks_wiki_id"
TABLES = {
    RideStatusSnapshot: RIDE,
    QueueData: RIDE,
    RideStatusChange: RIDE,
    RideDailyStats: RIDE,
    ParkActivitySnapshot: PARK,
    ParkDailyStats: PARK,
    Ride: PARK,
    Park: "themeparks_wiki_id",
}
LEFT_OUT = {"id", "pk", "ride", "park", "created_at", "updated_at", "calculated_at"}

for model, entity in TABLES.items():
    names = [f.attname for f in model._meta.concrete_fields if f.name not in LEFT_OUT]
    digest, count = hashlib.sha256(), 0
    for row in model._default_manager.order_by().values_list(entity, *names).order_by(entity, *names).iterator():
        digest.update(repr(row).encode())
        count += 1
    print(model.__name__, count, digest.hexdigest())
