from django.db import migrations

from snapshots.storage.partitions import PartitionByMonth


class Migration(migrations.Migration):
    """Cut the two big tables into months, so that a window reads only the months it touches."""

    locks = "before the first release; the tables are empty"

    dependencies = [("snapshots", "0001_initial")]

    operations = [PartitionByMonth("RideStatusSnapshot"), PartitionByMonth("QueueData")]
