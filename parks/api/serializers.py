"""Shapes of the catalogue's answers, and those that all answers share."""

from typing import Annotated, Any

from rest_framework import serializers

from core.shapes import Shape, describe
from parks.models import Shelter


class Attribution(Shape):
    data_source: str
    url: Annotated[str, describe(format="uri")]


ATTRIBUTION = Attribution(data_source="ThemeParks.wiki", url="https://themeparks.wiki")


class AttributionSerializer(serializers.Serializer[Any]):
    data_source = serializers.CharField()
    url = serializers.URLField()


class SearchParkSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    location = serializers.CharField()
    type = serializers.ChoiceField(choices=["park"])
    url = serializers.CharField()


class SearchRideSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    park_id = serializers.IntegerField()
    park_name = serializers.CharField()
    type = serializers.ChoiceField(choices=["ride"])
    url = serializers.CharField()


class SearchMetaSerializer(serializers.Serializer[Any]):
    park_count = serializers.IntegerField()
    ride_count = serializers.IntegerField()
    last_updated = serializers.DateTimeField()


class SearchIndexSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    parks = SearchParkSerializer(many=True)
    rides = SearchRideSerializer(many=True)
    meta = SearchMetaSerializer()


class NearbyRideSerializer(serializers.Serializer[Any]):
    ride_id = serializers.IntegerField()
    ride_name = serializers.CharField()
    park_id = serializers.IntegerField()
    park_name = serializers.CharField()
    entity_type = serializers.CharField()
    latitude = serializers.FloatField()
    longitude = serializers.FloatField()
    distance_m = serializers.FloatField(help_text="metres along the globe, one decimal")
    indoor_outdoor = serializers.ChoiceField(choices=Shelter.choices, allow_null=True, help_text="null: not told")
    height_min_cm = serializers.IntegerField(allow_null=True)
    height_max_cm = serializers.IntegerField(allow_null=True)
    tags = serializers.ListField(child=serializers.CharField())


class NearbyRidesSerializer(serializers.Serializer[Any]):
    success = serializers.BooleanField()
    lat = serializers.FloatField()
    lon = serializers.FloatField()
    radius_m = serializers.FloatField()
    data = NearbyRideSerializer(many=True)  # type: ignore[assignment]
    attribution = AttributionSerializer()
