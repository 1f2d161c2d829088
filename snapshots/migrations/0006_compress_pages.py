from django.db import migrations

from snapshots.storage.partitions import CompressPages


class Migration(migrations.Migration):

    locks = "before the first release; later, half an hour for 300 million rows, with collection stopped"

    dependencies = [
        ('snapshots', '0005_quality_log_questions'),
    ]

    operations = [
        CompressPages('RideStatusSnapshot', before='ROW_FORMAT=COMPRESSED KEY_BLOCK_SIZE=8'),
        CompressPages('QueueData', before='ROW_FORMAT=DEFAULT'),
    ]
