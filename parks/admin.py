"""The admin site's pages of the catalogue: how rides were classified, when parks planned to be open."""

from collections.abc import Callable
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, QuerySet
from django.http import HttpRequest
from unfold.decorators import display
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from core.admin_base import MOST_AT_ONCE, ReadingAdmin
from core.admin_keys import AdminKey
from core.jobs.ledger import JobRun
from parks.classification.classifying import withdraw_overrides
from parks.classification.overrides import BadOverrides
from parks.models import (
    TIER_WEIGHTS,
    Category,
    Park,
    ParkSchedule,
    Ride,
    RideClassification,
    RideClassificationQuerySet,
    SupersededSchedule,
)
from parks.sync.schedule_edits import close_dates, correct_hours, release_dates, withdraw_hours

AS_IT_IS = ("", "category as it is")


class NeedsReviewFilter(admin.SimpleListFilter):
    title = "review"
    parameter_name = "review"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("needed", "needs review")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "needed" and isinstance(queryset, RideClassificationQuerySet):
            return queryset.needs_review()
        return queryset


class OverrideForm(ActionForm):
    """What an override says, beside the list of actions. Only that action needs it, so no field is required here."""

    tier = forms.TypedChoiceField(
        choices=[("", "tier …"), *((tier, f"tier {tier}") for tier in TIER_WEIGHTS)],
        coerce=int,
        empty_value=None,
        required=False,
        label="",
        widget=UnfoldAdminSelectWidget(attrs={"aria-label": "tier"}),
    )
    category = forms.ChoiceField(
        choices=[AS_IT_IS, *Category.choices],
        required=False,
        label="",
        widget=UnfoldAdminSelectWidget(attrs={"aria-label": "category"}),
    )
    reason = forms.CharField(
        required=False,
        label="",
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "reason of the override", "aria-label": "reason"}),
    )


@admin.register(RideClassification)
class RideClassificationAdmin(ReadingAdmin):
    """Read and override; rows come and go by classification alone."""

    list_display = [
        "ride",
        "park",
        "tier",
        "category",
        "classification_method",
        "confidence_score",
        "is_reviewed",
        "why",
        "updated_at",
    ]
    list_filter = [NeedsReviewFilter, "classification_method", "tier", "category"]
    list_select_related = ["ride__park"]
    search_fields = ["ride__name", "ride__park__name"]
    search_help_text = "name of a ride or a park"
    ordering = ["confidence_score", "pk"]  # the least sure first
    readonly_fields = [field.name for field in RideClassification._meta.fields]
    action_form = OverrideForm
    actions = ["override", "withdraw"]

    @admin.display(ordering="ride__park__name")
    def park(self, row: RideClassification) -> str:
        return row.ride.park.name

    @admin.display(boolean=True, description="sure enough")
    def is_reviewed(self, row: RideClassification) -> bool:
        return not row.needs_review

    @admin.display
    def why(self, row: RideClassification) -> str:
        return row.override_reason or row.reasoning_text or ""

    @admin.action(description="Override tier (with a reason)", permissions=["change"])
    def override(self, request: HttpRequest, queryset: RideClassificationQuerySet) -> None:
        form = OverrideForm(request.POST)
        del form.fields["action"]  # it has led here
        if not form.is_valid():
            self.refuse(request, *(f"{name}: {errors[0]}" for name, errors in form.errors.items()))
            return
        said = form.cleaned_data
        rows = self.chosen(request, queryset)
        if not rows:
            return
        try:
            count = queryset.override(said["tier"], said["category"] or None, said["reason"])
        except ValidationError as error:
            self.refuse(request, *(f"{name}: {reported[0]}" for name, reported in error.message_dict.items()))
            return
        reported = f"{count} overridden: tier {said['tier']}."
        self.done(request, rows, f"Overridden: tier {said['tier']}. {said['reason']}", reported)

    @admin.action(description="Withdraw override", permissions=["change"])
    def withdraw(self, request: HttpRequest, queryset: RideClassificationQuerySet) -> None:
        rows = self.chosen(request, queryset)
        if not rows:
            return
        try:
            count = withdraw_overrides([row.ride_id for row in rows])
        except BadOverrides as error:
            self.refuse(request, *str(error).splitlines())
            return
        self.done(request, rows, "Override withdrawn.", f"{count} withdrawn and classified anew.")

    def chosen(self, request: HttpRequest, queryset: RideClassificationQuerySet) -> list[RideClassification]:
        """The rows of an action; none, and a message, when they are too many."""
        rows = list(queryset[: MOST_AT_ONCE + 1])
        if len(rows) > MOST_AT_ONCE:
            self.refuse(request, f"at most {MOST_AT_ONCE} rides at a time")
            return []
        return rows


