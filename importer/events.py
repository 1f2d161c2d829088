"""One raw archive event, checked and typed (sources 2.2). What is wrong is told, the rest is kept."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from importer.archive import UUID
from parks.models import EntityType
from parks.rounding import half_up
from snapshots.models import QueueType, ReturnState
from snapshots.quality import LogType
from snapshots.status import EXTREME_WAIT_MINUTES, Status, parse_status

CLOCK_TOLERANCE = timedelta(minutes=5)
LARGEST_WAIT = 32_767  # what the column holds
PLAUSIBLE_WAIT = 300  # longer waits are logged
CURRENCIES_WITHOUT_MINOR_UNIT = {"JPY", "KRW", "VND", "CLP", "ISK"}
CURRENCY = re.compile(r"[A-Za-z]{3}")
LARGEST_PRICE = Decimal("99999999.99")
PARK = "PARK"
QUEUE_TYPES = frozenset(QueueType.values)
RETURN_STATES = frozenset(ReturnState.values)
ENTITY_TYPES = frozenset(EntityType.values)
UUID_PATTERN = re.compile(UUID)

Report = Callable[[LogType, str], None]


@dataclass(frozen=True, slots=True)
class QueueState:
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


@dataclass(frozen=True, slots=True)
class Event:
    """A full state of one entity from an instant on; `at` in whole seconds since 1970, UTC."""

    entity: str
    park: str | None
    at: int
    millis: int
    kind: str
    name: str
    slug: str
    zone: str | None
    status: Status | None
    wait: int | None
    queues: tuple[QueueState, ...]

    @property
    def state(self) -> tuple[Status | None, int | None]:
        return self.status, self.wait


def parse_event(raw: Any, destination: str, now: datetime, report: Report) -> Event | None:
    """The event, or None when it cannot be used; every problem is reported with its reason."""
    if not isinstance(raw, dict):
        report(LogType.PARSE_ERROR, "the event is not an object")
        return None
    try:
        return checked_event(raw, destination, now, report)
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError) as error:
        # Whatever else upstream thinks of: one event is lost, told, and the file goes on.
        report(LogType.PARSE_ERROR, f"the event cannot be read: {type(error).__name__}")
        return None


def checked_event(raw: dict[str, Any], destination: str, now: datetime, report: Report) -> Event | None:
    entity = parse_uuid(raw.get("entityId"))
    if entity is None:
        missing = raw.get("entityId") in (None, "")
        report(*missing_or_invalid(missing, "entityId", raw.get("entityId")))
        return None
    instant = parse_event_time(raw.get("eventTime"), now, report)
    if instant is None:
        return None
    data = raw.get("data")
    if not isinstance(data, dict):
        report(*missing_or_invalid(data is None, "data", data))
        return None
    park = parse_uuid(raw.get("parkId"))
    kind = entity_kind(raw, data, entity, park, destination)
    told = data.get("destinationId")
    if isinstance(told, str) and told.lower() != destination:
        report(LogType.INVALID, f"data.destinationId {told!r} is not the file's destination")
    queue = data.get("queue")
    if queue is not None and not isinstance(queue, dict):
        report(LogType.INVALID, f"data.queue is not an object: {brief(queue)}")
        queue = None
    queue = queue or {}
    return Event(
        entity=entity,
        park=park,
        at=int(instant.timestamp()),
        millis=round(instant.timestamp() * 1000),
        kind=kind,
        name=clean(raw.get("name")),
        slug=clean(raw.get("parkSlug")),
        zone=raw["timezone"] if isinstance(raw.get("timezone"), str) else None,
        status=event_status(data, kind, report),
        wait=standby_wait(queue.get("STANDBY"), report),
        queues=tuple(queue_states(queue, report)),
    )


def missing_or_invalid(missing: bool, field: str, value: Any) -> tuple[LogType, str]:
    if missing:
        return LogType.MISSING_FIELD, f"{field} is missing"
    return LogType.INVALID, f"{field} is not usable: {brief(value)}"


def brief(value: Any) -> str:
    text = repr(value).encode("utf-8", "backslashreplace").decode()
    return text if len(text) <= 80 else text[:80] + "…"


def clean(value: Any) -> str:
    """Text that every database takes: no NUL, no lone surrogates, at most 255 characters."""
    if isinstance(value, dict):  # a map of language to text
        value = value.get("en") or next(iter(value.values()), "")
    if not isinstance(value, str):
        return ""
    return value.replace("\x00", "").encode("utf-8", "ignore").decode()[:255].strip()


def parse_uuid(value: Any) -> str | None:
    return value.lower() if isinstance(value, str) and UUID_PATTERN.fullmatch(value) else None


def parse_event_time(value: Any, now: datetime, report: Report) -> datetime | None:
    """The instant in UTC; another offset is converted and told, a time without one is refused."""
    if value in (None, ""):
        report(LogType.MISSING_FIELD, "eventTime is missing")
        return None
    try:
        instant = datetime.fromisoformat(value)
    except (ValueError, TypeError):
        report(LogType.INVALID, f"eventTime is not an ISO instant: {brief(value)}")
        return None
    if instant.tzinfo is None:
        report(LogType.INVALID, f"eventTime has no zone: {brief(value)}")
        return None
    if instant.utcoffset():
        report(LogType.INVALID, f"eventTime is not in UTC: {brief(value)}; converted")
    try:
        instant = instant.astimezone(UTC)
    except OverflowError:
        report(LogType.INVALID, f"eventTime is out of range: {brief(value)}")
        return None
    if instant > now + CLOCK_TOLERANCE:
        report(LogType.INVALID, f"eventTime lies in the future: {brief(value)}")
        return None
    if instant.year < 1970:
        report(LogType.INVALID, f"eventTime is out of range: {brief(value)}")
        return None
    return instant


def entity_kind(raw: dict[str, Any], data: dict[str, Any], entity: str, park: str | None, home: str) -> str:
    """PARK, ATTRACTION, SHOW or RESTAURANT. Archive events carry no type, so their content decides."""
    if entity in (park, home):
        return PARK
    told = str(raw.get("entityType") or data.get("entityType") or "").upper()
    if told in ENTITY_TYPES or told in (PARK, "HOTEL", "DESTINATION"):
        return told if told in ENTITY_TYPES else PARK
    operator_id = str(raw.get("internalId") or "").lower()
    if data.get("diningAvailability") or "entitytype=restaurant" in operator_id:
        return EntityType.RESTAURANT
    if data.get("showtimes") or "entitytype=entertainment" in operator_id or "entitytype=show" in operator_id:
        return EntityType.SHOW
    return EntityType.ATTRACTION


def event_status(data: dict[str, Any], kind: str, report: Report) -> Status | None:
    told = data.get("status")
    status = parse_status(told)
    if status is None and kind == EntityType.ATTRACTION:
        missing = told is None
        report(
            LogType.MISSING_FIELD if missing else LogType.INVALID,
            "data.status is missing" if missing else f"data.status is unknown: {brief(told)}",
        )
    return status


def minutes(value: Any, field: str, report: Report) -> int | None:
    """Whole minutes; None for what is not a number of minutes (told). Longer waits are kept and told."""
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= LARGEST_WAIT:
        report(LogType.INVALID, f"{field} is not a number of minutes: {brief(value)}")
        return None
    if value >= EXTREME_WAIT_MINUTES:
        report(LogType.INVALID, f"{field} of {value} minutes is a feed error; left out of statistics")
    elif value > PLAUSIBLE_WAIT:
        report(LogType.INVALID, f"{field} of {value} minutes is longer than {PLAUSIBLE_WAIT}")
    return value


def standby_wait(queue: Any, report: Report) -> int | None:
    if queue is None:
        return None
    if not isinstance(queue, dict):
        report(LogType.INVALID, f"queue STANDBY is not an object: {brief(queue)}")
        return None
    return minutes(queue.get("waitTime"), "STANDBY.waitTime", report)


def queue_states(queues: dict[str, Any], report: Report) -> list[QueueState]:
    """Every queue besides STANDBY (R-26.5); unknown types are told and skipped."""
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


def known_return_state(told: Any, name: str, report: Report) -> str | None:
    if isinstance(told, str) and told in RETURN_STATES:
        return told
    if told is not None:
        report(LogType.INVALID, f"{name}.state is unknown: {brief(told)}")
    return None


def current_group(members: dict[str, Any]) -> str | None:
    """ "start-end" of the boarding groups called, or the one number there is."""
    ends = (members.get("currentGroupStart"), members.get("currentGroupEnd"))
    return clean("-".join(str(number) for number in ends if number is not None))[:50] or None


def return_time(value: Any, field: str, report: Report) -> int | None:
    """One end of a return window, in seconds since 1970; it must carry the park's offset."""
    if value in (None, ""):
        return None
    try:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None or not 2000 <= instant.year < 2100:
            raise ValueError("no zone, or no usable year")
        return int(instant.timestamp())
    except (ValueError, TypeError, OverflowError):
        report(LogType.INVALID, f"{field} is not an instant with offset: {brief(value)}")
        return None


def price(told: Any, report: Report) -> tuple[Decimal | None, str | None]:
    """Amount in currency units and currency code, from minor units (sources 1.5); NULL: price unknown."""
    if not isinstance(told, dict):
        return None, None
    currency = told.get("currency")
    currency = currency.upper() if isinstance(currency, str) and CURRENCY.fullmatch(currency) else None
    amount = told.get("amount")
    unknown = amount == 0 and str(told.get("formatted", "")).lower() == "unknown"
    if amount is None or currency is None or unknown:
        return None, currency
    is_number = isinstance(amount, int | float) and not isinstance(amount, bool)
    units = Decimal(str(amount)) if is_number else Decimal(-1)
    units /= 1 if currency in CURRENCIES_WITHOUT_MINOR_UNIT else 100
    if not units.is_finite() or not 0 <= units <= LARGEST_PRICE:
        report(LogType.INVALID, f"price.amount is not an amount: {brief(amount)}")
        return None, currency
    return half_up(units, 2), currency
