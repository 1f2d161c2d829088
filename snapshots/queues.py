"""What one report of an entity says of its lines: waits, return windows, prices, boarding groups (R-26.5).

Live answers and archive events carry the same members. What is wrong is reported, the rest is kept.
"""

import re
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from core.instants import seconds
from core.rounding import half_up
from core.upstream.payloads import brief, clean, whole
from snapshots.models import LogType, QueueType, ReturnState
from snapshots.status import EXTREME_WAIT_MINUTES

LARGEST_WAIT = 32_767  # what the column holds
PLAUSIBLE_WAIT = 300  # longer waits are logged
CURRENCIES_WITHOUT_MINOR_UNIT = {"JPY", "KRW", "VND", "CLP", "ISK"}
CURRENCY = re.compile(r"[A-Za-z]{3}")
LARGEST_PRICE = Decimal("99999999.99")
QUEUE_TYPES = frozenset(QueueType.values)
TEXTS_KEPT = 1 << 14  # the instants of return windows occur many times a day
RETURN_STATES = frozenset(ReturnState.values)

Report = Callable[[LogType, str], None]


class QueueState(NamedTuple):
    """A queue besides the standby line, as QueueData stores it."""

    queue_type: str
    wait_time_minutes: int | None = None
    return_state: str | None = None
    return_time_start: int | None = None  # seconds since 1970, UTC
    return_time_end: int | None = None
    price_amount: Decimal | None = None
    price_currency: str | None = None
    boarding_group_status: str | None = None
    boarding_group_current: str | None = None


def minutes(value: Any, field: str, report: Report) -> int | None:
    """Whole minutes; None for what is not a number of minutes (reported). Longer waits are kept and reported."""
    if value is None:
        return None
    wait = whole(value)
    if wait is None or not 0 <= wait <= LARGEST_WAIT:
        report(LogType.INVALID, f"{field} is not a number of minutes: {brief(value)}")
        return None
    if wait >= EXTREME_WAIT_MINUTES:
        report(LogType.INVALID, f"{field} of {wait} minutes is a feed error; left out of statistics")
    elif wait > PLAUSIBLE_WAIT:
        report(LogType.INVALID, f"{field} of {wait} minutes is longer than {PLAUSIBLE_WAIT}")
    return wait


def standby_wait(queue: Any, report: Report) -> int | None:
    if queue is None:
        return None
    if not isinstance(queue, dict):
        report(LogType.INVALID, f"queue STANDBY is not an object: {brief(queue)}")
        return None
    return minutes(queue.get("waitTime"), "STANDBY.waitTime", report)


def queue_states(queues: dict[str, Any], report: Report) -> list[QueueState]:
    """Every queue besides STANDBY (R-26.5); unknown types are reported and skipped."""
    states = []
    for name, members in queues.items():
        if name == QueueType.STANDBY or members is None:
            continue
        if name not in QUEUE_TYPES:
            report(LogType.INVALID, f"queue type is unknown: {brief(name)}")
        elif not isinstance(members, dict):
            report(LogType.INVALID, f"queue {name} is not an object: {brief(members)}")
        else:
            states.append(queue_state(name, members, report))
    return states


def queue_state(name: str, members: dict[str, Any], report: Report) -> QueueState:
    amount, currency = price(members.get("price"), report)
    wait_field = "estimatedWait" if name == QueueType.BOARDING_GROUP else "waitTime"
    return QueueState(
        queue_type=name,
        wait_time_minutes=minutes(members.get(wait_field), f"{name}.{wait_field}", report),
        return_state=known_return_state(members.get("state"), name, report),
        return_time_start=return_time(members.get("returnStart"), f"{name}.returnStart", report),
        return_time_end=return_time(members.get("returnEnd"), f"{name}.returnEnd", report),
        price_amount=amount,
        price_currency=currency,
        boarding_group_status=clean(members.get("allocationStatus"))[:50] or None,
        boarding_group_current=current_group(members),
    )


def known_return_state(reported: Any, name: str, report: Report) -> str | None:
    if isinstance(reported, str) and reported in RETURN_STATES:
        return reported
    if reported is not None:
        report(LogType.INVALID, f"{name}.state is unknown: {brief(reported)}")
    return None


def current_group(members: dict[str, Any]) -> str | None:
    """ "start-end" of the boarding groups called, or the one number there is."""
    ends = [members[end] for end in ("currentGroupStart", "currentGroupEnd") if members.get(end) is not None]
    return clean("-".join(map(str, ends)))[:50] or None if ends else None


def return_time(value: Any, field: str, report: Report) -> int | None:
    """One end of a return window, in seconds since 1970; it must carry the park's offset."""
    if value in (None, ""):
        return None
    try:
        return instant_of(value)
    except (ValueError, TypeError, OverflowError):
        report(LogType.INVALID, f"{field} is not an instant with offset: {brief(value)}")
        return None


@lru_cache(TEXTS_KEPT)
def instant_of(text: str) -> int:
    """Seconds since 1970 of an instant with offset; raises ValueError and TypeError."""
    instant = datetime.fromisoformat(text)
    if instant.tzinfo is None or not 2000 <= instant.year < 2100:
        raise ValueError("no zone, or no usable year")
    return seconds(instant)


def price(reported: Any, report: Report) -> tuple[Decimal | None, str | None]:
    """Amount in currency units and currency code, from minor units (sources 1.5); NULL: price unknown."""
    if not isinstance(reported, dict):
        return None, None
    currency = reported.get("currency")
    currency = currency.upper() if isinstance(currency, str) and CURRENCY.fullmatch(currency) else None
    amount = reported.get("amount")
    unknown = amount == 0 and str(reported.get("formatted", "")).lower() == "unknown"
    if amount is None or currency is None or unknown:
        return None, currency
    is_number = isinstance(amount, int | float) and not isinstance(amount, bool)
    units = Decimal(str(amount)) if is_number else Decimal(-1)
    units /= 1 if currency in CURRENCIES_WITHOUT_MINOR_UNIT else 100
    if not units.is_finite() or not 0 <= units <= LARGEST_PRICE:
        report(LogType.INVALID, f"price.amount is not an amount: {brief(amount)}")
        return None, currency
    return half_up(units, 2), currency
