"""The ledger: every outage by itself, and what became of those that no longer hold."""

from datetime import datetime
from enum import IntFlag

from django.db import models

from core.database.fields import EnumField, SecondField, one_of
from outages.addresses import address_of
from parks.models import Park, Ride


class Kind(models.TextChoices):
    """How a ride stopped; each outage has one, decided in `outages/ledger/kinds.py`."""

    BREAKDOWN = "breakdown", "Breakdown"
    OPENING_DELAY = "opening_delay", "Opening delay"
    EARLY_CLOSING = "early_closing", "Early closing"
    WEATHER = "weather", "Weather"
    INCIDENT = "incident", "Park incident"


class State(models.TextChoices):
    """Whether a row counts. The last two count nothing; they keep an address that somebody may hold."""

    HOLDS = "holds", "Holds"
    CONTINUES = "continues", "Goes on from the day before"
    MERGED = "merged", "Merged into another"
    WITHDRAWN = "withdrawn", "Withdrawn"


COUNTED = (State.HOLDS, State.CONTINUES)


class Source(models.TextChoices):
    LIVE = "live", "Live collection"
    ARCHIVE = "archive", "Archive"
    BOTH = "both", "Live collection and archive"


class Reason(models.TextChoices):
    """Why an outage no longer holds: what the observations of its time say now."""

    SPELL_CHANGED = "spell_changed", "its spell is part of another one now"
    RAN = "ran", "the observations of its time say now that the ride ran"
    CLOSED = "closed", "the observations of its time say now that the ride was closed as planned"
    NOT_OBSERVED = "not_observed", "nothing is known of its time any more"
    PARK_CLOSED = "park_closed", "the park is known now to have been closed"
    DID_NOT_OPERATE = (
        "did_not_operate",
        "the ride did not operate that day, so that nothing counts as downtime (R-5.3)",
    )


class Doubt(IntFlag):
    """What makes an outage less than sure."""

    ONLY_CLOSED = 1
    GAP_BEFORE = 2
    GAP_AFTER = 4
    CARRIED_STATE = 8
    INFERRED_HOURS = 16
    REPAIRED_HOURS = 32


DOUBTS = {
    Doubt.ONLY_CLOSED: "the feed said closed, not down: a planned stop looks the same",
    Doubt.GAP_BEFORE: "nothing was reported right before: it may have begun earlier",
    Doubt.GAP_AFTER: "nothing was reported right after: it may have lasted longer",
    Doubt.CARRIED_STATE: "part of it is a state reported earlier that was taken to hold on",
    Doubt.INFERRED_HOURS: "no schedule of the date is known: when the park was open follows from what its rides did",
    Doubt.REPAIRED_HOURS: "the opening hours of the date were set by hand",
}


class Outage(models.Model):
    """An unbroken spell down in the open park (R-5.1, N-11), known for good by its ride and its first instant.

    One row for the local day on which it began. What of it lies on the next day has a row that CONTINUES it, so that
    the seconds of a ride's day are one sum; more than two days it has on none (R-5.3). Rows are never deleted: what a
    later computation no longer finds is MERGED or WITHDRAWN and counts no seconds.
    """

    # a ride's outages, one by its address, the rows of a day that is written again; the rows lie in this order
    pk = models.CompositePrimaryKey("ride_id", "started_at", "metrics_version")
    ride = models.ForeignKey(Ride, models.CASCADE, related_name="outages", db_index=False)
    started_at = SecondField(help_text="the first instant down; of a row that continues, local midnight")
    metrics_version = models.IntegerField()
    park = models.ForeignKey(Park, models.CASCADE, related_name="outages", db_index=False)
    stat_date = models.DateField(help_text="park-local date of `started_at`, in whose downtime `seconds` are")
    ended_at = SecondField(help_text="the end, a second day included; while it lasts, up to when it was seen down")
    seconds = models.PositiveIntegerField(help_text="down on `stat_date`; 0 in what no longer holds")
    total_seconds = models.PositiveIntegerField(
        help_text="with its second day, in both rows; what it was, where it holds no longer"
    )
    kind = EnumField(max_length=13, choices=Kind.choices)
    state = EnumField(max_length=9, choices=State.choices, default=State.HOLDS)
    belongs_to = SecondField(
        null=True, blank=True, help_text="`started_at` of the ride's outage that this one continues or was merged into"
    )
    reason = EnumField(max_length=15, choices=Reason.choices, null=True, blank=True, help_text="why it does not hold")
    is_lasting = models.BooleanField(default=False, help_text="the ride was down when it was last heard of")
    observations = models.PositiveIntegerField(default=0, help_text="rows of `ride_status_snapshots` on `stat_date`")
    doubts = models.PositiveSmallIntegerField(default=0, help_text="sum of the flags `Doubt`")
    data_source = EnumField(max_length=7, choices=Source.choices, default=Source.LIVE)
    revised_at = SecondField(help_text="data revision: the write that made the row what it is")

    class Meta:
        db_table = "outages"
        indexes = [
            # lists of all parks over a range of time, in their order; what they filter, count and sum up stands in it
            models.Index(
                fields=[
                    *("metrics_version", "started_at", "ride"),
                    *("state", "kind", "park", "stat_date", "seconds", "total_seconds"),
                ],
                name="outages_of_range",
            ),
            # lists of a park (also serves the foreign key)
            models.Index(fields=["park", "started_at"], name="outages_of_park"),
        ]
        constraints = [
            one_of("kind", Kind, "outages_kind_known"),
            one_of("state", State, "outages_state_known"),
            one_of("reason", Reason, "outages_reason_known"),
            one_of("data_source", Source, "outages_source_known"),
        ]

    def __str__(self) -> str:
        return f"{self.address} {self.kind} {self.started_at} {self.state}"

    @property
    def address(self) -> str:
        """The public id, the same whatever becomes of the outage."""
        return address_of(self.ride_id, self.started_at)

    @property
    def home(self) -> str | None:
        """The address of the outage that this one continues or was merged into."""
        return None if self.belongs_to is None else address_of(self.ride_id, self.belongs_to)

    @property
    def confidence(self) -> str:
        """`high`: nothing speaks against it; `medium`: one thing does; `low`: several do."""
        return ("high", "medium", "low")[min(2, self.doubts.bit_count())]

    @property
    def doubts_in_words(self) -> list[str]:
        return [text for flag, text in DOUBTS.items() if self.doubts & flag]

    def lasts(self, heard_since: datetime) -> bool:
        """Is it still going on? Not when its ride has been silent since `heard_since` (N-6)."""
        return self.state == State.HOLDS and self.is_lasting and self.ended_at >= heard_since


