"""`manage.py detect_gaps`: what live collection misses - silent parks, and rides that vanished from their feed."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from core.commands import TeachingCommand
from snapshots.collection.gaps import LONGEST_SILENCE, detect
from snapshots.collection.run import collected_parks
from snapshots.collection.vanished import MISSING_FOR, note_vanished

MINUTES = LONGEST_SILENCE.seconds // 60
HOURS = MISSING_FOR // timedelta(hours=1)
EXAMPLES = f"""
example:
  detect_gaps

The schedule runs it every ten minutes. A park of which live collection stored nothing for more than {MINUTES} minutes
gets an open GAP in data_quality_log; the cycle that reads the park again closes it, and heal_gaps fills it.
A ride that {HOURS} hours of successful fetches of its park said nothing of gets one MISSING_DATA row in
data_quality_issues, which is resolved when the ride is back. Fetches that failed do not count.
Running it again writes nothing new. Exit code 0, whatever was found: check_collection is what monitoring asks.
"""


class Command(TeachingCommand):
    examples = EXAMPLES
    help = "Note the parks that have been silent for too long and the rides that vanished from their park's feed."

    def handle(self, *args: Any, **options: Any) -> None:
        now = timezone.now()
        parks = collected_parks()
        silent = detect(now, parks)
        rides = note_vanished(now, parks)
        self.stdout.write(
            f"{len(parks)} parks: {silent} newly silent; {rides.vanished} rides vanished, {rides.returned} returned."
        )
