"""Visitors of whom nothing is kept any more: their cookie leads to an empty room."""

from datetime import datetime, timedelta

from django.contrib.auth.models import User
from django.db.models import Exists, OuterRef, QuerySet

from core.database.querysets import retried_on_lock
from visits.models import VISITOR_PREFIX

IDLE = timedelta(days=30)  # since they first saved something
ROWS_AT_A_TIME = 500


def idle_visitors(now: datetime) -> "QuerySet[User]":
    """Whoever has a row of any table that refers to users is none of them."""
    found = User.objects.filter(
        username__startswith=VISITOR_PREFIX, is_staff=False, is_superuser=False, date_joined__lt=now - IDLE
    )
    for relation in User._meta.related_objects:
        rows = relation.related_model._default_manager.filter(**{relation.field.name: OuterRef("pk")})
        found = found.filter(~Exists(rows))
    return found


@retried_on_lock
def delete_some(found: "QuerySet[User]") -> int:
    """The first of them; whoever saved something meanwhile is none of them, because the statement looks again."""
    some = list(found.order_by("pk").values_list("pk", flat=True)[:ROWS_AT_A_TIME])
    return found.filter(pk__in=some)._raw_delete(found.db) if some else 0