class LedgerDay(models.Model):
    """That the ledger of a park's local day is written, since when, and when its figures last changed."""

    # a day that is written again; the days of a park whose figures are asked for with their revision
    pk = models.CompositePrimaryKey("park_id", "stat_date", "metrics_version")
    park = models.ForeignKey(Park, models.CASCADE, related_name="+", db_index=False)
    stat_date = models.DateField(help_text="park-local date")
    metrics_version = models.IntegerField()
    settled_at = SecondField(
        null=True, blank=True, help_text="the first write after the day's end; later ones correct"
    )
    revised_at = SecondField(help_text="data revision: the write that last changed a figure of the day")

    class Meta:
        db_table = "ledger_days"

    def __str__(self) -> str:
        return f"{self.park_id} {self.stat_date} v{self.metrics_version}"


class Cause(models.TextChoices):
    """Why a published figure changed."""

    OBSERVATIONS = (
        "observations",
        "other observations are stored now: a late import, a healed gap, or a re-recording by the upstream",
    )
    RULES = "rules", "the same observations count differently now: a rule, the park’s hours or its kind changed"


class Correction(models.Model):
    """What a later computation changed of a day or an outage that had been published.

    A day is published by the first write after its end (`ledger_days.settled_at`); before, its figures grow.
    """

    id = models.BigAutoField(primary_key=True, db_column="correction_id")
    park = models.ForeignKey(Park, models.CASCADE, related_name="+", db_index=False)
    ride = models.ForeignKey(Ride, models.CASCADE, related_name="corrections", db_index=False)
    stat_date = models.DateField(help_text="park-local date")
    started_at = SecondField(null=True, blank=True, help_text="of the outage; NULL: the day of the ride changed")
    metrics_version = models.IntegerField()
    cause = EnumField(max_length=12, choices=Cause.choices)
    changes = models.JSONField(help_text="by column: what was published, what is; NULL: nothing")
    made_at = SecondField(help_text="data revision of the new figures")

    class Meta:
        db_table = "corrections"
        indexes = [
            # the newest ones, page by page
            models.Index(fields=["made_at"], name="corrections_made"),
            # of a ride's days, and of one outage (also serves the foreign key)
            models.Index(fields=["ride", "stat_date"], name="corrections_of_ride"),
            # of a park's days (also serves the foreign key)
            models.Index(fields=["park", "stat_date"], name="corrections_of_park"),
        ]
        constraints = [one_of("cause", Cause, "corrections_cause_known")]

    def __str__(self) -> str:
        return f"{self.ride_id} {self.stat_date} {self.made_at}"

    @property
    def address(self) -> str | None:
        """Of the outage that changed."""
        return None if self.started_at is None else address_of(self.ride_id, self.started_at)