@admin.register(AdminKey)
class AdminKeyAdmin(ReadingAdmin):
    """Keys are made by `manage.py create_admin_key` and revoked here; none is ever deleted."""

    list_display = ["name", "public_id", "created_at", "last_used_at", "state"]
    search_fields = ["name", "public_id"]
    fields = ["name", "public_id", "created_at", "last_used_at", "revoked_at"]
    readonly_fields = ["name", "public_id", "created_at", "last_used_at", "revoked_at"]
    ordering = ["name"]
    actions = ["revoke"]

    @display(ordering="revoked_at", label={"valid": "success", "revoked": "danger"})
    def state(self, key: AdminKey) -> str:
        return "revoked" if key.revoked_at else "valid"

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[AdminKey]) -> None:
        revoked = [key for key in queryset if key.revoke()]
        self.done(request, revoked, "Revoked.", f"{len(revoked)} revoked.")


@admin.register(Park)
class ParkAdmin(ReadingAdmin):
    """Parks as the upstream says them (`manage.py sync_parks`)."""

    list_display = ["name", "operator", "city", "country", "timezone", "is_active", "rides"]
    list_filter = ["is_active", "is_disney", "is_universal", "country"]
    search_fields = ["name", "themeparks_wiki_id"]
    search_help_text = "name or ThemeParks.wiki id"
    ordering = ["name", "pk"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Park]:
        parks: QuerySet[Park] = super().get_queryset(request)
        return parks.annotate(ride_count=Count("rides"))

    @admin.display(ordering="ride_count")
    def rides(self, park: Any) -> int:
        return int(park.ride_count)


@admin.register(Ride)
class RideAdmin(ReadingAdmin):
    """Rides as the upstream says them; their tiers are under "Ride classifications"."""

    list_display = ["name", "park", "category", "is_active", "last_operated_at"]
    list_filter = ["is_active", "category", "entity_type"]
    list_select_related = ["park"]
    search_fields = ["name", "park__name", "themeparks_wiki_id"]
    search_help_text = "name of a ride or a park, or ThemeParks.wiki id"
    ordering = ["name", "pk"]


class ByHandFilter(admin.SimpleListFilter):
    title = "who said it"
    parameter_name = "by"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("hand", "a person"), ("upstream", "the upstream")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in {value for value, _ in self.lookup_choices}:
            return queryset
        return queryset.filter(set_by__isnull=self.value() == "upstream")


class HoursForm(ActionForm):
    """What is set by hand, beside the list of actions; the clock times belong to "Correct" alone."""

    # A field that refuses its text would keep the whole action from being carried out, without a reason.
    opens = forms.CharField(
        required=False,
        label="",
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "opens, 10:00", "aria-label": "opens"}),
    )
    closes = forms.CharField(
        required=False,
        label="",
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "closes, 22:00", "aria-label": "closes"}),
    )
    reason = forms.CharField(
        required=False,
        label="",
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "reason", "aria-label": "reason"}),
    )


def time_said(text: str) -> time | None:
    try:
        said: time | None = forms.TimeField(required=False).clean(text)
    except ValidationError:
        return None
    return said


class WindowAdmin(ReadingAdmin):
    """What the planned and the superseded windows share: times by the park's clock."""

    list_select_related = ["park"]
    search_fields = ["park__name"]
    search_help_text = "name of a park"

    @admin.display(ordering="opening_time", description="opens (park's clock)")
    def opens(self, row: ParkSchedule | SupersededSchedule) -> str:
        return clock(row.opening_time, row.park.timezone)

    @admin.display(ordering="closing_time", description="closes (park's clock)")
    def closes(self, row: ParkSchedule | SupersededSchedule) -> str:
        return clock(row.closing_time, row.park.timezone)


