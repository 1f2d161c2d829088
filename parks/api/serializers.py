"""Shapes of the catalogue's answers, and those that all answers share."""

from rest_framework import serializers


class ErrorSerializer(serializers.Serializer):
    success = serializers.BooleanField(default=False)
    error = serializers.CharField()


class AttributionSerializer(serializers.Serializer):
    data_source = serializers.CharField()
    url = serializers.URLField()


class SearchParkSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    location = serializers.CharField()
    type = serializers.ChoiceField(choices=["park"])
    url = serializers.CharField()


class SearchRideSerializer(serializers.Serializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    park_id = serializers.IntegerField()
    park_name = serializers.CharField()
    type = serializers.ChoiceField(choices=["ride"])
    url = serializers.CharField()


class SearchMetaSerializer(serializers.Serializer):
    park_count = serializers.IntegerField()
    ride_count = serializers.IntegerField()
    last_updated = serializers.DateTimeField()


class SearchIndexSerializer(serializers.Serializer):
    success = serializers.BooleanField()
    parks = SearchParkSerializer(many=True)
    rides = SearchRideSerializer(many=True)
    meta = SearchMetaSerializer()
