"""Here Django looks for models. Their tables are older than this app and keep the label `parks`."""

from core.admin_keys import AdminKey
from core.jobs.ledger import JobLock, JobRun
from core.jobs.queue import QueuedTask

__all__ = ["AdminKey", "JobLock", "JobRun", "QueuedTask"]
