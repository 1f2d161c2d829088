"""Column types that behave the same on both databases."""

from datetime import datetime
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, connection, transaction
from django.utils.dateparse import parse_datetime

from core.database.fields import EnumField, SecondField
from parks.models import Category, Park, Ride, validate_zone
from parks.tests.factories import ParkFactory, RideFactory


class Backend:
    """As much of a connection as a column type asks for."""

    def __init__(self, vendor: str) -> None:
        self.vendor = vendor
        self.data_types = {"CharField": "varchar(%(max_length)s)", "DateTimeField": "datetime(6)"}
        self.data_types_suffix: dict[str, str] = {}
        self.ops = connection.ops


def column_type(field: EnumField | SecondField, vendor: str) -> str | None:
    backend: Any = Backend(vendor)
    return field.db_type(backend)


def test_a_choice_is_an_enum_on_mariadb_and_text_elsewhere():
    field = EnumField(max_length=14, choices=Category.choices)
    assert column_type(field, "mysql") == "enum('ATTRACTION','MEET_AND_GREET','SHOW','EXPERIENCE')"
    assert column_type(field, "sqlite") == "varchar(14)"


def test_an_instant_has_no_fraction_on_mariadb():
    assert column_type(SecondField(), "mysql") == "datetime"
    assert column_type(SecondField(), "sqlite") == "datetime(6)"


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("2026-07-01T23:59:59.999999Z", "2026-07-01T23:59:59Z"),
        ("2026-07-01T12:00:00.500000Z", "2026-07-01T12:00:00Z"),
        ("2026-12-31T23:59:59.500001-05:00", "2027-01-01T04:59:59Z"),
        ("2026-07-01T12:00:00Z", "2026-07-01T12:00:00Z"),
    ],
)
def test_fractions_of_a_second_are_cut_off_never_rounded(given, stored):
    cut = SecondField().get_prep_value(parse_datetime(given))
    assert cut == parse_datetime(stored)
    assert SecondField().get_prep_value(given) == parse_datetime(stored), "as text too"


def test_nothing_stays_nothing():
    assert SecondField().get_prep_value(None) is None


@pytest.mark.django_db
@pytest.mark.parametrize("value", ["ROLLERCOASTER", " ATTRACTION", "ATTRACTION'", "0", ""])
def test_the_database_refuses_a_word_that_is_no_choice(value):
    ride = RideFactory.create()
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        Ride.objects.filter(pk=ride.pk).update(category=value)
    with pytest.raises((IntegrityError, DataError)), transaction.atomic():
        Ride.objects.bulk_create([Ride(park=ride.park, name="another", category=value)])


@pytest.mark.django_db
@pytest.mark.parametrize("value", [*Category.values, None])
def test_the_database_takes_every_choice_and_nothing(value):
    ride = RideFactory.create(category=value)
    ride.refresh_from_db()
    assert ride.category == value
    assert Ride.objects.filter(category=value).exists() or value is None


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "UTC"])
def test_an_iana_zone_is_valid(zone):
    validate_zone(zone)


@pytest.mark.parametrize("zone", ["", "New York", "America/Nowhere", "/etc/passwd", "../UTC", "America", "UTC\x00"])
def test_anything_else_is_no_zone(zone):
    with pytest.raises(ValidationError):
        validate_zone(zone)


@pytest.mark.django_db
def test_a_park_without_a_zone_does_not_exist():
    for zone in ("", None):
        with pytest.raises(IntegrityError), transaction.atomic():
            Park.objects.bulk_create([ParkFactory.build(timezone=zone)])
    for zone in ("", None, "Mars/Olympus"):
        with pytest.raises(ValidationError):
            ParkFactory.create(timezone=zone)


def test_a_second_field_reads_text_the_way_django_does():
    with pytest.raises(ValidationError):
        SecondField().get_prep_value("yesterday")
    assert isinstance(SecondField().to_python("2026-07-01 12:00:00"), datetime)
