from django.db import migrations, models


def end_those_beside(apps, schema_editor):
    """Before, two that began at the same moment could both stay: the older one goes on, the other can be resumed."""
    imports = apps.get_model("importer", "ImportCheckpoint").objects
    seen = set()
    for row in imports.filter(status__in=["PENDING", "IN_PROGRESS"]).order_by("pk"):
        if row.destination_uuid in seen:
            imports.filter(pk=row.pk).update(
                status="PAUSED", last_error="another import of the destination was at work at the same time"
            )
        seen.add(row.destination_uuid)


class Migration(migrations.Migration):

    dependencies = [
        ('importer', '0004_mapping_decisions'),
        ('parks', '0004_metadata_checked'),
    ]

    operations = [
        migrations.RunPython(end_those_beside, migrations.RunPython.noop),
        migrations.AddField(
            model_name='importcheckpoint',
            name='held',
            field=models.GeneratedField(db_persist=False, expression=models.Case(models.When(status__in=('PENDING', 'IN_PROGRESS'), then=models.F('destination_uuid'))), help_text='the destination it works on or waits for; nobody else may meanwhile', null=True, output_field=models.CharField(max_length=36)),
        ),
        migrations.AddConstraint(
            model_name='importcheckpoint',
            constraint=models.UniqueConstraint(fields=('held',), name='imports_one_a_destination'),
        ),
    ]
