"""The ledgers of imports and of calls of the history endpoint."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date, datetime, timedelta

from django.db import IntegrityError, models, transaction
from django.db.models import Case, F, Max, Q, When
from django.db.models.functions import Now
from django.utils import timezone

from core.database.fields import EnumField, one_of
from core.jobs.ledger import JobLock
from core.jobs.runners import is_alive, is_here, this_process
from parks.models import Park, Ride


class ImportStatus(models.TextChoices):
    PENDING = "PENDING"
    IN_PROGRESS = "IN_PROGRESS"
    COMPLETED = "COMPLETED"
    FAILED = "FAILED"
    PAUSED = "PAUSED"
    CANCELLED = "CANCELLED"


# From which states a state may be entered (data-model 4.5).
ENTERED_FROM = {
    ImportStatus.IN_PROGRESS: (ImportStatus.PENDING, ImportStatus.PAUSED, ImportStatus.FAILED),
    ImportStatus.COMPLETED: (ImportStatus.IN_PROGRESS,),
    ImportStatus.PAUSED: (ImportStatus.PENDING, ImportStatus.IN_PROGRESS),
    ImportStatus.FAILED: (ImportStatus.IN_PROGRESS, ImportStatus.PAUSED),
    ImportStatus.CANCELLED: (ImportStatus.PENDING, ImportStatus.IN_PROGRESS, ImportStatus.PAUSED),
}
# So long after its last sign of life an import or a slice of another machine counts as killed.
ABANDONED_AFTER = timedelta(hours=1)
SILENT_AFTER = timedelta(minutes=15)
RESUMABLE = (ImportStatus.PAUSED, ImportStatus.FAILED)
ACTIVE = (ImportStatus.PENDING, ImportStatus.IN_PROGRESS)
ENDED = (ImportStatus.COMPLETED, ImportStatus.FAILED, ImportStatus.CANCELLED)


class TransitionRefused(Exception):
    """An import cannot go from its present state to the one asked for."""


class AlreadyRunning(Exception):
    """Another import works on the destination: `running`."""

    def __init__(self, running: "ImportCheckpoint") -> None:
        super().__init__(f"import {running.import_id} of {running.destination_uuid} is {running.status} already")
        self.running = running


def new_import_id() -> str:
    return f"imp_{secrets.token_hex(8)}"


class ImportCheckpoint(models.Model):
    """One import of one archive destination, or of one of its parks."""

    id = models.AutoField(primary_key=True, db_column="checkpoint_id")
    import_id = models.CharField(max_length=20, unique=True, default=new_import_id)
    destination_uuid = models.CharField(max_length=36)
    park = models.ForeignKey(Park, models.SET_NULL, null=True, blank=True, related_name="imports")
    start_date = models.DateField(null=True, blank=True, help_text="park-local, inclusive; empty: from the beginning")
    end_date = models.DateField(null=True, blank=True, help_text="park-local, inclusive; empty: to the end")
    source = models.CharField(max_length=1000, default="", blank=True, help_text="directory or s3:// URL")
    auto_create = models.BooleanField(default=True, help_text="create rides that are not known yet")
    is_again = models.BooleanField(default=False, help_text="also import what is unchanged since it was imported")
    runner = models.CharField(
        max_length=100,
        default="",
        blank=True,
        help_text="host, boot, process id and start of the process; empty: whoever does what was handed over",
    )
    last_error = models.TextField(default="", blank=True)
    last_processed_date = models.DateField(null=True, blank=True)
    last_processed_file = models.CharField(max_length=255, null=True, blank=True)  # noqa: DJ001
    records_imported = models.PositiveBigIntegerField(default=0)
    errors_encountered = models.PositiveIntegerField(default=0)
    status = EnumField(max_length=11, choices=ImportStatus.choices, default=ImportStatus.PENDING)
    held = models.GeneratedField(
        expression=Case(When(status__in=ACTIVE, then=F("destination_uuid"))),
        output_field=models.CharField(max_length=36),
        db_persist=False,
        null=True,
        help_text="the destination it works on or waits for; nobody else may meanwhile",
    )
    started_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True, db_default=Now())
    updated_at = models.DateTimeField(auto_now=True, db_default=Now())

    class Meta:
        db_table = "import_checkpoints"
        verbose_name = "import"
        indexes = [
            # imports of a destination; is one running?
            models.Index(fields=["destination_uuid", "status"], name="imports_destination_status"),
            # list of imports by state
            models.Index(fields=["status"], name="imports_status"),
        ]
        constraints = [
            # of two that start at once, be it inside open transactions, one stays
            models.UniqueConstraint(fields=["held"], name="imports_one_a_destination"),
            one_of("status", ImportStatus, "imports_status_known"),
            models.CheckConstraint(
                condition=Q(completed_at__isnull=True)
                | Q(started_at__isnull=True)
                | Q(completed_at__gte=F("started_at")),
                name="imports_start_before_end",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.import_id} {self.destination_uuid} {self.status}"

    @property
    def can_resume(self) -> bool:
        return self.status in RESUMABLE

    @classmethod
    def running(cls, destination_uuid: str) -> "ImportCheckpoint | None":
        """The import that works on a destination or waits for a worker. Those that were killed are reported so."""
        for found in cls.objects.filter(destination_uuid=destination_uuid, status__in=ACTIVE).order_by("pk"):
            if found.has_life():
                return found
            found.break_off()
        return None

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Make it active inside: of several imports of a destination that become so at once the database lets one.

        Whoever comes second waits until the transaction of the first is over. Raises AlreadyRunning.
        """
        self.refuse_beside(self.running(self.destination_uuid))
        try:
            with transaction.atomic():
                yield
        except IntegrityError:
            self.refuse_beside(self.running(self.destination_uuid))
            raise

    def refuse_beside(self, running: "ImportCheckpoint | None") -> None:
        if running is not None and running.pk != self.pk:
            raise AlreadyRunning(running)

    def has_life(self) -> bool:
        """Does its process exist? Of other machines only the time since its last sign says."""
        if self.runner and is_here(self.runner):
            return is_alive(self.runner)
        # A sign with a time that is yet to come, from a clock that was wrong, would count for ever.
        return abs(timezone.now() - self.updated_at) < ABANDONED_AFTER

    def break_off(self) -> None:
        """Its process was killed: FAILED, so that it can be resumed; CANCELLED when it never began."""
        with suppress(TransitionRefused):  # somebody else said so at the same time
            self.enter(ImportStatus.FAILED if self.status == ImportStatus.IN_PROGRESS else ImportStatus.CANCELLED)

    def resume(self, runner: str = "") -> None:
        """Go on: failed slices get another try; the caller lets a worker claim them.

        Raises TransitionRefused, and AlreadyRunning when another import of the destination is active.
        """
        with self.alone():
            self.enter(ImportStatus.IN_PROGRESS)
            ImportCheckpoint.objects.filter(pk=self.pk).update(runner=runner, last_error="")
            self.slices.filter(state=SliceState.FAILED).update(state=SliceState.PENDING)
        self.runner, self.last_error = runner, ""

    def fail(self, reason: str) -> None:
        """Note why it cannot go on; an import that somebody paused or cancelled meanwhile stays so."""
        ImportCheckpoint.objects.filter(pk=self.pk).update(last_error=reason)
        self.last_error = reason
        with suppress(TransitionRefused):
            self.enter(ImportStatus.FAILED)

    def claim_slice(self) -> "ImportSlice | None":
        """The next slice, now this process's; None when none is left, or the next one is another process's.

        A ride's state runs on from one slice to the next: a slice is free when the one before it is done.
        """
        following = self.slices.exclude(state=SliceState.DONE).order_by("first_date").first()
        return following if following is not None and following.take() else None

    def stands_still(self) -> bool:
        """Does nobody work on its next slice or its statistics, though it was handed over? It may wait in a queue."""
        following = self.slices.exclude(state=SliceState.DONE).order_by("first_date").first()
        now = timezone.now()
        if following is not None and following.state == SliceState.RUNNING:
            return following.is_forsaken(now)
        if following is None and (lock := JobLock.objects.filter(job=self.finish_lock).first()) is not None:
            return not lock.is_held(ABANDONED_AFTER, now)
        return abs(now - self.updated_at) > SILENT_AFTER

    @property
    def finish_lock(self) -> str:
        """The name under which its statistics are computed, by one process at a time."""
        return f"finish {self.import_id}"

    @contextmanager
    def finishing(self) -> Iterator[bool]:
        """Whether this process may compute its statistics and complete it: nobody else is at it."""
        since = timezone.now()
        if not JobLock.claim(self.finish_lock, ABANDONED_AFTER, since):
            yield False
            return
        try:
            yield True
        finally:
            JobLock.objects.filter(job=self.finish_lock, runner=this_process(), running_since=since).delete()

    def is_held(self) -> bool:
        """Does a process other than this one have its next slice, and live?"""
        following = self.slices.filter(state=SliceState.RUNNING).exclude(runner=this_process()).first()
        return following is not None and not following.is_forsaken(timezone.now())

    def is_finished(self) -> bool:
        """Are all slices done?"""
        return not self.slices.exclude(state=SliceState.DONE).exists()

    def enter(self, status: ImportStatus) -> None:
        """Claim the step to `status` by a conditional update; raises TransitionRefused when it is not open."""
        now = timezone.now()
        changes: dict[str, object] = {"status": status, "updated_at": now}
        # The clock of this machine may be behind that of the one that started it.
        changes["completed_at"] = max(now, self.started_at or now) if status in ENDED else None
        if status == ImportStatus.IN_PROGRESS and self.started_at is None:
            changes["started_at"] = now
        sources = ENTERED_FROM.get(status, ())
        rows = ImportCheckpoint.objects.filter(pk=self.pk, status__in=sources).update(**changes)
        if not rows:
            self.refresh_from_db()
            raise TransitionRefused(f"import {self.import_id} is {self.status}, it cannot become {status}")
        for field, value in changes.items():
            setattr(self, field, value)


