"""Which change of downtime is a trend (R-18)."""

from decimal import Decimal

from django.db.models import TextChoices

# Percent. Exactly this much is no trend.
TREND_THRESHOLD = Decimal("5.0")


class TrendCategory(TextChoices):
    IMPROVING = "improving"
    DECLINING = "declining"


def trend_category(trend: Decimal | None) -> TrendCategory | None:
    """Less downtime than the week before is improving, more is declining; `trend` is its change in percent.

    None: too small a change, or no week before to compare with.
    """
    if trend is None or abs(trend) <= TREND_THRESHOLD:
        return None
    return TrendCategory.IMPROVING if trend < 0 else TrendCategory.DECLINING
