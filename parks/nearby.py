"""Rides near a place, by their distance along the globe.

A box of degrees finds candidates by index; what is in the box is measured. MariaDB and MySQL measure with
ST_Distance_Sphere, SQLite with the same formula from Django's functions: both on a sphere of `EARTH_KM`.
"""

import math
from typing import Any

from django.db import connections
from django.db.models import F, FloatField, Func, Q, QuerySet, Value
from django.db.models.functions import ASin, Cast, Cos, Least, Power, Radians, Sin, Sqrt

from parks.catalog.places import EARTH_KM, Place
from parks.models import EntityMetadata

EARTH_M = EARTH_KM * 1000
# A box is this much too large, in degrees (about 10 m): rounding must not cut off what lies on the edge.
MARGIN = 0.0001
HALF_TURN, QUARTER_TURN = 180.0, 90.0


class Point(Func):
    function = "POINT"  # longitude first


class DistanceSphere(Func):
    function = "ST_DISTANCE_SPHERE"
    output_field = FloatField()


def near(place: Place, radius_m: float) -> QuerySet[EntityMetadata]:
    """What lies within `radius_m` metres, the nearest first, with `distance_m`; of active rides, with their parks."""
    rows = EntityMetadata.objects.filter(box(place, radius_m), ride__is_active=True, ride__park__is_active=True)
    measured = rows.annotate(distance_m=distance(place, connections[rows.db].vendor))
    return measured.filter(distance_m__lte=radius_m).select_related("ride__park").order_by("distance_m", "ride_id")


def distance(place: Place, vendor: str) -> Any:
    """Metres from a place to the row's."""
    latitude, longitude = place
    if vendor == "mysql":
        here = Point(Value(longitude, FloatField()), Value(latitude, FloatField()))
        return DistanceSphere(Point(F("longitude"), F("latitude")), here, Value(EARTH_M, FloatField()))
    return haversine(latitude, longitude)


def haversine(latitude: float, longitude: float) -> Any:
    """The formula of `places.km_between`, in metres."""
    there, east = Radians(Cast("latitude", FloatField())), Radians(Cast("longitude", FloatField()))
    here = math.radians(latitude)
    along = Power(Sin((there - Value(here)) / Value(2.0)), Value(2.0))
    across = Power(Sin((east - Value(math.radians(longitude))) / Value(2.0)), Value(2.0))
    share = along + Value(math.cos(here)) * Cos(there) * across
    # Rounding may bring two opposite places beyond 1.
    return Value(2 * EARTH_M) * ASin(Sqrt(Least(share, Value(1.0), output_field=FloatField())))


def box(place: Place, radius_m: float) -> Q:
    """Degrees between which everything within `radius_m` lies: over a pole all longitudes, over the antimeridian
    the end of one side and the beginning of the other."""
    latitude, longitude = place
    angle = min(radius_m / EARTH_M, math.pi)
    reach = math.degrees(angle) + MARGIN
    low, high = latitude - reach, latitude + reach
    between = Q(latitude__gte=degrees(low, QUARTER_TURN), latitude__lte=degrees(high, QUARTER_TURN))
    if low <= -QUARTER_TURN or high >= QUARTER_TURN:
        return between & Q(longitude__isnull=False)
    # The circle is widest off the latitude of its middle.
    wide = math.degrees(math.asin(min(math.sin(math.radians(reach)) / math.cos(math.radians(latitude)), 1.0))) + MARGIN
    west, east = longitude - wide, longitude + wide
    if west < -HALF_TURN:
        sides = Q(longitude__gte=west + 2 * HALF_TURN) | Q(longitude__lte=east)
    elif east > HALF_TURN:
        sides = Q(longitude__gte=west) | Q(longitude__lte=east - 2 * HALF_TURN)
    else:
        sides = Q(longitude__gte=west, longitude__lte=east)
    return between & sides


def degrees(value: float, limit: float) -> float:
    return max(-limit, min(limit, value))
