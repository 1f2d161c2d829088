"""Import ledgers."""

from factory.django import DjangoModelFactory

from importer.models import ImportCheckpoint
from parks.tests.factories import wiki_id


class CheckpointFactory(DjangoModelFactory[ImportCheckpoint]):
    class Meta:
        model = ImportCheckpoint

    destination_uuid = wiki_id(900_000)
