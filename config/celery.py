"""Celery application: `celery -A config worker`, with Redis alone. Tasks are in `tasks.py` of the rooms below."""

import os
import sys
from typing import Any

from celery import Celery, Task
from celery.signals import worker_init

from core.jobs import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")


class HandedOver(Task):  # type: ignore[misc]  # Celery has no types
    """A task that goes to Redis, or without it into the database, where `manage.py run_jobs` finds it."""

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        from django.conf import settings

        from core.jobs.queue import QueuedTask

        if settings.REDIS_URL or self.app.conf.task_always_eager:
            return super().apply_async(args, kwargs, **options)
        return QueuedTask.add(f"{self.__module__}.{self.__name__}", list(args or ()))


broker.use()
app = Celery("ridewatch", task_cls=HandedOver)
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["core.jobs", "importer.jobs"])


@worker_init.connect  # type: ignore[untyped-decorator]
def refuse_without_redis(**kwargs: Any) -> None:
    from django.conf import settings

    if not settings.REDIS_URL:
        sys.exit("REDIS_URL is not set: no message reaches a worker. `manage.py run_jobs` does what was handed over.")
