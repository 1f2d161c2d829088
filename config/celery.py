"""Celery application: `celery -A config worker`, with Redis alone. Tasks are in `tasks.py` of the rooms below."""

import logging.config
import os
import sys
from typing import Any

from celery import Celery, Task
from celery.signals import setup_logging, task_postrun, task_prerun, worker_init
from structlog.contextvars import bind_contextvars, unbind_contextvars

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


@setup_logging.connect  # type: ignore[untyped-decorator]
def log_as_the_settings_say(**kwargs: Any) -> None:
    """And not as Celery would: `--loglevel` changes nothing, LOG_LEVEL does."""
    from django.conf import settings

    logging.config.dictConfig(settings.LOGGING)


@task_prerun.connect  # type: ignore[untyped-decorator]
def name_the_task(task_id: str, task: Any, **kwargs: Any) -> None:
    """In every line of the log until it is done."""
    from core.jobs.runners import this_process

    bind_contextvars(task=f"{task.name}:{task_id}", runner=this_process())


@task_postrun.connect  # type: ignore[untyped-decorator]
def name_no_task(**kwargs: Any) -> None:
    unbind_contextvars("task", "runner")
