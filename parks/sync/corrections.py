"""Parks and rides as persons say them: corrected, switched off and on, released; who, why and what was kept.

What was corrected stands until it is released: a sync that hears otherwise leaves it and reports so.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from core import data_version
from parks.models import LONGEST_REASON, CatalogCorrection, Park, Ride, RideClassification

PARK_FIELDS = (
    *("name", "city", "state_province", "country", "latitude", "longitude", "timezone"),
    *("operator", "is_disney", "is_universal", "is_active"),
)
RIDE_FIELDS = ("name", "category", "tier", "land_area", "is_active")
PLACE = frozenset({"latitude", "longitude"})
KIND = frozenset({"category", "tier"})  # what classification says, and an override


def fields_of(subject: Park | Ride) -> tuple[str, ...]:
    return PARK_FIELDS if isinstance(subject, Park) else RIDE_FIELDS


@transaction.atomic
def correct(subject: Park | Ride, values: Mapping[str, Any], person: str, reason: str) -> list[str]:
    """Store the values that differ, with a row of history each; returns their fields.

    Raises ValidationError with the field's name, and then nothing is written.
    """
    reason = checked_reason(reason)
    known = type(subject).objects.select_for_update().get(pk=subject.pk)
    changed = [name for name in fields_of(known) if name in values and values[name] != getattr(known, name)]
    if PLACE & {*changed}:  # the two are one: a sync that moved the other would make a place that is nowhere
        changed = [name for name in fields_of(known) if name in PLACE | {*changed}]
        values = {name: getattr(known, name) for name in PLACE} | {**values}
    rows = [row_of(known, name, getattr(known, name), values[name], person, reason) for name in changed]
    for name in changed:
        setattr(known, name, values[name])
    if not changed:
        return []
    check(known, changed)
    known.save(update_fields=[*changed, "updated_at"])
    if isinstance(known, Ride) and KIND & {*changed}:
        RideClassification.say(known, reason)
    CatalogCorrection.objects.bulk_create(rows)
    transaction.on_commit(data_version.move)
    return changed


def check(subject: Park | Ride, changed: Iterable[str]) -> None:
    """Raises ValidationError."""
    subject.full_clean(exclude=[field.name for field in subject._meta.fields if field.name not in changed])
    if isinstance(subject, Park):
        if (subject.latitude is None) != (subject.longitude is None):
            raise ValidationError({"latitude": "a place has both, latitude and longitude, or none"})
        if not re.fullmatch("[A-Z]{2}", subject.country):
            raise ValidationError({"country": f"{subject.country!r} is no code of two capital letters (ISO 3166-1)"})
    elif KIND & {*changed} and None in (subject.tier, subject.category):
        raise ValidationError({"tier": "a ride whose kind a person says has both, tier and category"})


def release(subjects: Iterable[Park | Ride], person: str, reason: str) -> int:
    """Let the upstreams say again what was corrected of them; returns how many fields. Values stay as they are."""
    reason = checked_reason(reason)
    with transaction.atomic():
        rows = [
            row_of(subject, name, getattr(subject, name), getattr(subject, name), person, reason, is_release=True)
            for subject in subjects
            for (_, name) in subject.catalog_corrections.standing()
        ]
        CatalogCorrection.objects.bulk_create(rows)
    return len(rows)


def checked_reason(reason: str) -> str:
    reason = reason.strip()
    if not reason:
        raise ValidationError({"reason": "a correction needs a reason"})
    if len(reason) > LONGEST_REASON:
        raise ValidationError({"reason": f"a reason has at most {LONGEST_REASON} characters"})
    return reason


def row_of(
    subject: Park | Ride, name: str, old: Any, new: Any, person: str, reason: str, *, is_release: bool = False
) -> CatalogCorrection:
    """An unsaved row of history."""
    return CatalogCorrection(
        park=subject if isinstance(subject, Park) else None,
        ride=subject if isinstance(subject, Ride) else None,
        field=name,
        old_value=text_of(old),
        new_value=text_of(new),
        person=person,
        reason=reason,
        is_release=is_release,
    )


def text_of(value: Any) -> str | None:
    return None if value is None else str(value)


Standing = Mapping[tuple[int, str], CatalogCorrection]


def left_alone(subject: Park | Ride, wanted: dict[str, Any], standing: Standing) -> list[str]:
    """Take out of `wanted` what a person has said otherwise; what to report of it."""
    reports = []
    for name in [name for name in wanted if (subject.pk, name) in standing]:
        reported, known, row = wanted.pop(name), getattr(subject, name), standing[subject.pk, name]
        if reported != known:
            reports.append(f"{name} of {subject.name} is reported as {reported}; {known} stays, as {row.person} said")
    return reports
