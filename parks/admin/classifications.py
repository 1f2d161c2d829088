"""How rides were classified, and overrides."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest
from unfold.forms import ActionForm
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from core.admin_base import MOST_AT_ONCE, ReadingAdmin
from parks.classification.classifying import withdraw_overrides
from parks.classification.overrides import BadOverrides
from parks.models import (
    TIER_WEIGHTS,
    Category,
    RideClassification,
    RideClassificationQuerySet,
)

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
