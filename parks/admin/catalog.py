"""Parks and rides: read, corrected with a reason, switched off and on, released to the upstreams."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import Count, Model, QuerySet
from django.http import HttpRequest
from unfold.admin import TabularInline
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from core.admin_base import MOST_AT_ONCE, ReadingAdmin
from parks.models import LONGEST_REASON, TIER_WEIGHTS, CatalogCorrection, Category, Park, Ride
from parks.sync.corrections import PARK_FIELDS, RIDE_FIELDS, check, correct, release

RECOMPUTE = "Days that are computed already show it after recompute_daily_stats."


def reason_field(required: bool) -> forms.CharField:
    return forms.CharField(
        required=required,
        max_length=LONGEST_REASON if required else None,
        label="Reason" if required else "",
        help_text="Why it is so; kept with your name." if required else "",
        widget=UnfoldAdminTextInputWidget(attrs={"placeholder": "reason", "aria-label": "reason"}),
    )


class ReasonForm(ActionForm):
    reason = reason_field(required=False)


class CorrectionForm(forms.ModelForm):  # type: ignore[type-arg]
    """Fields of a park or ride, and why they are changed."""

    reason = reason_field(required=True)

    def _post_clean(self) -> None:
        super()._post_clean()  # type: ignore[misc]  # the stubs lack it
        if not self.errors:
            try:
                check(self.instance, [name for name in self.changed_data if name != "reason"])
            except ValidationError as error:
                self.add_error(None, error)


class RideForm(CorrectionForm):
    tier = forms.TypedChoiceField(
        choices=[("", "nobody has said"), *((tier, f"tier {tier}") for tier in TIER_WEIGHTS)],
        coerce=int,
        empty_value=None,
        required=False,
        widget=UnfoldAdminSelectWidget,
    )
    category = forms.ChoiceField(choices=Category.choices, required=False, widget=UnfoldAdminSelectWidget)


class CorrectionsInline(TabularInline):
    """What persons have said of it, the latest first."""

    model = CatalogCorrection
    fields = readonly_fields = ("corrected_at", "field", "old_value", "new_value", "person", "reason", "is_release")
    ordering = ("-pk",)
    extra = 0
    can_delete = False
    verbose_name_plural = "corrections"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


class CorrectingAdmin(ReadingAdmin):
    """The page of a row corrects it, with a reason; the site's history and the corrections below keep who did it."""

    form = CorrectionForm
    inlines = [CorrectionsInline]
    action_form = ReasonForm
    actions = ["switch_off", "switch_on", "release"]

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return super().has_change_permission(request)

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        values = {name: form.cleaned_data[name] for name in form.changed_data if name != "reason"}
        correct(obj, values, request.user.get_username(), form.cleaned_data["reason"])

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        named = ", ".join(f"{name}: {form.cleaned_data[name]}" for name in form.changed_data if name != "reason")
        return f"Corrected {named or 'nothing'}. {form.cleaned_data['reason']}"

    @admin.action(description="Switch off (with a reason)", permissions=["change"])
    def switch_off(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.switch(request, queryset, False)

    @admin.action(description="Switch on (with a reason)", permissions=["change"])
    def switch_on(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.switch(request, queryset, True)

    def switch(self, request: HttpRequest, queryset: QuerySet[Any], is_active: bool) -> None:
        def do(rows: list[Any], person: str, reason: str) -> int:
            return sum(bool(correct(row, {"is_active": is_active}, person, reason)) for row in rows)

        self.carry_out(request, queryset, f"switched {'on' if is_active else 'off'}", do)

    @admin.action(description="Release what was corrected to the upstreams (with a reason)", permissions=["change"])
    def release(self, request: HttpRequest, queryset: QuerySet[Any]) -> None:
        self.carry_out(request, queryset, "released", release)

    def carry_out(self, request: HttpRequest, queryset: QuerySet[Any], said: str, do: Any) -> None:
        rows: list[Model] = list(queryset[: MOST_AT_ONCE + 1])
        if len(rows) > MOST_AT_ONCE:
            self.refuse(request, f"at most {MOST_AT_ONCE} at a time")
            return
        reason = str(request.POST.get("reason", ""))
        try:
            count = do(rows, request.user.get_username(), reason)
        except ValidationError as error:
            self.refuse(request, *(f"{name}: {texts[0]}" for name, texts in error.message_dict.items()))
            return
        if not count:
            self.refuse(request, f"nothing there to be {said}")
            return
        self.done(request, rows, f"{said.capitalize()}. {reason.strip()}", f"{count} {said}. {RECOMPUTE}")


@admin.register(Park)
class ParkAdmin(CorrectingAdmin):
    """Parks as the upstreams say them (`manage.py sync_parks`), or a person."""

    list_display = ["name", "operator", "city", "country", "timezone", "is_active", "rides"]
    list_filter = ["is_active", "is_disney", "is_universal", "country"]
    search_fields = ["name", "themeparks_wiki_id"]
    search_help_text = "name or ThemeParks.wiki id"
    ordering = ["name", "pk"]
    fields = [*PARK_FIELDS, "reason", "themeparks_wiki_id", "queue_times_id", "destination_id", "updated_at"]
    readonly_fields = ["themeparks_wiki_id", "queue_times_id", "destination_id", "updated_at"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Park]:
        parks: QuerySet[Park] = super().get_queryset(request)
        return parks.annotate(ride_count=Count("rides"))

    @admin.display(ordering="ride_count")
    def rides(self, park: Any) -> int:
        return int(park.ride_count)


@admin.register(Ride)
class RideAdmin(CorrectingAdmin):
    """Rides as the upstreams say them, or a person."""

    form = RideForm
    list_display = ["name", "park", "category", "tier", "is_active", "last_operated_at"]
    list_filter = ["is_active", "category", "entity_type"]
    list_select_related = ["park"]
    search_fields = ["name", "park__name", "themeparks_wiki_id"]
    search_help_text = "name of a ride or a park, or ThemeParks.wiki id"
    ordering = ["name", "pk"]
    fields = [
        *RIDE_FIELDS,
        *("reason", "park", "entity_type", "themeparks_wiki_id", "queue_times_id", "last_operated_at", "updated_at"),
    ]
    readonly_fields = ["park", "entity_type", "themeparks_wiki_id", "queue_times_id", "last_operated_at", "updated_at"]
