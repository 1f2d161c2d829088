from django.db import migrations, models


def number(apps, schema_editor):
    """Up to here the clock told the order."""
    slices = apps.get_model("importer", "ImportSlice").objects
    done = slices.filter(state="DONE").order_by("finished_at", "pk").values_list("pk", "job__destination_uuid")
    latest = {}
    for pk, destination in list(done):
        latest[destination] = latest.get(destination, 0) + 1
        slices.filter(pk=pk).update(finish_number=latest[destination])


class Migration(migrations.Migration):

    dependencies = [
        ('importer', '0005_one_active_import'),
    ]

    operations = [
        migrations.AddField(
            model_name='importslice',
            name='finish_number',
            field=models.PositiveIntegerField(db_default=0, default=0, help_text="order in which a destination's slices finished, independent of any clock"),
        ),
        migrations.RunPython(number, migrations.RunPython.noop),
        migrations.AddIndex(
            model_name='importslice',
            index=models.Index(fields=['job', 'finish_number'], name='import_slices_finished'),
        ),
    ]
