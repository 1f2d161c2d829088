"""The admin site's pages of data quality: problems of imports and collection, and issues of the upstreams."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.contrib.filters.admin import SingleNumericFilter
from unfold.decorators import display

from core.admin_base import MOST_AT_ONCE, NotesForm, ReadingAdmin
from snapshots.models import (
    SETTLED,
    DataQualityIssue,
    DataQualityLog,
    DataQualityLogQuerySet,
    Resolution,
    TransitionRefused,
)

STATES = {
    Resolution.OPEN.value: "danger",
    Resolution.INVESTIGATING.value: "warning",
    Resolution.RESOLVED.value: "success",
    Resolution.WONTFIX.value: "info",
}


class UnsettledFilter(admin.SimpleListFilter):
    """What somebody has to look at; one look at the index by state."""

    title = "review"
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("needed", "open or investigated")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "needed":
            return queryset
        return queryset.filter(resolution_status__in=[state for state in Resolution if state not in SETTLED])


class SinceFilter(admin.SimpleListFilter):
    """When the problem was, counted back from now."""

    title = "when it was"
    parameter_name = "days"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "the last day"), ("7", "the last 7 days"), ("30", "the last 30 days"), ("365", "the last year")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        days = self.value()
        if days not in {value for value, _ in self.lookup_choices}:
            return queryset
        return queryset.filter(timestamp_start__gte=timezone.now() - timedelta(days=int(days or 0)))


@admin.register(DataQualityLog)
class DataQualityLogAdmin(ReadingAdmin):
    """Problems, the newest first: read, investigated, and settled with notes."""

    list_display = ["what", "state", "issue_type", "entity_type", "place", "timestamp_start", "import_id", "notes"]
    list_display_links = ["what"]
    list_filter = [
        UnsettledFilter,
        "resolution_status",
        "issue_type",
        SinceFilter,
        ("entity_id", SingleNumericFilter),
    ]
    list_filter_submit = True
    search_fields = ["=id", "=import_id"]
    search_help_text = "number of a problem, or id of an import"
    action_form = NotesForm
    actions = ["investigate", "resolve", "wont_fix"]

    def get_ordering(self, request: HttpRequest) -> tuple[str, ...]:
        """The newest in the log; of a stretch of time the newest in time, which an index answers."""
        return ("-timestamp_start", "-pk") if SinceFilter.parameter_name in request.GET else ("-pk",)

    @admin.display(description="problem")
    def what(self, row: DataQualityLog) -> str:
        return f"{row.pk}: {row.description[:100]}"

    @display(ordering="resolution_status", label=STATES)
    def state(self, row: DataQualityLog) -> str:
        return row.resolution_status

    @admin.display(description="file, event or id")
    def place(self, row: DataQualityLog) -> str:
        return row.external_id or str(row.entity_id or "")

    @admin.display
    def notes(self, row: DataQualityLog) -> str:
        return (row.resolution_notes or "")[:80]

    @admin.action(description="Investigate", permissions=["change"])
    def investigate(self, request: HttpRequest, queryset: DataQualityLogQuerySet) -> None:
        self.settle(request, queryset, Resolution.INVESTIGATING)

    @admin.action(description="Resolve (with notes)", permissions=["change"])
    def resolve(self, request: HttpRequest, queryset: DataQualityLogQuerySet) -> None:
        self.settle(request, queryset, Resolution.RESOLVED)

    @admin.action(description="Won't fix (with notes)", permissions=["change"])
    def wont_fix(self, request: HttpRequest, queryset: DataQualityLogQuerySet) -> None:
        self.settle(request, queryset, Resolution.WONTFIX)

    def settle(self, request: HttpRequest, queryset: DataQualityLogQuerySet, status: Resolution) -> None:
        """Move those that may; of the others it is reported that they stayed."""
        numbers = list(queryset.values_list("pk", flat=True)[: MOST_AT_ONCE + 1])
        if len(numbers) > MOST_AT_ONCE:
            self.refuse(request, f"at most {MOST_AT_ONCE} problems at a time")
            return
        said = NotesForm(request.POST).said()
        rows = DataQualityLog.objects.filter(pk__in=numbers)
        before = dict(rows.values_list("pk", "resolution_status"))
        try:
            moved = rows.move_to(status, said)
        except TransitionRefused as error:
            self.refuse(request, str(error))
            return
        after = DataQualityLog.objects.in_bulk(numbers)
        changed = [row for pk, row in after.items() if row.resolution_status != before[pk]]
        stayed = len(numbers) - moved
        if not moved:
            hint = "; what is settled is taken up again with notes" if status == Resolution.INVESTIGATING else ""
            self.refuse(request, f"none of {stayed} may become {status}{hint}")
            return
        rest = f" {stayed} stayed what they were: from their state there is no step to {status}." if stayed else ""
        self.done(request, changed, f"{status}. {said}".strip(), f"{moved} now {status}.{rest}")


@admin.register(DataQualityIssue)
class DataQualityIssueAdmin(ReadingAdmin):
    """What live collection found odd in the answers of the upstreams (R-22.1), the newest first."""

    list_display = ["issue_type", "entity_name", "park", "reported_status", "data_age_minutes", "detected_at", "state"]
    list_filter = ["is_resolved", "data_source", "issue_type"]
    list_select_related = ["park"]
    search_fields = ["=themeparks_wiki_id"]
    search_help_text = "ThemeParks.wiki id"
    ordering = ["-pk"]

    @display(ordering="is_resolved", label={"open": "danger", "resolved": "success"})
    def state(self, row: DataQualityIssue) -> str:
        return "resolved" if row.is_resolved else "open"
