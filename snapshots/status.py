"""What counts as operating and as down (R-4.5, R-5.1): the only place that compares status words.

Each rule stands here twice, as a predicate on values and as a query expression; a test holds them equal
on every combination.
"""

from django.db.models import Q, TextChoices

from parks.models import Ride


class Status(TextChoices):
    """The upstream's vocabulary; NULL means a source without rich status."""

    OPERATING = "OPERATING"
    DOWN = "DOWN"
    CLOSED = "CLOSED"
    REFURBISHMENT = "REFURBISHMENT"


PARK_CLOSED = "PARK_CLOSED"
STATUSES = {status.value: status for status in Status}
WORDS: dict[Status | None, str | None] = {None: None, **{status: word for word, status in STATUSES.items()}}

# Readings from here on are feed errors: kept in the row, left out of every statistic (sources 1.5).
EXTREME_WAIT_MINUTES = 480


def parse_status(text: object) -> Status | None:
    """The status an upstream text means, in any letter case; None when it is not one of the four."""
    return STATUSES.get(text.strip().upper()) if isinstance(text, str) else None


def is_seasonal_silence(reported: str | None) -> bool:
    """R-22.4: what is reported as closed may well be old: its season is over."""
    return parse_status(reported) == Status.CLOSED


def is_operating(status: str | None, computed_is_open: bool) -> bool:
    """R-4.5 on values."""
    return status == Status.OPERATING or (status is None and computed_is_open)


def operating() -> Q:
    """R-4.5 as a condition on ride snapshots."""
    return Q(status=Status.OPERATING) | Q(status__isnull=True, computed_is_open=True)


def is_down(status: str | None, computed_is_open: bool, reports_down: bool) -> bool:
    """R-5.1 on values; `reports_down`: the park's feed distinguishes DOWN from CLOSED (Disney, Universal)."""
    if status == Status.DOWN:
        return True
    if reports_down:
        return False
    return status == Status.CLOSED or (status is None and not computed_is_open)


def down() -> Q:
    """R-5.1 as a condition on ride snapshots; joins their park."""
    closed = Q(status=Status.CLOSED) | Q(status__isnull=True, computed_is_open=False)
    return Q(status=Status.DOWN) | (Q(park__is_disney=False, park__is_universal=False) & closed)


def says_state(status: str | None, computed_is_open: bool, is_live: bool, is_numbered: bool) -> bool:
    """N-7 on values: does the row say whether the ride ran? Without a status it says that the ride did not only if its
    source has none by nature: Queue-Times, which is collected live and numbers its rides (ADR 32)."""
    return status is not None or computed_is_open or (is_live and is_numbered)


def has_state() -> Q:
    """N-7 as a condition on ride snapshots."""
    numbered = Ride.objects.filter(queue_times_id__isnull=False)
    return Q(status__isnull=False) | Q(computed_is_open=True) | Q(data_source="LIVE", ride__in=numbered.values("pk"))


def counted_status(status: str | None, computed_is_open: bool, reports_down: bool) -> Status:
    """What an observation counts as: operating (R-4.5), down (R-5.1), else refurbishment or closed."""
    if is_operating(status, computed_is_open):
        return Status.OPERATING
    if is_down(status, computed_is_open, reports_down):
        return Status.DOWN
    return Status.REFURBISHMENT if status == Status.REFURBISHMENT else Status.CLOSED


def effective_status(status: str | None, computed_is_open: bool) -> str:
    """R-4.6: the status, or what the open flag says of it."""
    if status is not None:
        return status
    return Status.OPERATING if computed_is_open else Status.DOWN


def status_today(status: str | None, computed_is_open: bool, operated_today: bool) -> str:
    """R-4.7, items 2 to 8: the effective status, but a ride that never ran today is closed, not down."""
    shown = effective_status(status, computed_is_open)
    return Status.CLOSED if shown == Status.DOWN and not operated_today else shown


def hour_status(operating: int | None, down: int | None, total: int | None) -> Status:
    """R-16.4: what a ride mostly was in an hour; counts of observations or seconds, None as 0.

    The rest of `total` was closed. In a tie operating goes before down, and down before closed.
    """
    up, failing = operating or 0, down or 0
    closed = (total or 0) - up - failing
    if not total:
        return Status.CLOSED
    if up > 0 and up >= max(failing, closed):
        return Status.OPERATING
    return Status.DOWN if failing > 0 and failing >= closed else Status.CLOSED


def computed_is_open(wait: int | None, is_open: bool | None) -> bool:
    """R-4.4: a posted wait proves that the ride runs, whatever the open flag says."""
    return bool(is_open) or (wait is not None and wait > 0)


def is_plausible_wait(wait: int | None) -> bool:
    """A posted wait that may enter a statistic."""
    return wait is not None and wait < EXTREME_WAIT_MINUTES


def plausible_wait() -> Q:
    """`is_plausible_wait` as a condition on ride snapshots."""
    return Q(wait_time__lt=EXTREME_WAIT_MINUTES)
