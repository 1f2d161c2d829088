"""Short ways to ask what a ride or a park did over a window."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings

from parks.models import Park, Ride
from stats.answers.analytics import Answer, Question, parks_over, rides_over
from stats.measures.bucket_sums import Figures
from stats.measures.windows import Bucket, Window
from stats.tests.builders import DAY, local

LATER = local(DAY + timedelta(days=30), "12:00")
VERSION = settings.METRICS_VERSION


def hours(start: str, end: str) -> tuple[int, int]:
    """Hours of the day, "HH:MM" each, as a window has them."""
    a, b = (int(clock[:2]) * 3600 + int(clock[3:]) * 60 for clock in (start, end))
    return a, b


def of_ride(ride: Ride, window: Window, bucket: Bucket = Bucket.NONE, now: datetime = LATER, **how: Any) -> Answer:
    """What is reported a ride; empty when nothing is."""
    question = Question(window, bucket, (ride.park,), (ride.pk,), **how)
    return rides_over(question, VERSION, now).get(ride.pk, Answer(Figures(), {}))


def of_park(park: Park, window: Window, bucket: Bucket = Bucket.NONE, now: datetime = LATER, **how: Any) -> Answer:
    return parks_over(Question(window, bucket, (park,), **how), VERSION, now).get(park.pk, Answer(Figures(), {}))
