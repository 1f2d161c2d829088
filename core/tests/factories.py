"""Keys of admins and the ledger of jobs."""

from datetime import UTC, datetime, timedelta

import factory
from factory.django import DjangoModelFactory

from core.admin_keys import AdminKey
from core.jobs.ledger import JobLock, JobRun
from core.jobs.queue import QueuedTask

FIRST_SLOT = datetime(2026, 7, 1, 12, tzinfo=UTC)


class AdminKeyFactory(DjangoModelFactory[AdminKey]):
    class Meta:
        model = AdminKey

    name = factory.Sequence("key {}".format)
    public_id = factory.Sequence("{:016x}".format)
    digest = "0" * 64


class JobLockFactory(DjangoModelFactory[JobLock]):
    class Meta:
        model = JobLock

    job = factory.Sequence(lambda n: f"job_{n}")


class JobRunFactory(DjangoModelFactory[JobRun]):
    class Meta:
        model = JobRun

    job = "collect_snapshots"
    slot = factory.Sequence(lambda n: FIRST_SLOT + n * timedelta(minutes=5))


class QueuedTaskFactory(DjangoModelFactory[QueuedTask]):
    class Meta:
        model = QueuedTask

    name = "core.jobs.tasks.run_job"
    arguments = factory.LazyFunction(lambda: ["collect_snapshots"])
    due_at = FIRST_SLOT
