from django.db import migrations

from snapshots.partitions import CompressRows


class Migration(migrations.Migration):

    dependencies = [
        ('snapshots', '0002_partition_by_month'),
    ]

    operations = [
        CompressRows('RideStatusSnapshot'),
    ]
