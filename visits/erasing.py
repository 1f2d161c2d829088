"""Everything of a visitor, deleted: with a bounded number of statements, however much there is."""

from collections.abc import Callable
from typing import Any

from django.contrib.auth.models import User
from django.db import models

from core.database.querysets import retried_on_lock
from visits.models import PlanStop, Task, Visit, VisitorToken

# What apps above this one keep of a visitor: functions that delete it. They register themselves when they are ready.
others: list[Callable[[User], object]] = []


@retried_on_lock
def erase(user: User) -> None:
    """The visitor, and all that is his. A statement for each table, and a few of Django's own for the user."""
    for delete in others:
        delete(user)
    kept: list[models.QuerySet[Any]] = [
        PlanStop.objects.filter(task__user=user),
        PlanStop.objects.filter(visit__user=user),
        Task.objects.filter(user=user),
        Visit.objects.filter(user=user),
        VisitorToken.objects.filter(user=user),
    ]
    for rows in kept:
        rows._raw_delete(rows.db)
    user.delete()


@retried_on_lock
def delete_task(task: Task) -> None:
    """A task, and its stop; two statements."""
    PlanStop.objects.filter(task=task).delete()
    Task.objects.filter(pk=task.pk)._raw_delete("default")


@retried_on_lock
def delete_visit(visit: Visit) -> None:
    """A visit, its stops and their tasks, which were made for it; four statements."""
    tasks = list(PlanStop.objects.filter(visit=visit).values_list("task_id", flat=True))
    PlanStop.objects.filter(visit=visit).delete()
    Task.objects.filter(pk__in=tasks)._raw_delete("default")
    Visit.objects.filter(pk=visit.pk)._raw_delete("default")
