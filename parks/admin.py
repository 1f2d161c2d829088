"""The admin site's pages of the catalogue: reviewing how rides were classified."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.helpers import ActionForm
from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest

from parks.admin_keys import AdminKey
from parks.classifying import withdraw_overrides
from parks.models import TIER_WEIGHTS, Category, RideClassification, RideClassificationQuerySet
from parks.overrides import BadOverrides

AS_IT_IS = ("", "category as it is")
MOST_AT_ONCE = 1_000  # rides of one action: as many as a statement may name on every database


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
    )
    category = forms.ChoiceField(choices=[AS_IT_IS, *Category.choices], required=False)
    reason = forms.CharField(required=False, widget=forms.TextInput(attrs={"placeholder": "reason of the override"}))


@admin.register(RideClassification)
class RideClassificationAdmin(admin.ModelAdmin):
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

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """The actions of the list change rows; the page of one row shows it."""
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

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
            self.refuse(request, *(f"{name}: {told[0]}" for name, told in error.message_dict.items()))
            return
        self.log(request, rows, f"Overridden: tier {said['tier']}. {said['reason']}")
        self.message_user(request, f"{count} overridden: tier {said['tier']}.", messages.SUCCESS)

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
        self.log(request, rows, "Override withdrawn.")
        self.message_user(request, f"{count} withdrawn and classified anew.", messages.SUCCESS)

    def chosen(self, request: HttpRequest, queryset: RideClassificationQuerySet) -> list[RideClassification]:
        """The rows of an action; none, and a message, when they are too many."""
        rows = list(queryset[: MOST_AT_ONCE + 1])
        if len(rows) > MOST_AT_ONCE:
            self.refuse(request, f"at most {MOST_AT_ONCE} rides at a time")
            return []
        return rows

    def refuse(self, request: HttpRequest, *reasons: str) -> None:
        self.message_user(request, f"Nothing changed: {'; '.join(reasons)}", messages.ERROR)

    @staticmethod
    def log(request: HttpRequest, rows: list[RideClassification], message: str) -> None:
        """Who did it, in the site's history."""
        LogEntry.objects.log_actions(str(request.user.pk), rows, CHANGE, message)


@admin.register(AdminKey)
class AdminKeyAdmin(admin.ModelAdmin):
    """Keys are made by `manage.py create_admin_key` and revoked here; none is ever deleted."""

    list_display = ["name", "public_id", "created_at", "last_used_at", "revoked_at"]
    search_fields = ["name", "public_id"]
    fields = ["name", "public_id", "created_at", "last_used_at", "revoked_at"]
    readonly_fields = ["name", "public_id", "created_at", "last_used_at", "revoked_at"]
    actions = ["revoke"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request: HttpRequest, queryset: QuerySet[AdminKey]) -> None:
        revoked = [key for key in queryset if key.revoke()]
        LogEntry.objects.log_actions(str(request.user.pk), revoked, CHANGE, "Revoked.")
        self.message_user(request, f"{len(revoked)} revoked.", messages.SUCCESS)
