"""Timestamps that nobody sets: filled by the database in UTC whatever its clock, moved by Django on every save."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.db import connection

from parks.models import Park
from parks.tests.factories import NOON, ParkFactory

pytestmark = pytest.mark.django_db


def test_an_insert_that_django_did_not_make_is_stamped_in_utc():
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO parks (name, city, country, timezone) VALUES ('By hand', 'X', 'US', 'UTC')")
    park = Park.objects.get(name="By hand")
    now = datetime.now(UTC)
    for stamp in (park.created_at, park.updated_at):
        assert timedelta(seconds=-2) <= now - stamp < timedelta(minutes=1)


def test_a_save_moves_the_time_of_the_update_alone():
    with time_machine.travel(NOON, tick=False):
        park = ParkFactory.create()
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        park.save()
    park.refresh_from_db()
    assert (park.created_at, park.updated_at) == (NOON, NOON + timedelta(hours=1))