class SliceState(models.TextChoices):
    PENDING = "PENDING"
    RUNNING = "RUNNING"
    DONE = "DONE"
    FAILED = "FAILED"


class ImportSlice(models.Model):
    """Some park-local days of an import: the unit that is claimed, stored in one transaction, and skipped later."""

    id = models.BigAutoField(primary_key=True, db_column="slice_id")
    job = models.ForeignKey(ImportCheckpoint, models.CASCADE, related_name="slices", db_index=False)
    first_date = models.DateField(help_text="park-local, inclusive")
    last_date = models.DateField(help_text="park-local, inclusive")
    state = EnumField(max_length=7, choices=SliceState.choices, default=SliceState.PENDING)
    runner = models.CharField(
        max_length=100, default="", blank=True, help_text="host, boot, process id and start of the process"
    )
    claimed_at = models.DateTimeField(null=True, blank=True, help_text="or its last sign of life")
    attempts = models.PositiveIntegerField(default=0)
    files_total = models.PositiveIntegerField(default=0)
    files_done = models.PositiveIntegerField(default=0)
    rows = models.PositiveBigIntegerField(default=0, help_text="created, updated and deleted")
    errors = models.PositiveIntegerField(default=0, help_text="problems met in its files")
    last_error = models.TextField(default="", blank=True)
    checksum = models.CharField(max_length=64, default="", blank=True, help_text="of everything its rows depend on")
    counts = models.JSONField(default=dict, blank=True)
    carry = models.BinaryField(null=True, blank=True, help_text="what the next slice goes on with")
    same_as = models.ForeignKey("self", models.SET_NULL, null=True, blank=True, related_name="+")
    seconds = models.FloatField(default=0, help_text="it took to read and store")
    finished_at = models.DateTimeField(null=True, blank=True)
    finish_number = models.PositiveIntegerField(
        default=0,
        db_default=0,
        help_text="order in which a destination's slices finished, independent of any clock",
    )

    class Meta:
        db_table = "import_slices"
        indexes = [
            # which of a destination's slices was the last to finish
            models.Index(fields=["job", "finish_number"], name="import_slices_finished"),
        ]
        constraints = [
            # also serves: the slices of an import in order
            models.UniqueConstraint(fields=["job", "first_date"], name="import_slices_once"),
            models.CheckConstraint(condition=Q(last_date__gte=F("first_date")), name="import_slices_in_order"),
            one_of("state", SliceState, "import_slices_state_known"),
        ]

    def __str__(self) -> str:
        return f"{self.first_date} to {self.last_date}: {self.state}"

    def take(self) -> bool:
        """Claim it by a conditional update; False when somebody else has it and is not dead."""
        now = timezone.now()
        free = Q(state=SliceState.PENDING)
        if self.state == SliceState.RUNNING and self.is_forsaken(now):
            free |= Q(state=SliceState.RUNNING, runner=self.runner, claimed_at=self.claimed_at)
        claim: dict[str, object] = {"state": SliceState.RUNNING, "runner": this_process(), "claimed_at": now}
        claim["files_done"] = 0
        if not ImportSlice.objects.filter(free, pk=self.pk).update(**claim, attempts=F("attempts") + 1):
            return False
        self.refresh_from_db()
        return True

    def is_forsaken(self, now: datetime) -> bool:
        """Was its process killed? One that was silent for long counts as that, or signed with a time that is yet to
        come: it is on another machine, or lost the database before it could give the slice back."""
        if is_here(self.runner) and not is_alive(self.runner):
            return True
        return self.claimed_at is None or abs(now - self.claimed_at) > SILENT_AFTER

    def mine(self) -> models.QuerySet["ImportSlice"]:
        """The row, as long as this process holds it."""
        return ImportSlice.objects.filter(pk=self.pk, state=SliceState.RUNNING, runner=this_process())

    def give_back(self) -> None:
        """Let somebody begin it anew."""
        self.mine().update(state=SliceState.PENDING, runner="", files_done=0)

    def fail(self, reason: str) -> None:
        self.mine().update(state=SliceState.FAILED, runner="", last_error=reason)

    def before(self) -> "ImportSlice | None":
        """The slice before it in the same import."""
        return (
            ImportSlice.objects.filter(job=self.job_id, first_date__lt=self.first_date).order_by("first_date").last()
        )

    def finish(self, **changes: object) -> bool:
        """DONE, after every other slice of the destination so far; False when this process does not hold it."""
        others = ImportSlice.objects.filter(job__destination_uuid=self.job.destination_uuid)
        latest: int = others.aggregate(latest=Max("finish_number"))["latest"]
        changes |= {"state": SliceState.DONE, "runner": "", "finished_at": timezone.now()}
        return bool(self.mine().update(**changes, finish_number=latest + 1))

    def last_word(self) -> "ImportSlice | None":
        """The slice of the destination that was the last to finish among those that share a day with this one."""
        overlapping = ImportSlice.objects.filter(
            job__destination_uuid=self.job.destination_uuid,
            first_date__lte=self.last_date,
            last_date__gte=self.first_date,
            state=SliceState.DONE,
        )
        return overlapping.select_related("job", "same_as").order_by("finish_number", "pk").last()

    def is_as(self, other: "ImportSlice", checksum: str) -> bool:
        """Did `other` import the very days and parks of this one, from files of this checksum?"""
        return (other.first_date, other.last_date, other.job.park_id, other.checksum) == (
            self.first_date,
            self.last_date,
            self.job.park_id,
            checksum,
        )

    @classmethod
    def forget(cls, destination_uuid: str) -> int:
        """Have the next import of a destination do all of it again, as when its mapping changed. How many slices."""
        done = cls.objects.filter(job__destination_uuid=destination_uuid, state=SliceState.DONE)
        return cls.objects.filter(pk__in=list(done.values_list("pk", flat=True))).update(checksum="", carry=None)

    @property
    def days(self) -> tuple[date, date]:
        return self.first_date, self.last_date


