import core.database.fields
import django.db.models.deletion
import django.db.models.functions.datetime
import django.utils.timezone
from django.db import migrations, models


def forget_days_without_times(apps, schema_editor):
    """The release before knows no such types of rows: a closed day is a day without rows there."""
    apps.get_model("parks", "ParkSchedule").objects.filter(schedule_type__in=("CLOSED", "UNKNOWN")).delete()


class Migration(migrations.Migration):
    locks = "the schedules have a few rows a park and day; their copy takes seconds, and only sync_schedules waits"

    dependencies = [
        ('parks', '0004_metadata_checked'),
    ]

    operations = [
        migrations.CreateModel(
            name='SupersededSchedule',
            fields=[
                ('id', models.BigAutoField(db_column='superseded_id', primary_key=True, serialize=False)),
                ('schedule_date', models.DateField(help_text='park-local date')),
                ('schedule_type', core.database.fields.EnumField(choices=[('OPERATING', 'Operating'), ('TICKETED_EVENT', 'Ticketed Event'), ('PRIVATE_EVENT', 'Private Event'), ('EXTRA_HOURS', 'Extra Hours'), ('INFO', 'Info'), ('CLOSED', 'Closed'), ('UNKNOWN', 'Unknown')], max_length=14)),
                ('opening_time', models.DateTimeField(blank=True, help_text='UTC', null=True)),
                ('closing_time', models.DateTimeField(blank=True, help_text='UTC', null=True)),
                ('confirmed_at', models.DateTimeField(help_text='when upstream last said so')),
                ('superseded_at', models.DateTimeField()),
                ('cause', core.database.fields.EnumField(choices=[('REPLACED', 'Replaced'), ('CALLED_OFF', 'Called Off'), ('BY_HAND', 'By Hand')], max_length=10)),
                ('person', models.CharField(blank=True, help_text='who did it by hand', max_length=150, null=True)),
                ('reason', models.CharField(blank=True, help_text='why, in their words', max_length=500, null=True)),
            ],
            options={
                'db_table': 'superseded_schedules',
            },
        ),
        migrations.RemoveConstraint(
            model_name='parkschedule',
            name='schedules_type_known',
        ),
        migrations.AddField(
            model_name='parkschedule',
            name='reason',
            field=models.CharField(blank=True, help_text='why, in their words', max_length=500, null=True),
        ),
        migrations.AddField(
            model_name='parkschedule',
            name='set_by',
            field=models.CharField(blank=True, help_text='who set it by hand', max_length=150, null=True),
        ),
        migrations.AlterField(
            model_name='parkschedule',
            name='fetched_at',
            field=models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), default=django.utils.timezone.now, help_text='when upstream last said so'),
        ),
        migrations.AlterField(
            model_name='parkschedule',
            name='schedule_type',
            field=core.database.fields.EnumField(choices=[('OPERATING', 'Operating'), ('TICKETED_EVENT', 'Ticketed Event'), ('PRIVATE_EVENT', 'Private Event'), ('EXTRA_HOURS', 'Extra Hours'), ('INFO', 'Info'), ('CLOSED', 'Closed'), ('UNKNOWN', 'Unknown')], default='OPERATING', max_length=14),
        ),
        migrations.AddConstraint(
            model_name='parkschedule',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('schedule_type__in', ('CLOSED', 'UNKNOWN')), _negated=True), models.Q(('closing_time__isnull', True), ('opening_time__isnull', True)), _connector='OR'), name='schedules_closed_has_no_times'),
        ),
        migrations.AddConstraint(
            model_name='parkschedule',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('reason__isnull', True), ('set_by__isnull', True)), models.Q(('reason__isnull', False), ('set_by__isnull', False)), _connector='OR'), name='schedules_set_with_a_reason'),
        ),
        migrations.AddConstraint(
            model_name='parkschedule',
            constraint=models.CheckConstraint(condition=models.Q(('schedule_type__isnull', True), ('schedule_type__in', ['OPERATING', 'TICKETED_EVENT', 'PRIVATE_EVENT', 'EXTRA_HOURS', 'INFO', 'CLOSED', 'UNKNOWN']), _connector='OR'), name='schedules_type_known'),
        ),
        migrations.AddField(
            model_name='supersededschedule',
            name='park',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='superseded_schedules', to='parks.park'),
        ),
        migrations.AddIndex(
            model_name='supersededschedule',
            index=models.Index(fields=['park', 'schedule_date'], name='superseded_park_date'),
        ),
        migrations.AddConstraint(
            model_name='supersededschedule',
            constraint=models.CheckConstraint(condition=models.Q(('schedule_type__isnull', True), ('schedule_type__in', ['OPERATING', 'TICKETED_EVENT', 'PRIVATE_EVENT', 'EXTRA_HOURS', 'INFO', 'CLOSED', 'UNKNOWN']), _connector='OR'), name='superseded_type_known'),
        ),
        migrations.AddConstraint(
            model_name='supersededschedule',
            constraint=models.CheckConstraint(condition=models.Q(('cause__isnull', True), ('cause__in', ['REPLACED', 'CALLED_OFF', 'BY_HAND']), _connector='OR'), name='superseded_cause_known'),
        ),
        migrations.AddConstraint(
            model_name='supersededschedule',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('cause', 'BY_HAND'), _negated=True), models.Q(('person__isnull', False), ('reason__isnull', False)), _connector='OR'), name='superseded_by_somebody'),
        ),
        migrations.RunPython(migrations.RunPython.noop, forget_days_without_times),
    ]
