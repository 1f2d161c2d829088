"""The upstream's history endpoint within its hourly budget (sources 3): what is asked, paid for and kept."""

import zlib
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.conf import settings
from django.utils import timezone

from core.jobs.ledger import AHEAD
from core.upstream.http import Limits, Reason, UpstreamError
from importer.models import HistoryCall, HistoryOutcome
from parks.models import Ride
from parks.upstreams.themeparks_wiki import (
    TIMEOUT_SECONDS,
    History,
    HistoryRefusal,
    ThemeParksWiki,
    client,
    history_refusal,
    read_history,
)

BUDGET_WINDOW = timedelta(hours=1)
# How far back the upstream lets anonymous callers look, and the longest range of one call. Days.
HISTORY_DAYS, LONGEST_RANGE = 7, 31
# Answers that nobody could use in time are dropped, and calls are forgotten.
KEPT, REMEMBERED = timedelta(days=HISTORY_DAYS + 1), timedelta(days=31)
# After so many calls without an answer a ride counts as one without history, so that its park can be filled.
MOST_TRIES = 3
KEY_PROBLEM = {401, 403}
NO_ANSWER = {Reason.TIMEOUT, Reason.UNREACHABLE, Reason.SERVER_ERROR}


class Pause(Exception):
    """No further calls in this run, and why."""


class WindowExceeded(Exception):
    """The upstream does not look so far back; `earliest`: the first date it allows, if it reported."""

    def __init__(self, earliest: date | None) -> None:
        super().__init__(f"the upstream's history begins {earliest or 'later'}")
        self.earliest = earliest


def history_client() -> ThemeParksWiki:
    """A client of its own: pauses of this endpoint do not bind live collection. A call is one request."""
    return client(Limits(timeout_seconds=TIMEOUT_SECONDS, attempts=1, longest_pause_seconds=0, at_a_time=1))


def calls_left(now: datetime) -> int:
    """What is left of the budget of any 60 minutes, below zero when it is overdrawn; every process counts.

    A call of an instant to come, by a clock that was wrong, would count until then.
    """
    spent = HistoryCall.objects.filter(asked_at__gt=now - BUDGET_WINDOW, asked_at__lte=now + AHEAD).count()
    return int(settings.HISTORY_CALLS_PER_HOUR) - spent


def claim(ride: Ride, first: date, last: date) -> HistoryCall:
    """Note a call before it is made, so that no kill and no second run makes more than allowed. Raises Pause."""
    now = timezone.now()
    call = HistoryCall.objects.create(ride=ride, first_date=first, last_date=last, asked_at=now)
    if calls_left(now) < 0:
        call.delete()
        budget = settings.HISTORY_CALLS_PER_HOUR
        raise Pause(f"the budget of {budget} calls in 60 minutes (HISTORY_CALLS_PER_HOUR) is spent")
    return call


def ask(wiki: ThemeParksWiki, call: HistoryCall) -> None:
    """Make a call and keep its answer. Raises Pause or WindowExceeded, which concern more than its ride."""
    uuid = str(call.ride.themeparks_wiki_id)
    try:
        body = wiki.history(uuid, call.first_date, call.last_date)
        if read_history(body).entity_id != uuid:
            raise UpstreamError(Reason.INVALID, "the answer is about another entity")
    except UpstreamError as error:
        settle(call, outcome_of(error))
        raise_for_all(error)
    else:
        call.body = zlib.compress(body)
        settle(call, HistoryOutcome.ANSWERED)


def settle(call: HistoryCall, outcome: HistoryOutcome) -> None:
    call.outcome = outcome
    call.save(update_fields=["outcome", "body"])


def outcome_of(error: UpstreamError) -> HistoryOutcome:
    word, _ = history_refusal(error)
    if is_for_all(error):
        return HistoryOutcome.REFUSED
    if error.reason in NO_ANSWER or word == HistoryRefusal.BACKEND_UNAVAILABLE:
        return HistoryOutcome.FAILED
    return HistoryOutcome.MISSING


def is_for_all(error: UpstreamError) -> bool:
    """Would every other ride get the same answer?"""
    word, _ = history_refusal(error)
    reported = word in (HistoryRefusal.WINDOW_EXCEEDED, HistoryRefusal.RATE_LIMITED)
    return reported or error.reason == Reason.RATE_LIMITED or error.status in KEY_PROBLEM


def raise_for_all(error: UpstreamError) -> None:
    word, earliest = history_refusal(error)
    if word == HistoryRefusal.WINDOW_EXCEEDED:
        raise WindowExceeded(earliest) from error
    if is_for_all(error):
        raise Pause(f"the upstream wants no more calls now: {error}") from error


def settled_calls(rides: Iterable[Ride], first: date, last: date, since: datetime) -> dict[int, HistoryCall]:
    """The calls that nobody has to make again, by ride: they cover these dates and were made after `since`."""
    calls = HistoryCall.objects.filter(
        ride__in=list(rides), first_date__lte=first, last_date__gte=last, asked_at__gte=since
    )
    settled: dict[int, HistoryCall] = {}
    failures: Counter[int] = Counter()
    for call in calls.order_by("asked_at"):
        if call.outcome == HistoryOutcome.MISSING or call.body is not None:
            settled[call.ride_id] = call
        elif call.outcome == HistoryOutcome.FAILED:
            failures[call.ride_id] += 1
            if failures[call.ride_id] >= MOST_TRIES:
                settled.setdefault(call.ride_id, call)
    return settled


def history_of(call: HistoryCall) -> History | None:
    """The answer of a call; None: the upstream has none of this ride."""
    return None if call.body is None else read_history(zlib.decompress(call.body))


def kept_answers(park_id: int) -> tuple[date, date, datetime] | None:
    """What an unfinished run of this park asked for: first date, last date, and when it began."""
    rows = HistoryCall.objects.filter(ride__park=park_id, body__isnull=False)
    found = list(rows.values_list("first_date", "last_date", "asked_at"))
    if not found:
        return None
    return min(row[0] for row in found), max(row[1] for row in found), min(row[2] for row in found)


def drop_answers(park_id: int) -> None:
    """The answers about a park are used, or of no use any more."""
    rides = list(Ride.objects.filter(park=park_id).values_list("pk", flat=True))
    HistoryCall.objects.filter(ride__in=rides, body__isnull=False).update(body=None)


def forget_old_calls(now: datetime) -> None:
    HistoryCall.objects.filter(asked_at__lt=now - KEPT, body__isnull=False).update(body=None)
    HistoryCall.objects.filter(asked_at__lt=now - REMEMBERED).delete()