class HistoryOutcome(models.TextChoices):
    ASKED = "ASKED"  # no answer yet, or its process was killed
    ANSWERED = "ANSWERED"
    MISSING = "MISSING"  # the upstream has no usable history of the ride
    FAILED = "FAILED"  # no answer this time
    REFUSED = "REFUSED"  # of no ride: the budget is spent, or the window exceeded


class HistoryCall(models.Model):
    """One call of the upstream's history endpoint: it counts against the hourly budget, and its answer is kept until
    all rides of the park are answered and the gap is filled."""

    id = models.BigAutoField(primary_key=True, db_column="call_id")
    ride = models.ForeignKey(Ride, models.CASCADE, related_name="+", db_index=False)
    first_date = models.DateField(help_text="park-local, inclusive")
    last_date = models.DateField(help_text="park-local, inclusive")
    asked_at = models.DateTimeField()
    outcome = EnumField(max_length=8, choices=HistoryOutcome.choices, default=HistoryOutcome.ASKED)
    body = models.BinaryField(null=True, blank=True)  # the answer, zlib

    class Meta:
        db_table = "history_calls"
        indexes = [
            # calls of the last hour; those to be forgotten
            models.Index(fields=["asked_at"], name="history_asked"),
            # what is known of a park's rides (also serves the foreign key)
            models.Index(fields=["ride", "asked_at"], name="history_ride"),
        ]
        constraints = [
            one_of("outcome", HistoryOutcome, "history_outcome_known"),
            models.CheckConstraint(condition=Q(last_date__gte=F("first_date")), name="history_first_before_last"),
        ]

    def __str__(self) -> str:
        return f"{self.ride_id} {self.first_date} to {self.last_date}: {self.outcome}"