def clock(at: datetime | None, zone: str) -> str:
    return "" if at is None else f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}"


@admin.register(ParkSchedule)
class ParkScheduleAdmin(WindowAdmin):
    """Planned hours: corrected, closed or withdrawn date by date, with the person and the reason kept (N-9)."""

    list_display = ["park", "schedule_date", "schedule_type", "opens", "closes", "fetched_at", "set_by", "reason"]
    list_filter = [ByHandFilter, "schedule_type"]
    ordering = ["-schedule_date", "park", "opening_time", "pk"]
    action_form = HoursForm
    actions = ["correct", "close_days", "withdraw", "release"]

    @admin.action(description="Correct the hours of these dates (times and a reason)", permissions=["change"])
    def correct(self, request: HttpRequest, queryset: QuerySet[ParkSchedule]) -> None:
        opens, closes = (time_said(request.POST.get(name, "")) for name in ("opens", "closes"))
        if opens is None or closes is None:
            self.refuse(request, "opens and closes are times by the park's clock, as 10:00")
            return
        self.set(request, queryset, f"Hours corrected: {opens:%H:%M} to {closes:%H:%M}.", correct_hours, opens, closes)

    @admin.action(description="Say that the park did not open on these dates (with a reason)", permissions=["change"])
    def close_days(self, request: HttpRequest, queryset: QuerySet[ParkSchedule]) -> None:
        self.set(request, queryset, "Said to be closed.", close_dates)

    @admin.action(description="Withdraw the hours of these dates (with a reason)", permissions=["change"])
    def withdraw(self, request: HttpRequest, queryset: QuerySet[ParkSchedule]) -> None:
        self.set(request, queryset, "Hours withdrawn.", withdraw_hours)

    @admin.action(description="Release these dates to the upstream (with a reason)", permissions=["change"])
    def release(self, request: HttpRequest, queryset: QuerySet[ParkSchedule]) -> None:
        self.set(request, queryset, "Released to the upstream.", release_dates)

    def set(
        self,
        request: HttpRequest,
        queryset: QuerySet[ParkSchedule],
        said: str,
        change: Callable[..., int],
        *times: time,
    ) -> None:
        """Carry out a change of the rows' dates; the site's history keeps it with the rows as they were."""
        rows = list(queryset.select_related("park")[: MOST_AT_ONCE + 1])
        if len(rows) > MOST_AT_ONCE:
            self.refuse(request, f"at most {MOST_AT_ONCE} windows at a time")
            return
        reason = str(request.POST.get("reason", ""))
        try:
            count = change(rows, *times, person=request.user.get_username(), reason=reason)
        except ValidationError as error:
            self.refuse(request, *(f"{name}: {texts[0]}" for name, texts in error.message_dict.items()))
            return
        if not count:
            self.refuse(request, "none of these dates was set by hand")
            return
        reported = f"{count} dates. {said} Days that are computed already show it after recompute_daily_stats."
        self.done(request, rows, f"{said} {reason.strip()}", reported)


@admin.register(SupersededSchedule)
class SupersededScheduleAdmin(WindowAdmin):
    """Hours that were planned once, the latest superseded first: who replaced them, when and why (N-9)."""

    list_display = [
        *("park", "schedule_date", "schedule_type", "opens", "closes", "confirmed_at", "superseded_at"),
        *("cause", "person", "reason"),
    ]
    list_filter = ["cause", "schedule_type"]
    ordering = ["-pk"]


@admin.register(JobRun)
class JobRunAdmin(ReadingAdmin):
    """What the clock ran, the newest first."""

    list_display = ["job", "slot", "state", "attempts", "took", "result"]
    list_filter = ["job", "status"]
    ordering = ["-pk"]

    @display(
        ordering="status",
        label={"SUCCESS": "success", "PARTIAL": "warning", "FAILED": "danger", "MISSED": "danger", "RUNNING": "info"},
    )
    def state(self, run: JobRun) -> str:
        return run.status

    @admin.display(description="seconds")
    def took(self, run: JobRun) -> str:
        return "" if run.seconds is None else f"{run.seconds:,.1f}"
