from django.db import migrations

from snapshots.storage.partitions import CompressRows


class Migration(migrations.Migration):

    locks = "before the first release; later, an hour for 300 million rows, with collection stopped"

    dependencies = [
        ('snapshots', '0002_partition_by_month'),
    ]

    operations = [
        CompressRows('RideStatusSnapshot'),
    ]
