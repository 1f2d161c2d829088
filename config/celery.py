"""Celery application: `celery -A config worker`. Tasks live in `tasks.py` of the rooms named below."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("ridewatch")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["core.jobs", "importer.jobs"])
