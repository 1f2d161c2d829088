"""When parks planned to be open: seen, corrected, added."""

from collections.abc import Callable
from datetime import datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminTextInputWidget

from core.admin_base import MOST_AT_ONCE, ReadingAdmin
from parks.models import LONGEST_REASON, ParkSchedule, SupersededSchedule
from parks.sync.schedule_edits import close_dates, correct_hours, release_dates, window_at, withdraw_hours


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


class AddedHoursForm(forms.ModelForm):  # type: ignore[type-arg]
    """Hours of a date, as `correct_hours` stores them; without times the park does not open on it."""

    opens = forms.TimeField(
        required=False, widget=UnfoldAdminTextInputWidget, help_text="By the park's clock, as 10:00; empty: closed."
    )
    closes = forms.TimeField(
        required=False, widget=UnfoldAdminTextInputWidget, help_text="Before the opening: on the next date."
    )
    reason = forms.CharField(
        max_length=LONGEST_REASON, widget=UnfoldAdminTextInputWidget, help_text="Why it is so; kept with your name."
    )

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if (said.get("opens") is None) != (said.get("closes") is None):
            raise ValidationError({"closes": "a date has both times, or none"})
        if said.get("opens") and said.get("park") and said.get("schedule_date"):
            window_at(said["schedule_date"], said["opens"], said["closes"], said["park"].timezone)
        return said


@admin.register(ParkSchedule)
class ParkScheduleAdmin(WindowAdmin):
    """Planned hours: added, corrected, closed or withdrawn date by date, with the person and the reason kept (N-9)."""

    form = AddedHoursForm
    add_fields = ["park", "schedule_date", "opens", "closes", "reason"]
    autocomplete_fields = ["park"]

    list_display = ["park", "schedule_date", "schedule_type", "opens", "closes", "fetched_at", "set_by", "reason"]
    list_filter = [ByHandFilter, "schedule_type"]
    ordering = ["-schedule_date", "park", "opening_time", "pk"]
    action_form = HoursForm
    actions = ["correct", "close_days", "withdraw", "release"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return ModelAdmin.has_add_permission(self, request)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Of a new date; the page of a stored row shows all."""
        return [field.name for field in ParkSchedule._meta.fields] if obj else self.add_fields

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """The date's hours, whatever was known of it: the same as "Correct" in the list."""
        said = form.cleaned_data
        person, reason = request.user.get_username(), said["reason"]
        if said["opens"] is None:
            close_dates([obj], person, reason)
        else:
            correct_hours([obj], said["opens"], said["closes"], person, reason)
        stored = ParkSchedule.objects.filter(park=obj.park_id, schedule_date=obj.schedule_date, set_by=person)
        obj.pk = stored.latest("pk").pk  # what the site's history and its message name

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        said = form.cleaned_data
        hours = f"{said['opens']:%H:%M} to {said['closes']:%H:%M}" if said["opens"] else "closed"
        return f"Hours said: {hours}. {said['reason']}"

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
