"""How a sample event is written: instants and windows are rendered once per local day, an event is one join.

Written for speed: this is also the load generator, and formatting a datetime costs more than everything else
of an event together.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from importer.sample.rides import SampleRide
from parks.catalog.known import CatalogPark

MINUTE = 60_000
"""Milliseconds; every instant in the generator is a whole number of them."""
HOUR = 60 * MINUTE
DAY = 24 * HOUR
SLOT = 5 * MINUTE
"""Return windows begin at multiples of five minutes."""

HIGHEST_STEP = 47
"""Waits are multiples of 5 minutes, up to 235; from 480 on a reading counts as a feed error."""

_HOURS_RENDERED = 31  # a local day, its closing after midnight, an hour more when the clocks go back
_SECONDS = [f"{second:02}" for second in range(60)]
_THOUSANDTHS = [f".{thousandth:03}Z" for thousandth in range(1000)]
_CURRENCIES = {"US": "USD", "CA": "CAD", "GB": "GBP", "JP": "JPY", "CN": "CNY", "HK": "HKD", "SE": "SEK"}
_SIGNS = {"USD": "$", "EUR": "€", "GBP": "£", "CNY": "¥", "HKD": "HK$", "CAD": "CA$", "SEK": "kr "}


@dataclass(frozen=True, slots=True)
class Clock:
    """The texts of one local day, indexed by minutes (or 5-minute slots) elapsed since local midnight.

    `base` is that midnight in epoch milliseconds. Elapsed, not wall time: a long day has 1,500 minutes.
    """

    base: int
    utc: list[str]
    local: list[str]
    offset: list[str]
    slots: list[str]
    windows: list[str]
    paid_windows: list[str]


def epoch(instant: datetime) -> int:
    """Milliseconds since 1970 of an aware instant."""
    return round(instant.timestamp() * 1000)


@lru_cache(maxsize=16)
def clock(zone: str, day: date) -> Clock:
    """The texts of a local day, for zones whose offset is whole hours (the catalogue has no others)."""
    midnight = datetime.combine(day, time.min, ZoneInfo(zone)).astimezone(UTC)
    utc, local, offset, slots = [], [], [], []
    for hour in range(_HOURS_RENDERED):
        at = midnight + timedelta(hours=hour)
        here = at.astimezone(ZoneInfo(zone))
        at_text, here_text = f"{at:%Y-%m-%dT%H}", f"{here:%Y-%m-%dT%H}"
        offset_text = here.isoformat()[-6:]
        utc += [f"{at_text}:{minute}:" for minute in _SECONDS]
        local += [f'","localTime":"{here_text}:{minute}:' for minute in _SECONDS]
        offset += [f'{offset_text}"'] * 60
        slots += [f'"{here_text}:{minute}:00{offset_text}"' for minute in _SECONDS[::5]]
    windows = [
        f',"RETURN_TIME":{{"state":"AVAILABLE","returnStart":{start},"returnEnd":{end}}}'
        for start, end in zip(slots, slots[12:], strict=False)
    ]
    paid = [
        f',"PAID_RETURN_TIME":{{"state":"AVAILABLE","returnStart":{start},"returnEnd":null,"price":' for start in slots
    ]
    return Clock(epoch(midnight), utc, local, offset, slots, windows, paid)


def price(country: str, units: int | None) -> str:
    """The price of a paid return time: `units` whole currency units, None if unknown; minor units in the text."""
    currency = _CURRENCIES.get(country, "EUR")
    if units is None:
        return f'{{"amount":null,"currency":"{currency}","formatted":null}}'
    if currency == "JPY":  # the only yen price ever seen upstream
        return '{"amount":0,"currency":"JPY","formatted":"Unknown"}'
    return f'{{"amount":{units * 100},"currency":"{currency}","formatted":"{_SIGNS[currency]}{units}.00"}}'


@dataclass(frozen=True, slots=True)
class RideText:
    """The constant parts of a ride's events.

    `queues[n]` is an operating ride's data with a standby wait of 5·n minutes, up to where a moving queue or
    `TAIL` follows; `queues[0]` posts no number.
    """

    head: str
    queues: list[str]
    closed: str
    refurbishment: str
    down: Callable[[int], str]


TAIL = "}}}"


def _number(minutes: int) -> str:
    return str(minutes) if minutes else "null"


def _queues(ride: SampleRide, step: int) -> str:
    """The queue members whose numbers follow the standby wait."""
    # Boarding groups replace the standby line; it exists in the feed without a number.
    standby = 0 if ride.window == "BOARDING_GROUP" else step * 5
    text = f'"queue":{{"STANDBY":{{"waitTime":{_number(standby)}}}'
    if ride.single_rider:
        shown = max(5, round(step * 0.4) * 5) if step and ride.single_rider == "posted" else 0
        text += f',"SINGLE_RIDER":{{"waitTime":{_number(shown)}}}'
    if ride.paid_standby:
        text += f',"PAID_STANDBY":{{"waitTime":{_number(max(5, round(step * 0.25) * 5) if step else 0)}}}'
    return text


def idle_window(ride: SampleRide, state: str, country: str) -> str:
    """The moving queue while it moves no more: `state` is FINISHED or TEMP_FULL."""
    if ride.window == "BOARDING_GROUP":
        status = "CLOSED" if state == "FINISHED" else "PAUSED"
        return boarding_group(status, None, "null", "null")
    if ride.window is None:
        return ""
    paid = f',"price":{price(country, None)}' if ride.window == "PAID_RETURN_TIME" else ""
    return f',"{ride.window}":{{"state":"{state}","returnStart":null,"returnEnd":null{paid}}}'


def boarding_group(status: str, first: int | None, next_allocation: str, estimated_wait: str) -> str:
    """A BOARDING_GROUP member; groups are called five at a time, `first` is the first of them."""
    start, end = ("null", "null") if first is None else (first, first + 4)
    return (
        f',"BOARDING_GROUP":{{"allocationStatus":"{status}","currentGroupStart":{start},'
        f'"currentGroupEnd":{end},'
        f'"nextAllocationTime":{next_allocation},"estimatedWait":{estimated_wait}}}'
    )


def data_head(twin: CatalogPark, status: str) -> str:
    """The `data` member up to what follows the status; to be closed by the caller."""
    return f',"data":{{"status":"{status}","destinationId":"{twin.destination_id}"'


def entity_head(twin: CatalogPark, entity_id: str, internal_id: str, name: str) -> str:
    """An event up to the digits of its `eventTime`. Every event says that it is synthetic."""
    return (
        f'{{"entityId":"{entity_id}","internalId":"{internal_id}","name":{json.dumps(name)},'
        f'"parkId":"{twin.themeparks_wiki_id}","parkSlug":"{twin.slug}","synthetic":true,'
        f'"timezone":"{twin.timezone}","eventTime":"'
    )


@lru_cache(maxsize=4096)
def ride_text(twin: CatalogPark, ride: SampleRide) -> RideText:
    """The constant parts of the events of a ride."""
    operating, down = data_head(twin, "OPERATING"), data_head(twin, "DOWN")
    resting = f",{_queues(ride, 0)}{idle_window(ride, 'FINISHED', twin.country)}{TAIL}"
    paused = f"{idle_window(ride, 'TEMP_FULL', twin.country)}{TAIL}"
    return RideText(
        head=entity_head(twin, ride.uuid, ride.internal_id, ride.name),
        queues=[f"{operating},{_queues(ride, step)}" for step in range(HIGHEST_STEP + 1)],
        closed=f"{data_head(twin, 'CLOSED')}{resting}",
        refurbishment=f"{data_head(twin, 'REFURBISHMENT')}{resting}",
        down=lambda step: f"{down},{_queues(ride, step)}{paused}",
    )


def written(head: str, texts: Clock, moments: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """(epoch milliseconds, event) for moments (milliseconds after local midnight, data) of one entity."""
    base, utc, local, offset = texts.base, texts.utc, texts.local, texts.offset
    seconds, thousandths = _SECONDS, _THOUSANDTHS
    events = []
    for at, data in moments:
        minute, rest = divmod(at, 60_000)
        second, thousandth = divmod(rest, 1000)
        second_text = seconds[second]
        events.append(
            (
                base + at,
                f"{head}{utc[minute]}{second_text}{thousandths[thousandth]}"
                f"{local[minute]}{second_text}{offset[minute]}{data}",
            )
        )
    return events
