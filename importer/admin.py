"""The admin site's pages of imports: start, watch, pause, resume, cancel; and what was mapped to what, reviewed."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.models import ADDITION, LogEntry
from django.contrib.admin.utils import unquote
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.admin import TabularInline
from unfold.decorators import display
from unfold.widgets import UnfoldAdminTextInputWidget

from core.admin_base import NotesForm, ReadingAdmin
from core.upstream.payloads import uuid_of
from importer.archive.files import ArchiveError
from importer.jobs import actions
from importer.jobs.progress import figures, left
from importer.mapping.remapping import RemappingRefused, remap, unmap
from importer.models import (
    ACTIVE,
    AlreadyRunning,
    ImportCheckpoint,
    ImportSlice,
    ImportStatus,
    MappingDecision,
    MappingDecisionQuerySet,
    TransitionRefused,
)
from parks.models import Park, Ride

STATES = {
    ImportStatus.PENDING.value: "info",
    ImportStatus.IN_PROGRESS.value: "primary",
    ImportStatus.PAUSED.value: "warning",
    ImportStatus.COMPLETED.value: "success",
    ImportStatus.FAILED.value: "danger",
    ImportStatus.CANCELLED.value: "default",
}
LOOK_AGAIN_SECONDS = 5
WENT_WRONG = (ArchiveError, AlreadyRunning, TransitionRefused, actions.WorkersAway)


def one_line(error: Exception) -> str:
    return " ".join(str(error).split())


class StartForm(forms.ModelForm):  # type: ignore[type-arg]  # takes no parameter at run time
    """What an import reads; the archive is that of the settings."""

    class Meta:
        model = ImportCheckpoint
        fields = ["destination_uuid", "start_date", "end_date", "auto_create"]
        help_texts = {"destination_uuid": "as the archive names it; /api/admin/import/destinations lists them"}

    def clean_destination_uuid(self) -> str:
        reported = uuid_of(self.cleaned_data["destination_uuid"].strip())
        if reported is None:
            raise forms.ValidationError("This is not the UUID of a destination.")
        return reported

    def clean(self) -> dict[str, Any]:
        said = super().clean() or {}
        first, last = said.get("start_date"), said.get("end_date")
        if first and last and first > last:
            raise forms.ValidationError({"end_date": "The last day lies before the first one."})
        return said


class SliceInline(TabularInline):
    """The slices of an import, as they stand."""

    model = ImportSlice
    readonly_fields = ("first_date", "last_date", "state", "files_done", "files_total", "rows", "errors", "last_error")
    fields = readonly_fields
    ordering = ["first_date"]
    per_page = 50  # type: ignore[assignment]  # unfold says None and means a number
    hide_title = True  # it would repeat the days and the state
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ImportCheckpoint)
class ImportAdmin(ReadingAdmin):
    """Imports, the newest first. Adding one starts it."""

    list_display = ["import_id", "what", "state", "progress", "rows", "problems", "last_error"]
    list_filter = ["status"]
    search_fields = ["=import_id", "destination_uuid"]
    search_help_text = "id of an import, or UUID of a destination"
    ordering = ["-pk"]
    list_per_page = 25
    list_select_related = ["park"]
    inlines = [SliceInline]
    actions = ["pause", "resume", "cancel"]
    form = StartForm

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("importer.add_importcheckpoint")

    def get_fields(self, request: HttpRequest, obj: ImportCheckpoint | None = None) -> list[Any]:
        if obj is None:
            return ["destination_uuid", "start_date", "end_date", "auto_create"]
        return [
            *("import_id", "destination_uuid", "park", "start_date", "end_date", "auto_create", "source", "state"),
            *("progress", "rows", "problems", "last_error", "last_processed_file"),
            *("created_at", "started_at", "completed_at"),
        ]

    def get_readonly_fields(self, request: HttpRequest, obj: ImportCheckpoint | None = None) -> list[str]:
        return [] if obj is None else self.get_fields(request, obj)

    def get_inlines(self, request: HttpRequest, obj: ImportCheckpoint | None = None) -> list[Any]:
        return [] if obj is None else self.inlines

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Plan it; `add_view` hands it over when it is committed."""
        said = form.cleaned_data
        job = actions.planned(said["destination_uuid"], said["start_date"], said["end_date"], said["auto_create"])
        obj.pk, obj.import_id, obj.status = job.pk, job.import_id, job.status
        request.planned = job  # type: ignore[attr-defined]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        """Start an import. A worker is reported after the commit: before, it would not find the import."""
        try:
            response = super().add_view(request, form_url, extra_context)
            job = getattr(request, "planned", None)
            if job is not None:
                actions.hand_over(job, ImportStatus.CANCELLED)
        except WENT_WRONG as error:
            self.message_user(request, f"Nothing was started: {one_line(error)}", messages.ERROR)
            return redirect(request.get_full_path())
        return response

    def change_view(
        self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None
    ) -> HttpResponse:
        """The page of an import at work looks again by itself."""
        response = super().change_view(request, object_id, form_url, extra_context)
        job = self.get_object(request, unquote(object_id))
        if job is not None and job.status in ACTIVE:
            response["Refresh"] = str(LOOK_AGAIN_SECONDS)
        return response

    def log_addition(self, request: HttpRequest, obj: ImportCheckpoint, message: Any) -> LogEntry:
        return LogEntry.objects.log_actions(str(request.user.pk), [obj], ADDITION, "Started.", single_object=True)

    # -- columns ---------------------------------------------------------------------------------------------

    def get_queryset(self, request: HttpRequest) -> QuerySet[ImportCheckpoint]:
        """With the parks of each destination, as far as we know them."""
        parks = Park.objects.filter(destination_id=OuterRef("destination_uuid")).order_by()
        imports: QuerySet[ImportCheckpoint] = super().get_queryset(request)
        return imports.annotate(
            first_park=Subquery(parks.order_by("pk").values("name")[:1]),
            parks=Subquery(parks.values("destination_id").annotate(parks=Count("pk")).values("parks")),
        )

    @admin.display(description="parks, days")
    def what(self, job: ImportCheckpoint) -> SafeString:
        name = job.park.name if job.park else getattr(job, "first_park", None) or job.destination_uuid
        others = 0 if job.park else (getattr(job, "parks", None) or 1) - 1
        is_whole = job.start_date is None and job.end_date is None
        days = "all days" if is_whole else f"{job.start_date or 'first day'} to {job.end_date or 'last day'}"
        more = f" and {others} more" if others else ""
        return format_html("<div title='{}'>{}{}<br>{}</div>", job.destination_uuid, name, more, days)

    @display(ordering="status", label=STATES)
    def state(self, job: ImportCheckpoint) -> str:
        return job.status

    @admin.display
    def progress(self, job: ImportCheckpoint) -> SafeString:
        known = figures(job)
        progress, rate, eta = known.progress, known.performance.records_per_second, known.performance.eta_seconds
        speed = [f"{rate:,.0f} rows a second" if rate else "", left(eta) if eta is not None else ""]
        if job.status == ImportStatus.IN_PROGRESS and progress.current_date is None:
            speed.append("daily statistics are computed")
        return format_html(
            '<progress max="100" value="{}" aria-label="files done">{}</progress> {} %, {} of {} files{}<br>{}',
            progress.percent,
            f"{progress.percent} %",
            progress.percent,
            progress.files_done,
            progress.files_total,
            f", at {progress.current_date}" if progress.current_date else "",
            ", ".join(part for part in speed if part),
        )

    @admin.display(ordering="records_imported")
    def rows(self, job: ImportCheckpoint) -> str:
        return f"{job.records_imported:,}"

    @admin.display(ordering="errors_encountered")
    def problems(self, job: ImportCheckpoint) -> str:
        return f"{job.errors_encountered:,}"

    # -- actions ---------------------------------------------------------------------------------------------

    @admin.action(description="Pause", permissions=["change"])
    def pause(self, request: HttpRequest, queryset: QuerySet[ImportCheckpoint]) -> None:
        self.act(request, queryset, "Paused.", lambda job: job.enter(ImportStatus.PAUSED))

    @admin.action(description="Resume", permissions=["change"])
    def resume(self, request: HttpRequest, queryset: QuerySet[ImportCheckpoint]) -> None:
        self.act(request, queryset, "Resumed.", actions.resume)

    @admin.action(description="Cancel", permissions=["change"])
    def cancel(self, request: HttpRequest, queryset: QuerySet[ImportCheckpoint]) -> None:
        self.act(request, queryset, "Cancelled.", actions.cancel)

    def act(self, request: HttpRequest, queryset: QuerySet[ImportCheckpoint], said: str, step: Any) -> None:
        """Take the step with each; those that cannot are reported with the reason."""
        moved = []
        for job in queryset:
            try:
                step(job)
                moved.append(job)
            except WENT_WRONG as error:
                self.message_user(request, one_line(error), messages.ERROR)
        if moved:
            self.done(request, moved, said, f"{len(moved)}: {said.lower()}")


