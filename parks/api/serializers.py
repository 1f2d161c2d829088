"""Shapes of the catalogue's answers."""

from rest_framework import serializers


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