class ToReviewFilter(admin.SimpleListFilter):
    title = "review"
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("needed", "needs review")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "needed" and isinstance(queryset, MappingDecisionQuerySet):
            return queryset.to_review()
        return queryset


class MapForm(NotesForm):
    """The ride to map to, and notes, beside the list of actions."""

    ride = forms.IntegerField(
        required=False,
        min_value=1,
        label="",
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "number of a ride", "aria-label": "number of a ride"}),
    )


@admin.register(MappingDecision)
class MappingDecisionAdmin(ReadingAdmin):
    """Which ride an entity of the archive was taken for: let it stand, map it to another ride, or to none (R-26.4)."""

    list_display = ["entity", "park", "ride_named", "how", "confidence", "edits", "decided_by", "is_reviewed", "notes"]
    list_filter = [ToReviewFilter, "method", "is_reviewed"]
    list_select_related = ["park", "ride"]
    search_fields = ["entity_uuid", "entity_name", "ride__name", "park__name"]
    search_help_text = "name or UUID of an entity, name of a ride or a park"
    ordering = ["confidence", "pk"]  # the least sure first
    action_form = MapForm
    actions = ["let_stand", "map_to", "unmap"]

    @admin.display(ordering="entity_name")
    def entity(self, row: MappingDecision) -> str:
        return row.entity_name or row.entity_uuid

    @admin.display(ordering="ride__name", description="ride")
    def ride_named(self, row: MappingDecision) -> str:
        return f"{row.ride.name} ({row.ride.pk})" if row.ride else "none"

    @display(
        ordering="method",
        label={"UUID": "success", "EXACT_NAME": "info", "FUZZY": "warning", "CREATED": "info", "FAILED": "danger"},
    )
    def how(self, row: MappingDecision) -> str:
        return row.method

    @admin.action(description="Let it stand: reviewed", permissions=["change"])
    def let_stand(self, request: HttpRequest, queryset: MappingDecisionQuerySet) -> None:
        rows = list(queryset)
        for row in rows:
            row.review(str(request.user), MapForm(request.POST).said())
        self.done(request, rows, "Reviewed.", f"{len(rows)} reviewed.")

    @admin.action(description="Map to the ride (moves what came in)", permissions=["change"])
    def map_to(self, request: HttpRequest, queryset: MappingDecisionQuerySet) -> None:
        number = str(request.POST.get("ride", "")).strip()
        ride = Ride.objects.filter(pk=int(number)).first() if number.isascii() and number.isdecimal() else None
        if ride is None:
            self.refuse(request, f"there is no ride {number!r}; its number stands in its page's address under Rides")
            return
        self.move(request, queryset, lambda row, by, notes: remap(row, ride, by, notes, recompute=False))

    @admin.action(description="Unmap (keeps what came in, out of all figures)", permissions=["change"])
    def unmap(self, request: HttpRequest, queryset: MappingDecisionQuerySet) -> None:
        self.move(request, queryset, lambda row, by, notes: unmap(row, by, notes, recompute=False))

    def move(self, request: HttpRequest, queryset: MappingDecisionQuerySet, step: Any) -> None:
        """One decision at a time: its rows move with it."""
        rows = list(queryset[:2])
        if len(rows) != 1:
            self.refuse(request, "choose one entity; what came in for it moves with it")
            return
        (row,) = rows
        try:
            moved = step(row, str(request.user), MapForm(request.POST).said())
        except RemappingRefused as error:
            self.refuse(request, str(error))
            return
        reported = f"{row}: {moved.rows:,} observations moved."
        if row.ride is not None:
            reported += actions.recompute_moved(row.ride.park_id, moved)
        if moved.unclear:
            reported += f" In {len(moved.unclear)} stretches two entities took turns: import these days again."
        self.done(request, rows, f"Now {row.ride.name if row.ride else 'no ride'}.", reported)
